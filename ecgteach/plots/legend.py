"""What the colours mean: the bar of importance and the classes of agreement, in words."""

from matplotlib.cm import ScalarMappable
from matplotlib.patches import Rectangle

from ..words import class_in_short, in_steps_or_seconds
from .sheet import EDGE, LINE, MM_PER_POINT, TIME_LEFT, WIDTH, Sheet, width_of
from .theme import HATCH_REPEAT, INK, QUIET_INK, TYPE, agreement_style, importance_map, in_legend

ROW = LINE * TYPE * MM_PER_POINT
BAR_WIDTH, BAR_HEIGHT = 62.5, 4.5
SWATCH = 9.0


def importance_bar(sheet: Sheet, target: str) -> None:
    """The colour bar of importance, and from where on we say "looked at"."""
    sheet.space(1.0)
    top = sheet.depth
    axes = sheet.panel(BAR_HEIGHT, left=TIME_LEFT, width=BAR_WIDTH)
    bar = sheet.figure.colorbar(ScalarMappable(cmap=importance_map()), cax=axes, orientation="horizontal")
    bar.set_ticks([])
    bar.outline.set_edgecolor(INK)
    axes.axvline(0.5, color=INK, linewidth=1.0)
    below = sheet.depth + ROW / 2 + 0.5
    for share, label in ((0.0, "none"), (0.5, "half"), (1.0, "most")):
        sheet.at(TIME_LEFT + share * BAR_WIDTH, below, label, align="center")
    left = TIME_LEFT + BAR_WIDTH + 10.0
    sheet.at(left, top + BAR_HEIGHT / 2, f"importance for {class_in_short(target)}")
    sheet.at(left, below, "each map over its own maximum; from half of it on we say “looked at”", ink=QUIET_INK)
    sheet.space(ROW + 2.0)


def who_looked(sheet: Sheet, shares: dict[str, float]) -> None:
    """Who looked, by share of the time, or in seconds where the shares are tiny: colour, hatch and words."""
    styles = {kind: agreement_style(kind) for kind in in_legend([*shares])}
    neither, *some = shares.values()
    told = dict(zip(shares, in_steps_or_seconds([neither, *some], some), strict=True))
    labels = [(style, f"{style.words} {told[kind]}") for kind, style in styles.items()]
    widths = [SWATCH + 2.0 + width_of(label, TYPE) for _, label in labels]
    gap = max((WIDTH - EDGE - TIME_LEFT - sum(widths)) / (len(labels) - 1), SWATCH / 2)
    left = TIME_LEFT
    for (style, label), width in zip(labels, widths, strict=True):
        if left > TIME_LEFT and left + width > WIDTH - EDGE + 0.1:
            left = TIME_LEFT
            sheet.space(ROW)
        middle = sheet.depth + ROW / 2
        sheet.page.add_patch(
            Rectangle(
                (left, middle - BAR_HEIGHT / 2), SWATCH, BAR_HEIGHT,
                facecolor=style.colour, edgecolor="white", linewidth=0.0, hatch=style.hatch * HATCH_REPEAT,
            )
        )  # fmt: skip
        sheet.at(left + SWATCH + 2.0, middle, label)
        left += width + gap
    sheet.space(ROW)
