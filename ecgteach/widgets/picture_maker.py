"""The picture maker: choose columns, pen and gain, guess what is lost, then see the picture and what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..beats import find_beats
from ..errors import InvalidValue, choices
from ..image import StripImage, strip_image
from ..plots import Picture
from ..plots.pixels import plot_pixels
from ..strip import Strip
from .base import State, Widget
from .controls import Choice, Control, Item, column, row, words
from .texts import text

COLUMNS = (1024, 512, 256, 128)
PENS = (1.5, 3.0, 6.0)
GAINS = (10.0, 5.0)
ROWS_OF_COLUMNS = 8
"""A picture has an eighth as many rows as columns, as the networks' picture of 1,024 by 128 has."""

USUAL_LIMIT = 2.0
"""Millivolts from the middle to the edge at the usual gain; at half the gain twice as many fit."""

ALIKE = 0.02
"""Difference of likeness up to which a picture counts as one that holds as much as the first."""

AWAY = 0.25
"""Seconds from a QRS complex from which the line belongs to the small waves."""


@dataclass(frozen=True)
class MakerState(State):
    """What a picture maker is set to.

    Parameters
    ----------
    strip : int
        Number of the strip, from 0.
    columns : int
        Of the picture.
    pen : float
        Line width in pixels.
    gain : float
        Millimetres per millivolt.
    guess : str
        ``"alike"``, ``"less"``, or empty before the learner has guessed.
    """

    strip: int = 0
    columns: int = COLUMNS[0]
    pen: float = PENS[0]
    gain: float = GAINS[0]
    guess: str = ""


@dataclass(frozen=True, eq=False)
class MakerShown:
    """What one state shows; picture and words are None and empty before the guess."""

    state: MakerState
    image: StripImage | None
    likeness: float
    told: str
    right: bool | None


class PictureMaker(Widget[MakerState, MakerShown]):
    """Draw a strip with another number of columns, another pen, another gain, and see what is left of it.

    Parameters
    ----------
    strips : sequence of Strip
        What can be drawn.

    Raises
    ------
    InvalidValue
        When there is no strip.
    """

    def __init__(self, strips: Sequence[Strip]) -> None:
        super().__init__()
        self.label = text("maker.label")
        self.strips = tuple(strips)
        if not self.strips:
            raise InvalidValue(text("maker.none"))
        self._controls = _controls(len(self.strips))
        for name in ("strip", "columns", "pen", "gain"):
            self.on_value(self._controls[name], _setting(name))
        self.on_value(self._controls["guess"], lambda state, value: replace(state, guess=value or ""))
        self.state = MakerState()

    def render(self, state: MakerState) -> MakerShown:
        """What a state shows: nothing before the guess.

        Raises
        ------
        InvalidValue
            When the state asks for what cannot be drawn here.
        """
        if not (
            0 <= state.strip < len(self.strips)
            and state.columns in COLUMNS
            and state.pen in PENS
            and state.gain in GAINS
            and state.guess in ("", "alike", "less")
        ):
            listed = {"columns": choices(COLUMNS), "pens": choices(PENS), "gains": choices(GAINS)}
            raise InvalidValue(text("maker.unknown", strips=len(self.strips), **listed))
        if not state.guess:
            return MakerShown(state, None, float("nan"), text("maker.waiting"), None)
        strip = self.strips[state.strip]
        image = _drawn(strip, state)
        first, likeness = likeness_of(_drawn(strip, MakerState(state.strip)), strip), likeness_of(image, strip)
        right = (state.guess == "alike") == (likeness > first - ALIKE)
        geometry = image.geometry
        told = text("maker.told", column=f"{1000 * geometry.seconds / geometry.width:.1f}",
            row=f"{(geometry.high - geometry.low) / geometry.height:.3f}", ink=f"{image.pixels.mean():.1%}",
            likeness=f"{likeness:.2f}", first=f"{first:.2f}",
        )  # fmt: skip
        return MakerShown(state, image, likeness, told, right)

    def show(self, shown: MakerShown) -> None:
        """Put a state on the controls."""
        for name in ("strip", "columns", "pen", "gain"):
            self._controls[name].value = getattr(shown.state, name)
        self._controls["guess"].value = shown.state.guess or None

    @property
    def controls(self) -> Mapping[str, Control]:  # type: ignore[override]
        """``strip``, ``columns``, ``pen``, ``gain``, ``guess``."""
        return self._controls

    def arrange(self, shown: MakerShown) -> Item:
        """Settings, the guess, then the picture with its figures."""
        held = self._controls
        settings = row(held["strip"], held["columns"], held["pen"], held["gain"])
        if shown.image is None:
            return column(settings, held["guess"], words("told", f"<p>{shown.told}</p>"))
        verdict = text("maker.right" if shown.right else "wrong")
        drawn = self.still()._repr_mimebundle_()["text/html"]
        return column(
            settings, held["guess"], words("picture", drawn), words("told", f"<p><b>{verdict}</b> {shown.told}</p>")
        )

    def said(self, before: MakerState, now: MakerState) -> str:  # noqa: ARG002
        """The verdict and the figures, or that a guess comes first."""
        shown = self._shown
        verdict = "" if shown.right is None else text("maker.right" if shown.right else "wrong") + " "
        return verdict + shown.told

    def still(self) -> Picture:
        """The picture of the present settings; before the guess the one that the networks get."""
        shown = self._shown
        state = shown.state if shown.image is not None else MakerState(shown.state.strip)
        image = shown.image if shown.image is not None else _drawn(self.strips[state.strip], state)
        title = text("maker.title", columns=state.columns, pen=f"{state.pen:g}", gain=f"{state.gain:g}")

        alt = text("maker.alt", number=state.strip + 1, columns=state.columns, rows=image.geometry.height,
            pen=f"{state.pen:g}", gain=f"{state.gain:g}", told=shown.told if shown.image is not None else "",
        )  # fmt: skip
        return Picture(plot_pixels(image, title=title).draw, alt.strip())


def read_back(image: StripImage) -> NDArray[np.float64]:
    """The middle of the ink in each column, in mV, shape (width,); NaN where a column holds none."""
    rows = np.arange(image.geometry.height) + 0.5
    ink = image.pixels.sum(axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (image.pixels * rows[:, None]).sum(axis=0) / ink
    return np.asarray(image.geometry.millivolt_of(middle))


def likeness_of(image: StripImage, strip: Strip) -> float:
    """Correlation of what is read back with the signal, away from QRS complexes, where the small waves are; 0 to 1."""
    held = image.geometry.column_of(strip.times.astype(np.float64)).astype(int).clip(0, image.geometry.width - 1)
    line = read_back(image)[held]
    beats = np.array(find_beats(strip).times)
    away = np.isfinite(line)
    if beats.size:
        away &= np.abs(strip.times[:, None] - beats).min(axis=1) > AWAY
    if away.sum() < len(away) // 20:  # a rhythm too fast to leave any: then the whole strip is compared
        away = np.isfinite(line)
    if min(np.ptp(line[away]), np.ptp(strip.samples[away])) == 0:
        return 0.0
    return max(0.0, float(np.corrcoef(line[away], strip.samples[away])[0, 1]))


def _drawn(strip: Strip, state: MakerState) -> StripImage:
    limit = USUAL_LIMIT * GAINS[0] / state.gain
    height = max(16, state.columns // ROWS_OF_COLUMNS)
    return strip_image(strip, width=state.columns, height=height, limits=(-limit, limit), pen=state.pen)


def _setting(name: str) -> Any:
    """A setting that was changed takes the guess away: each picture is guessed before it is seen."""
    return lambda state, value: state if value is None else replace(state, **{name: value}, guess="")


def _controls(strips: int) -> dict[str, Control]:
    options: dict[str, dict[Any, str]] = {
        "strip": {number: text("maker.strip_shown", number=number + 1) for number in range(strips)},
        "columns": {number: text("maker.columns_shown", columns=f"{number:,}") for number in COLUMNS},
        "pen": {pen: text("maker.pen_shown", pen=f"{pen:g}") for pen in PENS},
        "gain": {gain: text("maker.gain_shown", gain=f"{gain:g}") for gain in GAINS},
        "guess": {name: text(f"maker.{name}") for name in ("alike", "less")},
    }
    return {name: Choice(name, text(f"maker.{name}"), held) for name, held in options.items()}
