"""Can the map of this strip be trusted? The criteria with their limits, the report, and the tests that fill it."""

from .limits import LIMITS, Limit
from .report import Test, TrustReport
from .verdict import trust

__all__ = ["LIMITS", "Limit", "Test", "TrustReport", "trust"]
