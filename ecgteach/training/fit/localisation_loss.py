"""Guided training: what has a place shall be said by the local cells, and on simulated strips by the right ones.

Two losses beside that of the answers. `localisation_loss` asks of simulated strips that cells of evidence speak louder
than irrelevant ones. `local_loss` asks of every strip that the local part alone tells apart what has a place (a P wave
or none), and that the rhythm part says no more than it must: without it the rhythm part, which sees waves too, says
nearly all, and the map explains nearly nothing.

What is evidence is the simulator's table (`simulator/evidence.csv`), a proposal by the authors. The losses touch the
local cells, whose average is part of the answer itself: a network that obeys does not only draw its map elsewhere, that
part of its answer comes from elsewhere.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def localisation_loss(scores: Tensor, targets: Tensor, places: Tensor) -> Tensor:
    """How often, and by how much, an irrelevant cell speaks louder for the true class than a cell of evidence.

    The mean of log(1 + exp(x - e)) over all pairs of an irrelevant cell's score x and an evidence cell's score e: a
    smooth form of 1 - P(map in evidence > map in X) (as in RankNet, Burges et al. 2005, doi 10.1145/1102351.1102363).

    Parameters
    ----------
    scores : Tensor, shape (n, classes, [rows,] cells)
        What `StripCNN.scores` gives; rows count alike, as in the image's map along time.
    targets : Tensor, shape (n,)
        Number of each strip's class.
    places : Tensor, shape (n, steps)
        1 where evidence lies, -1 where a map is wrong, else 0 (`simulator.places_of`); steps share the strip evenly.

    Returns
    -------
    Tensor
        A scalar; 0 where no strip has both kinds of cells.
    """
    own = scores[torch.arange(len(targets)), targets]
    if own.ndim == 3:
        own = own.mean(1)
    evidence, irrelevant = (functional.adaptive_avg_pool1d((places == sign).float(), own.shape[1]) for sign in (1, -1))
    known = (evidence.sum(1) > 0) & (irrelevant.sum(1) > 0)
    if not known.any():
        return own.new_zeros(())
    own, evidence, irrelevant = own[known], evidence[known], irrelevant[known]
    louder = functional.softplus(own[:, None, :] - own[:, :, None])  # [strip, cell of evidence, irrelevant cell]
    pairs = evidence[:, :, None] * irrelevant[:, None, :]
    return ((louder * pairs).sum((1, 2)) / pairs.sum((1, 2))).mean()


def local_loss(local: Tensor, targets: Tensor, classes: Sequence[str], kinds: Sequence[Sequence[str]]) -> Tensor:
    """Cross-entropy of the local part alone, asked only for the kind of rhythm; shape (n,).

    Parameters
    ----------
    local : Tensor, shape (n, classes)
        Local part of the logits.
    targets : Tensor, shape (n,)
        Number of each strip's class.
    classes : sequence of str
        Their names.
    kinds : sequence of sequences of str
        Classes that differ by rate alone stand together; kinds differ by what has a place. Every class stands in one.
    """
    numbers = [[classes.index(name) for name in kind] for kind in kinds]
    by_kind = torch.stack([local[:, kind].logsumexp(1) for kind in numbers], dim=1)
    kind_of = torch.tensor([next(k for k, kind in enumerate(numbers) if c in kind) for c in range(len(classes))])
    return functional.cross_entropy(by_kind, kind_of[targets], reduction="none")
