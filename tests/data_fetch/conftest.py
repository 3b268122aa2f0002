"""A small data set that is made here, a server that holds it, and a fetch with little patience."""

import hashlib
import random
import threading
from pathlib import Path

import pytest

from data_fetch import Patience, fetch
from tests.data_fetch.server import serving

QUICK = Patience(connect=1.0, read=0.3, tries=3, pause=0.01, slowest=100, workers=4)


def within(seconds, work):
    """What `work` returns or raises, if it comes to an end in time; a call that waits for ever fails the test."""
    made = []

    def record():
        try:
            made.append((work(), None))
        except BaseException as problem:
            made.append((None, problem))

    thread = threading.Thread(target=record, daemon=True)
    thread.start()
    thread.join(seconds)
    assert made, f"still waiting after {seconds} s"
    result, problem = made[0]
    if problem is not None:
        raise problem
    return result


def write_sums(folder: Path) -> None:
    """The list of checksums of a version's folder, as PhysioNet publishes it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS.txt")
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(folder).as_posix()}\n" for path in files
    ]
    (folder / "SHA256SUMS.txt").write_text("".join(lines))


@pytest.fixture
def tree(tmp_path):
    """A folder that holds ``ludb/1.0.1`` with 12 made-up recordings of four rhythms, 1,500 random bytes each."""
    folder = tmp_path / "server" / "ludb" / "1.0.1"
    (folder / "data").mkdir(parents=True)
    dice = random.Random(7)
    rows = ["ID,Sex,Age,Rhythms,Cardiac pacing"]
    for number in range(1, 13):
        rhythm = ("Sinus rhythm", "Sinus bradycardia", "Sinus tachycardia", "Atrial fibrillation")[number % 4]
        rows.append(f'{number},"F\n","51\n",{rhythm},')
        (folder / f"data/{number}.dat").write_bytes(dice.randbytes(1500))
        (folder / f"data/{number}.hea").write_bytes(dice.randbytes(200))
        (folder / f"data/{number}.ii").write_bytes(dice.randbytes(60))
    (folder / "ludb.csv").write_text("\n".join(rows) + "\n")
    (folder / "RECORDS").write_text("".join(f"data/{number}\n" for number in range(1, 13)))
    write_sums(folder)
    return tmp_path / "server"


@pytest.fixture
def mirror(tree):
    with serving(tree) as server:
        yield server


class Desk:
    """A learner's machine: fetches from the mirror into its own folder, and can look at what is there."""

    def __init__(self, mirror, root):
        self.mirror, self.root, self.heard = mirror, root, []

    def fetch(self, name="ludb", subset=None, **settings):
        settings = {"mirror": self.mirror.url, "patience": QUICK, **settings}
        return fetch(name, subset, to=self.root, progress=False, say=self.heard.append, **settings)

    @property
    def files(self):
        """Every file below the data sets' folders, by its path there."""
        found = {path.relative_to(self.root).as_posix(): path for path in self.root.rglob("*") if path.is_file()}
        return {name: path for name, path in found.items() if not name.startswith(".fetch/")}

    @property
    def recordings(self):
        """Names of the recordings whose header is there."""
        return sorted(path.stem for path in self.files.values() if path.suffix == ".hea")

    def only_verified(self):
        """Whether every file is, byte for byte, the source's, and every recording that shows itself is whole."""
        same = all((self.mirror.root / name).read_bytes() == path.read_bytes() for name, path in self.files.items())
        whole = all(
            path.with_suffix(ending).is_file()
            for path in self.files.values()
            if path.suffix == ".hea"
            for ending in (".dat", ".ii")
        )
        return same and whole

    def complete(self):
        """Whether the folder is, file by file, that of the source."""
        source = {
            path.relative_to(self.mirror.root).as_posix() for path in self.mirror.root.rglob("*") if path.is_file()
        }
        return self.only_verified() and set(self.files) == source


@pytest.fixture
def desk(mirror, tmp_path):
    return Desk(mirror, tmp_path / "desk")
