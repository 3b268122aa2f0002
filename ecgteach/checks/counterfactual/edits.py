"""Edits: which single change of a simulated recording changes the answer, and is it the change that should?

Rate and regularity have no place, and what is absent cannot be deleted: for both, an edit is the only judge. Each
question says what must follow (a proposal by the authors, fixed with the evidence before any map was seen): the answer
becomes another group's, the target falls, or the answer stays.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...arguments import checked
from ...beats import group_of_truth
from ...errors import InvalidValue
from ...models import VIEWS, Network, position
from ...records import Record
from ...simulator import edit, simulate
from ..answers import answers, log_odds
from ..localisation.scores import seed_of

SIZES = ("p", "st", "t")
"""Heights of P, ST and T: no edit changes them, so the recording is simulated again with the same seed.

None may become exactly zero: where there is no wave, the next one takes what was drawn for it.
"""


class Question(NamedTuple):
    """One change in one rhythm, and what must follow.

    Parameters
    ----------
    rhythm : str
        What is simulated.
    settings : mapping
        How, as `simulate` takes them.
    change : str
        As `ecgteach.simulator.edit` names it, or one of `SIZES`.
    to : float, mapping or None
        What to change it to.
    criterion : str
        Which reason it asks about; empty for what is no reason at all.
    must : str
        One of `MUST`.
    """

    rhythm: str
    settings: Mapping[str, Any]
    change: str
    to: float | Mapping[str, float] | None
    criterion: str
    must: str

    def __str__(self) -> str:
        made = " ".join(f"{name} {value}" for name, value in self.settings.items())
        return f"{self.rhythm}{' ' * bool(made)}{made}: {self.change}{self._to()}"

    def _to(self) -> str:
        if self.to is None:
            return ""
        if isinstance(self.to, Mapping):
            return "".join(f" {name} {value:g}" for name, value in self.to.items()) or " removed"
        return f" {self.to:g}"


QUESTIONS = (
    Question("SR", {"rate": 66}, "tq", 54, "rate", "becomes"),
    Question("SB", {"rate": 54}, "tq", 66, "rate", "becomes"),
    Question("SR", {"rate": 94}, "tq", 106, "rate", "becomes"),
    Question("ST", {"rate": 106}, "tq", 94, "rate", "becomes"),
    Question("SR", {"rate": 66}, "p", 0.25, "", "stays"),
    Question("SR", {"rate": 66}, "t", 0.8, "", "stays"),
    Question("SB", {"rate": 54}, "p", 0.25, "", "stays"),
    Question("SB", {"rate": 54}, "t", 0.8, "", "stays"),
    Question("SR", {}, "remove_p", None, "atrial", "falls"),
    Question("SR", {}, "move_p", 0.2, "", "stays"),
    Question("SR", {}, "irregular", 0.2, "regularity", "stays"),
    Question("SR", {}, "qrs_width", 0.13, "", "stays"),
    Question("SR", {"bundle_branch": "left"}, "qrs_width", 0.09, "", "stays"),
    Question("SR", {"first_degree": True}, "restore_conduction", None, "conduction", "stays"),
    Question("SR", {"st": -0.15}, "st", 0.01, "", "stays"),
    Question("SR", {}, "noise", {}, "", "stays"),
    Question("SR", {"pacs": 2}, "without_ectopics", None, "", "stays"),
    Question("SR", {"pvcs": 2}, "without_ectopics", None, "", "stays"),
    Question("SA", {"rate": 75}, "regular", None, "regularity", "stays"),
    Question("SA", {"rate": 75}, "remove_p", None, "atrial", "falls"),
    Question("SB", {}, "remove_p", None, "atrial", "falls"),
    Question("ST", {}, "remove_p", None, "atrial", "open"),
    Question("AT", {"rate": 150}, "sinus_p", None, "atrial", "stays"),
    Question("AT", {"rate": 150}, "tq", 80, "rate", "falls"),
    Question("AVNRT", {}, "move_p", None, "atrial", "stays"),
    Question("AVNRT", {}, "irregular", 0.2, "regularity", "falls"),
    Question("AVRT", {}, "move_p", None, "atrial", "stays"),
    Question("AVRT", {}, "irregular", 0.2, "regularity", "falls"),
    Question("AFIB", {}, "add_p", None, "atrial", "falls"),
    Question("AFIB", {}, "regular", None, "regularity", "falls"),
    Question("AFIB", {}, "f_amplitude", 0.0, "atrial", "falls"),
    Question("AFIB", {}, "qrs_width", 0.13, "", "stays"),
    Question("AFIB", {"pvcs": 2}, "without_ectopics", None, "", "stays"),
    Question("AFIB", {}, "noise", {}, "", "stays"),
    Question("AFIB", {"conduction": "block"}, "add_p", None, "atrial", "falls"),
    Question("AFIB", {"conduction": "block"}, "f_amplitude", 0.0, "atrial", "falls"),
    Question("AFL", {}, "f_amplitude", 0.0, "atrial", "falls"),
    Question("AFL", {}, "ff_jitter", None, "regularity", "stays"),
)
"""What is asked: every edit that ``simulator/evidence.csv`` names for a rhythm of the groups, and what is no reason.

Not asked, since nothing is known that must follow:

- conduction restored in second-degree and complete block, a narrow QRS in ventricular tachycardia: these rhythms are in
  none of the groups, every answer to the original is wrong, and neither staying nor changing would be right;
- longer TQ in AVNRT and AVRT, which cannot be brought below 100 per minute and so stay fast;
- a wandering pacemaker, which is a lesson on labels only.

Not asked, since no edit makes it: f waves with irregular RR drawn into a sinus rhythm; a bundle branch block taken away
(its QRS is made narrow here, its form stays).
"""


@dataclass(frozen=True)
class Effect:
    """What one edit did to one answer.

    Parameters
    ----------
    view : str
        ``"signal"``, ``"image"`` or ``"both"``.
    target : str
        Group of the original.
    group : str or None
        Group of the edited recording; None off the list.
    label : str
        What the edited recording would be called.
    before, after : str
        The answers.
    log_odds_before, log_odds_after : float
        Log of the target's probability over that of its strongest rival; for a single view the difference of logits.
    followed : bool or None
        Whether what must follow did; None where it is open, or the first answer was wrong already.
    """

    view: str
    target: str
    group: str | None
    label: str
    before: str
    after: str
    log_odds_before: float
    log_odds_after: float
    followed: bool | None = None

    @property
    def change(self) -> float:
        """Log odds after less log odds before."""
        return self.log_odds_after - self.log_odds_before

    @property
    def flipped(self) -> bool:
        """True when the answer is another one."""
        return self.before != self.after


class Must(NamedTuple):
    """What must follow a change: in words, and whether an effect does it; None where that is open."""

    words: str
    followed: Callable[[Effect], bool | None]


MUST = {
    "becomes": Must("the answer becomes the new rhythm's group", lambda effect: effect.after == effect.group),
    "falls": Must(
        "the log odds of the old answer become smaller: a reason for it was taken away",
        lambda effect: effect.change < 0,
    ),
    "stays": Must("the answer stays", lambda effect: not effect.flipped),
    "open": Must("shown, not judged: the result is off the list of groups", lambda _: None),
}


@dataclass(frozen=True)
class QueryResult:
    """One question over many recordings.

    Parameters
    ----------
    question : Question
        The change, and what must follow.
    effects : tuple of Effect
        Three for each pair: each view's, and that of both.
    impossible : tuple of str
        Why the change could not be made in some recordings, one sentence each.
    """

    question: Question
    effects: tuple[Effect, ...] = ()
    impossible: tuple[str, ...] = ()

    def of(self, view: str) -> list[Effect]:
        """Effects on one view's answer, in the order of the recordings."""
        return [effect for effect in self.effects if effect.view == view]


@checked
def query(
    question: Question,
    models: Mapping[str, Network],
    *,
    n: int,
    seed: int = 0,
    lead: str = "II",
    part: str | None = None,
) -> QueryResult:
    """Make a change in `n` simulated recordings, and see what becomes of the answers.

    Parameters
    ----------
    question : Question
        One of `QUESTIONS`, or one of your own.
    models : mapping of str to Network
        ``{"signal": ..., "image": ...}``.
    n, seed : int
        How many recordings, and what decides them.
    lead : str
        Lead that the networks read.
    part : str, optional
        ``"local"`` or ``"rhythm"``: ask this part of the logits alone, as if it were the whole answer.
    """
    pairs, impossible = [], []
    for number in range(n):
        try:
            pairs.append(pair(question, (seed, number), lead=lead))
        except InvalidValue as problem:
            impossible.append(str(problem))
    strips = [record.strip(lead, quality="any").for_reading() for records in pairs for record in records]
    answered = answers(models, [strip.samples for strip in strips], part)
    classes = models[VIEWS[0]].classes
    effects = tuple(
        effect_of(question.must, original, edited, view, shares[2 * number], shares[2 * number + 1], classes)
        for number, (original, edited) in enumerate(pairs)
        for view, shares in answered.items()
    )
    return QueryResult(question, effects, tuple(impossible))


def pair(question: Question, seed: int | tuple[int, ...], *, lead: str = "II") -> tuple[Record, Record]:
    """A recording with the usual noise, and the same one with the change.

    Raises
    ------
    InvalidValue
        When the change cannot be made in it.
    """
    settings = dict(question.settings)
    original = simulate(question.rhythm, seed=seed, leads=(lead,), **settings)
    if question.change in SIZES:
        settings |= {question.change: question.to, "noise": None}
        return original, _with_noise_of(original, simulate(question.rhythm, seed=seed, leads=(lead,), **settings))
    assert original.truth is not None
    return original, edit(original, question.change, question.to, seed=seed_of(original.truth))


def effect_of(
    must: str,
    original: Record,
    edited: Record,
    view: str,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    classes: tuple[str, ...],
) -> Effect:
    """One edit's effect on one view's log probabilities, each of the shape (classes,)."""
    assert original.truth is not None
    assert edited.truth is not None
    target, group = group_of_truth(original.truth), group_of_truth(edited.truth)
    if target is None:
        raise InvalidValue(f"{original.truth.rhythm} is in none of the groups, so there is no answer to change")
    number = position(target, classes)
    old, new = classes[int(before.argmax())], classes[int(after.argmax())]
    label = str(edited.truth.notes.get("label", "the same rhythm with a wave of another height"))
    effect = Effect(view, target, group, label, old, new, log_odds(before, number), log_odds(after, number))
    return replace(effect, followed=MUST[must].followed(effect)) if old == target else effect


def _with_noise_of(original: Record, clean: Record) -> Record:
    """A clean recording with another's noise: drawn anew, its size would follow the signal's."""
    assert original.truth is not None
    noise = sum((values.astype(np.float64) for values in original.truth.noise.values()), start=clean.signals)
    return replace(clean, signals=np.asarray(noise, dtype=np.float32))
