"""What every check starts from: the maps of an explanation along time, and the networks that it asks."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..explanation import FUSED, Explanation
from ..models import Network, expect_networks, shipped

Values = NDArray[np.float32]


def networks(models: Network | Mapping[str, Network] | None) -> Mapping[str, Network]:
    """The networks that strips are read by: those given, one view alone too, or the shipped pair.

    Who asks about an explanation asks the networks that made it instead (`ecgteach.explanation.networks_of`).
    """
    return shipped() if models is None else expect_networks(models)


def maps_on_time(explanation: Explanation) -> dict[str, Values]:
    """The map of each view, and the fused one where there is one, each of the shape (5000,)."""
    maps = {name: view.on_time for name, view in explanation.views.items()}
    return maps if explanation.fused is None else maps | {FUSED: explanation.fused}
