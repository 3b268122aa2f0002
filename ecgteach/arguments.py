"""Arguments of a wrong kind are told where a call is made, in a sentence, and not deep inside it by another's error."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from .errors import InvalidValue

Given = ParamSpec("Given")
Result = TypeVar("Result")

NUMBERS = {bool: (bool, np.bool_), int: (int, np.integer), float: (int, float, np.integer, np.floating)}
AN_ARRAY = "an array"
WORDS: dict[Any, str] = {
    NoneType: "None",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
    np.ndarray: AN_ARRAY,
    Mapping: "a mapping",
    dict: "a mapping",
    Callable: "a function",
}


def checked(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Hold the arguments of each call against the kinds that a function declares.

    Whatever has no plain kind is left to the function.

    Raises
    ------
    InvalidValue
        When an argument is of another kind; the message names function, argument and kind.

    >>> @checked
    ... def half(number: float) -> float:
    ...     return number / 2
    >>> half("three")
    Traceback (most recent call last):
        ...
    ecgteach.errors.InvalidValue: half takes a number as number, not 'three'
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        kinds = _kinds_of(function)
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if name in kinds and not _fits(value, kinds[name]):
                wanted = f"{function.__name__} takes {_words(kinds[name])} as {name}"
                raise InvalidValue(f"{wanted}, not {_described(value)}")
        return function(*args, **kwargs)

    return call


@cache
def _kinds_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The kind of each argument that can be named one by one."""
    various = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = [each.name for each in inspect.signature(function).parameters.values() if each.kind not in various]
    written = function.__annotations__
    try:
        hints = get_type_hints(function)
    except NameError:  # a room above, imported for the type checker alone: its classes are known by their names
        hints = {name: kind if not isinstance(kind, str) else _Named(kind) for name, kind in written.items()}
    return {name: hints[name] for name in named if name in hints}


class _Named(str):
    """Kinds as they are written, where what they name is not at hand."""

    def fits(self, value: Any) -> bool:
        names = {name.strip().partition("[")[0].rpartition(".")[2] for name in self.strip("\"'").split("|")}
        known = {base.__name__ for base in type(value).__mro__} - {"object"}
        return bool(names & known) or (value is None and "None" in names) or "Any" in names


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, _Named):
        return kind.fits(value)
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inside)
    if origin is Literal:
        return value in inside
    if kind in NUMBERS:
        return isinstance(value, NUMBERS[kind]) and (kind is bool or not isinstance(value, bool))
    if kind in (Any, object):
        return True
    if kind is None or kind is NoneType:
        return value is None
    if origin is np.ndarray:
        return isinstance(value, np.ndarray | list | tuple)
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _holds(value, origin, inside)
    if getattr(kind, "_is_protocol", False) and hasattr(origin or kind, "__array__"):
        return hasattr(value, "__array__")
    if getattr(kind, "_is_protocol", False):
        return callable(value) and not isinstance(value, type)
    if origin is Callable:
        return callable(value)
    return not isinstance(kind, type) or isinstance(value, kind)


def _holds(value: Any, origin: type, inside: tuple[Any, ...]) -> bool:
    """Whether a container is of its kind, and holds what it should where that can be looked at without using it up."""
    if isinstance(value, str | Path):  # a text is a sequence of letters, and never meant as one
        return False
    if issubclass(origin, Mapping):
        each = value.items() if isinstance(value, Mapping) else None
        return each is not None and all(_fits(name, inside[0]) and _fits(held, inside[1]) for name, held in each)
    if isinstance(value, np.ndarray):
        kinds = get_args(inside[0]) or inside if inside else ()
        return not kinds or get_origin(inside[0]) is np.ndarray or any(kind in NUMBERS for kind in kinds)
    if not isinstance(value, origin) or isinstance(value, Mapping):
        return False
    if not isinstance(value, list | tuple | set | frozenset) or not inside:
        return True
    if origin is tuple and inside[-1] is not Ellipsis:
        return len(value) == len(inside) and all(_fits(one, kind) for one, kind in zip(value, inside, strict=True))
    return all(_fits(one, inside[0]) for one in value)


def _words(kind: Any) -> str:
    if isinstance(kind, _Named):
        return " or ".join(_written(name) for name in kind.strip("\"'").split("|"))
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        # whatever numpy makes an array of is a union of many kinds, some of them numpy's own affair
        like_an_array = any(getattr(get_origin(one) or one, "__module__", "").startswith("numpy.") for one in inside)
        words = [AN_ARRAY] * like_an_array or [_words(one) for one in inside if one is not NoneType]
        return " or ".join(dict.fromkeys([*words, *["None"] * (NoneType in inside)]))
    if origin is Literal:
        return " or ".join(map(repr, inside))
    plain = origin or kind
    if plain in WORDS:
        return WORDS[plain]
    if isinstance(plain, type) and issubclass(plain, Iterable) and origin:
        several = inside and isinstance(inside[0], type)
        return f"a sequence of {_words(inside[0]).partition(' ')[2]}s" if several else "a sequence"
    return _with_article(getattr(plain, "__name__", str(plain)))


def _written(name: str) -> str:
    """A kind in words, of which only the written name is at hand."""
    name = name.strip().partition("[")[0].rpartition(".")[2]
    known = {kind.__name__: words for kind, words in WORDS.items()}
    known |= {"None": "None", "NDArray": AN_ARRAY, "ArrayLike": AN_ARRAY, "tuple": "a sequence", "list": "a sequence"}
    return known.get(name) or _with_article(name)


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"


def _described(value: Any) -> str:
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "...")
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
