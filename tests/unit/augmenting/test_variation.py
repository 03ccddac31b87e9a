import numpy as np
import pytest

from i2i.augmenting.variation import Variation, Vary, read_vary
from i2i.errors import ConfigError
from i2i.images import ImageSpec, LabelClass

LABELS = ImageSpec(1, classes=tuple(LabelClass(v, str(v), (v, v, v)) for v in range(5)))
PHOTO = ImageSpec(3)


def noise(height=24, width=24, channels=3, below=256, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, below, (height, width, channels)).astype(dtype)


def test_exact_variations_are_exact_and_all_different():
    image = noise()
    found = [each.apply(image, PHOTO) for each in Vary(mirror=True, flip=True, rotate90=True).exact(square=True)]
    expected = [np.rot90(side, turns) for side in (image, image[:, ::-1]) for turns in range(4)]
    assert len(found) == 8
    assert all(any(np.array_equal(one, other) for one in found) for other in expected)
    assert np.array_equal(found[0], image)


def test_what_each_name_stands_for():
    image = noise(8, 12)
    both = {name: Vary(**{name: True}).exact(square=False)[-1].apply(image, PHOTO) for name in ("mirror", "flip")}
    assert np.array_equal(both["mirror"], image[:, ::-1])
    assert np.array_equal(both["flip"], image[::-1])
    assert np.array_equal(Vary(rotate90=True).exact(square=False)[-1].apply(image, PHOTO), image[::-1, ::-1])
    assert len(Vary(mirror=True, flip=True, rotate90=True).exact(square=False)) == 4


@pytest.mark.parametrize("variation", [Variation(rotate=17.3), Variation(scale=1.31), Variation(rotate=-8, scale=0.8)])
def test_label_maps_stay_label_maps(variation):
    labels = noise(channels=1, below=5)
    labels[labels == 3] = 2
    varied = variation.apply(labels, LABELS)
    assert varied.shape == labels.shape
    assert varied.dtype == labels.dtype
    assert set(np.unique(varied)) <= {0, 1, 2, 4}
    assert not np.array_equal(varied, labels)


def test_labels_are_taken_by_the_nearest_pixel():
    labels = noise(channels=1, below=5)
    labels[20:] = 255  # no class
    places = np.rint((np.arange(24) - 11.5) / 0.7 + 11.5).astype(int)
    places = np.where(places < 0, -places, np.where(places > 23, 46 - places, places))
    assert np.array_equal(Variation(scale=0.7).apply(labels, LABELS), labels[places][:, places])


def test_a_shift_moves_pixels_as_they_are_and_reflects_what_comes_in():
    image = noise()
    shifted = Variation(shift=(3, -5)).apply(image, PHOTO)
    assert np.array_equal(shifted[3:, :-5], image[:-3, 5:])
    assert np.array_equal(shifted[2, :-5], image[1, 5:])


def test_rotation_and_scale_are_what_their_numbers_say():
    rows, columns = np.mgrid[0:33, 0:33]
    blob = (255 * np.exp(-((rows - 10) ** 2 + (columns - 16) ** 2) / 18)).astype(np.uint8)[:, :, None]
    grey = ImageSpec(1)
    quarter = Variation(rotate=90).apply(blob, grey)
    assert np.abs(quarter.astype(int) - np.rot90(blob).astype(int)).max() <= 1
    larger = Variation(scale=1.5).apply(blob, grey)
    assert np.unravel_index(larger[:, :, 0].argmax(), (33, 33)) == (7, 16)
    assert larger.sum() == pytest.approx(1.5**2 * blob.sum(), rel=0.05)


def test_sixteen_bits_keep_their_values_and_no_reading_is_mixed_in():
    depth = ImageSpec(1, dtype="uint16", ranges=((0, 4000),), nodata=(65535,))
    image = np.full((24, 24, 1), 9000, np.uint16)
    image[:, 12:] = 65535
    varied = Variation(rotate=10).apply(image, depth)
    assert varied.dtype == np.uint16
    assert set(np.unique(varied)) == {9000, 65535}


def test_a_variation_is_read_from_its_text():
    for variation in (
        Variation(),
        Variation(mirror=True, turns=3),
        Variation(rotate=1 / 3, scale=1.1**0.3, shift=(-2, 7)),
    ):
        assert Variation.read(variation.text()) == variation
    assert Variation().text() == "{}"


def test_no_exact_variation_comes_twice_before_each_came_once():
    vary = Vary(mirror=True, rotate90=True)
    drawn = [vary.draw(0, "a", number, (16, 16)) for number in range(1, 17)]
    assert len(set(drawn[:8])) == 8
    assert drawn[:8] == drawn[8:]
    assert drawn[0].is_none
    assert drawn[:8] != [vary.draw(0, "b", number, (16, 16)) for number in range(1, 9)]


def test_what_is_drawn_stays_within_what_is_allowed_and_fills_it():
    vary = Vary(rotate=5, scale=1.2, shift=0.1)
    drawn = [vary.draw(1, "a", number, (100, 40)) for number in range(1, 200)]
    assert all(abs(each.rotate) <= 5 and 1 / 1.2 <= each.scale <= 1.2 for each in drawn)
    assert max(each.rotate for each in drawn) > 4.5 > -4.5 > min(each.rotate for each in drawn)
    assert min(each.scale for each in drawn) < 0.88 < 1.15 < max(each.scale for each in drawn)
    assert {abs(each.shift[0]) for each in drawn} == set(range(11))
    assert {abs(each.shift[1]) for each in drawn} == set(range(5))


def test_what_may_be_varied_is_read_from_words():
    assert read_vary(["mirror,rotate=5", "scale=1.1, shift=0.05"]) == Vary(mirror=True, rotate=5, scale=1.1, shift=0.05)
    assert read_vary([]).is_none


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("miror", "unknown; did you mean 'mirror'"),
        ("rotate", "expected a number from 0 to 180, such as rotate=5"),
        ("scale=0.5", "expected a number from 1 to 4"),
        ("shift=nan", "expected a number from 0 to 0.5"),
        ("mirror=2", "mirror has no value"),
    ],
)
def test_what_is_no_variation_is_told_in_one_line(text, message):
    with pytest.raises(ConfigError, match=message):
        read_vary([text])
