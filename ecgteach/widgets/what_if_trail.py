"""The trail of a slider: how sure each network was along it, and what the rule reader answered, as a drawing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

from ..checks.answers import log_odds
from ..plots import theme
from ..rhythms import BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE
from ..views import view_kind
from ..whatif import DIALS, Answered
from ..words import class_in_short
from .texts import text

WIDTH, HEIGHT = 500, 112
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 16, 28
TYPE = 14.7
"""Pixels: 11 pt."""

RULE_Y = HEIGHT - 10
LIMITS = (BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE)
DASHES = ("", "6 3", "2 3")
"""So that views are told apart without colour."""

LEAST_SPAN = 1.0
MINUS = "\N{MINUS SIGN}"


def trail(points: Sequence[Answered], dial: str, target: str, *, logits: bool = False) -> str:
    """The trail as SVG with alt text; `points` in the order of the slider's values.

    Marks stand where the rate is 60 and 100, along the rate and along TQ.
    """
    values = [point.settings.value(dial) for point in points]
    title = text("what_if.trail_logits" if logits else "what_if.trail", target=class_in_short(target))
    heights = {view: [_height(point, view, target, logits) for point in points] for view in points[0].predictions}
    low, high = (0.0, 1.0) if not logits else _span(heights.values())
    scale = DIALS[dial]

    def across(value: float) -> float:
        return LEFT + (value - scale.low) / (scale.high - scale.low) * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    drawn = [_axes(low, high, up, logits), *_limits(points, dial, across)]
    for (view, own), dashes in zip(heights.items(), DASHES, strict=False):
        kind = view_kind(view)
        line = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in zip(values, own, strict=True))
        drawn.append(
            f'<polyline points="{line}" fill="none" stroke="{kind.colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/>'
        )
        size = 3 if dashes else 4
        drawn += [
            f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="{size}" fill="{kind.colour}"/>'
            for x, y in zip(values, own, strict=True)
        ]
    answers = [point.rule.group for point in points]
    for x, answer in zip(values, answers, strict=True):
        same = answer == answers[0]
        drawn.append(
            f'<rect x="{across(x) - 4:.1f}" y="{RULE_Y - 4}" width="8" height="8" '
            f'fill="{theme.QUIET_INK if same else "none"}" stroke="{theme.QUIET_INK}"/>'
        )
    unit = text(f"what_if_dial.{dial}")
    drawn.append(_label(LEFT - 6, RULE_Y + 5, text("what_if.rule_short"), "end"))
    alt = escape(_alt(title, unit, values, heights, answers, logits))
    body = "".join(drawn)
    return (
        f"<p><b>{escape(title)}</b> {_legend(heights)}</p>"
        f'<svg role="img" aria-label="{alt}" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'style="max-width: 100%">{body}</svg>'
    )


def limits_on(point: Answered, dial: str) -> dict[float, float]:
    """Where on a dial the rate is 60 and 100, by rate; none on dials that leave the rate alone."""
    if dial == "rate":
        return {limit: limit for limit in LIMITS}
    if dial != "tq":
        return {}
    rr = 60_000.0 / point.rate - point.settings.value(dial)
    return {limit: 60_000.0 / limit - rr for limit in LIMITS}


def _height(point: Answered, view: str, target: str, logits: bool) -> float:
    prediction = point.predictions[view]
    if logits:
        return log_odds(prediction.logits.astype(float), prediction.classes.index(target))
    return prediction.probabilities[target]


def _span(heights: Iterable[Sequence[float]]) -> tuple[float, float]:
    held = [value for own in heights for value in own]
    low, high = min(*held, 0.0), max(*held, 0.0)
    return low - LEAST_SPAN, high + LEAST_SPAN


def _axes(low: float, high: float, up: Callable[[float], float], logits: bool) -> str:
    ends = [low, 0.0, high] if logits else [0.0, 0.5, 1.0]
    rows = []
    for end in ends:
        y = up(end)
        words = f"{end:+.0f}" if logits else f"{end:.0%}".replace("%", " %")
        rows.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#C8C8C8"/>')
        rows.append(_label(LEFT - 6, y + 5, words.replace("-", MINUS), "end"))
    return "".join(rows)


def _limits(points: Sequence[Answered], dial: str, across: Callable[[float], float]) -> list[str]:
    scale, drawn = DIALS[dial], []
    for limit, value in limits_on(points[0], dial).items():
        if scale.low <= value <= scale.high:
            x = across(value)
            drawn.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="{theme.INK}" '
                'stroke-dasharray="3 3"/>'
            )
            drawn.append(_label(x, TOP, f"{limit:.0f}/min", "middle"))
    return drawn


def _label(x: float, y: float, words: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{TYPE}" fill="{theme.INK}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _legend(heights: Mapping[str, Sequence[float]]) -> str:
    parts = []
    for view, dashes in zip(heights, DASHES, strict=False):
        kind = view_kind(view)
        line = (
            f'<svg aria-hidden="true" width="26" height="10"><line x1="0" x2="26" y1="5" y2="5" '
            f'stroke="{kind.colour}" stroke-width="3" stroke-dasharray="{dashes}"/></svg>'
        )
        parts.append(f"{line} {escape(kind.word)}")
    return " ".join(parts)


def _alt(
    title: str,
    dial: str,
    values: Sequence[float],
    heights: Mapping[str, Sequence[float]],
    answers: Sequence[str | None],
    logits: bool,
) -> str:
    def told(value: float) -> str:
        return f"{value:+.1f}" if logits else f"{value:.0%}".replace("%", " %")

    points = "; ".join(
        text(
            "what_if.trail_point",
            view=view_kind(view).network,
            first=told(own[0]),
            low=f"{values[0]:g}",
            last=told(own[-1]),
            high=f"{values[-1]:g}",
        )
        for view, own in heights.items()
    )
    runs = [(group, [value for _, value in run]) for group, run in groupby(zip(answers, values, strict=True), _first)]
    told_answers = ", ".join(
        f"{class_in_short(group) if group else text('what_if.rule_none')} ({own[0]:g} to {own[-1]:g})"
        for group, own in runs
    )
    return text(
        "what_if.trail_alt",
        title=title,
        dial=dial,
        points=points,
        rule=text("what_if.trail_rule", answers=told_answers),
    )


def _first(pair: "tuple[str | None, float]") -> str | None:
    return pair[0]
