"""The lessons' own widgets: nothing before the learner's word, true figures, and every setting by its control."""

import re

import numpy as np
import pytest

import ecgteach
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.image import strip_image
from ecgteach.records.embedded import samples
from ecgteach.simulator import simulate
from ecgteach.widgets.label_explorer import FILTERS, UNDECIDED, LabelExplorer, LabelState
from ecgteach.widgets.picture_maker import COLUMNS, GAINS, PENS, MakerState, PictureMaker, likeness_of, read_back


def words_of(widget):
    """Everything that the page is told, as one text."""
    return str(widget.scene()[0]["body"])


@pytest.fixture(scope="module")
def strips():
    fine = simulate("AFIB", seed=12, rate=80, f=0.06, f_rate=7.0, noise=None, leads=("II",)).strip()
    return [fine, ecgteach.sample("SR", 1).strip().for_reading()]


class TestPictureMaker:
    @pytest.fixture
    def maker(self, strips):
        return PictureMaker(strips)

    def test_shows_nothing_before_the_guess(self, maker):
        assert "<img" not in words_of(maker)
        maker.receive({"control": "guess", "value": "alike"})
        assert "<img" in words_of(maker)

    def test_a_changed_setting_takes_picture_and_guess_away(self, maker):
        maker.receive({"control": "guess", "value": "alike"})
        maker.receive({"control": "columns", "value": 256})
        assert maker.state == MakerState(columns=256)
        assert "<img" not in words_of(maker)

    def test_fewer_columns_lose_the_small_waves_and_the_guess_is_judged(self, maker):
        maker.state = MakerState(columns=128, guess="less")
        assert maker.render(maker.state).right
        assert not maker.render(MakerState(columns=128, guess="alike")).right
        assert maker.render(MakerState(guess="alike")).right

    @pytest.mark.parametrize("columns", COLUMNS)
    @pytest.mark.parametrize("gain", GAINS)
    def test_figures_are_those_of_the_picture(self, maker, columns, gain):
        shown = maker.render(MakerState(columns=columns, gain=gain, guess="less"))
        assert shown.image.pixels.shape[1] == columns
        assert f"{10_000 / columns:.1f} ms wide" in shown.told
        assert f"{shown.image.pixels.mean():.1%}" in shown.told

    def test_half_the_gain_draws_waves_half_as_tall(self, maker):
        tall, small = (maker.render(MakerState(gain=gain, guess="less")).image for gain in GAINS)
        heights = [np.ptp(np.flatnonzero(image.pixels.sum(axis=1) > 0.5)) for image in (tall, small)]
        assert heights[1] == pytest.approx(heights[0] / 2, rel=0.15)

    @pytest.mark.parametrize("pen", PENS)
    def test_a_thicker_pen_is_more_ink(self, maker, pen):
        ink = maker.render(MakerState(pen=pen, guess="less")).image.pixels.mean()
        assert ink >= maker.render(MakerState(guess="less")).image.pixels.mean()

    def test_the_still_says_what_it_shows_and_names_no_rhythm(self, maker):
        maker.state = MakerState(columns=256, guess="less")
        assert "256 by 32 pixels" in maker.still().alt
        assert maker.still().png().startswith(b"\x89PNG")
        assert not re.search("fibrill|sinus", maker.still().alt)

    def test_a_flat_line_has_a_likeness_and_no_warning(self):
        flat = ecgteach.Strip(np.zeros(5000, dtype=np.float32), lead="II")
        assert likeness_of(strip_image(flat), flat) == 0.0

    def test_what_is_read_back_lies_within_a_row_of_a_slow_wave(self):
        times = np.arange(5000) / 500
        slow = ecgteach.Strip((0.5 * np.sin(times)).astype(np.float32), lead="II")
        picture = strip_image(slow)
        expected = 0.5 * np.sin(picture.geometry.seconds_of(np.arange(1024) + 0.5))
        assert np.abs(read_back(picture) - expected).max() < 4 / 128

    @pytest.mark.parametrize("state", [MakerState(columns=300), MakerState(strip=2), MakerState(pen=9.0)])
    def test_a_state_that_cannot_be_drawn_is_refused(self, maker, state):
        with pytest.raises(InvalidValue, match="draws strips 1 to 2 with 1024, 512, 256, 128 columns"):
            maker.state = state

    def test_no_strip_is_refused(self):
        with pytest.raises(InvalidValue, match="one strip or more"):
            PictureMaker([])

    def test_a_state_comes_back_from_a_file(self, maker):
        state = MakerState(1, 256, 3.0, 5.0, "less")
        assert MakerState.from_json(state.to_json()) == state


class TestLabelExplorer:
    @pytest.fixture
    def explorer(self):
        return LabelExplorer()

    def test_holds_every_strip_and_says_how_many(self, explorer):
        assert explorer.render(LabelState()).count == len(samples(use=None))

    def test_the_label_waits_for_the_learners_word(self, explorer):
        explorer.receive({"control": "show", "value": None})
        assert not explorer.state.shown
        explorer.receive({"control": "guess", "value": "AFIB"})
        assert "The source says" not in words_of(explorer)
        explorer.receive({"control": "show", "value": None})
        assert "The source says" in words_of(explorer)
        assert "You said: atrial fibrillation or flutter" in words_of(explorer)

    def test_the_next_strip_hides_its_label_again(self, explorer):
        explorer.state = LabelState(guess="SR", shown=True)
        explorer.receive({"control": "next", "value": None})
        assert (explorer.state.at, explorer.state.guess, explorer.state.shown) == (1, "", False)
        assert "The source says" not in words_of(explorer)

    @pytest.mark.parametrize(("name", "value"), [("source", "ludb"), ("group", "GSVT"), ("use", "doubtful labels")])
    def test_filters_leave_what_they_say(self, explorer, name, value):
        explorer.receive({"control": name, "value": value})
        held = explorer.fitting(explorer.state)
        assert held
        assert all(value in line.uses if name == "use" else getattr(line, name) == value for line in held)
        assert (
            explorer.render(explorer.state).count == len(held) == sum(explorer.render(explorer.state).counts.values())
        )

    def test_filters_that_leave_nothing_say_so(self, explorer):
        explorer.state = LabelState(source="chapman", group="GSVT")
        assert "No strip is like this" in words_of(explorer)
        assert explorer.still().alt

    def test_undecided_answers_are_offered(self, explorer):
        assert set(UNDECIDED) <= set(explorer.controls["guess"].options)

    @pytest.mark.parametrize("name", FILTERS)
    def test_an_unknown_filter_is_told_with_those_that_there_are(self, explorer, name):
        with pytest.raises(UnknownName, match=f"no strip of this explorer has {name} 'x'; there are"):
            explorer.state = LabelState(**{name: "x"})

    def test_the_bare_strip_names_no_rhythm_and_no_source(self, explorer):
        alt = explorer.still().alt
        assert not re.search(r"sinus|fibrill|\bSR\b(?! \d)", alt.split("Below it")[0])

    @pytest.mark.parametrize("line", samples(use=None)[::9], ids=lambda line: line.record)
    def test_every_label_can_be_told(self, line):
        explorer = LabelExplorer([line])
        explorer.state = LabelState(guess="SR", shown=True)
        assert line.licence in explorer.render(explorer.state).told
