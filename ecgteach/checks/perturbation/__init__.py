"""What a strip loses where a map points, and whether the map stays when nothing that matters changes.

`deletion`, `insertion` and `faithfulness` follow the answer while pieces are taken out (`FILLS` stand in for them),
`remove_hottest` compares with as much elsewhere, and `stability` follows the map under noise, shifts and redrawing.
"""

from .curves import ORDERS, Curve
from .faithfulness import Faithfulness, deletion, faithfulness, insertion
from .fills import FILLS, Fill, Perturbation, Pieces
from .removal import Removal, remove_hottest
from .stability import Change, Stability, stability

__all__ = [
    "FILLS", "ORDERS", "Change", "Curve", "Faithfulness", "Fill", "Perturbation", "Pieces", "Removal", "Stability",
    "deletion", "faithfulness", "insertion", "remove_hottest", "stability",
]  # fmt: skip
