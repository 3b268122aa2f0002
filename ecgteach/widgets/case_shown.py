"""What one state of a CaseExplorer shows, as plain values, and the still picture of it."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..cases import blind
from ..explanation import Explanation
from ..plots import Picture, plot_explanation, plot_strip
from ..strip import Strip
from ..views import FUSED
from . import case_words as words
from .case_asked import Asked
from .case_reading import ANSWERS, PRACTICE, TRUTH
from .case_state import CaseState
from .texts import text

NOT_YET = "it is shown after the maps that it is made of"
ONE_IS_RANDOM = "one of the two is of random weights"


@dataclass(frozen=True)
class CaseShown:
    """What one state shows.

    Parameters
    ----------
    state : CaseState
        The state that is shown.
    heading : str
        Which case of how many.
    words : dict of str to str
        What is said, as HTML, by what it is about: ``"task"``, ``"answers"``, ``"maps"``, ``"tests"``, ``"truth"`` ...
    strip : Strip or None
        As the networks read it, without rhythm and source; None where no case fits the filters.
    seen : Explanation, optional
        The maps, equally without; None before the learner may see any.
    maps : tuple of str
        Names of the maps that may be seen.
    riddle : dict of str to array
        Two maps by letter, while the learner is asked which is real.
    twin : Explanation, optional
        Of the case with the same answer and the opposite outcome, where it is shown.
    misled : bool
        Whether a network was wrong, once the truth is out.
    number, of : int
        Which case of how many.
    """

    state: CaseState
    heading: str
    words: dict[str, str]
    strip: Strip | None
    seen: Explanation | None = None
    maps: tuple[str, ...] = ()
    riddle: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    twin: Explanation | None = None
    misled: bool = False
    number: int = 0
    of: int = 0


def still_of(shown: CaseShown, asked: Asked, strip: Strip) -> Picture:
    """The strip alone until maps may be seen, then those that may; neither words nor file name tell the rhythm.

    Parameters
    ----------
    shown : CaseShown
        What the explorer shows.
    asked : Asked
        What networks say of its cases.
    strip : Strip
        The practice case's, with rhythm and source, which stand in the figure only once the truth is out.
    """
    state, heading = shown.state, shown.heading
    if shown.strip is None:
        return plot_strip(strip, title=heading, source=False)
    if shown.riddle:
        return _still_of_riddle(shown, asked, strip)
    strip = strip if state.mode == PRACTICE else shown.strip
    if shown.seen is None:
        title = f"{heading}: {text('case.still_question')}"
        if state.reached(ANSWERS):
            title = f"{heading}: {words.answers_in_words(asked.explained(strip, state))}"
        return plot_strip(strip, title=title, source=False)
    seen = shown.seen
    if state.reached(TRUTH) and state.mode == PRACTICE:
        seen = replace(seen, strip=strip)
    if FUSED not in shown.maps and len(seen.views) > 1:
        views = {name: seen.views[name] for name in shown.maps}
        seen = replace(seen, views=views, fused=None, fused_reason=NOT_YET)
    return plot_explanation(seen)


def _still_of_riddle(shown: CaseShown, asked: Asked, strip: Strip) -> Picture:
    """Both maps by their letters, under one answer: that of random weights would tell them apart."""
    state = shown.state
    seen = asked.explained(strip, state)
    view = seen.views[state.views[0]]
    views = {
        text("case.map", letter=letter): replace(view, on_time=on_time) for letter, on_time in shown.riddle.items()
    }
    hidden = replace(seen, strip=blind(strip), views=views, fused=None, fused_reason=ONE_IS_RANDOM)
    return plot_explanation(hidden, title=f"{shown.heading}: {words.plain(shown.words['task'])}")
