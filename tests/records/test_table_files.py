"""Texts of numbers: whatever a program writes is recognised and told; what is not certain is asked."""

import numpy as np
import pandas as pd
import pytest
from record_files import beats, lines_of, two_leads, write_csv

from ecgteach.errors import EcgteachError, InvalidValue, UnknownName, UnreadableFile
from ecgteach.records import read_record

SAID = {"sampling_rate": 500, "unit": "mV"}
TIMES = np.arange(5000) / 500
II, V1 = two_leads()


def read(tmp_path, text, encoding="utf-8", **said):
    return read_record(write_csv(tmp_path / "a.csv", text, encoding), **said)


PAIRS = list(zip(II, V1, strict=True))
QUOTED = "".join(f'"{y:.3f}","{z:.3f}"\n'.replace(".", ",") for y, z in PAIRS)
COUNTED = "".join(f"{n},{2 * n},{y:.3f},{z:.3f}\n" for n, (y, z) in enumerate(PAIRS))
ROWS = "".join(f"{lead}," + lines_of([[value] for value in row]) for lead, row in (("II", II), ("V1", V1)))

WRITTEN = {
    "semicolons and decimal commas": ("II;V1\n" + lines_of([II, V1], ";", ","), {}),
    "tabs": ("II\tV1\n" + lines_of([II, V1], "\t"), {}),
    "tabs and decimal commas": ("II\tV1\n" + lines_of([II, V1], "\t", ","), {}),
    "bars": ("II|V1\n" + lines_of([II, V1], "|"), {}),
    "blanks": ("II V1\n" + lines_of([II, V1], " "), {}),
    "columns filled with blanks": ("  II    V1\n" + "".join(f" {y:7.3f} {z:7.3f}\n" for y, z in PAIRS), {}),
    "commas with blanks": ("II, V1\n" + lines_of([II, V1], ", "), {}),
    "quoted decimal commas": ('"II","V1"\n' + QUOTED, {}),
    "a mark of UTF-8": ("\ufeffII,V1\n" + lines_of([II, V1]), {}),
    "UTF-16": ("II\tV1\n" + lines_of([II, V1], "\t"), {"encoding": "utf-16"}),
    "ends of old Macs": (("II,V1\n" + lines_of([II, V1])).replace("\n", "\r"), {}),
    "ends of Windows": (("II,V1\n" + lines_of([II, V1])).replace("\n", "\r\n"), {}),
    "doubled ends": (("II,V1\n" + lines_of([II, V1])).replace("\n", "\r\r\n"), {}),
    "every second line blank": ("II,V1\n" + lines_of([II, V1]).replace("\n", "\n\n"), {}),
    "a comma at the end": ("II,V1,\n" + lines_of([II, V1]).replace("\n", ",\n"), {}),
    "an index": (",II,V1\n" + "".join(f"{n},{y:.3f},{z:.3f}\n" for n, (y, z) in enumerate(PAIRS)), {}),
    "a time": ("time,II,V1\n" + lines_of([TIMES, II, V1]), {}),
    "index and time": ("index,time [ms],II,V1\n" + COUNTED, {}),
    "one lead a row": (ROWS, {}),
    "a foot": ("II,V1\n" + lines_of([II, V1]) + "\n# written by a program\n", {}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "settings"), WRITTEN.values(), ids=WRITTEN)
def test_every_way_of_writing_gives_the_same_leads(tmp_path, text, settings):
    record = read(tmp_path, text, **settings, **SAID)
    assert record.lead_names == ("II", "V1")
    assert record.signals.shape == (2, 5000)
    assert np.abs(record.signals - two_leads()).max() < 0.001
    assert record.notes, "how it was read is told"


def test_the_header_that_pandas_writes_for_an_array_is_no_sample(tmp_path):
    array = np.stack([np.round(beats(), 3) + lead for lead in range(12)], axis=1)
    pd.DataFrame(array).to_csv(tmp_path / "twelve.csv", index=False)
    record = read_record(tmp_path / "twelve.csv", **SAID)
    assert record.signals.shape == (12, 5000)
    assert [record[f"lead {number + 1}"][0] for number in range(12)] == pytest.approx(range(12), abs=0.01)
    pd.DataFrame(array[:, :2]).to_csv(tmp_path / "indexed.csv")
    record = read_record(tmp_path / "indexed.csv", **SAID)
    assert record.signals.shape == (2, 5000)
    assert record["lead 2"][0] == pytest.approx(1, abs=0.01)
    pd.DataFrame(array[:, :1]).to_csv(tmp_path / "one.csv", index=False)
    assert read_record(tmp_path / "one.csv", **SAID).signals.shape == (1, 5000)


def test_a_row_that_only_begins_like_such_a_header_is_a_row(tmp_path):
    text = "".join(f"{number},{1 + number % 7},{2 + number % 5}\n" for number in range(600))
    record = read(tmp_path, text, sampling_rate=500, unit="uV")
    assert record.signals.shape == (2, 600)
    assert record["lead 1"][:3] == pytest.approx([0.001, 0.002, 0.003])


def test_the_names_that_r_gives_to_twelve_columns_are_no_chest_leads(tmp_path):
    names = ",".join(f"V{number}" for number in range(1, 13))
    record = read(tmp_path, f"{names}\n" + lines_of([II] * 12), **SAID)
    assert record.lead_names[:2] == ("lead 1", "lead 2")


def test_blank_lines_between_numbers_are_missing_samples(tmp_path):
    lines = [f"{value:.3f}" for value in np.tile(II, 2)]
    lost = np.zeros(10_000, dtype=bool)
    lost[1000:1400] = lost[7777] = True
    record = read(tmp_path, "\n".join("" if gone else line for line, gone in zip(lines, lost, strict=True)), **SAID)
    assert record.seconds == 20
    assert np.array_equal(np.isnan(record.signals[0]), lost)
    with pytest.raises(InvalidValue, match="lacks 400 of 5000 samples"):
        record.strip()


@pytest.mark.parametrize("word", ["", "NaN", "nan", "NA", "n/a", "null", "-", "?"])
def test_a_field_without_a_number_is_a_missing_sample(tmp_path, word):
    cells = [word if place in (0, 50, 51, 4999) else f"{value:.3f}" for place, value in enumerate(V1)]
    record = read(tmp_path, "II,V1\n" + "\n".join(f"{y:.3f},{z}" for y, z in zip(II, cells, strict=True)), **SAID)
    assert np.flatnonzero(np.isnan(record["V1"])).tolist() == [0, 50, 51, 4999]
    assert np.isfinite(record["II"]).all()


TIMED = {
    "seconds": ("time (s)", [f"{time:.3f}" for time in TIMES], 500),
    "seconds unsaid": ("time", [f"{time:.4f}" for time in np.arange(5000) / 250], 250),
    "milliseconds": ("Zeit in ms", [str(2 * n) for n in range(5000)], 500),
    "milliseconds unsaid": ("t", [str(4 * n) for n in range(5000)], 250),
    "microseconds": ("timestamp [us]", [str(2000 * n) for n in range(5000)], 500),
    "epoch": ("timestamp", [str(1_700_000_000_000 + 4 * n) for n in range(5000)], 250),
    "rounded to a millisecond": ("time", [f"{n / 360:.3f}" for n in range(5000)], 360),
    "clock": ("'Elapsed time'", [f"'0:{n / 500:06.3f}'" for n in range(5000)], 500),
    "dates": ("datetime", [f"2024-03-01T10:{n // 15000:02d}:{n % 15000 / 250:06.3f}" for n in range(5000)], 250),
    "without a name": ("", [f"{time:.3f}" for time in TIMES], 500),
}


@pytest.mark.parametrize(("name", "cells", "rate"), TIMED.values(), ids=TIMED)
def test_a_time_column_gives_the_rate_and_contradicts_a_wrong_one(tmp_path, name, cells, rate):
    head = f"{name},II\n" if name else ""
    path = write_csv(tmp_path / "a.csv", head + "\n".join(f"{t},{y:.3f}" for t, y in zip(cells, II, strict=True)))
    record = read_record(path, unit="mV")
    assert record.sampling_rate == rate
    assert record.signals.shape == (1, 5000)
    assert np.abs(record.signals[0] - II).max() < 0.001
    assert any(f"gives {rate:g} Hz" in note for note in record.notes)
    assert read_record(path, unit="mV", sampling_rate=rate).sampling_rate == rate
    with pytest.raises(InvalidValue, match=f"has {rate:g} Hz by its time column, not 128 Hz; leave sampling_rate="):
        read_record(path, unit="mV", sampling_rate=128)


def test_what_a_time_column_leaves_out_is_missing(tmp_path):
    keep = np.r_[0:2000, 2100:5000]
    record = read(tmp_path, "time,II\n" + lines_of([TIMES[keep], II[keep]]), unit="mV")
    assert record.signals.shape == (1, 5000)
    assert np.flatnonzero(np.isnan(record["II"])).tolist() == list(range(2000, 2100))


@pytest.mark.parametrize("times", [-TIMES, np.sort(np.random.default_rng(1).uniform(0, 10, 5000)), np.zeros(5000)])
def test_a_time_column_that_is_not_even_is_refused_and_the_way_out_works(tmp_path, times):
    with pytest.raises(UnreadableFile, match=r"does not rise evenly.*leave the column out"):
        read(tmp_path, "time,II\n" + lines_of([times, II]), unit="mV")
    assert read(tmp_path, "II\n" + lines_of([II]), **SAID).signals.shape == (1, 5000)


def test_a_time_that_only_counts_gives_no_rate_and_asks(tmp_path):
    path = write_csv(tmp_path / "a.csv", "time,II\n" + "".join(f"{n},{y:.3f}\n" for n, y in enumerate(II)))
    with pytest.raises(InvalidValue, match=r"does not say its sampling_rate \(Hz\); state it"):
        read_record(path, unit="mV")
    assert read_record(path, **SAID).lead_names == ("II",)


def test_a_single_column_that_rises_is_a_lead(tmp_path):
    assert read(tmp_path, lines_of([TIMES]), **SAID).signals.shape == (1, 5000)


EXPORTS = {
    "English": "Name,Jo Example\nDate of Birth,1 Jan 1980\nSample Rate,512 hertz\n\nLead,Lead I\nUnit,µV\n\n",
    "German": "Name,Jo Beispiel\nGeburtsdatum,01.01.1980\nAbtastrate,512 Hertz\nAbleitung,Ableitung I\nEinheit,µV\n\n",
    "French": "Nom;Jo Exemple\nFréquence d\u2019échantillonnage;512 hertz\nDérivation;Dérivation I\nUnité;µV\n",
    "Spanish": "Nombre,Jo Ejemplo\nFrecuencia de muestreo,512 hercios\nDerivación,Derivación I\nUnidad,µV\n\n",
    "Italian": "Nome,Jo Esempio\nFrequenza di campionamento,512 Hz\nDerivazione,Derivazione I\nUnità,µV\n\n",
    "Japanese": "名前,山田\nサンプルレート,512ヘルツ\n誘導,誘導I\n単位,µV\n\n",
    "Chinese": "姓名,张三\n采样率,512 赫兹\n导联,I 导联\n单位,µV\n\n",
    "Polish": "Nazwa,Jo Example\nCzęstotliwość próbkowania,512 Hz\nOdprowadzenie,Odprowadzenie I\nJednostka,µV\n\n",
    "signs of comments": "# subject: Jo Example\n# Sampling frequency: 512 Hz\n# unit: uV\n# lead: I\n",
}


@pytest.mark.parametrize("head", EXPORTS.values(), ids=EXPORTS)
@pytest.mark.parametrize("decimal", [".", ","])
def test_lines_of_names_above_the_numbers_give_rate_unit_and_lead_in_any_language_and_are_never_printed(
    tmp_path, head, decimal
):
    path = write_csv(tmp_path / "a.csv", head + lines_of([1000 * II], decimal=decimal))
    record = read_record(path)
    assert (record.sampling_rate, record.lead_names) == (512, ("I",))
    assert np.abs(record.signals[0] - II).max() < 0.001
    told = [" ".join(record.notes), repr(record)]
    for said in ({"sampling_rate": 500}, {"unit": "mV"}):
        with pytest.raises(InvalidValue) as refused:
            read_record(path, **said)
        told.append(str(refused.value))
    assert not any(
        word in text for text in told for word in ("Jo", "Example", "Beispiel", "1980", "山田", "张三", "Пример")
    )


@pytest.mark.parametrize("head", ["Filter;0,5-40 Hz\nNotch;50 Hz\n", "Heart Rate,75 bpm\n", "Tiefpass 150 Hz\n"])
def test_another_frequency_is_no_sampling_rate(tmp_path, head):
    path = write_csv(tmp_path / "a.csv", head + lines_of([II]))
    with pytest.raises(InvalidValue, match="does not say its sampling_rate"):
        read_record(path, unit="mV")
    assert read_record(path, **SAID).sampling_rate == 500


def test_a_frequency_that_may_be_the_rate_is_asked_for(tmp_path):
    path = write_csv(tmp_path / "a.csv", "Muestras: 500 Hz\n" + lines_of([II]))
    with pytest.raises(InvalidValue, match="It seems to be 500 Hz"):
        read_record(path, unit="mV")
    assert read_record(path, **SAID).sampling_rate == 500


def test_a_persons_name_above_two_columns_is_no_name_of_leads(tmp_path):
    record = read(tmp_path, "Doe,Jane\n" + lines_of([II, V1]), **SAID)
    assert record.lead_names == ("lead 1", "lead 2")
    with pytest.raises(UnknownName) as refused:
        record.strip()
    assert "Doe" not in f"{refused.value} {record.notes}"


@pytest.mark.parametrize(
    ("head", "columns", "said"),
    [
        ("II (mV),V1 (uV)", (II, 1000 * V1), {}),
        ("II [uV],V1 [uV]", (1000 * II, 1000 * V1), {}),
        ("ECG II_mV,ECG V1_mV", (II, V1), {}),
        ("II,V1\nmV,mV", (II, V1), {}),
        ("'Elapsed time','II','V1'\n'seconds','mV','mV'", (TIMES, II, V1), {"sampling_rate": None}),
    ],
)
def test_a_unit_in_the_header_is_used_column_by_column_and_not_contradicted(tmp_path, head, columns, said):
    path = write_csv(tmp_path / "a.csv", f"{head}\n" + lines_of(columns))
    record = read_record(path, **({"sampling_rate": 500} | said))
    assert record.lead_names == ("II", "V1")
    assert np.abs(record.signals - two_leads()).max() < 0.001
    with pytest.raises(InvalidValue, match="by its own header, not in V"):
        read_record(path, **({"sampling_rate": 500, "unit": "V"} | said))


def test_a_pressure_beside_the_lead_is_named_and_left_out(tmp_path):
    record = read(tmp_path, "II (mV),ABP (mmHg)\n" + lines_of([II, 80 + V1]), sampling_rate=500)
    assert record.lead_names == ("II",)
    with pytest.raises(UnknownName, match="left the channel ABP out: it is in mmHg"):
        record["ABP"]


def test_commas_that_may_be_either_are_asked_for_and_each_answer_works(tmp_path):
    path = write_csv(tmp_path / "a.csv", "".join(f"{12 + n % 3},{512 + (n * 7) % 400}\n" for n in range(3000)))
    with pytest.raises(InvalidValue, match=r'decimal="," \(--decimal ,\).*delimiter="," \(--delimiter ,\)'):
        read_record(path, **SAID)
    assert read_record(path, decimal=",", **SAID).signals.shape == (1, 3000)
    assert read_record(path, delimiter=",", sampling_rate=500, unit="uV").signals.shape == (2, 3000)


def test_commas_that_give_themselves_away_are_not_asked_for(tmp_path):
    assert read(tmp_path, lines_of([II], decimal=","), **SAID).signals.shape == (1, 5000)
    text = "".join(f"{n},{int(1000 * y)}\n" for n, y in enumerate(II))
    assert read(tmp_path, text, sampling_rate=500, unit="uV").signals.shape == (1, 5000)


@pytest.mark.parametrize(("said", "name"), [({"delimiter": "xx"}, "delimiter"), ({"decimal": ";"}, "decimal")])
def test_an_unknown_delimiter_or_decimal_sign_is_refused(tmp_path, said, name):
    with pytest.raises(InvalidValue, match=f"--{name}"):
        read(tmp_path, lines_of([II, V1]), **SAID, **said)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n2\nthree\n4", "line 3, column 1 holds 'three'"),
        ("1.5\n2\n1_0\n4", "line 3, column 1 holds '1_0'"),
        ("1.5\n2\ninf\n4", "line 3, column 1 holds 'inf'"),
        ("1.5\n2\n\uff11\n4", "line 3, column 1"),
        ("1.5\n2\n" + "x" * 10_000 + "\n4", "a word of 10,000 signs"),
        ("1.5\n2\n" + "9" * 1_000_000 + "\n4", "a word of 1,000,000 signs"),
        ("1.5;2\n3.5;4\n5.5;6;7\n8.5;9\n", "line 3 has 3 cells, the others 2"),
        ("1.5;2\n3.5\n5.5;6;7\n" + "8.5;9\n" * 20, "line 2 has 1 cells, the others 2"),
        ("II,beat\n" + "0.1,N\n" * 50, "holds text in column 2"),
        ("name,more\nhello,world\n", "holds no numbers"),
        ("", "no table"),
        ("\n \n", "no table"),
        ("1\0 2\n", "no text"),
    ],
)
def test_a_text_that_is_no_table_is_refused_with_the_place_and_without_a_librarys_words(tmp_path, text, message):
    with pytest.raises(UnreadableFile, match=message) as refused:
        read(tmp_path, text, **SAID)
    assert len(str(refused.value)) < 600
    assert not any(word in str(refused.value) for word in ("pandas", "numpy", "allow_pickle", "Expected", "tokeniz"))


def test_an_archive_of_arrays_is_read_whatever_its_ending(tmp_path):
    for name in ("a.npz", "a.npy"):
        with (tmp_path / name).open("wb") as file:
            np.savez(file, signals=two_leads())
        assert read_record(tmp_path / name, **SAID).signals.shape == (2, 5000)
    np.savez(tmp_path / "b.npz", ecg=two_leads() * 1000, fs=250, unit="uV")
    record = read_record(tmp_path / "b.npz")
    assert record.sampling_rate == 250
    assert record.signals.max() == pytest.approx(1, abs=0.01)
    with pytest.raises(InvalidValue, match="has 250 Hz"):
        read_record(tmp_path / "b.npz", sampling_rate=500)
    with pytest.raises(InvalidValue, match="is in uV by its own header"):
        read_record(tmp_path / "b.npz", unit="mV")


def test_an_archive_of_several_arrays_names_them_and_the_way_out_works(tmp_path):
    np.savez(tmp_path / "a.npz", one=two_leads(), two=two_leads())
    with pytest.raises(UnreadableFile, match=r"\(one, two\).*numpy\.save"):
        read_record(tmp_path / "a.npz", **SAID)
    np.save(tmp_path / "ecg.npy", np.load(tmp_path / "a.npz")["one"])
    assert read_record(tmp_path / "ecg.npy", **SAID).signals.shape == (2, 5000)


@pytest.mark.parametrize("ending", ["csv", "tsv", "txt", "CSV"])
def test_a_text_is_read_by_any_of_its_endings(tmp_path, ending):
    assert read_record(write_csv(tmp_path / f"a.{ending}", lines_of([II])), **SAID).signals.shape == (1, 5000)


def test_whatever_is_refused_is_of_the_family(tmp_path):
    for text in ("a,b", "1,2\n3", ";;;\n", "\ufeff", "=1+1\n", "1e999999999999\n2\n", "--\n--\n", "'\n'\n"):
        try:
            read(tmp_path, text, **SAID)
        except EcgteachError:
            continue
