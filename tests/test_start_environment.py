"""What .venv promises: never half made, seen when damaged, one for two starts at once, and installed nowhere else."""

import errno
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from starting import ALL, HANG, ROOT, UPDATE, Project, set_up_once

sys.path.insert(0, str(ROOT))

from binder.environment import causes, folder, installer, lock, moving, steps
from binder.environment.folder import State, Venv
from binder.environment.stamp import STAMP, Stamp


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A small project that is set up for the course, made once."""
    return set_up_once(tmp_path_factory.mktemp("once"))


@pytest.fixture
def project(once):
    """The same as if it were new."""
    once.restore()
    return once


@pytest.fixture
def fresh(tmp_path):
    """A small project where nothing is set up."""
    return Project(tmp_path / "project")


@pytest.fixture
def venv(request, monkeypatch):
    """The .venv of the one that the test uses, filled in this process with its installers."""
    small = request.getfixturevalue("project" if "project" in request.fixturenames else "fresh")
    monkeypatch.setattr(installer, "__file__", str(small.folder / "binder/environment/installer.py"))
    monkeypatch.setattr(os, "sync", lambda: None)
    return Venv(small.folder / ".venv", "Linux")


def site(project):
    """Where the libraries lie."""
    (found,) = project.folder.glob(".venv/lib/python*/site-packages")
    return found


# What is set up, and when again


def test_torch_comes_by_pip_and_the_rest_by_uv_or_by_pip_where_uv_fails(venv, fresh):
    titles = {step.title: step for step in venv.plan(fresh.folder / ".v001", ["lab", "test"], fresh=True)}
    make, pip, torch, uv, course, look = titles.values()
    there = [str(fresh.folder / ".v001/bin/python"), "-I", installer.__file__, str(fresh.folder / ".v001")]
    assert make.argv == [sys._base_executable, "-I", installer.__file__, str(fresh.folder / ".v001"), "venv"]
    assert pip.argv == [*there, "ensurepip"]
    assert torch.argv == [*there, "pip", "--retries", "1", "--no-deps", "--requirement", "binder/requirements.txt"]
    assert (uv.argv, uv.required) == ([*there, "pip", "--retries", "1", "uv"], False)
    assert course.argv == [*there, "uv", "--editable", ".[lab,test]"]
    assert course.otherwise == [*there, "pip", "--retries", "1", "--editable", ".[lab,test]"]
    assert look.argv == [*there, "look"]


def test_on_windows_the_python_lies_elsewhere(tmp_path):
    assert Venv(tmp_path, "Windows").python == str(tmp_path / "Scripts/python.exe")


def test_nothing_is_ever_upgraded_on_its_own(venv):
    plan = venv.plan(venv.folder, ["lab", "test", "bench"], fresh=True)
    assert not {"-U", "--upgrade"} & {word for step in plan for word in step.argv + (step.otherwise or [])}


def test_a_second_run_has_nothing_to_do_and_writes_nothing(project, venv):
    before = {path: path.lstat().st_mtime_ns for path in project.folder.rglob("*")}
    venv.prepare(["lab"])
    assert {path: path.lstat().st_mtime_ns for path in project.folder.rglob("*")} == before


def test_the_tests_add_what_they_need_and_the_course_has_then_nothing_to_do(project, venv):
    venv.prepare(["lab", "test"])
    assert project.roles() == ALL + UPDATE
    assert project.calls()[-1][2] == ["--editable", ".[lab,test]"]
    venv.prepare(["lab"])
    assert project.roles() == ALL + UPDATE


@pytest.mark.parametrize("changed", ["pyproject.toml", "binder/requirements.txt"])
def test_a_change_in_what_is_needed_installs_again_with_all_extras(changed, project, venv):
    venv.prepare(["lab", "test"])
    project.write(changed, "changed\n")
    venv.prepare(["lab"])
    assert project.roles() == ALL + UPDATE + UPDATE
    assert Stamp.read(venv.folder).extras == ["lab", "test"]


def test_an_update_keeps_what_somebody_put_in_and_leaves_the_present_one_alone_until_it_works(project, venv):
    (site(project) / "mine.py").write_text("mine = 1")
    project.order("uv", "open('seen', 'w').write(str(sorted(Path('.venv/installed.json').read_bytes())))")
    stamp = (venv.folder / STAMP).read_bytes()
    venv.prepare(["lab", "test"])
    assert (project.folder / "seen").read_text() == str(sorted(stamp))
    assert (site(project) / "mine.py").read_text() == "mine = 1"
    assert project.left_over() == []


def test_an_update_that_fails_leaves_the_present_one_as_it_was_although_files_are_shared(project, venv):
    before = {path: path.read_bytes() for path in venv.folder.rglob("*") if path.is_file()}
    replaced = "[path.unlink() for path in Path(sys.prefix).rglob('torch/__init__.py')]; plant('torch')"
    project.order("uv", "sys.exit('No space left on device')")
    project.order("pip", f"{replaced}; '--editable' not in arguments or sys.exit('No space left on device')")
    with pytest.raises(causes.StepFailed, match="the disk is full"):
        venv.prepare(["lab", "test"])
    assert {path: path.read_bytes() for path in venv.folder.rglob("*") if path.is_file()} == before
    assert project.left_over() == []
    assert venv.state(["lab"])[0] is State.READY


def test_an_update_that_a_copy_cannot_take_is_made_anew_at_once(project, venv, capsys):
    broken = "if Path('ran').exists(): Path('again').touch()\nelse: Path('ran').touch(); sys.exit('odd')"
    project.order("pip", broken)
    venv.prepare(["lab", "test"])
    assert "That did not work on a copy of .venv; making it anew." in capsys.readouterr().out
    assert project.roles() == [*ALL, "pip", *ALL]


def test_scripts_name_the_folder_that_they_lie_in_and_run(project, venv):
    for _ in range(2):
        scripts = sorted((project.folder / ".venv/bin").glob("*-tool"))
        assert [path.name for path in scripts][:2] == ["bokeh-tool", "course-tool"]
        said = [subprocess.run([path], capture_output=True, text=True).stdout.strip() for path in scripts]
        assert said == [path.name.removesuffix("-tool") for path in scripts]
        for path in project.folder.glob(".venv/bin/*"):
            assert path.is_symlink() or not re.search(rb"\.v\d{3}", path.read_bytes())
        venv.prepare(["lab", "test"])


def test_a_moved_project_is_set_up_where_it_is_now(project, venv, monkeypatch):
    moved = project.folder.rename(project.folder.with_name("moved-away"))
    monkeypatch.setattr(installer, "__file__", str(moved / "binder/environment/installer.py"))
    monkeypatch.chdir(moved)
    there = Venv(moved / ".venv", "Linux")
    state, _ = there.state(["lab"])
    assert state is State.DAMAGED
    there.prepare(["lab"])
    assert there.state(["lab"])[0] is State.READY
    assert (moved / ".venv/bin/torch-tool").read_text().startswith(f"#!{moved}/.venv/bin/python\n")
    shutil.rmtree(moved)


def test_a_folder_that_start_py_did_not_make_is_kept(fresh, venv, capsys):
    fresh.write(".venv/bin/activate", "of another project")
    venv.prepare(["lab"])
    (kept,) = fresh.folder.glob(".venv.before-*")
    assert (kept / "bin/activate").read_text() == "of another project"
    assert f"it is kept as {kept.name}" in capsys.readouterr().out


@pytest.mark.parametrize("there", ["a file", "a link to nothing", "a link to a folder"])
def test_whatever_else_has_that_name_is_kept_too(there, fresh, venv, tmp_path):
    mine = tmp_path / "mine"
    if there == "a file":
        fresh.write(".venv", "of another tool")
    else:
        venv.folder.symlink_to(mine)
    if there == "a link to a folder":
        mine.mkdir()
        (mine / "work").touch()
    venv.prepare(["lab"])
    assert len([*fresh.folder.glob(".venv.before-*")]) == 1
    assert (mine / "work").exists() == (there == "a link to a folder")
    assert not venv.folder.is_symlink()


def test_jupyterlab_fetches_no_news_and_does_not_ask_whether_it_may(project, venv):
    settings = json.loads((venv.folder / "share/jupyter/lab/settings/overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}


@pytest.mark.parametrize(("free", "needed"), [(2.9e9, "2.9 GB left and the course needs 3"), (0, "0.0 GB left")])
def test_a_full_disk_is_told_before_anything_is_loaded(free, needed, fresh, venv, monkeypatch):
    monkeypatch.setattr(folder.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    with pytest.raises(causes.SetupError, match=re.escape(needed)):
        venv.prepare(["lab"])
    assert fresh.calls() == []
    assert fresh.left_over() == []


# Damage


def _gone(name):
    return lambda project: shutil.rmtree(site(project) / name)


def _stamped(text):
    return lambda project: (project.folder / ".venv" / STAMP).write_bytes(text)


def _linked_elsewhere(project):
    (project.folder.parent / "moved/ecgteach").mkdir(parents=True, exist_ok=True)
    (project.folder.parent / "moved/ecgteach/__init__.py").touch()
    (site(project) / "course.pth").write_text(str(project.folder.parent / "moved"))


def _dangling(project):
    for path in project.folder.glob(".venv/bin/python*"):
        path.unlink()
        path.symlink_to("/nowhere/python3")


def _cut(name):
    return lambda project: os.truncate(site(project) / name, 3)


def _remove(name):
    return lambda project: (project.folder / ".venv" / name).unlink()


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (_gone("torch"), r"Missing or cut short: torch/__init__\.py, of torch"),
        (_cut("torch/__init__.py"), r"Missing or cut short: torch/__init__\.py, of torch"),
        (_gone("bokeh"), r"of bokeh"),
        (_gone("bokeh-1.dist-info"), r"Missing: bokeh"),
        (lambda project: (site(project) / "torch-1.dist-info/RECORD").unlink(), "torch is only half installed"),
        (_gone("pip"), "does not run"),
        (_gone("."), "does not run, or is not its own"),
        (_remove("pyvenv.cfg"), "is not its own"),
        (_remove("bin/python"), "does not run"),
        (_dangling, "does not run"),
        (_linked_elsewhere, "does not lead to the course"),
        (lambda project: (site(project) / "course.pth").unlink(), "does not lead to the course"),
        (_stamped(b"null"), "not written down"),
    ],
)
def test_damage_is_seen_at_a_glance_and_told(damage, why, project, venv):
    damage(project)
    assert venv.state(["lab"])[0] is State.DAMAGED
    state, told = venv.state(["lab"], closely=True)
    assert state is State.DAMAGED
    assert re.search(why, told)


@pytest.mark.parametrize(
    "damage",
    [_gone("torch"), _gone("."), _remove("pyvenv.cfg"), _dangling, _linked_elsewhere, _stamped(b"null")],
    ids=["torch", "libraries", "pyvenv.cfg", "python", "link", "stamp"],
)
def test_damage_is_repaired_without_a_hand(damage, project, venv, capsys):
    damage(project)
    venv.prepare(["lab"])
    assert "Making .venv anew, since " in capsys.readouterr().out
    assert venv.state(["lab"], closely=True) == (State.READY, "")
    assert project.roles() == ALL + ALL
    assert project.left_over() == []


@pytest.mark.parametrize(
    "stamp",
    [
        b"",
        b"{",
        b"null",
        b"[1, 2]",
        b'[["lab"], {}]',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"extras": 5, "made_for": 5, "libraries": 5, "files": 5}',
        b'{"extras": [["lab"]], "made_for": {}, "libraries": [], "files": {"a": 1}}',
        b'{"extras": ["lab"], "made_for": {}, "libraries": [], "files": {"a": "1"}}',
        b'{"extras": ["lab"], "made_for": {}, "libraries": [], "files": {}}',
        b'{"extras": ["lab"], "made_for": {}, "libraries": [], "files": {"a": 1}, "more": 1}',
    ],
    ids=lambda stamp: stamp[:30].decode(errors="replace"),
)
def test_a_stamp_that_says_something_else_counts_as_none(stamp, tmp_path):
    (tmp_path / STAMP).write_bytes(stamp)
    assert Stamp.read(tmp_path) is None


def test_a_library_that_somebody_added_or_exchanged_is_no_damage(project, venv):
    (site(project) / "torch/__init__.py").write_text("'a newer one, which is longer than the one before'")
    (site(project) / "more").mkdir()
    assert venv.state(["lab"])[0] is State.DAMAGED
    venv.prepare(["lab"])
    assert project.roles() == ALL
    assert venv.state(["lab"])[0] is State.READY


def test_damage_that_the_quick_look_does_not_see_is_seen_after_doubt(project, venv):
    (site(project) / "jupyterlab/__main__.py").unlink()
    assert venv.state(["lab"])[0] is State.READY
    venv.doubt()
    assert venv.state(["lab"], closely=True)[0] is State.DAMAGED


def test_a_python_in_the_folder_that_starts_it_all_is_not_what_the_new_one_rests_on(project, venv, monkeypatch):
    monkeypatch.setattr(sys, "_base_executable", venv.python)
    assert not Path(venv.base_python()).is_relative_to(project.folder)
    assert Path(venv.base_python()).samefile(venv.python)


# Killed in the middle


@pytest.mark.parametrize(
    ("role", "signal_number"),
    [(role, signal.SIGKILL) for role in ALL]
    + [("uv", number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)],
)
def test_whatever_ends_a_set_up_ends_its_installers_and_the_next_one_needs_no_hand(role, signal_number, fresh):
    fresh.order(role, HANG)
    process = fresh.begin()
    fresh.wait_for(role)
    process.send_signal(signal_number)
    said, _ = process.communicate(timeout=30)
    assert fresh.nothing_lives()
    assert not (fresh.folder / ".venv").exists()
    if signal_number in (signal.SIGTERM, signal.SIGINT):
        assert process.returncode == {signal.SIGTERM: 143, signal.SIGINT: 130}[signal_number]
        assert fresh.left_over() == []
        assert "Traceback" not in said
    fresh.order(role, None)
    status, said = fresh.start()
    assert (status, said.splitlines()[-1]) == (0, f"It runs in {fresh.folder}/.venv")
    assert fresh.left_over() == []


def test_an_installer_that_is_killed_alone_leaves_nothing_behind_and_is_told(fresh):
    fresh.order(
        "uv", f"import os, signal, threading; {HANG.replace('.wait()', '')}; os.kill(os.getpid(), signal.SIGKILL)"
    )
    fresh.order("pip", "'--editable' not in arguments or sys.exit(1)")
    status, said = fresh.start()
    assert status == 1
    assert "start.py does not know this one" in said
    assert fresh.nothing_lives()


def _killed_at(project, place):
    """A start that is killed where this word stands in the code for the first time."""
    path = project.folder / "binder/environment/folder.py"
    text = path.read_text()
    assert place in text
    path.write_text(text.replace(place, f"os.kill(os.getpid(), 9); {place}", 1))
    assert project.start("--no-browser")[0] == -signal.SIGKILL
    path.write_text(text)


@pytest.mark.parametrize(
    ("place", "made_again"),
    [
        ("moving.rename_within(folder, folder.name", True),
        ("os.sync()", True),
        ("Stamp.of(folder, extras, self.fingerprint", True),
        ("self.put_in_place(folder)\n\n    def plan", False),
        ("aside = self.spare()", False),
        ("moving.move(folder, self.folder, self.system)", False),
        ("self.sweep(everywhere)\n        except OSError", False),
    ],
)
def test_killed_between_two_steps_what_is_whole_is_used_and_the_rest_goes(place, made_again, project):
    (site(project) / "torch/__init__.py").unlink()
    _killed_at(project, place)
    status, said = project.start("--no-browser")
    assert (status, "The course is open." in said) == (0, True)
    assert project.roles() == (ALL + ALL + ALL if made_again else ALL + ALL)
    assert project.left_over() == []


def test_without_network_the_next_run_goes_on_with_what_is_there(fresh, venv):
    fresh.order("uv", "sys.exit('dns error')")
    fresh.order("pip", "'--editable' not in arguments or sys.exit('dns error')")
    with pytest.raises(causes.StepFailed, match="no network"):
        venv.prepare(["lab"])
    (begun,) = fresh.left_over()
    fresh.order("uv", None)
    venv.prepare(["lab"])
    assert fresh.roles() == [*ALL, "pip", *UPDATE]
    assert {call[1] for call in fresh.calls()} == {str(fresh.folder / begun)}
    assert fresh.left_over() == []


def test_what_another_python_began_is_not_gone_on_with(fresh, venv, monkeypatch):
    fresh.order("pip", "sys.exit('No matching distribution found')")
    with pytest.raises(causes.StepFailed, match="a library does not exist for this Python"):
        venv.prepare(["lab"])
    fresh.order("pip", None)
    monkeypatch.setattr(folder.platform, "python_version", lambda: "3.12.99")
    venv.prepare(["lab"])
    assert fresh.roles() == ["ensurepip", "pip", *ALL]


def test_after_any_other_failure_nothing_is_left_and_the_log_is(fresh, venv):
    fresh.order("pip", "sys.exit('No space left on device')")
    with pytest.raises(causes.StepFailed, match="the disk is full") as failed:
        venv.prepare(["lab"])
    assert fresh.left_over() == []
    assert str(fresh.folder / ".venv.log") in str(failed.value)
    assert (fresh.folder / ".venv.log").read_text() == "No space left on device\n"


def test_what_installers_load_on_the_way_lies_in_the_new_folder_and_goes(project, venv):
    for role, prefix, _, environment in project.calls():
        assert environment["TMPDIR"] == f"{prefix}/tmp", role
    assert not (venv.folder / "tmp").exists()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENAMETOOLONG])
def test_what_the_system_refuses_is_told_in_words(error, fresh, venv, monkeypatch):
    def refuse(*_):
        raise OSError(error, os.strerror(error), "x")

    monkeypatch.setattr(folder, "keep_news_away", refuse)
    with pytest.raises(causes.StepFailed) as failed:
        venv.prepare(["lab"])
    assert "does not know" not in str(failed.value)
    assert fresh.left_over() == []


def test_a_folder_in_use_is_told_and_the_new_one_is_put_in_place_next_time(project, venv, monkeypatch):
    with monkeypatch.context() as windows:
        windows.setattr(moving, "PATIENCE", 0)
        windows.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(PermissionError(13, "in use")))
        with pytest.raises(causes.SetupError, match=r"The new \.venv is ready, but the present one is in use"):
            venv.prepare(["lab", "test"])
    assert venv.state(["lab"])[0] is State.READY
    venv.prepare(["lab", "test"])
    assert project.roles() == ALL + UPDATE
    assert project.left_over() == []


# Two at once


def test_two_starts_at_once_in_a_fresh_copy_set_up_once(fresh):
    fresh.order("ensurepip", "import time; time.sleep(2)")
    starts = [fresh.begin() for _ in range(3)]
    said = [process.communicate(timeout=120)[0] for process in starts]
    assert [process.returncode for process in starts] == [0, 0, 0]
    assert all(text.endswith(f"It runs in {fresh.folder}/.venv\n") for text in said)
    assert fresh.roles() == ALL
    assert sorted(text.count("Waiting for it") for text in said) == [0, 1, 1]


def test_where_the_first_is_killed_the_second_takes_over(fresh):
    fresh.order("pip", HANG)
    first = fresh.begin()
    fresh.wait_for("pip")
    second = fresh.begin()
    assert "Waiting for it" in second.stdout.readline()
    fresh.order("pip", None)
    first.kill()
    second.communicate(timeout=60)
    assert second.returncode == 0
    assert fresh.roles() == ["ensurepip", "pip", *ALL]
    first.communicate()


def test_who_waits_can_stop_waiting(fresh):
    with lock.locked(fresh.folder / ".venv.lock"):
        waits = fresh.begin()
        assert "Waiting for it" in waits.stdout.readline()
        waits.send_signal(signal.SIGINT)
        assert waits.communicate(timeout=30)[0] == "\nStopped. The same command starts again.\n"
    assert waits.returncode == 130
    assert fresh.calls() == []


@pytest.mark.parametrize("content", [b"", b"4711\n", b"x" * 1000])
def test_a_lock_file_that_is_left_over_locks_nothing(content, fresh):
    (fresh.folder / ".venv.lock").write_bytes(content)
    assert fresh.start()[0] == 0


def test_who_waited_at_a_lock_file_that_was_removed_comes_in_beside_nobody(tmp_path):
    path = tmp_path / "lock"
    inside, most = [], []

    def work():
        with lock.locked(path):
            inside.append(1)
            most.append(len(inside))
            time.sleep(1)
            inside.pop()

    workers = [threading.Thread(target=work) for _ in range(2)]
    with lock.locked(path):
        workers[0].start()
        time.sleep(0.5)
        path.unlink()
        workers[1].start()  # it makes the file again, and has the lock while the first still waits at the old one
        time.sleep(0.3)
    for thread in workers:
        thread.join(20)
    assert most == [1, 1]


@pytest.mark.parametrize("error", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_locks_on_the_disk_this_computers_own_serve_and_it_is_said(error, tmp_path, monkeypatch, capsys):
    flock = fcntl.flock
    asked = []

    def refuse_here(descriptor, flags):
        asked.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        if asked[-1].startswith(str(tmp_path / "network")):
            raise OSError(error, "No locks available")
        flock(descriptor, flags)

    (tmp_path / "network").mkdir()
    monkeypatch.setattr(fcntl, "flock", refuse_here)
    monkeypatch.setattr(lock.tempfile, "gettempdir", lambda: str(tmp_path))
    with lock.locked(tmp_path / "network/lock") as everywhere:
        assert not everywhere
        with pytest.raises(lock.Busy), lock.locked(tmp_path / "network/lock", wait=False):
            pass
    assert "set up the course on one computer at a time" in capsys.readouterr().out
    assert asked[-1].startswith(str(tmp_path / "ecgteach-"))


def test_without_locks_what_another_computer_may_be_filling_stays(project, venv):
    young, old = project.folder / ".v001", project.folder / ".v002"
    young.mkdir()
    old.mkdir()
    os.utime(old, (time.time() - 2 * folder.DAY,) * 2)
    venv.sweep(everywhere=False)
    assert project.left_over() == [".v001"]
    venv.prepare(["lab"])
    assert project.left_over() == []


def test_a_lock_that_is_no_file_is_told(fresh):
    (fresh.folder / ".venv.lock").mkdir()
    status, said = fresh.start()
    assert status == 1
    assert f"The lock {fresh.folder}/.venv.lock cannot be used" in said


# No other place


def _asks(project, python, role="pip"):
    """Ask an installer by hand to fill the project's .venv, in the process of this Python."""
    argv = [python, "-I", project.folder / "binder/environment/installer.py", project.folder / ".venv", role]
    with subprocess.Popen(
        argv, cwd=project.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        said = process.stdout.read()
    return process.returncode, said


@pytest.mark.parametrize("role", ["ensurepip", "pip", "uv", "look"])
def test_an_installer_in_another_python_installs_nothing(role, project):
    called = project.calls()
    for python in (sys._base_executable, sys.executable):
        status, said = _asks(project, python, role)
        assert status == 1
        assert said.startswith(f"Nothing was installed: {project.folder}/.venv is not the folder of this Python")
    assert project.calls() == called


@pytest.mark.parametrize("role", ["ensurepip", "pip"])
def test_a_pyvenv_cfg_that_goes_while_it_installs_leads_nobody_elsewhere(role, fresh, venv):
    fresh.order(role, "Path(sys.prefix, 'pyvenv.cfg').unlink()")
    with pytest.raises(causes.StepFailed, match="another program changed the new folder"):
        venv.prepare(["lab"])
    assert {Path(call[1]).parent for call in fresh.calls()} == {fresh.folder}
    assert fresh.roles() == ALL[: ALL.index(role) + 1]
    assert not venv.folder.exists()


def test_a_folder_that_goes_while_it_installs_is_told(fresh, venv):
    fresh.order("pip", "import shutil; shutil.rmtree(sys.prefix); sys.exit(0)")
    with pytest.raises(causes.StepFailed):
        venv.prepare(["lab"])
    assert not venv.folder.exists()
    fresh.order("pip", None)
    venv.prepare(["lab"])


LEADS_ELSEWHERE = {
    "PYTHONHOME": "/elsewhere",
    "PYTHONPATH": "/elsewhere",
    "PYTHONUSERBASE": "/elsewhere",
    "PYTHONSTARTUP": "/elsewhere",
    "PIP_TARGET": "/elsewhere",
    "PIP_PREFIX": "/elsewhere",
    "PIP_ROOT": "/elsewhere",
    "PIP_USER": "1",
    "PIP_PYTHON": "/elsewhere",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_DRY_RUN": "1",
    "PIP_NO_DEPS": "1",
    "PIP_REQUIREMENT": "/elsewhere",
    "UV_PYTHON": "/elsewhere",
    "UV_SYSTEM_PYTHON": "1",
    "UV_BREAK_SYSTEM_PACKAGES": "1",
    "UV_PROJECT_ENVIRONMENT": "/elsewhere",
    "UV_TARGET": "/elsewhere",
    "VIRTUAL_ENV": "/elsewhere",
    "CONDA_PREFIX": "/elsewhere",
    "CONDA_DEFAULT_ENV": "base",
    "__PYVENV_LAUNCHER__": "/elsewhere",
}
LEADS_TO_AN_INDEX = {
    "PIP_INDEX_URL": "https://index.example/simple",
    "PIP_EXTRA_INDEX_URL": "https://more.example/simple",
    "PIP_FIND_LINKS": "/wheels",
    "PIP_NO_INDEX": "1",
    "PIP_TRUSTED_HOST": "index.example",
    "PIP_CERT": "/cert.pem",
    "PIP_CLIENT_CERT": "/cert.pem",
    "PIP_PROXY": "http://proxy.example:3128",
    "PIP_DEFAULT_TIMEOUT": "180",
    "PIP_CACHE_DIR": "/cache",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_CONFIG_FILE": "/pip.conf",
    "UV_INDEX_URL": "https://index.example/simple",
    "UV_DEFAULT_INDEX": "https://index.example/simple",
    "UV_INDEX_OURS_PASSWORD": "secret",
    "UV_CACHE_DIR": "/cache",
    "UV_OFFLINE": "1",
    "UV_LINK_MODE": "copy",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "SSL_CERT_FILE": "/cert.pem",
    "HOME": "/home",
    "PATH": "/usr/bin",
}


def test_settings_that_lead_elsewhere_are_kept_from_installers_and_those_of_the_index_are_not():
    assert installer.variables(LEADS_ELSEWHERE | LEADS_TO_AN_INDEX) == LEADS_TO_AN_INDEX


def test_a_whole_start_with_all_of_them_set_fills_the_folder_and_no_other(fresh):
    # PYTHONHOME would keep the Python that runs start.py itself from beginning
    strange = {name: value for name, value in LEADS_ELSEWHERE.items() if name != "PYTHONHOME"}
    status, said = fresh.start(env=os.environ | strange)
    assert (status, said.splitlines()[-1]) == (0, f"It runs in {fresh.folder}/.venv")
    for _, prefix, _, environment in fresh.calls():
        assert Path(prefix).parent == fresh.folder
        assert not {*strange} & {*environment}


@pytest.mark.parametrize("line", ["target = /elsewhere", "prefix = /elsewhere", "root = /elsewhere"])
@pytest.mark.parametrize("section", ["global", "install"])
def test_pips_own_settings_that_lead_elsewhere_stop_it(section, line, tmp_path, monkeypatch):
    (tmp_path / "pip.conf").write_text(f"[{section}]\n{line}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setattr(installer, "run_module", lambda *_: pytest.fail("it was run"))
    with pytest.raises(SystemExit) as left:
        installer.run_pip("", ["uv"])
    name = line.split()[0]
    assert left.value.code == f"Nothing was installed: pip's own settings say {section}.{name}='/elsewhere'"
    assert "send libraries to another place" in causes.cause_of(left.value.code).meaning


def test_pip_runs_in_the_process_that_was_looked_at_and_never_for_the_user_only(monkeypatch):
    ran = []
    monkeypatch.setattr(installer, "run_module", lambda name, arguments: ran.append([name, *arguments]))
    installer.run_pip("", ["--retries", "1", "uv"])
    assert ran == [["pip", "install", "--no-user", "--retries", "1", "uv"]]


def test_uv_is_told_twice_where_to_install_and_reads_no_settings_file(monkeypatch):
    ran = []
    monkeypatch.setattr(installer, "import_module", lambda name: SimpleNamespace(find_uv_bin=lambda: "uv"))
    monkeypatch.setattr(
        installer.subprocess, "run", lambda argv, check: ran.append(argv) or SimpleNamespace(returncode=3)
    )
    with pytest.raises(SystemExit) as left:
        installer.run_uv("/there/.v001", ["--editable", "."])
    assert left.value.code == 3
    place = ["--no-config", "--python", sys.executable, "--prefix", "/there/.v001"]
    assert ran == [["uv", "pip", "install", *place, "--editable", "."]]


def test_pip_itself_comes_in_the_process_that_was_looked_at(tmp_path):
    there = tmp_path / ".v001"
    subprocess.run([sys._base_executable, "-m", "venv", "--without-pip", there], check=True)
    run = (
        "import runpy, subprocess, sys; sys.argv[:] = sys.argv[1:]; started = subprocess.Popen.__init__\n"
        "subprocess.Popen.__init__ = lambda self, argv, *a, **b: print('BEGUN', argv) or started(self, argv, *a, **b)\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    argv = [there / "bin/python", "-I", "-c", run, ROOT / "binder/environment/installer.py", there, "ensurepip"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read()
    assert process.returncode == 0
    assert [line for line in said.splitlines() if "BEGUN" in line and "pip" in line] == []
    assert (there / "bin/pip").exists()


# What a name is changed in


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"#!/a/.v001/bin/python\n", b"#!/a/.venv/bin/python\n"),
        (
            b"#!/bin/sh\n'''exec' \"/a b/.v001/bin/python\" \"$0\"\n",
            b"#!/bin/sh\n'''exec' \"/a b/.venv/bin/python\" \"$0\"\n",
        ),
        (b'VIRTUAL_ENV="/a/.v001"\nexport', b'VIRTUAL_ENV="/a/.venv"\nexport'),
        (b"VIRTUAL_ENV=/a/.v001\n", b"VIRTUAL_ENV=/a/.venv\n"),
        (b"MZ\0#!C:\\a\\.v001\\Scripts\\python.exe\r\nPK\3\4", b"MZ\0#!C:\\a\\.venv\\Scripts\\python.exe\r\nPK\3\4"),
        (b"#!/a/.v001/x/.v001/bin/python\n", b"#!/a/.v001/x/.venv/bin/python\n"),
        (b"#!/a/.v0012/bin/python /a/x.v001/bin/python\n", b"#!/a/.v0012/bin/python /a/x.v001/bin/python\n"),
    ],
)
def test_scripts_get_the_other_name_where_they_name_the_folder_and_nowhere_else(before, after, tmp_path):
    (tmp_path / "bin").mkdir()
    script, shared = tmp_path / "bin/tool", tmp_path / "shared"
    script.write_bytes(before)
    script.chmod(0o755)
    os.link(script, shared)
    moving.rename_within(tmp_path, ".v001", ".venv")
    assert script.read_bytes() == after
    assert shared.read_bytes() == before
    assert os.access(script, os.X_OK)


def test_names_of_unequal_length_would_damage_a_program_and_are_refused(tmp_path):
    with pytest.raises(ValueError, match="differ in length"):
        moving.rename_within(tmp_path, ".v1", ".venv")


def test_a_copy_shares_files_or_copies_them_where_it_cannot(project, venv, monkeypatch):
    target = project.folder / ".v001"
    moving.copy(venv.folder, target)
    (torch,) = target.glob("lib/python*/site-packages/torch/__init__.py")
    assert torch.stat().st_nlink == 2
    assert (target / "bin/torch-tool").read_text().startswith(f"#!{target}/bin/python\n")
    shutil.rmtree(target)
    monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.EPERM, "no")))
    moving.copy(venv.folder, target)
    assert torch.stat().st_nlink == 1


# What a failure says


@pytest.mark.parametrize(
    ("written", "meaning", "way_out"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk", "Free 3 GB"),
        ("The virtual environment was not created because ensurepip is not available.", "venv", "python3-venv"),
        ("/usr/bin/python3: No module named venv", "venv", "python3-venv"),
        ("ModuleNotFoundError: No module named 'ensurepip'", "venv", "python3-venv"),
        ("ModuleNotFoundError: No module named '_ssl'", "encryption", "python.org"),
        (
            "WARNING: pip is configured with locations that require TLS/SSL, however the ssl module is not available",
            "encryption",
            "python.org",
        ),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate", "PIP_CERT"),
        (
            "OSError('Tunnel connection failed: 407 Proxy Authentication Required')",
            "name and a password",
            "HTTPS_PROXY",
        ),
        ("ProxyError('Cannot connect to proxy.', NewConnectionError('...'))", "proxy that is set here", "HTTPS_PROXY"),
        ("OSError: [WinError 206] The filename or extension is too long", "path", "short path"),
        ("[Errno 36] File name too long: '/a'", "path", "short path"),
        ("[Errno 30] Read-only file system: '/a'", "cannot be written", "Copy the folder"),
        ("PermissionError: [WinError 5] Access is denied: 'torch_cpu.dll'", "written", "Close JupyterLab"),
        ("error: command 'gcc' failed: No such file or directory", "compiler", "3.11 to 3.14"),
        ("error: Microsoft Visual C++ 14.0 or greater is required", "compiler", "3.11 to 3.14"),
        ("error: command '/usr/bin/x86_64-linux-gnu-gcc' failed with exit code 1", "compiler", "3.11 to 3.14"),
        ("ERROR: No matching distribution found for torch==2.13.0", "does not exist", "Apple silicon"),
        ("NewConnectionError(': Failed to establish a new connection: [Errno -3]')", "no network", "connection"),
        ("error: Failed to fetch: `https://index.example/simple/numpy/`", "no network", "connection"),
        ("Nothing was installed: /a/.v001 is not the folder of this Python", "another program", "same command"),
    ],
)
def test_what_installers_write_is_told_in_words_with_a_way_out(written, meaning, way_out):
    cause = causes.cause_of(f"Collecting torch\n{written}\n")
    assert meaning in cause.meaning
    assert way_out in cause.way_out
    assert not re.search(r"[Dd]elete", cause.way_out)


def test_no_network_is_told_as_such_although_pip_ends_with_no_such_library():
    written = "WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution found"
    assert "network" in causes.cause_of(written).meaning


def _step(tmp_path, script, **more):
    """One step that is this Python script."""
    step = steps.Step("torch", [sys.executable, "-c", script], **more)
    steps.carry_out([step], tmp_path / "log", tmp_path)


def test_a_failure_shows_the_last_lines_the_cause_and_the_log(tmp_path, capsys):
    with pytest.raises(causes.StepFailed) as failed:
        _step(tmp_path, "print(*range(100), sep='\\n'); print('dns error'); raise SystemExit(1)")
    message = str(failed.value)
    assert message.splitlines()[:2] == ["    81", "    82"]
    assert "no network" in message
    assert str(tmp_path / "log") in message
    assert (tmp_path / "log").read_text().startswith("0\n1\n")
    assert "[1/1] torch ... failed after" in capsys.readouterr().out


def test_an_unknown_failure_says_so(tmp_path):
    with pytest.raises(causes.StepFailed, match=r"start\.py does not know this one"):
        _step(tmp_path, "raise SystemExit('something new')")


def test_pip_takes_over_where_uv_fails_and_it_is_said(tmp_path, capsys):
    _step(tmp_path, "raise SystemExit(2)", otherwise=[sys.executable, "-c", ""])
    assert "the same by pip" in capsys.readouterr().out


def test_a_missing_uv_stops_nothing(tmp_path, capsys):
    _step(tmp_path, "raise SystemExit(1)", required=False)
    assert "going on without" in capsys.readouterr().out
