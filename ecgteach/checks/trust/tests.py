"""What each test of trust asks, what its figure must reach, and why: one table.

The limits are the authors' choice. They were set on planted networks, whose evidence is known, and on no trained one.
"""

from typing import NamedTuple

import numpy as np


class Limit(NamedTuple):
    """What a test asks, and what its figure must reach: `least` to `most`, and more than its control's by `ahead`.

    Where a perfect figure is 1 and controls differ from strip to strip, `ahead` is a share of the room between the
    control and 1, and `of_room` says so.
    """

    question: str
    least: float = -np.inf
    ahead: float | None = None
    most: float = np.inf
    reason: str = ""
    of_room: bool = False

    def beyond(self, control: float | None) -> float:
        """What a figure must be above, given its control's; minus infinity where the control sets no limit."""
        if control is None or self.ahead is None:
            return -np.inf
        return control + self.ahead * (1 - control if self.of_room else 1)

    def passed(self, figure: float, control: float | None) -> bool:
        """Whether a figure is enough."""
        return self.least <= figure <= self.most and figure > self.beyond(control)


LIMITS = {
    "place": Limit(
        "Does the map lie on the evidence rather than on irrelevant segments?",
        least=0.65,
        ahead=0.3,
        of_room=True,
        reason="0.5 is chance, and one strip is too little to tell 0.6 from it: 0.65 goes three tenths of the way from "
        "chance to a perfect score. Evidence often ends where a QRS begins, so a map of the QRS alone lights it too: "
        "that control can be far above chance, and from there the same three tenths are asked for",
    ),
    "removal": Limit(
        "Does removing what the map points at change the answer more than removing as much elsewhere?",
        least=0.1,
        reason="the figure is a difference of logits with its control taken off; 0.1 moves no probability by more than "
        "0.025",
    ),
    "faithfulness": Limit(
        "Does the target fall early in deletion and rise early in insertion?",
        ahead=0.0,
        reason="the same map shifted along the strip is as clumped and as smooth, so whatever is above it is the place",
    ),
    "stability": Limit(
        "Does the map stay under a little noise, a shift and another drawing?",
        least=0.7,
        ahead=0.2,
        reason="0.7 shares half of the rank variance; a map with a bump on each beat resembles its own shifted copy, "
        "which it must leave behind",
    ),
    "class": Limit(
        "Is it a map of this class, and not the same for every class?",
        most=0.99,
        reason="classes may rightly be read at one and the same place, so only what is the very same map for all of "
        "them fails: a mean rank correlation above 0.99 with the others",
    ),
    "weights": Limit(
        "Does the map need what the network has learned?",
        most=0.3,
        reason="a network with random weights must not give the same map; 0.3 shares 9 % of the rank variance",
    ),
    "views": Limit(
        "Do both views look at the same moments?",
        least=0.3,
        ahead=0.1,
        reason="below 0.3 they share less than 9 % of the rank variance; maps with a bump on each beat agree somewhat "
        "however they are shifted",
    ),
}
"""Question, limits and reason of every test."""
