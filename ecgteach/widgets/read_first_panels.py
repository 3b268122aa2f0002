"""The panels of ReadFirst: the bare strip, and the networks' map on it once it may be seen."""

from collections.abc import Sequence

from ..explanation import Explanation
from ..records.leads import lead_in_words
from ..strip import Strip
from ..views import FUSED, view_kind
from ..words import class_in_short, moments
from .strips import Panel
from .texts import text


def panels_of(strip: Strip, seen: Explanation | None, heading: str, brushes: Sequence[str]) -> list[Panel]:
    """The strip alone; or with the fused map on it; where nothing could be fused, with each view's.

    The learner's marks stay on every panel, so that the gap between them and the map is seen.
    """
    if seen is None:
        alt = text("reading.strip_alt", heading=heading, lead=lead_in_words(strip.lead))
        return [Panel("strip", alt=alt, brushes=tuple(brushes))]
    maps = {FUSED: seen.fused} if seen.fused is not None else {name: view.on_time for name, view in seen.views.items()}
    target = class_in_short(seen.target)
    panels = []
    for name, on_time in maps.items():
        look = view_kind(name)
        alt = text("reading.map_alt", heading=heading, word=look.word, target=target, moments=moments(on_time))
        note = text("reading.its_map", target=target)
        panels.append(Panel(name, look.word, look.colour, look.ink, note, alt, heat=on_time, brushes=tuple(brushes)))
    return panels
