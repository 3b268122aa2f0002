"""What if: the same recording with one thing changed, and nothing else.

Beats that are not touched keep their samples (shifted where RR changes), and noise keeps its place. ``edits.csv`` says
which change is possible in which rhythm, and what the result would be called.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices
from ..records.record import Record
from ..rhythms import TACHYCARDIA_ABOVE, sinus_by_rate
from . import rewriting as write
from .activation import NO_BEAT, Activation
from .dipole import play
from .evidence import EARLY
from .ground_truth import evidence_name, record_of
from .hearts import HEARTS
from .hearts.sinus import junctional_kind
from .leads import derivation
from .making import key_of, rate_of
from .noise import INGREDIENTS, changes_by, check_noise, draw_noise
from .people import check_setting, table

NORMAL_PR = 0.16
LONGEST_QRS = 0.24
WIDE_QRS = 0.12
NO_RHYTHM_WITHOUT_F = 0.01
STILL_WIDE = "still ventricular tachycardia: fast, regular and wide"


class _Change(NamedTuple):
    """How a change is made, and what `to` means: unit, default, allowed range."""

    make: Callable[[Activation, float, float, Generator], Activation]
    meaning: str
    default: float
    low: float
    high: float


@checked
def edit(record: Record, change: str, to: float | Mapping[str, float] | None = None, *, seed: int = 0) -> Record:
    """The same recording with one thing changed.

    Parameters
    ----------
    record : Record
        A simulated one, with its truth.
    change : str
        ``remove_p``, ``add_p``, ``move_p`` (to: PR in s), ``sinus_p``, ``regular``, ``irregular`` (to: spread of RR),
        ``rate`` (to: per minute; QT follows), ``tq`` (to: rate per minute, by longer or shorter TQ alone),
        ``qrs_width`` (to: s), ``f_amplitude`` (to: factor), ``ff_jitter`` (to: share of the interval),
        ``restore_conduction``, ``without_ectopics``, ``noise`` (to: ingredients and strengths, ``{}`` for none).
    to : float or mapping, optional
        What to change it to; each change has a default.
    seed : int
        Where something is drawn (irregular RR, jitter, new noise).

    Returns
    -------
    Record
        With its own truth; ``truth.rhythm`` and ``truth.notes["label"]`` say what it would be called.

    Raises
    ------
    InvalidValue
        When the record has no truth, or the change cannot be.
    UnknownName
        When there is no such change.
    """
    if record.truth is None or not isinstance(record.truth.made, Activation):
        raise InvalidValue(
            f"record {record.name} is not simulated, so nobody knows its waves; edit() needs one from simulate()"
        )
    if change not in (*CHANGES, "noise"):
        raise UnknownName(f"there is no change {change!r}; there are {choices([*CHANGES, 'noise'], 20)}")
    activation = record.truth.made
    outcome = _outcome(change, activation)
    if change == "noise":
        strengths = check_noise(to if isinstance(to, Mapping) else {})
        return _rebuilt(record, activation, outcome, change, strengths=strengths, seed=seed)
    if isinstance(to, Mapping):
        raise InvalidValue(f"{change} takes a number, not ingredients; those belong to the change 'noise'")
    wanted = _wanted(change, to)
    if change in ("rate", "tq") and outcome[0] == "same":
        wanted = check_setting("rate", wanted, activation.rhythm)
    random = Generator(PCG64(SeedSequence((*key_of(seed), *change.encode()))))
    changed = CHANGES[change].make(activation, wanted, record.seconds, random)
    return _rebuilt(record, changed, outcome, change)


def _outcome(change: str, activation: Activation) -> tuple[str, str]:
    """What the rhythm becomes by ``edits.csv``, and the sentence; a variant's own row comes before its rhythm's."""
    rows = [row for row in table("edits.csv") if row["change"] == change]
    variant = evidence_name(activation)
    for row in sorted(rows, key=lambda row: row["rhythm"] != variant):
        rhythms = row["rhythm"].split()
        if row["rhythm"] == variant or (activation.rhythm in rhythms and set(rhythms) <= set(HEARTS)):
            return row["becomes"], row["label"]
    possible = [rhythm for row in table("edits.csv") if row["change"] == change for rhythm in row["rhythm"].split()]
    raise InvalidValue(f"{change} makes no sense in {activation.rhythm}; it can be done in {choices(possible, 20)}")


def _wanted(change: str, to: float | None) -> float:
    _, meaning, default, low, high = CHANGES[change]
    if to is None:
        return default
    if isinstance(to, bool) or not isinstance(to, int | float | np.number) or not low <= to <= high:
        raise InvalidValue(f"{change} takes {meaning} between {low:g} and {high:g}, not {to!r}")
    return float(to)


def _rebuilt(
    record: Record,
    activation: Activation,
    outcome: tuple[str, str],
    change: str,
    *,
    strengths: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Record:
    """The recording of the changed activation, with the old noise sample by sample, unless noise is what is changed."""
    truth = record.truth
    assert truth is not None
    rows, matrix = derivation(record.lead_names)
    samples = record.signals.shape[1]
    clean = play([activation], rows, samples, record.sampling_rate)
    key = truth.notes["seed"]
    assert isinstance(key, tuple)
    if strengths is None:
        found = truth.notes["noise"]
        assert isinstance(found, Mapping)
        strengths = dict(found)
        noise = {name: values for name, values in truth.noise.items() if INGREDIENTS[name].added}
        signal = sum((values.astype(np.float64) for values in noise.values()), start=matrix @ clean[0])
        later = changes_by(strengths, signal, record.sampling_rate, key)
        noise |= {name: values.astype(np.float32) for name, values in later.items()}
    else:
        key = (*key, seed)
        drawn = draw_noise(clean, rows, record.sampling_rate, [strengths], [key])[0]
        noise = {name: (matrix @ values).astype(np.float32) for name, values in drawn.items()}
    signals = sum((values.astype(np.float64) for values in noise.values()), start=matrix @ clean[0])
    becomes, label = outcome
    rhythm = activation.rhythm if becomes == "same" else becomes
    if becomes == "by rate":
        rhythm = sinus_by_rate(rate_of(activation, record.seconds)).code
    if becomes == "junctional":
        rate = rate_of(activation, record.seconds)
        rhythm, label = "JT" if rate > TACHYCARDIA_ABOVE else "NOD", label.format(junctional=junctional_kind(rate))
    if change == "qrs_width" and activation.rhythm == "VT" and write.widest_qrs(activation) >= WIDE_QRS:
        label = STILL_WIDE
    if rhythm != activation.rhythm:
        activation = replace(activation, rhythm=rhythm, kind=label.partition(":")[0])
    edits = (*activation.notes.get("edits", ()), change)  # type: ignore[misc]
    activation = replace(activation, notes={**activation.notes, "edits": edits, "label": label})
    return record_of(
        activation,
        signals.astype(np.float32),
        noise,
        record.lead_names,
        record.sampling_rate,
        id=f"{record.id}+{change}",
        strengths=strengths,
        key=key,
    )


def _remove_p(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    return write.keeping(activation, ~activation.of("P"))


def _add_p(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    onsets = write.qrs_onsets(activation)
    without = write.keeping(activation, ~activation.of("P"))
    width = activation.person.p_width
    rows = [write.Row("P", onset - to, onset - to + width, beat, "sinus") for beat, onset in onsets.items()]
    return write.adding(without, rows)


def _move_p(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:
    """Each P that belongs to a beat goes to `to` seconds before it; a retrograde one is turned upright on the way."""
    backwards = {"retrograde", "hidden", "septal"} & {shape.name for shape in activation.shapes}
    if backwards or not activation.of("P").any():
        return _add_p(activation, to, seconds, random)
    onsets = write.qrs_onsets(activation)
    shifts = np.zeros(activation.onsets.size)
    for number in np.flatnonzero(activation.of("P")):
        beat = int(activation.beats[number])
        if beat in onsets:
            shifts[number] = onsets[beat] - to - activation.onsets[number]
    return write.shifted(activation, shifts)


def _sinus_p(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    waves = activation.of("P")
    rows = [
        write.Row("P", float(activation.onsets[i]), float(activation.offsets[i]), int(activation.beats[i]), "sinus")
        for i in np.flatnonzero(waves)
    ]
    return write.adding(write.keeping(activation, ~waves), rows)


def _regular(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    changed = write.with_intervals(activation, seconds, lambda rr: np.full_like(rr, rr.mean()))
    return replace(changed, notes={**activation.notes, "regular": True})


def _irregular(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:
    """RR drawn anew around their mean, none shorter than what its beat needs."""
    least = write.longest_beat(activation)

    def drawn(rr: NDArray[np.float64]) -> NDArray[np.float64]:
        factors = 1.0 + to * random.standard_normal(rr.size)
        wanted = np.maximum(rr.mean() * factors, min(least, 0.9 * rr.mean()))
        return np.asarray(wanted * rr.mean() / wanted.mean())

    changed = write.with_intervals(activation, seconds, drawn)
    return replace(changed, notes={**activation.notes, "regular": False})


def _rate(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    """RR by a factor, and QT with it by Fridericia's cube root."""
    factor = rate_of(activation, seconds) / to
    stretched = write.with_qt(activation, factor ** (1 / 3))
    return write.with_intervals(stretched, seconds, lambda rr: rr * factor)


def _tq(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    """Each RR longer or shorter by the same time, which is taken from or given to TQ alone."""
    longer = 60.0 / to - 60.0 / rate_of(activation, seconds)
    shortest = write.shortest_tq(activation, seconds)
    if -longer > shortest:
        fastest = 60.0 / (60.0 / rate_of(activation, seconds) - shortest)
        raise InvalidValue(
            f"TQ lasts {shortest * 1000:.0f} ms at its shortest; by TQ alone the rate can rise to {fastest:.0f}/min, "
            f"not {to:g}"
        )
    return write.with_intervals(activation, seconds, lambda rr: rr + longer)


def _qrs_width(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    room = write.shortest_qrs_room(activation)
    if to > room:
        raise InvalidValue(f"a QRS of {to:g} s would reach into T; in this recording it may last up to {room:.3f} s")
    offsets = np.where(activation.of("QRS"), activation.onsets + to, activation.offsets)
    return replace(activation, offsets=offsets)


def _f_amplitude(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    waves = activation.of("F", "f")
    changed = replace(activation, person=replace(activation.person, f=activation.person.f * to))
    if to < NO_RHYTHM_WITHOUT_F:
        return write.keeping(changed, ~waves)
    return replace(changed, sizes=np.where(waves[:, None], activation.sizes * to, activation.sizes))


def _ff_jitter(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    waves = np.flatnonzero(activation.of("F"))
    onsets, offsets = activation.onsets.copy(), activation.offsets.copy()
    interval = float(np.median(offsets[waves] - onsets[waves]))
    limit = 0.4 * interval
    onsets[waves] += np.clip(to * interval * random.standard_normal(waves.size), -limit, limit)
    offsets[waves[:-1]] = onsets[waves[1:]]
    return replace(activation, onsets=onsets, offsets=offsets)


def _restore_conduction(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:
    if activation.rhythm in ("AVB2", "AVB3"):
        return write.conducting(activation, to)
    if not activation.notes.get("first_degree"):
        raise InvalidValue(f"nothing is blocked in this recording: {activation.kind}")
    notes = {name: value for name, value in activation.notes.items() if name != "first_degree"}
    return replace(_move_p(activation, to, seconds, random), notes=notes)


def _without_ectopics(activation: Activation, to: float, seconds: float, random: Generator) -> Activation:  # noqa: ARG001
    """Each premature beat becomes a copy of the one before, halfway between its neighbours."""
    names = activation.shape_names()
    early = sorted({int(b) for b, name in zip(activation.beats, names, strict=True) if name in EARLY and b != NO_BEAT})
    if any(b == NO_BEAT and name == "premature" for b, name in zip(activation.beats, names, strict=True)):
        raise InvalidValue(
            "a blocked PAC cannot be taken away beat by beat, for it moved all that follows; "
            "simulate the same seed without blocked_pacs instead"
        )
    if not early:
        raise InvalidValue("this recording has no premature beats to take away")
    for beat in early:
        onsets = write.qrs_onsets(activation)
        halfway = (onsets[beat - 1] + onsets[beat + 1]) / 2
        rest = write.keeping(activation, activation.beats != beat)
        activation = write.copied(rest, beat - 1, beat, halfway - onsets[beat - 1])
    notes = {name: value for name, value in activation.notes.items() if name not in ("pacs", "pvcs", "aberrant_pacs")}
    return replace(activation, notes=notes)


CHANGES: dict[str, _Change] = {
    "remove_p": _Change(_remove_p, "no number", 0, 0, 0),
    "add_p": _Change(_add_p, "a PR in seconds", NORMAL_PR, 0.08, 0.4),
    "move_p": _Change(_move_p, "a PR in seconds", NORMAL_PR, 0.08, 0.4),
    "sinus_p": _Change(_sinus_p, "no number", 0, 0, 0),
    "regular": _Change(_regular, "no number", 0, 0, 0),
    "irregular": _Change(_irregular, "a spread of RR over their mean", 0.2, 0.02, 0.4),
    "rate": _Change(_rate, "a rate per minute", 75, 30, 250),
    "tq": _Change(_tq, "a rate per minute", 75, 25, 250),
    "qrs_width": _Change(_qrs_width, "a duration in seconds", 0.09, 0.05, LONGEST_QRS),
    "f_amplitude": _Change(_f_amplitude, "a factor", 0.0, 0.0, 5.0),
    "ff_jitter": _Change(_ff_jitter, "a share of the interval", 0.15, 0.01, 0.4),
    "restore_conduction": _Change(_restore_conduction, "a PR in seconds", NORMAL_PR, 0.1, 0.2),
    "without_ectopics": _Change(_without_ectopics, "no number", 0, 0, 0),
}
"""Changes by their name, as ``evidence.csv`` and ``edits.csv`` use them; ``noise`` has a way of its own."""
