"""Figures for people: a strip on exact ECG paper, and what each view looked at, each with its alternative text."""

from .maps import plot_explanation, plot_fused, plot_image
from .picture import Picture
from .strips import plot_strip, plot_trace
from .theme import importance_map, importance_palette

__all__ = [
    "Picture",
    "importance_map",
    "importance_palette",
    "plot_explanation",
    "plot_fused",
    "plot_image",
    "plot_strip",
    "plot_trace",
]
