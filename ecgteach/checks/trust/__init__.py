"""Can the map of this strip be trusted?

`trust` asks each of `TRUST_TESTS` (what it asks, what its figure must reach and why, how it is measured) and gives a
`TrustReport`.
"""

from .report import Test, TrustReport
from .tests import TRUST_TESTS, JudgedMap, Limit, TrustTest
from .verdict import trust

__all__ = [
    "TRUST_TESTS", "JudgedMap", "Limit", "Test", "TrustReport", "TrustTest", "trust",
]  # fmt: skip
