"""What a step of the set-up runs in a process of its own: it installs into one folder or not at all, and dies with us.

    python -I installer.py FOLDER venv|ensurepip|pip|uv|look [arguments]

The Python of FOLDER runs all but the first. Before anything is installed, this very process sees that it lives in
FOLDER, and the installer then runs in it, so that no change from outside can lead it to another Python in between.
Standard input is a pipe that start.py holds open: when it closes, however start.py ended, the process and all that
it started end too.
"""

import os
import re
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

KEPT = re.compile(
    r"PIP_(.*INDEX.*|FIND_LINKS|TRUSTED_HOST|.*CERT|PROXY|.*TIMEOUT|.*CACHE.*|CONFIG_FILE|CONSTRAINT|"
    r"KEYRING_PROVIDER|DISABLE_PIP_VERSION_CHECK)|"
    r"UV_(.*INDEX.*|FIND_LINKS|OFFLINE|.*INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS|.*TIMEOUT|.*CACHE.*|CONSTRAINT|"
    r"KEYRING_PROVIDER|CONCURRENT_.*|LINK_MODE)"
)
"""Settings of the installers that say how to reach an index; all others could lead them to another place."""

ELSEWHERE = re.compile(r"^(?:global|install)\.(target|prefix|root|python|dry-run)=.*", re.M)
IMPORTS = ["torch", "bokeh", "jupyterlab", "ecgteach", "data_fetch"]


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what belongs to another Python or sends an installer elsewhere."""
    foreign = re.compile(r"PYTHON|PIP_|UV_|CONDA|VIRTUAL_ENV|__PYVENV_LAUNCHER__")
    return {name: value for name, value in environment.items() if not foreign.match(name) or KEPT.fullmatch(name)}


def main(folder: str, role: str, *arguments: str) -> None:
    """Carry out one role."""
    die_with_parent()
    if role != "venv" and not lives_in(folder):
        sys.exit(f"Nothing was installed: {folder} is not the folder of this Python, which is {sys.prefix}.")
    ROLES[role](folder, arguments)


def lives_in(folder: str) -> bool:
    """Whether the Python that runs this is the one of that folder, and no other."""
    try:
        return sys.prefix != sys.base_prefix and Path(sys.prefix).samefile(folder)
    except OSError:
        return False


def die_with_parent() -> None:
    """End this process and all that it starts as soon as standard input closes."""
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        while os.read(pipe, 1):
            pass
        if sys.platform == "win32":
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(os.getpid())], check=False)
        elif os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def make_folder(folder: str, _: Sequence[str]) -> None:
    """The folder without pip, so that no installer starts before this process can look where it lives."""
    run_module("venv", ["--without-pip", "--prompt", "ecgteach", folder])


def bring_pip(_: str, __: Sequence[str]) -> None:
    """Pip from the Python itself; ensurepip would start a second process, which nobody looks at."""
    import ensurepip

    def in_this_process(arguments: Sequence[str], additional_paths: Sequence[str] = ()) -> None:
        sys.path[:0] = additional_paths
        run_module("pip", arguments)

    setattr(ensurepip, "_run_pip", in_this_process)  # noqa: B010  (a private name, which its types do not list)
    ensurepip.bootstrap(default_pip=True)


def run_pip(_: str, arguments: Sequence[str]) -> None:
    """Pip; a settings file of its own that sends libraries elsewhere stops it."""
    command = [sys.executable, "-I", "-m", "pip", "config", "list"]
    settings = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout
    elsewhere = ELSEWHERE.search(settings)
    if elsewhere:
        sys.exit(f"Nothing was installed: pip's own settings say {elsewhere.group()}")
    run_module("pip", ["install", "--no-user", *arguments])


def run_uv(folder: str, arguments: Sequence[str]) -> None:
    """Uv, told twice where to install: it looks at the Python in a process of its own, and obeys the prefix."""
    uv = import_module("uv").find_uv_bin()
    place = ["--no-config", "--python", sys.executable, "--prefix", folder]
    sys.exit(subprocess.run([uv, "pip", "install", *place, *arguments], check=False).returncode)


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run a module as a program in this process."""
    sys.argv = [name, *arguments]
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def look(_: str, libraries: Sequence[str]) -> None:
    """See that these libraries are there, that no file of any library is missing or cut short, and that they import."""
    import csv
    from importlib import metadata

    found = {}
    for library in metadata.distributions():
        found[plain(library.metadata["Name"])] = library
    absent = sorted(set(libraries) - set(found))
    if absent:
        sys.exit(f"Missing: {', '.join(absent)}.")
    for name, library in found.items():
        record = library.read_text("RECORD")
        if record is None:
            sys.exit(f"{name} is only half installed.")
        site = library.locate_file("")
        for path, _digest, size in csv.reader(record.splitlines()):
            if not path.endswith(".pyc") and size_of(f"{site}/{path}") < int(size or 0):
                sys.exit(f"Missing or cut short: {path}, of {name}.")
    for name in IMPORTS:
        import_module(name)


def plain(name: str) -> str:
    """The name of a library as folders have it, however it is written."""
    return re.sub(r"[-_.]+", "_", name).lower()


def size_of(path: str) -> int:
    """Bytes of a file; -1 where there is none."""
    try:
        return os.stat(path).st_size  # noqa: PTH116  (a Path for each of 50,000 files would take longer than the look)
    except OSError:
        return -1


ROLES: dict[str, Callable[[str, Sequence[str]], None]] = {
    "venv": make_folder,
    "ensurepip": bring_pip,
    "pip": run_pip,
    "uv": run_uv,
    "look": look,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
