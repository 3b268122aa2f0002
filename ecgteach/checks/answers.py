"""What the two networks answer to many strips at once, each view alone and both together."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import InvalidValue, UnknownName, choices
from ..gradcam import GradCAM
from ..models import VIEWS, StripCNN, inputs

BOTH = "both"
"""The answer of the two views together: the mean of their probabilities."""

BATCH = 32


def answers(
    models: Mapping[str, StripCNN], samples: Sequence[NDArray[np.float32]], part: str | None = None
) -> dict[str, NDArray[np.float64]]:
    """Log probabilities of many strips, by view and for both together; the networks are left as they were found.

    Parameters
    ----------
    models : mapping of str to StripCNN
        The two networks.
    samples : sequence of arrays, each of the shape (5000,)
        Strips in mV, filtered for reading.
    part : str, optional
        Part of the logits that is taken for the whole.

    Returns
    -------
    dict of str to array, shape (n, classes)
        ``signal``, ``image`` and ``both``.

    Raises
    ------
    InvalidValue
        When a part is asked for, and a network does not tell what its logits are the sum of.
    UnknownName
        When there is no such part.
    """
    found = {view: _log_probabilities(models[view], view, samples, part) for view in VIEWS}
    return found | {BOTH: np.logaddexp(*found.values()) - np.log(len(VIEWS))}


def log_odds(log_probabilities: NDArray[np.float64], number: int) -> float:
    """Log probability of a class less that of its strongest rival.

    >>> round(log_odds(np.log([0.25, 0.5, 0.25]), 1), 3)
    0.693
    """
    return float(log_probabilities[number] - np.delete(log_probabilities, number).max())


def tell_parts(*models: StripCNN) -> bool:
    """Whether all these networks tell what their logits are the sum of."""
    return all(isinstance(model, StripCNN) for model in models)


def logits_of(model: StripCNN, batch: Tensor, part: str | None = None) -> Tensor:
    """Logits of a batch, or one part of them, (n, classes), in evaluation mode; raises what `answers` does."""
    with GradCAM(model), torch.no_grad():
        if not part:
            return model(batch)  # type: ignore[no-any-return]
        if not tell_parts(model):
            raise InvalidValue(f"{type(model).__name__} does not tell what its logits are the sum of; leave out part=")
        cells, rhythm = model.read(batch)
        parts = model.parts(cells, model.answer(cells, rhythm))
    if part not in parts:
        raise UnknownName(f"no part of the logits is called {part!r}; there are {choices(parts)}")
    return parts[part]


def _log_probabilities(
    model: StripCNN, view: str, samples: Sequence[NDArray[np.float32]], part: str | None
) -> NDArray[np.float64]:
    found = [np.zeros((0, len(model.classes)))]
    for first in range(0, len(samples), BATCH):
        logits = logits_of(model, inputs(view, np.stack(samples[first : first + BATCH])), part)
        found.append(torch.log_softmax(logits.double(), dim=1).numpy())
    return np.concatenate(found)
