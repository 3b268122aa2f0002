"""What a notebook shows of the things that travel: a small table or a figure, and their ``repr`` as text."""

from functools import singledispatch

from ..checks.perturbation.curves import Curve
from ..checks.trust.report import FAILED, PASSED, TrustReport
from ..explanation import Explanation
from ..records import Record
from ..showing import ShowsItself
from ..views import view_kind
from ..waves import Attention, Share, Waves
from ..waves.segments import IN_WORDS
from ..words import capital, class_in_short, in_steps, listed, percent, probability
from .tables import Cell, Row, html_table
from .waves import in_order
from .words import NOTICE

FOOT = capital(NOTICE) + "."
DASH = "\N{EN DASH}"


def bundle(thing: ShowsItself) -> dict[str, str]:
    """A thing as HTML (a figure as PNG too), and its ``repr`` for readers without it."""
    shown = thing.plot()._repr_mimebundle_() if isinstance(thing, Explanation) else {"text/html": html_of(thing)}
    return shown | {"text/plain": repr(thing)}


@singledispatch
def html_of(thing: object) -> str:
    """A thing as HTML; strings that come from files are text in it."""
    return html_table([], [[type(thing).__name__, repr(thing)]])


@html_of.register
def _record(record: Record) -> str:
    rows = [
        ["Leads", ", ".join(record.lead_names)],
        ["Length", f"{record.seconds:g} s at {record.sampling_rate:g} Hz"],
        ["Source's rhythm", record.rhythm.name if record.rhythm else "no single rhythm"],
        ["Simulated", "yes, with its truth"] if record.truth else ["Licence", record.licence or "not stated"],
    ]
    return html_table([], rows, f"Record {record.name}", FOOT)


@html_of.register
def _report(report: TrustReport) -> str:
    outcome = {True: PASSED, False: FAILED, None: "not asked"}
    rows: list[Row] = [
        [test.question, _figure(test.figure), _figure(test.control), Cell(outcome[test.passed], strong=True), test.why]
        for test in report.tests
    ]
    which = f"the {view_kind(report.judged).word} map" if report.judged else "no map"
    title = f"About the map, not about the diagnosis: {which} for {class_in_short(report.target)} {report.verdict}"
    caution = f"Caution: {report.caution}. " if report.caution else ""
    head = ["Test", "Figure", "Control", "Outcome", "How"]
    return html_table(head, rows, title, f"{caution}The answer: {report.quadrant[0]}. {FOOT}")


@html_of.register
def _waves(waves: Waves) -> str:
    rows: list[Row] = []
    for kind in dict.fromkeys(wave.kind for wave in waves.waves):
        found = waves.of(kind)
        lasts = sorted(wave.offset - wave.onset for wave in found)[len(found) // 2]
        rows.append([kind, Cell(str(len(found)), number=True), Cell(f"{1000 * lasts:.0f} ms", number=True)])
    p = f"P {waves.p.outcome}" + (f" ({waves.p.reason})" if waves.p.reason else "")
    return html_table(["Wave", "How many", "Median length"], rows, f"Waves by {waves.source}", f"{p}; {waves.quality}.")


@html_of.register
def _attention(attention: Attention) -> str:
    maps = in_order(share.view for share in attention.shares)
    held = {share.segment for share in attention.shares}
    rows: list[Row] = [
        [capital(words), *(_share(attention.of(view, name)) for view in maps)]
        for name, words in IN_WORDS.items()
        if name in held
    ]
    empty = [f"No {view_kind(view).word} map: {reason}. " for view, reason in attention.empty.items()]
    note = f"{''.join(empty)}Bold: more than the same map has when it is shifted along the strip."
    return html_table(["Share of", *(f"{view_kind(view).word} map" for view in maps)], rows, "Attention by wave", note)


def _share(share: Share | None) -> Cell:
    return Cell(in_steps(share.mass), number=True, strong=share.beyond_chance == 1) if share else _figure(None)


@html_of.register
def _curve(curve: Curve) -> str:
    rows: list[Row] = [
        [name, *(Cell(probability(float(value)), number=True) for value in one.probabilities)]
        for name, one in {curve.order: curve, **curve.controls}.items()
    ]
    reader = f"{curve.reader}, {curve.part} part" if curve.part else curve.reader
    title = f"{capital(curve.kind)}: probability of the target by share of the strip (reader: {reader})"
    beaten = listed([name for name, gain in curve.gains.items() if gain > 0]) or "no control"
    note = f"Filled with {curve.fill}." + f" The map did better than: {beaten}." * bool(curve.controls)
    return html_table(["Order", *map(percent, curve.fractions)], rows, title, note)


def _figure(value: float | None) -> Cell:
    return Cell(DASH if value is None else f"{value:.2f}", number=True)
