"""Why strips are split by patient: a reader that knows persons and no medicine, tested on both kinds of split.

Each simulated person gets a label by the toss of a coin, so that there is nothing to be learnt. A reader that gives a
strip the label of the most similar QRS complex scores high where the test holds people whom it has met, and like the
coin where it does not. What it recognises is the person (Kaufman et al. 2012, doi 10.1145/2382577.2382579).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked
from ..beats import find_beats
from ..errors import InvalidValue
from ..strip import SAMPLING_RATE, SECONDS, Strip

STRIPS_EACH = 4
FOLDS = 4
AROUND_QRS = 0.12
FEWEST, MOST = 10, 200


@dataclass(frozen=True)
class Leakage:
    """What recognising persons is worth.

    Parameters
    ----------
    by_strip, by_patient : float
        Share of strips that get their right label when they are tested, 0 to 1: with strips dealt to four folds by
        chance, and with all strips of a person in one fold.
    strips, people : int
        How many there were.
    """

    by_strip: float
    by_patient: float
    strips: int
    people: int


@checked
def recognised(people: int = 60, *, seed: int = 0) -> Leakage:
    """Labels by the toss of a coin, read by the likeness of QRS complexes, on a split by strip and on one by patient.

    Parameters
    ----------
    people : int
        Simulated persons with four strips each, 10 to 200.
    seed : int
        Decides persons, coins and splits.

    Raises
    ------
    InvalidValue
        When there are too few or too many people.
    """
    if not FEWEST <= people <= MOST:
        raise InvalidValue(f"this is shown with {FEWEST} to {MOST} people, not {people}")
    random = np.random.default_rng(seed)
    beats = np.stack([beat for person in range(people) for beat in _median_beats((seed, person))])
    owner = np.repeat(np.arange(people), STRIPS_EACH)
    label = random.integers(0, 2, people)[owner]
    dealt = random.permutation(len(owner)) % FOLDS
    kept_together = (random.permutation(people) % FOLDS)[owner]
    return Leakage(_score(beats, label, dealt), _score(beats, label, kept_together), len(owner), people)


def _score(beats: NDArray[np.float64], label: NDArray[np.int_], fold: NDArray[np.int_]) -> float:
    """Share of strips whose most similar strip outside their own fold has their label: each is tested once."""
    distances = np.linalg.norm(beats[:, None] - beats[None], axis=2)
    distances[fold[:, None] == fold[None]] = np.inf
    return float(np.mean(label[distances.argmin(axis=1)] == label))


def _median_beats(seed: tuple[int, int]) -> list[NDArray[np.float64]]:
    from ..simulator import simulate

    record = simulate(
        "SR", seed=seed, seconds=SECONDS * STRIPS_EACH, leads=("II",), noise={"muscle": 20.0, "wander": 12.0}
    )
    return [
        _median_beat(record.strip(at=SECONDS * number, quality="any").for_reading()) for number in range(STRIPS_EACH)
    ]


def _median_beat(strip: Strip) -> NDArray[np.float64]:
    reach = round(AROUND_QRS * SAMPLING_RATE)
    centres = np.round(np.array(find_beats(strip).times) * SAMPLING_RATE).astype(int)
    whole = centres[(centres >= reach) & (centres < len(strip.samples) - reach)]
    cut = np.stack([strip.samples[centre - reach : centre + reach] for centre in whole]).astype(np.float64)
    return np.asarray(np.median(cut, axis=0))
