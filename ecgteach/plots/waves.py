"""Attention by wave as figures: dots beside the band that chance gives."""

import re
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..arguments import checked
from ..errors import InvalidValue
from ..statistics import FEWEST_RECORDINGS
from ..views import FUSED, VIEWS, view_kind
from ..waves import PARTS, WINDOWS, Attention, attention_by_group, attention_by_wave, sentence
from ..waves.p_wave import BEFORE
from ..words import capital, class_in_short, in_steps, listed
from .picture import Picture
from .sheet import EDGE, WIDTH, Sheet, width_of
from .strips import sentences
from .theme import INK, QUIET_INK, TYPE
from .words import NOTICE

if TYPE_CHECKING:
    import pandas

    from ..explanation import Explanation

LABEL_MM = 62.0
NUMBERS_MM = 46.0
ROW_MM = 9.0
BAND_COLOUR, BLURRED_COLOUR = "#C2C2C2", "#EFEFEF"
DENSEST = 3.0
FEW_STRIPS = 20
LINE_MM = 7.0


class Dot(NamedTuple):
    """One map on one segment: density, the interval or band beside it, its mass, and whether it is blurred."""

    view: str
    density: float
    low: float
    high: float
    mass: float
    blurred: bool

    @property
    def known(self) -> bool:
        """True where there is an interval: below ten recordings there is none."""
        return isfinite(self.low)


Rows = dict[str, list[Dot]]
"""Dots by segment, a row each."""


@checked
def plot_attention(explanation: "Explanation", attention: Attention | None = None) -> Picture:
    """How densely each map of one strip lies on each wave, beside the band of the shifted maps.

    Parameters
    ----------
    explanation : Explanation
        What `ecgteach.explain` gave.
    attention : Attention, optional
        What `ecgteach.waves.attention_by_wave` gave for it; made here without it.

    Returns
    -------
    Picture
        The figure and its alternative text, which is the sentence of `ecgteach.waves.sentence`.
    """
    found = attention_by_wave(explanation) if attention is None else attention
    names = PARTS if found.waves.p.outcome == BEFORE else WINDOWS
    rows = {
        name: [
            Dot(view, share.density, share.low, share.high, share.mass, share.blurred)
            for view in in_order(share.view for share in found.shares)
            if (share := found.of(view, name))
        ]
        for name in names
    }
    title = _title_of_one(found, class_in_short(explanation.target))

    def draw() -> Figure:
        sheet = Sheet()
        sheet.title(title)
        if found.shares:
            _panel(sheet, rows, "share of the map", band=True)
            _density_axis(sheet, rows)
            sheet.write("Grey: what the same map gives when it is shifted along the strip (middle 95 %)", ink=QUIET_INK)
        for view, reason in found.empty.items():
            sheet.write(f"No {view_kind(view).word} map: {reason}", ink=QUIET_INK)
        _footer(sheet, any(dot.blurred for dots in rows.values() for dot in dots))
        return sheet.finished()

    return Picture(draw, sentences(title, sentence(explanation, found), NOTICE))


@checked
def plot_attention_by_rhythm(
    table: "pandas.DataFrame", rhythms: Sequence[str] | None = None, *, by: str = "rhythm"
) -> Picture:
    """How densely the maps lie on the windows of every rhythm, rhythm by rhythm, with 95 % intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        What `ecgteach.waves.attention_table` gave.
    rhythms : sequence of str, optional
        Which of the table's rhythms; without it those with 20 strips or more, the most frequent first.
    by : {"rhythm", "group"}
        The source's own rhythm, or the class that it and the measured rate belong to.

    Returns
    -------
    Picture
        The figure and its alternative text with the figures of every row.

    Raises
    ------
    InvalidValue
        When `by` is neither, no rhythm has enough strips, or the table has none of those asked for.
    """
    if by not in ("rhythm", "group"):
        raise InvalidValue(f"attention is drawn by 'rhythm' or by 'group', not by {by!r}")
    strips = table.drop_duplicates(["recording", "start"])[by].value_counts()
    chosen = [str(name) for name in strips.index if strips[name] >= FEW_STRIPS] if rhythms is None else list(rhythms)
    if not chosen or not set(chosen) <= set(strips.index):
        held = ", ".join(f"{name} {count}" for name, count in strips.items()) or "none"
        raise InvalidValue(
            f"no rhythm to draw; the table holds {held} strips. A rhythm needs {FEW_STRIPS}, or name it: rhythms=['SR']"
        )
    groups = attention_by_group(table[table[by].isin(chosen) & table["wave"].isin(WINDOWS)], (by,))
    drawn = {rhythm: _dots_of(groups[groups[by] == rhythm]) for rhythm in chosen}
    title = _title_of_many(drawn)

    def draw() -> Figure:
        sheet = Sheet()
        sheet.title(title)
        for rhythm, rows in drawn.items():
            sheet.space(2.0)
            sheet.write(f"{rhythm}, strips: {strips[rhythm]}", bold=True)
            _panel(sheet, rows, "mean share", band=False)
        _density_axis(sheet, *drawn.values())
        sheet.write(
            f"Lines: 95 % interval of the mean, by bootstrap over recordings; none below {FEWEST_RECORDINGS} of them",
            ink=QUIET_INK,
        )
        _footer(sheet, any(dot.blurred for rows in drawn.values() for dots in rows.values() for dot in dots))
        return sheet.finished()

    return Picture(draw, sentences(title, *_in_words(drawn), NOTICE))


def _dots_of(groups: "pandas.DataFrame") -> Rows:
    found = {(row.wave, row.view): row for row in groups.itertuples()}
    return {
        wave: [
            Dot(view, row.density, row.density_low, row.density_high, row.mass, row.blurred >= 0.5)
            for view in in_order(groups["view"])
            if (row := found.get((wave, view)))
        ]
        for wave in WINDOWS
    }


def _panel(sheet: Sheet, rows: Rows, heading: str, *, band: bool) -> None:
    """One row a segment: its name, the dots, and the shares in numbers at the right."""
    left, width = EDGE + LABEL_MM, WIDTH - 2 * EDGE - LABEL_MM - NUMBERS_MM
    names = " / ".join(view_kind(view).word for view in _drawn(rows))
    sheet.at(WIDTH - EDGE, sheet.depth + LINE_MM / 2, f"{heading}: {names}", ink=QUIET_INK, align="right")
    sheet.space(LINE_MM)
    top = sheet.depth
    axes = sheet.panel(ROW_MM * len(rows), left=left, width=width)
    axes.set_xlim(0.0, DENSEST)
    axes.set_ylim(len(rows), 0.0)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.axvline(1.0, color=INK, linewidth=1.2, zorder=2)
    for number, (name, dots) in enumerate(rows.items()):
        middle = top + (number + 0.5) * ROW_MM
        sheet.at(EDGE, middle, WORDS[name])
        axes.axhline(number + 1.0, color="#EEEEEE", linewidth=0.8, zorder=0)
        _dots(axes, number, dots, band=band)
        shares = " / ".join(re.sub(r"\s*%", "", in_steps(dot.mass)) for dot in dots)
        shares = shares.replace("under ", "<").replace("over ", ">")
        sheet.at(WIDTH - EDGE, middle, f"{shares} %" if dots else "\N{EN DASH}", align="right")


def _dots(axes: Axes, row: int, dots: Sequence[Dot], *, band: bool) -> None:
    """The dots of one row, one below the other, with their bands (of chance) or lines (of the mean)."""
    for place, dot in enumerate(dots):
        height = row + (place + 1) / (len(dots) + 1)
        look = view_kind(dot.view)
        low, high = min(dot.low, DENSEST), min(dot.high, DENSEST)
        if band:
            axes.barh(height, high - low, 0.2, low, color=BAND_COLOUR, zorder=1)
        elif dot.known:
            axes.hlines(height, low, high, color=look.colour, linewidth=2.0, zorder=3)
        axes.plot(
            min(dot.density, DENSEST), height, marker=look.marker, markersize=7, zorder=4,
            markerfacecolor="white" if dot.blurred else look.colour, markeredgecolor=look.colour,
            markeredgewidth=1.6, clip_on=False,
        )  # fmt: skip
    if any(dot.blurred for dot in dots):
        axes.axhspan(row, row + 1, facecolor=BLURRED_COLOUR, edgecolor="white", hatch="//", linewidth=0.0, zorder=0)


def _density_axis(sheet: Sheet, *panels: Rows) -> None:
    left, width = EDGE + LABEL_MM, WIDTH - 2 * EDGE - LABEL_MM - NUMBERS_MM
    middle = sheet.depth + LINE_MM / 2
    for value, label in ((0, "0"), (1, "1 chance"), (2, "2"), (3, "3 and more")):
        sheet.at(left + width * value / DENSEST, middle, label, align="center")
    sheet.at(EDGE, middle, "share over time", ink=QUIET_INK)
    sheet.space(LINE_MM + 2.0)
    place = left
    for look in map(view_kind, in_order(view for rows in panels for view in _drawn(rows))):
        axes = sheet.panel(LINE_MM, left=place, width=LINE_MM)
        axes.set_axis_off()
        axes.plot(0.5, 0.5, marker=look.marker, markersize=8, color=look.colour)
        sheet.depth -= LINE_MM
        sheet.at(place + LINE_MM + 1.0, sheet.depth + LINE_MM / 2, f"{look.word} map")
        place += LINE_MM + 6.0 + width_of(f"{look.word} map", TYPE)
    sheet.space(LINE_MM + 2.0)


def _footer(sheet: Sheet, blurred: bool) -> None:
    if blurred:
        sheet.write("Hatched and hollow: shorter than 1.5 cells, blurred into its neighbours", ink=QUIET_INK)
    sheet.write(capital(NOTICE), ink=QUIET_INK, size=TYPE)


def _title_of_one(found: Attention, target: str) -> str:
    """On which segments both maps lie more densely than when they are shifted."""
    if not found.shares:
        return f"For {target} there is nothing to count: no map lies on known waves"
    names = PARTS if found.waves.p.outcome == BEFORE else WINDOWS
    beyond = {
        view: [WORDS[name] for name in names if (share := found.of(view, name)) and share.beyond_chance == 1]
        for view in in_order(share.view for share in found.shares)
        if view != FUSED
    }
    if not any(beyond.values()):
        return f"For {target} no map singles out a wave: all lie within what chance gives"
    first = next(iter(beyond.values()))
    if len(beyond) > 1 and all(words == first for words in beyond.values()):
        every = "both" if len(beyond) == 2 else "all"
        return f"For {target} {every} maps lie more than chance on {listed(first)}"
    each = [f"the {view_kind(view).word} map on {listed(words) or 'no wave'}" for view, words in beyond.items()]
    return f"For {target}, more than chance: {'; '.join(each)}"


def _title_of_many(drawn: dict[str, Rows]) -> str:
    """Where the fused map lies most densely in each rhythm, as far as the interval leaves chance behind."""
    where_densest: dict[str, list[str]] = {}
    few = []
    for rhythm, rows in drawn.items():
        fused = {name: dot for name, dots in rows.items() for dot in dots if dot.view == FUSED}
        if not any(dot.known for dot in fused.values()):
            few.append(rhythm)
            continue
        beyond = [name for name, dot in fused.items() if dot.low > 1]
        where = WORDS[max(beyond, key=lambda name: fused[name].density)] if beyond else "nothing in particular"
        where_densest.setdefault(where, []).append(rhythm)
    places = "; on ".join(f"{where} in {listed(names)}" for where, names in where_densest.items())
    clauses = [f"Fused maps lie most densely on {places}"] if places else []
    clauses += [f"{listed(few)}: too few recordings to tell where fused maps lie"] if few else []
    return "; ".join(clauses)


def _in_words(drawn: dict[str, Rows]) -> list[str]:
    return [
        f"{rhythm}, share over time (1 is chance): "
        + "; ".join(
            f"{WORDS[name]} " + ", ".join(f"{view_kind(dot.view).word} {dot.density:.1f}" for dot in dots)
            for name, dots in rows.items()
            if dots
        )
        for rhythm, rows in drawn.items()
    ]


def in_order(views: Iterable[str]) -> list[str]:
    """Names of maps, each once: those of declared views in their order, the others, the fused one."""
    once = set(views)
    return [*(view for view in VIEWS if view in once), *sorted(once - {*VIEWS, FUSED}), *({FUSED} & once)]


def _drawn(rows: Rows) -> list[str]:
    """Names of the maps that have a dot in a panel."""
    return in_order(dot.view for dots in rows.values() for dot in dots)


WORDS = {
    "P": "P", "PR": "P to QRS", "QRS": "QRS", "ST": "ST", "T": "T", "TQ": "the pause after T", "pre": "before QRS",
    "ST-T": "ST and T", "rest": "the rest of the pause",
}  # fmt: skip
"""Short names of the segments, for rows and titles."""
