"""What becomes of damaged files: thousands of them in every format, seeded, counted by outcome.

A file ends as a record, as a sentence of the project (`EcgteachError`), or the benchmark fails: with the error that got
through, and the seed that makes the file again. A record that was read must keep what a record promises.

Run ``python start.py bench fuzz``; the numbers of files and the seed are the two constants below.
"""

import io
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ecgteach.errors import EcgteachError
from ecgteach.records import read_record
from ecgteach.records.tables import read_index
from tests.record_files import (
    aecg_text,
    dicom_dataset,
    edf_bytes,
    lines_of,
    npz_bytes,
    two_leads,
    write_wfdb,
    xlsx_bytes,
)

FILES = 5_000
SEED = 20_260
SLOW_SECONDS = 2.0
SMALL = two_leads()[:, :600]
STATED = {"sampling_rate": 500, "unit": "mV"}

WORDS = (
    b"0", b"-1", b"nan", b"inf", b"1e999", b"99999999999999999999", b"%s%n", b"\0", b"\xff\xfe", b"1e-400", b"+", b"/",
    "\uff15".encode(),
    b"~", b"..", b"0x10", b"None", b" ", b"\n", b"\r", b",", b";", b'"', b"'", b"<", b"&", b"(", b")",
)  # fmt: skip
"""Words that parsers are known to stumble over."""


def flipped(content: bytearray, random: np.random.Generator) -> None:
    """One bit changed."""
    content[random.integers(len(content))] ^= 1 << int(random.integers(8))


def overwritten(content: bytearray, random: np.random.Generator) -> None:
    """A few bytes of noise."""
    first = int(random.integers(len(content)))
    length = min(int(random.integers(1, 40)), len(content) - first)
    content[first : first + length] = random.integers(0, 256, length, dtype=np.uint8).tobytes()


def blanked(content: bytearray, random: np.random.Generator) -> None:
    """A few bytes of zeros."""
    first = int(random.integers(len(content)))
    length = min(int(random.integers(1, 40)), len(content) - first)
    content[first : first + length] = bytes(length)


def shortened(content: bytearray, random: np.random.Generator) -> None:
    """A piece cut out."""
    first = int(random.integers(len(content)))
    del content[first : first + int(random.integers(1, 200))]


def doubled(content: bytearray, random: np.random.Generator) -> None:
    """A piece twice."""
    first = int(random.integers(len(content)))
    content[first:first] = content[first : first + int(random.integers(1, 200))]


def cut_off(content: bytearray, random: np.random.Generator) -> None:
    """The end is missing."""
    del content[int(random.integers(len(content))) :]


def reworded(content: bytearray, random: np.random.Generator) -> None:
    """A word that parsers stumble over, in place of what stood there or between it."""
    first, word = int(random.integers(len(content))), WORDS[random.integers(len(WORDS))]
    content[first : first + (len(word) if random.random() < 0.5 else 0)] = word


ACCIDENTS: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    flipped, overwritten, blanked, shortened, doubled, cut_off, reworded,
)  # fmt: skip


def originals(folder: Path) -> dict[str, tuple[str, bytes, int]]:
    """A sound file of each kind: its name, its content, and how many of its first bytes are worth damaging."""
    write_wfdb(folder, record="r 2 500 600 10:00:00 01/05/1991", signals=SMALL)
    header, signal = ((folder / name).read_bytes() for name in ("r.hea", "r.dat"))
    array = io.BytesIO()
    np.save(array, SMALL)
    dicom = io.BytesIO()
    dicom_dataset([{"signals": np.round(1000 * SMALL).astype("<i2")}]).save_as(dicom, enforce_file_format=True)
    times = np.arange(600) / 500
    csv = ("Name,Jo Example\nSample Rate,500 Hz\ntime,II (mV),V1 (mV)\n" + lines_of([times, *SMALL])).encode()
    german = ("Zeit;II\n" + lines_of([times, SMALL[0]], ";", ",")).encode()
    sheet = xlsx_bytes([("FileName", "Rhythm"), *((f"a{number}", "SR") for number in range(20))])
    return {
        "WFDB header": ("r.hea", header, len(header)),
        "WFDB signal": ("r.dat", signal, len(signal)),
        "CSV": ("a.csv", csv, 400),
        "CSV, German": ("b.csv", german, 400),
        "npy": ("a.npy", array.getvalue(), 200),
        "npz": ("a.npz", npz_bytes(signals=SMALL), 400),
        "DICOM": ("a.dcm", dicom.getvalue(), len(dicom.getvalue()) - 2400),
        "EDF": ("a.edf", edf_bytes(signals=list(1000 * SMALL), seconds=0.2), 800),
        "aECG": ("a.xml", aecg_text({"MDC_ECG_LEAD_II": 400 * SMALL[0]}).encode(), 900),
        "label table, xlsx": ("a.xlsx", sheet, len(sheet)),
        "label table, xlsx inside": ("b.xlsx", sheet, len(sheet)),
        "label table, csv": ("t.csv", b"FileName,Rhythm\n" + b"a,SR\n" * 50, 266),
    }


def damaged(content: bytes, first: int, random: np.random.Generator) -> bytes:
    """The content after one to three accidents, most of them where the format describes itself."""
    head, tail = bytearray(content[:first]), content[first:]
    for _ in range(int(random.integers(1, 4))):
        if head:
            ACCIDENTS[random.integers(len(ACCIDENTS))](head, random)
    return bytes(head) + tail


def damaged_inside(content: bytes, random: np.random.Generator) -> bytes:
    """A workbook that is a sound archive of damaged parts."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = int(random.integers(len(old.infolist())))
        for place, member in enumerate(old.infolist()):
            part = old.read(member)
            new.writestr(member.filename, damaged(part, len(part), random) if place == chosen else part)
    return held.getvalue()


def read(path: Path) -> str:
    """What becomes of one file: ``read``, ``refused``, or the name of a foreign error."""
    try:
        if path.suffix == ".xlsx" or path.name == "t.csv":
            read_index(path, ("FileName", "Rhythm"))
            return "read"
        said = STATED if path.suffix in (".npy", ".npz") else {"unit": "mV"} if path.name == "b.csv" else {}
        record = read_record(path.with_suffix("") if path.suffix in (".hea", ".dat") else path, **said)
    except EcgteachError as problem:
        return "refused" if str(problem).isprintable() and len(str(problem)) < 2000 else f"odd sentence: {problem!r}"
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"[:200]
    finite = record.signals[np.isfinite(record.signals)]
    sound = np.abs(finite).max(initial=0) <= 10_000 and 50 <= record.sampling_rate <= 20_000
    said = " ".join([*record.notes, *record.lead_names, *record.left_out, *record.left_out.values()])
    return "read" if sound and said.isprintable() and "Jo Example" not in said else f"odd record: {record!r}"


def main() -> None:
    """Print the table; fail with the first error that is not the project's."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    slowest: dict[str, float] = defaultdict(float)
    foreign: list[str] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        files = originals(folder)
        for number in range(FILES):
            kind = list(files)[number % len(files)]
            name, content, first = files[kind]
            random = np.random.default_rng([SEED, number])
            inside = kind.endswith("inside")
            (folder / name).write_bytes(damaged_inside(content, random) if inside else damaged(content, first, random))
            began = time.perf_counter()
            outcome = read(folder / name)
            slowest[kind] = max(slowest[kind], time.perf_counter() - began)
            (folder / name).write_bytes(content)
            known = outcome in ("read", "refused")
            counts[kind][outcome if known else "foreign"] += 1
            if not known:
                foreign.append(f"{kind}, seed [{SEED}, {number}]: {outcome}")
    print(f"{FILES:,} damaged files, seed {SEED}\n")
    print(f"{'kind':26} {'files':>6} {'read':>6} {'refused':>8} {'foreign':>8} {'slowest':>9}")
    for kind, found in counts.items():
        numbers = f"{found.total():6} {found['read']:6} {found['refused']:8} {found['foreign']:8}"
        print(f"{kind:26} {numbers} {slowest[kind]:7.2f} s")
    total = sum(counts.values(), Counter[str]())
    print(f"{'all':26} {total.total():6} {total['read']:6} {total['refused']:8} {total['foreign']:8}")
    if foreign:
        raise AssertionError("\n".join(foreign[:20]))
    if max(list(slowest.values())[1:]) > SLOW_SECONDS:
        print(f"\na file took more than {SLOW_SECONDS:g} s: look at it")


if __name__ == "__main__":
    main()
