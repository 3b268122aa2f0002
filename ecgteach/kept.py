"""What was made once and may be asked for again, up to a number of things."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

Thing = TypeVar("Thing")


class Kept:
    """Things by key; when there are too many, the one that was not asked for longest goes.

    Parameters
    ----------
    most : int
        How many are kept.

    Examples
    --------
    >>> kept = Kept(most=1)
    >>> [kept.once(key, lambda: made) for key, made in (("a", 1), ("a", 2), ("b", 3), ("a", 4))]
    [1, 1, 3, 4]
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[object, Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def once(self, key: object, make: Callable[[], Thing]) -> Thing:
        """What is kept under a key, made now if it is not there."""
        if key not in self._held:
            self._held[key] = make()
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        held: Thing = self._held[key]
        return held
