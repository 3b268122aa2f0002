import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.image import PEN, Geometry, StripImage, draw_pixels, strip_image
from ecgteach.strip import Strip

BENCH = runpy.run_path(str(Path(__file__).parent / "benchmarks" / "bench_drawing.py"))
ROUNDING = 5  # ink levels by which a pixel may differ: each of a column's slices rounds its edges to a level

sizes = st.integers(16, 700) | st.sampled_from([1024, 2048, 4096])
geometries = st.builds(
    lambda width, height, seconds, start, low, span: Geometry(width, height, seconds, start, low, low + span),
    st.integers(16, 8192),
    st.integers(16, 8192),
    st.floats(0.5, 60),
    st.floats(0, 1800),
    st.floats(-5, 0),
    st.floats(0.5, 10),
)


def beats() -> np.ndarray:
    return BENCH["synthetic_strips"](1)[0]


def levels(samples: np.ndarray, **geometry: float) -> np.ndarray:
    return draw_pixels(np.asarray(samples, np.float32), Geometry(**geometry)).astype(int)


# Geometry


@given(geometries, st.floats(0, 1))
def test_columns_and_seconds_are_inverse_at_any_size(geometry, share):
    time = geometry.start + share * geometry.seconds
    assert geometry.seconds_of(geometry.column_of(time)) == pytest.approx(time, abs=1e-9)
    column = share * geometry.width
    assert geometry.column_of(geometry.seconds_of(column)) == pytest.approx(column, abs=1e-7)


@given(geometries, st.floats(0, 1))
def test_rows_and_millivolts_are_inverse_at_any_size(geometry, share):
    millivolt = geometry.low + share * (geometry.high - geometry.low)
    assert geometry.millivolt_of(geometry.row_of(millivolt)) == pytest.approx(millivolt, abs=1e-9)
    row = share * geometry.height
    assert geometry.row_of(geometry.millivolt_of(row)) == pytest.approx(row, abs=1e-9)


def test_edges_of_the_image_are_the_limits_of_time_and_amplitude():
    geometry = Geometry(width=300, height=40, seconds=10, start=5, low=-1, high=3)
    np.testing.assert_allclose(geometry.column_of(np.array([5.0, 10.0, 15.0])), [0, 150, 300])
    np.testing.assert_allclose(geometry.row_of(np.array([3.0, 1.0, -1.0])), [0, 20, 40])


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"width": 15}, "width of 15 pixels cannot be drawn; take 16 to 8192"),
        ({"height": 10_000}, "height of 10000 pixels"),
        ({"width": 100.5}, "width of an image is a whole number of pixels, not 100.5"),
        ({"seconds": 0}, "duration above 0 s"),
        ({"start": float("nan")}, "start of an image must be a finite number"),
        ({"low": 1.0, "high": 1.0}, "limits 1 to 1 mV leave no room"),
    ],
)
def test_a_geometry_that_makes_no_picture_says_why(setting, said):
    with pytest.raises(InvalidValue, match=said):
        Geometry(**setting)


# Drawing


@given(sizes, sizes, st.integers(0, 4999), st.floats(0.5, 1.5))
@settings(max_examples=150, deadline=None)
def test_a_pulse_lights_the_column_of_its_time_at_the_row_of_its_amplitude(width, height, sample, amplitude):
    strip = np.zeros(5000)
    strip[sample] = amplitude
    ink = levels(strip, width=width, height=height)
    geometry = Geometry(width, height)
    column, row = int(geometry.column_of(sample / 500)), int(geometry.row_of(np.float32(amplitude)))
    assert ink[row, column] >= max(ink[row].max() - ROUNDING, 1)
    first_inked = np.flatnonzero(ink.any(axis=1))[0]
    assert abs(first_inked - (geometry.row_of(amplitude) - PEN / 2)) <= 1.01


@pytest.mark.parametrize("width", [16, 100, 1024, 4096])
@pytest.mark.parametrize("sample", [0, 4999])
def test_a_pulse_at_either_end_lights_the_first_or_last_column(width, sample):
    strip = np.zeros(5000)
    strip[sample] = 1.0
    geometry = Geometry(width=width)
    ink = levels(strip, width=width)
    inked = np.flatnonzero(ink[int(geometry.row_of(1.0))])
    assert (inked[0] == 0) if sample == 0 else (inked[-1] == width - 1)
    assert inked.size <= 3


@given(sizes, sizes, st.floats(-1, 1), st.floats(1, 3))
@settings(max_examples=50, deadline=None)
def test_a_flat_line_takes_as_much_ink_as_the_pen_is_wide(width, height, millivolt, pen):
    ink = draw_pixels(np.full(5000, millivolt), Geometry(width, height), pen)
    drawn_pen = round(pen * 5) / 5
    assert ink.sum() / 255 / width == pytest.approx(drawn_pen, abs=1 / 50)
    assert (ink == ink[:, :1]).all()


@given(st.integers(0, 2**32 - 1), sizes, sizes)
@settings(max_examples=30, deadline=None)
def test_turning_the_strip_upside_down_mirrors_the_image(seed, width, height):
    strip = np.random.default_rng(seed).normal(0, 0.5, 5000)
    upright, turned = (levels(samples, width=width, height=height) for samples in (strip, -strip))
    assert abs(upright - turned[::-1]).max() <= ROUNDING


@given(st.integers(1, 999))
@settings(max_examples=20, deadline=None)
def test_shifting_the_strip_by_whole_columns_shifts_the_image(columns):
    strip = beats()
    image = levels(strip, width=1000)
    shifted = levels(np.roll(strip, 5 * columns), width=1000)
    rolled = np.roll(image, columns, axis=1)
    away = np.ones(1000, bool)  # from the seam, where the two hold different ends
    away[[0, 1, -2, -1]] = away[[(columns + offset) % 1000 for offset in (-2, -1, 0, 1)]] = False
    assert abs(shifted - rolled)[:, away].max() <= ROUNDING


def test_half_the_amplitude_stands_half_as_tall():
    pulse = np.exp(-0.5 * ((np.arange(5000) - 2500) / 100) ** 2)
    first_inked = [np.flatnonzero(levels(size * pulse, height=400).any(axis=1))[0] for size in (1.6, 0.8, 0.4)]
    above_zero = 200 - PEN / 2 - np.array(first_inked)
    np.testing.assert_allclose(above_zero, [160, 80, 40], atol=1)


def test_the_drawing_matches_a_16_times_supersampled_one():
    strip, geometry = beats(), Geometry()
    truth = BENCH["truth"](strip, geometry, PEN)
    likeness = BENCH["ssim_map"](draw_pixels(strip, geometry) / 255, truth)
    assert likeness.mean() > 0.9995
    assert likeness[truth > 0].mean() > 0.997


@pytest.mark.parametrize(("width", "height", "pen"), [(400, 100, 1.0), (2048, 64, 2.0), (512, 300, 3.0)])
def test_other_sizes_and_pens_match_it_too(width, height, pen):
    strip, geometry = beats(), Geometry(width, height)
    truth = BENCH["truth"](strip, geometry, pen)
    assert BENCH["ssim_map"](draw_pixels(strip, geometry, pen) / 255, truth).mean() > 0.999


def test_a_batch_is_each_strip_drawn_alone():
    batch = np.stack(BENCH["synthetic_strips"](3))
    together = draw_pixels(batch, Geometry())
    assert together.shape == (3, 128, 1024)
    for strip, image in zip(batch, together, strict=True):
        np.testing.assert_array_equal(image, draw_pixels(strip, Geometry()))


def test_nothing_is_drawn_of_what_lies_beyond_the_limits():
    assert not levels(np.full(5000, 3.0)).any()
    assert not levels(np.full(5000, -3.0)).any()
    through = levels(np.where(np.arange(5000) < 2500, -9.0, 9.0))
    assert (through[:, 510:514].sum(axis=1) >= 255).all(), "the stroke crosses every row on its way"
    assert not through[:, :505].any()
    assert not through[:, 519:].any()


@pytest.mark.parametrize(
    ("samples", "pen", "said"),
    [
        (np.zeros((2, 2, 5000)), PEN, r"shape \(2, 2, 5000\); give \(samples,\)"),
        (np.zeros(1), PEN, "samples have shape"),
        (np.array([0.0, np.nan]), PEN, "not finite"),
        (np.zeros(5000), 0, "a pen of 0 pixels cannot draw"),
        (np.zeros(5000), float("nan"), "a pen of nan pixels"),
    ],
)
def test_what_cannot_be_drawn_says_why(samples, pen, said):
    with pytest.raises(InvalidValue, match=said):
        draw_pixels(samples, Geometry(), pen)


# The strip's image


def test_a_strip_becomes_an_image_with_its_time_and_fixed_limits():
    image = strip_image(Strip(beats(), start=30.0))
    assert image.geometry == Geometry(1024, 128, 10.0, 30.0, -2.0, 2.0)
    assert image.pixels.shape == (128, 1024)
    assert image.pixels.dtype == np.float32
    assert repr(image) == "StripImage: 1024 x 128 pixels, 10 s from 30 s, -2 to 2 mV, nothing cut off"


def test_every_pixel_is_a_multiple_of_one_255th_and_cannot_be_changed():
    pixels = strip_image(Strip(beats())).pixels
    np.testing.assert_array_equal(pixels, (np.rint(pixels * 255) / 255).astype(np.float32))
    assert len(np.unique(pixels)) > 50, "anti-aliased"
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0] = 1


def test_what_is_cut_off_is_said():
    samples = np.zeros(5000, np.float32)
    samples[:50], samples[50:75], samples[75] = 2.5, -2.5, 2.0
    image = strip_image(Strip(samples))
    assert image.cut_off == pytest.approx(75 / 5000)
    assert "1.50% of the samples cut off" in repr(image)
    assert strip_image(Strip(samples), limits=(-3, 3)).cut_off == 0


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (np.zeros((128, 512)), r"shape \(128, 512\), but the geometry says \(height, width\) = \(128, 1024\)"),
        (np.full((128, 1024), np.nan), "numbers from 0"),
        (np.full((128, 1024), 1.2), "numbers from 0"),
        (np.full((128, 1024), -0.1), "numbers from 0"),
        (np.full((128, 1024), 0.5), "multiples of 1/255"),
    ],
)
def test_pixels_that_are_no_image_say_why(pixels, said):
    with pytest.raises(InvalidValue, match=said):
        StripImage(pixels, Geometry())


def test_pixels_rounded_as_the_message_says_make_an_image():
    pixels = np.random.default_rng(1).uniform(size=(128, 1024))
    StripImage(np.round(pixels * 255) / 255, Geometry())


def test_a_share_beyond_one_is_refused():
    with pytest.raises(InvalidValue, match="cut_off"):
        StripImage(np.zeros((128, 1024)), Geometry(), cut_off=12)


def test_people_see_dark_ink_on_light_paper():
    picture = strip_image(Strip(np.zeros(5000))).to_pillow()
    assert (picture.mode, picture.size) == ("L", (1024, 128))
    assert picture.getpixel((500, 10)) == 255
    assert picture.getpixel((500, 64)) < 60


# PNG


@pytest.mark.parametrize(("width", "height"), [(16, 16), (333, 77), (1024, 128)])
def test_a_png_reads_back_into_the_same_image(tmp_path, width, height):
    drawn = strip_image(Strip(beats() * 2, start=0.1 + 0.2), width=width, height=height, limits=(-1 / 3, 1.7))
    assert drawn.cut_off > 0
    assert StripImage.from_png(drawn.save_png(tmp_path / "strip.png")) == drawn


def test_images_differ_by_pixels_scale_or_cut_off():
    blank = np.zeros((128, 1024))
    image = StripImage(blank, Geometry())
    assert image != StripImage(blank + 1, Geometry())
    assert image != StripImage(blank, Geometry(start=1))
    assert image != StripImage(blank, Geometry(), cut_off=0.5)
    assert image != "image"


def test_a_notebook_shows_the_same_png_as_the_file(tmp_path):
    image = strip_image(Strip(beats()))
    assert image.save_png(tmp_path / "strip.png").read_bytes() == image._repr_png_()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "strip.png"
    path.write_text("old")

    def fail(self, target):
        raise OSError(28, "disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UnreadableFile, match=r"strip\.png cannot be written \(disk full\)"):
        strip_image(Strip(beats())).save_png(path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("strip.png", "old")]


def test_a_missing_folder_is_named_when_writing(tmp_path):
    with pytest.raises(UnreadableFile, match="nowhere"):
        strip_image(Strip(beats())).save_png(tmp_path / "nowhere" / "strip.png")


def test_a_missing_file_is_named_when_reading(tmp_path):
    with pytest.raises(UnreadableFile, match=r"there is no image .*none\.png"):
        StripImage.from_png(tmp_path / "none.png")


@pytest.mark.parametrize("kept", [0, 4, 30, 200, 900])
def test_a_broken_png_is_called_broken(tmp_path, kept):
    path = strip_image(Strip(beats())).save_png(tmp_path / "strip.png")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UnreadableFile, match="is not a whole PNG image"):
        StripImage.from_png(path)


def test_another_format_is_no_png(tmp_path):
    Image.new("L", (64, 64)).save(tmp_path / "photo.png", format="JPEG")
    with pytest.raises(UnreadableFile, match="is not a whole PNG image"):
        StripImage.from_png(tmp_path / "photo.png")


def test_a_png_without_scale_has_no_time(tmp_path):
    strip_image(Strip(beats())).to_pillow().save(tmp_path / "bare.png")
    with pytest.raises(UnreadableFile, match="holds no scale"):
        StripImage.from_png(tmp_path / "bare.png")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"width": 512}, r"shape \(128, 1024\), but the geometry says \(height, width\) = \(128, 512\)"),
        ({"seconds": -1}, "duration above 0 s"),
        ({"start": "noon"}, "does not fit its pixels"),
        ({"cut_off": None}, "does not fit its pixels"),
    ],
)
def test_a_scale_that_does_not_fit_the_pixels_is_refused(tmp_path, change, said):
    image = strip_image(Strip(beats()))
    picture = image.to_pillow()
    scale = json.loads(Image.open(image.save_png(tmp_path / "whole.png")).text["ecgteach scale"])
    notes = PngImagePlugin.PngInfo()
    notes.add_text("ecgteach scale", json.dumps(scale | change))
    picture.save(tmp_path / "changed.png", pnginfo=notes)
    with pytest.raises(UnreadableFile, match=said):
        StripImage.from_png(tmp_path / "changed.png")


@pytest.mark.parametrize("text", ["", "12", "[]", '{"width": 1024}', "not json"])
def test_a_scale_that_is_no_scale_is_refused(tmp_path, text):
    notes = PngImagePlugin.PngInfo()
    notes.add_text("ecgteach scale", text)
    Image.new("L", (1024, 128), 255).save(tmp_path / "odd.png", pnginfo=notes)
    with pytest.raises(UnreadableFile, match="scale"):
        StripImage.from_png(tmp_path / "odd.png")
