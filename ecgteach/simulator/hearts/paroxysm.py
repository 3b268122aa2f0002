"""Hearts in sinus rhythm with a run of another rhythm that starts, ends, or does both within the recording."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from numpy.random import Generator

from ..activation import Atrium, Beat, Heart
from ..people import Person
from .atrial import fibrillatory_cycles, nodal_intervals
from .sinus import conducted, usual_onsets
from .timing import Span, steady_onsets

TURNS = ("onset", "end", "both")
MARGIN = 2.5
"""Seconds by which a span is longer than its recording, on both sides."""

STARTS = (0.3, 0.55)
ENDS = (0.4, 0.6)
SHORT_STARTS = (0.22, 0.35)
SHORT_LASTS = (0.25, 0.4)
"""Where a run starts and ends, and how long one lasts that does both: shares of the recording."""

FIBRILLATION_RATES = (95.0, 150.0)
REENTRY_RATES = (150.0, 205.0)
VENTRICULAR_RATES = (130.0, 190.0)
LONG_PR = (0.26, 0.34)
"""PR in seconds of the early P that starts a re-entry: over the slow pathway."""

RUN_ENDS = 0.3
RECOVERED = 0.45
"""Seconds after the last beat of a run from which a P of the sinus node is conducted again."""

FIRST_COUPLING = (0.55, 0.7)
"""Distance of the beat that starts a run from the one before, as a share of RR."""

RECOVERY = (1.0, 1.7)
"""Seconds from the last beat of a run to the sinus node's next P."""


RunMaker = Callable[[Person, float, float, Generator], Heart]


def of_fibrillation(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Sinus rhythm and a run of atrial fibrillation, which an early P starts."""
    return _with_run("AFIB", "atrial fibrillation", _fibrillation, person, span, random, options)


def of_reentry(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Sinus rhythm and a run of AVNRT, which an early P with a long PR starts."""
    return _with_run("AVNRT", "supraventricular tachycardia", _reentry, person, span, random, options)


def of_ventricular(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Sinus rhythm and a run of ventricular tachycardia; the P waves go on through it as if nothing were."""
    turn, start, end = _times(options, span, random)
    onsets = usual_onsets(person, span, random)
    led = [onset + person.pr for onset in onsets if onset + person.pr < start]
    if led:
        start = led[-1] + person.rr * random.uniform(*FIRST_COUPLING)
    rr = 60.0 / random.uniform(*VENTRICULAR_RATES)
    run = [start]
    while run[-1] < end:
        run.append(run[-1] + rr * (1.0 + 0.02 * random.standard_normal()))
    beats: list[Beat] = []
    atria: list[Atrium] = []
    for onset in onsets:
        before, after = onset + person.pr <= run[0] - 0.3, onset > run[-1] + RECOVERED
        if before or after:
            atria.append(Atrium(onset, "sinus", len(beats)))
            beats.append(Beat(onset + person.pr, "narrow"))
        else:
            atria.append(Atrium(onset, "sinus", None))
    beats += [Beat(onset, "VT") for onset in run]
    over = span.end if turn == "onset" else run[-1] + RUN_ENDS
    notes: dict[str, object] = {"turn": turn, "run": (run[0], over), "run_rhythm": "VT"}
    return Heart(_kind(turn, "ventricular tachycardia"), beats, atria, notes=notes)


def _with_run(
    code: str,
    name: str,
    make: RunMaker,
    person: Person,
    span: Span,
    random: Generator,
    options: Mapping[str, object],
) -> Heart:
    """A run that an early P starts; after its end the sinus node takes its time."""
    turn, start, end = _times(options, span, random)
    before = [onset for onset in usual_onsets(person, span, random) if onset + person.pr < start]
    beats, atria = conducted(before, "sinus", person.pr)
    if beats:
        start = beats[-1].onset + person.rr * random.uniform(*FIRST_COUPLING)
    run = make(person, start, end, random)
    atria += [_owned_from(atrium, len(beats)) for atrium in run.atria]
    beats += run.beats
    over = run.beats[-1].onset + RUN_ENDS if turn != "onset" else span.end
    if turn != "onset":
        again = run.beats[-1].onset + random.uniform(*RECOVERY)
        later = usual_onsets(person, Span(again, span.end), random)
        after, waves = conducted([onset - later[0] + again for onset in later], "sinus", person.pr)
        atria += [_owned_from(atrium, len(beats)) for atrium in waves]
        beats += after
    cycles = [cycle for cycle in run.cycles if cycle.onset < over]
    notes: dict[str, object] = {"turn": turn, "run": (start, over), "run_rhythm": code}
    return Heart(_kind(turn, name), beats, atria, cycles, notes)


def _kind(turn: str, name: str) -> str:
    return f"sinus rhythm, {'run' if turn == 'both' else turn} of {name}"


def _times(options: Mapping[str, object], span: Span, random: Generator) -> tuple[str, float, float]:
    """Which turns the recording holds, and when the run is to start and to end, in seconds."""
    turn = str(options.get("turn") or TURNS[int(random.integers(len(TURNS)))])
    seconds = span.end - MARGIN
    if turn == "onset":
        return turn, seconds * random.uniform(*STARTS), span.end
    if turn == "end":
        return turn, span.start, seconds * random.uniform(*ENDS)
    start = seconds * random.uniform(*SHORT_STARTS)
    return turn, start, start + seconds * random.uniform(*SHORT_LASTS)


def _owned_from(atrium: Atrium, first: int) -> Atrium:
    """The P wave with its beat's number counted from another beat on."""
    return atrium if atrium.beat is None else atrium._replace(beat=atrium.beat + first)


def _fibrillation(person: Person, start: float, end: float, random: Generator) -> Heart:
    fast = replace(person, rate=random.uniform(*FIBRILLATION_RATES))
    early = start - 0.85 * person.pr
    atria = [Atrium(early, "premature", 0)]
    rr = nodal_intervals(fast, random)
    onset, beats = start, []
    while onset < end:
        beats.append(Beat(onset, "narrow"))
        onset += next(rr)
    cycles = fibrillatory_cycles(person, Span(early + person.p_width + 0.03, end + 1.0), random)
    return Heart("", beats, atria, cycles)


def _reentry(person: Person, start: float, end: float, random: Generator) -> Heart:
    rr = 60.0 / random.uniform(*REENTRY_RATES)
    long_pr = random.uniform(*LONG_PR)
    rp = min(person.qrs - random.uniform(0.025, 0.04), 0.068)
    beats = [Beat(onset, "narrow") for onset in steady_onsets(rr, Span(start, end), random, 0.003)]
    shift = beats[0].onset - start
    beats = [beat._replace(onset=beat.onset - shift) for beat in beats]
    atria = [Atrium(start - long_pr, "premature", 0)]
    atria += [Atrium(beat.onset + rp, "septal", number) for number, beat in enumerate(beats)]
    return Heart("", beats, atria)
