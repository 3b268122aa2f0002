"""Everything that can go wrong in a way that a user can mend.

One family, so that ``except EcgteachError`` catches all of it; each child is also the ordinary Python error that a
reader would expect, so that ``except ValueError`` works too. A message names what, where and the way out.
"""

from collections.abc import Iterable
from types import UnionType


class EcgteachError(Exception):
    """Base of every error that this project raises on purpose."""


class InvalidValue(EcgteachError, ValueError):
    """A value that cannot be used: a time outside the recording, a wrong shape, an impossible setting."""


class PoorSignal(InvalidValue):
    """A lead that is flat, clipped or noisy, where a readable one was asked for."""


class EmptyMap(InvalidValue):
    """A map with nothing in it (flat or not finite), where something has to be placed, fused or scored."""


class UnknownName(EcgteachError, LookupError):
    """A name that is not in its list: a lead, a rhythm, a target, a layer, a data set, a recipe."""


class UnreadableFile(EcgteachError, OSError):
    """A file or folder that is missing, broken, or not what it says it is."""


class NotInstalled(EcgteachError, ImportError):
    """An optional library that this call needs and that is not there."""


class Unsolved(EcgteachError, NotImplementedError):
    """An exercise whose answer is still three dots."""


def choices(names: object, limit: int = 12) -> str:
    """Names as they stand in a message: ``"A, B, C"``, at most `limit` of them."""
    listed = [str(name) for name in names]  # type: ignore[attr-defined]
    shown = ", ".join(listed[:limit])
    return shown if len(listed) <= limit else f"{shown} and {len(listed) - limit} more"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name that is most like a mistyped one, as the end of a message; empty where none is like it.

    >>> did_you_mean("samples", ["sample", "fetch"]), did_you_mean("xyz", ["sample"])
    ('; did you mean sample?', '')
    """
    from difflib import get_close_matches

    like = get_close_matches(name.casefold(), folded := {one.casefold(): one for one in known}, n=1, cutoff=0.6)
    return f"; did you mean {folded[like[0]]}?" if like else ""


def expect(value: object, kinds: type | UnionType | tuple[type, ...], needs: str, way_out: str = "") -> None:
    """Refuse a value of a wrong kind, where a call is made and not deep inside it.

    Parameters
    ----------
    value : object
        What was given.
    kinds : type or types
        What will do, as `isinstance` takes it.
    needs : str
        Who needs what, the beginning of the message: ``"explain reads a Strip or a Record"``.
    way_out : str
        What to do instead.

    Raises
    ------
    InvalidValue
        When it is of none of the kinds.

    >>> expect("x", int, "a case has a number", "count from 0")
    Traceback (most recent call last):
        ...
    ecgteach.errors.InvalidValue: a case has a number, not a str; count from 0
    """
    if not isinstance(value, kinds):
        name = "None" if value is None else f"a {type(value).__name__}"
        name = f"the class {value.__name__}" if isinstance(value, type) else name
        raise InvalidValue(f"{needs}, not {name}" + (f"; {way_out}" if way_out else ""))
