"""Sheets for people: each rhythm with its evidence painted, forty strips to paint, and how far the painters agree.

The sheet is a PDF without a word on the rhythms, to be painted with a pen; ``marks.csv`` is the form for what was
painted; ``key.csv`` says what each strip was, and stays in the drawer.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.records.record import Record
from ecgteach.simulator.hearts import HEARTS
from ecgteach.simulator.making import simulate
from ecgteach.truth import ROLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROLE_COLOURS = {"P": "#009E73", "A": "#0072B2", "D": "#CC79A7", "C": "#DDDDDD", "X": "#F0E0C8"}
ROLE_WORDS = {
    "P": "evidence: present",
    "A": "evidence: absent (expected here)",
    "D": "premature beat and its pause",
    "C": "context",
    "X": "irrelevant",
}
SHEET = ("SR", "SA", "SB", "ST", "AT", "AVNRT", "AVRT", "AFL", "AFIB", "AVB2")
STRIPS_A_RHYTHM = 4
STRIPS_A_PAGE = 4
CELL_SECONDS = 0.02
MARKED = ("P", "A")
FORM = ("strip", "reader", "start_s", "end_s", "role", "rhythm", "remark")
PAPER_MM = (297.0, 210.0)
SECONDS = 10


@dataclass(frozen=True)
class PaintedAlike:
    """How far two readers painted the same, over the strips of one rhythm that both saw.

    Parameters
    ----------
    pair, rhythm : str
        ``"ours - anna"``; the rhythm's code, or ``"all"``.
    strips : int
        How many.
    dice, kappa : float
        Dice's coefficient, and Cohen's kappa, of cells of 20 ms.
    """

    pair: str
    rhythm: str
    strips: int
    dice: float
    kappa: float


def draw_evidence(record: Record, lead: str = "II") -> "Figure":
    """A picture of a simulated recording with its evidence painted.

    Parameters
    ----------
    record : Record
        With its truth.
    lead : str
        Which lead is drawn.

    Raises
    ------
    InvalidValue
        When the record has no truth.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    if record.truth is None:
        raise InvalidValue(f"record {record.name} is not simulated, so its evidence is not known")
    figure = Figure(figsize=(297 / 25.4, 68 / 25.4), dpi=110)
    axes = figure.add_axes((0.035, 0.24, 0.95, 0.55))
    for entry in record.truth.evidence:
        if entry.role in ROLE_COLOURS:
            axes.axvspan(entry.start, entry.end, color=ROLE_COLOURS[entry.role], alpha=0.45, linewidth=0)
    _trace(axes, record, lead)
    present = {entry.role for entry in record.truth.evidence}
    criteria = sorted({f"{entry.what} ({entry.criterion})" for entry in record.truth.with_role("I")})
    name, kind = record.truth.rhythm.name, record.truth.kind
    title = kind if kind.startswith(name) else f"{name}: {kind}"
    axes.set_title(
        title + (f"   (without a place: {', '.join(criteria)})" if criteria else ""), loc="left", fontsize=11
    )
    low, high = float(record[lead].min()), float(record[lead].max())
    axes.set_ylim(min(low - 0.2, -0.7), max(high + 0.2, 1.3))
    handles = [
        Patch(color=ROLE_COLOURS[role], alpha=0.6, label=ROLE_WORDS[role]) for role in ROLE_COLOURS if role in present
    ]
    if not handles:
        figure.text(0.035, 0.03, "No evidence is proposed for this rhythm.", fontsize=10)
    else:
        figure.legend(
            handles=handles, loc="lower left", ncols=5, frameon=False, fontsize=10, bbox_to_anchor=(0.02, -0.03)
        )
    return figure


def write_rhythms(folder: Path, seed: int = 1) -> list[Path]:
    """A picture of each rhythm, clean and with noise, as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for rhythm in HEARTS:
        for name, noise in (("clean", None), ("noisy", "usual")):
            path = folder / f"{rhythm}-{name}.png"
            draw_evidence(simulate(rhythm, seed=seed, noise=noise)).savefig(path)
            written.append(path)
    return written


def write_sheet(folder: Path, seed: int) -> Path:
    """Forty strips on paper (25 mm/s, 10 mm/mV), the form for the marks, and the key.

    Returns
    -------
    path
        The PDF.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    folder.mkdir(parents=True, exist_ok=True)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(SHEET) * STRIPS_A_RHYTHM)
    drawn = [(SHEET[place % len(SHEET)], (seed, int(place))) for place in order]
    path = folder / "sheet.pdf"
    with PdfPages(path, metadata={"CreationDate": None, "Title": "Forty simulated strips"}) as pages:
        for first in range(0, len(drawn), STRIPS_A_PAGE):
            pages.savefig(_page(drawn[first : first + STRIPS_A_PAGE], first + 1))
    with (folder / "key.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("strip", "rhythm", "seed", "number"))
        writer.writerows((number, rhythm, *key) for number, (rhythm, key) in enumerate(drawn, start=1))
    with (folder / "marks.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(FORM)
        writer.writerows((number, "", "", "", "", "", "") for number in range(1, len(drawn) + 1))
    return path


def agreement(key: Path, forms: Sequence[Path]) -> list[PaintedAlike]:
    """How far readers agree with each other and with ours: one row for each rhythm and pair.

    What is compared is the painted time (roles P and A together) in cells of 20 ms: Dice's coefficient, the overlap as
    a share of the mean of both, and Cohen's kappa (1960, doi 10.1177/001316446002000104).

    Parameters
    ----------
    key : path
        ``key.csv`` of the sheet.
    forms : sequence of paths
        One filled form for each reader.

    Raises
    ------
    UnreadableFile, InvalidValue
        When a form is missing or holds something that is no mark.
    """
    drawn = {int(row["strip"]): (row["rhythm"], (int(row["seed"]), int(row["number"]))) for row in _rows(key)}
    painted: dict[str, dict[int, NDArray[np.bool_]]] = {"ours": {}}
    for number, (rhythm, own) in drawn.items():
        truth = simulate(rhythm, seed=own, leads=("II",)).truth
        assert truth is not None
        painted["ours"][number] = _cells([(entry.start, entry.end) for entry in truth.with_role(*MARKED)])
    for form in forms:
        painted[form.stem] = _painted(form, drawn)
    table = []
    for one, other in combinations(painted, 2):
        for rhythm in (*dict.fromkeys(rhythm for rhythm, _ in drawn.values()), "all"):
            strips = [number for number, (own, _) in drawn.items() if rhythm in (own, "all")]
            both = [number for number in strips if number in painted[one] and number in painted[other]]
            if both:
                first = np.concatenate([painted[one][number] for number in both])
                second = np.concatenate([painted[other][number] for number in both])
                alike = _dice(first, second), _kappa(first, second)
                table.append(PaintedAlike(f"{one} - {other}", rhythm, len(both), *alike))
    return table


def _page(strips: Sequence[tuple[str, tuple[int, int]]], first: int) -> "Figure":
    from matplotlib.figure import Figure

    width, height = PAPER_MM
    figure = Figure(figsize=(width / 25.4, height / 25.4))
    for place, (rhythm, key) in enumerate(strips):
        bottom = height - 8 - (place + 1) * 46
        axes = figure.add_axes((23 / width, bottom / height, 250 / width, 30 / height))
        _trace(axes, simulate(rhythm, seed=key, leads=("II",)), "II")
        axes.set_title(f"Strip {first + place}", loc="left", fontsize=11, pad=4)
    words = "25 mm/s, 10 mm/mV, lead II, simulated.  Paint what makes the rhythm's name: "
    words += "P where something is there, A where something is missing."
    figure.text(23 / width, 5 / height, words, fontsize=9)
    return figure


def _trace(axes: "Axes", record: Record, lead: str) -> None:
    """A lead on ECG paper: thin lines every 40 ms and 0.1 mV, stronger ones every 200 ms and 0.5 mV."""
    seconds = record.seconds
    samples = record[lead] - np.median(record[lead])
    axes.set_xlim(0, seconds)
    axes.set_ylim(-1.2, 1.8)
    axes.set_xticks(np.arange(0, seconds + 0.01, 1))
    axes.set_yticks(np.arange(-1, 1.6, 0.5))
    for fine, width, alpha in ((0.2, 0.25, 0.5), (1.0, 0.6, 0.8)):
        paper: dict[str, Any] = {"color": "#E8B4B4", "linewidth": width, "alpha": alpha, "zorder": 0}
        axes.vlines(np.arange(0, seconds, 0.2 * fine), -5, 5, **paper)
        axes.hlines(np.arange(-5, 5, 0.5 * fine), 0, seconds, **paper)
    axes.plot(np.arange(samples.size) / record.sampling_rate, samples, color="black", linewidth=0.8, clip_on=False)
    axes.tick_params(labelsize=9, length=2)
    axes.set_xlabel("seconds", fontsize=9, labelpad=1)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except OSError as problem:
        raise UnreadableFile(f"{path} cannot be read ({problem.strerror})") from problem


def _painted(form: Path, drawn: Mapping[int, object]) -> dict[int, NDArray[np.bool_]]:
    """Painted cells of each strip; one that has a line but no times was seen and nothing painted."""
    spans: dict[int, list[tuple[float, float]]] = {}
    for line, row in enumerate(_rows(form), start=2):
        try:
            number = int(row["strip"])
            times = [float(row[name]) for name in ("start_s", "end_s") if row[name].strip()]
        except (KeyError, ValueError, AttributeError) as problem:
            raise InvalidValue(
                f"{form}, line {line}: strip, start_s and end_s must be numbers ({problem})"
            ) from problem
        role = (row.get("role") or "").strip().upper()
        if number not in drawn or len(times) == 1 or (times and not 0 <= times[0] < times[1] <= SECONDS):
            raise InvalidValue(
                f"{form}, line {line}: needs a strip from 1 to {len(drawn)} and start_s before end_s, both from 0 to 10"
            )
        if times and role not in ROLES:
            raise InvalidValue(f"{form}, line {line}: the role is one of {', '.join(ROLES)}, not {role!r}")
        own = spans.setdefault(number, [])
        if times and role in MARKED:
            own.append((times[0], times[1]))
    return {number: _cells(own) for number, own in spans.items()}


def _cells(spans: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    middles = (np.arange(round(SECONDS / CELL_SECONDS)) + 0.5) * CELL_SECONDS
    cells = np.zeros(middles.size, dtype=np.bool_)
    for start, end in spans:
        cells |= (middles >= start) & (middles < end)
    return cells


def _dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    total = int(one.sum() + other.sum())
    return float(2 * (one & other).sum() / total) if total else 1.0


def _kappa(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    chance = one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean())
    return float(((one == other).mean() - chance) / (1 - chance)) if chance < 1 else 1.0
