"""What was wanted of fused maps is reached or not, as it was said before."""

from ecgteach.checks.fusion_comparison import MeasuredStrip

from .aims import aims_reached


def rows_of(signal, image, mean, rhythm="SR", group="SR"):
    maps = {"signal": signal, "image": image, "mean": mean}
    return [MeasuredStrip(rhythm, group, f"{rhythm}-{number}", "localisation", maps) for number in range(3)]


def test_what_was_wanted_is_reached_or_not_as_said_before():
    good = [*rows_of(0.6, 0.7, 0.75), *rows_of(0.6, 0.5, 0.66, rhythm="SB", group="SB")]
    good += rows_of(0.7, 0.5, 0.71, rhythm="AFIB", group="AFIB")
    found = aims_reached(good, "mean")
    assert found["rhythms_reached"]
    assert found["groups_reached"]
    poor = aims_reached([*good, *rows_of(0.9, 0.5, 0.6, rhythm="ST", group="GSVT")], "mean")
    assert not poor["rhythms_reached"]
    assert poor["groups_reached"]
    assert poor["groups"]["GSVT"]["reached"] is False
    assert not aims_reached([], "mean")["rhythms_reached"]
