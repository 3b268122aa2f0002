import pytest
from conftest import made_record

from ecgteach.training.data.strips import grouped_strips, write_strips

from .__main__ import main


def test_the_command_prints_shares_by_group_and_writes_each_strips(tmp_path, capsys):
    strips = write_strips(grouped_strips([made_record(75, 10, id=name) for name in "ab"]), tmp_path / "strips")
    with pytest.raises(SystemExit) as ended:
        main(["wave-shares", str(tmp_path / "strips"), "--by", "outcome", "--out", str(tmp_path / "shares.csv")])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert printed.split()[:5] == ["outcome", "view", "wave", "strips", "recordings"]
    assert "nan" not in printed.lower()
    assert (tmp_path / "shares.csv").read_text().startswith("recording,start,rhythm")
    assert len(strips) == 2
