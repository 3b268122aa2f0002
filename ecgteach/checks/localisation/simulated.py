"""Simulated strips whose evidence has a place, rhythm by rhythm, each explained for its own group."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...arguments import checked
from ...beats import group_of_truth
from ...errors import UnknownName, choices
from ...explanation import Explanation, explain
from ...models import Network
from ...simulator import simulate

RHYTHMS: dict[str, tuple[str, dict[str, Any]]] = {
    "SR": ("SR", {}),
    "SA": ("SA", {}),
    "SB": ("SB", {}),
    "ST": ("ST", {}),
    "AT": ("AT", {}),
    "AVNRT": ("AVNRT", {}),
    "AVRT": ("AVRT", {}),
    "AFIB": ("AFIB", {"conduction": "intact"}),
    "AFIB regular": ("AFIB", {"conduction": "block"}),
    "SR with PVCs": ("SR", {"pvcs": 2}),
}
"""Rhythms scored by localisation, by their original name, and how each is simulated; the last one holds distractors."""

LEAD = "II"


@checked
def explanations(
    rhythm: str,
    models: Mapping[str, Network] | None = None,
    *,
    n: int,
    seed: int = 0,
    **choice: Any,
) -> Iterator[Explanation]:
    """Explanations of simulated strips with the usual noise, each for its own group.

    Parameters
    ----------
    rhythm : str
        One of `RHYTHMS`.
    models : mapping of str to Network, optional
        By default the shipped pair.
    n, seed : int
        How many, and what decides them. No two rhythms share a seed, so that their strips share no noise either.
    **choice
        Fusion, layer and contrast, as `explain` takes them.

    Raises
    ------
    UnknownName
        When the rhythm is not scored by localisation.
    """
    if rhythm not in RHYTHMS:
        raise UnknownName(f"{rhythm!r} is not scored by localisation; rhythms that are: {choices(RHYTHMS)}")
    code, settings = RHYTHMS[rhythm]
    row = list(RHYTHMS).index(rhythm)
    for number in range(n):
        record = simulate(code, seed=(seed, row, number), leads=(LEAD,), **settings)
        assert record.truth is not None
        yield explain(record.strip(LEAD, quality="any"), models, target=group_of_truth(record.truth), **choice)


@checked
def each_rhythm(
    models: Mapping[str, Network] | None = None,
    *,
    n: int,
    seed: int = 0,
    rhythms: Iterable[str] = tuple(RHYTHMS),
    **choice: Any,
) -> Iterator[tuple[str, Explanation]]:
    """Name of the rhythm and explanation of `n` strips of each of some `rhythms`, as `explanations` makes them."""
    for rhythm in rhythms:
        for seen in explanations(rhythm, models, n=n, seed=seed, **choice):
            yield rhythm, seen
