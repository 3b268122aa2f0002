"""Everything that can go wrong in a way that a user can mend.

One family, so that ``except EcgteachError`` catches all of it; each child is also the ordinary Python error that a
reader would expect, so that ``except ValueError`` works too. A message names what, where and the way out.
"""


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


def choices(names: object, limit: int = 12) -> str:
    """Names as they stand in a message: ``"A, B, C"``, at most `limit` of them."""
    listed = [str(name) for name in names]  # type: ignore[attr-defined]
    shown = ", ".join(listed[:limit])
    return shown if len(listed) <= limit else f"{shown} and {len(listed) - limit} more"
