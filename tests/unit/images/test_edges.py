"""The boundaries between a label map's classes, as one more plane of what a network is shown."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from i2i.errors import ConfigError, ImageError
from i2i.images import (
    NO_CLASS,
    ImageSpec,
    LabelClass,
    Raster,
    conform,
    encode,
    preview,
    resize,
    restore,
    valid,
)
from i2i.images.drawing import from_drawing
from i2i.images.encoding import edges

CLASSES = tuple(LabelClass(value, str(value), (value, 0, 0)) for value in range(4))


def by_hand(labels: np.ndarray) -> np.ndarray:
    height, width = labels.shape
    found = np.full((height, width), -1.0, np.float32)
    for y in range(height):
        for x in range(width):
            for other_y, other_x in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                inside = 0 <= other_y < height and 0 <= other_x < width
                if inside and labels[other_y, other_x] != labels[y, x]:
                    found[y, x] = 1
    return found


@pytest.mark.parametrize("size", [(9, 7), (1, 5), (6, 1), (1, 1)])
def test_a_place_is_an_edge_where_one_of_its_four_neighbours_is_of_another_class(size: tuple[int, int]) -> None:
    labels = np.random.default_rng(0).integers(0, 4, size)
    assert np.array_equal(edges(torch.from_numpy(labels)[None])[0].numpy(), by_hand(labels))
    batch = torch.from_numpy(np.stack([labels, np.zeros_like(labels)]))[:, None, None]
    assert torch.equal(edges(batch)[0, 0, 0], torch.from_numpy(by_hand(labels)))
    assert (edges(batch)[1] == -1).all()


def test_they_come_after_the_classes_and_are_no_reading_where_there_is_no_class() -> None:
    pixels = np.zeros((6, 6, 1), np.uint8)
    pixels[2:, 3:], pixels[0, 0] = 2, NO_CLASS
    plain, drawn = ImageSpec(1, classes=CLASSES), ImageSpec(1, classes=CLASSES, edges=True)
    assert (plain.planes, drawn.planes) == (4, 5)
    shown = encode(pixels, drawn)
    assert torch.equal(shown[:4], encode(pixels, plain))
    expected = by_hand(pixels[..., 0])
    expected[0, 0] = 0
    assert np.array_equal(shown[4].numpy(), expected)
    known = valid(pixels, drawn)
    assert known is not None
    assert known.shape == (5, 6, 6)
    assert drawn.describe() == "4 classes and their edges"


def test_what_has_no_classes_has_no_edges() -> None:
    with pytest.raises(ConfigError, match="edges are those between classes, and the images have 3 channels uint8"):
        ImageSpec(3, edges=True)


OBJECTS = ImageSpec(1, "uint16", classes=CLASSES, nodata=(255.0,), edges=True, objects=1000)


def street() -> np.ndarray:
    """Ground (0), of class 2 two objects that touch and a crowd without number, and a corner without a label."""
    values = np.zeros((6, 8, 1), np.uint16)
    values[1:4, 1:3], values[1:4, 3:5], values[1:4, 6:] = 2001, 2002, 2
    values[0, 0] = 255
    return values


def test_a_value_may_tell_the_object_besides_its_class() -> None:
    pixels = conform(Raster(street()), OBJECTS, "street.png")
    assert pixels.shape == (6, 8, OBJECTS.stored_channels)
    assert pixels.dtype == OBJECTS.stored_dtype
    assert np.array_equal(pixels[..., 0] == 2, street()[..., 0] % 255 >= 2)
    assert (pixels[..., 0] == NO_CLASS).sum() == 1
    assert np.array_equal(restore(pixels, OBJECTS), street())
    assert np.array_equal(preview(pixels, OBJECTS)[2, 1], CLASSES[2].colour)
    smaller = resize(pixels, 3, 4, "bicubic", OBJECTS)
    assert set(np.unique(smaller[..., 1])) <= set(np.unique(street()))


def test_objects_of_one_class_that_touch_have_an_edge_between_them() -> None:
    shown = encode(conform(Raster(street()), OBJECTS, "street.png"), OBJECTS)
    classes = replace(OBJECTS, objects=0)
    merged = encode(conform(Raster(np.where(street() > 255, 2, street())), classes, "street.png"), classes)
    assert torch.equal(shown[:-1], merged[:-1])
    expected = by_hand(street()[..., 0])
    expected[0, 0] = 0
    assert np.array_equal(shown[-1].numpy(), expected)
    assert shown[-1, 2, 2] == 1
    assert merged[-1, 2, 2] == -1


def test_what_is_drawn_has_no_objects() -> None:
    picture = preview(conform(Raster(np.array([[[0], [2]]], np.uint16)), OBJECTS, "street.png"), OBJECTS)
    assert np.array_equal(from_drawing(picture, OBJECTS), np.array([[[0, 0], [2, 2]]], np.uint16))


def test_an_unknown_class_is_named_as_such_and_not_as_its_objects() -> None:
    values = street()
    values[5, 5], values[5, 6] = 7001, 7002
    with pytest.raises(ImageError, match=r"street\.png: holds the label 7 that the class table lacks"):
        conform(Raster(values), OBJECTS, "street.png")


def test_objects_that_can_not_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="objects=3: values from there on are those of objects, and 3 is a class"):
        ImageSpec(1, classes=CLASSES, objects=3)
    with pytest.raises(ConfigError, match="objects are told apart in label maps of class values"):
        ImageSpec(3, classes=CLASSES, coding="colour", objects=1000)
    with pytest.raises(ConfigError, match="objects are told apart in label maps of class values"):
        ImageSpec(1, "uint16", objects=1000)
