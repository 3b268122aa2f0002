"""What start.py promises a newcomer; the set-up itself is run for real by whoever runs these tests through it."""

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import start  # noqa: E402


@pytest.fixture
def project(tmp_path):
    """A folder that has what a set-up depends on, and nothing else."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "binder").mkdir()
    (tmp_path / start.TORCH).write_text("torch\n")
    return tmp_path


@pytest.fixture
def carried_out(monkeypatch):
    """The steps that a set-up asks for; each is taken as done, and the Python that it makes as 3.11.7."""
    titles = []
    monkeypatch.setattr(start.Venv, "carry_out", lambda self, step, line: titles.append(step.title))
    monkeypatch.setattr(start.Venv, "version", lambda self: "3.11.7" if titles else None)
    return titles


# A Python that cannot serve, and a command line that means nothing


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 9, 2), (3, 10, 13)])
def test_an_older_python_is_told_in_one_sentence_which_one_is_needed(version):
    code = f"import sys, runpy; sys.version_info = {version}; runpy.run_path({str(ROOT / 'start.py')!r})"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith(
        f"start.py needs Python 3.11 or later, and this is Python {version[0]}.{version[1]}."
    )
    assert "Traceback" not in ended.stderr


def test_an_older_python_can_read_the_file_as_far_as_that_sentence():
    ast.parse((ROOT / "start.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_only_the_standard_library_is_imported():
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("arguments", [["tset"], ["--prot", "1"], ["--port", "many"]])
def test_an_unknown_argument_gets_the_choices_and_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        start.main(arguments)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert all(choice in said for choice in ("test", "bench", "--no-browser", "--port", arguments[0]))


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as left:
        start.main(["--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("start.py test", "start.py bench", "--no-browser", "--port"))


@pytest.mark.parametrize("arguments", [[], ["test"], ["bench"]])
def test_a_checkout_without_notebooks_is_refused_before_anything_is_installed(arguments, project, monkeypatch, capsys):
    monkeypatch.setattr(start, "ROOT", project)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert start.main(arguments) == 1
    assert "notebooks/00_start_here.ipynb is missing" in capsys.readouterr().err
    assert not (project / ".venv").exists()


# The steps


@pytest.mark.parametrize(
    ("system", "python"), [("Linux", "bin/python"), ("Darwin", "bin/python"), ("Windows", "Scripts/python.exe")]
)
def test_the_plan_brings_torch_by_pip_and_the_rest_by_uv(system, python, project):
    venv = start.Venv(project / ".venv", system)
    folder, torch, uv, course, see = venv.plan(["lab"], fresh=True)
    interpreter = str(project / ".venv" / python)
    assert folder.argv == [sys.executable, "-m", "venv", str(project / ".venv")]
    assert torch.argv[:4] == [interpreter, "-m", "pip", "install"]
    assert torch.argv[-3:] == ["--no-deps", "--requirement", "binder/requirements.txt"]
    assert not uv.required
    assert course.argv[:5] == [interpreter, "-m", "uv", "pip", "install"]
    assert course.argv[-2:] == course.otherwise[-2:] == ["--editable", ".[lab]"]
    assert see.argv[:2] == [interpreter, "-c"]


def test_nothing_is_ever_upgraded_on_its_own(project):
    steps = start.Venv(project / ".venv", "Linux").plan(["lab", "test", "bench"], fresh=True)
    assert not {"-U", "--upgrade"} & {word for step in steps for word in step.argv + (step.otherwise or [])}


def test_a_second_run_has_nothing_to_do(project, carried_out):
    venv = start.Venv(project / ".venv", "Linux")
    venv.prepare(["lab"])
    assert len(carried_out) == 5
    venv.prepare(["lab"])
    assert len(carried_out) == 5


def test_the_tests_add_what_they_need_and_the_course_has_then_nothing_to_do(project, carried_out):
    venv = start.Venv(project / ".venv", "Linux")
    venv.prepare(["lab"])
    venv.prepare(["lab", "test"])
    assert len(carried_out) == 9
    venv.prepare(["lab"])
    assert len(carried_out) == 9


@pytest.mark.parametrize("changed", ["pyproject.toml", start.TORCH])
def test_a_change_in_what_is_needed_installs_again_with_all_extras(changed, project, carried_out):
    venv = start.Venv(project / ".venv", "Linux")
    venv.prepare(["lab", "test"])
    (project / changed).write_text("changed\n")
    venv.prepare(["lab"])
    assert len(carried_out) == 9
    assert venv.installed()[0] == ["lab", "test"]


def test_another_python_or_another_place_installs_again(project, carried_out, monkeypatch):
    venv = start.Venv(project / ".venv", "Linux")
    venv.prepare(["lab"])
    monkeypatch.setattr(start.Venv, "version", lambda self: "3.12.1")
    venv.prepare(["lab"])
    assert len(carried_out) == 9
    moved = project.rename(project.with_name("moved"))
    start.Venv(moved / ".venv", "Linux").prepare(["lab"])
    assert len(carried_out) == 13


def test_an_installation_that_was_cut_off_starts_afresh(project, carried_out):
    venv = start.Venv(project / ".venv", "Linux")
    venv.prepare(["lab"])
    (venv.folder / start.MARK).touch()
    (venv.folder / "half").touch()
    venv.prepare(["lab"])
    assert len(carried_out) == 10
    assert not (venv.folder / "half").exists()


def test_a_stamp_that_cannot_be_read_counts_as_none(project, carried_out):
    venv = start.Venv(project / ".venv", "Linux")
    venv.prepare(["lab"])
    (venv.folder / start.STAMP).write_text("{")
    venv.prepare(["lab"])
    assert len(carried_out) == 9


def test_a_full_disk_is_told_before_anything_is_loaded(project, carried_out, monkeypatch):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda path: SimpleNamespace(free=5e8))
    with pytest.raises(start.SetupError, match=r"0\.5 GB left and the course needs 3"):
        start.Venv(project / ".venv", "Linux").prepare(["lab"])
    assert carried_out == []


# What a failure says


@pytest.mark.parametrize(
    ("written", "meaning", "way_out"),
    [
        (
            "ERROR: Could not install packages: [Errno 28] No space left on device",
            "disk",
            "Free 3 GB",
        ),
        ("The virtual environment was not created because ensurepip is not available.", "venv", "python3-venv"),
        ("/usr/bin/python3: No module named venv", "venv", "python3-venv"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate", "PIP_CERT"),
        ("OSError: [WinError 206] The filename or extension is too long", "path", "short path"),
        ("PermissionError: [WinError 5] Access is denied: 'torch_cpu.dll'", "written", "Close JupyterLab"),
        ("error: command 'gcc' failed: No such file or directory", "compiler", "3.11 to 3.14"),
        ("error: Microsoft Visual C++ 14.0 or greater is required", "compiler", "3.11 to 3.14"),
        ("error: command '/usr/bin/x86_64-linux-gnu-gcc' failed with exit code 1", "compiler", "3.11 to 3.14"),
        ("ERROR: No matching distribution found for torch==2.13.0", "does not exist", "Apple silicon"),
        ("NewConnectionError(': Failed to establish a new connection: [Errno -3]')", "no network", "connection"),
        (
            "error: Failed to fetch: `https://pypi.org/simple/numpy/`",
            "no network",
            "connection",
        ),
    ],
)
def test_what_installers_write_is_told_in_words_with_a_way_out(written, meaning, way_out):
    cause = start.cause_of(f"Collecting torch\n{written}\n")
    assert meaning in cause.meaning
    assert way_out in cause.way_out


def test_no_network_is_told_as_such_although_pip_ends_with_no_such_library():
    written = "WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution found"
    assert "network" in start.cause_of(written).meaning


def _failing(project, script):
    venv = start.Venv(project / ".venv", "Linux")
    venv.folder.mkdir()
    (venv.folder / start.MARK).touch()
    with pytest.raises(start.SetupError) as failed:
        venv.carry_out(start.Step("torch", [sys.executable, "-c", script]), "[1/4] torch ...")
    return venv, str(failed.value)


def test_a_failure_shows_the_last_lines_the_cause_and_the_log(project, capsys):
    script = "print(*range(100), sep='\\n'); print('dns error'); raise SystemExit(1)"
    venv, message = _failing(project, script)
    assert message.splitlines()[:2] == ["    81", "    82"]
    assert "no network" in message
    assert str(venv.folder / "setup.log") in message
    assert (venv.folder / "setup.log").read_text().startswith("0\n1\n")
    assert "[1/4] torch ... failed after" in capsys.readouterr().out


def test_without_network_the_next_run_goes_on_and_after_anything_else_it_starts_afresh(project, tmp_path):
    venv, _ = _failing(project, "raise SystemExit('dns error')")
    assert not (venv.folder / start.MARK).exists()
    (project / "other").mkdir()
    venv, message = _failing(project / "other", "raise SystemExit('No space left on device')")
    assert (venv.folder / start.MARK).exists()
    assert "the disk is full" in message


def test_an_unknown_failure_says_so(project):
    _, message = _failing(project, "raise SystemExit('something new')")
    assert "start.py does not know this one" in message


def test_pip_takes_over_where_uv_fails_and_it_is_said(project, capsys):
    venv = start.Venv(project / ".venv", "Linux")
    venv.folder.mkdir()
    step = start.Step("rest", [sys.executable, "-c", "raise SystemExit(2)"], otherwise=[sys.executable, "-c", ""])
    venv.carry_out(step, "[3/4] rest ...")
    assert "the same by pip" in capsys.readouterr().out


def test_a_missing_uv_stops_nothing(project, capsys):
    venv = start.Venv(project / ".venv", "Linux")
    venv.folder.mkdir()
    venv.carry_out(start.Step("uv", [sys.executable, "-c", "raise SystemExit(1)"], required=False), "[2/4] uv ...")
    assert "going on without" in capsys.readouterr().out


# Threads, memory, browser


def test_threads_and_memory_are_set_and_the_users_own_settings_stay():
    settings = start.with_settings({"OMP_NUM_THREADS": "7", "HOME": "/x"}, "Linux", cores=2)
    assert settings["OMP_NUM_THREADS"] == "7"
    assert settings["HOME"] == "/x"
    assert settings["OMP_WAIT_POLICY"] == "PASSIVE"
    assert settings["MALLOC_TRIM_THRESHOLD_"] == settings["MALLOC_MMAP_THRESHOLD_"] == "1000000000"


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_memory_thresholds_are_for_linux_only(system):
    assert set(start.with_settings({}, system, cores=4)) == {"OMP_NUM_THREADS", "OMP_WAIT_POLICY"}


def _plant(folder, groups, contents):
    """Files as Linux shows them to a process in these control groups."""
    for path, text in {
        "proc/self/cgroup": groups,
        **{f"sys/fs/cgroup/{name}": text for name, text in contents},
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


@pytest.mark.parametrize(
    ("groups", "contents", "cores"),
    [
        ("0::/\n", [("cpu.max", "150000 100000\n")], [1.5]),
        ("0::/\n", [("cpu.max", "max 100000\n")], []),
        ("0::/a/b\n", [("a/cpu.max", "200000 100000\n"), ("a/b/cpu.max", "max 100000\n")], [2.0]),
        ("0::/out side\n", [("cpu.max", "200000 100000\n")], [2.0]),
        ("4:cpu,cpuacct:/\n", [("cpu/cpu.cfs_quota_us", "50000\n"), ("cpu/cpu.cfs_period_us", "100000\n")], [0.5]),
        ("4:cpu:/x\n", [("cpu/x/cpu.cfs_quota_us", "-1\n"), ("cpu/x/cpu.cfs_period_us", "100000\n")], []),
        ("9:name=systemd:/\n2:cpuacct:/\n", [], []),
    ],
)
def test_a_containers_quota_is_read(groups, contents, cores, tmp_path):
    _plant(tmp_path, groups, contents)
    assert list(start.quotas(tmp_path)) == cores


def test_the_count_of_cores_is_whole_and_at_least_one(tmp_path):
    _plant(tmp_path, "0::/\n", [("cpu.max", "20000 100000\n")])
    assert start.processors(tmp_path) == 1


def test_without_control_groups_the_count_is_what_the_machine_gives(tmp_path):
    assert 1 <= start.processors(tmp_path) <= os.cpu_count()


def test_a_browser_is_the_users_choice_or_one_on_the_path_or_none(tmp_path):
    assert start.find_browser("Linux", {"ECGTEACH_BROWSER": "/opt/mine"}) == "/opt/mine"
    assert start.find_browser("Linux", {"PATH": str(tmp_path)}) is None
    chromium = tmp_path / "chromium"
    chromium.touch(mode=0o755)
    assert start.find_browser("Linux", {"PATH": str(tmp_path)}) == str(chromium)


def test_no_browser_is_said_with_the_way_to_one(monkeypatch, project, capsys):
    monkeypatch.setattr(start, "find_browser", lambda *_: None)
    monkeypatch.setattr(start, "follow", lambda argv, settings: 0)
    start.run_tests(start.Venv(project / ".venv", "Linux"), {}, [])
    assert "sudo apt install chromium" in capsys.readouterr().out
    start.run_tests(start.Venv(project / ".venv", "Darwin"), {}, [])
    assert "install Chrome" in capsys.readouterr().out


# What is started


def test_jupyterlab_opens_the_first_notebook():
    argv = start.lab_command("python", no_browser=True, port=9000)
    assert argv[:3] == ["python", "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in argv
    assert {"--no-browser", "--port=9000"} <= set(argv)
    assert not {"--no-browser", "--port=9000"} & set(start.lab_command("python"))


def test_jupyterlab_fetches_no_news_and_does_not_ask_whether_it_may(tmp_path):
    for _ in range(2):
        start.keep_news_away(tmp_path)
    settings = json.loads((tmp_path / "share/jupyter/lab/settings/overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}


def test_pytest_gets_tests_examples_and_notebooks_and_the_users_arguments(monkeypatch, project):
    asked = []
    monkeypatch.setattr(start, "follow", lambda argv, settings: asked.append(argv) or 3)
    assert start.run_tests(start.Venv(project / ".venv", "Linux"), {}, ["-k", "strip"]) == 3
    (argv,) = asked
    assert argv[-2:] == ["-k", "strip"]
    assert "--override-ini=testpaths=tests ecgteach data_fetch notebooks" in argv
    assert {"--doctest-modules", "--nbval-lax", "--nbval-current-env"} <= set(argv)


def test_a_command_that_was_followed_gives_its_status():
    assert start.follow([sys.executable, "-c", "raise SystemExit(4)"], os.environ) == 4


def test_whoever_ends_start_py_ends_what_it_started():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(SystemExit), start.ended_with_us(process):
        raise SystemExit(143)
    assert process.poll() is not None


def test_what_does_not_end_when_asked_is_killed(monkeypatch):
    deaf = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(deaf, "terminate", lambda: None)
    wait = deaf.wait
    monkeypatch.setattr(deaf, "wait", lambda timeout=None: wait(timeout and 0.1))
    with pytest.raises(KeyboardInterrupt), start.ended_with_us(deaf):
        raise KeyboardInterrupt
    assert deaf.poll() is not None
