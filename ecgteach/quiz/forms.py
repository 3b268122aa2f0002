"""Parallel forms: the same mixture of questions before, after and three weeks later, drawn by seed."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices
from .banks import Bank
from .questions import Question

OCCASIONS = ("before", "after", "three weeks later")


@checked
def parallel_forms(bank: Bank, size: int, *, seed: int = 0, occasions: Sequence[str] = OCCASIONS) -> dict[str, Bank]:
    """Forms of one size and one mixture.

    Each form takes as many questions of each contrast and difficulty as the others, as far as the bank reaches. No
    question stands in two forms while there are others of its kind, nor ever twice in one form. Their order is mixed.

    Parameters
    ----------
    bank : Bank
        Where the questions come from.
    size : int
        Questions in each form; at most as many as the bank holds.
    seed : int
        Decides everything; the same seed gives the same forms.
    occasions : sequence of str
        Names of the forms, in the order in which they are answered.

    Raises
    ------
    InvalidValue
        When a form cannot be so large, or an occasion is named twice.
    """
    if not 1 <= size <= len(bank):
        raise InvalidValue(f"a form of {bank.title!r} holds 1 to {len(bank)} questions, not {size}")
    if not occasions or len(set(occasions)) != len(occasions):
        raise InvalidValue("each occasion has a name of its own; write such as before, after")
    draw = Random(f"forms {seed}")
    strata = _strata(bank, draw)
    shares = _shares({name: len(held) for name, held in strata.items()}, size, draw)
    used: Counter[str] = Counter()
    forms = {}
    for occasion in occasions:
        chosen: list[Question] = []
        for name, share in shares.items():
            fresh_first = sorted(strata[name], key=lambda question: used[question.id])
            chosen += fresh_first[:share]
        used.update(question.id for question in chosen)
        draw.shuffle(chosen)
        forms[occasion] = Bank(tuple(chosen), f"{bank.title}: {occasion}")
    return forms


def form_for(bank: Bank, size: int, occasion: str, *, seed: int = 0) -> Bank:
    """The form of one of the three usual occasions.

    Raises
    ------
    UnknownName
        When there is no such occasion.
    """
    if occasion not in OCCASIONS:
        raise UnknownName(f"no occasion is called {occasion!r}; there are {choices(OCCASIONS)}")
    return parallel_forms(bank, size, seed=seed)[occasion]


def repeated(forms: dict[str, Bank]) -> tuple[str, ...]:
    """Ids of the questions that stand in more than one form, since the bank held no others of their kind."""
    counted = Counter(question.id for form in forms.values() for question in form)
    return tuple(name for name, times in counted.items() if times > 1)


def _strata(bank: Bank, draw: Random) -> dict[tuple[str, int], list[Question]]:
    strata: dict[tuple[str, int], list[Question]] = defaultdict(list)
    for question in bank:
        strata[question.contrast, question.difficulty].append(question)
    for held in strata.values():
        draw.shuffle(held)
    return dict(strata)


def _shares(counts: dict[tuple[str, int], int], size: int, draw: Random) -> dict[tuple[str, int], int]:
    """How many of each kind: in proportion, the rest by the largest remainders, ties by chance."""
    total = sum(counts.values())
    exact = {name: size * count / total for name, count in counts.items()}
    shares = {name: int(share) for name, share in exact.items()}
    order = list(counts)
    draw.shuffle(order)
    order.sort(key=lambda name: exact[name] - shares[name], reverse=True)
    for name in order[: size - sum(shares.values())]:
        shares[name] += 1
    return shares
