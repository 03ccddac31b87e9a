"""Copies are found among many pictures, and what is no copy is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2i.data.doctor.alike import Thumbs, find_alike


def pictures(count: int, seed: int) -> np.ndarray:
    """Smooth random pictures as thumbnails are kept, (count, 32, 32) int8."""
    waves = np.random.default_rng(seed).standard_normal((count, 32, 32))
    spectrum = np.fft.rfft2(waves) / (1 + np.hypot(*np.meshgrid(np.arange(17), np.fft.fftfreq(32, 1 / 32))))
    smooth = np.fft.irfft2(spectrum, (32, 32))
    smooth = (smooth - smooth.mean((1, 2), keepdims=True)) / smooth.std((1, 2), keepdims=True)
    return np.clip(np.round(smooth * 31), -127, 127).astype(np.int8)


def thumbs(images: np.ndarray, blank: tuple[int, ...] = ()) -> Thumbs:
    return Thumbs(images, np.isin(np.arange(len(images)), blank))


def noisy(image: np.ndarray, level: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(image.shape) * 31 * level
    return np.clip(image + noise, -127, 127).astype(np.int8)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), mirrored=st.booleans())
def test_every_copy_is_found_and_nothing_else(seed, mirrored):
    images = pictures(400, seed)
    originals = np.random.default_rng(seed).choice(400, 20, replace=False)
    copies = np.stack([noisy(images[n][:, ::-1] if mirrored else images[n], 0.08, n) for n in originals])
    matches = find_alike([thumbs(np.concatenate([images, copies]))], seed=0)
    assert {(match.first, match.second) for match in matches} == {(n, 400 + k) for k, n in enumerate(originals)}
    assert {match.mirrored for match in matches} == {mirrored}
    assert min(match.correlation for match in matches) > 0.9


def test_both_sides_must_be_alike():
    one, other = pictures(50, seed=1), pictures(50, seed=2)
    one[49] = one[3]
    assert find_alike([thumbs(one), thumbs(other)], seed=0) == []
    other[49] = other[3]
    (match,) = find_alike([thumbs(one), thumbs(other)], seed=0)
    assert (match.first, match.second) == (3, 49)


@pytest.mark.parametrize(("blank", "found"), [((7, 49), True), ((7,), False), ((49,), False)])
def test_a_blank_side_is_alike_only_with_a_blank_one(blank, found):
    one, other = pictures(50, seed=1), pictures(50, seed=2)
    one[49] = one[7]
    assert bool(find_alike([thumbs(one), thumbs(other, blank)], seed=0)) == found


def test_blank_pictures_are_no_copies_of_each_other():
    images = np.zeros((100, 32, 32), np.int8)
    assert find_alike([thumbs(images, tuple(range(100)))], seed=0) == []


def test_a_crowd_of_one_picture_does_not_take_forever_and_hangs_together():
    images = np.repeat(pictures(1, seed=3), 300, axis=0)
    matches = find_alike([thumbs(images)], seed=0)
    assert {number for match in matches for number in (match.first, match.second)} == set(range(300))
    assert len(matches) < 300 * 299 / 2
