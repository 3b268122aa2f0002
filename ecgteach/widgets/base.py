"""What every widget has: a state, what that state shows, controls, a place on the page, a still, errors in words.

A widget is a road in one direction. A control turns the present state into a new one, `render` turns a state into what
is shown, `show` puts that on the controls, `arrange` says where they stand, and the page gets it as one scene. So a
state that is saved today shows the same tomorrow, and two widgets side by side never meet.

To make a widget, subclass `Widget`::

    class Counter(Widget[Count, str]):
        def __init__(self):
            super().__init__()
            self._more = Button("more", "One more")
            self.on_click(self._more, lambda state: replace(state, number=state.number + 1))
            self.state = Count()

        def render(self, state):            # pure: what a state shows
            return f"{state.number} so far"

        def show(self, shown):              # set the controls
            self._more.disabled = self.state.number == 9

        @property
        def controls(self):
            return {"more": self._more}

        def arrange(self, shown):           # a fresh layout each time; the browser keeps what is already there
            return row(self._more, words("sum", f"<p>{shown}</p>"))

        def said(self, before, now):        # announced to a screen reader when the state has changed
            return f"{now.number} so far"

        def focus(self, before, now):       # the control that gets the focus; "" leaves it where it is
            return ""

The page owns keys (none reaches the notebook but Tab and Escape; arrows move within a group), the focus, the live
region, a busy sign after 150 ms, and the sentence for a restarted kernel. `Strips` is the panel for strips, maps and
marks; what it answers without the kernel stands there.
"""

import html
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Generic, Self, TypeVar

from ..errors import EcgteachError, InvalidValue, UnknownName
from ..plots import Picture
from ..records import Record
from ..words import capital
from .controls import Control, Item, laid_out
from .frame import Frame
from .texts import part, text

BUSY_AFTER_MS = 150
"""Short work does not flicker."""


@dataclass(frozen=True)
class State:
    """What a widget is set to, as plain values that can be saved and sent."""

    def to_json(self) -> dict[str, Any]:
        """Plain values of which `from_json` makes the state again."""
        return asdict(self)

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """The state of what `to_json` gave."""
        return cls(**held)


S = TypeVar("S", bound=State)
Shown = TypeVar("Shown")


class Widget(ABC, Generic[S, Shown]):
    """A widget of the course.

    A child gives `render`, `show`, `controls`, `arrange` and `still`, and ties its controls to new states with
    `on_click` and `on_value`. It ends its own ``__init__`` by setting `state`.
    """

    label = "Widget"
    """What a screen reader calls it."""

    def __init__(self) -> None:
        self._state: S
        self._shown: Shown
        self._setting = False
        self._receiving = False
        self._fault = ""
        self._said = ""
        self._focus = ""
        self._turn = 0
        self._answers: list[Any] = []
        self._frame: Frame | None = None

    @property
    def state(self) -> S:
        """What the widget is set to; setting it shows it."""
        return self._state

    @state.setter
    def state(self, state: S) -> None:
        self._shown = self.render(state)
        before = getattr(self, "_state", None)
        self._state = state
        if before is not None and before != state:
            self._said, self._focus = self.said(before, state), self.focus(before, state)
        self._show_again()

    @abstractmethod
    def render(self, state: S) -> Shown:
        """What a state shows, as plain values; nothing on the page changes."""

    @abstractmethod
    def show(self, shown: Shown) -> None:
        """Put what `render` gave on the controls."""

    @property
    @abstractmethod
    def controls(self) -> dict[str, Control]:
        """The controls by name."""

    @abstractmethod
    def arrange(self, shown: Shown) -> Item:
        """Controls, words and panels, each in its place, for what is shown now."""

    @abstractmethod
    def still(self) -> Picture:
        """What the present state shows, as a picture with alt text for readers without a kernel."""

    def said(self, before: S, now: S) -> str:  # noqa: ARG002
        """What is announced to a screen reader when the state has changed."""
        return ""

    def focus(self, before: S, now: S) -> str:  # noqa: ARG002
        """Name of the control that gets the focus when the state has changed; empty leaves it where it is."""
        return ""

    def look(self) -> str:
        """A class of the style sheet for the whole widget, such as ``"ecgteach-presenter"``."""
        return ""

    @property
    def fault(self) -> str:
        """The error that the page shows, as HTML; empty when nothing is wrong."""
        return self._fault

    def panel(self) -> Frame:
        """The widget, to be shown as a cell's last value; made once, so that it can be shown twice."""
        if self._frame is None:
            self._frame = Frame(self.receive)
            self._send()
        return self._frame

    def scene(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """What the page is told to show, as plain values, and the arrays for it."""
        body, arrays = laid_out(self.arrange(self._shown))
        scene = {
            "label": self.label,
            "look": self.look(),
            "turn": self._turn,
            "answers": self._answers,
            "fault": self._fault,
            "said": self._said,
            "focus": self._focus,
            "texts": part("stage"),
            "busy_after": BUSY_AFTER_MS,
            "body": body,
        }
        return scene, arrays

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.panel())  # type: ignore[no-untyped-call]

    def on_click(self, button: Control, change: Callable[[S], S]) -> None:
        """Make a button change the state."""
        button.follow(lambda _: self._follow(change))

    def on_value(self, control: Control, change: Callable[[S, Any], S]) -> None:
        """Make a control's new value change the state."""
        control.follow(lambda value: self._follow(lambda state: change(state, value)))

    def receive(self, content: dict[str, Any]) -> None:
        """Do what a learner did on the page, and answer with one scene."""
        control = self.controls.get(content.get("control", ""))
        self._answers = [content.get(name) for name in ("view", "number", "control")]
        self._receiving, self._fault = True, ""
        try:
            with self._caught():
                if control is None:
                    raise UnknownName(text("fault.control", given=content.get("control")))
                self._set(control, content.get("value"))
        finally:
            self._receiving = False
        self._send()

    def _set(self, control: Control, value: Any) -> None:
        if hasattr(control, "click"):
            control.click()
        elif not control.disabled:
            control.value = value

    def _follow(self, change: Callable[[S], S]) -> None:
        """Change the state and show it; whatever goes wrong is said on the page, which stays as it was."""
        if self._setting:
            return
        with self._caught(), one_thread():
            self._fault = ""
            self.state = change(self._state)

    @contextmanager
    def _caught(self) -> Iterator[None]:
        """Say what goes wrong inside.

        Jupyter drops what a callback raises, so this is the one place that catches every error: it shows each of them,
        and those that are no message of ours with their traceback.
        """
        try:
            yield
        except EcgteachError as problem:
            self._complain(f"<p>{html.escape(_sentence(str(problem)))}</p>")
        except Exception as problem:
            kept = html.escape("".join(traceback.format_exception(problem)))
            error = html.escape(f"{type(problem).__name__}: {problem}")
            self._complain(
                f"<p>{text('stage.unforeseen', error=error)}</p>"
                f"<details><summary>{text('stage.traceback')}</summary><pre>{kept}</pre></details>"
            )

    def _complain(self, words: str) -> None:
        self._fault, self._said, self._focus = words, "", ""
        self._show_again()

    def _show_again(self) -> None:
        """Set the controls, which meanwhile change nothing, and tell the page."""
        self._setting = True
        try:
            self.show(self._shown)
        finally:
            self._setting = False
        if not self._receiving:
            self._answers = []
            self._send()

    def _send(self) -> None:
        if self._frame is None:
            return
        self._turn += 1
        self._frame.put(*self.scene())
        self._said = self._focus = ""


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread of torch for the length of a block, if torch is there at all: a second one spins where cores are few.

    With the other core busy, two threads take three to five times as long as one for a single strip.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _sentence(words: str) -> str:
    ended = capital(words)
    return ended if ended.endswith((".", "!", "?")) else ended + "."


def recordings(given: object, who: str) -> list[Record]:
    """The recordings that a widget was given, checked; one alone will do.

    Raises
    ------
    InvalidValue
        When something else is among them; `who` takes them.
    """
    held = [given] if isinstance(given, Record) else given
    if isinstance(held, str) or not isinstance(held, Iterable):
        raise InvalidValue(f"{who} takes recordings, such as read_record gives, not a {type(held).__name__}")
    records = list(held)
    for record in records:
        if not isinstance(record, Record):
            raise InvalidValue(f"{who} takes recordings, such as read_record gives; one is a {type(record).__name__}")
    return records
