"""What an evaluation measures with, and why it can't measure the rest."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from i2i.errors import MissingWeightsError
from i2i.images import ImageSpec
from i2i.metrics.distribution import FRECHET, KERNEL
from i2i.metrics.features import load_features
from i2i.metrics.measure import Measure, PairedMeasure
from i2i.metrics.perceptual import FEATURE_DISTANCE, LPIPS, LPIPS_MEASURE, LPIPSNetwork, load_lpips
from i2i.metrics.sliced import SLICED_WASSERSTEIN
from i2i.pretrained.caffe import CaffeSqueezeNet
from i2i.pretrained.distances import feature_distance

NO_FEATURES = "no feature network was given; pass a file: TorchScript, or SqueezeNet 1.0's weights as .npz"


@dataclass(frozen=True)
class Instruments:
    """The measures of an evaluation.

    Attributes:
        paired: a number an image, by key.
        distribution: a number a set of images, by key.
        features: the network of the Fréchet and kernel distances, or None.
        not_measured: label of a measure to the reason it is missing.
    """

    paired: dict[str, PairedMeasure]
    distribution: dict[str, Measure]
    features: nn.Module | None
    not_measured: dict[str, str]

    @property
    def measures(self) -> dict[str, Measure]:
        """All measures by key, in the order of the table."""
        return {**self.paired, **self.distribution}

    def of_sets(self, measures: Mapping[str, PairedMeasure] | None = None) -> "Instruments":
        """Those that need no partner of an output; beside them `measures` of an output by itself."""
        missing = {label: why for label, why in self.not_measured.items() if label != LPIPS_MEASURE.label}
        missing |= {"measures of pairs": "the images have no partners"}
        return replace(self, paired=dict(measures or {}), not_measured=missing)


def choose_instruments(
    measures: Mapping[str, PairedMeasure],
    features: str | os.PathLike[str] | None,
    lpips: LPIPS | LPIPSNetwork | None,
    target: ImageSpec | None = None,
) -> Instruments:
    """All that can be measured of such targets with what is given.

    Weights that are missing become a reason, never an error here. Networks that were trained on photographs measure
    grey and colour images, not maps of classes or images of other channels.

    Raises:
        MissingWeightsError: the file in `features` does not exist: it was asked for by name.
        InputError: a weight file is damaged or of another network.
    """
    chosen = _choose(dict(measures), features, lpips, target)
    if target is None or not target.may_lack_readings:
        return chosen
    return replace(
        chosen,
        paired={key: measure.with_masks() for key, measure in chosen.paired.items()},
        distribution={key: measure.with_masks() for key, measure in chosen.distribution.items()},
    )


def _choose(
    paired: dict[str, PairedMeasure],
    features: str | os.PathLike[str] | None,
    lpips: LPIPS | LPIPSNetwork | None,
    target: ImageSpec | None,
) -> Instruments:
    distribution: dict[str, Measure] = {"sliced_wasserstein": SLICED_WASSERSTEIN}
    not_measured: dict[str, str] = {}
    if target is not None and (target.is_labels or target.channels not in (1, 3)):
        reason = f"the target is no picture but {target.describe()}"
        not_measured = dict.fromkeys((LPIPS_MEASURE.label, FRECHET.label, KERNEL.label), reason)
        return Instruments(paired, {} if target.is_labels else distribution, None, not_measured)
    try:
        paired |= _lpips(lpips)
    except MissingWeightsError as error:
        not_measured[LPIPS_MEASURE.label] = str(error)
    if lpips is None:
        not_measured[LPIPS_MEASURE.label] = "was not asked for"
    if features is None:
        not_measured |= {FRECHET.label: NO_FEATURES, KERNEL.label: NO_FEATURES}
        return Instruments(paired, distribution, None, not_measured)
    network, source = load_features(features), _source(Path(features))
    if isinstance(network, CaffeSqueezeNet):
        paired["feature_distance"] = _feature_distance(network, source)
    for key, measure in (("frechet", FRECHET), ("kernel", KERNEL)):
        distribution[key] = replace(measure, definition=f"features of {source}; {measure.definition}")
    return Instruments(paired, distribution, network, not_measured)


def _lpips(lpips: LPIPS | LPIPSNetwork | None) -> dict[str, PairedMeasure]:
    if lpips is None:
        return {}
    module = lpips if isinstance(lpips, LPIPS) else load_lpips(lpips)
    return {"lpips": PairedMeasure(module.name, "", "lower", LPIPS_MEASURE.definition, function=module)}


def _feature_distance(network: CaffeSqueezeNet, source: str) -> PairedMeasure:
    return PairedMeasure(
        FEATURE_DISTANCE.label,
        "",
        "lower",
        f"{FEATURE_DISTANCE.definition}, over SqueezeNet 1.0, {source}",
        function=lambda output, target: feature_distance(network.maps, output, target),
    )


def _source(path: Path) -> str:
    """The file's name and the start of its SHA-256: a number over other weights is another number."""
    return f"{path.name} (sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]})"
