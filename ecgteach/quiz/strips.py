"""The strip that a question shows, with what is known of it."""

import json
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import UnknownName, choices, did_you_mean
from ..records.embedded import samples
from ..strip import SECONDS, Strip
from .questions import StripOf

READABLE = {"wander": 12.0, "muscle": 24.0, "quantisation": 0.005}
"""Noise of a good recording: SNR in dB, and mV. P waves of 0.1 mV stand out of it."""

Seed = int | tuple[int, ...]


def strip_of(spec: StripOf) -> Strip:
    """The strip of a question, as a reader sees it: filtered, and with its truth where it is simulated.

    Raises
    ------
    UnknownName
        When no rhythm, lead, setting or sample has such a name.
    InvalidValue
        When the simulator refuses the settings.
    """
    settings = json.dumps(dict(spec.settings), sort_keys=True)
    return _made(spec.simulate, spec.seed, settings, spec.sample, spec.lead, spec.microvolts)


@lru_cache(maxsize=256)
def _made(
    rhythm: str,
    seed: int,
    settings: str,
    sample: str,
    lead: str,
    microvolts: tuple[int, ...],
) -> Strip:
    if microvolts:
        return Strip(np.array(microvolts, dtype=np.float32) / 1000.0, lead=lead)
    if sample:
        named = {f"{line.source}/{line.record}@{line.start:g}s": line for line in samples(use=None)}
        if sample not in named:
            raise UnknownName(
                f"no sample is called {sample!r}{did_you_mean(sample, named)}; there are {choices(named, 6)}"
            )
        return named[sample].load().strip().for_reading()
    return simulated_strip(rhythm, seed, lead, **json.loads(settings))


def simulated_strip(rhythm: str, seed: Seed, lead: str = "II", **settings: Any) -> Strip:
    """A simulated strip with its truth, filtered for reading.

    It is as quiet as `READABLE` where no noise is asked for: what is judged has to be there to be seen. Its quality is
    not assessed, which would take ten times as long as simulating it.
    """
    from ..simulator import simulate

    record = simulate(rhythm, seed=seed, leads=(lead,), **({"noise": READABLE} | settings))
    truth = None if record.truth is None else record.truth.cut(0.0, SECONDS, 0, record.sampling_rate)
    return Strip(record.signals[0], lead=lead, rhythm=record.rhythm, truth=truth).for_reading()


def microvolts_of(strip: Strip) -> tuple[int, ...]:
    """A strip's samples as whole microvolts: what a copy without keys shows."""
    return tuple(int(value) for value in np.rint(strip.samples.astype(np.float64) * 1000.0))
