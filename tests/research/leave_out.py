"""How networks carry over to a device that they never saw: one source left out, each in turn.

For each source a network learns from the others' strips, simulated ones included, and is judged on all real strips of
the source that it never saw. The test part is not opened. A run that was stopped goes on where it was.

A strip belongs to the source that recorded it, whichever data set brought it: the 2021 challenge holds recordings of
PTB-XL and of Chapman, and these leave together with theirs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ecgteach.errors import InvalidValue
from ecgteach.models import StripCNN, load_file
from ecgteach.paths import write_whole
from ecgteach.printing import format_interval
from ecgteach.rhythms import grouping
from ecgteach.training.data.simulated import SOURCE as SIMULATED
from ecgteach.training.data.strips import StripSet
from ecgteach.training.evaluation.metrics import Figures, judge
from ecgteach.training.fit.fitting import predict
from ecgteach.training.recipes import Recipe
from ecgteach.training.runs import RunSettings, train_on

from .breakdown import sensitivity_in_words

FEWEST_STRIPS = 20
"""Real strips that a source needs to be left out: below, its figure would be chance."""


@dataclass(frozen=True)
class LeftOut:
    """One source left out.

    Parameters
    ----------
    source : str
        Who recorded the strips.
    train, validation : StripSet
        Strips of the others, to learn from.
    unseen : tuple of StripSet
        Real strips of the source, in both parts; compressed ones are no recordings and are not judged.
    missing : tuple of str
        Groups of which a part has no real strip left, so that no network can be trained.
    """

    source: str
    train: StripSet
    validation: StripSet
    unseen: tuple[StripSet, StripSet]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """Groups of which the other sources have no real strip, so that no network could be trained."""

    missing: tuple[str, ...]


def leave_out_each(train: StripSet, validation: StripSet) -> Iterator[LeftOut]:
    """Each source that has 20 real strips or more, with the strips of the others; the largest source first."""
    parts = (train, validation)
    origins = [recorded_by(strips) for strips in parts]
    real = [~strips.compressed & (origin != SIMULATED) for strips, origin in zip(parts, origins, strict=True)]
    names, counts = np.unique(np.concatenate([o[r] for o, r in zip(origins, real, strict=True)]), return_counts=True)
    for number in np.argsort(-counts, kind="stable"):
        source = str(names[number])
        if counts[number] < FEWEST_STRIPS:
            continue
        others = [strips.rows(origin != source) for strips, origin in zip(parts, origins, strict=True)]
        unseen = [strips.rows((o == source) & r) for strips, o, r in zip(parts, origins, real, strict=True)]
        yield LeftOut(source, others[0], others[1], (unseen[0], unseen[1]), _missing(*others))


def recorded_by(strips: StripSet) -> NDArray[np.str_]:
    """Source of each strip's recording under the name that the split knows it by, shape (n,)."""
    return np.array([name.partition("/")[0] for name in strips.recordings.tolist()])


def judge_unseen(model: StripCNN, left: LeftOut) -> Figures:
    """Figures of a network on the source that it never saw."""
    held = [strips for strips in left.unseen if len(strips)]
    logits = np.concatenate([predict(model, strips) for strips in held]).astype(np.float64)
    targets, recordings = (
        np.concatenate([strips.targets for strips in held]),
        np.concatenate([strips.recordings for strips in held]),
    )
    return judge(targets, softmax(logits, axis=1), model.classes, recordings)


def leave_out(
    view: str, train: StripSet, validation: StripSet, chosen: Recipe, settings: RunSettings
) -> dict[str, Figures | Missing]:
    """Train one network for each source that is left out, or go on with it, and judge it there.

    Parameters
    ----------
    view : {"signal", "image"}
        Which network.
    train, validation : StripSet
        Strips of all sources.
    chosen : Recipe
        As for a network that learns from all.
    settings : RunSettings
        Its folder gets a run each, ``VIEW-without-SOURCE``, and the figures as ``VIEW.json``.

    Returns
    -------
    dict
        By source.

    Raises
    ------
    InvalidValue
        When there are strips of one source only.
    """
    if len({*recorded_by(train)} - {SIMULATED}) < 2:
        raise InvalidValue("these strips come from one source; to leave one out takes two or more")
    out, say = settings.out, settings.say
    out.mkdir(parents=True, exist_ok=True)
    found: dict[str, Figures | Missing] = {}
    for left in leave_out_each(train, validation):
        if left.missing:
            say(f"without {left.source}: not trained, because no real strip of {', '.join(left.missing)} is left")
            found[left.source] = Missing(left.missing)
        else:
            say(f"without {left.source}: {len(left.train)} strips to learn from, {sum(map(len, left.unseen))} to judge")
            own = replace(settings, out=out / f"{view}-without-{left.source}", resume=True)
            weights = train_on(view, left.train, left.validation, chosen, own)
            found[left.source] = judge_unseen(load_file(weights, grouping().classes, view), left)
        figures = {"seed": settings.seed, "left_out": found}
        write_whole(out / f"{view}.json", json.dumps(figures, indent=1, default=asdict))
    return found


def format_table(found: Mapping[str, Figures | Missing]) -> str:
    """What each network made of the source it never saw; a group of fewer than 20 strips shows counts only."""
    return "\n".join(_lines(found))


def _missing(train: StripSet, validation: StripSet) -> tuple[str, ...]:
    classes = grouping().classes
    held = set(train.real_targets.tolist()) & set(validation.real_targets.tolist())
    return tuple(name for number, name in enumerate(classes) if number not in held)


def _lines(found: Mapping[str, Figures | Missing]) -> Iterator[str]:
    classes = grouping().classes
    head = f"{'left out':18}{'strips':>7}{'recordings':>12}{'accuracy':>10}{'interval':>18}{'balanced':>10}"
    yield head + "".join(f"{group:>12}" for group in classes)
    for source, row in found.items():
        if isinstance(row, Missing):
            yield f"{source:18}not trained: without it no real strip of {', '.join(row.missing)} is left"
            continue
        groups = "".join(f"{sensitivity_in_words(row.per_class[group]):>12}" for group in classes)
        figures = f"{row.accuracy:>10.1%}{format_interval(row.interval):>18}{row.balanced_accuracy:>10.1%}"
        yield f"{source:18}{row.n:7}{row.recordings:12}{figures}{groups}"
