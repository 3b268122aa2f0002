"""Deletion and insertion: does the answer hang on what a map points at, more than on what it does not point at?

The strip is cut into segments of 80 ms. Deletion takes them out, those where the map is highest first; insertion
starts from a strip that is all taken out and puts the highest back first (Petsiuk et al. 2018, arXiv 1806.07421). In
the signal a segment is replaced, and by what matters: a flat piece with two steps at its ends looks like a QRS complex,
a straight line between its neighbours does not. In the picture its ink is erased, which leaves paper.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arguments import checked
from ...errors import EmptyMap, InvalidValue, UnknownName, choices
from ...explanation import FUSED, Explanation, networks_of
from ...models import Network
from ...plain import Json, as_json
from ...rhythms import FAST_RATE, RATE_BETWEEN, SLOW_RATE, grouping
from ...strip import SAMPLES
from ...views import IMAGE
from ..answers import BOTH
from .curves import DELETION, INSERTION, Curve, CurveFigures, Trial
from .fills import Pieces

CELLS = f"{IMAGE} cells"

SLOWED = "is told by its rate, which has no place. Taking out a QRS slows the heart and speaks"
CAUTIONS = {
    SLOW_RATE: f"{{target}} {SLOWED} for {{target}} whatever the map says: read no faithfulness from these curves.",
    FAST_RATE: f"{{target}} {SLOWED} against {{target}} whatever the map says: read no faithfulness from these curves.",
    RATE_BETWEEN: "{target} is told from slower and faster groups by its rate, which has no place: taking out a QRS "
    "slows the heart. These curves speak for the atrial reason (the P wave) at best.",
}
"""Why a curve is no judge, by what tells the target; the rate is judged by edits that shorten or lengthen TQ."""


@dataclass(frozen=True, repr=False, eq=False)
class Faithfulness:
    """Deletion and insertion for the maps of one explanation, each with its controls.

    Parameters
    ----------
    target : str
        The class that was followed.
    deletion, insertion : dict of str to Curve
        By map: ``"signal"`` and ``"image"``, each read by its own network, and ``"fused"``, read by both.
    left_out : dict of str to str
        Maps that have no curve, and why.
    caution : str
        Why these curves judge this target badly or not at all; empty where nothing is known against them.
    """

    target: str
    deletion: dict[str, Curve]
    insertion: dict[str, Curve]
    left_out: dict[str, str]
    caution: str

    def table(self) -> list[CurveFigures]:
        """The figures of each curve, deletion first."""
        return [curve.figures for curves in (self.deletion, self.insertion) for curve in curves.values()]

    def to_json(self) -> Json:
        """Everything as plain values."""
        return as_json(self) | {
            kind: {name: curve.to_json() for name, curve in curves.items()}
            for kind, curves in ((DELETION, self.deletion), (INSERTION, self.insertion))
        }

    def __repr__(self) -> str:
        won = sum(row.beats_all for row in self.table())
        warned = f"; {self.caution}" if self.caution else ""
        return f"Faithfulness for {self.target}: {won} of {len(self.table())} curves beat all controls{warned}"


@checked
def deletion(
    explanation: Explanation,
    models: Network | Mapping[str, Network] | None = None,
    *,
    of: str | NDArray[np.floating] = FUSED,
    reader: str | None = None,
    **settings: Any,
) -> Curve:
    """Take out what a map points at, the highest first, and follow the target; a good map's curve falls early.

    Parameters
    ----------
    explanation : Explanation
        Gives the strip, the target and the maps.
    models : mapping of str to Network, optional
        The networks that made it; needed only where these are not at hand.
    of : str or array, shape (5000,)
        Which map: ``"signal"``, ``"image"``, ``"fused"``, any other along time as an array, or ``"image cells"``: the
        image map's own cells in rows and columns, where only those that hold ink are counted and taken out.
    reader : {"signal", "image", "both"}, optional
        Whose answer is followed; by default the map's own network, and both for the fused map or any other. To hold
        maps against each other, let one reader read them all.
    **settings
        ``part``, ``fill``, ``fractions``, ``shifts``, ``blind`` and ``seed``, as `curves.Trial` takes them.

    Returns
    -------
    Curve
        With its controls.

    Raises
    ------
    EmptyMap
        When the map is flat or not finite, or the explanation holds no fused one: there is no order to follow.
    UnknownName
        When map, reader, part or fill are not in their list.
    InvalidValue
        When a network is missing, broken or does not tell its parts, or the fractions do not rise from 0 to 1.
    """
    return _one(DELETION, explanation, models, of, reader, settings)


@checked
def insertion(
    explanation: Explanation,
    models: Network | Mapping[str, Network] | None = None,
    *,
    of: str | NDArray[np.floating] = FUSED,
    reader: str | None = None,
    **settings: Any,
) -> Curve:
    """Put back what a map points at into an empty strip, the highest first; a good map's curve rises early.

    Takes, returns and raises what `deletion` does.
    """
    return _one(INSERTION, explanation, models, of, reader, settings)


@checked
def faithfulness(
    explanation: Explanation,
    models: Network | Mapping[str, Network] | None = None,
    *,
    maps: Mapping[str, NDArray[np.floating]] | None = None,
    reader: str | None = None,
    **settings: Any,
) -> Faithfulness:
    """Deletion and insertion of several maps at once, each network running once for all of them.

    Parameters
    ----------
    explanation, models, reader, **settings
        As in `deletion`.
    maps : mapping of str to array, shape (5000,), optional
        Maps along time by name, such as one for each fusion rule; by default the explanation's own.

    Returns
    -------
    Faithfulness
        A map that is flat or not finite is left out, and `Faithfulness.left_out` says why.

    Raises
    ------
    UnknownName, InvalidValue
        As `deletion`.
    """
    _check_reader(reader, (*explanation.views, BOTH))
    orders: dict[str, NDArray[np.floating]] = {}
    left_out: dict[str, str] = {}
    for name in (*explanation.views, FUSED) if maps is None else maps:
        try:
            orders[name] = _map_named(name, explanation) if maps is None else _usable(np.asarray(maps[name]), name)
        except EmptyMap as problem:
            left_out[name] = str(problem)
    trial = Trial(explanation, networks_of(explanation, models), Pieces.along_time(), **settings)
    own = _own_readers(explanation)
    wanted = [(kind, name, reader or own.get(name, BOTH)) for kind in (DELETION, INSERTION) for name in orders]
    curves = trial.curves(wanted, orders)
    found = {kind: {curve.order: curve for curve in curves if curve.kind == kind} for kind in (DELETION, INSERTION)}
    caution = CAUTIONS.get(grouping().told_by(explanation.target), "").format(target=explanation.target)
    return Faithfulness(explanation.target, found[DELETION], found[INSERTION], left_out, caution)


def _one(
    kind: str,
    explanation: Explanation,
    models: Network | Mapping[str, Network] | None,
    of: str | NDArray[np.floating],
    reader: str | None,
    settings: dict[str, Any],
) -> Curve:
    name = of if isinstance(of, str) else "map"
    values = _map_named(of, explanation) if isinstance(of, str) else _usable(np.asarray(of), "given")
    own = _own_readers(explanation).get(name, BOTH)
    _check_reader(reader, [own] if name == CELLS else (*explanation.views, BOTH))
    of_cells = name == CELLS
    pieces = Pieces.of_cells(values.shape, explanation.views[IMAGE].layer) if of_cells else Pieces.along_time()
    trial = Trial(explanation, networks_of(explanation, models), pieces, **settings)
    return trial.curves([(kind, name, reader or own)], {name: values})[0]


def _own_readers(explanation: Explanation) -> dict[str, str]:
    """Whose answer each map is followed by, unless told otherwise: its own network's."""
    return {view: view for view in explanation.views} | {CELLS: IMAGE}


def _check_reader(reader: str | None, known: Collection[str]) -> None:
    if reader not in (None, *known):
        raise UnknownName(f"no reader of this map is called {reader!r}; there are {choices(known)}")


def _map_named(name: str, explanation: Explanation) -> NDArray[np.floating]:
    if name == FUSED:
        if explanation.fused is None:
            raise EmptyMap(f"there is no fused map to follow: {explanation.fused_reason}")
        return explanation.fused
    if name == CELLS and IMAGE in explanation.views:
        cells = explanation.views[IMAGE].map.values
        return _usable(cells, f"{IMAGE} view's", cells.shape)
    if name not in explanation.views:
        there = (*explanation.views, FUSED, *([CELLS] if IMAGE in explanation.views else []))
        raise UnknownName(f"no map is called {name!r}; there are {choices(there)}")
    return _usable(explanation.views[name].on_time, f"{name} view's")


def _usable(values: NDArray[np.floating], whose: str, shape: tuple[int, ...] = (SAMPLES,)) -> NDArray[np.floating]:
    if values.shape != shape:
        raise InvalidValue(f"the {whose} map has the shape {values.shape}; a map along time has ({SAMPLES},)")
    if not np.isfinite(values).all():
        raise EmptyMap(f"the {whose} map is not finite; there is no order to follow")
    if np.ptp(values) == 0:
        raise EmptyMap(f"the {whose} map is flat; there is no order to follow. Choose another target")
    return values
