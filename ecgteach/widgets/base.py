"""What every widget has: a state, what that state shows, controls, a panel, a still picture, and errors in words.

A widget is a road in one direction. A control turns the present state into a new one, `render` turns a state into what
is shown, `show` puts that on the panel. So a state that is saved today shows the same tomorrow, and two widgets side by
side never meet.
"""

import html
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Generic, Self, TypeVar

from ..errors import EcgteachError, NotInstalled
from ..plots import Picture
from ..views import SIGNAL, VIEWS
from ..words import capital

try:
    import ipywidgets
except ModuleNotFoundError as problem:
    raise NotInstalled(
        'widgets need ipywidgets and bokeh, which are not installed: pip install "ecgteach[lab]"'
    ) from problem

BUSY_AFTER_MS = 150

STYLE = f"""<style>
.ecgteach {{ line-height: 1.45; font-size: 15px; }}
.ecgteach p {{ margin: 0 0 .4em; }}
.ecgteach table {{ border-collapse: collapse; line-height: 1.3; margin: .2em 0; }}
.ecgteach th, .ecgteach td {{ padding: .1em 1.2em .1em 0; text-align: left; font-weight: normal; }}
.ecgteach th[scope=col] {{ border-bottom: 1px solid #999; }}
.ecgteach td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
.ecgteach-fault {{ border-left: 4px solid #D55E00; padding: .3em .8em; background: #fdf1ea; color: #111; }}
.ecgteach-panel {{ position: relative; }}
.ecgteach-busy {{ position: absolute; top: 4px; right: 8px; opacity: 0; }}
.ecgteach-busy {{ animation: ecgteach-busy 1ms linear {BUSY_AFTER_MS}ms forwards; }}
@keyframes ecgteach-busy {{ to {{ opacity: 1; }} }}
.ecgteach-keys button, .ecgteach-keys input {{ font-size: 15px; }}
.ecgteach-keys button:focus-visible {{ outline: 3px solid {VIEWS[SIGNAL].colour}; outline-offset: 1px; }}
.ecgteach-keys .widget-toggle-button {{ text-align: left; padding: 0 7px; height: auto; line-height: 26px; }}
.ecgteach-keys .widget-toggle-button {{ white-space: normal; }}
.ecgteach-keys .widget-toggle-button::before {{ content: "\\25CB\\00A0"; }}
.ecgteach-keys .widget-toggle-button.mod-active::before {{ content: "\\25CF\\00A0"; }}
.ecgteach-keys .widget-toggle-buttons {{ width: auto; }}
.ecgteach-answer-text {{ display: block; overflow: hidden auto; border: 1px solid #ddd; padding: 4px 10px; }}
.ecgteach-figures {{ display: block; overflow: auto hidden; }}
</style>"""
"""The busy sign is sent at once and stays unseen for 150 ms, so that short work does not flicker."""


_UNSEEN = {"height": "0px", "margin": "0px", "overflow": "visible"}


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

    def __init__(self) -> None:
        self._state: S
        self._shown: Shown
        self._setting = False
        self._busy = ipywidgets.HTML(layout=_UNSEEN)
        self._fault = ipywidgets.HTML(layout={"display": "none"})
        self._body: ipywidgets.Widget | None = None

    @property
    def state(self) -> S:
        """What the widget is set to; setting it shows it."""
        return self._state

    @state.setter
    def state(self, state: S) -> None:
        self._shown = self.render(state)
        self._state = state
        self._show_again()

    @abstractmethod
    def render(self, state: S) -> Shown:
        """What a state shows, as plain values; nothing on the panel changes."""

    @abstractmethod
    def show(self, shown: Shown) -> None:
        """Put what `render` gave on controls and figures."""

    @property
    @abstractmethod
    def controls(self) -> dict[str, ipywidgets.Widget]:
        """The controls by name."""

    @abstractmethod
    def arrange(self) -> ipywidgets.Widget:
        """Controls and figures, each in its place; called once."""

    @abstractmethod
    def still(self) -> Picture:
        """What the present state shows, as a picture with alt text for readers without a kernel."""

    @property
    def fault(self) -> str:
        """The error that the panel shows, as HTML; empty when nothing is wrong."""
        return str(self._fault.value)

    def panel(self) -> ipywidgets.Widget:
        """The widget, to be shown as a cell's last value."""
        load_bokeh()
        if self._body is None:
            style = ipywidgets.HTML(STYLE, layout=_UNSEEN)
            self._body = ipywidgets.VBox([style, self._busy, self._fault, self.arrange()])
            self._body.add_class("ecgteach-panel")
        return self._body

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.panel())  # type: ignore[no-untyped-call]

    def on_click(self, button: ipywidgets.Button, change: Callable[[S], S]) -> None:
        """Make a button change the state."""
        button.on_click(lambda _: self._follow(change))

    def on_value(self, control: ipywidgets.Widget, change: Callable[[S, Any], S]) -> None:
        """Make a control's new value change the state."""
        control.observe(lambda event: self._follow(lambda state: change(state, event["new"])), names="value")

    def _follow(self, change: Callable[[S], S]) -> None:
        """Change the state and show it; whatever goes wrong is said on the panel, which stays as it was.

        Jupyter drops what a callback raises, so this is the one place that catches every error: it shows each of them,
        and those that are no message of ours with their traceback.
        """
        if self._setting:
            return
        self._busy.value = '<span class="ecgteach ecgteach-busy" role="status">Working ...</span>'
        try:
            self.state = change(self._state)
            self._say_fault("")
        except EcgteachError as problem:
            self._complain(f"<p>{html.escape(_sentence(str(problem)))}</p>")
        except Exception as problem:
            kept = html.escape("".join(traceback.format_exception(problem)))
            error = html.escape(f"{type(problem).__name__}: {problem}")
            self._complain(
                f"<p>Something went wrong that the course did not foresee ({error}). What you did before is kept.</p>"
                f"<details><summary>For a report: the traceback</summary><pre>{kept}</pre></details>"
            )
        finally:
            self._busy.value = ""

    def _complain(self, words: str) -> None:
        self._say_fault(f'<div class="ecgteach ecgteach-fault" role="alert">{words}</div>')
        self._show_again()

    def _say_fault(self, words: str) -> None:
        self._fault.value = words
        self._fault.layout.display = None if words else "none"

    def _show_again(self) -> None:
        """Set the panel; meanwhile its controls change nothing."""
        self._setting = True
        try:
            self.show(self._shown)
        finally:
            self._setting = False


def choice(name: str, options: dict[str, Any], width: str = "auto") -> ipywidgets.ToggleButtons:
    """A row of buttons of which one is chosen, none at first; tests and style sheets find it as ``ecgteach-NAME``.

    Neither a list nor radio buttons: JupyterLab takes arrow keys and letters for itself while one of these has the
    focus, and moves away or adds a cell. Tab and Space it leaves to buttons.
    """
    buttons = ipywidgets.ToggleButtons(options=list(options.items()), value=None, style={"button_width": width})
    buttons.add_class(f"ecgteach-{name}")
    return buttons


def question(text: str) -> ipywidgets.HTML:
    """A short heading among the controls."""
    return ipywidgets.HTML(f'<div class="ecgteach"><b>{text}</b></div>')


def row(*controls: ipywidgets.Widget) -> ipywidgets.Box:
    """Controls side by side, on a further line where there is no room."""
    layout = ipywidgets.Layout(display="flex", flex_flow="row wrap", align_items="center", grid_gap="2px 12px")
    return ipywidgets.Box(controls, layout=layout)


def load_bokeh() -> None:
    """Send bokeh's code to the page from this machine, so that figures need no network; twice does no harm."""
    from IPython import get_ipython

    if get_ipython() is None:
        return
    from bokeh.io import output_notebook
    from bokeh.resources import Resources

    output_notebook(Resources(mode="inline", components=["bokeh"]), hide_banner=True)


def _sentence(words: str) -> str:
    text = capital(words)
    return text if text.endswith((".", "!", "?")) else text + "."
