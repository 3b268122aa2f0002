"""The truth of a recording: its waves and its evidence, read from the activation that it was played from."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..records.record import Record
from ..records.splits import SIMULATED
from ..rhythms import rhythm as rhythm_called
from ..strip import SECONDS
from ..truth import Evidence, Truth, Wave
from .activation import KINDS, NO_BEAT, Activation
from .dipole import play
from .evidence import VISIBLE_F, Scene, evidence_of
from .leads import derivation

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
        id=id,
        source=SOURCE,
        licence=LICENCE,
        truth=truth,
    )


def evidence_in(
    activation: Activation, seconds: float = SECONDS, waves: tuple[Wave, ...] | None = None
) -> tuple[Evidence, ...]:
    """Evidence in the first seconds of an activation, by its waves there (found, where they are not given)."""
    scene = Scene(waves_of(activation, seconds) if waves is None else waves, activation.person.f >= VISIBLE_F)
    first_degree = bool(activation.notes.get("first_degree"))
    return evidence_of(evidence_name(activation), scene, seconds, first_degree=first_degree)


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
    """Name of an activation's rows in ``evidence.csv``."""
    rhythm, notes = activation.rhythm, activation.notes
    if rhythm == "SVT":
        return str(notes["which"])
    regular = rhythm == "AFIB" and (notes.get("conduction") != "intact" or notes.get("regular"))
    return "AFIB regular" if regular else rhythm


def _labels(notes: Mapping[str, object]) -> list[str]:
    words = []
    for name, word in (("pacs", "PAC"), ("pvcs", "PVC")):
        if number := notes.get(name):
            words.append(f"{number} {word}{'s' * (number != 1)}")
    if notes.get("first_degree"):
        words.append("first-degree block")
    if side := notes.get("bundle_branch"):
        words.append(f"{side} bundle branch block")
    if edits := notes.get("edits"):
        words.append(f"changed by {', '.join(map(str, edits))}")  # type: ignore[call-overload]
    return words
