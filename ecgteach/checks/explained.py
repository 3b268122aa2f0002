"""What every check starts from: the maps of an explanation along time, and the networks that it asks."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue
from ..explanation import FUSED, Explanation
from ..models import VIEWS, Network, expect_networks, shipped

Values = NDArray[np.float32]


def networks(models: Network | Mapping[str, Network] | None, views: Iterable[str] = VIEWS) -> Mapping[str, Network]:
    """The networks that a check runs: those given, or the shipped pair.

    Raises
    ------
    InvalidValue
        When one of the views has none.
    """
    models = shipped() if models is None else expect_networks(models)
    if missing := [view for view in views if view not in models]:
        raise InvalidValue(f"a check needs a network for each view; missing: {', '.join(missing)}")
    return models


def maps_on_time(explanation: Explanation) -> dict[str, Values]:
    """The map of each view, and the fused one where there is one, each of the shape (5000,)."""
    maps = {name: view.on_time for name, view in explanation.views.items()}
    return maps if explanation.fused is None else maps | {FUSED: explanation.fused}
