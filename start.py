"""The course in one command, every test in another.

    python start.py [--no-browser] [--port N]   open the course in JupyterLab
    python start.py test [pytest arguments]     run every test, the notebooks included
    python start.py bench [names]               run the benchmarks, or those named

The first run makes the folder .venv beside this file and installs into it what the command needs; later runs start in
seconds. Needs Python 3.11 or later and, for the first run, a network and 3 GB of disk.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (an older Python reads as far as here: a sentence beats its traceback)
    sys.exit(
        "start.py needs Python 3.11 or later, and this is Python {}.{}. Install a newer one from "
        "https://www.python.org/downloads/ and run start.py with it.".format(*sys.version_info[:2])
    )

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
TORCH = "binder/requirements.txt"
EXTRAS = {"course": ["lab"], "test": ["lab", "test"], "bench": ["lab", "test", "bench"]}
STAMP, MARK, LOG = "installed.json", "unfinished", "setup.log"
DISK = 3e9


@dataclass(frozen=True)
class Cause:
    """Why an installation fails: what the installer writes, what it means, and the way out.

    `resumes` is true where nothing half made is left, so that the next run can go on with what is there.
    """

    pattern: str
    meaning: str
    way_out: str
    resumes: bool = False


CAUSES = [
    Cause(
        r"No space left|Errno 28|os error 28|os error 112|not enough space|[Dd]isk quota",
        "the disk is full",
        "Free 3 GB and run the same command again.",
    ),
    Cause(
        r"ensurepip is not available|No module named '?(venv|ensurepip)",
        "this Python cannot make a folder for libraries, since its venv module is missing",
        "On Debian and Ubuntu run: sudo apt install python3-venv. Then run the same command again.",
    ),
    Cause(
        r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer",
        "the network's certificate is not trusted, as happens behind the proxy of a hospital or company",
        "Ask there for the certificate file, set PIP_CERT and SSL_CERT_FILE to its path, run the same command again.",
        resumes=True,
    ),
    Cause(
        r"Long Path|WinError 206|path is too long",
        "the path of this folder is too long for Windows",
        r"Move the folder to a short path such as C:\ecgteach and run the same command again.",
    ),
    Cause(
        r"Permission denied|Access is denied|WinError (5|32)\b",
        "a file in .venv cannot be written: another program has it open, or it belongs to another user",
        "Close JupyterLab and whatever else uses this folder, and run the same command again.",
    ),
    Cause(
        r"Visual C\+\+ .*required|unable to execute '|\b(gcc|cc|clang|cl)(\.exe)?'?: (command )?not found|"
        r"command '\S*(gcc|cc|clang|cl\.exe)' failed|Failed building wheel|Failed to build",
        "a library has no ready-made file for this Python, and building it needs a compiler",
        "Python 3.11 to 3.14 have ready-made files: delete the folder .venv and run start.py with one of these.",
    ),
    Cause(
        r"name resolution|getaddrinfo|dns error|NewConnectionError|Network is unreachable|Connection (refused|reset)|"
        r"timed out|error sending request|ProxyError|Failed to fetch|Could not connect|Max retries exceeded",
        "no network, or the package index cannot be reached",
        "Look at the connection (and at the proxy, where there is one), and run the same command again.",
        resumes=True,
    ),
    Cause(
        r"No matching distribution found|No solution found|not a supported wheel",
        "a library does not exist for this Python or this machine",
        "Python 3.11 to 3.14 are served, on Linux, on Windows and on Macs with Apple silicon (macOS 14 or later): "
        "delete the folder .venv and run start.py with one of these.",
        resumes=True,
    ),
]
"""In this order: the first that fits is told, and "no network" also looks like "no such library"."""


class SetupError(Exception):
    """Something that the person at the keyboard can mend; the message says what and how."""


def main(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit status."""
    command, *rest = arguments if arguments and arguments[0] in ("test", "bench") else ["course", *arguments]
    options = course_options(rest) if command == "course" else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if not (ROOT / FIRST_NOTEBOOK).is_file():
            raise SetupError(f"{FIRST_NOTEBOOK} is missing: get the whole project again (clone or unzip).")
        venv = Venv(ROOT / ".venv", platform.system())
        venv.prepare(EXTRAS[command])
        settings = with_settings(os.environ, venv.system, processors())
        if options:
            return open_course(venv, settings, options)
        settings.setdefault("MPLBACKEND", "Agg")
        if command == "test":
            return run_tests(venv, settings, rest)
        return follow([venv.python, "-m", "tests.benchmarks", *rest], settings)
    except SetupError as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command starts again.", file=sys.stderr)
        return 130


def course_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the options of the course, or leave with a sentence that names the choices (exit status 2)."""

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            choices = "no word at all (opens the course), test, bench; and the options --no-browser, --port N, --help"
            self.exit(2, f"start.py: {message}. It knows: {choices}.\n")

    parser = Parser(
        prog="start.py",
        usage=argparse.SUPPRESS,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only print the address")
    parser.add_argument("--port", type=int, metavar="N", help="port of JupyterLab (else the first free one from 8888)")
    return parser.parse_args(arguments)


@dataclass(frozen=True)
class Step:
    """One command of the set-up, what it brings, and what to run where it fails."""

    title: str
    argv: list[str]
    otherwise: list[str] | None = None
    required: bool = True


@dataclass(frozen=True)
class Venv:
    """The folder .venv: what is in it, and how it gets there.

    A stamp says what was installed, so that a later run has nothing to do. A mark stands there while an installation
    is under way, so that one that was cut off starts afresh. A log keeps what the installers wrote.
    """

    folder: Path
    system: str

    @property
    def python(self) -> str:
        """The interpreter in there."""
        return str(self.folder / ("Scripts/python.exe" if self.system == "Windows" else "bin/python"))

    def plan(self, extras: Sequence[str], fresh: bool) -> list[Step]:
        """Commands that fill the folder, in order. Linux: tried; macOS and Windows: not tried.

        Torch goes by pip, for which an index that cannot be reached is a warning; uv stops there. Once the build
        without GPU is in, uv keeps it, and it is several times faster with the rest.
        """
        pip = [self.python, "-m", "pip", "install", "--retries", "1"]
        project = ["--editable", f".[{','.join(extras)}]"]
        uv = [self.python, "-m", "uv", "pip", "install", "--python", self.python]
        see = "import torch, bokeh, jupyterlab, ecgteach"
        steps = [
            Step("torch, the build without GPU", [*pip, "--no-deps", "--requirement", TORCH]),
            Step("uv, the faster installer", [*pip, "uv"], required=False),
            Step("the course and what it needs", [*uv, *project], otherwise=[*pip, *project]),
            Step("a first import, to see that it works", [self.python, "-c", see]),
        ]
        if fresh:
            steps.insert(0, Step("a folder for libraries, .venv", [sys.executable, "-m", "venv", str(self.folder)]))
        return steps

    def prepare(self, extras: Sequence[str]) -> None:
        """Install what these extras of the project need, unless it is there already."""
        began = time.monotonic()
        version = None if (self.folder / MARK).exists() else self.version()
        known, installed = self.installed()
        if version and installed == self.fingerprint(version) and set(extras) <= set(known):
            return
        if version:
            print("Bringing .venv up to date.")
        else:
            print("Setting up .venv. This happens once and takes a few minutes.")
            self.clear()
        wanted = list(dict.fromkeys([*extras, *known]))
        steps = self.plan(wanted, fresh=not version)
        (self.folder / MARK).touch()
        (self.folder / STAMP).unlink(missing_ok=True)
        for number, step in enumerate(steps, 1):
            self.carry_out(step, f"[{number}/{len(steps)}] {step.title} ...")
        (self.folder / STAMP).write_text(json.dumps([wanted, self.fingerprint(self.version())]), encoding="utf-8")
        (self.folder / MARK).unlink()
        print(f"Ready after {time.monotonic() - began:.0f} s.\n", flush=True)

    def version(self) -> str | None:
        """Version of the Python in there; none where it does not run, is too old or has no pip."""
        ask = (
            "import importlib.util as u, platform, sys;"
            "print(platform.python_version() if sys.version_info >= (3, 11) and u.find_spec('pip') else '')"
        )
        try:
            answer = subprocess.run([self.python, "-c", ask], capture_output=True, text=True, check=False)
        except OSError:
            return None
        return answer.stdout.strip() or None

    def installed(self) -> tuple[list[str], dict[str, str | None]]:
        """Extras that are installed and their fingerprint, as the stamp says; empty where no stamp can be read."""
        try:
            extras, fingerprint = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return [], {}
        return extras, fingerprint

    def fingerprint(self, version: str | None) -> dict[str, str | None]:
        """What an installation depends on: a change in any of these asks for a new one."""
        project = self.folder.parent
        sources = b"".join((project / name).read_bytes() for name in ("pyproject.toml", TORCH))
        return {"python": version, "project": str(project), "sources": hashlib.sha256(sources).hexdigest()}

    def clear(self) -> None:
        """Make the folder anew and empty, where the disk has room for what comes."""
        free = shutil.disk_usage(self.folder.parent).free
        if free < DISK:
            raise SetupError(
                f"The disk has {free / 1e9:.1f} GB left and the course needs {DISK / 1e9:.0f}: free some first."
            )
        try:
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self.folder.mkdir()
        except OSError as error:
            raise SetupError(f"The folder {self.folder} cannot be made anew ({error}). Delete it by hand.") from error

    def carry_out(self, step: Step, line: str) -> None:
        """Run one step, show how long it takes, and say what to do where it fails."""
        began = time.monotonic()
        code, output = self.run(step.argv, line)
        if code and step.otherwise:
            print(" did not work with uv; the same by pip, which takes longer:")
            code, output = self.run(step.otherwise, line)
        seconds = f"{time.monotonic() - began:.0f} s"
        if code == 0:
            print(f" {seconds}", flush=True)
        elif not step.required:
            print(" not to be had; going on without", flush=True)
        else:
            print(f" failed after {seconds}", flush=True)
            cause = cause_of(output)
            if cause and cause.resumes:
                (self.folder / MARK).unlink()
            raise SetupError(failure(output, cause, self.folder / LOG))

    def run(self, argv: list[str], line: str) -> tuple[int, str]:
        """Run one command into the log, with the seconds counted on a terminal; its exit status and what it wrote."""
        print(line, end="", flush=True)
        began = time.monotonic()
        with (self.folder / LOG).open("a+b") as log:
            start = log.seek(0, os.SEEK_END)
            with ended_with_us(subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)) as process:
                while process.poll() is None:
                    time.sleep(0.1)
                    if sys.stdout.isatty():
                        print(f"\r{line} {time.monotonic() - began:.0f} s", end="", flush=True)
            if sys.stdout.isatty():
                print(f"\r{line}", end="", flush=True)
            log.seek(start)
            return process.returncode, log.read().decode(errors="replace")


def cause_of(output: str) -> Cause | None:
    """The first known cause that fits what an installer wrote."""
    return next((cause for cause in CAUSES if re.search(cause.pattern, output)), None)


def failure(output: str, cause: Cause | None, log: Path) -> str:
    """What a person needs who has just seen a step fail: the last lines, the cause in words, the way out."""
    tail = "\n".join(f"    {line}" for line in output.splitlines()[-20:])
    told = (
        f"What happened: {cause.meaning}.\nWhat to do:    {cause.way_out}"
        if cause
        else "What happened: start.py does not know this one; the lines above may say.\n"
        "What to do:    Run the same command again. If it fails again, ask, and show the whole log."
    )
    return f"{tail}\n\n{told}\nThe whole log: {log}"


@contextmanager
def ended_with_us(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Leave no process behind: wait for it, and end it first where this program is asked to end."""
    try:
        yield process
    except BaseException:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    finally:
        process.wait()


def follow(argv: list[str], settings: Mapping[str, str]) -> int:
    """Run a command in this terminal until it ends; Ctrl-C goes to it, and it ends in its own way."""
    with ended_with_us(subprocess.Popen(argv, cwd=ROOT, env=dict(settings))) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()


def open_course(venv: Venv, settings: Mapping[str, str], options: argparse.Namespace) -> int:
    """Open the first notebook in JupyterLab, and stay until Ctrl-C."""
    keep_news_away(venv.folder)
    print(f"Opening {FIRST_NOTEBOOK} in JupyterLab. Ctrl-C in this window ends it.", flush=True)
    follow(lab_command(venv.python, options.no_browser, options.port), settings)
    print("JupyterLab has ended. The same command opens the course again.")
    return 0


def keep_news_away(folder: Path) -> None:
    """Let JupyterLab neither fetch news and updates nor ask whether it may, unless its user has chosen otherwise."""
    settings = folder / "share/jupyter/lab/settings"
    settings.mkdir(parents=True, exist_ok=True)
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (settings / "overrides.json").write_text(json.dumps(quiet), encoding="utf-8")


def lab_command(python: str, no_browser: bool = False, port: int | None = None) -> list[str]:
    """Start JupyterLab with the first notebook; one Ctrl-C ends it, without a question."""
    argv = [
        *(python, "-m", "jupyterlab", "--log-level=WARN"),
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}",
        "--ServerApp.answer_yes=True",
    ]
    if no_browser:
        argv.append("--no-browser")
    if port is not None:
        argv.append(f"--port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        argv.append("--allow-root")
    return argv


def run_tests(venv: Venv, settings: dict[str, str], arguments: Sequence[str]) -> int:
    """Run every test, example in a docstring and notebook, and lint and types, which are tests too."""
    browser = find_browser(venv.system, settings)
    if browser:
        settings["ECGTEACH_BROWSER"] = browser
    else:
        way = "sudo apt install chromium" if venv.system == "Linux" else "install Chrome"
        print(f"No browser found: its tests will not run. To have one: {way}, or set ECGTEACH_BROWSER to one's path.\n")
    return follow([*pytest_command(venv.python), *arguments], settings)


def pytest_command(python: str) -> list[str]:
    """Start pytest on everything, unless its further arguments name files."""
    return [
        *(python, "-m", "pytest", "--override-ini=testpaths=tests ecgteach data_fetch notebooks", "--doctest-modules"),
        *("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120"),
    ]


def find_browser(system: str, environment: Mapping[str, str]) -> str | None:
    """Path of a browser for the tests: the one in ECGTEACH_BROWSER, or a Chromium, Chrome or Edge where they live."""
    chosen = environment.get("ECGTEACH_BROWSER")
    if chosen:
        return chosen
    names = ["chromium", "chromium-browser", "google-chrome", "chrome", "msedge"]
    if system == "Darwin":
        names += [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Google Chrome", "Chromium")]
    if system == "Windows":
        folders = [environment.get(name, "") for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
        names += [rf"{folder}\Google\Chrome\Application\chrome.exe" for folder in folders if folder]
    found = [shutil.which(name, path=environment.get("PATH", os.defpath)) for name in names]
    return next(filter(None, found), None)


def with_settings(environment: Mapping[str, str], system: str, cores: int) -> dict[str, str]:
    """The environment, with threads and memory set for networks of this size; what the user has set stays.

    Passive waiting keeps two threads from spinning where another program holds a core. The two thresholds (Linux)
    let the memory of one forward pass serve the next, instead of going back to the system in between.
    """
    wanted = {"OMP_NUM_THREADS": str(cores), "OMP_WAIT_POLICY": "PASSIVE"}
    if system == "Linux":
        wanted |= {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "1000000000"}
    return {**wanted, **environment}


def processors(files: Path = Path("/")) -> int:
    """Cores that this process may really use: those it is pinned to, or fewer where a container has a quota."""
    pinned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min([pinned, *quotas(files)])))


def quotas(files: Path = Path("/")) -> Iterator[float]:
    """CPU quotas of the control groups around this process (Linux, versions 1 and 2), in cores."""
    try:
        groups = (files / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for group in groups:
        _, controllers, path = group.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = files / "sys/fs/cgroup" / ("cpu" if controllers else "")
        inner = top / path.strip("/")
        for folder in (inner, *inner.parents):
            yield from quota(folder)
            if folder == top:
                break


def quota(folder: Path) -> Iterator[float]:
    """The quota that one control group's folder states, if it states one."""
    try:
        limit, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
    except OSError:
        try:
            limit, period = ((folder / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
        except OSError:
            return
    if limit.isdigit():
        yield int(limit) / int(period)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
