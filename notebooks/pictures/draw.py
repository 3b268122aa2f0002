"""The glossary's pictures: three seconds of simulated strips on ECG paper, the term marked.

``python notebooks/pictures/draw.py`` writes them anew beside this file.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ecgteach.plots.theme import INK, style
from ecgteach.simulator import simulate

FOLDER = Path(__file__).parent
SECONDS, LOW, HIGH = 3.0, -0.5, 1.5
MM_PER_INCH = 25.4
CALM = {"muscle": 34.0, "wander": 20.0}
SHADE = "#0072B2"

RHYTHMS = {
    "sinus-rhythm": ("SR", {"rate": 75, "p": 0.14}), "sinus-bradycardia": ("SB", {"rate": 46, "p": 0.14}),
    "sinus-tachycardia": ("ST", {"rate": 125, "p": 0.14}), "sinus-arrhythmia": ("SA", {"rate": 78, "p": 0.14}),
    "atrial-fibrillation": ("AFIB", {"rate": 90, "f": 0.09}),
    "atrial-flutter": ("AFL", {"rate": 75, "ratio": 4, "f": 0.15}),
    "junctional-rhythm": ("NOD", {"rate": 50, "p_wave": "none"}),
    "premature-atrial-beat": ("SR", {"rate": 75, "p": 0.14, "pacs": 3}),
}  # fmt: skip
"""Name of the picture: rhythm and settings."""

MARKED = ("p-wave", "qrs-complex", "t-wave", "pr-interval", "rr-interval", "st-segment")
"""Pictures of one sinus strip on which the term is shaded."""


def strip(code, settings):
    """The first seed whose lead II is upright and of a usual height, from a whole beat on."""
    for seed in range(200):
        record = simulate(code, seed=seed, leads=("II",), noise=CALM, **settings)
        trace = record["II"]
        if 0.7 < trace.max() < 1.3 and trace.min() > -0.3 and _t_upright(record, trace):
            return record
    raise SystemExit(f"no seed gives a strip of {code} that can be shown")


def _t_upright(record, trace):
    waves = record.truth.of("T")
    return not waves or np.median([trace[round(500 * (t.onset + t.offset) / 2)] for t in waves[1:-1]]) > 0.1


def start_of(record, name):
    """Where the three seconds begin: before a beat, or before the beat that comes early."""
    onsets = np.array([wave.onset for wave in record.truth.of("QRS")])
    if name == "premature-atrial-beat":
        return float(onsets[int(np.argmin(np.diff(onsets)))] - 0.9)
    return float(onsets[onsets > 0.5][0] - 0.35)


def paper(record, start):
    """Axes with the strip from `start` on, exact: 25 mm a second, 10 mm a millivolt."""
    width, height = SECONDS * 25 / MM_PER_INCH, (HIGH - LOW) * 10 / MM_PER_INCH
    figure = Figure(figsize=(width, height), dpi=144)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, SECONDS), ylim=(LOW, HIGH), xticks=[], yticks=[])
    for step, strength in ((0.04, 0.35), (0.2, 0.9)):
        axes.vlines(np.arange(0, SECONDS, step), LOW, HIGH, color="#C8504A", alpha=strength * 0.5, linewidth=0.5)
    for step, strength in ((0.1, 0.35), (0.5, 0.9)):
        axes.hlines(np.arange(LOW, HIGH, step), 0, SECONDS, color="#C8504A", alpha=strength * 0.5, linewidth=0.5)
    first = round(500 * start)
    shown = record["II"][first : first + round(500 * SECONDS)]
    axes.plot(np.arange(len(shown)) / 500, shown - np.median(shown), color=INK, linewidth=1.2)
    for side in axes.spines.values():
        side.set_color("#C8504A")
    return figure, axes


def spans(record, start, name):
    """Where the term lies, in seconds from `start`."""
    truth = record.truth
    of = {kind: truth.of(kind) for kind in ("P", "QRS", "T")}
    qrs = [wave.onset for wave in of["QRS"]]
    found = {
        "p-wave": [(wave.onset, wave.offset) for wave in of["P"]],
        "qrs-complex": [(wave.onset, wave.offset) for wave in of["QRS"]],
        "t-wave": [(wave.onset, wave.offset) for wave in of["T"]],
        "pr-interval": [
            (wave.onset, min(at for at in qrs if at > wave.onset)) for wave in of["P"] if wave.onset < qrs[-1]
        ],
        "rr-interval": list(pairwise(qrs))[1:2],
        "st-segment": [(q.offset, min(t.onset for t in of["T"] if t.onset > q.onset)) for q in of["QRS"][:-1]],
    }[name]
    return [(low - start, high - start) for low, high in found]


def main():
    """Write every picture."""
    with style():
        for name, (code, settings) in RHYTHMS.items():
            record = strip(code, settings)
            paper(record, start_of(record, name))[0].savefig(FOLDER / f"{name}.png")
        record = strip(*RHYTHMS["sinus-rhythm"])
        for name in MARKED:
            start = start_of(record, name)
            figure, axes = paper(record, start)
            for low, high in spans(record, start, name):
                axes.axvspan(low, high, color=SHADE, alpha=0.3, linewidth=0)
            figure.savefig(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
