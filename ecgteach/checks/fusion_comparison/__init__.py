"""Is the fused map better than each single one? Asked of every fusion rule, with every measure.

`compare_fusion` measures the maps of many strips by all `MEASURES`, `fusion_table` holds the fused ones beside the
single ones, and `conclusion` says what two comparisons allow to say.
"""

from .comparison import FusionLine, MeasuredStrip, compare_fusion, conclusion, fusion_table, real_explanations
from .measures import MEASURES, MapsOfStrip, Measure

__all__ = [
    "MEASURES", "FusionLine", "MapsOfStrip", "Measure", "MeasuredStrip", "compare_fusion", "conclusion",
    "fusion_table", "real_explanations",
]  # fmt: skip
