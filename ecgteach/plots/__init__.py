"""Figures for people: a strip on exact ECG paper, and what each view looked at, each with its alternative text."""

from typing import TYPE_CHECKING, Any

from .maps import plot_explanation, plot_fused, plot_image
from .picture import Picture
from .strips import plot_strip, plot_trace
from .theme import importance_map, importance_palette

if TYPE_CHECKING:
    from .waves import plot_attention, plot_attention_by_rhythm

__all__ = [
    "Picture",
    "importance_map",
    "importance_palette",
    "plot_attention",
    "plot_attention_by_rhythm",
    "plot_explanation",
    "plot_fused",
    "plot_image",
    "plot_strip",
    "plot_trace",
]


def __getattr__(name: str) -> Any:
    if not name.startswith("plot_attention"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import waves  # brings torch, which a bare strip does without

    return getattr(waves, name)
