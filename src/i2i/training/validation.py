"""Scores on held-out pairs while a run trains: which generator is kept is decided here, never on test images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from i2i.data.store import PairStore
from i2i.errors import ConfigError, nearest
from i2i.evaluation.instruments import Instruments, choose_instruments
from i2i.evaluation.recognised import RECOGNISED, over_domains
from i2i.evaluation.sample import Sample
from i2i.evaluation.scoring import Scores
from i2i.images import ImageSpec, Pixels, preview
from i2i.metrics.bootstrap import RESAMPLES, Interval
from i2i.metrics.measure import Measure
from i2i.metrics.suited import paired_measures

_ROW = "generator"


@cache
def instruments(target: ImageSpec, paired: bool = True) -> Instruments:
    """What is measured at each validation: all that suits the target and needs no pretrained weights.

    Without `paired`, only what compares sets of images.
    """
    measures = paired_measures(target) if paired else {}
    return choose_instruments(measures, features=None, lpips=None, target=target)


@dataclass(frozen=True)
class Validation:
    """Scores over the held-out pairs, and input, output and target of the first few of them."""

    measures: Mapping[str, Measure]
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
        return self.measures[measure].shortfall(self.scores[measure].mean)

    def means(self) -> dict[str, float]:
        """The scores without their intervals."""
        return {name: score.mean for name, score in self.scores.items()}


def describe(measure: Measure) -> dict[str, str | int]:
    """A measure in plain values: what it is called, its unit, and which end is the better."""
    names = ("label", "unit", "direction", "decimals", "definition")
    return {name: getattr(measure, name) for name in names}


def measures_of(target: ImageSpec, domains: Sequence[str] = (), *, paired: bool = True) -> dict[str, Measure]:
    """All that may be measured at a validation, by the names of the columns.

    Between domains: what compares sets, and whether the judge's class head agrees, over all and in each of them.
    """
    if domains:
        return over_domains({**instruments(target, paired=False).measures, "recognised": RECOGNISED}, domains)
    return instruments(target, paired).measures


def check_measure(name: str, measures: Mapping[str, Measure]) -> None:
    """Refuse a name that is no measure of a validation. Raises `ConfigError`."""
    if name != "last" and name not in measures:
        raise ConfigError(f"training.best: '{name}' is not measured; {nearest(name, [*measures, 'last'])}")


def validate(
    translate: Callable[[Pixels], Pixels],
    held_out: PairStore,
    specs: tuple[ImageSpec, ImageSpec],
    shown: int,
    look: Callable[[Pixels, Pixels, Pixels], None] | None = None,
    back: Callable[[Pixels], Pixels] | None = None,
    paired: bool = True,
) -> Validation:
    """Translate every held-out pair's input and score it against its target, in the target's own type.

    Args:
        translate: from the pixels of an input to those of an output.
        held_out: the pairs.
        specs: what their sides are.
        shown: the first so many are drawn.
        look: called with the input, the output and the target of each.
        back: translates outputs to inputs; what comes back is drawn too.
        paired: whether each target belongs to its input; else sets of images are compared, and no target drawn.
    """
    target = specs[1].measured
    measured = instruments(target, paired)
    scores = Scores(measured, seed=0, target=target)
    rows = []
    for index, name in enumerate(held_out.names):
        given, wanted = held_out[index]
        made = translate(given)
        scores.add(Sample(name, given, wanted), {_ROW: made})
        if look:
            look(given, made, wanted)
        if index < shown:
            row = [preview(given, specs[0]), preview(made, target)]
            row += [preview(back(made), specs[0].measured)] if back else []
            rows.append(row + ([preview(wanted, target)] if paired else []))
    return Validation(measured.measures, scores.table(_ROW, RESAMPLES), scores.failed, rows)
