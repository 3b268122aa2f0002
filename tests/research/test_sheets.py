import csv

import pytest

from ecgteach.errors import InvalidValue
from ecgteach.simulator import contrast, kind, simulate

from .__main__ import main
from .sheets import agreement, draw_evidence, write_sheet
from .twelve_leads import draw_contrast, draw_twelve


def test_a_picture_shows_a_rhythm_with_its_evidence():
    figure = draw_evidence(simulate("AFIB", seed=1))
    assert "atrial fibrillation" in figure.axes[0].get_title(loc="left")
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "evidence: absent (expected here)" in words


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    return write_sheet(tmp_path_factory.mktemp("sheet"), seed=1)


def test_the_sheet_has_forty_strips_a_form_and_a_key(sheet):
    assert sheet.read_bytes().startswith(b"%PDF")
    key = list(csv.DictReader((sheet.parent / "key.csv").open()))
    assert len(key) == 40 and len({row["rhythm"] for row in key}) == 10
    assert len(list(csv.DictReader((sheet.parent / "marks.csv").open()))) == 40


def test_agreement_is_one_with_oneself_and_printed_for_each_pair(sheet, tmp_path, capsys):
    key = list(csv.DictReader((sheet.parent / "key.csv").open()))
    forms = []
    for name, part in (("anna", 1.0), ("bert", 0.5)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("strip", "reader", "start_s", "end_s", "role", "rhythm", "remark"))
            for row in key:
                truth = simulate(row["rhythm"], seed=(int(row["seed"]), int(row["number"])), leads=("II",)).truth
                for entry in truth.with_role("P", "A"):
                    end = entry.start + part * (entry.end - entry.start)
                    writer.writerow((row["strip"], name, f"{entry.start:.4f}", f"{end:.4f}", entry.role, "", ""))
        forms.append(tmp_path / f"{name}.csv")
    rows = {(row.pair, row.rhythm): row for row in agreement(sheet.parent / "key.csv", forms)}
    assert rows["ours - anna", "all"].dice > 0.99
    assert 0.5 < rows["anna - bert", "all"].dice < 0.8
    with pytest.raises(SystemExit, match="0"):
        main(["sheets", "agree", str(sheet.parent / "key.csv"), *map(str, forms)])
    assert "anna - bert" in capsys.readouterr().out


def test_a_mark_that_is_none_is_named_with_its_line(sheet, tmp_path):
    form = tmp_path / "reader.csv"
    form.write_text("strip,reader,start_s,end_s,role,rhythm,remark\n1,x,5,4,P,,\n", encoding="utf-8")
    with pytest.raises(InvalidValue, match="line 2"):
        agreement(sheet.parent / "key.csv", [form])


def test_twelve_leads_and_lead_ii_with_its_evidence_are_on_one_page():
    figure = draw_twelve([("Wenckebach", kind("Wenckebach").simulate(seed=1))])
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert sorted(words) == sorted(("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"))
    assert len(figure.axes) == 4 and figure.axes[-1].patches


def test_a_contrast_is_drawn_with_what_decides_and_with_the_lead_that_decides():
    for name, rows in (("Wenckebach / Mobitz II", 2), ("arm leads swapped / ectopic atrial rhythm", 4)):
        figure = draw_contrast(contrast(name, seed=1))
        assert len(figure.axes) == rows
        assert all(axes.patches for axes in figure.axes)
        assert any("not:" in text.get_text() for text in figure.texts)
