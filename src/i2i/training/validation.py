"""Scores on held-out pairs while a run trains: which generator is kept is decided here, never on test images."""

from collections.abc import Callable
from dataclasses import dataclass

from i2i.data.store import PairStore
from i2i.errors import ConfigError, nearest
from i2i.evaluation.instruments import choose_instruments
from i2i.evaluation.sample import Sample
from i2i.evaluation.scoring import Scores
from i2i.images import Pixels
from i2i.metrics.bootstrap import RESAMPLES, Interval
from i2i.metrics.paired import PAIRED

INSTRUMENTS = choose_instruments(PAIRED, features=None, lpips=None)
"""What is measured at each validation: all that needs no pretrained weights."""

MEASURES = INSTRUMENTS.measures
"""The measures by name, any of which may choose the best bundle."""

_ROW = "generator"


@dataclass(frozen=True)
class Validation:
    """Scores over the held-out pairs, and input, output and target of the first few of them."""

    scores: dict[str, Interval]
    failed: dict[str, str]  # measure → why the pairs are unfit for it
    shown: list[list[Pixels]]

    def shortfall(self, measure: str) -> float:
        """How far from perfect, lower is better; 0 for "last", so that the newest always counts as the best.

        Raises:
            ConfigError: the held-out pairs are unfit for the measure, as images too small for its window are.
        """
        if measure == "last":
            return 0.0
        if measure not in self.scores:
            raise ConfigError(
                f"training.best: '{measure}' can't be had: {self.failed[measure]}; choose another, or last"
            )
        return MEASURES[measure].shortfall(self.scores[measure].mean)

    def means(self) -> dict[str, float]:
        """The scores without their intervals."""
        return {name: score.mean for name, score in self.scores.items()}


def check_measure(name: str) -> None:
    """Refuse a name that is no measure of a validation. Raises `ConfigError`."""
    if name != "last" and name not in MEASURES:
        raise ConfigError(f"training.best: '{name}' is not measured; {nearest(name, [*MEASURES, 'last'])}")


def validate(translate: Callable[[Pixels], Pixels], held_out: PairStore, shown: int) -> Validation:
    """Translate every held-out pair's input and score it against its target, as 8-bit images."""
    scores = Scores(INSTRUMENTS, seed=0)
    rows = []
    for index, name in enumerate(held_out.names):
        given, wanted = held_out[index]
        made = translate(given)
        scores.add(Sample(name, given, wanted), {_ROW: made})
        if index < shown:
            rows.append([given, made, wanted])
    return Validation(scores.table(_ROW, RESAMPLES), scores.failed, rows)
