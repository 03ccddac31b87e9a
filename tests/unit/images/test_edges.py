"""The boundaries between a label map's classes, as one more plane of what a network is shown."""

import numpy as np
import pytest
import torch

from i2i.errors import ConfigError
from i2i.images import NO_CLASS, ImageSpec, LabelClass, encode, valid
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
