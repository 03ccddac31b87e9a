"""The shift between two sides is seen by their edges, whatever their values mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2i.data.doctor.sides import Image
from i2i.data.doctor.structure import compare, edges
from i2i.images import Header, Pixels


def image(pixels: Pixels, readings: np.ndarray | None = None) -> Image:
    return Image(Header(*pixels.shape, pixels.dtype.name), pixels, readings)


def blobs(seed: int, side: int = 96) -> Pixels:
    random = np.random.default_rng(seed)
    page = np.full((side, side, 1), 60.0)
    for _ in range(25):
        top, left = random.integers(0, side - 10, 2)
        height, width = random.integers(5, 30, 2)
        page[top : top + height, left : left + width] = random.uniform(20, 230)
    return page


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 50), down=st.integers(-9, 9), right=st.integers(-9, 9))
def test_a_shift_is_found_though_light_and_dark_change_places(seed, down, right):
    whole = blobs(seed)
    given = whole[10:86, 10:86].astype(np.uint8)
    wanted = (255 - 0.5 * whole[10 - down : 86 - down, 10 - right : 86 - right]).astype(np.uint8)
    structure = compare(image(given), image(wanted))
    assert structure.shift == pytest.approx((down, right), abs=0.6)
    assert structure.sharpness > 5.5


def test_shifts_are_told_in_pixels_of_the_file():
    whole = np.kron(blobs(4)[:, :, 0], np.ones((8, 8)))[:, :, None].astype(np.uint8)
    structure = compare(image(whole[:700, :700]), image(whole[16:716, :700]))
    assert structure.pixel == pytest.approx(700 / 256)
    assert structure.shift == pytest.approx((-16, 0), abs=1.5)


def test_the_border_of_what_is_no_reading_is_no_edge():
    whole = blobs(5).astype(np.float32)
    moved = whole[10:86, 13:89].copy()
    known = np.ones(moved.shape, bool)
    known[20:50, 20:50] = False
    moved[~known] = 1e6
    assert edges(image(moved, known), (76, 76))[15:55, 15:55].any()
    assert not edges(image(moved, known), (76, 76))[16:54, 16:54].any()
    structure = compare(image(whole[10:86, 10:86]), image(moved, known))
    assert structure.shift == pytest.approx((0, -3), abs=0.6)


def test_strangers_have_no_sharp_peak():
    sharpness = [
        compare(image(blobs(seed).astype(np.uint8)), image(blobs(seed + 100).astype(np.uint8))).sharpness
        for seed in range(12)
    ]
    assert np.mean(np.array(sharpness) > 5.5) < 0.2


def test_sides_without_an_edge_have_no_structure():
    even = image(np.full((32, 32, 3), 7, np.uint8))
    structure = compare(even, even)
    assert (structure.shift, structure.sharpness) == ((0.0, 0.0), 0.0)
    assert not structure.fields[0].any()
    compare(image(np.zeros((1, 1, 1), np.uint8)), image(np.zeros((1, 1, 1), np.uint8)))
