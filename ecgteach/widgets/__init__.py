"""Widgets for notebooks: a state, what it shows, controls, a place on the page, and a still for readers without a kernel."""

from .base import State, Widget

__all__ = ["State", "Widget"]
