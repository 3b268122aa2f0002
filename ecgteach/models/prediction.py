"""What a network answers: logits and probabilities, class by class, and what the logits are the sum of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked
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
    parts : mapping of str to array, shape (classes,)
        Where the logits are a sum: ``"local"``, which has a place on the strip and is what a map shows, and
        ``"rhythm"``, which has none. Empty for a network that does not tell.
    """

    logits: NDArray[np.float32]
    classes: tuple[str, ...]
    parts: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        logits = np.array(self.logits, dtype=np.float32)
        if logits.shape != (len(self.classes),):
            raise InvalidValue(f"{len(self.classes)} classes need as many logits, not {logits.shape}")
        parts = {name: np.array(part, dtype=np.float32) for name, part in self.parts.items()}
        if parts and not np.allclose(sum(parts.values()), logits, rtol=1e-3, atol=1e-3, equal_nan=True):
            raise InvalidValue(f"the parts {choices(parts)} do not add up to the logits")
        for array in (logits, *parts.values()):
            array.flags.writeable = False
        object.__setattr__(self, "logits", logits)
        object.__setattr__(self, "parts", parts)

    @property
    def probabilities(self) -> dict[str, float]:
        """Probability of each class; they add up to 1."""
        raised = np.exp(self.logits.astype(np.float64) - self.logits.max())
        return dict(zip(self.classes, (raised / raised.sum()).tolist(), strict=True))

    @property
    def answer(self) -> str:
        """The class with the highest logit."""
        return self.classes[int(self.logits.argmax())]

    def margin(self, target: str, part: str | None = None) -> float:
        """The target's logit, or that of one part, minus the mean of the others': what speaks for it and not for them.

        Raises
        ------
        UnknownName
            When there is no such class or part.
        """
        if part is not None and part not in self.parts:
            raise UnknownName(f"this prediction has no part {part!r}; there are {choices(self.parts) or 'none'}")
        values = self.logits if part is None else self.parts[part]
        number = position(target, self.classes)
        return float(margin(values, number))

    def __repr__(self) -> str:
        listed = ", ".join(f"{name} {value:.0%}" for name, value in self.probabilities.items())
        return f"Prediction {self.answer} ({listed})"


@checked
def margin(logits: NDArray[np.floating], number: int) -> NDArray[np.float64]:
    """The logit of class `number` minus the mean of the others', shape (n,) of (n, classes)."""
    return np.asarray(logits[..., number] - np.delete(logits, number, axis=-1).mean(axis=-1), dtype=np.float64)


@checked
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
