"""The stamp in a folder for libraries: what was put in, and how to see at a glance that it is still there."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from binder.environment import installer, moving

STAMP = "installed.json"
LARGE = 200_000


@dataclass(frozen=True)
class Stamp:
    """What was installed: its extras, what it was made for, its libraries, and files with their sizes to know it by."""

    extras: list[str]
    made_for: dict[str, str]
    libraries: list[str]
    files: dict[str, int]

    @classmethod
    def of(cls, folder: Path, extras: Sequence[str], made_for: dict[str, str]) -> "Stamp":
        """The stamp that a folder deserves as it is now."""
        site = site_packages(folder)
        libraries = sorted(installer.plain(path.name.split("-")[0]) for path in site.glob("*.dist-info"))
        return cls(list(extras), made_for, libraries, inventory(folder, site))

    @classmethod
    def read(cls, folder: Path) -> "Stamp | None":
        """The stamp in a folder; none where there is none, or something else."""
        try:
            stamp = cls(**json.loads((folder / STAMP).read_text(encoding="utf-8")))
            words = [*stamp.extras, *stamp.libraries, *stamp.made_for.values()]
            sizes = [*stamp.files.values()]
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return None
        fits = sizes and all(isinstance(word, str) for word in words) and all(isinstance(size, int) for size in sizes)
        return stamp if fits else None

    def write(self, folder: Path) -> None:
        """Put the stamp into a folder, whole or not at all."""
        beside = folder / f"{STAMP}.new"
        beside.write_text(json.dumps(asdict(self)), encoding="utf-8")
        beside.replace(folder / STAMP)

    def changed(self, folder: Path) -> str:
        """The first file that is not as it was; empty where all are."""
        names = (name for name, size in self.files.items() if installer.size_of(f"{folder}/{name}") != size)
        return next(names, "")


def site_packages(folder: Path) -> Path:
    """Where the libraries lie in a folder for libraries."""
    return next(iter([*folder.glob("lib/python*/site-packages"), folder / "Lib/site-packages"]))


def inventory(folder: Path, site: Path) -> dict[str, int]:
    """Sizes of files that a folder is known by: one for each library, its record, and whatever is large."""
    sizes = {}
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and name not in moving.SCRIPTS]
        place = Path(top)
        for name in names:
            size = installer.size_of(f"{top}/{name}")
            marks = place == site or (place.parent == site and name in ("__init__.py", "RECORD"))
            if marks or size >= LARGE or name == "pyvenv.cfg":
                sizes[(place / name).relative_to(folder).as_posix()] = size
    return sizes
