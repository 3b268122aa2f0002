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
        (["explain", "sample:SR:99"], "25 embedded strips of SR"),
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
