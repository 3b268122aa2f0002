"""Names of leads: however a file writes one, a record says it in one way, by the table ``leads.toml``."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from ..arguments import checked
from ..sources import SOURCES
from ..strip import lead_in_words as lead_in_words
from .files import shown

STANDARD_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
NOT_STATED = "lead not stated"
HAND_TO_HAND = "hand to hand (lead I, may be reversed)"

LONGEST_LEAD = 40
CODE = re.compile(r"(?:5\.6\.3-9-|2:)([0-9]{1,3})")
POTENTIAL = 131_328
"""MDC numbers of whole terms: 2 * 65536, and 256 more for ``MDC_ECG_ELEC_POTL_...``."""

_UNIT = re.compile(r"(?:^|[\s_,;:/\-\[({]+)(?:[mun\u03bc]v|(?:milli|micro)volts?)[\])}]?$")
_BRACKETS = re.compile(r"[\[({][^\[\](){}]*[^0-9\[\](){}][^\[\](){}]*[\])}]")
_BETWEEN = re.compile(r"[\s_\-.:/,]+")
_NUMBERED = re.compile(r"(\D*?)[ #]*[0-9]{1,3}")


@dataclass(frozen=True)
class _Table:
    by_word: Mapping[str, str]
    by_number: Mapping[int, str]
    prefixes: tuple[str, ...]
    not_stated: frozenset[str]
    no_ecg: frozenset[str]


@cache
def _table() -> _Table:
    held = tomllib.loads(resources.files(__package__).joinpath("leads.toml").read_text(encoding="utf-8"))
    by_word = dict.fromkeys(held["hand_to_hand"], HAND_TO_HAND) | {HAND_TO_HAND.casefold(): HAND_TO_HAND}
    for lead in held["lead"]:
        by_word |= dict.fromkeys((lead["name"].casefold(), *lead.get("words", ())), lead["name"])
    return _Table(
        by_word,
        {lead["number"]: lead["name"] for lead in held["lead"] if "number" in lead},
        tuple(sorted((f"{prefix} " for prefix in held["prefixes"]), key=len, reverse=True)),
        frozenset(held["not_stated"]),
        frozenset(held["no_ecg"]),
    )


def known_lead(written: str) -> str | None:
    """A lead's name in the standard, however a file writes it; None where the table knows no such name.

    >>> [known_lead(word) for word in ("LEAD II", "ECG II", "II (mV)", "DII", "'MLII'", "MDC_ECG_LEAD_AVR", "thumb")]
    ['II', 'II', 'II', 'II', 'MLII', 'aVR', None]
    """
    return _known(written[: 4 * LONGEST_LEAD])


@lru_cache(maxsize=4096)
def _known(written: str) -> str | None:
    table = _table()
    name = written.strip().strip("'\"").strip().casefold()
    if name in table.by_word:
        return table.by_word[name]
    for bare in (name, _UNIT.sub("", name)):
        for words in (bare, _BRACKETS.sub(" ", bare)):
            plain = _BETWEEN.sub(" ", words).strip()
            while True:
                if plain in table.by_word:
                    return table.by_word[plain]
                shorter = next((plain[len(prefix) :] for prefix in table.prefixes if plain.startswith(prefix)), None)
                if shorter is None and not plain.isascii():
                    bare_word = _without_word(plain)
                    shorter = bare_word if bare_word != plain else None
                if shorter is None:
                    break
                plain = shorter
            without = " ".join(word for word in plain.split() if word != "lead")
            if without in table.by_word:
                return table.by_word[without]
    return None


def _without_word(name: str) -> str:
    """A name without the word for a lead in scripts that put no blank between words."""
    words = (prefix.strip() for prefix in _table().prefixes if not prefix.strip().isascii())
    return next((name.removeprefix(word).removesuffix(word).strip() for word in words if word in name), name)


def says_nothing(written: str) -> bool:
    """Whether a channel's name leaves open which lead it is: ``"ECG"``, ``"Channel 1"``, ``"value"``."""
    name = _BETWEEN.sub(" ", _UNIT.sub("", written[: 4 * LONGEST_LEAD].strip().strip("'\"").strip().casefold())).strip()
    plain = _NUMBERED.fullmatch(name)
    words = (plain[1] if plain else name).split()
    return not words or all(word in _table().not_stated for word in words)


def is_no_ecg(written: str) -> bool:
    """Whether a channel's name says that it is something else than an ECG: a pressure, a pulse wave, an EEG."""
    words = _BETWEEN.sub(" ", written[: 4 * LONGEST_LEAD].strip().strip("'\"").casefold()).split()
    return bool(words) and not {words[0], words[0].rstrip("0123456789")}.isdisjoint(_table().no_ecg)


@checked
def standard_lead(written: str, source: str = "") -> str:
    """A lead's one name: the standard's where the table knows it, else as written, else that it is not stated.

    A name that says nothing keeps its number, so that two of them can be told apart.

    >>> standard_lead("avr"), standard_lead("ECG"), standard_lead("ECG2"), standard_lead("ECG", "challenge-2017")
    ('aVR', 'lead not stated', 'lead not stated (ECG2)', 'hand to hand (lead I, may be reversed)')
    """
    known = known_lead(written)
    if known is None and says_nothing(written) and not re.fullmatch(r"\s*lead [0-9]+\s*", written, re.IGNORECASE):
        numbered = any(sign.isdigit() for sign in written)
        known = f"{NOT_STATED} ({shown(written.strip(), LONGEST_LEAD)})" if numbered else NOT_STATED
    if known == NOT_STATED and source in SOURCES and SOURCES[source].hand_held:
        return HAND_TO_HAND
    return known or shown(written.strip(), LONGEST_LEAD)


def lead_of_code(code: str, scheme: str = "") -> str | None:
    """A lead's name by its code in SCP-ECG or MDC (``"5.6.3-9-2"``, ``"2:61"``, ``"MDC_ECG_LEAD_II"``).

    >>> lead_of_code("5.6.3-9-2"), lead_of_code("2:61"), lead_of_code("131329"), lead_of_code("MDC_ECG_LEAD_V1")
    ('II', 'III', 'I', 'V1')
    """
    code = code.strip()
    table = _table()
    if code.upper().startswith("MDC_ECG_"):
        return known_lead(code)
    found = CODE.fullmatch(code)
    if found:
        return table.by_number.get(int(found[1]) % 256)
    if scheme.upper() not in ("", "MDC") or not re.fullmatch(r"[0-9]{6}", code):
        return None
    return table.by_number.get((int(code) - POTENTIAL) % 256 if int(code) > POTENTIAL else int(code) - 131_072)


def numbered(names: Iterable[str]) -> tuple[str, ...]:
    """Names of which no two are the same, capitals aside: the second of one name gets its number.

    >>> numbered(["II", "V1", "ii", "V1", "V1"])
    ('II', 'V1', 'ii (2)', 'V1 (2)', 'V1 (3)')
    """
    taken: set[str] = set()
    given = []
    for name in names:
        count, unique = 1, name
        while unique.casefold() in taken:
            count += 1
            unique = f"{name} ({count})"
        taken.add(unique.casefold())
        given.append(unique)
    return tuple(given)
