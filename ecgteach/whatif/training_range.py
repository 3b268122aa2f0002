"""What lies outside the strips that the networks have learnt from: their answer there is a guess that looks like one.

The ranges are the simulator's own tables, from which the networks' simulated strips were drawn: ``hearts.csv`` for the
rate of each rhythm, ``settings.csv`` for the waves, and `usual_noise` for noise.
"""

import numpy as np

from ..beats import group_of_truth
from ..records import Record
from ..simulator.activation import Activation
from ..simulator.people import hearts
from ..simulator.people import settings as of_people
from .dials import DIALS
from .settings import Settings

USUAL_NOISE = {
    "wander": -2.0, "muscle": 8.0, "tremor": 0.0, "mains-50": 22.0, "mains-60": np.inf, "motion": -6.0,
    "settling": -12.0, "pops": 3.0, "lead-off": 0.0, "clipping": np.inf, "quantisation": 0.005,
}  # fmt: skip
"""The strongest noise that `ecgteach.simulator.noise.usual_noise` draws, in each kind's own unit; a test draws it."""

WAVES = {"p": 1.0, "f": 1.0, "qrs": 0.001}
TOLERANCE = 1e-6


def outside_training(settings: Settings, record: Record) -> tuple[str, ...]:
    """Names of what lies outside: dials, ``"qt"`` where QT no longer fits the rate, ``"rhythm"`` off the list."""
    found = []
    truth = record.truth
    assert truth is not None
    assert isinstance(truth.made, Activation)
    limits = hearts().get(truth.made.rhythm)
    rate = 60.0 / float(truth.rr.mean()) if truth.rr.size else float("nan")
    if group_of_truth(truth) is None:
        found.append("rhythm")
    elif limits is not None and not limits.low - TOLERANCE <= rate <= limits.high + TOLERANCE:
        found.append("rate")
    for name, unit in WAVES.items():
        value, setting = settings.value(name) * unit, of_people()[name]
        if name in settings.dials and value > 0 and not setting.draw_low <= value <= setting.draw_high:
            found.append(name)
    qtc = of_people()["qtc"]
    if settings.dials and not qtc.draw_low <= qtc_of(record) <= qtc.draw_high:
        found.append("qt")
    found += [name for name in settings.dials if DIALS[name].noise and _unusual(name, settings.dials[name])]
    return tuple(found)


def qt_of(record: Record) -> float:
    """Median QT of a simulated recording in seconds; NaN without T."""
    truth = record.truth
    assert truth is not None
    onsets = {wave.beat: wave.onset for wave in truth.of("QRS")}
    lengths = [wave.offset - onsets[wave.beat] for wave in truth.of("T") if wave.beat in onsets]
    return float(np.median(lengths)) if lengths else float("nan")


def qtc_of(record: Record) -> float:
    """QT brought to a rate of 60 by Fridericia's cube root of the mean RR."""
    assert record.truth is not None
    return float(qt_of(record) / np.cbrt(record.truth.rr.mean()))


def _unusual(name: str, value: float) -> bool:
    dial = DIALS[name]
    if value == dial.none:
        return False
    if dial.unit == "%":
        return bool(-20.0 * np.log10(value / 100.0) < USUAL_NOISE[name] - TOLERANCE)
    return value < USUAL_NOISE[name] if name == "clipping" else value > USUAL_NOISE[name]
