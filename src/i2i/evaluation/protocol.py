"""The protocol of an evaluation in words: a number is comparable only with one that was taken the same way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

from i2i.evaluation.baselines import THUMBNAIL
from i2i.evaluation.sample import Sample, size_text
from i2i.evaluation.scoring import sliced_images
from i2i.images import ImageSpec
from i2i.metrics.bootstrap import LEVEL
from i2i.metrics.measure import Measure
from i2i.metrics.paired import ms_ssim_scales


@dataclass
class Census:
    """How many samples there were, of which sizes and channels."""

    input: ImageSpec
    target: ImageSpec
    paired: bool = True
    count: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    scales: dict[int, int] = field(default_factory=dict)
    """Scales of MS-SSIM to the number of images that allow as many."""

    def add(self, sample: Sample) -> None:
        """Count one sample."""
        self.count += 1
        height, width = sample.target.shape[:2]
        size, scales = size_text(sample.target), ms_ssim_scales(height, width)
        self.sizes[size] = self.sizes.get(size, 0) + 1
        self.scales[scales] = self.scales.get(scales, 0) + 1

    def text(self) -> str:
        """Such as "106 pairs, 256x256 px, 3 channels uint8 to 1 channel uint16 in mm"."""
        sizes = sorted(self.sizes, key=lambda size: -self.sizes[size])
        size = f"{sizes[0]} px" if len(sizes) == 1 else f"{len(sizes)} sizes, most often {sizes[0]} px"
        kinds = f"{self.input.describe()} to {self.target.describe()}"
        noun = "pair" if self.paired else "input"
        return f"{self.count} {noun if self.count == 1 else f'{noun}s'}, {size}, {kinds}"

    def scales_text(self) -> str:
        """How many scales MS-SSIM had, "4 scales here" or "4 scales for 3 images, 5 for 97"."""
        if len(self.scales) == 1:
            return f"{next(iter(self.scales))} scales here"
        return ", ".join(f"{scales} scales for {count} images" for scales, count in sorted(self.scales.items()))


def describe_protocol(
    given: str, census: Census, measures: Mapping[str, Measure], trained: int, resamples: int, seed: int
) -> str:
    """One line a topic: what the caller said about split, resize and test time, then what was measured and how."""
    lines = [
        given,
        f"Images: {census.text()}; outputs and targets compared as the files have them{_gaps(census.target)}.",
        *(f"{measure.label}: {_definition(key, measure, census)}." for key, measure in measures.items()),
        f"Intervals: {LEVEL:.0%} percentile bootstrap over images, {resamples} resamples, seed {seed}; "
        "sliced Wasserstein and Fréchet distance have none.",
        _baselines(trained, census.paired),
        f"Software: i2i {version('i2i')}, torch {version('torch')}.",
    ]
    return "\n".join(line.strip() for line in lines if line.strip())


def _gaps(target: ImageSpec) -> str:
    return ", what is no reading in the target left out" if target.may_lack_readings else ""


def _definition(key: str, measure: Measure, census: Census) -> str:
    extra = {"ms_ssim": census.scales_text()}
    if census.count > sliced_images(census.target):
        extra["sliced_wasserstein"] = f"over {sliced_images(census.target)} images drawn at random"
    unit = f"{measure.unit}, " if measure.unit else ""
    return f"{unit}{measure.definition}" + (f" ({extra[key]})" if key in extra else "")


def _baselines(trained: int, paired: bool) -> str:
    if not trained:
        return "Baselines: the input; those that need training pairs are missing."
    if not paired:
        return "Baselines: the input; as many targets of the training set, which is as near as a perfect output comes."
    return (
        f"Baselines: the input; the pixel-wise mean of {trained} training targets; "
        f"the target of the training pair whose input is nearest in L2 at {THUMBNAIL}x{THUMBNAIL} px; "
        "each resized to the target."
    )
