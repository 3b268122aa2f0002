"""What a WaveformFeatures says: bars of what each modality attended to beside what changed the answer, as HTML."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import combinations
from typing import NamedTuple

from ..checks.answers import BOTH
from ..checks.counterfactual import WaveEdit
from ..plots import theme
from ..views import FUSED, view_kind
from ..waves import WINDOWS, Attention
from ..words import about, capital, class_in_short, listed, probability
from .texts import text
from .waveform_features_state import DENSITY, Ranking

BAR_WIDTH, BAR_HEIGHT = 84, 14
MOST_DENSITY = 3.0
"""A bar of this density is as long as the cell; longer ones end there, their figure stands beside it."""

ABSENT = "\N{EN DASH}"
HATCH = "repeating-linear-gradient(45deg, {colour} 0 3px, #FFFFFF 3px 6px)"


class Bar(NamedTuple):
    """One bar: how dense a map is on a segment, its share, the band that shifted maps have, and how sure it is."""

    density: float
    mass: float
    low: float
    high: float
    blurred: bool


def segment_word(name: str) -> str:
    """A segment in a reader's words."""
    return text(f"features_segment.{name}")


def bars_of(found: Attention, views: Sequence[str], segments: Sequence[str]) -> dict[str, dict[str, Bar]]:
    """Bars by view and segment; a segment that the strip lacks, or a map that is empty, has none."""
    held: dict[str, dict[str, Bar]] = {}
    for view in views:
        own = {name: found.of(view, name) for name in segments}
        held[view] = {
            name: Bar(share.density, share.mass, share.low, share.high, share.blurred)
            for name, share in own.items()
            if share is not None
        }
    return held


def table(
    bars: Mapping[str, Mapping[str, Bar]],
    segments: Sequence[str],
    unit: str,
    *,
    edits: Mapping[str, WaveEdit] | None = None,
    lit: str | None = None,
) -> str:
    """Paired bars, segment by segment; with `edits` a column for what changed the answer, empty until it was run."""
    heads = [text("features.segment"), *[capital(view_kind(view).word) for view in bars]]
    heads += [text("features.changed")] * (edits is not None)
    rows = [f"<tr>{''.join(f'<th scope=col>{escape(head)}</th>' for head in heads)}</tr>"]
    for name in segments:
        cells = [_looked(own.get(name), view_kind(view).colour, unit) for view, own in bars.items()]
        if edits is not None:
            there = any(name in own for own in bars.values())
            cells.append(_changed(edits.get(name)) if there else f"<td>{ABSENT}</td>")
        word = escape(capital(segment_word(name)))
        head = f"<b>{word}</b>" if name == lit else word
        rows.append(
            f'<tr data-control="wave" data-value="{escape(name)}"{" class=ecgteach-lit" if name == lit else ""}>'
            f'<th scope="row">{head}</th>{"".join(cells)}</tr>'
        )
    return f'<table class="ecgteach-paired">{"".join(rows)}</table>'


def legend(unit: str, *, blurred: bool, absent: bool) -> str:
    """How to read the bars."""
    parts = [text("features.legend_density" if unit == DENSITY else "features.legend_share")]
    if blurred:
        parts.append(text("features.legend_hatched"))
    if absent:
        parts.append(text("features.legend_absent"))
    return " ".join(parts)


def ranked_in_words(ranking: Ranking, bars: Mapping[str, Mapping[str, Bar]]) -> str:
    """The learner's order beside that of each map: of how many pairs both say the same."""
    own = listed([f"{place}. {segment_word(name)}" for place, name in enumerate(ranking.order, 1)])
    each = []
    for view, held in bars.items():
        pairs = [(a, b) for a, b in combinations(ranking.order, 2) if a in held and b in held]
        same = sum(held[a].density >= held[b].density for a, b in pairs)
        if pairs:
            each.append(text("features.pairs", view=view_kind(view).word, same=same, pairs=len(pairs)))
    return text("features.ranked", own=own, each=listed(each))


def edit_in_words(edit: WaveEdit) -> str:
    """What an edit did to each answer."""
    each = []
    for view in edit.before:
        whose = text("features.both") if view == BOTH else f"the {view_kind(view).network}"
        moved = f"{probability(edit.before[view])} → {probability(edit.after[view])}"
        if edit.flipped(view):
            moved += " " + text("features.flipped", answer=class_in_short(edit.answers_after[view]))
        each.append(f"{whose} {moved}")
    done = text(f"features.{edit.kind}", segment=segment_word(edit.segment))
    return text("features.edited", done=capital(done), target=class_in_short(edit.target), each=", ".join(each))


def looked_in_words(bars: Mapping[str, Mapping[str, Bar]]) -> str:
    """On which segment each map is densest: the answer to a figure's question."""
    most = {view: max(own, key=lambda name: own[name].density) for view, own in bars.items() if own}
    if not most:
        return text("features.nothing")
    if len(set(most.values())) == 1:
        return text("features.all_on", segment=segment_word(next(iter(most.values()))))
    return text(
        "features.each_on",
        each=listed([f"{view_kind(view).word} {segment_word(name)}" for view, name in most.items()]),
    )


def _looked(bar: Bar | None, colour: str, unit: str) -> str:
    if bar is None:
        return f"<td>{ABSENT}</td>"
    if unit == DENSITY:
        value, top, figure = bar.density, MOST_DENSITY, f"{bar.density:.1f} ×"
        band = (bar.low / top, bar.high / top)
        marks = _band(*band) + _tick(1.0 / top)
    else:
        value, top, figure, marks = bar.mass, 1.0, about(bar.mass), ""
    fill = HATCH.format(colour=colour) if bar.blurred else colour
    width = BAR_WIDTH * min(value / top, 1.0)
    return (
        f'<td><span class="ecgteach-track" style="width: {BAR_WIDTH}px; height: {BAR_HEIGHT}px">{marks}'
        f'<span style="left: 0; top: 4px; height: {BAR_HEIGHT - 8}px; width: {width:.0f}px; background: {fill}"></span>'
        f"</span> {escape(figure)}</td>"
    )


def _band(low: float, high: float) -> str:
    first, last = (BAR_WIDTH * min(max(end, 0.0), 1.0) for end in (low, high))
    place = f"left: {first:.0f}px; top: 0; bottom: 0; width: {last - first:.0f}px"
    return f'<span style="{place}; background: #D9D9D9"></span>'


def _tick(place: float) -> str:
    return (
        f'<span style="left: {BAR_WIDTH * place:.0f}px; top: 0; bottom: 0; width: 2px; background: {theme.INK}"></span>'
    )


def _changed(edit: WaveEdit | None) -> str:
    if edit is None:
        return f'<td><span class="ecgteach-track" style="width: {BAR_WIDTH}px; height: {BAR_HEIGHT}px"></span> ?</td>'
    change = edit.change(BOTH)
    width = BAR_WIDTH * abs(change)
    points = f"{100 * change:+.0f}".replace("-", "\N{MINUS SIGN}")
    figure = text("features.points", points=points)
    if edit.flipped(BOTH):
        figure += " " + text("features.flipped", answer=class_in_short(edit.answers_after[BOTH]))
    colour = view_kind(FUSED).colour
    return (
        f'<td><span class="ecgteach-track" style="width: {BAR_WIDTH}px; height: {BAR_HEIGHT}px">'
        f'<span style="left: 0; top: 2px; bottom: 2px; width: {width:.0f}px; background: {colour}"></span></span> '
        f"{escape(figure)}</td>"
    )


def to_rank(ranking: Ranking) -> dict[str, str]:
    """Segments that have no rank yet, in words."""
    return {name: segment_word(name) for name in WINDOWS if name not in ranking.order}
