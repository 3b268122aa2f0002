"""Whoever passes a wrong thing to anything public gets the project's sentence, and no error from inside."""

import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import ecgteach
from ecgteach.arguments import _kinds_of, _words, checked
from ecgteach.errors import EcgteachError, InvalidValue
from tests.conftest import made_record

ROOMS = [
    "ecgteach",
    *(
        f"ecgteach.{room}"
        for room in ("checks", "image", "models", "plots", "records", "simulator", "waves", "widgets")
    ),
    *(f"ecgteach.checks.{room}" for room in ("counterfactual", "fusion_comparison", "localisation", "perturbation")),
    "ecgteach.checks.trust",
    "ecgteach.training.evaluation",
]


def public():
    """Every public function, and the methods by which a thing that travels is made of a file or of plain values."""
    found = {}
    for room in map(importlib.import_module, ROOMS):
        for name in room.__all__:
            thing = getattr(room, name)
            if inspect.isfunction(thing):
                found[f"{thing.__module__}.{thing.__name__}"] = thing
    for way in ("load", "from_json"):
        found[f"Explanation.{way}"] = getattr(ecgteach.Explanation, way)
    return found


WRONG = {
    "a path": lambda: Path("nowhere") / "explanation.json",
    "a text": lambda: "nonsense",
    "a number": lambda: -3,
    "None": lambda: None,
    "a record": lambda: made_record(),
    "a strip": lambda: made_record().strip(),
    "a bare module": lambda: nn.Conv1d(1, 2, 3),
    "an object": lambda: object(),
    "a class": lambda: ecgteach.Strip,
    "an array": lambda: np.zeros(3),
    "an empty list": lambda: [],
    "a mapping": lambda: {"signal": 3},
}


def required(function):
    """Arguments that must be given, the first of all where none must."""
    parameters = [
        each
        for each in inspect.signature(function).parameters.values()
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]
    return [each for each in parameters if each.default is each.empty] or parameters[:1]


def allowed(value, parameter):
    """Whether nothing is what is asked for: then there is nothing to refuse."""
    return value is None and parameter.default is None


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", public())
def test_a_wrong_thing_is_refused_in_a_sentence(name, wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, value = public()[name], WRONG[wrong]()
    asked = required(function)
    if not asked or all(allowed(value, each) for each in asked):
        return
    positional = [value for each in asked if each.kind is not each.KEYWORD_ONLY]
    named = {each.name: value for each in asked if each.kind is each.KEYWORD_ONLY}
    try:
        made = function(*positional, **named)
        if inspect.isgenerator(made):
            next(made, None)
    except EcgteachError as problem:
        said = str(problem)
        assert said.strip()
        assert "Traceback" not in said
        assert len(said) < 1500
    assert not list(tmp_path.iterdir())


def test_every_public_function_is_asked():
    assert len(public()) > 60
    assert {"ecgteach.explanation.explain", "ecgteach.checks.trust.verdict.trust"} <= set(public())


@checked
def example(
    strip: ecgteach.Strip | ecgteach.Record,
    names: list[str] | tuple[str, ...] = (),
    number: float = 1.0,
    whole: int | None = None,
    values: "np.typing.NDArray[np.float32] | None" = None,
    sure: bool = False,
) -> str:
    """Takes one of each kind."""
    return f"{type(strip).__name__} {number}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"strip": "x"}, "example takes a Strip or a Record as strip, not 'x'"),
        ({"strip": ecgteach.Strip}, "not the class Strip"),
        ({"names": "signal"}, "as names, not 'signal'"),
        ({"number": "three"}, "example takes a number as number, not 'three'"),
        ({"number": True}, "a number as number, not True"),
        ({"whole": 2.5}, "a whole number or None as whole, not 2.5"),
        ({"values": "array"}, "an array or None as values"),
        ({"sure": 1}, "True or False as sure, not 1"),
        ({"sure": torch.ones(1)}, "not a Tensor"),
    ],
)
def test_each_kind_is_told_in_words(given, message):
    with pytest.raises(InvalidValue, match=message):
        example(**({"strip": made_record()} | given))


def test_no_kind_is_told_in_anybodys_private_words():
    told = {
        (name, argument): _words(kind)
        for name, function in public().items()
        for argument, kind in _kinds_of(inspect.unwrap(function)).items()
    }
    assert told["ecgteach.plots.strips.plot_trace", "on_time"] == "an array"
    assert told["ecgteach.image.strip_images.strip_image", "width"] == "a whole number"
    assert told["ecgteach.checks.localisation.scores.judged_samples", "evidence"] == "a sequence of Evidences"
    assert not [words for words in told.values() if re.search(r"_|  |\[|Callable|\ba [aeioAEIO]", words)]


def test_what_fits_passes_and_a_wrong_call_is_pythons_own_error():
    assert (
        example(made_record(), ["a"], np.float32(2), whole=np.int64(3), values=[1.0], sure=np.bool_(True))
        == "Record 2.0"
    )
    with pytest.raises(TypeError, match="missing"):
        example()
