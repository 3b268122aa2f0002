"""The command line: one sentence for whatever a person can mend, an exit code, never a traceback."""

import functools

import pytest

from data_fetch import Patience, catalogue
from data_fetch.cli import main


@pytest.fixture
def command(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return left.value.code, said.out, said.err

    return run


def test_the_list_holds_every_set_with_its_licence_and_the_command_that_fetches_it(command):
    code, out, _ = command("list")
    assert code == 0
    for one in catalogue().values():
        assert all(said in out for said in (one.title, one.licence, one.citation, one.command, one.use))


def test_a_fetch_prints_its_plan_and_leaves_the_folder_on_standard_output(command, mirror, tmp_path):
    code, out, err = command("ludb", "--subset", 4, "--mirror", mirror.url, "--to", tmp_path / "to")
    assert (code, out) == (0, f"{tmp_path / 'to/ludb/1.0.1'}\n")
    assert "4 recordings" in err and "balanced over the rhythm groups of ludb.csv" in err and "cite:" in err


def test_the_bar_has_bytes_and_time_left_and_can_be_left_out(command, mirror, tmp_path):
    _, _, shown = command("ludb", "--mirror", mirror.url, "--to", tmp_path / "one")
    _, _, hidden = command("ludb", "--mirror", mirror.url, "--to", tmp_path / "two", "--no-progress")
    assert "B/s]" in shown and "100%" in shown and "<" in shown
    assert "B/s]" not in hidden


def test_verify_says_by_its_exit_code_whether_all_is_sound(command, mirror, tmp_path):
    command("ludb", "--mirror", mirror.url, "--to", tmp_path / "to")
    assert command("ludb", "--verify", "--to", tmp_path / "to")[0] == 0
    (tmp_path / "to/ludb/1.0.1/data/1.dat").unlink()
    code, out, _ = command("ludb", "--verify", "--to", tmp_path / "to")
    assert code == 1 and "1 are missing: data/1.dat" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "no data set is called 'nothing'"),
        (["ludb", "--subset", "0"], "ask for 1 or more"),
        (["ludb", "--form", "zip"], "one form only"),
        (["ludb", "--mirror", "http://example.org"], "is not https"),
        (["ludb", "--verify", "--subset", "3"], "leave --subset and --mirror out"),
        (["chapman", "--form", "figshare", "--subset", "3"], "comes as archives"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_1(command, tmp_path, words, said):
    code, out, err = command(*words, "--to", tmp_path)
    assert (code, out) == (1, "")
    assert said in err and err.startswith("data_fetch: ") and err.count("\n") == 1


def test_a_word_that_the_command_line_does_not_know_is_exit_code_2(command):
    assert command("ludb", "--nope")[0] == 2


def test_without_a_network_the_last_line_says_so_and_names_the_mirror(command, tmp_path, monkeypatch):
    monkeypatch.setattr("data_fetch.fetching.Patience", functools.partial(Patience, pause=0.001))
    code, _, err = command("ludb", "--mirror", "http://127.0.0.1:9", "--to", tmp_path)
    assert code == 1
    last = err.strip().splitlines()[-1]
    assert last.startswith("data_fetch: There is no connection to 127.0.0.1") and "--mirror URL" in last
    assert "Traceback" not in err


def test_ctrl_c_ends_a_check_too(command, mirror, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("data_fetch.cli.verify", interrupt)
    code, _, err = command("ludb", "--verify", "--to", tmp_path)
    assert (code, err) == (130, "\nStopped before all files were looked at.\n")


def test_ctrl_c_says_that_what_came_is_kept(command, mirror, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("data_fetch.crew.Crew._next", interrupt)
    code, _, err = command("ludb", "--mirror", mirror.url, "--to", tmp_path)
    assert code == 130 and "run the same command again and it goes on" in err
