"""What a side shows is told by its values alone."""

import numpy as np
import pytest

from i2i.data.doctor.kinds import Kind, kind_of
from i2i.data.doctor.look import look_at
from i2i.data.doctor.sides import Image
from i2i.images import Header, Pixels


def kind(images: list[Pixels]) -> Kind:
    random = np.random.default_rng(0)
    looks = []
    for pixels in images:
        header = Header(*pixels.shape, pixels.dtype.name)
        looks.append(look_at(Image(header, pixels, None), 32, random))
    return kind_of(looks)


def lines(random: np.random.Generator, ink: tuple[int, ...], ground: int = 255) -> Pixels:
    """Lines of one pixel, with the softer greys that a program draws beside them."""
    page = np.full((64, 64, 1), ground, np.uint8)
    for _ in range(4):
        place = random.integers(4, 60)
        page[place] = random.choice(ink)
        page[:, place] = random.choice(ink)
    return page


def test_class_values_are_labels_though_they_are_close_to_each_other(scenes):
    found = kind([scene.classes for scene in scenes])
    assert found == Kind("labels", tuple((value,) for value in range(5)), exact=True)


def test_coloured_classes_are_labels(scenes):
    assert kind([scene.labels for scene in scenes]).name == "labels"


def test_a_mask_of_two_values_is_labels(scenes):
    assert kind([(scene.classes > 1).astype(np.uint8) * 255 for scene in scenes]).name == "labels"


def test_class_values_of_sixteen_bits_are_labels(scenes):
    assert kind([scene.classes.astype(np.uint16) * 1000 for scene in scenes]).name == "labels"


def test_lines_of_many_greys_on_an_even_ground_are_a_drawing():
    random = np.random.default_rng(0)
    found = kind([lines(random, (0, 40, 90, 140, 200)) for _ in range(20)])
    assert found == Kind("drawing", ((255,),))


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_pictures(scenes, channels):
    assert kind([scene.picture[:, :, :channels] for scene in scenes]) == Kind("picture")


def test_a_lit_object_on_white_is_a_picture():
    random = np.random.default_rng(0)
    ramp = np.linspace(20, 230, 40).astype(np.uint8)
    images = []
    for turn in range(12):
        page = np.full((64, 64, 3), 255, np.uint8)
        page[12:52, 12:52] = np.roll(ramp, turn)[:, None, None] + random.integers(0, 9, (40, 40, 3), np.uint8)
        images.append(page)
    assert kind(images).name == "picture"
