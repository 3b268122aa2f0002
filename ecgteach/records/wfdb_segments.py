"""WFDB recordings in several segments, read as one where they form one signal."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from .files import check_memory, shown
from .wfdb_files import WfdbSignals, read_signals
from .wfdb_header import NULL, Header, read_header, segment_names


def join_segments(header: Header, unit: str | None) -> WfdbSignals:
    """The segments of a recording one after the other; what a segment does not hold is missing there.

    In the fixed layout all segments hold the same leads. In the variable layout (a first segment of length 0, which
    only describes) leads come and go, and an electrode that falls off leaves a gap.

    Raises
    ------
    UnreadableFile
        When they do not form one signal: other rates, other leads, a length that is not the header's. The message names
        the segments, each of which may be read for itself.
    """
    variable = header.segments[0][1] == 0
    segments = header.segments[1:] if variable else header.segments
    total = sum(length for _, length in segments)
    names = f"It holds {segment_names(header)}: read one of them" if segment_names(header) else "It holds nothing"
    what = f"{shown(header.path)} lists several segments"
    if total == 0 or (header.length not in (None, 0) and header.length != total):
        raise UnreadableFile(f"{what}, whose lengths are together {total:,} samples and not {header.length:,}. {names}")
    check_memory(header.path, total)
    held: list[tuple[int, WfdbSignals]] = []
    first = 0
    for name, length in segments:
        if name != NULL:
            held.append((first, _segment(header, name, length, unit, what, names)))
        first += length
    if not held:
        raise UnreadableFile(f"{what}, of which none holds a signal. {names}")
    rates = {part.sampling_rate for _, part in held}
    leads = tuple(dict.fromkeys(lead for _, part in held for lead in part.lead_names))
    if len(rates) > 1 or (not variable and any(set(part.lead_names) != set(leads) for _, part in held)):
        fault = "different sampling rates" if len(rates) > 1 else "different leads"
        raise UnreadableFile(f"{what} of {fault}, so they form no one signal. {names}")
    check_memory(header.path, total * len(leads))
    return _joined(header, held, leads, total)


def _segment(header: Header, name: str, length: int, unit: str | None, what: str, names: str) -> WfdbSignals:
    stem = header.path.parent / name.rpartition("/")[2]
    if stem == header.stem or read_header(stem).segments:
        raise UnreadableFile(f"{what}, of which {shown(name, 40)} has segments itself. {names}")
    part = read_signals(stem, unit)
    if part.signals.shape[1] % length if length else True:
        raise UnreadableFile(
            f"{what}, of which {shown(name, 40)} has {part.signals.shape[1]:,} samples and not {length:,}. {names}"
        )
    return part


def _joined(header: Header, held: list[tuple[int, WfdbSignals]], leads: tuple[str, ...], total: int) -> WfdbSignals:
    per_frame = max(1, round(held[0][1].sampling_rate / header.rate))
    signals: NDArray[np.float32] = np.full((len(leads), total * per_frame), np.nan, dtype=np.float32)
    rows = {lead: row for row, lead in enumerate(leads)}
    for first, part in held:
        begin = first * per_frame
        end = begin + part.signals.shape[1]
        signals[[rows[lead] for lead in part.lead_names], begin:end] = part.signals
    notes = dict.fromkeys(note for _, part in held for note in part.notes)
    left_out = {name: reason for _, part in held for name, reason in part.left_out.items() if name not in rows}
    return replace(
        held[0][1],
        signals=signals,
        lead_names=leads,
        comments=header.comments or held[0][1].comments,
        notes=(*header.notes, f"{len(held)} segments were joined to one recording", *notes),
        left_out=left_out,
    )
