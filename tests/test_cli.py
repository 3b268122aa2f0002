import json
import re

import numpy as np
import pytest
from conftest import beating
from typer.main import get_command

from ecgteach.cli import app, main


def run(capsys, *arguments):
    """Exit code, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return left.value.code or 0, said.out, said.err


def test_explain_writes_figure_and_maps(capsys, tmp_path):
    figure, values = tmp_path / "a.png", tmp_path / "a.json"
    code, out, err = run(capsys, "explain", "sample", "--out", figure, "--json", values)
    assert (code, err) == (0, "")
    assert "not for clinical use" in out
    assert figure.read_bytes().startswith(b"\x89PNG")
    held = json.loads(values.read_text())
    assert held["sampling_rate"] == 500
    assert set(held["views"]) == {"signal", "image"}
    for view in held["views"].values():
        assert sum(view["probabilities"].values()) == pytest.approx(1)
        assert len(view["map"]) == 5000
        assert 0 <= min(view["map"]) <= max(view["map"]) <= 1
    assert len(held["fused"]["map"]) == 5000
    assert held["fused"]["rule"] == "mean"
    assert held["target"] in held["views"]["signal"]["probabilities"]


def test_explain_takes_target_rule_and_a_numbered_sample(capsys, tmp_path):
    code, out, _ = run(capsys, "explain", "sample:SB:2", "--target", "AFIB", "--fusion", "maximum")
    assert code == 0
    assert "target  AFIB (atrial fibrillation or flutter), asked for" in out
    assert "by maximum" in out


def test_explain_reads_a_table_with_stated_rate_and_unit(capsys, tmp_path):
    np.savetxt(tmp_path / "a.csv", beating(75, 30, 250) * 1000)
    code, out, _ = run(capsys, "explain", tmp_path / "a.csv", "--rate", 250, "--unit", "uV", "--at", 12.5)
    assert code == 0
    assert "12.5-22.5 s" in out


def write(tmp_path, name, trace, digits=3, end="\n"):
    """A text of one number a line; the path of it."""
    (tmp_path / name).write_text("\n".join(f"{value:.{digits}f}" for value in trace) + end)
    return tmp_path / name


def test_explain_says_how_a_table_was_read(capsys, tmp_path):
    rows = "\n".join(f"{n / 500:.3f};{value:.3f}".replace(".", ",") for n, value in enumerate(beating(75)))
    (tmp_path / "a.csv").write_text(f"time;II (mV)\n{rows}\n")
    code, out, _ = run(capsys, "explain", tmp_path / "a.csv")
    assert code == 0
    assert "read    5,000 lines of 2 cells; cells are separated by ';', numbers have a decimal comma" in out
    assert "read    column 1 is time, which gives 500 Hz" in out
    assert "lead II" in out


WAYS_OUT = {
    "rate and unit": ("does not say its sampling_rate (Hz) and unit", [], ["--rate", 500, "--unit", "mV"]),
    "pad": ("use pad=True (--pad)", ["--rate", 500, "--unit", "mV"], ["--rate", 500, "--unit", "mV", "--pad"]),
    "decimal": ("--decimal ,", ["--rate", 500, "--unit", "mV"], ["--rate", 500, "--unit", "mV", "--decimal", ","]),
    "delimiter": (
        "--delimiter ,",
        ["--rate", 500, "--unit", "uV", "--quality", "any"],
        ["--rate", 500, "--unit", "uV", "--delimiter", ",", "--lead", "lead 2", "--quality", "any"],
    ),
    "quality": ("--quality any", ["--rate", 500, "--unit", "mV"], ["--rate", 500, "--unit", "mV", "--quality", "any"]),
    "at": ("(--at, --lead)", ["--rate", 500, "--unit", "mV"], ["--rate", 500, "--unit", "mV", "--at", 10.1]),
    "lead": ("strip(lead=...) (--lead)", ["--rate", 500, "--unit", "mV"],
             ["--rate", 500, "--unit", "mV", "--lead", "V5"]),
    "contradicted rate": ("leave sampling_rate= (--rate) out", ["--rate", 128, "--unit", "mV"], ["--unit", "mV"]),
    "contradicted unit": ("leave unit= (--unit) out", ["--rate", 500, "--unit", "uV"], ["--rate", 500]),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_way_out_that_the_command_line_names_works_there(capsys, tmp_path, way):
    said, before, after = WAYS_OUT[way]
    trace = beating(75)
    if way == "pad":
        path = write(tmp_path, "a.csv", trace[:4000])
    elif way in ("decimal", "delimiter"):
        path = tmp_path / "a.csv"
        path.write_text("".join(f"{3 + int(value)},{100 + int(800 * abs(value % 1))}\n" for value in trace))
    elif way == "quality":
        path = write(tmp_path, "a.csv", 0 * trace)
    elif way == "at":
        path = write(tmp_path, "a.csv", trace, end="\n\n\n" + "\n".join(f"{value:.3f}" for value in beating(75, 11)))
        path.write_text("0.1\n\n" + path.read_text())
    elif way in ("lead", "contradicted rate", "contradicted unit"):
        heads = {"lead": "V4,V5", "contradicted rate": "time,II", "contradicted unit": "V5 (mV),II (mV)"}
        first = np.arange(5000) / 500 if way == "contradicted rate" else 0 * trace
        rows = "\n".join(f"{one:.3f},{value:.3f}" for one, value in zip(first, trace, strict=True))
        path = tmp_path / "a.csv"
        path.write_text(f"{heads[way]}\n{rows}\n")
    else:
        path = write(tmp_path, "a.csv", trace)
    code, _, err = run(capsys, "explain", path, *before)
    assert (code, said in err) == (1, True), err
    code, out, err = run(capsys, "explain", path, *after)
    assert code == 0, err
    assert "not for clinical use" in out


READING = ["--rate", "250", "--unit", "uV", "--at", "12.5", "--lead", "lead 1", "--quality", "any", "--pad",
           "--delimiter", "tab", "--decimal", "."]  # fmt: skip


@pytest.mark.parametrize("command", ["explain", "sentence", "trust"])
def test_every_command_that_takes_a_recording_reads_it_with_the_same_options(command):
    theirs = {option for parameter in get_command(app).commands[command].params for option in parameter.opts}
    assert {option for option in READING if option.startswith("--")} | {"--target", "--fusion"} <= theirs


def test_a_strip_is_told_in_a_sentence_and_its_map_is_tested(capsys, tmp_path):
    np.savetxt(tmp_path / "a.csv", beating(75, 30, 250) * 1000)
    read = [tmp_path / "a.csv", "--rate", 250, "--unit", "uV", "--at", 12.5, "--target", "SR"]
    code, out, err = run(capsys, "sentence", *read)
    assert (code, err) == (0, "")
    assert "12.5-22.5 s" in out and re.search(r"networks answer|The views disagree", out)
    code, out, err = run(capsys, "trust", *read, "--json", tmp_path / "a.json")
    assert (code, err) == (0, "")
    assert "map     passed" in out and "answer  no label: nobody has said what the strip shows" in out
    held = json.loads((tmp_path / "a.json").read_text())
    assert held["answer"] == "no label" and held["target"] == "SR"
    assert {test["name"] for test in held["tests"]} == set(re.findall(r"^test    (\w+):", out, re.MULTILINE))


def test_answers_are_told_in_words_and_rounded_as_in_figures(capsys):
    _, out, _ = run(capsys, "explain", "sample:AFIB")
    said = out.replace("\N{NO-BREAK SPACE}", " ")
    assert "signal  answers atrial fibrillation or flutter (over 99 %); sinus rhythm under 1 %" in said
    assert "picture answers" in said
    assert "100" not in said and " 0%" not in said


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("samples", "did you mean sample?"),
        ("Sample", "did you mean sample?"),
        ("smaple:SR:2", "did you mean sample:SR:2?"),
        ("sample:AFBI", "did you mean AFIB?"),
        ("{tmp}/recordng.csv", "did you mean recording.csv?"),
        ("{tmp}/recording.cvs", "did you mean recording.csv?"),
        ("{tmp}/10", "did you mean 100?"),
    ],
)
def test_a_name_that_is_nearly_right_is_asked_back(capsys, tmp_path, typed, meant):
    for name in ("recording.csv", "100.hea", "100.dat", "notes.md"):
        (tmp_path / name).write_text("")
    code, _, err = run(capsys, "explain", typed.replace("{tmp}", str(tmp_path)))
    assert code == 1
    assert err.rstrip().endswith(meant)


def test_a_name_that_is_like_none_is_not_asked_back(capsys, tmp_path):
    assert "did you mean" not in run(capsys, "explain", tmp_path / "x.edf")[2]
    (tmp_path / "notes.md").write_text("")
    assert "did you mean" not in run(capsys, "explain", tmp_path / "note.md")[2]


def short(tmp_path):
    np.savetxt(tmp_path / "short.csv", beating(75, 8))
    return tmp_path / "short.csv"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "nowhere/at/all"], "is missing"),
        (["explain", "{tmp}"], "is a folder"),
        (["explain", "{tmp}/short.csv"], "state it"),
        (["explain", "{tmp}/short.csv", "--rate", "500", "--unit", "mV"], "holds 8.0 s"),
        (["explain", "{tmp}/short.csv", "--rate", "500", "--unit", "stone"], "stone"),
        (["explain", "sample:XYZ"], "no embedded strip of the group"),
        (["explain", "sample:SR:many"], "names no embedded strip"),
        (["explain", "sample:SR:99"], "embedded strips of SR, numbered from 0; 99 is none"),
        (["explain", "sample", "--lead", "V5"], "no lead V5"),
        (["explain", "sample", "--target", "VT"], "no class is called 'VT'"),
        (["explain", "sample", "--fusion", "vote"], "no fusion rule"),
        (["explain", "sample", "--at", "5"], "a strip needs 10 s"),
        (["explain", "sample", "--quality", "best"], "quality is"),
        (["explain", "sample", "--out", "{tmp}/none/a.png"], "does not exist"),
        (["explain", "sample", "--out", "{tmp}"], "is a folder"),
        (["explain", "sample", "--out", "{tmp}/a.xyz", "--json", "{tmp}/a.json"], "xyz"),
        (["explain", "sample:AFIB:1:2"], "names no embedded strip"),
        (["explain", "sample:AFIB:²"], "names no embedded strip"),
        (["explain", "sample", "--fusion", ""], "no fusion rule"),
        (["evaluate", "--dataset", "nonsense"], "no data set is called"),
        (["evaluate", "--dataset", "ludb", "--data", "{tmp}"], "python -m data_fetch ludb"),
        (["train", "--view", "sound"], "no view is called"),
        (["train", "--view", "signal", "--recipe", "magic", "--out", "{tmp}/run"], "no recipe is called"),
    ],
)
def test_bad_input_gets_one_sentence_and_an_exit_code(capsys, tmp_path, arguments, message):
    short(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code, _, err = run(capsys, *(argument.replace("{tmp}", str(tmp_path)) for argument in arguments))
    assert code == 1
    assert message in err
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


def test_words_that_the_command_line_does_not_know_exit_with_2(capsys):
    code, _, err = run(capsys, "explain", "sample", "--colour", "red")
    assert code == 2
    assert "--colour" in err


def test_doctor_says_what_is_there(capsys):
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    for subject in ("torch", "threads", "signal weights", "image weights", "embedded", "ludb"):
        assert subject in out


@pytest.mark.data
def test_evaluate_writes_the_three_tables(capsys, tmp_path, recordings):
    path = tmp_path / "ludb.json"
    code, _, err = run(
        capsys, "evaluate", "--dataset", "ludb", "--data", recordings, "--part", "validation", "--json", path
    )
    assert (code, err) == (0, "")
    held = json.loads(path.read_text())
    assert set(held["parts"]) == {"train", "validation", "test", "new"}
    assert set(held["tables"]) == {"measured_rate", "measured_rate_all", "source_labels"}
    for table in held["tables"].values():
        for view in ("signal", "image", "both"):
            figures = table[view]
            assert figures["n"] == sum(map(sum, figures["confusion"]))
            assert {"accuracy", "balanced_accuracy", "interval", "per_class", "confusion"} <= figures.keys()
            assert all(
                {"sensitivity", "specificity", "f1", "auc", "n"} == row.keys() for row in figures["per_class"].values()
            )
