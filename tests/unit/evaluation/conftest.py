import numpy as np
import pytest
import skimage.data
import skimage.filters

from i2i.evaluation import Evaluation, Sample, evaluate_samples
from i2i.images import Pixels


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    smooth = skimage.filters.gaussian(pixels, sigma, channel_axis=2, preserve_range=True)
    return smooth.round().astype(np.uint8)


def crops(count: int, side: int, start: int = 0) -> list[Sample]:
    """Pairs cut from a photograph: the target in colour, the input as its edges, grey."""
    photo, samples = skimage.data.astronaut(), []
    for index in range(start, start + count):
        top, left = (index * 37) % (512 - side), (index * 91) % (512 - side)
        target = np.ascontiguousarray(photo[top : top + side, left : left + side])
        edges = skimage.filters.sobel(target.mean(axis=2)).clip(0, 255).astype(np.uint8)
        samples.append(Sample(f"crop{index}", edges[:, :, None], target))
    return samples


@pytest.fixture(scope="session")
def samples() -> list[Sample]:
    return crops(9, 48)


@pytest.fixture(scope="session")
def training() -> list[Sample]:
    return crops(6, 48, start=20)


def evaluated(samples: list[Sample], **options: object) -> Evaluation:
    """A translator that gives the blurred target, more so for each next sample."""
    answers = {sample.name: blurred(sample.target, 0.5 + 0.2 * i) for i, sample in enumerate(samples)}
    options = {"protocol": "Crops of one photograph.", "lpips": None, "resamples": 200, **options}
    return evaluate_samples(lambda pixels, name: answers[name], samples, **options)


@pytest.fixture(scope="session")
def evaluation(samples: list[Sample], training: list[Sample]) -> Evaluation:
    return evaluated(samples, training=training)
