"""A folder for libraries under another name: what is written in it that names it, and a copy that costs no disk."""

import os
import re
import shutil
import time
from pathlib import Path

SCRIPTS = ("bin", "Scripts")
PATIENCE = 10.0


def rename_within(folder: Path, old: str, new: str) -> None:
    """Have the scripts of a folder, which name it as `old`, name it as `new`; its own name stays.

    Nothing else in such a folder names it: libraries are found from where the Python lies. Both names are equally long,
    so that a script for Windows, whose path stands before an archive in a program, stays readable, and so that sizes
    stay what the libraries' records say.
    """
    if len(old) != len(new):
        raise ValueError(f"{old} and {new} differ in length")
    named = re.compile(rb"(?<=[/\\])%s(?=[/\\](?:bin|Scripts)\b|[\"'\s\0]|$)" % re.escape(os.fsencode(old)))
    for path in [folder / "pyvenv.cfg", *(path for name in SCRIPTS for path in (folder / name).glob("*"))]:
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        renamed = named.sub(os.fsencode(new), content)
        if renamed != content:
            beside = path.with_name(f"{path.name}.new")  # never in place: the file may be shared with a copy
            beside.write_bytes(renamed)
            shutil.copymode(path, beside)
            beside.replace(path)


def copy(source: Path, target: Path) -> None:
    """Copy a folder for libraries and name the copy in its scripts; files are shared where the disk allows.

    Installers replace files and never write into them, so that what they do in the copy leaves the source as it is.
    """
    shutil.copytree(source, target, symlinks=True, copy_function=share)
    rename_within(target, source.name, target.name)


def share(source: str, target: str) -> None:
    """One file under two names, or a copy where the system refuses that."""
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, target, follow_symlinks=False)


def move(source: Path, target: Path, system: str) -> None:
    """Rename; on Windows again for some seconds, as a scanner may still hold a new file open."""
    until = time.monotonic() + (PATIENCE if system == "Windows" else 0)
    while True:
        try:
            source.rename(target)
        except PermissionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return


def remove(path: Path) -> None:
    """Remove what can be removed; a link goes, and what it leads to stays."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)
