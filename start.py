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
import io
import os
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
try:
    from binder.environment.causes import SetupError
    from binder.environment.folder import TORCH, Venv
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is missing beside start.py: get the whole project again (clone or unzip).")

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
EXTRAS = {"course": ["lab"], "test": ["lab", "test"], "bench": ["lab", "test", "bench"]}


def main(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit status."""
    command, *rest = arguments if arguments and arguments[0] in ("test", "bench") else ["course", *arguments]
    options = course_options(rest) if command == "course" else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        for name in (FIRST_NOTEBOOK, "pyproject.toml", TORCH):
            if not (ROOT / name).is_file():
                raise SetupError(f"{name} is missing: get the whole project again (clone or unzip).")
        if options and options.port:
            require_port(options.port)
        with home():
            venv = Venv(ROOT / ".venv", platform.system())
            venv.prepare(EXTRAS[command])
            settings = with_settings(within(os.environ, venv), venv.system, processors())
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
    parser.add_argument("--port", type=port_number, metavar="N", help="port of JupyterLab (else the first free one)")
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    """A port as the command line gives it."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text[:20]}")
    return int(text)


def require_port(number: int) -> None:
    """Say before anything is set up where this port is not to be had."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        if os.name == "posix":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", number))
        except PermissionError as error:
            raise SetupError(
                f"Port {number} is for administrators only: choose one above 1023, or leave --port out."
            ) from error
        except OSError as error:
            raise SetupError(
                f"Port {number} is in use, perhaps by a course that is open already: close that, choose another port, "
                "or leave --port out."
            ) from error


@contextmanager
def home() -> Iterator[None]:
    """Give programs that need a home folder a temporary one, where this user has none that can be written."""
    try:
        found = Path.home()
    except RuntimeError:
        found = None
    if found and os.access(found, os.W_OK | os.X_OK):
        yield
        return
    why = f"the home folder {found} cannot be written" if found else "this user has no home folder"
    try:
        place = tempfile.TemporaryDirectory(prefix="ecgteach-home-", ignore_cleanup_errors=True)
    except OSError as error:
        raise SetupError(
            f"Neither a home folder nor a temporary one can be written: set HOME to one ({error})."
        ) from error
    print(
        f"Settings and downloads are kept only until this ends, since {why}. Set HOME to a folder of yours.", flush=True
    )
    with place as folder:
        before = {name: os.environ.get(name) for name in ("HOME", "USERPROFILE")}
        os.environ.update(dict.fromkeys(before, folder))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def within(environment: Mapping[str, str], venv: Venv) -> dict[str, str]:
    """The environment as for somebody who works in .venv: `!pip` in a notebook means the one in there.

    Where another Python finds its libraries is left out, since this one would take them for its own.
    """
    kept = {name: value for name, value in environment.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    path = os.pathsep.join([str(Path(venv.python).parent), kept.get("PATH", os.defpath)])
    return {**kept, "VIRTUAL_ENV": str(venv.folder), "PATH": path}


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
    """Run a command in this terminal until it ends; Ctrl-C goes to it, it ends in its own way, and so do we."""
    with ended_with_us(subprocess.Popen(argv, cwd=ROOT, env=dict(settings))) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()
            raise


def open_course(venv: Venv, settings: Mapping[str, str], options: argparse.Namespace) -> int:
    """Open the first notebook in JupyterLab, and stay until Ctrl-C; the exit status says whether it opened."""
    if not os.access(ROOT / "notebooks", os.W_OK):
        print(
            "These notebooks belong to somebody else: what you change in them is not kept. Copy the folder to keep it."
        )
    print(f"Opening {FIRST_NOTEBOOK} in JupyterLab. Ctrl-C in this window ends it.", flush=True)
    try:
        status = follow(lab_command(venv.python, options.no_browser, options.port), settings)
    except KeyboardInterrupt:
        status = 0
    if status == 0:
        print("JupyterLab has ended. The same command opens the course again.")
        return 0
    missing = venv.look_closely(venv.folder, [])
    if missing:
        venv.doubt()
        raise SetupError(
            f"JupyterLab did not work, since a part of .venv is damaged: {missing}\nThe same command repairs it."
        )
    raise SetupError(
        f"JupyterLab ended with status {status}, and the lines above say why. The folder .venv is whole; a setting may "
        "be wrong, as in the folder .jupyter of your home folder."
    )


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
        argv += [f"--port={port}", "--ServerApp.port_retries=0"]
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
