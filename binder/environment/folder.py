"""The folder .venv: never half made, looked at before every use, and replaced only by one that has been seen to work.

A set-up fills a folder beside it, named .v and three digits, under a lock. When everything in there has been looked at,
the paths in its scripts are set to .venv, a stamp is written into it, and it is renamed. So whatever ends a set-up
leaves .venv as it was, and the next one sweeps what is left, or goes on where nothing but the network failed.
"""

import hashlib
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from binder.environment import installer, moving
from binder.environment.causes import SetupError, StepFailed
from binder.environment.lock import NotWritable, locked
from binder.environment.stamp import STAMP, Stamp
from binder.environment.steps import Step, carry_out, guarded

TORCH = "binder/requirements.txt"
RESUMES, TEMPORARY, LOG, LOCK = "resumes", "tmp", ".venv.log", ".venv.lock"
SPARE = re.compile(r"\.v\d{3}")
DISK, DISK_FOR_AN_UPDATE = 3e9, 1e9
DAY = 86400.0
ASK = (
    "import importlib.util as u, json, platform, sys; course = u.find_spec('ecgteach');"
    "print(json.dumps([platform.python_version(), sys.prefix, bool(u.find_spec('pip')), course and course.origin]))"
)


class State(Enum):
    """What a look at .venv finds, and what is said before it is mended."""

    READY = ""
    ABSENT = "Setting up .venv. This happens once and takes a few minutes."
    OUTDATED = "Bringing .venv up to date. The present one stays until the new one is seen to work."
    DAMAGED = "Making .venv anew, since {why}. This takes a few minutes."


@dataclass(frozen=True)
class Told:
    """What the Python of a folder says of itself: its version, and where it finds the course."""

    version: str
    course: str | None


@dataclass(frozen=True)
class Venv:
    """The folder .venv of a project, on a system as `platform.system()` names it."""

    folder: Path
    system: str

    @property
    def python(self) -> str:
        """The interpreter in there."""
        return self.python_in(self.folder)

    def python_in(self, folder: Path) -> str:
        """The interpreter of a folder for libraries."""
        return str(folder / ("Scripts/python.exe" if self.system == "Windows" else "bin/python"))

    def prepare(self, extras: Sequence[str]) -> None:
        """Install what these extras of the project need, unless it is there already."""
        if self.state(extras)[0] is State.READY:
            self.sweep_if_free()
            return
        try:
            with locked(self.folder.parent / LOCK) as everywhere:
                state, why = self.state(extras, closely=True)
                if state is not State.READY:
                    if not os.access(self.folder.parent, os.W_OK):
                        raise NotWritable(self.folder.parent)
                    print(state.value.format(why=why), flush=True)
                    self.renew(extras, state, everywhere)
        except NotWritable:
            if self.state(extras, closely=True)[0] is not State.READY:
                raise

    # A look at what is there

    def state(self, extras: Sequence[str], closely: bool = False, folder: Path | None = None) -> tuple[State, str]:
        """Whether the folder can serve, and what is wrong with it.

        The quick look asks the Python in there who it is, and compares the sizes of some hundred files. Where these
        differ, as they also do after somebody installed a library more, the close look decides.
        """
        folder = folder or self.folder
        if not os.path.lexists(folder):
            return State.ABSENT, "it is not there"
        stamp = Stamp.read(folder)
        if not stamp:
            return State.DAMAGED, "what it holds is not written down in there"
        told = self.ask(folder)
        if not told:
            return State.DAMAGED, "the Python in it does not run, or is not its own"
        project = self.folder.parent
        if not told.course or not Path(told.course).is_relative_to(project):
            return State.DAMAGED, "it does not lead to the course in this folder"
        now = self.fingerprint(told.version)
        if {**stamp.made_for, "sources": ""} != {**now, "sources": ""}:
            return State.DAMAGED, "it was made for another place or another Python"
        changed = stamp.changed(folder)
        if changed:
            if closely:
                print("Looking closely at .venv, since a file in it is not as it was.", flush=True)
            missing = self.look_closely(folder, stamp.libraries) if closely else changed
            if missing:
                return State.DAMAGED, f"a part of it is damaged ({missing.rstrip('.')})"
            with suppress(PermissionError):  # one that cannot be written serves without, and is looked at each time
                Stamp.of(folder, stamp.extras, stamp.made_for).write(folder)
        if stamp.made_for != now or not set(extras) <= set(stamp.extras):
            return State.OUTDATED, "the course needs more than it holds"
        return State.READY, ""

    def ask(self, folder: Path) -> Told | None:
        """What the Python of a folder says; none where it does not run, is too old, has no pip or lives elsewhere."""
        argv = [self.python_in(folder), "-I", "-c", ASK]
        clean = installer.variables(os.environ)
        try:
            told = subprocess.run(argv, env=clean, capture_output=True, text=True, check=False, timeout=60)
            version, prefix, pip, course = json.loads(told.stdout)
            fits = pip and Path(prefix).samefile(folder) and int(version.split(".")[1]) >= 11
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
        return Told(version, course) if fits else None

    def look_closely(self, folder: Path, libraries: Sequence[str]) -> str:
        """What is missing: every file is compared with its library's record, and the course is imported."""
        with tempfile.TemporaryFile() as log:
            with guarded(self.role(folder, "look", *libraries), self.folder.parent, log) as looking:
                looking.wait()
            log.seek(0)
            said = log.read().decode(errors="replace").strip().splitlines() or ["it cannot be imported"]
        return said[-1] if looking.returncode else ""

    def fingerprint(self, version: str) -> dict[str, str]:
        """What an installation depends on: a change in any of these asks for a new one."""
        project = self.folder.parent
        sources = b"".join((project / name).read_bytes() for name in ("pyproject.toml", TORCH))
        return {"python": version, "project": str(project), "sources": hashlib.sha256(sources).hexdigest()}

    def doubt(self) -> None:
        """Have the next run look closely, since something does not work that should."""
        stamp = Stamp.read(self.folder)
        if stamp:
            with suppress(OSError):
                replace(stamp, files={STAMP: -1}).write(self.folder)

    # Making one

    def renew(self, extras: Sequence[str], state: State, everywhere: bool) -> None:
        """Fill a folder beside .venv, and put it in its place once it works."""
        began = time.monotonic()
        stamp = Stamp.read(self.folder)
        wanted = list(dict.fromkeys([*extras, *(stamp.extras if stamp else [])]))
        try:
            self.log.unlink(missing_ok=True)
            whole = [folder for folder in self.spares() if self.state(wanted, folder=folder)[0] is State.READY]
            if whole:
                self.put_in_place(whole[0])
            else:
                self.make(wanted, state, everywhere)
            self.sweep(everywhere)
        except OSError as error:
            raise StepFailed(str(error), self.log) from error
        print(f"Ready after {time.monotonic() - began:.0f} s.\n", flush=True)

    def make(self, extras: Sequence[str], state: State, everywhere: bool) -> None:
        """Go on with a folder that only the network left unfinished, or with a copy of .venv, or anew."""
        begun = next((folder for folder in self.spares() if self.can_go_on(folder)), None)
        self.sweep(everywhere, begun)
        if begun:
            (begun / RESUMES).unlink()
            self.fill(begun, extras, fresh=False)
            return
        if state is State.OUTDATED:
            self.require_disk(DISK_FOR_AN_UPDATE)
            try:
                self.fill(self.copied(), extras, fresh=False)
                return
            except StepFailed as failed:
                if failed.cause:
                    raise
                print("That did not work on a copy of .venv; making it anew.", flush=True)
        self.require_disk(DISK)
        folder = self.spare()
        folder.mkdir()
        self.fill(folder, extras, fresh=True)

    def can_go_on(self, folder: Path) -> bool:
        """Whether a folder was left between two steps, and belongs to the Python that runs this."""
        told = self.ask(folder) if (folder / RESUMES).is_file() else None
        return bool(told and told.version == platform.python_version())

    def copied(self) -> Path:
        """A copy of .venv without its stamp."""
        target = self.spare()
        moving.copy(self.folder, target)
        (target / STAMP).unlink()
        return target

    def fill(self, folder: Path, extras: Sequence[str], fresh: bool) -> None:
        """Carry out the steps in a folder, and put it in place; leave no half of it behind that nobody can use."""
        try:
            (folder / TEMPORARY).mkdir(exist_ok=True)
            carry_out(self.plan(folder, extras, fresh), self.log, folder / TEMPORARY)
            self.finish(folder, extras)
        except StepFailed as failed:
            if failed.cause and failed.cause.resumes and self.ask(folder):
                (folder / RESUMES).touch()
            else:
                moving.remove(folder)
            raise
        except BaseException:
            moving.remove(folder)
            raise
        self.put_in_place(folder)

    def plan(self, folder: Path, extras: Sequence[str], fresh: bool) -> list[Step]:
        """Commands that fill a folder, in order. Linux: tried; macOS and Windows: not tried.

        Torch goes by pip, for which an index that cannot be reached is a warning; uv stops there. Once the build
        without GPU is in, uv keeps it, and it is several times faster with the rest.
        """
        pip = [*self.role(folder, "pip"), "--retries", "1"]
        project = ["--editable", f".[{','.join(extras)}]"]
        steps = [
            Step("torch, the build without GPU", [*pip, "--no-deps", "--requirement", TORCH]),
            Step("uv, the faster installer", [*pip, "uv"], required=False),
            Step("the course and what it needs", [*self.role(folder, "uv"), *project], otherwise=[*pip, *project]),
            Step("a look at every file, and a first import", self.role(folder, "look")),
        ]
        if fresh:
            make = [self.base_python(), "-I", installer.__file__, str(folder), "venv"]
            steps[:0] = [
                Step("a folder for libraries", make),
                Step("pip, the installer that comes with Python", self.role(folder, "ensurepip")),
            ]
        return steps

    def role(self, folder: Path, name: str, *arguments: str) -> list[str]:
        """A command that installs or looks in this folder, and nowhere else."""
        return [self.python_in(folder), "-I", installer.__file__, str(folder), name, *arguments]

    def base_python(self) -> str:
        """The Python that a new folder rests on: the one that runs this, but never through .venv, which is replaced."""
        python = Path(getattr(sys, "_base_executable", None) or sys.executable)
        return str(python.resolve() if python.is_relative_to(self.folder) else python)

    def finish(self, folder: Path, extras: Sequence[str]) -> None:
        """Make a filled folder ready to be .venv; the stamp comes last, and after it nothing is missing."""
        moving.remove(folder / TEMPORARY)
        keep_news_away(folder)
        moving.rename_within(folder, folder.name, self.folder.name)
        told = self.ask(folder)
        if not told:
            raise StepFailed(f"Nothing was installed: {folder} has lost its Python", self.log)
        if hasattr(os, "sync"):
            os.sync()  # a power cut after the renaming must not find files empty that were written before it
        Stamp.of(folder, extras, self.fingerprint(told.version)).write(folder)

    def put_in_place(self, folder: Path) -> None:
        """Let a finished folder be .venv; what was there before goes, unless start.py did not make it."""
        aside = self.spare()
        if os.path.lexists(self.folder) and not (self.folder / STAMP).exists():
            aside = self.folder.with_name(f"{self.folder.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
            print(f"The .venv that was here was not made by start.py; it is kept as {aside.name}.", flush=True)
        try:
            if os.path.lexists(self.folder):
                moving.move(self.folder, aside, self.system)
            try:
                moving.move(folder, self.folder, self.system)
            except PermissionError:
                moving.move(aside, self.folder, self.system)
                raise
        except PermissionError as error:
            raise SetupError(
                f"The new .venv is ready, but the present one is in use ({error}). Close JupyterLab and whatever else "
                "uses it, and run the same command again: it only has to put the new one in place."
            ) from error

    # What is beside it

    @property
    def log(self) -> Path:
        """What the installers wrote in the last set-up."""
        return self.folder.parent / LOG

    def spares(self) -> list[Path]:
        """Folders that a set-up left beside .venv."""
        return sorted(path for path in self.folder.parent.iterdir() if SPARE.fullmatch(path.name))

    def spare(self) -> Path:
        """A name for such a folder that is not taken, nor likely to be that of one just removed."""
        taken = {path.name for path in self.spares()}
        free = [name for name in (f".v{number:03}" for number in range(1000)) if name not in taken]
        return self.folder.with_name(random.choice(free))

    def sweep(self, everywhere: bool, but: Path | None = None) -> None:
        """Remove what earlier set-ups left; where another computer may be at work in one, only if it is a day old."""
        for folder in self.spares():
            if folder != but and (everywhere or time.time() - folder.lstat().st_mtime > DAY):
                moving.remove(folder)

    def sweep_if_free(self) -> None:
        """Remove what a start left that was ended while it tidied up, unless another is at work."""
        with suppress(SetupError, OSError):
            if self.spares():
                with locked(self.folder.parent / LOCK, wait=False) as everywhere:
                    self.sweep(everywhere)

    def require_disk(self, needed: float) -> None:
        """Say before anything is loaded where the disk has no room for it."""
        free = shutil.disk_usage(self.folder.parent).free
        if free < needed:
            raise SetupError(
                f"The disk has {free / 1e9:.1f} GB left and the course needs {needed / 1e9:.0f}: free some first."
            )


def keep_news_away(folder: Path) -> None:
    """Let JupyterLab neither fetch news and updates nor ask whether it may, unless its user has chosen otherwise."""
    settings = folder / "share/jupyter/lab/settings"
    settings.mkdir(parents=True, exist_ok=True)
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (settings / "overrides.json").unlink(missing_ok=True)
    (settings / "overrides.json").write_text(json.dumps(quiet), encoding="utf-8")
