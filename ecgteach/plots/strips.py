"""One strip on paper: alone, or with what a view looked at marked on it."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ..arguments import checked
from ..beats import find_beats
from ..errors import InvalidValue, UnknownName, choices
from ..strip import SAMPLES, Strip, lead_in_words
from ..views import FUSED, VIEWS, view_kind
from ..words import class_in_short, class_name, moments
from . import paper, words
from .legend import importance_bar
from .picture import Picture
from .sheet import Sheet
from .theme import QUIET_INK


@checked
def plot_strip(strip: Strip, *, title: str | None = None, reveal: bool = False, source: bool = True) -> Picture:
    """A strip on ECG paper, 25 mm a second and 10 mm a millivolt.

    Parameters
    ----------
    strip : Strip
        Filtered or not; what was done to it stands below the paper.
    title : str, optional
        Words above the paper.
    reveal : bool
        Name the rhythm that the source gives, with rate and irregularity. Without it neither the figure nor its
        alternative text names a rhythm.
    source : bool
        Say where the strip comes from. A source whose own name tells the rhythm is said only with `reveal`.

    Returns
    -------
    Picture
        The figure and its alternative text.
    """
    answer = _revealed(strip) if reveal else ""
    title = title or answer or f"Ten seconds of {lead_in_words(strip.lead)}"
    row = "" if answer == title else answer

    def draw() -> Figure:
        sheet = Sheet()
        sheet.title(title)
        sheet.heading(None, row)
        paper.trace(paper.paper(sheet, strip.samples), strip)
        sheet.time_axis()
        footer(sheet, strip, source=source, reveal=reveal)
        return sheet.finished()

    about = [title, row, words.strip_in_words(strip), words.scale_line(strip), words.warnings(strip)]
    return Picture(draw, sentences(*about, words.watermark(strip, source=source, reveal=reveal)))


@checked
def plot_trace(strip: Strip, on_time: ArrayLike, *, view: str, target: str, title: str | None = None) -> Picture:
    """A strip on paper with a map along time marked on it, as if by a highlighter.

    Parameters
    ----------
    strip : Strip
        As the network read it.
    on_time : array_like, shape (5000,)
        Importance of each sample, 0 to 1.
    view : str
        Whose map it is: one of `ecgteach.views.VIEWS`, or ``"fused"``.
    target : str
        The class that the map explains.
    title : str, optional
        Words above the figure; by default how much of the strip the view looked at.

    Returns
    -------
    Picture
        The figure and its alternative text.

    Raises
    ------
    UnknownName
        When there is no such view.
    InvalidValue
        When the map does not have a number from 0 to 1 for each sample.
    """
    if view not in (*VIEWS, FUSED):
        raise UnknownName(f"no view is called {view!r}; there are {choices([*VIEWS, FUSED])}")
    values = np.asarray(on_time, dtype=np.float32)
    if values.shape != (SAMPLES,):
        raise InvalidValue(
            f"a map along time has {SAMPLES} values, one a sample; this one has the shape {values.shape}"
        )
    if not (values.min() >= 0 and values.max() <= 1):  # worded so that NaN fails too
        raise InvalidValue("a map along time holds numbers from 0 to 1; divide it by its own maximum")
    answer = words.title_of_view(view, values, "ok", target)
    title = title or answer

    def draw() -> Figure:
        sheet = Sheet()
        sheet.title(title)
        sheet.heading(view, f"its map for {class_in_short(target)}" if title == answer else answer)
        axes = paper.paper(sheet, strip.samples)
        paper.highlight(axes, strip, values)
        paper.trace(axes, strip)
        sheet.time_axis()
        importance_bar(sheet, target)
        footer(sheet, strip)
        return sheet.finished()

    where = f"The {view_kind(view).word} map for {class_name(target)} is strong at {moments(values)}"
    about = [title, answer * (answer != title), where, words.strip_in_words(strip), words.scale_line(strip)]
    about += [words.warnings(strip), words.watermark(strip, source=True, reveal=False)]
    return Picture(draw, sentences(*about))


def footer(sheet: Sheet, strip: Strip, method: str = "", *, source: bool = True, reveal: bool = False) -> None:
    """What stands below every strip: warnings, scale and filters, how a map was made, where the strip comes from."""
    if found := words.warnings(strip):
        sheet.write(f"Take care. {found}.", bold=True)
    sheet.write(words.scale_line(strip))
    if method:
        sheet.write(method, ink=QUIET_INK)
    sheet.write(words.watermark(strip, source=source, reveal=reveal), ink=QUIET_INK)


def sentences(*parts: str) -> str:
    """Parts as sentences, the empty ones left out."""
    plain = (part.replace("    ", ", ") for part in parts if part)
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in plain)


def _revealed(strip: Strip) -> str:
    beats = find_beats(strip)
    label = strip.rhythm.name if strip.rhythm else "no single rhythm; there is no label to judge by"
    if not beats.quality.good:
        return f"The source says {label}"
    return f"The source says {label}; {beats.rate:.0f} beats a minute, {beats.regularity}"
