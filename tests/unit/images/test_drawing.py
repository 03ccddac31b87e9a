import numpy as np
import pytest

from i2i.errors import ImageError
from i2i.images import NO_CLASS, ImageSpec, LabelClass, preview
from i2i.images.drawing import from_drawing, is_drawable

CLASSES = (LabelClass(3, "wall", (250, 10, 10)), LabelClass(7, "sky", (10, 10, 250)), LabelClass(9, "door", (0, 0, 0)))


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (9, 11, 3), dtype=np.uint8)


def as_colour(shown: np.ndarray) -> np.ndarray:
    return shown if shown.shape[2] == 3 else np.repeat(shown, 3, axis=2)


@pytest.mark.parametrize(
    "spec",
    [
        ImageSpec(3),
        ImageSpec(1),
        ImageSpec(1, "uint16"),
        ImageSpec(3, "uint16", ranges=((100.0, 4000.0),)),
        ImageSpec(1, "int16", ranges=((-1000.0, 3000.0),), unit="HU"),
        ImageSpec(1, "float32", ranges=((0.0, 2.5),)),
        ImageSpec(3, "float32", ranges=((0.0, 1.0), (-1.0, 1.0), (5.0, 6.0))),
        ImageSpec(3, space="lab"),
        ImageSpec(4, names=("red", "green", "blue", "alpha"), alpha="channel"),
        ImageSpec(1, "uint16", alpha="mask"),
    ],
)
def test_what_is_drawn_looks_as_it_was_drawn(spec):
    drawn = picture() if spec.channels >= 3 else as_colour(picture()[:, :, :1])
    pixels = from_drawing(drawn, spec)
    assert pixels.shape == (9, 11, spec.stored_channels)
    assert pixels.dtype == spec.stored_dtype
    np.testing.assert_array_equal(as_colour(preview(pixels, spec)), drawn)


def test_grey_of_a_range_is_its_share_of_the_range():
    levels = np.array([[[0] * 3, [51] * 3, [255] * 3]], np.uint8)
    spec = ImageSpec(1, "int16", ranges=((-1000.0, 1000.0),))
    np.testing.assert_array_equal(from_drawing(levels, spec)[0, :, 0], [-1000, -600, 1000])


def test_a_class_is_the_one_of_the_nearest_colour():
    spec = ImageSpec(1, classes=CLASSES)
    drawn = np.array([[[240, 20, 0], [0, 0, 251], [30, 30, 30], [255, 0, 255]]], np.uint8)
    np.testing.assert_array_equal(from_drawing(drawn, spec)[0, :, 0], [0, 1, 2, NO_CLASS])
    coded = ImageSpec(3, classes=CLASSES, coding="colour")
    np.testing.assert_array_equal(from_drawing(drawn, coded)[0, :, 0], [0, 1, 2, NO_CLASS])


def test_a_class_may_have_the_colour_of_gaps():
    spec = ImageSpec(1, classes=(LabelClass(1, "pink", (255, 0, 255)), CLASSES[0]))
    np.testing.assert_array_equal(from_drawing(np.array([[[255, 0, 255]]], np.uint8), spec)[0, :, 0], [0])


def test_gaps_are_drawn_where_there_can_be_any():
    drawn = np.array([[[255, 0, 255], [128] * 3]], np.uint8)
    depth = from_drawing(drawn, ImageSpec(1, "uint16", nodata=(0.0,)))
    assert depth[0, 0, 0] == 0
    assert depth[0, 1, 0] == 32896
    assert np.isnan(from_drawing(drawn, ImageSpec(1, "float32"))[0, 0, 0])
    np.testing.assert_array_equal(from_drawing(drawn, ImageSpec(3)), drawn)


def test_an_opaque_drawing_has_no_holes():
    masked = from_drawing(picture(), ImageSpec(3, alpha="mask"))
    assert (masked[:, :, 3] == 255).all()


def test_what_can_not_be_drawn_is_refused():
    assert not is_drawable(ImageSpec(12, "uint16"))
    with pytest.raises(ImageError, match="12 channels uint16 can't be drawn"):
        from_drawing(picture(), ImageSpec(12, "uint16"))
    for wrong in (picture().astype(np.uint16), picture()[:, :, :1], picture()[:, :, 0]):
        with pytest.raises(ImageError, match="expected a drawing"):
            from_drawing(wrong, ImageSpec(3))
