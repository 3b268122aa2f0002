"""What the project hands out: one address, one version, one pin, its licences, a small package, nobody's paths."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MADE_HERE = {
    ".git",
    ".venv",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    "runs",
    "out",
}


def _files():
    """Files that git tracks or would; in an unzipped copy without git, all but what is made here."""
    try:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.split("\0")
    except FileNotFoundError:
        listed = []
    files = {ROOT / name for name in listed if name}
    if not files:
        files = {path for path in ROOT.rglob("*") if not MADE_HERE & set(path.relative_to(ROOT).parts)}
    return sorted(path for path in files if path.is_file())


@pytest.fixture(scope="module")
def texts():
    """Every file of the project that is text, by its path from the top."""
    found = {}
    for path in _files():
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            found[path.relative_to(ROOT).as_posix()] = content.decode(errors="replace")
    assert {"README.md", "start.py", "pyproject.toml"} <= set(found)
    return found


def _package():
    """Files that go into the wheel."""
    files = [path for path in (ROOT / "ecgteach").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert files
    return files


def test_the_public_address_is_the_one_in_pyproject(texts):
    ours = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+)", PROJECT["urls"]["Homepage"])[1]
    hosts = r"(?:github\.com|githubusercontent\.com|mybinder\.org/v2/gh|colab\.research\.google\.com/github)"
    named = re.compile(rf"{hosts}/([\w.-]+/{ours.split('/')[1]})\b")
    assert named.findall(texts["pyproject.toml"]) == [ours]
    assert {path: found for path, text in texts.items() for found in named.findall(text) if found != ours} == {}


def test_no_file_names_a_folder_of_somebodys_machine(texts):
    machine = re.compile(r"(?<![\w.~}/-])/(?:work|root|home|Users)/\w+|[A-Z]:\\+Users\\")
    assert {path: hit.group() for path, text in texts.items() for hit in machine.finditer(text)} == {}


def test_only_the_ci_script_knows_where_its_recordings_lie(texts):
    place = "/".join(["shared", "physionet"])
    assert {path for path, text in texts.items() if place in text} <= {".ci/run"}


def test_the_version_stands_in_pyproject_and_the_citation_follows(texts):
    citation = yaml.safe_load(texts["CITATION.cff"])
    assert str(citation["version"]) == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    written = re.compile(r"""__version__(?:: \w+)?\s*=\s*["']""")
    assert [path for path, text in texts.items() if path.startswith("ecgteach/") and written.search(text)] == []


def test_the_citation_names_the_authors_and_the_study(texts):
    citation = yaml.safe_load(texts["CITATION.cff"])
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["authors"] == PROJECT["authors"]
    (study,) = citation["references"]
    assert study["doi"] == "10.1038/s41598-026-38654-w"
    assert len(study["authors"]) == 7


def test_code_is_under_mit_and_the_courses_text_under_cc_by(texts):
    assert PROJECT["license"] == "MIT"
    assert set(PROJECT["license-files"]) == {"LICENSE", "LICENSE-course.md"}
    assert texts["LICENSE"].startswith("MIT License")
    assert "SPDX-License-Identifier: CC-BY-4.0" in texts["LICENSE-course.md"]


def test_torch_is_pinned_in_one_place_and_the_pin_is_one_that_the_project_accepts(texts):
    pinned = re.compile(r"^torch==([\d.]+)$", re.M)
    assert [path for path, text in texts.items() if pinned.search(text)] == ["binder/requirements.txt"]
    (version,) = pinned.findall(texts["binder/requirements.txt"])
    (floor,) = [need.removeprefix("torch>=") for need in PROJECT["dependencies"] if need.startswith("torch>=")]
    assert [int(part) for part in version.split(".")] >= [int(part) for part in floor.split(".")]


def test_binder_has_a_python_that_the_project_accepts_and_files_that_can_start(texts):
    major, minor = re.fullmatch(r"python-(\d+)\.(\d+)", texts["binder/runtime.txt"].strip()).groups()
    assert (int(major), int(minor)) >= (3, 11)
    assert all(texts[f"binder/{name}"].startswith("#!/usr/bin/env ") for name in ("postBuild", "start"))


TOP = {
    ".ci", ".gitignore", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "LICENSE-course.md", "README.md",
    "TROUBLESHOOTING.md", "binder", "data_fetch", "ecgteach", "notebooks", "pyproject.toml", "start.py", "tests",
}  # fmt: skip


def test_nothing_lies_at_the_top_that_does_not_belong_there():
    assert {path.relative_to(ROOT).parts[0] for path in _files()} <= TOP


def test_the_package_stays_below_ten_megabytes():
    assert sum(path.stat().st_size for path in _package()) < 10e6


def test_the_package_holds_nothing_that_runs_code_when_it_is_read_and_nothing_left_over():
    unwanted = {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".ipynb", ".pyc", ".orig", ".bak", ".log"}
    assert [path.name for path in _package() if path.suffix in unwanted] == []
    assert (ROOT / "ecgteach" / "py.typed").is_file()
