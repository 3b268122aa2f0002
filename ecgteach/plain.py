"""Values that travel as plain JSON, and back, exactly: by the types that their dataclasses declare.

Numbers are written in the fewest digits that give the same float32 again; what is not finite, which JSON does not know,
as null (not a number), ``"inf"`` or ``"-inf"``. What is read is checked against the declared types before anything is
made of it, and an error says where in the file it stands.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from .errors import EcgteachError, InvalidValue

Thing = TypeVar("Thing")
Json = dict[str, object]
"""An object of JSON: names, and plain values."""

INFINITE = {"inf": math.inf, "-inf": -math.inf}
KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", NoneType: "null"}


def plain(value: Any) -> Any:
    """A value as JSON holds it: dataclasses as objects, tuples as lists, arrays as lists of numbers.

    Raises
    ------
    InvalidValue
        When it holds something that JSON has no words for.
    """
    if value is None or isinstance(value, bool | int | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, np.ndarray):
        return numbers(value)
    if isinstance(value, float | np.floating):
        return _number(float(value))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(name): plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(held) for held in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    raise InvalidValue(f"a {type(value).__name__} cannot be written as JSON")


def as_json(thing: Any) -> Json:
    """A dataclass as the object that JSON holds.

    Raises
    ------
    InvalidValue
        When it holds something that JSON has no words for.
    """
    held: Json = plain(thing)
    return held


def numbers(values: NDArray[Any]) -> list[Any]:
    """An array as lists of numbers: float32 in the fewest digits that come back the same."""
    if values.dtype == np.float32:
        whole: list[Any] = values.astype("U").astype(np.float64).tolist()
    else:
        whole = values.tolist()
    return whole if np.isfinite(values).all() else _finite(whole)


def _finite(value: Any) -> Any:
    return [_finite(held) for held in value] if isinstance(value, list) else _number(value)


def _number(value: float) -> float | str | None:
    if math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)


def restored(kind: type[Thing], held: Any, where: str) -> Thing:
    """What `plain` made plain, as a value of its kind again.

    Parameters
    ----------
    kind : type
        A dataclass, or a type that one of its fields declares.
    held : object
        What the JSON holds.
    where : str
        Name of the place, for messages.

    Raises
    ------
    InvalidValue
        When it is of another kind, lacks something, or holds what the kind refuses.
    """
    found: Thing = _restored(kind, held, where)
    return found


def _restored(kind: Any, held: Any, where: str) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _one_of(inside, held, where)
    if origin is Literal:
        return held if held in inside else _refused(f"one of {inside}", held, where)
    if origin is tuple and inside and inside[-1] is Ellipsis:
        return tuple(_restored(inside[0], each, f"{where}[{number}]") for number, each in _listed(held, where))
    if origin is tuple:
        listed = list(_listed(held, where))
        if len(listed) != len(inside):
            _refused(f"{len(inside)} values", held, where)
        return tuple(
            _restored(one, each, f"{where}[{number}]") for one, (number, each) in zip(inside, listed, strict=True)
        )
    if origin in (frozenset, set):
        return origin(_restored(inside[0], each, f"{where}[{number}]") for number, each in _listed(held, where))
    if origin is np.ndarray:
        return array(held, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(held, dict):
            _refused("an object", held, where)
        return {name: _restored(inside[1], each, f"{where}.{name}") for name, each in held.items()}
    if kind in (object, Any):
        return _anything(held)
    if is_dataclass(kind):
        return _dataclass(kind, held, where)
    return _simple(kind, held, where)


def _one_of(kinds: tuple[Any, ...], held: Any, where: str) -> Any:
    if held is None and NoneType in kinds:
        return None
    problems = []
    for kind in kinds:
        if kind is not NoneType:
            try:
                return _restored(kind, held, where)
            except InvalidValue as problem:
                problems.append(problem)
    raise problems[0]


def _dataclass(kind: Any, held: Any, where: str) -> Any:
    if not isinstance(held, dict):
        _refused("an object", held, where)
    given = {}
    for name, (inner, required) in _declared(kind).items():
        if name in held:
            given[name] = _restored(inner, held[name], f"{where}.{name}")
        elif required:
            raise InvalidValue(f"{where}.{name} is missing")
    try:
        return kind(**given)
    except (EcgteachError, TypeError, ValueError) as problem:
        raise InvalidValue(f"{where}: {problem}") from problem


@cache
def _declared(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Type of each field of a dataclass, and whether it must be given."""
    hints = get_type_hints(kind)
    return {
        each.name: (hints[each.name], each.default is MISSING and each.default_factory is MISSING)
        for each in fields(kind)
        if each.init
    }


def _simple(kind: Any, held: Any, where: str) -> Any:
    if kind is float:
        if held is None or (isinstance(held, str) and held in INFINITE):
            return math.nan if held is None else INFINITE[held]
        if isinstance(held, int | float) and not isinstance(held, bool) and abs(held) < 1e300:
            return held  # a whole number stays one: it was one when it was written
    elif isinstance(kind, type) and issubclass(kind, Enum):
        if held in {each.value for each in kind}:
            return kind(held)
    elif isinstance(held, kind) and not (kind is int and isinstance(held, bool)):
        return held
    return _refused(KINDS.get(kind, getattr(kind, "__name__", str(kind))), held, where)


def array(held: Any, where: str, shape: tuple[int, ...] | None = None) -> NDArray[np.float32]:
    """Lists of numbers as an array, read-only.

    Raises
    ------
    InvalidValue
        When they are no numbers, are not even, or have another shape.
    """
    try:
        found = np.array(_infinite(held), dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        found = _refused("numbers in even rows", held, where)
    if not isinstance(held, list) or (shape is not None and found.shape != shape):
        _refused(f"{'numbers' if shape is None else ' x '.join(map(str, shape)) + ' numbers'}", held, where)
    found.flags.writeable = False
    return found


def _infinite(held: Any) -> Any:
    if isinstance(held, list):
        return held if all(type(each) in (int, float) for each in held) else [_infinite(each) for each in held]
    if held is None or (isinstance(held, str) and held in INFINITE):
        return math.nan if held is None else INFINITE[held]
    if isinstance(held, bool) or not isinstance(held, int | float):
        raise TypeError
    return held


def _listed(held: Any, where: str) -> Any:
    return enumerate(held) if isinstance(held, list) else _refused("a list", held, where)


def _anything(held: Any) -> Any:
    """What was a tuple comes back as one: our dataclasses hold no lists."""
    if isinstance(held, list):
        return tuple(_anything(each) for each in held)
    return {name: _anything(each) for name, each in held.items()} if isinstance(held, dict) else held


def _refused(needed: str, held: Any, where: str) -> Any:
    shown = (
        f"a list of {len(held)}" if isinstance(held, list) else "an object" if isinstance(held, dict) else repr(held)
    )
    raise InvalidValue(f"{where} should be {needed}, and is {shown[:60]}")
