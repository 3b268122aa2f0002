"""The one piece of a widget that the page holds: it shows a scene and sends back what a learner does.

Chosen over stock ipywidgets and bokeh figures because the browser alone can keep keys from the notebook, hold the
focus, announce, keep paper square at every width, and move a crosshair or a threshold while the kernel is busy; and
because a changed case is one message instead of one for each property. It needs no network, no port and no WebGL.
"""

from collections.abc import Callable
from importlib import resources
from typing import Any

from ..errors import NotInstalled

try:
    import anywidget
    import traitlets
except ModuleNotFoundError as problem:
    raise NotInstalled(
        'widgets need ipywidgets and anywidget, which are not installed: pip install "ecgteach[lab]"'
    ) from problem

SCRIPTS = ("controls.js", "paper.js", "strips.js", "stage.js")
"""In this order one script: a page takes a single one from a widget."""


def _browser(*names: str) -> str:
    folder = resources.files(__package__).joinpath("browser")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


class Frame(anywidget.AnyWidget):
    """A widget's place on the page.

    Parameters
    ----------
    receive : callable
        Called with what the browser sends: ``{"view", "number", "control", "value"}``.
    """

    _esm = traitlets.Unicode(_browser(*SCRIPTS)).tag(sync=True)
    _css = traitlets.Unicode(_browser("stage.css")).tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)
    arrays = traitlets.Dict().tag(sync=True)

    def __init__(self, receive: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self.on_msg(lambda _frame, content, _buffers: receive(content))

    def put(self, scene: dict[str, Any], arrays: dict[str, bytes]) -> None:
        """Show a scene with its arrays, in one message; arrays that the page has are not sent again."""
        with self.hold_sync():
            if arrays != self.arrays:
                self.arrays = arrays
            self.scene = {**scene, "model": self.model_id}
