"""What a learner sets in a widget, and how it is laid out: controls with a value, words, rows and columns.

A control is a Python object that tests and notebooks drive (``control.value = ...``, ``button.click()``) and of which
`Control.node` says, as plain values, how the browser shows it. Stock ipywidgets are not used: in JupyterLab their keys
reach the notebook (``x`` cuts the cell), arrows do not move within a group, and a changed case costs a message for each
property. Here the browser makes its elements once (``browser/controls.js``), and a changed state is one message.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import InvalidValue, UnknownName, choices
from .texts import text

Node = dict[str, Any]
"""One element of the page as plain values: its kind, its settings, its children."""


class Control:
    """What a learner sets.

    Parameters
    ----------
    name : str
        By which tests, style sheets and the browser find it.
    label : str
        In words.
    value : object
        A plain value.
    settings : object
        Further settings of the browser's element, such as ``look`` (a class of the style sheet), ``hint``, or ``said``
        (words announced when the browser alone has changed it, with ``{value}``).
    """

    kind = ""

    def __init__(self, name: str, label: str = "", value: Any = None, **settings: Any) -> None:
        self.name = name
        self.label = label
        self.disabled = False
        self.hidden = False
        self.settings = settings
        self._value = value
        self._followers: list[Callable[[Any], None]] = []

    @property
    def value(self) -> Any:
        """What it is set to; setting it tells those who follow it."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        value = self.checked(value)
        if value == self._value:
            return
        before, self._value = self._value, value
        try:
            self._tell(value)
        except BaseException:
            self._value = before
            raise

    def checked(self, value: Any) -> Any:
        """The value as it is kept, or an error that says what may be set."""
        return value

    def follow(self, follower: Callable[[Any], None]) -> None:
        """Call a function with each new value."""
        self._followers.append(follower)

    def _tell(self, value: Any) -> None:
        for follower in self._followers:
            follower(value)

    def node(self) -> Node:
        """How the browser shows it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "label": self.label,
            "value": self._value,
            "disabled": self.disabled,
            "hidden": self.hidden,
            **self.settings,
        }

    def arrays(self) -> dict[str, bytes]:
        """Numbers that the browser needs beside the node, by key."""
        return {}


class Button(Control):
    """Something to press.

    ``primary`` marks the next step: a presenter's key presses it. ``action`` is what the browser does by itself:
    ``"save"`` keeps the panels as a picture named ``file``, ``"screen"`` fills the screen.
    """

    kind = "button"

    def click(self) -> None:
        """Press it, as a learner does; nothing happens while it is off."""
        if not self.disabled:
            self._tell(None)


class Choice(Control):
    """One of several; none at first.

    Parameters
    ----------
    options : mapping of value to str
        Value and words of each.
    """

    kind = "choice"

    def __init__(self, name: str, label: str, options: Mapping[Any, str], value: Any = None, **settings: Any) -> None:
        super().__init__(name, label, value, **settings)
        self.options = dict(options)

    def checked(self, value: Any) -> Any:
        """One of the options, or none."""
        if value is not None and value not in self.options:
            raise UnknownName(text("fault.choice", given=value, choices=choices(self.options)))
        return value

    def node(self) -> Node:
        """How the browser shows it."""
        options = [{"value": value, "label": label} for value, label in self.options.items()]
        return {**super().node(), "options": options}


class Menu(Choice):
    """One of many, in little room."""

    kind = "menu"


class Number(Control):
    """A number that is typed; out of range, or no number, it is answered in words and not changed in silence.

    Parameters
    ----------
    low, high, step : float
        Smallest, largest, and by how much an arrow key changes it.
    unit : str
        Beside the field, and in the answer.
    """

    kind = "number"

    def __init__(
        self,
        name: str,
        label: str,
        value: float | None = None,
        *,
        low: float,
        high: float,
        step: float,
        unit: str = "",
        **settings: Any,
    ) -> None:
        super().__init__(name, label, value, **settings)
        self.low, self.high, self.step, self.unit = low, high, step, unit

    def checked(self, value: Any) -> float | None:
        """A number within the range; None for an empty field."""
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            given = f"{value:g}" if number else str(value)
            unit = f" {self.unit}" if self.unit else ""
            raise InvalidValue(
                text(
                    "fault.number", label=self.label, low=f"{self.low:g}", high=f"{self.high:g}", unit=unit, given=given
                )
            )
        return value

    def node(self) -> Node:
        """How the browser shows it."""
        return {**super().node(), "low": self.low, "high": self.high, "step": self.step, "unit": self.unit}


class Slider(Number):
    """A number that is dragged; ``shown`` says it in words, with ``{value}`` times ``factor``."""

    kind = "slider"

    def __init__(self, name: str, label: str, value: float, *, shown: str = "{value}", **settings: Any) -> None:
        super().__init__(name, label, value, shown=shown, **settings)


class Text(Control):
    """Words that are typed."""

    kind = "text"

    def checked(self, value: Any) -> str:
        """Any words."""
        return str(value)


class Check(Control):
    """A tick."""

    kind = "check"

    def checked(self, value: Any) -> bool:
        """True or False."""
        return bool(value)


Item = Control | Node
"""What stands in a layout."""


def row(*items: Item, look: str = "", label: str = "") -> Node:
    """Items side by side, on a further line where there is no room."""
    return _box("row", items, look, label)


def column(*items: Item, look: str = "", label: str = "") -> Node:
    """Items one below the other."""
    return _box("column", items, look, label)


def scroll(name: str, label: str, *items: Item) -> Node:
    """Items in a box of its own height that scrolls, so that what is longer pushes nothing away."""
    return {**_box("scroll", items, "", label), "name": name}


def words(name: str, html: str, *, look: str = "", scrolls: bool = False, label: str = "") -> Node:
    """HTML; where it scrolls it has a label, so that a reader knows what the keys move.

    An element with ``data-control`` (and ``data-value``) changes that control when it is pressed; one with
    ``data-fill`` is filled by the panels: ``both``, ``signal looked``, ``threshold``, ``rule``.
    """
    return {"kind": "words", "name": name, "html": html, "look": look, "scrolls": scrolls, "label": label}


def _box(kind: str, items: Sequence[Item], look: str, label: str) -> Node:
    return {"kind": kind, "look": look, "label": label, "items": items}


def laid_out(item: Item) -> tuple[Node, dict[str, bytes]]:
    """A layout as plain values, and the arrays of all controls in it."""
    if isinstance(item, Control):
        return item.node(), item.arrays()
    if "items" not in item:
        return item, {}
    arrays: dict[str, bytes] = {}
    children = []
    for child in item["items"]:
        node, held = laid_out(child)
        children.append(node)
        arrays |= held
    return {name: value for name, value in item.items() if name != "items"} | {"children": children}, arrays
