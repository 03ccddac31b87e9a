"""What an `ImageSpec` promises between a file's values and the network's tensor."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2i.errors import ConfigError, ImageError
from i2i.images import (
    NO_CLASS,
    ImageSpec,
    LabelClass,
    Raster,
    conform,
    decode,
    encode,
    full_range,
    lightness,
    preview,
    resize,
    restore,
    valid,
    without_readings,
)

CLASSES = (
    LabelClass(7, "road", (128, 64, 128)),
    LabelClass(0, "sky", (70, 130, 180)),
    LabelClass(11, "car", (0, 0, 142)),
)


def drawn(spec, height=9, width=7, seed=0):
    random = np.random.default_rng(seed)
    low, high = full_range(spec.dtype)
    shape = (height, width, spec.channels)
    if spec.dtype == "float32":
        return random.uniform(low, high, shape).astype(np.float32)
    return random.integers(int(low), int(high), shape, endpoint=True).astype(spec.dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 5, 12, 32])
def test_all_values_of_a_type_come_out_of_the_tensor_as_they_went_in(dtype, channels):
    spec = ImageSpec(channels, dtype)
    pixels = drawn(spec)
    tensor = encode(pixels, spec)
    assert tensor.shape == (channels, 9, 7)
    assert -1 <= tensor.min() < tensor.max() <= 1
    np.testing.assert_array_equal(decode(tensor, spec), pixels)


def test_every_one_of_the_65536_levels_survives():
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    for spec in (ImageSpec(1, "uint16"), ImageSpec(1, "uint16", ranges=((0, 65535),))):
        np.testing.assert_array_equal(decode(encode(levels, spec), spec), levels)


@given(low=st.floats(-1e4, 1e4), width=st.floats(1e-2, 1e4), share=st.floats(0, 1))
def test_floats_of_any_range_come_back_within_its_24_bits(low, width, share):
    spec = ImageSpec(1, "float32", ranges=((low, low + width),))
    pixels = np.full((1, 1, 1), low + share * width, np.float32)
    back = decode(encode(pixels, spec), spec)
    # the value itself is rounded to float32 too, which counts for more far from 0
    assert abs(float(back.item()) - float(pixels.item())) <= width * 2**-23 + np.spacing(np.float32(abs(low) + width))


def test_each_channel_has_its_own_range_and_what_lies_beyond_is_clipped():
    spec = ImageSpec(2, "int16", ranges=((0, 100), (-1000, 1000)))
    pixels = np.array([[[50, 0], [150, -2000], [0, 1000]]], np.int16)
    assert encode(pixels, spec)[:, 0].tolist() == [[0, 1, -1], [0, -1, 1]]
    assert decode(torch.tensor([[[0.0, 2.0]], [[-3.0, 0.5]]]), spec).tolist() == [[[50, -1000], [100, 500]]]


def test_what_is_no_reading_is_told_and_shown_as_the_middle():
    spec = ImageSpec(1, "uint16", ranges=((1, 5000),), nodata=(0, 65535))
    pixels = np.array([[0, 1, 5000, 65535]], np.uint16)[:, :, None]
    assert valid(pixels, spec)[0].tolist() == [[False, True, True, False]]
    assert encode(pixels, spec)[0].tolist() == [[0, -1, 1, 0]]
    assert valid(pixels, ImageSpec(1, "uint16")) is None


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_encoding_leaves_the_pixels_as_they_were(dtype):
    spec = ImageSpec(2, dtype, ranges=((-0.25, 0.5),), nodata=(0,))
    pixels = drawn(spec)
    before = pixels.copy()
    tensor = encode(pixels, spec)
    kept = tensor.clone()
    decode(tensor, spec)
    np.testing.assert_array_equal(pixels, before)
    assert torch.equal(tensor, kept)


def test_nan_and_infinity_are_never_readings():
    spec = ImageSpec(1, "float32")
    pixels = np.array([[0.5, np.nan, np.inf]], np.float32)[:, :, None]
    assert valid(pixels, spec)[0].tolist() == [[True, False, False]]
    assert encode(pixels, spec)[0].tolist() == [[0.5, 0, 0]]


def test_a_mask_in_the_transparency_is_no_reading_and_travels_with_the_pixels():
    spec = ImageSpec(3, alpha="mask")
    pixels = np.full((2, 2, 4), 200, np.uint8)
    pixels[0, 0, 3] = 0
    stored = conform(Raster(pixels, ("red", "green", "blue", "alpha")), spec, "x")
    assert stored.shape == (2, 2, spec.stored_channels) == (2, 2, 4)
    assert valid(stored, spec)[:, 0, 0].tolist() == [False] * 3
    assert valid(stored, spec)[:, 1, 1].all()
    assert encode(stored, spec).shape == (3, 2, 2)
    assert restore(decode(encode(stored, spec), spec), spec).shape == (2, 2, 3)
    larger = resize(stored, 4, 4, "bilinear", spec)
    assert not valid(larger, spec)[:, 0, 0].any()
    assert (larger[..., :3][valid(larger, spec)[0].numpy()] == 200).all()


def test_transparency_is_a_channel_where_the_specification_counts_it_as_one():
    spec = ImageSpec(4, alpha="channel")
    pixels = drawn(spec)
    np.testing.assert_array_equal(conform(Raster(pixels, ("red", "green", "blue", "alpha")), spec, "x"), pixels)
    opaque = conform(Raster(pixels[:, :, :3], ("red", "green", "blue")), spec, "x")
    assert (opaque[:, :, 3] == 255).all()


def test_transparent_16_bit_pixels_are_white():
    pixels = np.array([[[100, 0], [100, 65535]]], np.uint16)
    assert conform(Raster(pixels, ("grey", "alpha")), ImageSpec(1, "uint16"), "x").ravel().tolist() == [65535, 100]


@pytest.mark.parametrize(
    ("spec", "pixels", "expected"),
    [
        (ImageSpec(3), np.zeros((2, 2, 5), np.uint8), "x.tif: has 5 channels; expected 3"),
        (ImageSpec(5, names=tuple("abcde")), np.zeros((2, 2, 3), np.uint8), r"expected 5 \(a, b, c, d, e\)"),
        (ImageSpec(1), np.zeros((2, 2, 1), np.uint16), "x.tif: is uint16; expected uint8"),
        (ImageSpec(1, "uint16"), np.zeros((2, 2, 1), np.uint8), "x.tif: is uint8; expected uint16"),
    ],
)
def test_what_would_lose_or_change_values_is_refused(spec, pixels, expected):
    with pytest.raises(ImageError, match=expected):
        conform(Raster(pixels), spec, "x.tif")


def test_whole_numbers_become_floats_without_loss():
    pixels = np.array([[[0], [65535]]], np.uint16)
    assert conform(Raster(pixels), ImageSpec(1, "float32"), "x").ravel().tolist() == [0.0, 65535.0]


def test_a_class_is_one_plane_and_comes_back_as_its_value():
    spec = ImageSpec(1, classes=CLASSES, nodata=(255,))
    values = np.array([[7, 0], [11, 255]], np.uint8)[:, :, None]
    stored = conform(Raster(values), spec, "x")
    assert stored.ravel().tolist() == [0, 1, 2, NO_CLASS]
    planes = encode(stored, spec)
    assert planes.shape == (3, 2, 2)
    assert planes[:, 0, 0].tolist() == [1, -1, -1]
    assert planes[:, 1, 1].tolist() == [0, 0, 0]
    assert valid(stored, spec)[:, 1, 1].tolist() == [False] * 3
    back = restore(decode(planes, spec), spec)
    assert back.ravel()[:3].tolist() == [7, 0, 11]


def test_a_label_beyond_the_table_is_named():
    with pytest.raises(
        ImageError, match=r"m\.png: holds the label 3 and 1 more that the class table lacks; expected one of 7"
    ):
        conform(Raster(np.array([[[3], [9]]], np.uint8)), ImageSpec(1, classes=CLASSES), "m.png")


def test_colours_blurred_by_jpeg_are_their_class_again():
    spec = ImageSpec(3, classes=CLASSES, coding="colour")
    pixels = np.array([[each.colour for each in CLASSES]], np.uint8)
    blurred = (
        (pixels.astype(int) + np.random.default_rng(0).integers(-20, 21, pixels.shape)).clip(0, 255).astype(np.uint8)
    )
    stored = conform(Raster(blurred), spec, "x")
    assert stored.ravel().tolist() == [0, 1, 2]
    np.testing.assert_array_equal(restore(stored, spec), pixels)


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40), to=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_resizing_a_label_map_makes_no_new_label(height, width, to):
    spec = ImageSpec(1, classes=CLASSES)
    pixels = np.random.default_rng(1).choice([0, 2], (height, width, 1)).astype(np.uint8)
    resized = resize(pixels, *to, "bicubic", spec)
    assert resized.shape == (*to, 1)
    assert set(np.unique(resized)) <= {0, 2}


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear", "area", "nearest"])
@pytest.mark.parametrize("to", [(7, 9), (33, 40)])
def test_resizing_mixes_no_gap_into_a_reading(interpolation, to):
    spec = ImageSpec(1, "uint16", nodata=(0, 65535))
    pixels = np.full((16, 20, 1), 3000, np.uint16)
    pixels[:8, :5] = 0
    pixels[10:, 12:] = 65535
    resized = resize(pixels, *to, interpolation, spec)
    assert set(np.unique(resized)) <= {0, 3000, 65535}
    share = (resized == 3000).mean()
    assert abs(share - (pixels == 3000).mean()) < 0.12


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32"])
def test_deep_images_are_resized_in_their_own_type(dtype):
    ramp = np.linspace(*([0, 1] if dtype == "float32" else [0, 30000]), 64).astype(dtype)
    pixels = np.repeat(np.tile(ramp, (64, 1))[:, :, None], 5, axis=2)
    resized = resize(pixels, 32, 32)
    assert (resized.dtype, resized.shape) == (np.dtype(dtype), (32, 32, 5))
    expected = (ramp.astype(float)[0::2] + ramp.astype(float)[1::2]) / 2
    np.testing.assert_allclose(resized[16, 4:-4, 3], expected[4:-4], rtol=0.02)


def test_lab_agrees_with_scikit_image_and_every_colour_comes_back():
    color = pytest.importorskip("skimage.color")
    spec = ImageSpec(3, space="lab")
    pixels = drawn(spec, 64, 64)
    tensor = encode(pixels, spec)
    np.testing.assert_array_equal(decode(tensor, spec), pixels)
    scaled = tensor.movedim(0, -1).numpy() * np.array([50, 110, 110]) + np.array([50, 0, 0])
    np.testing.assert_allclose(scaled, color.rgb2lab(pixels), atol=2e-3)


def test_the_output_has_a_gap_where_the_input_has_nothing_if_there_is_a_value_for_it():
    missing = np.array([[True, False]])
    depth = np.full((1, 2, 1), 9, np.uint16)
    assert without_readings(depth, missing, ImageSpec(1, "uint16", nodata=(7,))).ravel().tolist() == [7, 9]
    assert without_readings(depth, missing, ImageSpec(1, "uint16")).ravel().tolist() == [9, 9]
    floats = without_readings(depth.astype(np.float32), missing, ImageSpec(1, "float32")).ravel()
    assert np.isnan(floats).tolist() == [True, False]


def test_a_preview_of_anything_is_8_bits():
    deep = ImageSpec(1, "uint16", ranges=((1000, 3000),), nodata=(0,))
    shown = preview(np.array([[1000, 3000, 2000]], np.uint16)[:, :, None], deep)
    assert shown.ravel().tolist() == [0, 255, 128]
    with_gap = preview(np.array([[0, 3000]], np.uint16)[:, :, None], deep)
    assert with_gap[0].tolist() == [[255, 0, 255], [255, 255, 255]]
    bands = ImageSpec(5, "float32", names=("nir", "blue", "green", "red", "swir"))
    pixels = np.zeros((1, 1, 5), np.float32)
    pixels[0, 0, 3] = 1
    assert preview(pixels, bands).ravel().tolist() == [255, 128, 128]
    assert preview(np.array([[[0], [1]]], np.uint8), ImageSpec(1, classes=CLASSES))[0].tolist() == [
        [128, 64, 128],
        [70, 130, 180],
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"channels": 33}, "expected 1 to 32"),
        ({"channels": 0}, "expected 1 to 32"),
        ({"channels": 3, "ranges": ((0, 1), (0, 1))}, "2 value ranges for 3 channels"),
        ({"channels": 1, "ranges": ((1, 1),)}, "must be the smaller"),
        ({"channels": 1, "space": "lab"}, "colour space lab"),
    ],
)
def test_a_specification_that_contradicts_itself_is_refused(arguments, expected):
    with pytest.raises(ConfigError, match=expected):
        ImageSpec(**arguments)


def test_colour_alone_is_two_planes_that_are_laid_on_a_lightness():
    spec = ImageSpec(3, space="ab")
    pixels = drawn(spec, 32, 32)
    colour = encode(pixels, spec)
    assert colour.shape == (spec.planes, 32, 32) == (2, 32, 32)
    np.testing.assert_array_equal(decode(torch.cat([lightness(pixels), colour]), spec), pixels)
    grey = np.full((4, 4, 1), 90, np.uint8)
    torch.testing.assert_close(lightness(grey), lightness(grey.repeat(3, axis=2)))
