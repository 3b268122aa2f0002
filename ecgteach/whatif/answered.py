"""What everybody answers to a heart that is set so: both networks, the rule reader, and the simulator's own table."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..beats import IRREGULARLY_IRREGULAR, group_of_truth, regularity_of
from ..cases import blind
from ..explanation import Explanation, averaged, explain, highest
from ..kept import Kept
from ..models import Network, Prediction, predict
from ..strip import Strip
from .rule_reader import RuleReading, read_by_rule
from .settings import LEAD, NO_P, Settings, edited
from .training_range import outside_training, qt_of

OFF_LIST, OPEN = "off the list", "open"
COULD_BE_FIBRILLATION = (
    "irregular narrow beats without P: by this strip alone it could be fibrillation with a flat line"
)
HELD = 300
"""Settings whose answers are kept: a dial from end to end, several times over."""

HELD_MAPS = 12


@dataclass(frozen=True, eq=False)
class Answered:
    """What everybody answers to one setting.

    Parameters
    ----------
    settings : Settings
        What was asked.
    strip : Strip
        As it is read; it does not tell its rhythm.
    predictions : mapping of str to Prediction
        By view.
    rule : RuleReading
        Of the reader who knows rate and irregularity.
    group : str
        Code of the group that the rhythm belongs to, ``"off the list"``, or ``"open"`` where the strip alone cannot
        tell.
    rhythm : str
        What the simulator calls it.
    rate : float
        Beats per minute, true.
    follows : tuple of str
        What the simulator's table says follows of what was turned.
    outside : tuple of str
        What lies outside the strips that the networks have learnt from.
    qt : float
        Median QT in seconds; NaN where there is no T.
    """

    settings: Settings
    strip: Strip
    predictions: Mapping[str, Prediction]
    rule: RuleReading
    group: str
    rhythm: str
    rate: float
    follows: tuple[str, ...]
    outside: tuple[str, ...]
    qt: float

    @cached_property
    def probabilities(self) -> dict[str, float]:
        """Of both networks together."""
        return averaged(self.predictions)

    @property
    def answer(self) -> str:
        """Of both networks together."""
        return highest(self.probabilities)

    def probability(self, view: str, target: str) -> float:
        """How sure a network is of a class."""
        return self.predictions[view].probabilities[target]


class Asked:
    """Both networks, the rule reader and the table, asked about settings; what they said is kept for a while.

    Parameters
    ----------
    networks : mapping of str to Network
        By view.
    """

    def __init__(self, networks: Mapping[str, Network]) -> None:
        self.networks = dict(networks)
        self._held, self._maps = Kept(HELD), Kept(HELD_MAPS)

    def answered(self, settings: Settings) -> Answered:
        """What everybody answers.

        Raises
        ------
        InvalidValue
            When no heart can be set so.
        """
        return self._held.once(settings.key, lambda: self._ask(settings))

    def explained(self, settings: Settings, target: str) -> Explanation:
        """Where both networks looked for a class."""
        strip = self.answered(settings).strip
        return self._maps.once((settings.key, target), lambda: explain(strip, models=self.networks, target=target))

    def _ask(self, settings: Settings) -> Answered:
        record, said = edited(settings)
        strip = record.strip(LEAD, quality="any").for_reading()
        truth = record.truth
        assert truth is not None
        predictions = {
            view: Prediction(predict(network, [strip.samples[None]], view)[0], tuple(network.classes))
            for view, network in self.networks.items()
        }
        # No P and no regularity: the table's "junctional" holds for regular RR only.
        unnamed = _without_p(settings) and regularity_of(truth.rr).word == IRREGULARLY_IRREGULAR
        group = OPEN if unnamed else group_of_truth(truth) or OFF_LIST
        rhythm = COULD_BE_FIBRILLATION.partition(":")[0] if unnamed else truth.rhythm.name
        rate = 60.0 / float(truth.rr.mean()) if truth.rr.size else float("nan")
        follows = _follows(settings, said, unnamed)
        outside = outside_training(settings, record)
        rule, qt = read_by_rule(strip), qt_of(record)
        return Answered(settings, blind(strip), predictions, rule, group, rhythm, rate, follows, outside, qt)


def _without_p(settings: Settings) -> bool:
    return settings.heart.rhythm not in NO_P and settings.value("p") == 0


def _follows(settings: Settings, said: Mapping[str, str], unnamed: bool) -> tuple[str, ...]:
    """What follows, dial by dial; without P what was said of rate and RR, which took the P for granted, is void."""
    if not _without_p(settings):
        return tuple(dict.fromkeys(said.values()))
    lasting = {name: words for name, words in said.items() if name not in ("rate", "tq", "rr")}
    if unnamed:
        lasting["p"] = COULD_BE_FIBRILLATION
    return tuple(dict.fromkeys(lasting.values()))
