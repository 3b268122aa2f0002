"""What a network answers: logits and probabilities, class by class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue, UnknownName, choices


@dataclass(frozen=True, repr=False, eq=False)
class Prediction:
    """The answer of one network to one strip.

    Parameters
    ----------
    logits : array, shape (classes,)
        Before the softmax.
    classes : tuple of str
        Names of the outputs.
    """

    logits: NDArray[np.float32]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        logits = np.array(self.logits, dtype=np.float32)
        if logits.shape != (len(self.classes),):
            raise InvalidValue(f"{len(self.classes)} classes need as many logits, not {logits.shape}")
        logits.flags.writeable = False
        object.__setattr__(self, "logits", logits)

    @property
    def probabilities(self) -> dict[str, float]:
        """Probability of each class; they add up to 1."""
        raised = np.exp(self.logits.astype(np.float64) - self.logits.max())
        return dict(zip(self.classes, (raised / raised.sum()).tolist(), strict=True))

    @property
    def answer(self) -> str:
        """The class with the highest logit."""
        return self.classes[int(self.logits.argmax())]

    def __repr__(self) -> str:
        listed = ", ".join(f"{name} {value:.0%}" for name, value in self.probabilities.items())
        return f"Prediction {self.answer} ({listed})"


def position(target: str, classes: tuple[str, ...]) -> int:
    """Number of a class by its name.

    Raises
    ------
    UnknownName
        When the network has no such class.
    """
    if target not in classes:
        raise UnknownName(f"no class is called {target!r}; the networks tell apart {choices(classes)}")
    return classes.index(target)
