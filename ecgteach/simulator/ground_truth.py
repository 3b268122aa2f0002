"""The truth of a recording: its waves and its evidence, read from the activation that it was played from."""

from collections.abc import Mapping
from math import atan2, degrees, sqrt

import numpy as np
from numpy.typing import NDArray

from ..records.record import Record
from ..records.splits import SIMULATED
from ..rhythms import rhythm as rhythm_called
from ..strip import SECONDS
from ..truth import Annotation, Evidence, Truth, Wave
from .activation import KINDS, NO_BEAT, Activation
from .dipole import play
from .evidence import VISIBLE_F, Scene, evidence_of
from .leads import DOWER, INDEPENDENT, derivation
from .modifiers import modifiers
from .shapes import Shape

SOURCE = SIMULATED
LICENCE = "simulated: no person's recording, free to use"


def record_of(
    activation: Activation,
    signals: NDArray[np.float32],
    noise: Mapping[str, NDArray[np.float32]],
    lead_names: tuple[str, ...],
    sampling_rate: float,
    *,
    id: str,  # noqa: A002 - the field's word, as in Record
    strengths: Mapping[str, float],
    key: tuple[int, ...],
) -> Record:
    """The recording of an activation, with its truth."""
    seconds = signals.shape[1] / sampling_rate
    rows, matrix = derivation(lead_names)
    clean = (matrix @ play([activation], rows, signals.shape[1], sampling_rate)[0]).astype(np.float32)
    for array in (clean, *noise.values()):
        array.flags.writeable = False
    rhythm = rhythm_called(activation.rhythm)
    waves = waves_of(activation, seconds)
    kind = activation.kind + "".join(f", {label}" for label in _labels(activation.notes))
    truth = Truth(
        rhythm,
        kind,
        waves,
        evidence_in(activation, seconds, waves),
        clean,
        dict(noise),
        {**activation.notes, "noise": dict(strengths), "seed": key},
        made=activation,
    )
    return Record(
        signals,
        lead_names,
        sampling_rate,
        labels=frozenset({rhythm}),
        graded=frozenset({rhythm}),
        annotations=_runs(activation, seconds),
        id=id,
        source=SOURCE,
        licence=LICENCE,
        truth=truth,
    )


def evidence_in(
    activation: Activation, seconds: float = SECONDS, waves: tuple[Wave, ...] | None = None
) -> tuple[Evidence, ...]:
    """Evidence in the first seconds of an activation, by its waves there (found, where they are not given)."""
    notes = activation.notes
    scene = Scene(
        waves_of(activation, seconds) if waves is None else waves,
        activation.person.f >= VISIBLE_F,
        run=_span(notes.get("run")),
        pause=_span(notes.get("pause")),
        signs=_signs(activation),
    )
    names = [name for note, name in FINDINGS.items() if notes.get(note)]
    return evidence_of((*names, evidence_name(activation)), scene, seconds)


def _runs(activation: Activation, seconds: float) -> tuple[Annotation, ...]:
    """What rhythm the recording shows from when to when, where it holds two."""
    run = _span(activation.notes.get("run"))
    if run is None:
        return ()
    sinus = rhythm_called("SR")
    own = rhythm_called(str(activation.notes["run_rhythm"]))
    pieces = ((0.0, run[0], sinus), (max(run[0], 0.0), min(run[1], seconds), own), (run[1], seconds, sinus))
    return tuple(
        Annotation("rhythm", start, end, symbol=rhythm.code, rhythm=rhythm)
        for start, end, rhythm in pieces
        if end > start
    )


FINDINGS = {"first_degree": "AVB1", "sinus_pause": "sinus pause", "arms_swapped": "arms swapped"}
"""Modifiers that have rows of their own in ``evidence.csv``, and the name of these rows."""


def _span(note: object) -> tuple[float, float] | None:
    return (float(note[0]), float(note[1])) if isinstance(note, tuple | list) else None


def _signs(activation: Activation) -> frozenset[str]:
    """What the twelve leads would show of a ventricular tachycardia: its axis, and concordance of the chest leads."""
    found = set()
    for shape in activation.shapes:
        if shape.name == "VT":
            axis, concordance = ventricular_signs(shape)
            found |= {name for name, shown in (("axis", abs(axis) > 90), ("concordance", concordance)) if shown}
    return frozenset(found)


def ventricular_signs(shape: Shape) -> tuple[float, str]:
    """Frontal axis of a QRS in degrees, and ``"positive"`` or ``"negative"`` where all chest leads point one way.

    Both from the areas of the complex in each lead.
    """
    areas = dict(zip(INDEPENDENT, (shape.loop() @ DOWER.T).sum(axis=0).tolist(), strict=True))
    i, avf = areas["I"], areas["II"] - areas["I"] / 2
    chest = [areas[name] for name in INDEPENDENT if name.startswith("V")]
    axis = degrees(atan2(2 / sqrt(3) * avf, i))
    return axis, "positive" if min(chest) > 0 else "negative" if max(chest) < 0 else ""


def waves_of(activation: Activation, seconds: float) -> tuple[Wave, ...]:
    """Waves that touch the recording; its first QRS belongs to beat 0."""
    touching = np.flatnonzero((activation.onsets < seconds) & (activation.offsets > 0))
    complexes = touching[activation.of("QRS")[touching]]
    first, last = (activation.beats[complexes[0]], activation.beats[complexes[-1]]) if complexes.size else (0, -1)
    peaks = [shape.peak for shape in activation.shapes]
    waves = []
    for number in touching:
        onset, offset = float(activation.onsets[number]), float(activation.offsets[number])
        beat, form = int(activation.beats[number]), activation.forms[number]
        own = int(beat - first) if beat != NO_BEAT and first <= beat <= last else None
        peak = onset + peaks[form] * (offset - onset)
        waves.append(Wave(KINDS[activation.kinds[number]], onset, peak, offset, own, activation.shapes[form].name))
    return tuple(waves)


def evidence_name(activation: Activation) -> str:
    """Name of an activation's rows in ``evidence.csv``: its rhythm's code, with a closer word where that matters."""
    rhythm, notes = activation.rhythm, activation.notes
    if rhythm == "SVT":
        return str(notes["which"])
    if rhythm == "AFIB":
        if notes.get("regular") or notes.get("conduction") in ("block", "pacing"):
            return "AFIB regular"
        return "AFIB pre-excited" if notes.get("conduction") == "pre-excited" else "AFIB"
    if rhythm == "AVB2":
        return f"AVB2 {notes['block']}"
    if rhythm == "VT" and notes.get("atria") == "1:1 retrograde":
        return "VT retrograde"
    return rhythm


def _labels(notes: Mapping[str, object]) -> list[str]:
    words = []
    for name, row in modifiers().items():
        value = notes.get(name)
        if value and row["word"]:
            plain = f"{value} {row['word']}{'s' * (value != 1)}" if row["takes"] == "count" else row["word"]
            words.append(f"{value} {row['word']}" if row["takes"] == "side" else plain)
    if edits := notes.get("edits"):
        words.append(f"changed by {', '.join(map(str, edits))}")  # type: ignore[call-overload]
    return words
