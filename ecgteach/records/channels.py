"""Which channels of a file are leads: voltages are, whatever else it recorded beside them is named and left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue, UnreadableFile, choices
from .files import shown
from .leads import NOT_STATED, is_no_ecg, known_lead, numbered, standard_lead
from .units import is_other_quantity, millivolts_in, millivolts_per


class Channel(NamedTuple):
    """What a file says of one channel.

    Parameters
    ----------
    name : str
        As written; empty where the file names none.
    unit : str, optional
        As written; None where the file states none.
    fault : str
        Why it cannot be in mV, whatever its unit; empty for nothing.
    """

    name: str
    unit: str | None
    fault: str = ""


@dataclass(frozen=True)
class Leads:
    """The channels that are leads: their places in the file, names and millivolts per unit, and what was left out."""

    rows: tuple[int, ...]
    names: tuple[str, ...]
    factors: NDArray[np.float64]
    left_out: dict[str, str]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, in a sentence each."""
        return tuple(f"the channel {name} was left out: {reason}" for name, reason in self.left_out.items())


def leads_among(channels: Sequence[Channel], unit: str | None, what: str) -> Leads:
    """Leads among a file's channels.

    A channel whose unit is a voltage is a lead, unless its name says otherwise (`leads.is_no_ecg`). Where none states a
    voltage, `unit` says it for those that state nothing or a word that nobody knows; never for a pressure.

    Parameters
    ----------
    channels : sequence of Channel
        In the file's order.
    unit : {"mV", "uV", "V"}, optional
        What the user says; it must not contradict the file.
    what : str
        The file, as messages name it.

    Raises
    ------
    InvalidValue
        When a unit has to be said, or `unit` contradicts the file.
    UnreadableFile
        When no channel is a voltage.
    """
    said = millivolts_per(unit, what) if unit is not None else None
    factors: dict[int, float] = {}
    unsaid: list[int] = []
    reasons: dict[int, str] = {}
    for row, channel in enumerate(channels):
        stated = millivolts_in(channel.unit) if channel.unit else None
        if channel.unit and is_other_quantity(channel.unit):
            reasons[row] = f"it is in {shown(channel.unit, 24)}, no voltage"
        elif is_no_ecg(channel.name) and not known_lead(channel.name):
            reasons[row] = "it is no ECG by its name"
        elif channel.fault:
            reasons[row] = channel.fault
        elif stated is not None:
            factors[row] = stated
        else:
            unsaid.append(row)
    for row, factor in factors.items():
        if said is not None and said != factor:
            raise InvalidValue(
                f"{what} is in {shown(channels[row].unit, 24)} by its own header, not in {unit}; "
                "leave unit= (--unit) out"
            )
    stated_somewhere = bool(factors)
    for row in unsaid:
        word = channels[row].unit
        if said is not None and not (word and stated_somewhere):
            factors[row] = said
        elif stated_somewhere:
            reasons[row] = f"it is in {shown(word, 24)}, no voltage" if word else "it states no unit"
        else:
            millivolts_per(word, what)
    if not factors:
        raise UnreadableFile(_nothing(channels, reasons, what))
    rows = tuple(sorted(factors))
    nameless = "lead {}" if len(channels) > 1 else NOT_STATED
    written = [channels[row].name.strip() or nameless.format(row + 1) for row in rows]
    names = numbered(standard_lead(name) for name in written)
    outside = sorted(reasons)
    called = numbered(_called(channels[row], row) for row in outside)
    left_out = dict(zip(called, (reasons[row] for row in outside), strict=True))
    return Leads(rows, names, np.array([factors[row] for row in rows]), left_out)


def _called(channel: Channel, row: int) -> str:
    return shown(channel.name.strip(), 40) or f"channel {row + 1}"


def _nothing(channels: Sequence[Channel], reasons: dict[int, str], what: str) -> str:
    """Why no channel is a lead: the one reason of a single channel, else each with its own."""
    if all(channel.fault for channel in channels):
        return f"{what}: {channels[0].fault}"
    listed = choices(f"{_called(channels[row], row)} ({reason})" for row, reason in sorted(reasons.items()))
    return f"{what} holds no lead of an ECG: {listed or 'it has no channels'}. Choose another file"
