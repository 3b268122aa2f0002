import json

import numpy as np
import pytest
from conftest import beating

from ecgteach.cli import main


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
    assert "target  AFIB (asked for)" in out
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
