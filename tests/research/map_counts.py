"""On how many strips every class has the very same map."""

from collections.abc import Mapping, Sequence
from typing import Any

from ecgteach.checks.sanity import same_for_every_class
from ecgteach.explanation import Explanation
from ecgteach.models import VIEWS, StripCNN


def same_map_counts(
    explained: Sequence[Explanation], models: Mapping[str, StripCNN] | None = None
) -> list[dict[str, Any]]:
    """One line for each view: on how many strips with a map every class has the ``same``, and how many have no map."""
    found = [same_for_every_class(one, models) for one in explained]
    judged = {view: [one[view] for one in found if one[view] is not None] for view in VIEWS}
    return [
        {"map": view, "same": sum(map(bool, each)), "strips": len(each), "without a map": len(found) - len(each)}
        for view, each in judged.items()
    ]
