"""The measures against outside references: scikit-image, scipy, torchmetrics, and their definitions written out."""

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
import scipy.ndimage
import skimage.data
import skimage.metrics
import torch
import torchmetrics.functional.image as tm
import torchmetrics.functional.image.lpips as tm_lpips
from torch import Tensor

from i2i.images import ImageSpec, Pixels, encode
from i2i.metrics import (
    LPIPS,
    VGG16,
    AlexNet,
    SqueezeNet,
    feature_distance,
    frechet_distance,
    kernel_distance,
    load_features,
    lpips_heads,
    mean_interval,
    ms_ssim,
    psnr,
    relative_sharpness,
    ssim,
)
from i2i.metrics.paired import MS_SSIM_WEIGHTS
from i2i.metrics.sliced import compare_patches

WEIGHTS = Path(__file__).parents[3] / "shared" / "data" / "squeezenet_v1.0" / "weights.npz"
needs_weights = pytest.mark.skipif(not WEIGHTS.is_file(), reason="../shared/data/squeezenet_v1.0 is absent")
CATS = {281, 282, 283, 284, 285, 286, 287}
"""ImageNet's tabby, tiger cat, Persian, Siamese, Egyptian cat, cougar, lynx."""


@pytest.fixture(scope="module", params=["astronaut", "coffee", "camera"])
def pair(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Output and target as uint8 (H, W, C): a photograph with noise and blur, an odd size, colour and grey."""
    target = np.atleast_3d(getattr(skimage.data, request.param)())[20:265, 60:297]
    blurred = scipy.ndimage.gaussian_filter(target.astype(float), (1, 1, 0))
    noise = np.random.default_rng(0).normal(0, 6, target.shape)
    return (blurred + noise).round().clip(0, 255).astype(np.uint8), target


def _tensor(pixels: Pixels) -> Tensor:
    return encode(pixels, ImageSpec(pixels.shape[2]))[None]


def _tensors(pair: tuple[np.ndarray, np.ndarray]) -> tuple[Tensor, Tensor]:
    return _tensor(pair[0]), _tensor(pair[1])


def test_psnr_is_scikit_images(pair) -> None:
    expected = skimage.metrics.peak_signal_noise_ratio(pair[1], pair[0], data_range=255)
    assert psnr(*_tensors(pair)).item() == pytest.approx(expected, abs=1e-4)


def test_ssim_is_scikit_images(pair) -> None:
    expected = skimage.metrics.structural_similarity(
        *pair, data_range=255, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(*_tensors(pair)).item() == pytest.approx(expected, abs=2e-5)


def test_ssim_differs_from_torchmetrics_by_the_border_only(pair) -> None:
    output, target = _tensors(pair)
    _, theirs = tm.structural_similarity_index_measure(output + 1, target + 1, data_range=2.0, return_full_image=True)
    inside = theirs[..., 5:-5, 5:-5].mean().item()  # their map without the windows that reach into the padding
    assert ssim(output, target).item() == pytest.approx(inside, abs=2e-5)


def test_ms_ssim_is_its_definition(pair) -> None:
    """Wang et al. 2003, eq. 7 in float64, window by window through scipy."""
    x, y = (side.astype(np.float64) for side in pair)
    expected = 1.0
    for scale, weight in enumerate(MS_SSIM_WEIGHTS):
        if scale:
            x, y = (_halved(side) for side in (x, y))
        luminance, structure = _ssim_maps(x, y)
        expected *= (luminance * structure if scale == 4 else structure).mean() ** weight
    assert ms_ssim(*_tensors(pair)).item() == pytest.approx(expected, abs=2e-5)


def _halved(image: np.ndarray) -> np.ndarray:
    even = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def _ssim_maps(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    def window(image: np.ndarray) -> np.ndarray:
        return scipy.ndimage.gaussian_filter(image, (1.5, 1.5, 0), radius=(5, 5, 0))[5:-5, 5:-5]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = window(x), window(y)
    vx, vy, covariance = window(x * x) - mx**2, window(y * y) - my**2, window(x * y) - mx * my
    return (2 * mx * my + c1) / (mx**2 + my**2 + c1), (2 * covariance + c2) / (vx + vy + c2)


def test_sharpness_follows_the_transfer_function_of_a_gaussian_blur() -> None:
    """White noise through a Gaussian of σ loses exp(-4π²σ²f²) of its power at frequency f."""
    noise = np.random.default_rng(0).normal(0, 40, (512, 512))
    sharp, blurred = (
        torch.from_numpy(image / 127.5)[None, None] for image in (noise, scipy.ndimage.gaussian_filter(noise, 1.0))
    )
    axis = np.fft.fftfreq(512)
    frequency = np.hypot(axis[:, None], axis[None])
    power = np.exp(-4 * math.pi**2 * frequency**2)[frequency > 0.125].mean()
    assert relative_sharpness(blurred, sharp).item() == pytest.approx(10 * math.log10(power), abs=0.15)


def test_frechet_is_the_closed_form_for_diagonal_gaussians() -> None:
    """Features whose sample mean and covariance are exactly what they are meant to be."""
    random = np.random.default_rng(0)
    white = random.normal(size=(400, 6))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white, rowvar=False))).T
    mean, a, b = np.arange(6) / 3, np.array([1, 2, 0.5, 3, 1, 0]), np.array([2, 2, 1.5, 0.1, 1, 1])
    expected = (mean**2).sum() + ((a - b) ** 2).sum()
    found = frechet_distance(torch.from_numpy(white * a + mean), torch.from_numpy(white * b))
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [300, 12])
def test_frechet_is_what_scipys_matrix_square_root_gives(count: int) -> None:
    random = np.random.default_rng(1)
    a = random.normal(size=(count, 8)) @ random.normal(size=(8, 8))
    b = random.normal(size=(count + 5, 8)) @ random.normal(size=(8, 8)) + 0.3
    covariances = [np.cov(each, rowvar=False) for each in (a, b)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(torch.from_numpy(a), torch.from_numpy(b)) == pytest.approx(expected, rel=1e-6)


def test_kernel_distance_is_the_double_loop() -> None:
    """Bińkowski et al. 2018, eq. 4, with k(x, y) = (x·y/d + 1)³."""
    random = np.random.default_rng(2)
    a, b = random.normal(size=(9, 4)), random.normal(0.5, 1, size=(11, 4))

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float((x @ y / 4 + 1) ** 3)

    within = [
        sum(kernel(x, y) for i, x in enumerate(side) for j, y in enumerate(side) if i != j)
        / (len(side) * (len(side) - 1))
        for side in (a, b)
    ]
    expected = sum(within) - 2 * sum(kernel(x, y) for x in a for y in b) / (9 * 11)
    assert kernel_distance(torch.from_numpy(a), torch.from_numpy(b)).mean == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("shift", "least", "most"), [(0.0, 0.97, 1.0), (0.5, 0.91, 0.99)])
def test_kernel_distance_is_unbiased_and_its_interval_covers_the_truth(shift: float, least: float, most: float) -> None:
    """Cautious where the sets are alike, exact where they differ; the truth for the shift is from 3000 images."""
    random = torch.Generator().manual_seed(0)
    truth = kernel_distance(torch.randn(3000, 6, generator=random), torch.randn(3000, 6, generator=random) + shift, 1)
    intervals = [
        kernel_distance(torch.randn(40, 6, generator=random), torch.randn(40, 6, generator=random) + shift, seed=index)
        for index in range(200)
    ]
    estimates = np.array([interval.mean for interval in intervals])
    assert abs(estimates.mean() - truth.mean) < 3 * estimates.std() / math.sqrt(200)
    assert least <= np.mean([interval.low <= truth.mean <= interval.high for interval in intervals]) <= most


def test_sliced_wasserstein_is_the_closed_form_for_gaussian_patches() -> None:
    """Any slice of N(0, s²) against N(0, 1), in units of the target, is at |1 - s|·√(2/π)."""
    random = torch.Generator().manual_seed(0)
    target = torch.randn(20_000, 1, 49, generator=random) * 3
    weaker = torch.randn(20_000, 1, 49, generator=random) * 1.5
    (found,) = compare_patches([weaker], [target]).levels
    assert found == pytest.approx(0.5 * math.sqrt(2 / math.pi), rel=0.02)


def test_the_bootstrap_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    covered = 0
    for index in range(400):
        interval = mean_interval(random.gamma(4, 1, size=60), resamples=500, seed=index)
        covered += interval.low <= 4 <= interval.high
    assert 0.90 <= covered / 400 <= 0.98


@pytest.mark.parametrize(("name", "network"), [("alex", AlexNet), ("vgg", VGG16), ("squeeze", SqueezeNet)])
def test_lpips_is_torchmetrics_graph_on_the_same_trunk(
    name: str, network: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their graph takes its trunk from torchvision, which is absent: given ours, it must give our numbers."""
    torch.manual_seed(0)
    trunk = network()
    monkeypatch.setattr(tm_lpips, "_get_tv_model_features", lambda net, pretrained: trunk.features)
    theirs = tm_lpips._LPIPS(net=name)
    a, b = (torch.rand(2, 3, 64, 80) * 2 - 1 for _ in range(2))
    ours = LPIPS(trunk, lpips_heads(name))
    assert ours(a, b) == pytest.approx(theirs(a, b).flatten(), rel=1e-4)
    assert (ours(a, b) > 0).all()


def test_feature_distance_is_its_definition() -> None:
    """The mean over places of |x/|x| - y/|y||², averaged over layers, in a loop."""
    torch.manual_seed(0)
    trunk = SqueezeNet()
    a, b = (torch.rand(1, 3, 40, 40) * 2 - 1 for _ in range(2))
    layers = []
    for x, y in zip(trunk(a), trunk(b), strict=True):
        places = [
            (x[0, :, i, j] / x[0, :, i, j].norm() - y[0, :, i, j] / y[0, :, i, j].norm()).square().sum()
            for i in range(x.shape[2])
            for j in range(x.shape[3])
        ]
        layers.append(torch.stack(places).mean())
    assert feature_distance(trunk, a, b).item() == pytest.approx(torch.stack(layers).mean().item(), rel=1e-3)


@needs_weights
def test_squeezenet_recognises_a_cat_and_a_cup() -> None:
    network = load_features(WEIGHTS)
    for photograph, classes in (("chelsea", CATS), ("coffee", {504, 967, 968})):
        image = _tensor(getattr(skimage.data, photograph)())
        assert classes & set(network.classify(image).topk(5).indices[0].tolist())


@needs_weights
def test_trained_features_rank_distortions_as_people_do() -> None:
    """More noise and more blur are farther, and another photograph is farther than either."""
    maps = load_features(WEIGHTS).maps
    cup = skimage.data.coffee()[:256, :256]
    random = np.random.default_rng(0)
    noises = [(cup + random.normal(0, sigma, cup.shape)).clip(0, 255).astype(np.uint8) for sigma in (5, 20)]
    blurs = [scipy.ndimage.gaussian_filter(cup, (sigma, sigma, 0)) for sigma in (1, 3)]
    other = skimage.data.chelsea()[:256, :256]
    target = _tensor(cup)
    noise, blur = ([feature_distance(maps, _tensor(each), target).item() for each in s] for s in (noises, blurs))
    far = feature_distance(maps, _tensor(other), target).item()
    assert noise[0] < noise[1] < far
    assert blur[0] < blur[1] < far
