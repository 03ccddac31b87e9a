"""The measures that suit a target, and errors in its unit."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2i.errors import InputError
from i2i.images import ImageSpec, LabelClass, Pixels, encode, read_pixels, valid
from i2i.metrics import LABELS, LPIPS, PAIRED, SqueezeNet, default_measure, lpips_heads, paired_measures
from i2i.metrics import sliced_wasserstein as compare_sets

PLAIN = ImageSpec(3)
DEPTH = ImageSpec(1, "uint16", ranges=((0, 10000),), nodata=(0, 65535), unit="mm")
LABELLED = ImageSpec(1, classes=(LabelClass(0, "ground", (0, 0, 0)), LabelClass(1, "house", (255, 0, 0))))
SPECTRA = ImageSpec(5, "uint16")
TEMPERATURE = ImageSpec(1, "float32", ranges=((-40, 60),), unit="°C")
REAL_DEPTH = Path(__file__).parents[4] / "shared" / "data" / "rgb2depth16" / "testB"


def _compare(key: str, output: Pixels, target: Pixels, spec: ImageSpec) -> float:
    made, wanted = encode(output, spec)[None], encode(target, spec)[None]
    readings = valid(target, spec)
    return paired_measures(spec)[key].measure(made, wanted, None if readings is None else readings[None]).item()


def _noise(spec: ImageSpec, side: int = 24, seed: int = 0) -> Pixels:
    low, high = spec.spans()[0]
    values = np.random.default_rng(seed).uniform(low, high, (side, side, spec.channels))
    return values.astype(spec.dtype)


@pytest.mark.parametrize(
    ("spec", "keys", "default"),
    [
        (PLAIN, list(PAIRED), "sliced_wasserstein"),
        (ImageSpec(1), list(PAIRED), "sliced_wasserstein"),
        (ImageSpec(1, nodata=(0,)), ["psnr", "ssim", "ms_ssim", "l1"], "sliced_wasserstein"),
        (ImageSpec(1, unit="m"), ["psnr", "ssim", "ms_ssim", "l1", "rmse", "abs_rel", "delta1", "sharpness"], "l1"),
        (DEPTH, ["psnr", "ssim", "ms_ssim", "l1", "rmse", "abs_rel", "delta1"], "l1"),
        (SPECTRA, ["psnr", "ssim", "ms_ssim", "l1", "rmse", "sharpness"], "l1"),
        (ImageSpec(4, "uint8", alpha="channel"), ["psnr", "ssim", "ms_ssim", "l1", "rmse", "sharpness"], "l1"),
        (ImageSpec(3, "uint8", alpha="mask"), ["psnr", "ssim", "ms_ssim", "l1", "rmse"], "l1"),
        (TEMPERATURE, ["psnr", "ssim", "ms_ssim", "l1", "rmse", "sharpness"], "l1"),
        (LABELLED, ["pixel_accuracy", "mean_iou"], "mean_iou"),
    ],
)
def test_a_target_is_measured_by_what_suits_it(spec: ImageSpec, keys: list[str], default: str) -> None:
    assert list(paired_measures(spec)) == keys
    assert default_measure(spec) == default
    assert default in {*paired_measures(spec), "sliced_wasserstein"}


def test_plain_images_keep_their_measures_and_their_words() -> None:
    assert paired_measures(PLAIN) == PAIRED
    assert paired_measures(LABELLED) == LABELS


def test_only_a_distance_from_the_observer_has_relative_errors() -> None:
    heights = ImageSpec(1, "float32", ranges=((-50, 3000),), unit="m")
    flow = ImageSpec(2, "float32", ranges=((0, 10),), unit="mm")
    for spec in (heights, flow, TEMPERATURE):
        assert "abs_rel" not in paired_measures(spec)


def test_the_definitions_tell_range_and_unit() -> None:
    depth = paired_measures(DEPTH)
    assert depth["psnr"].definition == "range 0..10000 mm, at most 100 dB"
    assert "range 0..10000 mm" in depth["ssim"].definition
    assert depth["l1"].heading == "L1, mm ↓"
    assert depth["delta1"].heading == "δ<1.25 ↑"
    spectra = paired_measures(SPECTRA)
    assert spectra["l1"].unit == "values"
    assert spectra["psnr"].definition.startswith("range 0..65535, at most")
    assert "each channel" in spectra["sharpness"].definition
    assert "luma" in paired_measures(ImageSpec(3, "uint16"))["sharpness"].definition
    mixed = ImageSpec(2, "float32", ranges=((0, 1), (-5, 5)))
    assert "ranges 0..1, -5..5 of the channels" in paired_measures(mixed)["l1"].definition


@pytest.mark.parametrize(
    ("ranges", "decimals"), [(((0, 255),), 2), (((0, 10000),), 1), (((0, 80),), 3), (((0, 1),), 4), (((0, 1e-6),), 10)]
)
def test_as_many_decimals_are_printed_as_the_range_needs(ranges: tuple, decimals: int) -> None:
    assert paired_measures(ImageSpec(1, "float32", ranges=ranges))["l1"].decimals == decimals


def test_an_error_of_100_mm_reads_100() -> None:
    target = np.random.default_rng(0).integers(500, 9000, (24, 24, 1)).astype(np.uint16)
    target[:5] = 0  # no reading
    output = target + 100
    assert _compare("l1", output, target, DEPTH) == pytest.approx(100, abs=1e-2)
    assert _compare("rmse", output, target, DEPTH) == pytest.approx(100, abs=1e-2)
    assert _compare("psnr", output, target, DEPTH) == pytest.approx(40, abs=1e-3)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), low=st.integers(-1000, 500), width=st.integers(600, 60000))
def test_errors_in_the_unit_are_those_of_the_values(seed: int, low: int, width: int) -> None:
    """Whatever the range, and against values written out in numpy."""
    spec = ImageSpec(1, "float32", ranges=((low, low + width),), unit="K")
    output, target = _noise(spec, 12, seed), _noise(spec, 12, seed + 1)
    difference = output.astype(np.float64) - target
    assert _compare("l1", output, target, spec) == pytest.approx(np.abs(difference).mean(), rel=1e-4)
    assert _compare("rmse", output, target, spec) == pytest.approx(np.sqrt((difference**2).mean()), rel=1e-4)


def test_each_channel_has_its_own_range() -> None:
    spec = ImageSpec(2, "float32", ranges=((0, 1), (-100, 100)))
    target = np.zeros((8, 8, 2), np.float32)
    output = target + np.array([0.5, 30], np.float32)
    assert _compare("l1", output, target, spec) == pytest.approx((0.5 + 30) / 2, rel=1e-5)


def test_values_too_large_to_be_squared_in_single_precision_are_measured() -> None:
    spec = ImageSpec(1, "float32", ranges=((0, 1e24),), unit="1/m²")
    target = np.full((8, 8, 1), 2e23, np.float32)
    assert _compare("rmse", target * 2, target, spec) == pytest.approx(2e23, rel=1e-5)


def test_depth_measures_are_their_formulas() -> None:
    random = np.random.default_rng(3)
    target = random.integers(100, 10000, (20, 20, 1)).astype(np.uint16)
    output = np.clip(target * random.uniform(0.6, 1.5, target.shape), 0, 10000).astype(np.uint16)
    target[random.random(target.shape) < 0.2] = 65535
    known = target != 65535
    made, wanted = output[known].astype(float), target[known].astype(float)
    assert _compare("abs_rel", output, target, DEPTH) == pytest.approx((abs(made - wanted) / wanted).mean(), rel=1e-4)
    near = np.maximum(made / wanted, wanted / made) < 1.25
    assert _compare("delta1", output, target, DEPTH) == pytest.approx(near.mean(), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.5, 2.0))
def test_relative_errors_are_the_same_at_every_scale(factor: float) -> None:
    spec = ImageSpec(1, "float32", ranges=((0, 80),), unit="m")
    target = np.random.default_rng(0).uniform(2, 30, (10, 10, 1)).astype(np.float32)
    output = target * np.float32(1.1)
    scaled = (output * np.float32(factor), target * np.float32(factor))
    assert _compare("abs_rel", *scaled, spec) == pytest.approx(0.1, abs=1e-4)
    assert _compare("delta1", *scaled, spec) == 1


def test_depth_of_zero_has_no_relative_error() -> None:
    spec = ImageSpec(1, "float32", ranges=((0, 80),), unit="m")
    target = np.array([[0, 2]], np.float32)[..., None]
    assert _compare("abs_rel", target + 1, target, spec) == pytest.approx(0.5, abs=1e-5)
    assert _compare("delta1", np.zeros_like(target), target, spec) == 0
    assert np.isnan(_compare("abs_rel", target, np.zeros_like(target), spec))


@pytest.mark.parametrize("channels", [1, 2, 4, 7, 32])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_every_measure_takes_any_channels_of_any_type(channels: int, dtype: str) -> None:
    spec = ImageSpec(channels, dtype)
    output, target = _noise(spec, seed=1), _noise(spec)
    for key in paired_measures(spec):
        assert np.isfinite(_compare(key, output, target, spec)), key
    sides = [encode(side, spec)[None] for side in (output, target)]
    assert 0 < compare_sets(*sides).mean < 10
    assert compare_sets(sides[1], sides[1]).mean == 0


def test_identical_quantities_have_the_best_values() -> None:
    target = _noise(DEPTH)
    best = {"psnr": 100, "ssim": 1, "ms_ssim": 1, "l1": 0, "rmse": 0, "abs_rel": 0, "delta1": 1}
    assert {key: _compare(key, target, target, DEPTH) for key in paired_measures(DEPTH)} == pytest.approx(best)


def test_a_network_trained_on_photographs_says_what_it_cannot_take() -> None:
    image = encode(_noise(SPECTRA), SPECTRA)[None]
    with pytest.raises(InputError, match="has 5 channels; expected 1"):
        LPIPS(SqueezeNet(), lpips_heads("squeeze"))(image, image)


@pytest.mark.skipif(not REAL_DEPTH.is_dir(), reason="../shared/data/rgb2depth16 is absent")
def test_a_real_depth_map_ten_centimetres_too_far_is_100_mm_off() -> None:
    target = read_pixels(sorted(REAL_DEPTH.iterdir())[0], DEPTH)
    holes = np.isin(target, (0, 65535))
    assert 0 < holes.mean() < 1
    output = np.where(holes, 1234, target + 100).astype(np.uint16)
    assert target[~holes].max() + 100 <= 10000
    assert _compare("l1", output, target, DEPTH) == pytest.approx(100, abs=0.01)
    assert _compare("ssim", output, target, DEPTH) > 0.9
