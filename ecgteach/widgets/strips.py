"""Panels on one time axis: the strip, the picture, the fused map, a crosshair in all of them, and the learner's marks.

Paper is square at every width: 25 mm a second and 10 mm a millivolt at one scale, which shrinks until all panels fit
the page's height. In the browser alone, without the kernel, work the crosshair (which reads time, millivolt and how
strong each map is), the threshold, the fusion rule (the maps of all rules are sent once) and painting.

`Strips` is a control whose value is the learner's marks: a tuple of `ecgteach.marks.Mark`. What it shows is set as a
whole with `Strips.put`; `Strips.foot` stands below the panels, as at the edge of a real strip. ``brushes`` are what can
be painted with, `Strips.brush` is the one in hand (None: none), and `Strips.stops` are the moments between which arrow
keys move, wave by wave. Names in ``settings`` say which controls of the widget hold moment, threshold, rule, weight,
scale and brush, so that the browser follows them by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue
from ..fusion import AGREEMENT_THRESHOLD, DEFAULT_RULE, RULES, agreement_kinds
from ..marks import Mark, merged
from ..plots import theme
from ..strip import SAMPLES, SECONDS, Strip
from .controls import Control, Node
from .texts import part, text

SEGMENTS = 500
"""Values of a map along time that the page gets: one for each 20 ms."""

WEIGHTED = "confidence"
"""The rule in which each view has a weight, which a learner can set."""

LEAD_IN_SECONDS = 0.6
LEAST_LOW, LEAST_HIGH = -1.0, 1.5
LOWEST, HIGHEST = -2.0, 2.0
"""Amplitudes in mV: a panel is as high as its strip needs, and no higher than the picture that the network reads."""

HALF = 0.5
MARGIN = 0.15
HEAT_ROWS, HEAT_COLUMNS = 32, 512


@dataclass(frozen=True)
class Brush:
    r"""What can be painted with.

    Parameters
    ----------
    name : str
        In marks and files.
    word : str
        For learners.
    colour : str
        ``"#RRGGBB"``; by default that of the learner's own marks.
    hatch : str
        So that brushes are told apart without colour: one of ``/ \ x - .`` or none.
    """

    name: str
    word: str
    colour: str = theme.MARKS
    hatch: str = ""


@dataclass(frozen=True, eq=False)
class PicturePanel:
    """The drawn strip that a network reads, and its map on it.

    Parameters
    ----------
    pixels : array, shape (128, 1024)
        0 paper to 1 ink.
    heat : array, shape (128, 1024), optional
        Map on the pixels, 0 to 1.
    span : tuple of float
        The lowest and highest millivolt that it holds.
    """

    pixels: NDArray[np.float32]
    heat: NDArray[np.float32] | None = None
    span: tuple[float, float] = (LOWEST, HIGHEST)


@dataclass(frozen=True, eq=False)
class Panel:
    """One panel.

    Parameters
    ----------
    name : str
        A view's name, or any other.
    word : str
        On its chip, in `colour` with letters in `ink`; empty for no chip.
    note : str
        Beside it, as HTML.
    alt : str
        What a reader hears who cannot see it.
    heat : array, shape (5000,), or mapping of str to array, optional
        A map along time, 0 to 1; or one for each fusion rule.
    picture : PicturePanel, optional
        Shown instead of the trace.
    agreement : bool
        With a band along the lower edge that says who looked when.
    brushes : tuple of str
        Names of the brushes whose marks are seen in it.
    scale : float
        How strong the map is beside the strongest of all panels, 0 to 1: its colours follow, as long as not each map is
        shown to its own maximum.
    trace : array, shape (5000,), optional
        Another strip's, in mV, where the panel shows one.
    """

    name: str
    word: str = ""
    colour: str = theme.QUIET_INK
    ink: str = "#FFFFFF"
    note: str = ""
    alt: str = field(default_factory=lambda: text("strips.strip_alt"))
    heat: NDArray[np.float32] | Mapping[str, NDArray[np.float32]] | None = None
    picture: PicturePanel | None = None
    agreement: bool = False
    brushes: tuple[str, ...] = ()
    scale: float = 1.0
    trace: NDArray[np.float32] | None = None


class Strips(Control):
    """The panels; their value is what the learner has marked.

    Parameters
    ----------
    name : str
        By which tests and the browser find it.
    brushes : sequence of Brush
        What can be painted with.
    settings : mapping of str to str
        Names of the controls that hold ``"moment"``, ``"threshold"``, ``"rule"``, ``"weight"`` (of the first view, in
        percent), ``"own_scale"`` and ``"brush"``, those that there are.
    """

    kind = "strips"

    def __init__(
        self,
        name: str = "strips",
        *,
        brushes: Sequence[Brush] = (),
        settings: Mapping[str, str] | None = None,
        label: str = "",
    ) -> None:
        super().__init__(name, label or text("strips.label"), ())
        self.brushes = tuple(brushes)
        self.brush: str | None = None
        self.moment = 0.0
        self.threshold = AGREEMENT_THRESHOLD
        self.rule = DEFAULT_RULE
        self.weight: float | None = None
        self.own_scale = False
        self.unfused: dict[str, str] = {}
        self.stops: tuple[float, ...] = ()
        self.views: tuple[str, ...] = ()
        self.panels: tuple[Panel, ...] = ()
        self.strip: Strip | None = None
        self.foot = ""
        self._named = dict(settings or {})
        self._arrays: dict[str, bytes] = {}
        self._keys: dict[str, Any] = {}

    def checked(self, value: Any) -> tuple[Mark, ...]:
        """Marks, sorted and merged; refused where a brush is none of ours."""
        if isinstance(value, str | Mapping) or not hasattr(value, "__iter__"):
            raise InvalidValue(text("fault.marks"))
        marks = merged(Mark.of(one) for one in value)
        known = {brush.name for brush in self.brushes}
        if strange := [mark.brush for mark in marks if mark.brush not in known]:
            raise InvalidValue(f"{text('fault.marks')} ({strange[0]!r})")
        return marks

    def put(self, strip: Strip, panels: Sequence[Panel], views: Sequence[str] = ()) -> None:
        """Show a strip in these panels; `views` are those whose agreement a panel shows."""
        self.strip, self.panels, self.views = strip, tuple(panels), tuple(views)
        self._arrays, self._keys = {}, {}
        self._keys["trace"] = self._held(strip.samples.astype("<f4").tobytes())
        for panel in self.panels:
            self._keys[panel.name] = self._of_panel(panel)

    def arrays(self) -> dict[str, bytes]:
        """Trace, maps and pictures by the key under which the node names them."""
        return dict(self._arrays)

    def node(self) -> Node:
        """How the browser shows it."""
        low, high = amplitudes(self.strip)
        return {
            **super().node(),
            "value": [{"brush": mark.brush, "start": mark.start, "end": mark.end} for mark in self.value],
            "start": -LEAD_IN_SECONDS,
            "end": SECONDS,
            "low": low,
            "high": high,
            "palette": list(theme.IMPORTANCE),
            "look": {
                "paper": theme.PAPER,
                "fine_line": theme.FINE_LINE,
                "strong_line": theme.STRONG_LINE,
                "ink": theme.INK,
                "quiet_ink": theme.QUIET_INK,
            },
            "trace": self._keys.get("trace"),
            "panels": [self._node_of(panel) for panel in self.panels],
            "agreement": self._agreement(),
            "moment": self.moment,
            "threshold": self.threshold,
            "rule": self.rule,
            "weight": self.weight,
            "weighted": WEIGHTED,
            "own_scale": self.own_scale,
            "rule_words": {name: rule.words for name, rule in RULES.items()},
            "unfused": self.unfused,
            "brush": self.brush,
            "brushes": [
                {"name": one.name, "word": one.word, "colour": one.colour, "hatch": one.hatch} for one in self.brushes
            ],
            "foot": self.foot,
            "locked": self.disabled or not self.brushes,
            "stops": list(self.stops),
            "settings": self._named,
            "texts": part("strips"),
            "keys_hint": text("strips.hint") if self.brush else None,
        }

    def _held(self, content: bytes) -> str:
        """The key of an array; the same content has the same key."""
        key = blake2b(content, digest_size=8).hexdigest()
        self._arrays[key] = content
        return key

    def _of_panel(self, panel: Panel) -> dict[str, Any]:
        keys: dict[str, Any] = {}
        if panel.trace is not None:
            keys["trace"] = self._held(panel.trace.astype("<f4").tobytes())
        if isinstance(panel.heat, Mapping):
            keys["rules"] = {rule: self._held(along_time(values)) for rule, values in panel.heat.items()}
        elif panel.heat is not None:
            keys["heat"] = self._held(along_time(panel.heat))
        if panel.picture is not None:
            keys["image"] = {
                "ink": self._held(_levels(panel.picture.pixels)),
                "columns": panel.picture.pixels.shape[1],
                "heat": None if panel.picture.heat is None else self._held(_levels(_coarse(panel.picture.heat))),
                "heat_columns": HEAT_COLUMNS,
                "span": list(panel.picture.span),
            }
        return keys

    def _node_of(self, panel: Panel) -> Node:
        told = ("name", "word", "colour", "ink", "note", "alt", "agreement", "scale")
        named = {name: getattr(panel, name) for name in told}
        return {**named, "brushes": list(panel.brushes), **self._keys[panel.name]}

    def _agreement(self) -> Node | None:
        if not any(panel.agreement for panel in self.panels):
            return None
        kinds = [(kind, theme.agreement_style(kind)) for kind in agreement_kinds(self.views)]
        return {
            "of": list(self.views),
            "kinds": [
                {"kind": kind, "words": look.words, "colour": look.colour, "hatch": look.hatch} for kind, look in kinds
            ],
        }


def amplitudes(strip: Strip | None) -> tuple[float, float]:
    """Lowest and highest millivolt of a panel: what the strip needs, in steps of half a millivolt, so that paper fits.

    >>> amplitudes(None)
    (-1.0, 1.5)
    """
    if strip is None:
        return LEAST_LOW, LEAST_HIGH
    low = HALF * np.floor((float(strip.samples.min()) - MARGIN) / HALF)
    high = HALF * np.ceil((float(strip.samples.max()) + MARGIN) / HALF)
    return float(np.clip(low, LOWEST, LEAST_LOW)), float(np.clip(high, LEAST_HIGH, HIGHEST))


def along_time(values: NDArray[np.float32]) -> bytes:
    """A map along time, shape (5000,), as 500 bytes, one for each 20 ms."""
    return _levels(np.asarray(values, dtype=np.float32).reshape(SEGMENTS, SAMPLES // SEGMENTS).mean(axis=1))


def _coarse(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = (size // step for size, step in zip(heat.shape, (HEAT_ROWS, HEAT_COLUMNS), strict=True))
    return np.asarray(heat.reshape(HEAT_ROWS, rows, HEAT_COLUMNS, columns).mean(axis=(1, 3)), dtype=np.float32)


def _levels(values: NDArray[np.float32]) -> bytes:
    return np.ascontiguousarray(np.rint(np.asarray(values) * 255).astype(np.uint8)).tobytes()
