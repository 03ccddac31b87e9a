"""What each task takes from a photo."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from i2i.data.tasks import TASKS, blind
from i2i.data.tasks.kernels import convolved, disc_kernel, gaussian_kernel, motion_kernel
from i2i.data.tasks.levels import from_linear, to_linear
from i2i.data.tasks.noise import gaussian_noise, shot_noise
from i2i.images import ImageSpec, Pixels, Raster, conform

from .conftest import draw_photo, stream

SEEDS = range(40)


def input_of(name: str, photo: Pixels, seed: int = 0) -> Pixels:
    return TASKS[name].make(photo, stream(seed))[0]


def flat(level: int, height: int = 64, width: int = 64) -> Pixels:
    return np.full((height, width, 3), level, np.uint8)


def test_colourise_gives_the_luma_that_reading_as_grey_gives() -> None:
    photo = draw_photo(24, 32)
    grey = conform(Raster(photo), ImageSpec(1), "photo")
    assert (input_of("colourise", photo) == grey).all()
    assert (input_of("colourise-ab", photo) == grey).all()


def test_lab_is_for_the_network_alone() -> None:
    lab, rgb = TASKS["colourise-ab"], TASKS["colourise"]
    assert (lab.target.space, rgb.target.space) == ("ab", "rgb")
    photo = draw_photo(16, 16)
    assert (lab.make(photo, stream(0))[1] == rgb.make(photo, stream(0))[1]).all()


def test_edges_are_black_and_white_lines_where_the_photo_has_edges() -> None:
    photo = flat(80).copy()
    photo[16:48, 20:44] = 200
    edges = input_of("edges", photo)[:, :, 0]
    assert set(np.unique(edges)) == {0, 255}
    outline = np.zeros((64, 64), bool)
    outline[16:48, 20:44] = True
    outline ^= ndimage.binary_erosion(outline)
    assert (edges[ndimage.binary_dilation(outline, iterations=3) == 0] == 255).all()
    assert outline.sum() - 8 <= (edges == 0).sum() <= 1.5 * outline.sum()


@pytest.mark.parametrize("contrast", [0.2, 1.0])
def test_edges_follow_the_contrast_of_the_photo(contrast: float) -> None:
    strong = draw_photo(64, 64, seed=3)
    faint = (128 + contrast * (strong.astype(float) - 128)).round().astype(np.uint8)
    drawn = [(input_of("edges", photo) == 0).sum() for photo in (strong, faint)]
    assert drawn[0] > 0
    assert abs(int(drawn[0]) - int(drawn[1])) <= 0.15 * drawn[0]


def test_beside_strong_edges_faint_ones_are_left_out() -> None:
    stripes = flat(90).copy()
    stripes[:, 4:24] = np.where(np.arange(4, 24) % 10 < 5, 80, 110)[None, :, None]
    both = stripes.copy()
    both[16:48, 36:60] = 230
    assert (input_of("edges", stripes)[:, :26] == 0).any()
    assert (input_of("edges", both)[:, :26] == 255).all()
    assert (input_of("edges", both)[:, 30:] == 0).any()


@pytest.mark.parametrize("name", ["edges", "soft-edges"])
def test_a_clear_sky_has_no_edges(name: str) -> None:
    noise = np.random.default_rng(0).normal(0, 2, (96, 96, 1))
    sky = (np.linspace(150, 190, 96)[:, None, None] + noise + np.zeros(3)).astype(np.uint8)
    assert (input_of(name, sky) > 200).mean() > 0.99


def test_soft_edges_are_darker_the_stronger_they_are() -> None:
    photo = flat(60, 64, 120).copy()
    photo[:, 40:80], photo[:, 80:] = 100, 220
    row = input_of("soft-edges", photo)[32, :, 0].astype(int)
    weak, strong = row[36:44].min(), row[76:84].min()
    assert strong < 20
    assert strong + 60 < weak < 220
    assert row[60] > 245


@pytest.mark.parametrize("name", ["inpaint", "inpaint-strokes", "inpaint-boxes"])
def test_around_the_holes_the_photo_is_whole_and_in_them_nothing_is_left(name: str) -> None:
    photo = draw_photo(96, 72)
    shares = []
    for seed in SEEDS:
        holed = input_of(name, photo, seed)
        hole = holed[:, :, 3] == 0
        assert (holed[~hole] == np.concatenate([photo[~hole], np.full((int((~hole).sum()), 1), 255)], axis=1)).all()
        assert (holed[hole] == (128, 128, 128, 0)).all()
        shares.append(hole.mean())
    assert min(shares) >= 0.05
    assert max(shares) <= 0.55
    assert max(shares) > min(shares) + 0.1


def test_holes_are_strokes_or_boxes_and_inpaint_has_both() -> None:
    def profiles(name: str) -> list[int]:
        """How many different rows the holes have: few, if they are boxes."""
        photo = draw_photo(96, 96)
        return [len(np.unique(input_of(name, photo, seed)[:, :, 3], axis=0)) for seed in SEEDS]

    assert max(profiles("inpaint-boxes")) < 16 < min(profiles("inpaint-strokes"))
    assert min(profiles("inpaint")) < 16 < max(profiles("inpaint"))


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_super_resolve_reduces_as_the_textbook_says(scale: int) -> None:
    photo = draw_photo(64, 48)
    small = _resampled(photo.astype(float), 1 / scale).round().clip(0, 255)
    expected = _resampled(small, scale).clip(0, 255)
    difference = np.abs(input_of(f"super-resolve-{scale}", photo) - expected)
    assert difference.mean() < 0.5
    assert difference.max() < 5  # Pillow rounds and clips between the two axes


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_super_resolve_leaves_nothing_finer_than_the_reduced_pixels(scale: int) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (128, 128, 3)).astype(np.uint8)
    before, after = (
        _power_beyond(pixels, 1.5 / (2 * scale)) for pixels in (photo, input_of(f"super-resolve-{scale}", photo))
    )
    assert after < 0.01 * before


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.scale > 1])
def test_enlarged_inputs_lie_on_the_photo_without_a_shift(name: str) -> None:
    y, x = np.mgrid[:67, :61]  # no multiples of any scale
    photo = np.repeat((128 + 60 * np.sin(x / 10) * np.cos(y / 9))[:, :, None], 3, axis=2).astype(np.uint8)
    mean_input = np.mean([input_of(name, photo, seed) for seed in range(16)], axis=0)
    misfits = {
        shift: _rms(np.roll(mean_input, shift, (0, 1))[16:-16, 16:-16], photo[16:-16, 16:-16])
        for shift in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
    }
    assert misfits.pop((0, 0)) < 0.6 * min(misfits.values())


@pytest.mark.parametrize("name", [name for name in TASKS if name.endswith("-blind")])
def test_blind_degradations_range_from_mild_to_strong_and_never_destroy(name: str) -> None:
    photo = draw_photo(96, 96)
    clean = input_of(name.removesuffix("-blind"), photo)
    errors = [_rms(input_of(name, photo, seed), photo) for seed in SEEDS]
    assert np.median(errors) > 1.15 * _rms(clean, photo)
    assert min(errors) < 1.5 * _rms(clean, photo)
    assert max(errors) < 30
    for seed in SEEDS:
        assert abs(input_of(name, photo, seed).mean() - photo.mean()) < 4


def test_blind_blur_is_round_or_oblong_and_of_any_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "RESAMPLING": ("bicubic",),
        "SIGMA": (0, 0),
        "PHOTONS": (1e9, 1e9),
        "QUALITY": (100, 100),
    }.items():
        monkeypatch.setattr(blind, name, value)  # nothing but the blur is left
    photo = np.repeat(np.random.default_rng(0).integers(0, 256, (96, 96, 1)), 3, axis=2).astype(np.uint8)

    def detail(pixels: Pixels) -> NDArray[np.float64]:
        """Of rows and of columns."""
        plane = pixels[:, :, 1].astype(float)
        return np.array([np.abs(np.diff(plane, axis=axis)).mean() for axis in (0, 1)])

    sharp = detail(input_of("super-resolve-2", photo))
    kept = np.array([detail(input_of("super-resolve-2-blind", photo, seed)) / sharp for seed in SEEDS])
    assert kept.max() > 0.95
    assert kept.min() < 0.6
    unlike = np.abs(np.log(kept[:, 0] / kept[:, 1]))
    assert (unlike < 0.05).sum() >= 10
    assert (unlike > 0.1).sum() >= 4


def test_gaussian_noise_has_the_strength_it_says() -> None:
    noise = gaussian_noise(flat(128, 128, 128), 20, stream(0)).astype(float) - 128
    assert abs(noise.mean()) < 0.5
    assert noise.std() == pytest.approx(20, rel=0.02)
    assert abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.02


def test_denoise_draws_its_strength_from_5_to_50_levels() -> None:
    strengths = [(input_of("denoise", flat(128), seed).astype(float) - 128).std() for seed in SEEDS]
    assert 4.8 < min(strengths) < 12
    assert 40 < max(strengths) < 51


def test_the_variance_of_shot_noise_is_proportional_to_the_light() -> None:
    dim, bright = (shot_noise(flat(level, 128, 128), 100, stream(0)).astype(float) for level in (40, 160))
    assert dim.mean() == pytest.approx(40, rel=0.02)
    assert dim.var() == pytest.approx(40 * 255 / 100, rel=0.05)
    assert bright.var() == pytest.approx(160 * 255 / 100, rel=0.05)
    assert (shot_noise(flat(0), 100, stream(0)) == 0).all()


@given(st.integers(0, 2**32), st.floats(0.5, 6), st.floats(0.1, 6), st.floats(0, 3.1))
def test_kernels_keep_brightness_and_place(seed: int, along: float, across: float, angle: float) -> None:
    for kernel in (motion_kernel(stream(seed), 3 * along), disc_kernel(along), gaussian_kernel(along, across, angle)):
        reach = kernel.shape[0] // 2
        assert kernel.shape == (2 * reach + 1, 2 * reach + 1)
        assert kernel.min() >= 0
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        steps = np.arange(-reach, reach + 1)
        assert abs(kernel.sum(axis=1) @ steps) < 1e-3
        assert abs(kernel.sum(axis=0) @ steps) < 1e-3


def test_an_oblong_kernel_is_wide_along_its_direction() -> None:
    kernel = gaussian_kernel(4, 1, 0)
    steps = np.arange(kernel.shape[0]) - kernel.shape[0] // 2
    assert kernel.sum(axis=0) @ steps**2 == pytest.approx(16, rel=0.05)
    assert kernel.sum(axis=1) @ steps**2 == pytest.approx(1, rel=0.05)


def test_convolution_is_the_plain_one_with_mirrored_borders() -> None:
    image = np.random.default_rng(0).random((20, 13, 2), np.float32)
    kernel = motion_kernel(stream(1), 12)
    expected = np.stack([ndimage.convolve(image[:, :, each], kernel, mode="reflect") for each in (0, 1)], axis=2)
    assert np.abs(convolved(image, kernel) - expected).max() < 1e-5


def test_blur_mixes_light_and_not_levels() -> None:
    checkers = np.repeat(255 * (np.indices((64, 64)).sum(axis=0) % 2)[:, :, None], 3, axis=2).astype(np.uint8)
    out_of_focus = next(each for each in (input_of("deblur", checkers, seed) for seed in SEEDS) if each.std() < 4)
    assert out_of_focus.mean() == pytest.approx(188, abs=2)


def test_deblur_blurs_as_little_as_a_pixel_and_as_much_as_many() -> None:
    photo = draw_photo(96, 96)
    errors = [_rms(input_of("deblur", photo, seed), photo) for seed in SEEDS]
    assert min(errors) < 0.6 * max(errors)
    assert min(errors) > 2


def test_light_and_levels_are_each_others_inverse() -> None:
    levels = np.arange(256, dtype=np.uint8)
    assert (from_linear(to_linear(levels)) == levels).all()
    assert to_linear(np.array([0, 188, 255], np.uint8)) == pytest.approx([0, 0.5029, 1], abs=1e-4)
    assert list(from_linear(np.array([-1, 2], np.float32))) == [0, 255]


def test_restore_jpeg_is_given_the_jpeg_that_pillow_writes() -> None:
    photo = draw_photo(48, 64)
    by_quality = {_jpeg(photo, quality).tobytes(): quality for quality in range(5, 41)}
    found = {by_quality[input_of("restore-jpeg", photo, seed).tobytes()] for seed in SEEDS}
    assert len(found) > 15
    assert min(found) < 10
    assert max(found) > 35


def test_a_mosaic_is_of_squares_in_their_mean_colour() -> None:
    photo = draw_photo(67, 50)
    sides = set()
    for seed in SEEDS:
        tiles = input_of("mosaic", photo, seed)
        side = next(s for s in range(4, 17) if (tiles[:s] == tiles[0]).all() and (tiles[s] != tiles[0]).any())
        sides.add(side)
        for top in range(0, 67, side):
            for left in range(0, 50, side):
                tile = tiles[top : top + side, left : left + side].reshape(-1, 3)
                mean = photo[top : top + side, left : left + side].reshape(-1, 3).mean(axis=0)
                assert (tile == tile[0]).all()
                assert np.abs(tile[0] - mean).max() < 0.6
    assert min(sides) == 4
    assert max(sides) == 16


@pytest.mark.parametrize(("name", "side"), [("night", 1), ("day", 0)])
def test_night_is_darker_bluer_and_of_less_contrast(name: str, side: int) -> None:
    photo = draw_photo(96, 96, seed=2)
    for seed in range(8):
        night = TASKS[name].make(photo, stream(seed))[side].astype(float)
        assert night.mean() < 0.5 * photo.mean()
        assert night.std() < 0.6 * photo.std()
        assert night[:, :, 2].mean() / night[:, :, 0].mean() > 1.2 * photo[:, :, 2].mean() / photo[:, :, 0].mean()


def test_by_night_the_sky_goes_dark_and_the_lamps_stay_on() -> None:
    photo = flat(60, 96, 96).copy()
    photo[:40], photo[70:73, 50:53] = (170, 200, 255), 255
    night = TASKS["night"].make(photo, stream(0))[1]
    assert night[:40].max() < 130
    assert night[71, 51].min() > 180
    unlit, near = night[90, 10], night[71, 57]
    assert near[0] > unlit[0] + 10


def test_there_is_one_night_to_learn_and_many_to_come_back_from() -> None:
    photo = draw_photo(64, 64)
    assert len({TASKS["night"].make(photo, stream(seed))[1].tobytes() for seed in range(5)}) == 1
    means = [input_of("day", photo, seed).mean() for seed in SEEDS]
    assert max(means) > 1.4 * min(means)


def _planes(pixels: Pixels) -> NDArray[np.float64]:
    return np.moveaxis(pixels.astype(float), 2, 0)


def _rms(one: Pixels, other: Pixels) -> float:
    return float(np.sqrt(np.square(one.astype(float) - other).mean()))


def _jpeg(photo: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _power_beyond(pixels: Pixels, frequency: float) -> float:
    """Of cycles a pixel."""
    plane = pixels[16:-16, 16:-16, 1].astype(float)
    window = np.outer(*(np.hanning(side) for side in plane.shape))
    power = np.abs(np.fft.fft2((plane - plane.mean()) * window)) ** 2
    y, x = (np.abs(np.fft.fftfreq(side)) for side in plane.shape)
    return float(power[np.maximum(y[:, None], x[None, :]) > frequency].sum())


def _resampled(image: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Cubic convolution with a = -1/2 (Keys 1981), widened when it reduces, one axis after the other."""
    for axis in (0, 1):
        side = image.shape[axis]
        centres = (np.arange(round(side * factor)) + 0.5) / factor - 0.5
        distance = (np.arange(side)[None, :] - centres[:, None]) * min(factor, 1)
        weights = _cubic(np.abs(distance))
        weights /= weights.sum(axis=1, keepdims=True)
        image = np.moveaxis(np.tensordot(weights, image, (1, axis)), 0, axis)
    return image


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    inner, outer = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x < 1, inner, np.where(x < 2, outer, 0))
