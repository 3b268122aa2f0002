"""One visual language for figures, widgets and pages: colours, type, the importance map, the hatches of agreement.

The views' own colours stand in `ecgteach.views`. Importance runs through one map from the colour of the paper to dark
red, in even steps of lightness, so that it also reads in grey and "nothing here" looks like nothing.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import matplotlib
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex

from ..arguments import checked
from ..errors import InvalidValue
from ..views import FUSED_KIND, view_kind

MARKS = "#CC79A7"
"""Colour of the learner's own marks."""

INK = "#1A1A1A"
QUIET_INK = "#4D4D4D"
PAPER = "#FFFBF8"
FINE_LINE, STRONG_LINE = "#C8504A2B", "#C8504A60"
"""Lines of the paper, see-through, so that they run on over what is marked on it."""

TYPE, TITLE_TYPE = 13.5, 17.0
"""Points. A figure of 282 mm is shown at four fifths of its size beside JupyterLab's file list: 11 pt are left."""

HATCH_REPEAT = 2
NEITHER, SEVERAL, ONLY = "neither", "several", " only"

IMPORTANCE = ("#FFFBF8", "#FFDDC9", "#FEC0A2", "#F7A380", "#EF8563", "#E2664F", "#D34643", "#BD263E", "#A1043C")
"""Anchors of the importance map, equally spaced: lightness falls by eight CIELAB units from each to the next."""


@dataclass(frozen=True)
class AgreementStyle:
    """How one class of agreement is shown: in words, in a colour, and by a hatch."""

    words: str
    colour: str
    hatch: str


def agreement_style(kind: str) -> AgreementStyle:
    """How one class of agreement, such as those of `ecgteach.fusion.agreement_kinds`, is shown."""
    if kind == NEITHER:
        return AgreementStyle(NEITHER, "#EFEFEF", "")
    if kind == SEVERAL:
        return AgreementStyle(SEVERAL, "#7A7A7A", ".")
    view = kind.removesuffix(ONLY)
    look = FUSED_KIND if view == kind else view_kind(view)
    return AgreementStyle(kind if view == kind else look.word + ONLY, look.colour, look.hatch)


def in_legend(kinds: Sequence[str]) -> list[str]:
    """Classes of agreement as a legend lists them: who looked together first, nobody last."""
    neither, *single, together = kinds
    return [together, *single, neither]


_STYLE = {
    **{
        name: value
        for name, value in matplotlib.rcParamsDefault.items()
        if not name.startswith(("backend", "interactive", "toolbar", "webagg", "tk.", "timezone", "date.epoch"))
    },
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same letters on every machine
    "font.size": TYPE,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.color": "#FFFFFF",
    "hatch.linewidth": 1.2,
    "svg.hashsalt": "ecgteach",
}


def style() -> AbstractContextManager[None]:
    """Our settings of matplotlib for the length of a ``with`` block; the reader's own come back after it."""
    return matplotlib.rc_context(_STYLE)


@checked
def importance_map() -> Colormap:
    """The colour map of importance, from 0 (the paper's colour) to 1 (dark red).

    >>> from matplotlib.colors import to_hex
    >>> to_hex(importance_map()(0.0)) == PAPER.lower()
    True
    """
    return _IMPORTANCE_MAP.copy()


@checked
def importance_palette(steps: int = 256) -> list[str]:
    """The importance map as a list of colours ``"#rrggbb"``, for libraries that take a palette, such as bokeh.

    Parameters
    ----------
    steps : int
        How many, 2 or more.

    Raises
    ------
    InvalidValue
        When there are fewer than two.

    >>> importance_palette(2)
    ['#fffbf8', '#a1043c']
    """
    if steps < 2:
        raise InvalidValue(f"a palette of importance has two colours or more, not {steps}")
    return [to_hex(_IMPORTANCE_MAP(step / (steps - 1))) for step in range(steps)]


_IMPORTANCE_MAP = LinearSegmentedColormap.from_list("ecgteach importance", IMPORTANCE, N=1024)
