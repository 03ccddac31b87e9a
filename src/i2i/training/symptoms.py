"""What tells of a training that goes wrong, measured at each validation on its outputs and targets.

Small sums over the held-out pairs as they go by: with 40 pairs of 256 pixels 7 % of the time of the validation, and the
few training pairs as much again. What the numbers mean for the training is in `i2i.runs.rules`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from i2i.data.store import PairStore
from i2i.discriminators import Discriminator
from i2i.images import ImageSpec, Pixels, encode, valid
from i2i.layers.modes import prepare
from i2i.metrics.checkerboard import grids
from i2i.metrics.measure import fill

EXAMINED = 64
"""At most so many held-out pairs are looked at, the first ones."""
TRANSFORMED = 8
"""At most so many of them are searched for grids."""
JUDGED = 4
"""At most so many of them are shown to the discriminator."""
TRAINED = 4
"""At most so many training pairs are scored beside them."""

_COARSE = 32
"""Rows and columns to which an image is averaged for what is no matter of its detail."""

_BOUNDARY = {"cross-entropy": 0.0, "cross-entropy-saturating": 0.0, "least-squares": 0.5, "hinge": 0.0}
"""The logit above which a discriminator takes an image for real, by what it minimises; a critic's has none."""

_FLAT = 1e-3
"""Deviations below this, in [-1, 1], are none: an eighth of a grey level."""


@dataclass(frozen=True)
class Judge:
    """The discriminator, to be asked about single images.

    Attributes:
        discriminator: it is left as it was, to the bit, and in training mode.
        boundary: the logit above which it says "real".
        specs: what the input and the target are, as the networks see them.
    """

    discriminator: Discriminator
    boundary: float
    specs: tuple[ImageSpec, ImageSpec]

    @torch.no_grad()
    def believes(self, given: Pixels, image: Pixels) -> float | None:
        """The share of an image's patches that it takes for real; None where it can't be asked about such images."""
        device = next(self.discriminator.parameters()).device
        shown = encode(image, self.specs[1])[None]
        if self.discriminator.in_channels == self.specs[0].planes + self.specs[1].planes:
            shown = torch.cat([encode(given, self.specs[0])[None], shown], dim=1)
        if shown.shape[1] != self.discriminator.in_channels or min(shown.shape[2:]) < self.discriminator.smallest:
            return None
        prepare(self.discriminator, statistics="batch", dropout=False)
        scales = [features[-1] for features in self.discriminator.judge(shown.to(device))]
        self.discriminator.train()
        return float(torch.cat([logits.flatten() for logits in scales]).gt(self.boundary).float().mean())


def make_judge(discriminator: nn.Module | None, objective: str, specs: tuple[ImageSpec, ImageSpec]) -> Judge | None:
    """The judge of a training by `objective` (`config.Loss.adversarial`); None where there is none to be asked.

    Nor is one of label maps: it learns to tell the network's soft classes from hard ones, which is not what comes out.
    """
    if not isinstance(discriminator, Discriminator) or objective not in _BOUNDARY or specs[1].is_labels:
        return None
    return Judge(discriminator, _BOUNDARY[objective], specs)


class Symptoms:
    """Takes held-out inputs, outputs and targets one by one; gives the row of a validation.

    Args:
        specs: what the input and the target are.
        periods: of the grids that the generator can leave.
        judge: to be asked what it believes; None where there is none.
        paired: whether the target is the input's own; else only what concerns whole sets is measured.
    """

    def __init__(
        self,
        specs: tuple[ImageSpec, ImageSpec],
        periods: Sequence[int] = (),
        judge: Judge | None = None,
        paired: bool = True,
    ) -> None:
        self._given, self._target = specs[0], specs[1].measured
        self._periods, self._judge, self._paired = periods, judge, paired
        self._count = 0
        self._sums: list[_Sums] = [_Sums(), _Sums(), _Sums()]  # of inputs, outputs, targets
        self._products: Tensor | float = 0.0
        self._within: list[tuple[float, float]] = []
        self._errors: list[float] = []
        self._grids: list[tuple[Tensor, Tensor]] = []
        self._levels: list[float] = []
        self._beliefs: list[tuple[float, float]] = []

    @torch.inference_mode()
    def add(self, given: Pixels, made: Pixels, wanted: Pixels) -> None:
        """Look at one held-out input, (H, W, C), what was made of it and its target, (H, W, C') both."""
        if self._count >= EXAMINED:
            return
        self._count += 1
        output, target = self._encoded(made, wanted)
        small = [_coarse(encode(given, self._given)), _coarse(output), _coarse(target)]
        for sums, image in zip(self._sums, small, strict=True):
            sums.add(image)
        self._products = self._products + (small[1] * small[2]).sum(dim=(1, 2))
        self._within.append((_deviation(small[1]), _deviation(small[2])))
        self._errors.append(float((output - target).abs().mean()) / 2)
        if self._periods and self._count <= TRANSFORMED:
            self._search(output, target)
        if self._judge is not None and self._count <= JUDGED:
            beliefs = [self._judge.believes(given, image) for image in (wanted, made)]
            if beliefs[0] is not None and beliefs[1] is not None:
                self._beliefs.append((beliefs[0], beliefs[1]))

    def _search(self, output: Tensor, target: Tensor) -> None:
        """For grids."""
        made, own = grids(output[None], self._periods), grids(target[None], self._periods)
        if made.periods:
            self._grids.append((made.prominence[:, 0], own.prominence[:, 0]))
            self._levels.append(max(0.0, float(made.level) - float(own.level)))

    def row(self, translate: Callable[[Pixels], Pixels], trained: PairStore | None = None) -> dict[str, float]:
        """The symptoms by name; NaN for what can't be told.

        - right_real, right_fake: shares of the patches of held-out targets and of outputs that D judges rightly;
        - contrast: deviation within an output over that within a target, medians;
        - variety: deviation from one output to the next, place by place, over that of the targets;
        - input_variety: the same of the inputs, in [-1, 1];
        - correlation: of outputs with their targets, place by place, of the channel where it is lowest;
        - checkerboard: dB by which the worst of the grids stands out further than in the targets, median;
        - grid_level: grey levels that the grids add beyond the targets' own, median;
        - error, error_trained: mean absolute difference to the target, a share of the range, of held-out pairs and of
          the training pairs in `trained`.
        """
        inputs, outputs, targets = self._sums
        made, own = (_median([pair[side] for pair in self._within]) for side in (0, 1))
        believed_real, believed_fake = (_mean([pair[side] for pair in self._beliefs]) for side in (0, 1))
        return {
            "right_real": believed_real,
            "right_fake": 1 - believed_fake,
            "contrast": made / own if own > _FLAT else torch.nan,
            "variety": outputs.variety() / targets.variety() if targets.variety() > _FLAT else torch.nan,
            "input_variety": inputs.variety(),
            "correlation": self._correlation() if self._paired else torch.nan,
            "checkerboard": self._checkerboard(),
            "grid_level": _median(self._levels),
            "error": _mean(self._errors) if self._paired else torch.nan,
            "error_trained": self._error_of(translate, trained) if self._paired and trained else torch.nan,
        }

    def _encoded(self, made: Pixels, wanted: Pixels) -> tuple[Tensor, Tensor]:
        """Output and target, (C', H, W); the output is the target itself where that is no reading."""
        output, target = encode(made, self._target), encode(wanted, self._target)
        readings = valid(wanted, self._target)
        return output if readings is None else fill(output, target, readings), target

    def _correlation(self) -> float:
        _, outputs, targets = self._sums
        places = outputs.count * _COARSE**2
        if not places or isinstance(self._products, float):
            return torch.nan
        made, own = outputs.sum.sum(dim=(1, 2)) / places, targets.sum.sum(dim=(1, 2)) / places
        covariance = self._products / places - made * own
        spread = [sums.squares.sum(dim=(1, 2)) / places - m**2 for sums, m in ((outputs, made), (targets, own))]
        told = (spread[0] > _FLAT**2) & (spread[1] > _FLAT**2)
        return float((covariance / (spread[0] * spread[1]).sqrt())[told].min()) if bool(told.any()) else torch.nan

    def _checkerboard(self) -> float:
        if not self._grids:
            return torch.nan
        most = max(len(made) for made, _ in self._grids)  # smaller images have fewer periods
        kept = [pair for pair in self._grids if len(pair[0]) == most]
        made, own = (torch.stack([pair[side] for pair in kept]).median(dim=0).values for side in (0, 1))
        return float(10 * torch.log10(made / own).max())

    @torch.inference_mode()
    def _error_of(self, translate: Callable[[Pixels], Pixels], pairs: PairStore) -> float:
        errors = []
        for index in range(len(pairs)):
            given, wanted = pairs[index]
            output, target = self._encoded(translate(given), wanted)
            errors.append(float((output - target).abs().mean()) / 2)
        return _mean(errors)


class _Sums:
    """Of images, (C, 32, 32) each, and of their squares, place by place."""

    def __init__(self) -> None:
        self.count = 0
        self.sum, self.squares = torch.zeros(()), torch.zeros(())

    def add(self, image: Tensor) -> None:
        self.count += 1
        self.sum, self.squares = self.sum + image, self.squares + image.square()

    def variety(self) -> float:
        """Deviation from one image to the next at the same place, root mean square; NaN of fewer than two."""
        if self.count < 2:
            return torch.nan
        variance = self.squares / self.count - (self.sum / self.count).square()
        return float(variance.clamp(min=0).mean().sqrt())


def spread_evenly(count: int, of: int) -> list[int]:
    """At most `count` numbers below `of`, evenly spread: the same for the same two."""
    chosen = min(count, of)
    return [index * of // chosen for index in range(chosen)]


def _coarse(image: Tensor) -> Tensor:
    return adaptive_avg_pool2d(image[None], _COARSE)[0].double()


def _deviation(image: Tensor) -> float:
    """Within an image: root mean square over the channels of each one's deviation."""
    return float(image.var(dim=(1, 2)).mean().sqrt())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else torch.nan


def _median(values: Sequence[float]) -> float:
    return float(torch.tensor(values, dtype=torch.float64).median()) if values else torch.nan
