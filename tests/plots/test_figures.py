"""Figures for every state of an explanation: each says its answer in words, and nothing overlaps or is cut."""

import re
import subprocess
import sys
from dataclasses import replace

import matplotlib
import numpy as np
import pytest

import ecgteach
from ecgteach.beats import find_beats
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.plots import plot_explanation, plot_fused, plot_image, plot_strip, plot_trace, theme, words
from ecgteach.plots.sheet import MM_PER_INCH
from ecgteach.quality import Fault, Quality
from ecgteach.rhythms import grouping, rhythms
from ecgteach.views import FUSED, VIEWS, view_kind
from ecgteach.words import moments

LABELS = [*rhythms().values(), *grouping().groups]
CODES = re.compile("|".join(rf"\b{label.code}\b" for label in LABELS))
NAMES = re.compile(
    "|".join(re.escape(name) for label in LABELS for name in (label.name, getattr(label, "short", label.name))),
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def seen():
    return ecgteach.explain(ecgteach.sample("AFIB"))


def emptied(seen, view, state="flat"):
    """The same explanation as if one view had found nothing for another target."""
    old = seen.views[view]
    number = old.prediction.classes.index("SB")
    views = {name: replace(one, map=replace(one.map, target=number)) for name, one in seen.views.items()}
    empty = replace(views[view].map, values=np.zeros_like(old.map.values), state=state, raw_max=0.0)
    views[view] = replace(old, map=empty, on_time=np.zeros(5000, np.float32))
    return replace(seen, target="SB", views=views, fused=None, fused_reason=f"the {view} view's map is {state}")


def disagreementling(seen):
    """The same explanation as if the image network had answered GSVT."""
    old = seen.views["image"]
    logits = np.where(np.array(old.prediction.classes) == "GSVT", 5.0, 0.0)
    changed = replace(old, prediction=replace(old.prediction, logits=logits, parts={}))
    return replace(seen, views={**seen.views, "image": changed})


def apart(seen):
    """The same explanation as if the views had looked at different halves."""
    signal, image = np.zeros((2, 5000), np.float32)
    signal[:1000], image[3000:] = 1.0, 1.0
    views = {name: replace(seen.views[name], on_time=on) for name, on in (("signal", signal), ("image", image))}
    return replace(seen, views=views)


def tall(seen):
    faults = Quality((Fault("no QRS", "no QRS stands out"), Fault("clipped", "14 samples lie beyond 10 mV")))
    return ecgteach.explain(replace(seen.strip, samples=9 * seen.strip.samples, quality=faults))


STATES = {
    "agreeing": lambda seen: seen,
    "flat signal": lambda seen: emptied(seen, "signal"),
    "flat image": lambda seen: emptied(seen, "image"),
    "both empty": lambda seen: emptied(emptied(seen, "image"), "signal", "non-finite"),
    "disagreementling": disagreementling,
    "apart": apart,
    "nothing common": lambda seen: replace(
        apart(seen), fused=None, fused_reason="the rule 'product' leaves nothing: the two maps share no moment"
    ),
    "inverted": lambda seen: ecgteach.explain(replace(seen.strip, samples=-seen.strip.samples)),
    "tall": tall,
    "asked for": lambda seen: ecgteach.explain(seen.strip, target="SB", contrast=True, fusion="confidence"),
}


@pytest.fixture(params=STATES)
def state(request, seen):
    return STATES[request.param](seen)


def letters(picture):
    """Every piece of text with its box in pixels."""
    figure = picture.figure
    renderer = figure.canvas.get_renderer()
    with theme.style():
        figure.draw_without_rendering()
        found = figure.findobj(matplotlib.text.Text)
        return [(text, text.get_window_extent(renderer)) for text in found if text.get_text() and text.get_visible()]


def assert_readable(picture):
    boxes = letters(picture)
    width, height = picture.figure.bbox.size
    for text, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, f"cut: {text.get_text()}"
        assert text.get_fontsize() >= theme.TYPE
    for place, (text, box) in enumerate(boxes):
        for other, beside in boxes[place + 1 :]:
            across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            along = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            assert across <= 0 or along <= 2, f"{text.get_text()!r} lies on {other.get_text()!r}"


def test_type_is_11_points_beside_the_file_list_of_a_small_screen(seen):
    room = 890  # CSS pixels that JupyterLab leaves a picture at 1366 x 768 with its file list open
    shrunk = min(1.0, room / (plot_strip(seen.strip).figure.get_figwidth() * 96))
    assert theme.TYPE * shrunk >= 11


# The bare strip gives nothing away


@pytest.mark.parametrize("group", grouping().classes)
def test_a_bare_strip_names_no_rhythm(group):
    picture = plot_strip(ecgteach.sample(group).strip())
    said = " ".join([picture.alt, *(text.get_text() for text, _ in letters(picture))])
    assert not CODES.search(said) and not NAMES.search(said)


def test_a_source_that_names_the_rhythm_waits_for_the_reveal(seen):
    strip = replace(seen.strip, source_id="tests/AFIB-7")
    assert "AFIB-7" not in plot_strip(strip).alt
    assert "AFIB-7" in plot_strip(strip, reveal=True).alt


def test_the_source_can_be_left_out(seen):
    assert seen.strip.source_id in plot_strip(seen.strip).alt
    assert seen.strip.source_id not in plot_strip(seen.strip, source=False).alt


def test_the_reveal_names_the_rhythm_and_measures_it(seen):
    rate = find_beats(seen.strip).rate
    said = f"The source says atrial fibrillation; {rate:.0f} beats"
    assert plot_strip(seen.strip, reveal=True).alt.startswith(said)


def test_the_reveal_stands_below_a_title_of_ones_own(seen):
    picture = plot_strip(seen.strip, title="Was it this?", reveal=True)
    assert picture.alt.startswith("Was it this? The source says atrial fibrillation")
    assert any(text.get_text().startswith("The source says atrial") for text, _ in letters(picture))


def test_the_reveal_says_when_the_source_names_none(seen):
    assert "The source says no single rhythm" in plot_strip(replace(seen.strip, rhythm=None), reveal=True).alt


def test_who_cannot_see_the_strip_gets_what_can_be_measured_on_it(seen):
    alt = plot_strip(seen.strip).alt
    first = ", ".join(f"{time:.2f}" for time in find_beats(seen.strip).times[:3])
    low, high = (f"{value:.1f}".replace("-", "−") for value in (seen.strip.samples.min(), seen.strip.samples.max()))  # noqa: RUF001
    assert f"QRS complexes at {first}" in alt
    assert f"from {low} to {high} mV" in alt


def test_filters_speed_gain_and_purpose_stand_on_the_strip(seen):
    said = [text.get_text() for text, _ in letters(plot_strip(seen.strip))]
    assert "Lead II    25 mm/s    10 mm/mV    high-pass 0.5 Hz, low-pass 40 Hz, ends faded" in said
    assert f"Real recording {seen.strip.source_id}, for teaching, not for clinical use" in said


def test_an_unfiltered_strip_says_so():
    assert "as recorded, no filter" in plot_strip(ecgteach.sample("SR").strip()).alt


def test_faults_of_the_lead_are_told(seen):
    poor = replace(seen.strip, quality=Quality((Fault("flat", "it stands still"),)))
    assert "The lead is flat: it stands still." in plot_strip(poor).alt


@pytest.mark.parametrize("origin", ["", "simulated/7"])
def test_only_a_real_recording_is_called_one(seen, origin):
    assert "Real recording" not in plot_strip(replace(seen.strip, source_id=origin)).alt


def test_a_strip_without_beats_is_drawn(seen):
    flat = replace(seen.strip, samples=np.zeros(5000))
    assert "QRS complexes cannot be told for sure" in plot_strip(flat, reveal=True).alt


# The figures of an explanation


def test_nothing_overlaps_and_nothing_is_cut(state):
    for picture in (
        plot_explanation(state),
        plot_image(state),
        plot_fused(state),
        plot_strip(state.strip, reveal=True),
    ):
        assert_readable(picture)


def test_a_long_title_is_wrapped(seen):
    title = "Where did both views look, and is it where you would? " * 5 + "W" * 200
    assert_readable(plot_explanation(seen, title=title))


def test_dollars_and_markup_are_only_letters(seen):
    assert "$\\frac{1}{2" in plot_strip(seen.strip, title="$\\frac{1}{2 <b>").alt
    assert plot_strip(seen.strip, title="$\\frac{1}{2 <b>").png()


def test_all_panels_share_one_time_axis(seen):
    panels = [axes for axes in plot_explanation(seen).figure.axes if axes.get_xlim()[1] == 10.0]
    assert len(panels) == 4
    assert len({(axes.get_position().x0, axes.get_position().x1, *axes.get_xlim()) for axes in panels}) == 1


def test_all_panels_share_one_gain(seen):
    figure = plot_explanation(seen).figure
    height = figure.get_figheight() * MM_PER_INCH
    for axes in (axes for axes in figure.axes if np.ptp(axes.get_ylim()) > 1 and axes.get_xlim()[1] == 10.0):
        assert axes.get_position().height * height / np.ptp(axes.get_ylim()) == pytest.approx(10.0)


def test_the_title_is_the_answer_in_steps_of_five_percent():
    seen = ecgteach.explain(ecgteach.sample("SR", 1))
    signal, image = (5 * round(20 * float(np.mean(view.on_time >= 0.5))) for view in seen.views.values())
    title = words.title_of(seen).replace("\N{NO-BREAK SPACE}", " ")
    said = f"signal looked at about {signal} %, picture at about {image} % of the strip"
    assert title.startswith(f"Both views answer sinus rhythm; {said}; of what either looked at, ")


@pytest.mark.parametrize(
    ("together", "said"),
    [
        (0, "nothing is shared"),
        (1, "almost nothing is shared"),
        (333, "about a third is shared"),
        (667, "about two thirds are shared"),
        (1000, "all is shared"),
    ],
)
def test_the_title_says_how_much_of_what_either_looked_at_is_shared(seen, together, said):
    signal, image = np.zeros((2, 5000), np.float32)
    alone = (1000 - together) // 2
    signal[: alone + together], image[alone:1000] = 1.0, 1.0
    views = {name: replace(seen.views[name], on_time=on) for name, on in (("signal", signal), ("image", image))}
    assert words.title_of(replace(seen, views=views)).endswith(f"; of what either looked at, {said}")


def test_what_is_too_short_for_percent_is_told_in_moments_and_seconds(seen):
    signal, image = np.zeros((2, 5000), np.float32)
    signal[500:600], image[550:600], image[4000:4050] = 1.0, 1.0, 1.0
    views = {name: replace(seen.views[name], on_time=on) for name, on in (("signal", signal), ("image", image))}
    picture = plot_explanation(replace(seen, views=views))
    said = "signal looked at 1 brief moment (0.2 s in all), picture at 2 brief moments (0.2 s in all); of what either"
    assert said in picture.alt
    legend = {text.get_text() for text, _ in letters(picture)}
    assert {"both 0.1 s", "signal only 0.1 s", "picture only 0.1 s", "neither 9.7 s"} <= legend


@pytest.mark.parametrize(
    ("local", "rhythm", "said"),
    [
        (1.0, 3.0, "about 25 % of what speaks for it has a place on the strip"),
        (1.0, -3.0, "what speaks for it has a place on the strip"),
        (-1.0, 3.0, "what speaks for it has no place on the strip"),
        (-1.0, -3.0, "on balance nothing speaks for it"),
    ],
)
def test_beside_each_map_stands_which_part_of_the_answer_has_a_place(seen, local, rhythm, said):
    views = {}
    for name, view in seen.views.items():
        there = np.array([code == seen.target for code in view.prediction.classes], np.float32)
        parts = {"local": local * there, "rhythm": rhythm * there}
        views[name] = replace(view, prediction=replace(view.prediction, logits=sum(parts.values()), parts=parts))
    changed = replace(seen, views=views)
    alt = plot_explanation(changed).alt.replace("\N{NO-BREAK SPACE}", " ")
    assert alt.count(f"; {said}.") == 2
    assert said.split()[-1] in " ".join(text.get_text() for text, _ in letters(plot_image(changed)))


@pytest.mark.parametrize("group", grouping().classes)
def test_figures_name_the_groups_in_words_and_never_by_their_codes(seen, group):
    asked = ecgteach.explain(seen.strip, target=group)
    for picture in (plot_explanation(asked), plot_image(asked), plot_fused(asked)):
        assert not re.search(r"\b(SR|SB|GSVT|AFIB)\b", picture.alt)
        assert not re.search(r"\b(SR|SB|GSVT|AFIB)\b", " ".join(text.get_text() for text, _ in letters(picture)))


def test_the_title_tells_a_disagreement(seen):
    said = words.title_of(disagreementling(seen))
    fast, fibrillation = "sinus tachycardia or other regular SVT", "atrial fibrillation or flutter"
    answers = f"signal answers {fibrillation}, picture answers {fast}"
    assert said.startswith(f"The views disagree: {answers}; for {fibrillation} signal looked at")


def test_the_title_tells_when_nothing_is_common(seen):
    assert words.title_of(apart(seen)).endswith("of what either looked at, nothing is shared")


def test_an_empty_map_is_told_in_words_instead_of_a_fused_one(seen):
    picture = plot_explanation(emptied(seen, "image"))
    said = " ".join(text.get_text() for text, _ in letters(picture))
    assert "no fused map: the picture view's map is empty for sinus bradycardia" in said
    assert (
        "its map for sinus bradycardia is flat: nothing that has a place speaks for it" in said
        and "there is no fused map" in picture.alt
    )


def test_an_empty_map_leaves_the_colour_of_paper(seen):
    image = next(axes for axes in plot_image(emptied(seen, "image")).figure.axes if axes.images).images[0].get_array()
    paper = np.array(matplotlib.colors.to_rgb(theme.PAPER))
    np.testing.assert_allclose(image[seen.image.pixels == 0] - paper, 0.0, atol=1e-12)


def test_the_hottest_place_of_the_picture_is_that_of_the_map(seen):
    image = next(axes for axes in plot_image(seen).figure.axes if axes.images).images[0].get_array()
    blank = np.where(seen.image.pixels == 0, image.sum(axis=2), np.inf)
    column = np.unravel_index(blank.argmin(), blank.shape)[1]
    view = seen.views["image"]
    hottest = view.layer.centres[np.unravel_index(view.map.values.argmax(), view.map.values.shape)[1]]
    assert abs((column + 0.5) * 10 / 1024 - hottest) <= view.layer.cell_seconds


def test_no_figure_says_because(state):
    for picture in (plot_explanation(state), plot_image(state), plot_fused(state)):
        assert not re.search(r"\b(because|caused?|why)\b", picture.alt)


def test_the_alternative_text_tells_where_each_view_looked(seen):
    alt = plot_explanation(seen).alt
    for view in seen.views.values():
        assert moments(view.on_time) in alt
    assert moments(seen.fused) in alt


def test_what_the_picture_cuts_off_is_told(seen):
    assert "The picture cuts off" in plot_explanation(tall(seen)).alt


# One map on one strip


@pytest.mark.parametrize("view", [*VIEWS, FUSED])
def test_a_trace_is_marked_for_each_view(seen, view):
    picture = plot_trace(seen.strip, seen.fused, view=view, target="AFIB")
    assert picture.alt.startswith(f"For atrial fibrillation or flutter the {view_kind(view).word} ")
    assert_readable(picture)


def test_a_flat_map_marks_nothing_and_says_so(seen):
    picture = plot_trace(seen.strip, np.zeros(5000), view="signal", target="AFIB")
    assert picture.alt.startswith("The signal map for atrial fibrillation or flutter is flat")


def test_a_title_of_ones_own_does_not_hide_the_answer_from_the_alternative_text(seen):
    picture = plot_trace(seen.strip, seen.fused, view="fused", target="AFIB", title="Here?")
    assert picture.alt.startswith("Here? For atrial fibrillation or flutter the fused map is strong in")


@pytest.mark.parametrize(
    ("on_time", "message"),
    [
        (np.zeros(10), r"5000 values, one a sample; this one has the shape \(10,\)"),
        (np.full(5000, 2.0), "numbers from 0 to 1"),
        (np.full(5000, np.nan), "numbers from 0 to 1"),
    ],
)
def test_what_is_no_map_is_refused(seen, on_time, message):
    with pytest.raises(InvalidValue, match=message):
        plot_trace(seen.strip, on_time, view="signal", target="AFIB")


def test_an_unknown_view_is_refused_and_the_known_ones_are_named(seen):
    with pytest.raises(UnknownName, match="no view is called 'picture'; there are signal, image, fused"):
        plot_trace(seen.strip, seen.fused, view="picture", target="AFIB")


# Nothing is left behind


def test_things_that_travel_show_themselves(seen):
    assert seen.plot().alt == plot_explanation(seen).alt
    assert seen.strip.plot().alt == plot_strip(seen.strip).alt
    assert seen.strip._repr_mimebundle_() == plot_strip(seen.strip)._repr_mimebundle_()


def test_settings_of_matplotlib_neither_change_nor_matter(seen):
    plain = plot_explanation(seen).png()
    theirs = {"font.size": 30, "text.color": "red", "savefig.bbox": "tight", "axes.facecolor": "black"}
    with matplotlib.rc_context(theirs):
        before = dict(matplotlib.rcParams)
        assert plot_explanation(seen).png() == plain
        assert dict(matplotlib.rcParams) == before


def test_no_window_no_pyplot_and_for_a_bare_strip_no_torch():
    code = (
        "import sys, numpy as np\n"
        "from ecgteach.strip import Strip\n"
        "strip = Strip(np.sin(np.arange(5000) / 40))\n"
        "assert strip.plot().png()\n"
        "assert not {'matplotlib.pyplot', 'torch'} & set(sys.modules), 'a heavy library came along'"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
