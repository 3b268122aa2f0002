"""Which panels a CaseExplorer shows at each step, and what their notes and alt texts say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import EmptyMap
from ..explanation import Explanation, View
from ..fusion import RULES, cells_onto_image, columns_of, fuse
from ..image import strip_image
from ..plots.words import on_picture
from ..records.leads import lead_in_words
from ..strip import Strip
from ..views import FUSED, view_kind
from ..words import class_in_short, every, moments
from . import case_words
from .strips import Panel, PicturePanel
from .texts import text

PASSES = ("high-pass", "low-pass")


def strip_note(strip: Strip) -> str:
    """Lead, filter, speed and gain, as at the edge of a real strip."""
    band = " to ".join(f"{step.hz:g}" for step in strip.steps if step.kind in PASSES)
    return text(
        "case.strip_note", lead=lead_in_words(strip.lead), band=f"{band} Hz" if band else text("case.no_filter")
    )


def bare(strip: Strip, heading: str, brushes: Sequence[str]) -> Panel:
    """The strip alone."""
    alt = text("case.strip_alt", lead=lead_in_words(strip.lead), heading=heading)
    return Panel("strip", alt=alt, brushes=tuple(brushes))


def panels_of(seen: Explanation, shown: Sequence[str], heading: str, unfused: dict[str, str]) -> list[Panel]:
    """A panel for each map that may be seen; the strip under the first, the picture under the one that reads it.

    `unfused` is filled with the reason for each rule by which the maps cannot be fused.
    """
    scales = raw_scales(seen.views)
    panels = []
    for name in shown:
        if name == FUSED:
            panels.append(_fused(seen, heading, unfused))
            continue
        view, look = seen.views[name], view_kind(name)
        picture = _picture(seen.strip, view) if on_picture(view) else None
        note = case_words.place_note(seen, name) or text("case.their_map", drawn="drawn " if picture else "")
        panels.append(
            Panel(
                name,
                look.word,
                look.colour,
                look.ink,
                note,
                _alt(seen, heading, look.word, view.on_time),
                heat=view.on_time,
                picture=picture,
                brushes=(name,),
                scale=scales[name],
            )
        )
    return panels


def _fused(seen: Explanation, heading: str, unfused: dict[str, str]) -> Panel:
    look = view_kind(FUSED)
    maps = {name: view.on_time for name, view in seen.views.items()}
    sure = {name: view.prediction.probabilities[seen.target] for name, view in seen.views.items()}
    heat = {}
    for rule in RULES:
        try:
            heat[rule] = fuse(maps, rule, sure)
        except EmptyMap as problem:
            unfused[rule] = str(problem)
    if seen.fused is not None:
        heat[seen.rule] = seen.fused  # with the weights that were set
    note = text("case.fused_note", both=every(seen.views, "map").split()[0])
    if not heat or seen.fused is None:
        note = text("case.not_fused")
    note = f"{note} · {case_words.legend(tuple(seen.views))}"
    alt = text("case.not_fused") if seen.fused is None else _alt(seen, heading, look.word, seen.fused)
    return Panel(FUSED, look.word, look.colour, look.ink, note, alt, heat=heat, agreement=True)


def beside_twin(seen: Explanation, twin: Explanation, heading: str) -> list[Panel]:
    """The map of a case, and that of its twin on the twin's own strip."""
    unfused: dict[str, str] = {}
    last = FUSED if len(seen.views) > 1 else next(iter(seen.views))
    (own,) = panels_of(seen, [last], heading, unfused)
    (other,) = panels_of(twin, [last], heading, unfused)
    note = text("case.twin_note")
    other = replace(other, name="twin", note=note, agreement=False, trace=twin.strip.samples, picture=None)
    return [replace(own, note="", agreement=False, picture=None), other]


def riddle(maps: Mapping[str, NDArray[np.float32]], heading: str) -> list[Panel]:
    """Two maps of which one is of random weights, by their letters."""
    return [
        Panel(
            letter,
            text("case.map", letter=letter),
            alt=text("case.which_alt", heading=heading, letter=letter, moments=moments(on_time)),
            heat=on_time,
        )
        for letter, on_time in maps.items()
    ]


def raw_scales(views: Mapping[str, View]) -> dict[str, float]:
    """How strong each map is beside the strongest, in the logit's own unit, so that colours can be compared."""
    raw = {name: float(columns_of(view.map.values).max()) * max(view.map.raw_max, 0.0) for name, view in views.items()}
    raw = {name: value if np.isfinite(value) else 0.0 for name, value in raw.items()}
    strongest = max(raw.values())
    return {name: value / strongest if strongest > 0 else 1.0 for name, value in raw.items()}


def _picture(strip: Strip, view: View) -> PicturePanel:
    image = strip_image(strip)
    return PicturePanel(image.pixels, cells_onto_image(view.map.values, view.layer, image.geometry))


def _alt(seen: Explanation, heading: str, word: str, on_time: NDArray[np.float32]) -> str:
    where = moments(on_time)
    return text("case.map_alt", heading=heading, word=word, target=class_in_short(seen.target), moments=where)
