"""People: rate, QRS, QT, axis and the rest of a simulated person, drawn from published distributions.

``patients.csv`` holds 10,646 real people (its licence stands beside it), ``hearts.csv`` says which of them a rhythm
draws from and which rates it allows, ``settings.csv`` gives every other quantity with its range and its source.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp, isfinite
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ..errors import InvalidValue, UnknownName, choices

LOGARITHMIC = ("r", "p", "f", "chest")
T_SHARE_OF_R = (-1.15, 0.45)
LARGEST_T_SHARE = 0.6
HIGHEST_T = 0.8
FLAT_OR_INVERTED_T = 0.15
FLAT_OR_INVERTED_T_IN_AF = 0.4
T_CHANGES = ("TWC", "TWO")
WIDEST_NARROW = 0.11
"""Seconds beyond which a QRS is no longer narrow (Surawicz 2009, doi 10.1161/CIRCULATIONAHA.108.191095)."""

HEALTHY = {
    "pr": (0.12, 0.2),
    "qrs": (0.07, WIDEST_NARROW),
    "qtc": (0.36, 0.44),
    "axis": (-30.0, 90.0),
    "r": (0.6, 1.6),
    "p": (0.06, 0.2),
    "p_width": (0.08, 0.118),
    "st": (-0.04, 0.04),
}
"""Ranges within which a healthy person's values lie (sources in ``settings.csv``)."""

HEALTHY_T_SHARE = (0.15, 0.5)


class Patient(NamedTuple):
    """One row of ``patients.csv``: rate in beats per minute, QRS and QT in ms, axis in degrees."""

    rhythm: str
    age: int
    sex: str
    rate: int
    qrs: int
    qt: int
    axis: int
    findings: str


class Limits(NamedTuple):
    """One row of ``hearts.csv``: the rates in beats per minute that a rhythm allows, and where they are drawn from."""

    drawn_from: str
    slowest: float
    fastest: float
    mean: float
    sd: float
    low: float
    high: float


class Setting(NamedTuple):
    """One row of ``settings.csv``: unit, allowed range, and how the value is drawn."""

    unit: str
    low: float
    high: float
    mean: float
    sd: float
    draw_low: float
    draw_high: float


@dataclass(frozen=True)
class Person:
    """A simulated person at the time of the recording.

    Parameters
    ----------
    age : int
        In years; sex : str is ``"F"`` or ``"M"``.
    rate : float
        Ventricular rate in beats per minute.
    pr, qrs, qtc, p_width : float
        Intervals in seconds; `qtc` is QT at a rate of 60.
    axis : float
        Direction of the QRS in the frontal plane in degrees.
    r, p, t, st, f : float
        Amplitudes in mV, each along its own direction.
    f_rate : float
        Frequency of f waves in Hz.
    flutter_rate : float
        F waves per minute.
    breaths : float
        Breaths per minute.
    variation : float or None
        Spread of RR over their mean; None for the rhythm's own.
    chest : float
        Factor on the chest leads: how near the electrodes lie to the heart.
    healthy : bool
        Whether nothing but the rhythm may be remarkable.
    """

    age: int
    sex: str
    rate: float
    pr: float
    qrs: float
    qtc: float
    p_width: float
    axis: float
    r: float
    p: float
    t: float
    st: float
    f: float
    f_rate: float
    flutter_rate: float
    breaths: float
    variation: float | None = None
    chest: float = 1.0
    healthy: bool = False

    @property
    def rr(self) -> float:
        """Mean RR interval in seconds."""
        return 60.0 / self.rate

    def qt(self, rr: float) -> float:
        """QT in seconds at an RR interval, after Fridericia: qtc times the cube root of RR."""
        return float(self.qtc * rr ** (1 / 3))


def draw_person(
    rhythm: str,
    random: Generator,
    given: Mapping[str, float],
    patient: Patient | None = None,
    *,
    healthy: bool = False,
) -> Person:
    """A person with this rhythm; what `given` names is taken, the rest is drawn.

    Parameters
    ----------
    rhythm : str
        Row of ``hearts.csv``.
    random : numpy.random.Generator
        All that is drawn comes from it.
    given : mapping
        Values by the names of ``settings.csv``, and ``rate``.
    patient : Patient, optional
        The row whose rate, QRS, QT and axis are used; without it one with a narrow QRS is drawn.
    healthy : bool
        Whether all that is drawn lies within `HEALTHY`, with an upright T.

    Raises
    ------
    InvalidValue
        When a value lies outside the allowed range.
    """
    limits = hearts()[rhythm]
    patient = patient or _patient(limits.drawn_from or "SR", random, healthy=healthy)
    drawn = {name: _draw(name, random) for name in settings() if np.isfinite(settings()[name].mean)}
    rate = float(patient.rate) + random.uniform(-0.5, 0.5)
    own_rate = random.standard_normal()
    if not limits.drawn_from:
        rate = limits.mean + limits.sd * own_rate
    drawn["rate"] = _within(rate, limits.low, limits.high)
    drawn["qrs"] = _within(patient.qrs / 1000.0, *_drawn_range("qrs"))
    drawn["qtc"] = _within(patient.qt / 1000.0 * (patient.rate / 60.0) ** (1 / 3), *_drawn_range("qtc"))
    drawn["axis"] = patient.axis + random.uniform(-3, 3)
    share = exp(random.normal(*T_SHARE_OF_R))
    flat = FLAT_OR_INVERTED_T_IN_AF if rhythm == "AFIB" else FLAT_OR_INVERTED_T
    if random.random() < flat + 0.5 * any(change in patient.findings for change in T_CHANGES):
        share = random.normal(0.0, 0.12)
    if healthy:
        drawn |= {name: _within(drawn[name], *ends) for name, ends in HEALTHY.items()}
        share = _within(abs(share), *HEALTHY_T_SHARE)
    r = given.get("r", drawn["r"])
    drawn["t"] = _within(min(share, LARGEST_T_SHARE) * r, -HIGHEST_T, HIGHEST_T)
    for name, value in given.items():
        _check(name, value, rhythm)
        if healthy and name in HEALTHY and not HEALTHY[name][0] <= value <= HEALTHY[name][1]:
            low, high = HEALTHY[name]
            raise InvalidValue(
                f"a healthy person's {name} lies between {low:g} and {high:g} {settings()[name].unit}, "
                f"not {value:g}; leave healthy or {name} out"
            )
    values = {**drawn, **given}
    return Person(patient.age, patient.sex, healthy=healthy, **{name: float(value) for name, value in values.items()})


def check_setting(name: str, value: object, rhythm: str) -> float:
    """The value as a number, if the setting allows it.

    Raises
    ------
    UnknownName, InvalidValue
        When there is no such setting, or its range does not hold the value.
    """
    if name != "rate" and name not in settings():
        raise UnknownName(f"there is no setting {name!r}; there are rate, {choices(settings(), 30)}")
    return _check(name, value, rhythm)


def _check(name: str, value: object, rhythm: str) -> float:
    low, high, unit = _range(name, rhythm)
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not isfinite(value):
        raise InvalidValue(f"{name} is a number from {low:g} to {high:g}{unit}, not {value!r}")
    if not low <= value <= high:
        what = f"{name} of {rhythm}" if name == "rate" else name
        raise InvalidValue(f"{what} may lie between {low:g} and {high:g}{unit}; {value:g} is outside")
    return float(value)


def _range(name: str, rhythm: str) -> tuple[float, float, str]:
    if name == "rate":
        return hearts()[rhythm].slowest, hearts()[rhythm].fastest, " beats per minute"
    setting = settings()[name]
    return setting.low, setting.high, f" {setting.unit}" if setting.unit else ""


def _draw(name: str, random: Generator) -> float:
    setting = settings()[name]
    value = random.normal(setting.mean, setting.sd)
    return _within(exp(value) if name in LOGARITHMIC else value, setting.draw_low, setting.draw_high)


def _drawn_range(name: str) -> tuple[float, float]:
    return settings()[name].draw_low, settings()[name].draw_high


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _patient(rhythm: str, random: Generator, *, healthy: bool) -> Patient:
    rows = _rows_of(rhythm, healthy)
    return patients()[rows[int(random.integers(len(rows)))]]


@cache
def _rows_of(rhythm: str, healthy: bool) -> tuple[int, ...]:
    """Rows of a rhythm with a narrow QRS; of the healthy those without a finding."""
    return tuple(
        number
        for number, patient in enumerate(patients())
        if patient.rhythm == rhythm and patient.qrs <= 1000 * WIDEST_NARROW and not (healthy and patient.findings)
    )


@cache
def patients() -> tuple[Patient, ...]:
    """The people of ``patients.csv``, in the order of the data set's table."""
    return tuple(
        Patient(
            line["rhythm"],
            int(line["age"]),
            line["sex"],
            int(line["rate"]),
            int(line["qrs"]),
            int(line["qt"]),
            int(line["axis"]),
            line["findings"],
        )
        for line in table("patients.csv")
    )


@cache
def hearts() -> dict[str, Limits]:
    """The rhythms that can be simulated, each with its rates."""
    return {
        row["rhythm"]: Limits(
            row["drawn_from"],
            *(_number(row[name]) for name in ("slowest", "fastest", "mean", "sd", "group_low", "group_high")),
        )
        for row in table("hearts.csv")
    }


@cache
def settings() -> dict[str, Setting]:
    """What can be set about a person, each with its range."""
    numbers = ("low", "high", "mean", "sd", "draw_low", "draw_high")
    return {
        row["name"]: Setting(row["unit"], *[_number(row[name]) for name in numbers]) for row in table("settings.csv")
    }


def table(file: str) -> list[dict[str, str]]:
    """Rows of a table that lies beside this module."""
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _number(text: str) -> float:
    return float(text) if text else float("nan")
