"""A strip's image with its scale: made from a strip, shown to people, written as PNG and read back."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked
from ..errors import InvalidValue, UnreadableFile
from ..paths import write_whole
from .geometry import HEIGHT, MILLIVOLT_RANGE, WIDTH, Geometry
from .raster import PEN, draw_pixels

if TYPE_CHECKING:
    from PIL import Image

    from ..strip import Strip

SCALE = "ecgteach scale"  # keyword of the PNG text that makes the file readable again


@dataclass(frozen=True, eq=False, repr=False)
class StripImage:
    """A strip as a greyscale image that knows its scale.

    Parameters
    ----------
    pixels : array, shape (height, width), float32
        Ink from 0 (paper) to 1; every value is a multiple of 1/255. Read-only.
    geometry : Geometry
        Which time and amplitude each pixel shows.
    cut_off : float
        Share of the samples that lie beyond the amplitude limits, 0 to 1.

    Raises
    ------
    InvalidValue
        If the pixels do not fit the geometry or are no multiples of 1/255 from 0 to 1.
    """

    pixels: NDArray[np.float32]
    geometry: Geometry
    cut_off: float = 0.0

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels, dtype=np.float32)
        size = (self.geometry.height, self.geometry.width)
        if pixels.shape != size:
            raise InvalidValue(f"pixels have shape {pixels.shape}, but the geometry says (height, width) = {size}")
        if not (pixels.min() >= 0 and pixels.max() <= 1):  # worded so that NaN fails too
            raise InvalidValue("pixels must be numbers from 0 (paper) to 1 (ink)")
        exact = pixels * 255
        np.rint(exact, out=exact)
        exact /= 255
        if not np.array_equal(exact, pixels):
            raise InvalidValue("pixels must be multiples of 1/255; round them with np.round(pixels * 255) / 255")
        if not 0 <= self.cut_off <= 1:
            raise InvalidValue(f"cut_off is a share of the samples from 0 to 1, not {self.cut_off}")
        exact.flags.writeable = False
        object.__setattr__(self, "pixels", exact)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StripImage):
            return NotImplemented
        same_scale = (self.geometry, self.cut_off) == (other.geometry, other.cut_off)
        return same_scale and np.array_equal(self.pixels, other.pixels)

    def __repr__(self) -> str:
        shown = self.geometry
        lost = f"{self.cut_off:.2%} of the samples" if self.cut_off else "nothing"
        return (
            f"StripImage: {shown.width} x {shown.height} pixels, {shown.seconds:g} s from {shown.start:g} s, "
            f"{shown.low:g} to {shown.high:g} mV, {lost} cut off"
        )

    def to_pillow(self) -> Image.Image:
        """Give the image to people: a Pillow image of mode ``"L"``, dark ink on light paper."""
        from PIL import Image

        return Image.fromarray(255 - np.rint(self.pixels * 255).astype(np.uint8))

    def save_png(self, path: str | Path) -> Path:
        """Write a PNG that holds its scale, so that `from_png` reads the same image back.

        The file appears whole or not at all: it is written beside its place and moved there.

        Parameters
        ----------
        path : str or Path
            Where the file goes; its folder must exist. A file of that name is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        UnreadableFile
            If the file cannot be written.
        """
        return write_whole(path, self._repr_png_())

    @classmethod
    def from_png(cls, path: str | Path) -> StripImage:
        """Read an image that `save_png` wrote.

        Parameters
        ----------
        path : str or Path
            The PNG file.

        Returns
        -------
        StripImage
            Equal to the image that was saved.

        Raises
        ------
        UnreadableFile
            If the file is missing or broken, is no PNG, or does not hold the scale of its pixels.
        """
        from PIL import Image

        try:
            with Image.open(path, formats=["PNG"]) as picture:
                picture.load()
                text, mode, levels = picture.info.get(SCALE), picture.mode, np.array(picture)
        except FileNotFoundError as error:
            raise UnreadableFile(f"there is no image {path}") from error
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # Pillow's ways to say broken
            raise UnreadableFile(f"{path} is not a whole PNG image: {error}") from error
        if text is None or mode != "L":
            raise UnreadableFile(f"{path} holds no scale, so its pixels have no time; use a PNG written by save_png")
        try:
            scale = dict(json.loads(text))
            geometry = Geometry(*(scale[field.name] for field in fields(Geometry)))
            return cls(_ink(255 - levels), geometry, float(scale["cut_off"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableFile(f"the scale in {path} does not fit its pixels: {error}") from error

    def _repr_png_(self) -> bytes:
        from PIL.PngImagePlugin import PngInfo

        notes = PngInfo()
        notes.add_text(SCALE, json.dumps({**asdict(self.geometry), "cut_off": self.cut_off}))
        file = io.BytesIO()
        self.to_pillow().save(file, format="PNG", pnginfo=notes)
        return file.getvalue()


@checked
def strip_image(
    strip: Strip,
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
    limits: tuple[float, float] = MILLIVOLT_RANGE,
    pen: float = PEN,
) -> StripImage:
    """Draw a strip as a greyscale image with fixed amplitude limits.

    Parameters
    ----------
    strip : Strip
        What to draw; its samples are in mV.
    width, height : int
        Size in pixels, 16 to 8192 each. The networks take 1024 x 128.
    limits : (float, float)
        Amplitudes at the bottom and the top edge, in mV. They are never fitted to the strip: a low voltage has to
        look low. What lies beyond them is not drawn, and `StripImage.cut_off` says how much that is.
    pen : float
        Line width as in `draw_pixels`.

    Returns
    -------
    StripImage
        The image; its geometry counts time as `strip.start` does, from the beginning of the record.

    Raises
    ------
    InvalidValue
        If size, limits or pen make no picture.
    """
    low, high = limits
    seconds = len(strip.samples) / strip.sampling_rate
    geometry = Geometry(width, height, seconds, strip.start, low, high)
    pixels = _ink(draw_pixels(strip.samples, geometry, pen))
    beyond = np.mean((strip.samples < geometry.low) | (strip.samples > geometry.high))
    return StripImage(pixels, geometry, float(beyond))


def _ink(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.divide(levels, 255, dtype=np.float32)
