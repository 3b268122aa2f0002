"""Fast strips made of longer recordings by playing them faster, because recordings of fast hearts are scarce.

Fibrillation is compressed as well as sinus rhythm: else narrow waves alone would give the fast group away.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from ...beats import find_beats
from ...errors import EcgteachError
from ...filters import Step
from ...records import Record
from ...rhythms import TACHYCARDIA_ABOVE, grouping, rhythm
from ...strip import SAMPLES, SECONDS, Strip
from .strips import LIMIT_MARGIN, GroupedStrip

LARGEST_COMPRESSION = 2.0
FASTEST = 190.0
FIBRILLATION = rhythm("AFIB")


def compressed_strips(records: Iterable[Record], number: int) -> Iterator[GroupedStrip]:
    """Fast strips made of longer recordings, played faster: an augmentation, not recordings of fast hearts.

    Sinus rhythm becomes the fast group, fibrillation stays what it is. P, QRS and QT shrink together with RR, which a
    real fast heart does not do; so no strip is compressed more than twofold. Target rates are drawn evenly between 103
    and 190 beats per minute.

    Parameters
    ----------
    records : iterable of Record
        Those of sinus rhythm or fibrillation alone and of 12 s or more are used, each once.
    number : int
        How many strips of each kind at most.
    """
    random = np.random.default_rng(0)
    made: Counter[str] = Counter()
    for record in records:
        label = record.rhythm
        group = grouping().group_of(label, FASTEST)
        if label is None or group is None or not (label.sinus or label == FIBRILLATION) or made[group.code] >= number:
            continue
        for strip in _compressed(record, random):
            beats = find_beats(strip)
            if beats.quality.good and beats.rate > TACHYCARDIA_ABOVE + LIMIT_MARGIN:
                made[group.code] += 1
                kept = rhythm("SINUS") if label.sinus else label
                yield replace(GroupedStrip.of(record, strip, group.code, beats.rate, kept), compressed=True)


def _compressed(record: Record, random: np.random.Generator) -> Iterator[Strip]:
    from scipy.signal import resample

    if record.seconds < 1.2 * SECONDS:
        return
    try:
        first = record.strip()
    except EcgteachError:
        return
    beats = find_beats(first)
    slowest = TACHYCARDIA_ABOVE + LIMIT_MARGIN + 1
    fastest = min(FASTEST, beats.rate * min(LARGEST_COMPRESSION, record.seconds / SECONDS))
    if not beats.quality.good or fastest <= slowest or beats.rate > slowest:
        return
    factor = random.uniform(slowest, fastest) / beats.rate
    length = int(SECONDS * factor * record.sampling_rate)
    raw = record[first.lead][:length]
    if raw.size == length and np.isfinite(raw).all():
        line = np.linspace(raw[0], raw[-1], raw.size)
        samples = resample(raw - line, SAMPLES) + np.linspace(raw[0], raw[-1], SAMPLES)
        yield replace(first, samples=samples, annotations=(), steps=(Step("compressed", factor=factor),))
