"""The exercises of the notebooks: a ``check_*`` says whether an answer holds, and what to look at if not.

An exercise begins as ``...`` in place of the answer. A check that is given that raises `Unsolved`, and says what to
write; one that is given an answer says "Right" or "Not yet" and why.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from numpy.typing import NDArray

from ..beats import find_beats
from ..errors import InvalidValue, Unsolved, choices
from ..explanation import Explanation
from ..image import Geometry
from ..records import Record
from ..records.embedded import samples
from ..strip import SAMPLES, Strip
from ..words import about

RATE_TOLERANCE = 0.05
"""Share of the rate by which a measured one may be off: a small box in an RR of four large ones."""

SHARE_TOLERANCE = 0.02
LIMITS = {40.0: "SB", 59.0: "SB", 60.0: "SR", 75.0: "SR", 100.0: "SR", 101.0: "GSVT", 180.0: "GSVT"}
"""Rates, and what a rule by rate calls them; the limits themselves belong to the middle group."""


@dataclass(frozen=True)
class Checked:
    """What a check says.

    Parameters
    ----------
    passed : bool
        Whether the answer holds.
    said : str
        Why, or what to look at.
    """

    passed: bool
    said: str

    def __repr__(self) -> str:
        return f"{'Right' if self.passed else 'Not yet'}. {self.said}"

    def _repr_html_(self) -> str:
        return f'<p class="ecgteach-checked" role="status">{escape(repr(self))}</p>'


def _solved(answer: object, write: str) -> None:
    """Refuse the stub.

    Raises
    ------
    Unsolved
        When the answer is still ``...`` or None.
    """
    if answer is ... or answer is None:
        raise Unsolved(f"the exercise waits for you: in place of the three dots, write {write}")


def _number(answer: object, write: str) -> float:
    _solved(answer, write)
    if isinstance(answer, bool) or not isinstance(answer, int | float | np.number):
        raise InvalidValue(f"the answer is {answer!r}; write {write}")
    return float(answer)


def check_looked_share(seen: Explanation, answer: object) -> Checked:
    """Notebook 00: the share of a strip at which at least one network looked.

    Parameters
    ----------
    seen : Explanation
        Whose maps are meant.
    answer : float
        The share, 0 to 1.

    Raises
    ------
    Unsolved
        When there is no answer yet.
    InvalidValue
        When it is no number.
    """
    share = _number(answer, 'a share from 0 to 1, made of seen.agreement_shares, such as shares["both"]')
    shares = seen.agreement_shares
    if abs(share - (1.0 - shares["neither"])) <= SHARE_TOLERANCE:
        return Checked(True, f"At least one of them looked at {about(share)} of the strip.")
    if abs(share - shares["both"]) <= SHARE_TOLERANCE:
        return Checked(False, "That is where both looked. One of the two is enough here.")
    return Checked(False, "What is left, when those moments are taken away at which neither looked?")


def check_other_target(seen: Explanation, answer: object) -> Checked:
    """Notebook 00: the same strip, explained for an answer that the networks find less likely.

    Parameters
    ----------
    seen : Explanation
        The strip, explained for what the networks answered.
    answer : Explanation
        The same strip, explained for another target.

    Raises
    ------
    Unsolved
        When there is no answer yet.
    InvalidValue
        When it is no explanation.
    """
    _solved(answer, 'ecgteach.explain(record, target="SB"), or another of the four groups')
    if not isinstance(answer, Explanation):
        raise InvalidValue("the answer is no explanation; write ecgteach.explain(record, target=...)")
    if not np.array_equal(answer.strip.samples, seen.strip.samples):
        return Checked(False, "That is another strip. Explain the one that was explained before.")
    if answer.target == seen.target:
        return Checked(False, "That is the answer which they gave. Ask for one that they find unlikely.")
    chance = answer.probabilities[answer.target]
    return Checked(
        True, f"They give this answer {chance:.1%}, and its map is as bright as the other: each has its own scale."
    )


def check_rate(strip: Strip, answer: object) -> Checked:
    """Notebook 01: the rate of a strip, by whichever of the three ways.

    Parameters
    ----------
    strip : Strip
        Whose rate was asked.
    answer : float
        Beats per minute.

    Raises
    ------
    Unsolved
        When there is no answer yet.
    InvalidValue
        When it is no number.
    """
    given = _number(answer, "a number, such as 300 / 4 for four large boxes")
    rate = find_beats(strip).rate
    if abs(given - rate) <= RATE_TOLERANCE * rate:
        return Checked(True, f"Measured from all RR intervals it is {rate:.0f} a minute.")
    for factor, said in (
        (2.0, "That is twice the rate. A large box lasts 0.2 s at 25 mm/s, not 0.1 s."),
        (0.5, "That is half of it. RR runs from one spike to the very next."),
        (1 / 6, "That is the number of spikes in ten seconds. A minute has six times ten seconds."),
    ):
        if abs(given - factor * rate) <= RATE_TOLERANCE * factor * rate:
            return Checked(False, said)
    return Checked(False, "Count the large boxes from one spike to the next, and divide 300 by them.")


def check_reading(records: Mapping[str, Record], answer: object) -> Checked:
    """Notebook 01: which strip is which.

    Parameters
    ----------
    records : mapping of str to Record
        The strips by their letters.
    answer : mapping of str to str
        Letter to code: ``{"A": "SA", "B": "AFIB", "C": "SR"}``.

    Raises
    ------
    Unsolved
        When there is no answer yet, or one letter has none.
    InvalidValue
        When the answer is no mapping, or names a letter that is not there.
    """
    write = 'a code for each letter, such as {"A": "SR", "B": "SA", "C": "AFIB"}'
    _solved(answer, write)
    if not isinstance(answer, Mapping):
        raise InvalidValue(f"the answer is {answer!r}; write {write}")
    for letter in records:
        _solved(answer.get(letter), f"a code for strip {letter}")
    unknown = [str(letter) for letter in answer if letter not in records]
    if unknown:
        raise InvalidValue(f"no strip is called {choices(unknown)}; there are {choices(records)}")
    truth = {letter: record.rhythm.code if record.rhythm else "" for letter, record in records.items()}
    wrong = [letter for letter in records if str(answer[letter]).strip().upper() != truth[letter]]
    if not wrong:
        return Checked(True, "One rate, three rhythms: the P wave and the pattern of RR tell them apart.")
    return Checked(False, _look_again(wrong[0], str(answer[wrong[0]]).strip().upper(), truth[wrong[0]]))


def _look_again(letter: str, given: str, true: str) -> str:
    if true == "AFIB":
        return f"Strip {letter}: is there a P wave before each QRS, the same one each time?"
    if given == "AFIB":
        return f"Strip {letter}: irregular or not, look before each QRS. Does one P wave repeat?"
    return f"Strip {letter}: measure the shortest and the longest RR. Are they alike, or does RR swell and shrink?"


def check_rate_rule(answer: object) -> Checked:
    """Notebook 02: a rule that names a group by the rate alone.

    Parameters
    ----------
    answer : callable
        Takes a rate per minute and returns ``"SB"``, ``"SR"`` or ``"GSVT"``.

    Raises
    ------
    Unsolved
        When there is no rule yet, or it returns none.
    InvalidValue
        When it is no function.
    """
    _solved(answer, "a function that takes a rate and returns SB, SR or GSVT")
    if not callable(answer):
        raise InvalidValue(f"the answer is {answer!r}; write a function: def rule(rate): ...")
    for rate, group in LIMITS.items():
        named = answer(rate)
        _solved(named, f'what the rule returns for {rate:g} a minute, such as return "SB"')
        if named != group:
            return Checked(False, f"At {rate:g} a minute your rule says {named}; below 60 is SB, above 100 is GSVT.")
    right, strips = rule_on_samples(answer)
    return Checked(True, f"It names {right} of the {strips} embedded strips rightly, and no strip of fibrillation.")


def rule_on_samples(rule: Callable[[float], str]) -> tuple[int, int]:
    """How many of the embedded lesson strips a rule by rate names rightly, and how many there are.

    Parameters
    ----------
    rule : callable
        Takes a rate per minute and returns the code of a group.
    """
    lines = samples()
    return sum(rule(line.rate) == line.group for line in lines), len(lines)


@dataclass(frozen=True)
class CutStrips:
    """Strips of a few people, as they are cut from long recordings: what is to be split.

    Parameters
    ----------
    patients : tuple of str
        Whose each strip is.
    """

    patients: tuple[str, ...] = field(default=tuple(f"patient {'ABCDEFGHIJ'[at * 7 % 10]}" for at in range(40)))

    def __len__(self) -> int:
        return len(self.patients)


def leaks(strips: CutStrips, training: Sequence[int], test: Sequence[int]) -> tuple[str, ...]:
    """Patients who stand on both sides of a split.

    Parameters
    ----------
    strips : CutStrips
        What was split.
    training, test : sequence of int
        Numbers of the strips on each side.
    """
    sides = [{strips.patients[number] for number in side} for side in (training, test)]
    return tuple(sorted(sides[0] & sides[1]))


def check_split(strips: CutStrips, answer: object) -> Checked:
    """Notebook 02: a split with nobody on both sides.

    Parameters
    ----------
    strips : CutStrips
        What is split.
    answer : (sequence of int, sequence of int)
        Numbers of the strips for training and for the test.

    Raises
    ------
    Unsolved
        When there is no answer yet.
    InvalidValue
        When it is not two lists of numbers of strips.
    """
    write = "two lists of numbers of strips: (training, test)"
    _solved(answer, write)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise InvalidValue(f"the answer is {answer!r}; write {write}")
    training, test = ([int(number) for number in side] for side in answer)
    if any(not 0 <= number < len(strips) for number in (*training, *test)):
        raise InvalidValue(f"strips have the numbers 0 to {len(strips) - 1}")
    if not training or not test:
        return Checked(False, "One side is empty: nothing to learn from, or nothing to test with.")
    if left := len(strips) - len({*training, *test}):
        return Checked(False, f"{left} of the {len(strips)} strips stand on neither side.")
    both = leaks(strips, training, test)
    if both:
        who = "stand" if len(both) > 1 else "stands"
        return Checked(False, f"{choices(both, 4)} {who} on both sides: that person would be recognised, not read.")
    return Checked(True, "Nobody stands on both sides: the test asks of people who were never met.")


def check_column(geometry: Geometry, seconds: float, answer: object) -> Checked:
    """Notebook 03: the column in which a moment is drawn.

    Parameters
    ----------
    geometry : Geometry
        Of the picture.
    seconds : float
        The moment.
    answer : int
        The column's number, from 0.

    Raises
    ------
    Unsolved
        When there is no answer yet.
    InvalidValue
        When it is no number.
    """
    given = _number(answer, "the number of a column, such as 300")
    column = int(np.floor(geometry.column_of(seconds)))
    if int(np.floor(given)) == column:
        return Checked(True, f"Column {column} of {geometry.width} shows {seconds:g} s, and no other column does.")
    if abs(given - seconds * SAMPLES / geometry.seconds) < 1:
        return Checked(False, "That is the number of the sample. The picture has fewer columns than that.")
    if abs(given - column) <= 1:
        return Checked(False, "A neighbour: columns are counted from 0, and the pixel is the whole number below.")
    return Checked(False, f"What share of {geometry.seconds:g} s has passed? Take it of {geometry.width} columns.")


def check_envelope(strip: Strip, answer: object, columns: int = 500) -> Checked:
    """Notebook 03: lowest and highest of each column, so that no R wave is lost.

    Parameters
    ----------
    strip : Strip
        What is drawn.
    answer : callable
        Takes samples, shape (5000,), and a number of columns; returns two arrays of that many values: lows and highs.
    columns : int
        How many.

    Raises
    ------
    Unsolved
        When there is no function yet, or it returns nothing.
    InvalidValue
        When it is no function.
    """
    _solved(answer, "a function that takes samples and a number of columns and returns lows, highs")
    if not callable(answer):
        raise InvalidValue(f"the answer is {answer!r}; write a function: def envelope(samples, columns): ...")
    for trace in (_pulse(), strip.samples):
        returned = answer(trace.copy(), columns)
        _solved(returned, "what the function returns: return lows, highs")
        lows, highs = (np.asarray(side, dtype=float) for side in returned)
        if lows.shape != (columns,) or highs.shape != (columns,):
            return Checked(False, f"It returns {lows.size} and {highs.size} values; {columns} columns need as many.")
        held = trace.reshape(columns, -1)
        if not np.allclose(highs, held.max(axis=1), atol=1e-6):
            return Checked(False, "A high is too low: a sample of that column is above it. So the tip of R is lost.")
        if not np.allclose(lows, held.min(axis=1), atol=1e-6):
            return Checked(False, "A low is too high: a sample of that column is below it.")
    return Checked(True, "No tip is lost, however few columns there are.")


def _pulse() -> NDArray[np.float32]:
    """One sample of 1 mV, where neither every tenth sample nor a mean would show it."""
    trace = np.zeros(SAMPLES, dtype=np.float32)
    trace[1237], trace[3333] = 1.0, -1.0
    return trace
