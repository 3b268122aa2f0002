"""A drawn strip as the picture's network gets it: pixels between axes with units, and alternative text."""

from matplotlib.figure import Figure

from ..arguments import checked
from ..errors import InvalidValue
from ..image import StripImage
from .picture import Picture
from .words import NOTICE

FIGURE = (11.0, 2.0)
FRAME = (0.05, 0.24, 0.94, 0.6)
MOST_TITLE = 120


@checked
def plot_pixels(image: StripImage, *, title: str | None = None) -> Picture:
    """The pixels of a strip's image, ink black on white, over seconds and millivolts.

    Parameters
    ----------
    image : StripImage
        What is shown, each pixel as one rectangle.
    title : str, optional
        Words above it; by default the size in pixels.

    Returns
    -------
    Picture
        The figure and its alternative text: size, limits and share of ink.

    Raises
    ------
    InvalidValue
        When the title is longer than a line.
    """
    geometry = image.geometry
    title = title or f"{geometry.width:,} by {geometry.height} pixels"
    if len(title) > MOST_TITLE:
        raise InvalidValue(f"a title of {len(title)} letters does not fit on a line; leave {MOST_TITLE} at most")

    def draw() -> Figure:
        figure = Figure(figsize=FIGURE, dpi=96, facecolor="white")
        axes = figure.add_axes(FRAME)
        edges = (geometry.start, geometry.start + geometry.seconds, geometry.low, geometry.high)
        ink = 1.0 - image.pixels
        axes.imshow(ink, cmap="gray", vmin=0, vmax=1, extent=edges, aspect="auto", interpolation="nearest")
        axes.set_title(title, fontsize=12, loc="left")
        axes.set_xlabel("seconds", fontsize=11)
        axes.set_ylabel("millivolts", fontsize=11)
        return figure

    alt = (
        f"{title}. A strip drawn as a picture of {geometry.width} by {geometry.height} pixels, from {geometry.low:g} "
        f"to {geometry.high:g} mV over {geometry.seconds:g} s; {image.pixels.mean():.1%} of it is ink. "
        f"{NOTICE.capitalize()}."
    )
    return Picture(draw, alt)
