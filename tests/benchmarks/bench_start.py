"""Set-ups for real, attacked: two at once, killed at each step, damaged; and what a look at a whole .venv costs.

    python start.py bench start

Each set-up loads what it needs and takes 2 GB in the temporary folder while it lasts. The Python of this machine is
asked before and after which libraries it has.
"""

import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REPEATS = 9
STEPS = ("[1/", "[2/", "[3/", "[4/", "[5/", "[6/")
MADE_HERE = shutil.ignore_patterns(".git", ".venv*", ".v[0-9][0-9][0-9]", "runs", "out", "__pycache__", ".*_cache")


class Copy:
    """A copy of the project, on which start.py has nothing to do but the set-up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=MADE_HERE)

    def begin(self) -> "subprocess.Popen[str]":
        """Begin a set-up."""
        argv = [sys._base_executable, "-u", self.folder / "start.py", "bench", "none"]  # type: ignore[attr-defined]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ends_well(self, process: "subprocess.Popen[str]") -> tuple[bool, str]:
        """Whether a set-up ended well, and what it said."""
        said, _ = process.communicate()
        return "No benchmark is named none" in said and self.whole(), said

    def whole(self) -> bool:
        """Whether what is in the copy's .venv runs, from where it lies, and nothing is left beside it."""
        code = "import sys, torch, ecgteach; print(sys.prefix, ecgteach.__file__, sep=chr(10))"
        told = subprocess.run(
            [self.folder / ".venv/bin/python", "-I", "-c", code], capture_output=True, text=True, check=False
        )
        script = subprocess.run([self.folder / ".venv/bin/jupyter", "--version"], capture_output=True, check=False)
        here = told.stdout.splitlines() == [str(self.folder / ".venv"), str(self.folder / "ecgteach/__init__.py")]
        return here and script.returncode == 0 and not self.left_over()

    def left_over(self) -> list[Path]:
        """Folders of set-ups that did not come to their end."""
        return list(self.folder.glob(".v[0-9][0-9][0-9]"))

    def at_work(self) -> int:
        """Processes that live in such a folder (Linux)."""
        found = [path for path in Path("/proc").glob("[0-9]*/cmdline") if f"{self.folder}/.v".encode() in read(path)]
        return len(found)


def read(path: Path) -> bytes:
    """What a file holds; nothing where it has gone meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def until(process: "subprocess.Popen[str]", step: str) -> None:
    """Read on until this step has begun, and let it come well into its work."""
    assert process.stdout
    said = ""
    while step not in said:
        sign = process.stdout.read(1)
        if not sign:
            raise RuntimeError(f"{step} never came: {said}")
        said += sign
    time.sleep(2 if step in ("[3/", "[5/") else 0.2)


def two_at_once(copy: Copy) -> str:
    """Two set-ups of a fresh copy."""
    ended = [copy.ends_well(process) for process in (copy.begin(), copy.begin())]
    waited = sum("Waiting for it" in said for _, said in ended)
    return f"both well: {all(well for well, _ in ended)}; waited: {waited} of 2"


def killed(copy: Copy) -> str:
    """Set-ups that are killed, one at each step, and one that is not."""
    alive = 0
    for step in STEPS:
        process = copy.begin()
        until(process, step)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        time.sleep(1)
        alive += copy.at_work()
    well, _ = copy.ends_well(copy.begin())
    return f"killed {len(STEPS)} times, processes left: {alive}; then well: {well}"


def stopped(copy: Copy) -> str:
    """Ctrl-C in the longest step, and a set-up after it."""
    process = copy.begin()
    until(process, "[3/")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    left = copy.at_work() + len(copy.left_over())
    well, _ = copy.ends_well(copy.begin())
    return f"left: {left}, a sentence: {said.endswith('The same command starts again.' + chr(10))}; then well: {well}"


def changed_under_way(copy: Copy) -> str:
    """The file that makes the folder an environment goes while torch is installed."""
    process = copy.begin()
    until(process, "[3/")
    for folder in copy.left_over():
        (folder / "pyvenv.cfg").unlink()
    said, _ = process.communicate()
    well, _ = copy.ends_well(copy.begin())
    return f"status {process.returncode}, told: {'Nothing was installed' in said}; then well: {well}"


def damaged(damage: Callable[[Path], object]) -> Callable[[Copy], str]:
    """A whole .venv, damaged, and a start after it."""

    def attack(copy: Copy) -> str:
        if not (copy.folder / ".venv").exists():
            copy.ends_well(copy.begin())
        damage(copy.folder / ".venv")
        well, said = copy.ends_well(copy.begin())
        return f"seen: {'Making .venv anew' in said}; then well: {well}"

    return attack


def a_look(copy: Copy) -> str:
    """What start.py does with a whole .venv before the command itself, over a bare Python."""
    sys.path.insert(0, str(copy.folder))
    from binder.environment.folder import Venv

    venv = Venv(copy.folder / ".venv", "Linux")
    bare, look = [], []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        subprocess.run([venv.python, "-c", "pass"], check=True)
        bare.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        state, _ = venv.state(["lab"])
        look.append(time.perf_counter() - begin)
    ratio = statistics.median(look) / statistics.median(bare)
    return f"{state.name}, {statistics.median(look):.3f} s, {ratio:.1f} x a bare Python that does nothing"


ATTACKS: dict[str, Callable[[Copy], str]] = {
    "two starts at once": two_at_once,
    "a look at a whole .venv": a_look,
    "torch's folder is gone": damaged(lambda venv: [shutil.rmtree(path) for path in venv.glob("lib/*/*/torch")]),
    "pyvenv.cfg is gone": damaged(lambda venv: (venv / "pyvenv.cfg").unlink()),
    "the stamp says null": damaged(lambda venv: (venv / "installed.json").write_text("null")),
    "kill -9 in each step": killed,
    "Ctrl-C while torch comes": stopped,
    "pyvenv.cfg goes while torch comes": changed_under_way,
}
FRESH = {"kill -9 in each step", "Ctrl-C while torch comes", "pyvenv.cfg goes while torch comes"}


def libraries() -> str:
    """What the Python of this machine has."""
    argv = [sys._base_executable, "-m", "pip", "list"]  # type: ignore[attr-defined]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def main() -> None:
    """Print the table."""
    before = libraries()
    with tempfile.TemporaryDirectory(prefix="ecgteach-start-", ignore_cleanup_errors=True) as folder:
        copy = Copy(Path(folder) / "copy of its own, mit Übung")
        for name, attack in ATTACKS.items():
            if name in FRESH:
                shutil.rmtree(copy.folder / ".venv", ignore_errors=True)
            began = time.monotonic()
            print(f"{name:35} {attack(copy)}  ({time.monotonic() - began:.0f} s)", flush=True)
            same = libraries() == before
            if not same:
                raise RuntimeError(f"{name} changed the Python of this machine")
    print(f"\nThe Python of this machine has the {len(before.splitlines()) - 2} libraries that it had.")


if __name__ == "__main__":
    main()
