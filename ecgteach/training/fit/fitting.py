"""Training one network: balanced batches, early stop on validation, checkpoints that resume to the same result.

Everything random in an epoch comes from the seed and the epoch's number alone. So a run that was killed at any moment
goes on from its last whole epoch and ends where an undisturbed run would have ended.
"""

import copy
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ... import models
from ...errors import InvalidValue
from ...models import Network, StripCNN, inputs
from ...paths import write_whole
from ..data.augment import augment, pen_width
from ..data.simulated import SOURCE
from ..data.strips import StripSet
from ..recipes import Recipe, check_seed
from .checkpoints import Held, alone_in, at_hand, read_newest, write_checkpoint
from .localisation_loss import local_loss, localisation_loss
from .temperature import at_temperature, fit_temperature

LOG = "log.jsonl"


@dataclass(frozen=True)
class Epoch:
    """One line of a training log: losses, and accuracy on the validation part."""

    number: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    balanced_accuracy: float
    best: bool

    def __post_init__(self) -> None:
        for entry in fields(self):
            if type(value := getattr(self, entry.name)) is not entry.type:
                raise TypeError(f"an epoch's {entry.name} is {value!r}")

    def __str__(self) -> str:
        return (
            f"epoch {self.number:3d}   train loss {self.train_loss:.3f}   validation loss {self.validation_loss:.3f}   "
            f"accuracy {self.validation_accuracy:.1%}   balanced {self.balanced_accuracy:.1%}{'   best' * self.best}"
        )


Progress = Callable[[Epoch], None]


def fit(
    model: StripCNN,
    train: StripSet,
    validation: StripSet,
    *,
    recipe: Recipe,
    seed: int = 0,
    out: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    threads: int | None = None,
    say: Callable[[str], None] = print,
) -> list[Epoch]:
    """Train a network and leave it with the weights of its best epoch.

    Parameters
    ----------
    model : StripCNN
        Changed in place. Its first weights come from `seed`, so that a run can be repeated.
    train, validation : StripSet
        Strips to learn from and to judge by; they must share no recording.
    recipe : Recipe
        Length, rates and augmentation.
    seed : int
        Decides first weights, batches and augmentation.
    out : path, optional
        Folder for a checkpoint after every epoch and a log with one JSON line an epoch; no other run may be at work
        in it.
    resume : bool
        Go on from the newest whole checkpoint in `out`, where there is one.
    progress : callable, optional
        Called with each finished `Epoch`.
    threads : int, optional
        Threads for this run; the number set before is given back.
    say : callable
        Told when a damaged checkpoint is passed over for the one before.

    Returns
    -------
    list of Epoch
        The log.

    Raises
    ------
    InvalidValue
        When the two sets share a recording, one lacks a class (simulated strips do not count beside real ones), the
        recipe's shares are for other classes, the seed is below 0, or another run is at work in `out`.
    UnreadableFile
        When no checkpoint is whole, one belongs to another run or other strips, or one cannot be written.
    """
    check_seed(seed)
    _check_sets(model, train, validation)
    if recipe.shares and len(recipe.shares) != len(model.classes):
        raise InvalidValue(
            f"recipe {recipe.name} gives shares of {len(recipe.shares)} classes, the network has {len(model.classes)}; "
            "give one for each, or none for equal ones"
        )
    run = _Run(model, recipe, seed, [train.digest(), validation.digest()])
    with _threads(threads), nullcontext() if out is None else alone_in(out):
        if out is not None and resume and at_hand(out):
            read_newest(out, run.identity, run.restore, say)
            _write_log(out / LOG, run.log)
        while not run.finished:
            epoch = run.epoch(train, validation)
            if out is not None:
                write_checkpoint(out, run.held())
                _write_log(out / LOG, run.log)
            if progress:
                progress(epoch)
    model.load_state_dict(run.best_weights)
    model.eval()
    return run.log


def predict(model: Network, strips: StripSet, *, batch: int = 64) -> NDArray[np.float32]:
    """Logits of a network for every strip, shape (n, classes); the network's mode is left as it was.

    Raises
    ------
    InvalidValue
        When there is no strip.
    """
    if not len(strips):
        raise InvalidValue("there is no strip to answer for; the set is empty")
    return models.predict(
        model, (strips.millivolts(slice(first, first + batch)) for first in range(0, len(strips), batch))
    )


class _Run:
    """The state of a run between two epochs: what a checkpoint holds."""

    def __init__(self, model: StripCNN, recipe: Recipe, seed: int, strips: list[str]) -> None:
        self.model, self.recipe, self.seed, self.strips = model, recipe, seed, strips
        torch.manual_seed(_number(seed, "weights"))
        for module in model.modules():
            if isinstance(module, nn.Conv1d | nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            elif hasattr(module, "reset_parameters"):
                module.reset_parameters()  # type: ignore[operator]
        self.optimiser = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.average = AveragedModel(model, multi_avg_fn=_running_average(recipe.average), use_buffers=True)
        self.log: list[Epoch] = []
        self.best_weights: dict[str, Tensor] = copy.deepcopy(model.state_dict())

    @property
    def finished(self) -> bool:
        since_best = next((past for past, epoch in enumerate(reversed(self.log)) if epoch.best), 0)
        return len(self.log) >= self.recipe.epochs or since_best >= self.recipe.patience

    def epoch(self, train: StripSet, validation: StripSet) -> Epoch:
        number = len(self.log) + 1
        random = np.random.default_rng(_number(self.seed, f"epoch {number}"))
        torch.manual_seed(_number(self.seed, f"dropout {number}"))
        self.model.train()
        losses = []
        batches = list(_batches(train, self.recipe, random))
        for step, rows in enumerate(batches):
            self._set_rate((number - 1 + step / len(batches)) / self.recipe.epochs)
            millivolts = augment(train.millivolts(rows), self.recipe, random)
            seen = inputs(self.model.view, millivolts, pen_width(self.recipe, random))
            loss = self._loss(seen, train.rows(rows))
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            self.average.update_parameters(self.model)
            losses.append(loss.item())
        if not np.isfinite(losses).all():
            raise InvalidValue(
                f"the loss is not finite in epoch {number}, so nothing can be learnt: lower the recipe's learning_rate"
            )
        return self._judged(number, float(np.mean(losses)), validation)

    def _loss(self, seen: Tensor, strips: StripSet) -> Tensor:
        cells, rhythm = self.model.read(seen)
        logits, scores = self.model.answer(cells, rhythm), self.model.scores(cells)
        local = scores.flatten(2).mean(2)
        targets = torch.from_numpy(strips.targets)
        by_strip = functional.cross_entropy(logits, targets, reduction="none")
        if self.recipe.local:
            by_strip = by_strip + self.recipe.local * local_loss(
                local, targets, self.model.classes, self.recipe.kinds or [[name] for name in self.model.classes]
            )
        counts = torch.from_numpy(np.where(strips.sources == SOURCE, self.recipe.simulated_weight, 1.0)).float()
        loss = (by_strip * counts).sum() / counts.sum() + self.recipe.penalty * (logits - local).square().mean()
        if self.recipe.localisation:
            places = torch.from_numpy(strips.places)
            loss = loss + self.recipe.localisation * localisation_loss(scores, targets, places)
        return loss

    def held(self) -> Held:
        """What a checkpoint holds."""
        return {
            "run": self.identity,
            "model": self.model.state_dict(),
            "best": self.best_weights,
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.state_dict(),
            "log": [asdict(epoch) for epoch in self.log],
        }

    def restore(self, held: Held) -> None:
        """Go on from what a checkpoint holds; one of `checkpoints.DAMAGED` is raised where something does not fit."""
        self.model.load_state_dict(held["best"])
        self.model.load_state_dict(held["model"])
        self.optimiser.load_state_dict(held["optimiser"])
        for weights, state in self.optimiser.state.items():
            for name, value in state.items():
                if value.shape not in (weights.shape, ()):
                    raise ValueError(f"its {name} has the shape {tuple(value.shape)}")
        self.average.load_state_dict(held["average"])
        self.best_weights = held["best"]
        self.log = [Epoch(**line) for line in held["log"]]
        if not any(epoch.best for epoch in self.log):
            raise ValueError("its log names no best epoch")

    def _judged(self, number: int, train_loss: float, validation: StripSet) -> Epoch:
        """Judge the averaged weights, at the temperature that fits best, since they are calibrated when all is done.

        A class counts by the root of its strips, so that a class of ten does not choose the epoch alone.
        """
        judged = cast(StripCNN, self.average.module)
        logits, targets = predict(judged, validation), validation.targets
        _, of, strips = np.unique(targets, return_inverse=True, return_counts=True)
        weights = 1 / np.sqrt(strips[of])
        probabilities = at_temperature(logits, fit_temperature(logits, targets, weights))
        loss = float(np.average(-np.log(probabilities[np.arange(len(targets)), targets] + 1e-12), weights=weights))
        right = logits.argmax(1) == targets
        balanced = float(np.mean([right[of == one].mean() for one in range(len(strips))]))
        best = all(loss < epoch.validation_loss for epoch in self.log)
        if best:
            self.best_weights = copy.deepcopy(judged.state_dict())
        epoch = Epoch(number, train_loss, loss, float(right.mean()), balanced, best)
        self.log.append(epoch)
        return epoch

    def _set_rate(self, done: float) -> None:
        """Learning rate after a share of the run: up in the first tenth, then down along a cosine."""
        warm = 0.1
        shape = done / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * max(shape, 0.01)

    @property
    def identity(self) -> str:
        """All that must be the same where a run goes on, as JSON."""
        return json.dumps(
            [
                self.model.view,
                self.model.classes,
                repr(self.model.blocks),
                self.model.local_blocks,
                asdict(self.recipe),
                self.seed,
                self.strips,
            ]
        )


def _batches(train: StripSet, recipe: Recipe, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Rows of an epoch's batches: each class by its share, in which long recordings do not drown the rest.

    Simulated strips have a share of the whole, as many of each class as were made.
    """
    _, recording, strips_of = np.unique(train.recordings, return_inverse=True, return_counts=True)
    weight = 1.0 / np.sqrt(strips_of[recording])
    made = train.sources == SOURCE
    number = int(recipe.strips_an_epoch * recipe.simulated_share) if made.any() and not made.all() else 0
    kinds = [(np.flatnonzero(made), number)] if number else []
    classes = np.unique(train.targets)
    for one, share in zip(classes, recipe.shares or (1 / len(classes),) * len(classes), strict=True):
        rows = np.flatnonzero((train.targets == one) & ~(made & bool(number)))
        kinds.append((rows, int((recipe.strips_an_epoch - number) * share)))
    drawn = [
        random.choice(rows, wanted, replace=wanted > len(rows), p=weight[rows] / weight[rows].sum())
        for rows, wanted in kinds
    ]
    order = random.permutation(np.concatenate(drawn))
    for first in range(0, len(order) - recipe.batch + 1, recipe.batch):
        yield order[first : first + recipe.batch]


def _check_sets(model: StripCNN, train: StripSet, validation: StripSet) -> None:
    shared = set(train.recordings) & set(validation.recordings)
    if shared:
        raise InvalidValue(
            f"{len(shared)} recordings stand in the training and the validation part, such as {min(shared)}; "
            "split by recording"
        )
    for name, strips in (("training", train), ("validation", validation)):
        held = strips.real_targets
        missing = [label for number, label in enumerate(model.classes) if number not in held]
        if missing:
            raise InvalidValue(f"the {name} part holds no strip of {', '.join(missing)}, or simulated ones only")


def _write_log(path: Path, log: list[Epoch]) -> None:
    write_whole(path, "".join(json.dumps(asdict(epoch)) + "\n" for epoch in log))


def _running_average(share: float) -> Any:
    return get_ema_multi_avg_fn(share)  # type: ignore[no-untyped-call]


def _number(seed: int, purpose: str) -> int:
    return int(np.random.SeedSequence([seed, *purpose.encode()]).generate_state(1)[0])


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
