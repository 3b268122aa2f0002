"""HL7 annotated ECG (aECG, XML): the rhythm of its series; what identifies the person is not taken over.

The structure is that of the HL7 aECG Implementation Guide (2005): a series holds sets of sequences, one of which is the
time, the others a lead each, with origin, scale and digits. No Python library for it is kept, so it is read here, with
defusedxml, which refuses what an XML file could do to its reader.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from .channels import Channel, leads_among
from .files import LARGEST_TEXT, content, reading, shown
from .leads import lead_of_code
from .record import Record

ROOT = "AnnotatedECG"
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


def read_aecg(path: str | Path, unit: str | None = None) -> Record:
    """The rhythm of an aECG file: of the series that are no average beat the longest set of leads.

    Parameters
    ----------
    path : path
        An ``.xml`` file of the kind AnnotatedECG.
    unit : {"mV", "uV", "V"}, optional
        Unit of leads that state none; it must not contradict those that do.

    Raises
    ------
    UnreadableFile
        When the file is missing, damaged, another kind of XML, or holds no leads.
    InvalidValue
        When a unit has to be said, or `unit` contradicts the file.
    """
    path = Path(path)
    root = _root(path)
    sets = [found for series in _rhythms(root) for found in _children(series, "component", "sequenceSet")]
    read = [_sequences(found, path) for found in sets]
    longest = max(read, key=lambda leads: max((len(values) for _, values in leads[1]), default=0), default=None)
    if longest is None or not longest[1]:
        raise UnreadableFile(f"{shown(path)} is an annotated ECG without leads; export it again with its waveforms")
    rate, found = longest
    length = len(found[0][1])
    if any(len(values) != length for _, values in found):
        raise UnreadableFile(f"{shown(path)} has leads of different lengths, so they form no signal; export it again")
    leads = leads_among([channel for channel, _ in found], unit, f"the recording {shown(path.name)}")
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.array([found[row][1] for row in leads.rows]) * leads.factors[:, None]
        signals = values.astype(np.float32)
    others = len(read) - 1
    notes = (f"{others} other set{'s' * (others > 1)} of leads left alone",) if others else ()
    return Record(
        signals,
        leads.names,
        rate,
        id=shown(path.stem),
        source="aecg",
        left_out=leads.left_out,
        notes=(*leads.notes, *notes),
    )


def _root(path: Path) -> Any:
    from defusedxml import ElementTree

    held = content(path, at_most=LARGEST_TEXT)
    with reading(path, "XML file"):
        root = ElementTree.fromstring(held, forbid_dtd=True)
    if _kind(root) != ROOT:
        raise UnreadableFile(
            f"{shown(path)} is XML of another kind ({shown(_kind(root), 40)}); of XML, HL7 annotated ECGs are read. "
            "Export it as one, or as DICOM"
        )
    return root


def _kind(element: Any) -> str:
    """An element's name without the namespace, which files write in several ways or leave out."""
    return str(element.tag).rpartition("}")[2]


def _children(element: Any, *names: str) -> list[Any]:
    """All descendants along a path of names."""
    found = [element]
    for name in names:
        found = [child for parent in found for child in parent if _kind(child) == name]
    return found


def _rhythms(root: Any) -> list[Any]:
    """Series that were recorded; derived ones (an average beat) stand inside of them."""
    return _children(root, "component", "series")


def _sequences(sequence_set: Any, path: Path) -> tuple[float, list[tuple[Channel, NDArray[np.float64]]]]:
    """Rate and leads of one set; a set without a time has none."""
    rate, leads = math.nan, []
    for sequence in _children(sequence_set, "component", "sequence"):
        code = next((child.get("code", "") for child in _children(sequence, "code")), "")
        value = next(iter(_children(sequence, "value")), None)
        if value is None:
            continue
        if code.startswith("TIME_"):
            rate = _rate(value, path)
        elif _children(value, "digits"):
            leads.append(_lead(code, value, path))
    if leads and not math.isfinite(rate):
        raise UnreadableFile(f"{shown(path)} does not state the time between samples; export it again")
    return rate, leads


def _rate(value: Any, path: Path) -> float:
    steps = _children(value, "increment")
    step = _number(steps[0].get("value"), path) if steps else math.nan
    unit = (steps[0].get("unit") or "s") if steps else "s"
    if unit not in SECONDS or not (step > 0 and math.isfinite(step)):
        raise UnreadableFile(f"{shown(path)} states no sound time between samples; export it again")
    rate = 1.0 / (step * SECONDS[unit])
    return round(rate, 6) if abs(rate - round(rate)) > 1e-6 * rate else float(round(rate))


def _lead(code: str, value: Any, path: Path) -> tuple[Channel, NDArray[np.float64]]:
    """One lead in its own unit: origin and digits times scale."""
    origins, scales = _children(value, "origin"), _children(value, "scale")
    words = "".join(_children(value, "digits")[0].itertext()).split()
    with reading(path, "annotated ECG (its digits)"), np.errstate(over="ignore", invalid="ignore"):
        digits = np.array(words, dtype=np.float64)
    scale = _number(scales[0].get("value"), path) if scales else 0.0
    origin = _number(origins[0].get("value"), path) if origins and origins[0].get("value") else 0.0
    name = lead_of_code(code) or code
    units = {part.get("unit") for part in (*scales, *origins[: bool(origin)]) if part.get("unit")}
    fault = ""
    if not scale or not math.isfinite(scale) or len(units) > 1:
        fault = "it states no one scale, so it is not calibrated in mV; export it again with its calibration"
    with np.errstate(over="ignore", invalid="ignore"):
        return Channel(name, next(iter(units), None), fault), origin + digits * scale


def _number(word: str | None, path: Path) -> float:
    """A number of an attribute; NaN where there is none."""
    if not word or len(word) > 64:
        return math.nan
    with reading(path, "annotated ECG (one of its numbers)"):
        return float(word)
