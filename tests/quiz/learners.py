"""Simulated learners: how each reads an item, and what each does when the networks have answered."""

from dataclasses import dataclass
from random import Random

from ecgteach.marks import Mark
from ecgteach.quiz.features import READINGS
from ecgteach.quiz.items import CANNOT, NONE
from ecgteach.quiz.sitting import Round

ANSWERS = ("SR", "SB", "GSVT", "AFIB", NONE, CANNOT)


@dataclass(frozen=True)
class Learner:
    """How often its reading is right, how sure it is then and else, and whether it follows the networks.

    Parameters
    ----------
    skill : float
        Share of readings, rhythms and marks that are right.
    sure, unsure : int
        Confidence when right, and when wrong.
    follows : float
        Share of the networks' answers that it takes over.
    """

    skill: float
    sure: int
    unsure: int
    follows: float

    def read(self, item, draw: Random) -> Round:
        """A finished round, without maps."""
        right = draw.random() < self.skill
        wrong = [answer for answer in ANSWERS if answer not in item.right]
        answer = draw.choice(sorted(item.right) if right else wrong)
        final = item.network if draw.random() < self.follows else answer
        return Round(
            **{name: self._reading(name, feature, draw) for name, feature in item.features.items()},
            answer=answer,
            confidence=self.sure if right else self.unsure,
            marks=self._marks(item, draw),
            after_answers=final,
            after_map=final,
            step="truth",
        )

    def _reading(self, name, feature, draw):
        right = draw.random() < self.skill or not feature.right
        return draw.choice(sorted(feature.right) if right and feature.right else sorted(READINGS[name]))

    def _marks(self, item, draw):
        """On evidence, as far as its skill goes, else anywhere; as `seen` or `missing` as the evidence is."""
        evident = [
            entry for entry in item.truth.evidence if entry.role in ("P", "A") and entry.end - entry.start > 0.05
        ]
        marks = []
        for entry in evident[2:12:2]:
            if draw.random() < self.skill:
                marks.append(Mark({"P": "seen", "A": "missing"}[entry.role], entry.start, entry.end))
            else:
                start = draw.uniform(0, 9.8)
                marks.append(Mark(draw.choice(("seen", "missing")), start, start + 0.15))
        return tuple(marks)


CAREFUL = Learner(0.9, 90, 50, 0.05)
FOLLOWER = Learner(0.6, 75, 75, 1.0)
GUESSER = Learner(0.15, 90, 90, 0.3)
