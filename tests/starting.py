"""A small project whose start.py is the real one, and whose installers plant files instead of loading them."""

import ctypes
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAPABILITIES = (1, 2, 3)  # of Linux: to write, read and own what belongs to others
DROP = 24  # PR_CAPBSET_DROP

PRETENCE = """
def plant(name, **files):
    import sysconfig
    site = Path(sysconfig.get_path("purelib"))
    files = {f"{name}/__init__.py": f"'a library of that name: {name}'", **files}
    files[f"{name}-1.dist-info/METADATA"] = f"Name: {name}"
    files[f"../../../bin/{name}-tool"] = f"#!{sys.executable}\\nprint('{name}')"
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    (site / "../../../bin" / f"{name}-tool").chmod(0o755)
    record = "".join(f"{path},sha256=x,{len(text)}\\n" for path, text in files.items())
    (site / f"{name}-1.dist-info/RECORD").write_text(record)


def pretend(role, *libraries):
    def act(folder, arguments):
        import fcntl, json
        if not Path(sys.prefix).resolve().is_relative_to(Path.cwd().resolve()):
            print("It would have installed into", sys.prefix)  # and must not, even where the guard under test is broken
            sys.exit(0)
        alive = open("alive", "a")
        fcntl.flock(alive, fcntl.LOCK_SH)
        os.set_inheritable(alive.fileno(), True)
        with open("calls.txt", "a") as calls:
            print(json.dumps([role, sys.prefix, list(arguments), dict(os.environ)]), file=calls)
        order = Path(f"{role}.order")
        if order.exists():
            exec(order.read_text(), globals() | {"arguments": arguments})
        for name in libraries:
            plant(name)
        if role == "uv":
            plant("jupyterlab", **{"jupyterlab/__main__.py": Path("lab.py").read_text()})
            plant("course", **{"course.pth": os.getcwd()})

    return act


def pip(folder, arguments):
    pretend("uv-by-pip", "uv")(folder, arguments) if "uv" in arguments else pretend("pip", "torch")(folder, arguments)


ROLES |= {"ensurepip": pretend("ensurepip", "pip"), "pip": pip, "uv": pretend("uv", "bokeh")}
"""
"""What stands in for the installers: each leaves a line, does what a file of its name orders, and plants libraries.

It acts only in a folder of the small project, and sees to that itself: a test of the guard must not rely on the guard.
"""

ALL = ["ensurepip", "pip", "uv-by-pip", "uv"]
UPDATE = ALL[1:]
"""Installers of a set-up anew, and of one on a copy."""

HANG = "import subprocess; subprocess.Popen(['sleep', '300'], close_fds=False).wait()"
"""An order to never end, in a process that the installer started."""


class Project:
    """The small project in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "start.py", folder)
        shutil.copytree(
            ROOT / "binder/environment", folder / "binder/environment", ignore=shutil.ignore_patterns("__pycache__")
        )
        installer = folder / "binder/environment/installer.py"
        begin = 'if __name__ == "__main__":'
        installer.write_text(installer.read_text().replace(begin, f"{PRETENCE}\n{begin}"))
        for name, text in {
            "pyproject.toml": "[project]\n",
            "binder/__init__.py": "",
            "binder/requirements.txt": "torch\n",
            "notebooks/00_start_here.ipynb": "{}",
            "ecgteach/__init__.py": "",
            "data_fetch/__init__.py": "",
            "tests/benchmarks/__main__.py": "import sys; print('It runs in', sys.prefix)",
            "lab.py": "print('The course is open.')",
        }.items():
            self.write(name, text)

    def keep(self):
        """Keep the project as it is now."""
        shutil.copytree(self.folder, self.kept, symlinks=True)

    def restore(self):
        """Have the project as it was kept; the place is the same, so that what names it stays right."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.kept, self.folder, symlinks=True)

    @property
    def kept(self):
        """The project as it was."""
        return self.folder.with_name(f"{self.folder.name}-as-it-was")

    def write(self, name, text):
        """Put a file into the project."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def order(self, role, code):
        """Have the installer of this role run some code first; none takes the order back."""
        (self.folder / f"{role}.order").write_text(code or "")

    def begin(self, *arguments, start=None, **options):
        """Begin start.py and return at once."""
        settings = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True} | options
        return subprocess.Popen(
            [sys.executable, start or self.folder / "start.py", *(arguments or ["bench"])], **settings
        )

    def start(self, *arguments, **options):
        """Run start.py to its end: its exit status and what it said."""
        process = self.begin(*arguments, **options)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def calls(self):
        """What the installers were asked, in order: role, the folder that they lived in, arguments, environment."""
        lines = self.folder / "calls.txt"
        return [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []

    def roles(self):
        """Roles of the installers that ran."""
        return [call[0] for call in self.calls()]

    def wait_for(self, role, seconds=60):
        """Wait until the installer of this role is at work."""
        until = time.monotonic() + seconds
        while role not in self.roles():
            assert time.monotonic() < until, f"{role} never came"
            time.sleep(0.05)

    def nothing_lives(self, seconds=10):
        """Whether each installer, and what it started, has ended: they hold a lock as long as they live."""
        until = time.monotonic() + seconds
        with (self.folder / "alive").open("a") as file:
            while time.monotonic() < until:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    time.sleep(0.05)
                else:
                    return True
        return False

    def left_over(self):
        """Folders of unfinished set-ups."""
        return sorted(path.name for path in self.folder.glob(".v[0-9]*"))

    def hand_over(self):
        """Give the project to an administrator: nobody else may write there."""
        for path in [self.folder, *self.folder.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~0o222 | (0o555 if path.is_dir() else 0o444))
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534, follow_symlinks=False)

    def take_back(self):
        """Have the project again."""
        for path in [self.folder, *self.folder.rglob("*")]:
            if os.geteuid() == 0:
                os.chown(path, 0, 0, follow_symlinks=False)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o200)


def set_up_once(folder):
    """A small project that is set up for the course, to be restored before each test that uses it."""
    project = Project(folder / "project")
    assert project.start("--no-browser")[0] == 0
    assert project.roles() == ALL
    project.keep()
    return project


def as_anybody():
    """Before a program begins: give up the right of an administrator to write where others may not."""
    if os.geteuid() == 0:
        for capability in CAPABILITIES:
            ctypes.CDLL(None).prctl(DROP, capability, 0, 0, 0)
