"""What start.py promises a newcomer; the set-up itself is run for real by whoever runs these tests through it."""

import ast
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from starting import Project, as_anybody, set_up_once

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import start  # noqa: E402

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


@pytest.mark.parametrize(
    "path", [ROOT / "start.py", *(ROOT / "binder/environment").glob("*.py")], ids=lambda path: path.name
)
def test_only_the_standard_library_is_imported(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= {*sys.stdlib_module_names, "binder"}


PORTS = ["many", "-1", "0", "65536", "99999", "8" * 5000, "80.0", "٨٠", "", " "]


@pytest.mark.parametrize("arguments", [["tset"], ["--prot", "1"]])
def test_an_unknown_argument_gets_the_choices_and_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        start.main(arguments)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert all(choice in said for choice in ("test", "bench", "--no-browser", "--port", arguments[0]))


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port[:8])
def test_what_is_no_port_is_told_at_once(port, capsys):
    with pytest.raises(SystemExit) as left:
        start.main([f"--port={port}"])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "a port is a number from 1 to 65535" in said
    assert len(said) < 300


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as left:
        start.main(["--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("start.py test", "start.py bench", "--no-browser", "--port"))


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("--no-browser", "notebooks/00_start_here.ipynb"),
        ("test", "pyproject.toml"),
        ("bench", "binder/requirements.txt"),
    ],
)
def test_half_a_checkout_is_refused_before_anything_is_installed(argument, name, tmp_path):
    project = Project(tmp_path)
    (tmp_path / name).unlink()
    status, said = project.start(argument)
    assert (status, said) == (1, f"\n{name} is missing: get the whole project again (clone or unzip).\n")
    assert not (tmp_path / ".venv").exists()


def test_start_py_without_the_project_around_it_says_so(tmp_path):
    shutil.copy(ROOT / "start.py", tmp_path)
    ended = subprocess.run([sys.executable, "-ES", tmp_path / "start.py"], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == "binder is missing beside start.py: get the whole project again (clone or unzip).\n"


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


def test_no_browser_is_said_with_the_way_to_one(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(start, "find_browser", lambda *_: None)
    monkeypatch.setattr(start, "follow", lambda argv, settings: 0)
    start.run_tests(start.Venv(tmp_path / ".venv", "Linux"), {}, [])
    assert "sudo apt install chromium" in capsys.readouterr().out
    start.run_tests(start.Venv(tmp_path / ".venv", "Darwin"), {}, [])
    assert "install Chrome" in capsys.readouterr().out


# What is started


def test_jupyterlab_opens_the_first_notebook():
    argv = start.lab_command("python", no_browser=True, port=9000)
    assert argv[:3] == ["python", "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in argv
    asked = {"--no-browser", "--port=9000", "--ServerApp.port_retries=0"}
    assert asked <= set(argv)
    assert not asked & set(start.lab_command("python"))


def test_a_notebooks_pip_is_the_one_in_the_folder_and_no_other_pythons_libraries_come_in(tmp_path):
    venv = start.Venv(tmp_path / ".venv", "Linux")
    inside = start.within({"PATH": "/usr/bin", "PYTHONPATH": "/x", "PYTHONHOME": "/y", "HOME": "/z"}, venv)
    path = f"{tmp_path}/.venv/bin{os.pathsep}/usr/bin"
    assert inside == {"PATH": path, "HOME": "/z", "VIRTUAL_ENV": str(tmp_path / ".venv")}


def test_pytest_gets_tests_examples_and_notebooks_and_the_users_arguments(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(start, "follow", lambda argv, settings: asked.append(argv) or 3)
    assert start.run_tests(start.Venv(tmp_path / ".venv", "Linux"), {}, ["-k", "strip"]) == 3
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


ENDS_IN_ITS_OWN_WAY = """
import time
try:
    print("here", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("in its own way")
"""


def test_a_command_that_was_stopped_ends_first_and_is_said_to_be_stopped(tmp_path):
    project = Project(tmp_path)
    project.write("tests/benchmarks/__main__.py", ENDS_IN_ITS_OWN_WAY)
    process = project.begin(start_new_session=True)
    while "here" not in process.stdout.readline():
        pass
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert said == "in its own way\n\nStopped. The same command starts again.\n"
    assert process.returncode == 130


# JupyterLab, when it does not open


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A small project that is set up, made once."""
    return set_up_once(tmp_path_factory.mktemp("once"))


@pytest.fixture
def project(once):
    """The same as if it were new."""
    once.restore()
    return once


def test_jupyterlab_that_was_closed_is_no_failure(project):
    status, said = project.start("--no-browser")
    assert status == 0
    assert said.endswith("The course is open.\nJupyterLab has ended. The same command opens the course again.\n")


def _lab(project, text):
    """JupyterLab in the project's .venv is this program."""
    (module,) = project.folder.glob(".venv/lib/python*/site-packages/jupyterlab/__main__.py")
    module.write_text(text.ljust(module.stat().st_size))


@pytest.mark.parametrize("status", [1, 2, 7])
def test_jupyterlab_that_dies_at_once_is_a_failure_and_nothing_says_that_it_opens_again(project, status):
    _lab(project, f"print('ERROR: no port'); raise SystemExit({status})")
    code, said = project.start("--no-browser")
    assert code == 1
    assert f"ERROR: no port\n\nJupyterLab ended with status {status}, and the lines above say why." in said
    assert "opens the course again" not in said
    assert project.roles().count("uv") == 1


def test_jupyterlab_that_misses_a_part_is_told_and_repaired(project):
    for path in project.folder.glob(".venv/lib/python*/site-packages/jupyterlab/__main__.py"):
        path.unlink()
    status, said = project.start("--no-browser")
    assert status == 1
    assert "a part of .venv is damaged: Missing or cut short: jupyterlab/__main__.py, of jupyterlab." in said
    status, said = project.start("--no-browser")
    assert status == 0
    assert "Making .venv anew" in said
    assert "The course is open." in said


def test_a_port_that_is_in_use_is_told_before_anything_is_set_up(tmp_path):
    project = Project(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        status, said = project.start("--port", str(port))
    assert status == 1
    assert f"Port {port} is in use" in said
    assert project.calls() == []


def test_a_port_for_administrators_is_told_before_anything_is_set_up(monkeypatch):
    def refuse(self, address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(start.socket, "socket", type("Socket", (socket.socket,), {"bind": refuse}))
    with pytest.raises(start.SetupError, match="Port 80 is for administrators only"):
        start.require_port(80)


def test_a_free_port_is_no_trouble(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert Project(tmp_path).start("--no-browser", "--port", str(port))[0] == 0


# Where it runs, and as whom


NOBODY = "import os, pwd, runpy, sys; pwd.getpwuid = lambda _: {}['nobody']; sys.argv[:] = sys.argv[1:]; "


@pytest.mark.parametrize(
    ("home", "why"),
    [
        (None, "this user has no home folder"),
        ("/nowhere/at/all", "the home folder /nowhere/at/all cannot be written"),
        ("/dev/null", "the home folder /dev/null cannot be written"),
    ],
)
def test_without_a_home_folder_the_course_opens_and_says_what_is_not_kept(home, why, tmp_path):
    project = Project(tmp_path / "project")
    project.write("lab.py", "import os; print('At home in', os.environ['HOME'], os.listdir(os.environ['HOME']))")
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    environment |= {"HOME": home} if home else {}
    run = f"{NOBODY} runpy.run_path(sys.argv[0], run_name='__main__')"
    argv = [sys.executable, "-c", run, project.folder / "start.py", "--no-browser"]
    ended = subprocess.run(argv, capture_output=True, text=True, env=environment | {"TMPDIR": str(tmp_path)})
    assert ended.returncode == 0
    assert f"Settings and downloads are kept only until this ends, since {why}." in ended.stdout
    assert f"At home in {tmp_path}/ecgteach-home-" in ended.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_a_user_without_an_entry_but_with_a_home_is_nothing_special(tmp_path):
    project = Project(tmp_path / "project")
    run = f"{NOBODY} runpy.run_path(sys.argv[0], run_name='__main__')"
    argv = [sys.executable, "-c", run, project.folder / "start.py", "--no-browser"]
    ended = subprocess.run(argv, capture_output=True, text=True, env=os.environ | {"HOME": str(tmp_path)})
    assert ended.returncode == 0
    assert "home" not in ended.stdout.lower()


@pytest.mark.parametrize("name", ["with spaces", "Übung für Ärzte", "it's", "日本", "50% & more; all", "a" * 200])
def test_it_runs_in_a_folder_of_any_name_and_its_scripts_too(name, tmp_path):
    project = Project(tmp_path / name)
    status, said = project.start()
    assert (status, said.splitlines()[-1]) == (0, f"It runs in {project.folder}/.venv")
    activate = '. ./.venv/bin/activate && echo "$VIRTUAL_ENV" && python -c "import sys; print(sys.prefix)"'
    ended = subprocess.run(["bash", "-c", activate], cwd=project.folder, capture_output=True, text=True)
    assert ended.stdout.splitlines() == [f"{project.folder}/.venv"] * 2


def test_it_runs_from_anywhere_and_through_a_link(tmp_path):
    project = Project(tmp_path / "project")
    link = tmp_path / "elsewhere/begin.py"
    link.parent.mkdir()
    link.symlink_to(project.folder / "start.py")
    status, said = project.start(start=link, cwd=link.parent)
    assert (status, said.splitlines()[-1]) == (0, f"It runs in {project.folder}/.venv")
    assert [path.name for path in link.parent.iterdir()] == ["begin.py"]


def test_a_terminal_that_cannot_write_a_name_gets_it_in_other_signs(tmp_path):
    project = Project(tmp_path / "Ü")
    (project.folder / "pyproject.toml").unlink()
    (project.folder / "pyproject.toml").mkdir()
    project.hand_over()
    status, said = project.start(env=os.environ | {"PYTHONIOENCODING": "ascii"}, preexec_fn=as_anybody)
    project.take_back()
    assert (status, "Traceback" in said) == (1, False)


def test_an_administrators_folder_serves_another_user_who_writes_nothing(project):
    before = {path: path.lstat().st_mtime_ns for path in project.folder.rglob("*")}
    project.hand_over()
    try:
        status, said = project.start("--no-browser", preexec_fn=as_anybody)
        other, refused = project.start("test", preexec_fn=as_anybody)
    finally:
        project.take_back()
    assert status == 0
    assert "what you change in them is not kept" in said
    assert said.endswith("The course is open.\nJupyterLab has ended. The same command opens the course again.\n")
    assert {path: path.lstat().st_mtime_ns for path in project.folder.rglob("*")} == before
    assert other == 1
    assert f"The folder {project.folder} cannot be written by you" in refused
    assert "Traceback" not in refused


def test_a_folder_that_cannot_be_written_is_told_with_the_way_out(tmp_path):
    project = Project(tmp_path)
    project.hand_over()
    try:
        status, said = project.start(preexec_fn=as_anybody)
    finally:
        project.take_back()
    assert status == 1
    assert said.startswith(f"\nThe folder {tmp_path} cannot be written by you")
    assert "copy the folder to a place of your own" in said
    assert project.calls() == []
