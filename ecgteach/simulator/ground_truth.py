"""The truth of a recording: its waves and its evidence, read from the score that it was played from."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..records.record import Record
from ..records.splits import SIMULATED
from ..rhythms import rhythm as rhythm_called
from ..strip import SECONDS
from ..truth import Evidence, Truth, Wave
from .activation import KINDS, NO_BEAT, Score
from .dipole import play
from .evidence import VISIBLE_F, Scene, evidence_of
from .leads import derivation

SOURCE = SIMULATED
LICENCE = "simulated: no person's recording, free to use"


def record_of(
    score: Score,
    signals: NDArray[np.float32],
    noise: Mapping[str, NDArray[np.float32]],
    lead_names: tuple[str, ...],
    sampling_rate: float,
    *,
    id: str,  # noqa: A002 - the field's word, as in Record
    strengths: Mapping[str, float],
    key: tuple[int, ...],
) -> Record:
    """The recording of a score, with its truth."""
    seconds = signals.shape[1] / sampling_rate
    rows, matrix = derivation(lead_names)
    clean = (matrix @ play([score], rows, signals.shape[1], sampling_rate)[0]).astype(np.float32)
    for array in (clean, *noise.values()):
        array.flags.writeable = False
    rhythm = rhythm_called(score.rhythm)
    waves = waves_of(score, seconds)
    kind = score.kind + "".join(f", {said}" for said in _said(score.notes))
    truth = Truth(
        rhythm,
        kind,
        waves,
        evidence_in(score, seconds, waves),
        clean,
        dict(noise),
        {**score.notes, "noise": dict(strengths), "seed": key},
        made=score,
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


def evidence_in(score: Score, seconds: float = SECONDS, waves: tuple[Wave, ...] | None = None) -> tuple[Evidence, ...]:
    """Evidence in the first seconds of a score, by its waves there (found, where they are not given)."""
    scene = Scene(waves_of(score, seconds) if waves is None else waves, score.person.f >= VISIBLE_F)
    return evidence_of(evidence_name(score), scene, seconds, first_degree=bool(score.notes.get("first_degree")))


def waves_of(score: Score, seconds: float) -> tuple[Wave, ...]:
    """Waves that touch the recording; its first QRS belongs to beat 0."""
    touching = np.flatnonzero((score.onsets < seconds) & (score.offsets > 0))
    complexes = touching[score.of("QRS")[touching]]
    first, last = (score.beats[complexes[0]], score.beats[complexes[-1]]) if complexes.size else (0, -1)
    peaks = [shape.peak for shape in score.shapes]
    waves = []
    for number in touching:
        onset, offset, beat = float(score.onsets[number]), float(score.offsets[number]), int(score.beats[number])
        peak = onset + peaks[score.forms[number]] * (offset - onset)
        inside = beat != NO_BEAT and first <= beat <= last
        name = score.shapes[score.forms[number]].name
        waves.append(Wave(KINDS[score.kinds[number]], onset, peak, offset, int(beat - first) if inside else None, name))
    return tuple(waves)


def evidence_name(score: Score) -> str:
    """Name of a score's rows in ``evidence.csv``."""
    if score.rhythm == "SVT":
        return str(score.notes["which"])
    if score.rhythm == "AFIB" and (score.notes.get("conduction") != "intact" or score.notes.get("regular")):
        return "AFIB regular"
    return score.rhythm


def _said(notes: Mapping[str, object]) -> list[str]:
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
