"""DICOM: the ECG among whatever else stands in the file, in millivolt, and nobody's name."""

import warnings

import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian
from record_files import LEADS, beats, dicom_dataset, two_leads, write_dicom

from ecgteach.errors import EcgteachError, InvalidValue, UnknownName, UnreadableFile
from ecgteach.records import read_record

PRESSURE = {"unit": "mm[Hg]", "leads": ("Arterial", "Venous"), "coded": (), "signals": np.full((2, 20_000), 90, "<i2")}
MEDIAN = {"elements": {"MultiplexGroupLabel": "MEDIAN BEAT", "WaveformOriginality": "DERIVED"}}


def test_a_recording_comes_in_millivolt_with_the_names_of_the_standard(tmp_path):
    record = read_record(write_dicom(tmp_path / "a.dcm"))
    assert (record.lead_names, record.sampling_rate) == (("II", "V1"), 500)
    assert np.abs(record.signals - two_leads()).max() < 0.001


@pytest.mark.parametrize("order", [0, 1])
def test_the_ecg_is_chosen_and_not_the_longest_group(tmp_path, order):
    groups = [PRESSURE, {}, MEDIAN][:: -1 if order else 1]
    record = read_record(write_dicom(tmp_path / "a.dcm", *groups))
    assert record.lead_names == ("II", "V1")
    assert record.signals.shape == (2, 5000)
    assert any("2 other waveform groups" in note for note in record.notes)


@pytest.mark.parametrize(
    "missing", ["SamplingFrequency", "NumberOfWaveformSamples", "ChannelDefinitionSequence", "WaveformData"]
)
def test_a_group_that_is_not_described_is_left_alone_beside_the_ecg(tmp_path, missing):
    record = read_record(write_dicom(tmp_path / "a.dcm", {**PRESSURE, "without": [missing]}, {}))
    assert record.lead_names == ("II", "V1")


def test_a_file_without_an_ecg_says_what_it_holds(tmp_path):
    with pytest.raises(UnreadableFile, match=r"waveforms are no ECG \(mm\[Hg\]\)"):
        read_record(write_dicom(tmp_path / "a.dcm", PRESSURE))


@pytest.mark.parametrize(
    ("leads", "coded"),
    [
        (("LEAD II", "LEAD V1"), ()),
        (("", ""), ("5.6.3-9-2", "5.6.3-9-3")),
        (("", ""), ("2:2", "2:3")),
        (("", ""), ("MDC_ECG_LEAD_II", "MDC_ECG_LEAD_V1")),
        (("Lead II", "Lead V1"), ("II-OF-THE-MAKER", "V1-OF-THE-MAKER")),
    ],
)
def test_a_lead_is_known_by_code_or_words(tmp_path, leads, coded):
    assert read_record(write_dicom(tmp_path / "a.dcm", {"leads": leads, "coded": coded})).lead_names == ("II", "V1")


def test_a_lead_is_known_by_its_channels_label(tmp_path):
    dataset = dicom_dataset([{"leads": ("", ""), "coded": ()}])
    for channel, label in zip(dataset.WaveformSequence[0].ChannelDefinitionSequence, ("LEAD II", "V1"), strict=True):
        channel.ChannelLabel = label
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert read_record(tmp_path / "a.dcm").lead_names == ("II", "V1")


def test_code_and_words_that_disagree_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="channel 1 is lead V1 by its code and lead II by its words"):
        read_record(write_dicom(tmp_path / "a.dcm", {"coded": ("5.6.3-9-3", "5.6.3-9-3")}))


@pytest.mark.parametrize("count", [40, 400])
def test_padding_values_are_missing_samples(tmp_path, count):
    stored = np.round(two_leads() * 1000).astype("<i2")
    stored[0, 100 : 100 + count] = -32768
    group = {"signals": stored, "elements": {"WaveformPaddingValue": b"\x00\x80"}}
    record = read_record(write_dicom(tmp_path / "a.dcm", group))
    assert np.flatnonzero(np.isnan(record["II"])).tolist() == list(range(100, 100 + count))
    with pytest.raises(InvalidValue, match=f"lacks {count} of 5000 samples"):
        record.strip()


@pytest.mark.parametrize(
    ("keyword", "value", "samples"),
    [("ChannelTimeSkew", "0.02", 10), ("ChannelSampleSkew", "4", 4), ("ChannelOffset", "-0.01", -5)],
)
def test_a_channels_skew_is_applied(tmp_path, keyword, value, samples):
    record = read_record(write_dicom(tmp_path / "a.dcm", {"channel": {keyword: value}}))
    expected = np.full(5000, np.nan)
    inner = slice(samples, None) if samples > 0 else slice(None, samples)
    expected[inner] = beats()[: 5000 - samples] if samples > 0 else beats()[-samples:]
    assert np.allclose(record["II"], expected, atol=0.001, equal_nan=True)


def test_a_skew_longer_than_the_recording_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="time skew"):
        read_record(write_dicom(tmp_path / "a.dcm", {"channel": {"ChannelTimeSkew": "1000000000"}}))


@pytest.mark.parametrize("sensitivity", ["0", "NaN", None])
def test_no_sensitivity_or_one_of_zero_is_no_millivolt(tmp_path, sensitivity):
    group = {"channel": {"ChannelSensitivity": sensitivity}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = write_dicom(tmp_path / "a.dcm", group)
    for said in ({}, {"unit": "uV"}):
        with pytest.raises(UnreadableFile, match="states no sensitivity, so it is not calibrated"):
            read_record(path, **said)


@pytest.mark.parametrize(
    "without", [[], ["ChannelSensitivity", "ChannelSensitivityCorrectionFactor", "ChannelBaseline"]]
)
def test_a_unit_that_the_file_does_not_state_is_asked_for_and_the_way_out_works(tmp_path, without):
    path = write_dicom(tmp_path / "a.dcm", {"unit": None, "without": without})
    with pytest.raises(InvalidValue, match=r'has no unit; say which: unit="mV", "uV" or "V" \(--unit\)'):
        read_record(path)
    record = read_record(path, unit="uV")
    assert np.abs(record.signals - two_leads()).max() < 0.001
    assert any("as stated" in note for note in record.notes)


def test_a_unit_or_rate_that_contradicts_the_file_is_refused(tmp_path):
    path = write_dicom(tmp_path / "a.dcm")
    assert read_record(path, unit="uV", sampling_rate=500).sampling_rate == 500
    with pytest.raises(InvalidValue, match="is in uV by its own header, not in V"):
        read_record(path, unit="V")
    with pytest.raises(InvalidValue, match="has 500 Hz by its own header, not 250 Hz"):
        read_record(path, sampling_rate=250)


@pytest.mark.parametrize(("kind", "word"), [("MB", "mu-law"), ("AB", "A-law"), ("XX", "'XX' with 8 bits")])
def test_companded_and_unknown_encodings_are_refused(tmp_path, kind, word):
    elements = {"WaveformSampleInterpretation": kind, "WaveformBitsAllocated": 8}
    with pytest.raises(UnreadableFile, match=f"encoded as .*{word}"):
        read_record(write_dicom(tmp_path / "a.dcm", {"elements": elements}))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_ways_of_transfer_are_read(tmp_path, syntax):
    record = read_record(write_dicom(tmp_path / "a.dcm", syntax=syntax))
    assert np.abs(record.signals - two_leads()).max() < 0.001


def test_big_endian_samples_are_read_in_their_order(tmp_path):
    dataset = dicom_dataset([{"signals": np.round(two_leads() * 1000).astype(">i2")}], syntax=ExplicitVRBigEndian)
    pydicom.dcmwrite(tmp_path / "a.dcm", dataset, little_endian=False, implicit_vr=False, force_encoding=True)
    assert np.abs(read_record(tmp_path / "a.dcm").signals - two_leads()).max() < 0.001


@pytest.mark.parametrize("status", ["DISCONNECTED", "TEST DATA", "INVALID"])
def test_a_channel_that_shows_no_heart_is_left_out_by_name(tmp_path, status):
    dataset = dicom_dataset()
    dataset.WaveformSequence[0].ChannelDefinitionSequence[1].ChannelStatus = status
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    record = read_record(tmp_path / "a.dcm")
    assert record.lead_names == ("II",)
    with pytest.raises(UnknownName, match=f"left the channel V1 out: .*{status.lower()}"):
        record.strip(lead="V1")


EMPTY = ["ChannelBaseline", "ChannelSensitivityCorrectionFactor", "ChannelSampleSkew"]


@pytest.mark.parametrize("keyword", EMPTY)
@pytest.mark.parametrize("value", ["", None])
def test_an_empty_element_that_has_a_usual_value_has_it(tmp_path, keyword, value):
    record = read_record(write_dicom(tmp_path / "a.dcm", {"channel": {keyword: value}}))
    assert np.abs(record.signals - two_leads()).max() < 0.001


GROUP = [
    ("NumberOfWaveformSamples", 2**31), ("NumberOfWaveformSamples", 0), ("NumberOfWaveformChannels", 3),
    ("SamplingFrequency", "0"), ("SamplingFrequency", "-500"), ("SamplingFrequency", "1"),
    ("WaveformBitsAllocated", 12),
    ("WaveformData", b""), ("WaveformData", b"\0\0"), ("ChannelDefinitionSequence", []), ("WaveformPaddingValue", b""),
]  # fmt: skip


@pytest.mark.parametrize(("keyword", "value"), GROUP)
def test_elements_that_are_wrong_empty_or_too_few_end_in_a_sentence(tmp_path, keyword, value):
    path = write_dicom(tmp_path / "a.dcm", {"elements": {keyword: value}})
    if (keyword, value) == ("WaveformPaddingValue", b""):
        assert read_record(path).signals.shape == (2, 5000)
        return
    with pytest.raises(EcgteachError, match=r"a(\.dcm)?\b") as refused:
        read_record(path)
    assert "Surname" not in str(refused.value)


NEEDED = [
    "WaveformSequence", "ChannelDefinitionSequence", "WaveformData", "WaveformSampleInterpretation",
    "NumberOfWaveformSamples", "SamplingFrequency",
]  # fmt: skip


@pytest.mark.parametrize("keyword", NEEDED)
def test_a_missing_element_ends_in_a_sentence(tmp_path, keyword):
    dataset = dicom_dataset()
    for holder in (dataset, *dataset.get("WaveformSequence", [])):
        if keyword in holder:
            delattr(holder, keyword)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    with pytest.raises(UnreadableFile, match=r"a\.dcm"):
        read_record(tmp_path / "a.dcm")


def test_fewer_definitions_than_channels_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="has 12 channels and describes 2"):
        read_record(write_dicom(tmp_path / "a.dcm", {"elements": {"NumberOfWaveformChannels": 12}}))


def test_every_bit_of_a_small_file_may_be_wrong(tmp_path):
    """Each byte of the part that describes the waveform, changed in turn: a record or a sentence, nothing else."""
    whole = write_dicom(tmp_path / "a.dcm", {"signals": np.zeros((2, 600), "<i2")}).read_bytes()
    random = np.random.default_rng(7)
    path = tmp_path / "b.dcm"
    refused = 0
    for place in random.choice(len(whole) - 2400, 250, replace=False):
        changed = bytearray(whole)
        changed[place] ^= 1 << int(random.integers(8))
        path.write_bytes(bytes(changed))
        try:
            read_record(path)
        except EcgteachError as problem:
            refused += 1
            assert "Surname" not in str(problem)
    assert refused > 20


def test_no_identifier_of_the_person_is_in_what_is_said(tmp_path):
    record = read_record(write_dicom(tmp_path / "a.dcm", PRESSURE, {}))
    said = f"{record!r} {record.notes} {dict(record.left_out)} {record.id} {record.patient} {record.name}"
    assert not any(word in said for word in ("Surname", "Given", "4711"))


def test_the_example_of_pydicom_is_read_as_pydicom_reads_it():
    path = pydicom.data.get_testdata_file("waveform_ecg.dcm")
    expected = pydicom.dcmread(path).waveform_array(0).T / 1000
    assert np.abs(read_record(path).signals - expected).max() < 1e-5
    assert LEADS[0] in read_record(path).lead_names
