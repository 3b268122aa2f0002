"""What the authors saw when they looked at each strip that is embedded, or was: the table beside the samples."""

import csv
from dataclasses import dataclass
from pathlib import Path

from ecgteach import records
from ecgteach.errors import InvalidValue, choices
from ecgteach.records.embedded import AT_LIMIT, DOUBTFUL, EXAMPLE, FOLDER, LESSON, MISREAD, POOR, SURE, UNSURE

SAMPLES = Path(records.__file__).parent / FOLDER
TABLE = SAMPLES / "review.csv"

LEFT_OUT = "left out"
VERDICTS = {LESSON: SURE, AT_LIMIT: SURE, DOUBTFUL: UNSURE, POOR: "", LEFT_OUT: ""}
"""What may be said of a strip, and the certainty that goes with it; of a poor trace and one left out: either."""

P_BY_EYE = "P by eye"
"""Written among the uses: the P is plain on the averaged beats, though our test does not decide its form."""


LOOKED_AGAIN = "Looked again:"
"""In the reason of a strip that may show a wrong answer: what made the label hold at the second look."""


@dataclass(frozen=True)
class Look:
    """One line of the table: a strip, the verdict, how sure its label is, why, what else was seen, what it is for."""

    strip: str
    verdict: str
    certainty: str
    reason: str
    findings: tuple[str, ...]
    uses: tuple[str, ...]
    p_by_eye: bool

    @property
    def source(self) -> str:
        """Data set of the strip."""
        return self.strip.split("/")[0]

    @property
    def record(self) -> str:
        """Its recording."""
        return self.strip.partition("/")[2].split("@")[0]

    @property
    def start(self) -> float:
        """Where it begins, in seconds."""
        return float(self.strip.partition("@")[2])


def reviewed(table: Path = TABLE) -> tuple[Look, ...]:
    """Every line of the table.

    Raises
    ------
    InvalidValue
        When a strip comes twice, lacks a reason, or its verdict, certainty and uses do not go together.
    """
    with table.open(encoding="utf-8", newline="") as file:
        looks = tuple(_look(row) for row in csv.DictReader(file))
    names = [look.strip for look in looks]
    if len(set(names)) != len(names):
        raise InvalidValue(f"{table} names a strip twice: {choices({name for name in names if names.count(name) > 1})}")
    return looks


def _look(row: dict[str, str]) -> Look:
    words = [word for word in row["uses"].split(";") if word]
    uses = tuple(word for word in words if word != P_BY_EYE)
    if row["verdict"] not in VERDICTS:
        raise InvalidValue(f"{row['strip']}: no verdict is called {row['verdict']!r}; there are {choices(VERDICTS)}")
    if not row["reason"]:
        raise InvalidValue(f"{row['strip']} has no reason; write down what was seen")
    if row["certainty"] not in (SURE, UNSURE) or VERDICTS[row["verdict"]] not in ("", row["certainty"]):
        raise InvalidValue(f"{row['strip']}: a {row['verdict']!r} cannot be {row['certainty']!r}")
    if not set(uses) <= {EXAMPLE, MISREAD} or (uses and row["verdict"] != LESSON):
        raise InvalidValue(f"{row['strip']}: only a lesson has further uses, and those are {EXAMPLE} and {MISREAD}")
    if (MISREAD in uses) != (LOOKED_AGAIN in row["reason"]):
        raise InvalidValue(
            f"{row['strip']}: who calls a strip {MISREAD} says what a second look found: {LOOKED_AGAIN} ..."
        )
    findings = tuple(word for word in row["findings"].split(";") if word)
    return Look(row["strip"], row["verdict"], row["certainty"], row["reason"], findings, uses, P_BY_EYE in words)
