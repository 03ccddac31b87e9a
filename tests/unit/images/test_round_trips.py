"""What is written is read again to the bit: every format with every type and number of channels that it holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2i.images import (
    DTYPES,
    SUFFIXES,
    ImageSpec,
    Metadata,
    Raster,
    decode,
    encode,
    full_range,
    read_header,
    read_raster,
    write_raster,
)
from i2i.images.formats import FORMATS

LOSSY = {".jpg", ".jpeg"}
CHANNELS = (1, 2, 3, 4, 5, 12, 32)
HELD = [
    (suffix, dtype, channels)
    for suffix in sorted(SUFFIXES - LOSSY)
    for dtype in DTYPES
    for channels in CHANNELS
    if FORMATS[suffix].holds(dtype, channels, suffix)
]


def draw(dtype: str, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Any bit pattern of integers; floats of all magnitudes, with NaN and infinity."""
    random = np.random.default_rng(seed)
    if dtype != "float32":
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    values = (random.standard_normal(shape) * 10.0 ** random.integers(-30, 30, shape)).astype(np.float32)
    values.flat[0] = np.nan
    values.flat[-1] = -np.inf
    return values


def assert_same(read: np.ndarray, written: np.ndarray) -> None:
    assert read.dtype == written.dtype
    assert read.shape == written.shape
    assert read.tobytes() == written.tobytes()


@pytest.mark.parametrize(("suffix", "dtype", "channels"), HELD)
def test_what_a_format_holds_comes_back_to_the_bit(tmp_path, suffix, dtype, channels):
    pixels = draw(dtype, (7, 5, channels))
    path = tmp_path / f"image{suffix}"
    write_raster(path, Raster(pixels))
    raster = read_raster(path)
    if suffix == ".webp" and channels == 1:  # it has no grey
        pixels = np.repeat(pixels, 3, axis=2)
    assert_same(raster.pixels, pixels)
    assert read_header(path) == raster.header()


@pytest.mark.parametrize("suffix", sorted(SUFFIXES - LOSSY))
def test_a_view_of_other_strides_and_byte_order_is_written_as_it_looks(tmp_path, suffix):
    dtype = "uint16" if FORMATS[suffix].holds("uint16", 1, suffix) else "uint8"
    pixels = draw(dtype, (10, 14, 3))[::2, ::-2, :1]
    foreign = pixels.astype(pixels.dtype.newbyteorder("S")) if dtype == "uint16" else pixels
    path = tmp_path / f"image{suffix}"
    write_raster(path, Raster(foreign))
    np.testing.assert_array_equal(read_raster(path).pixels[:, :, :1], pixels)


def test_what_formats_hold_is_what_is_promised():
    held = {suffix: {(dtype, channels) for ending, dtype, channels in HELD if ending == suffix} for suffix in SUFFIXES}
    everything = {(dtype, channels) for dtype in DTYPES for channels in CHANNELS}
    for suffix in (".tif", ".tiff", ".npy", ".npz", ".nii", ".nii.gz"):
        assert held[suffix] == everything
    assert held[".png"] == {(dtype, channels) for dtype in ("uint8", "uint16") for channels in (1, 2, 3, 4)}
    assert held[".dcm"] == {("uint8", 1), ("uint8", 3), ("uint16", 1), ("int16", 1)}


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 100),
    width=st.integers(1, 37),
    held=st.sampled_from(HELD),
    seed=st.integers(0, 2**32 - 1),
)
def test_size_and_values_do_not_matter(tmp_path_factory, height, width, held, seed):
    suffix, dtype, channels = held
    pixels = draw(dtype, (height, width, channels), seed)
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    write_raster(path, Raster(pixels))
    raster = read_raster(path)
    assert_same(raster.pixels[:, :, :channels], pixels)
    assert read_header(path) == raster.header()


@pytest.mark.parametrize(
    ("suffix", "dtype"),
    [
        (".tif", "uint8"),
        (".tif", "uint16"),
        (".png", "uint8"),
        (".png", "uint16"),
        (".jpg", "uint8"),
        (".bmp", "uint8"),
    ],
)
def test_the_resolution_comes_back(tmp_path, suffix, dtype):
    resolution = (300.0, 150.0, 2)
    path = tmp_path / f"image{suffix}"
    write_raster(path, Raster(draw(dtype, (4, 5, 3)), metadata=Metadata(resolution)))
    horizontal, vertical, unit = read_raster(path).metadata.resolution
    assert (horizontal, vertical) == pytest.approx(resolution[:2], rel=1e-3)
    assert unit == 2


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_every_whole_number_survives_the_network_s_tensor(dtype):
    low, high = (int(end) for end in full_range(dtype))
    levels = np.arange(low, high + 1).astype(dtype).reshape(-1, 256, 1)
    spec = ImageSpec(1, dtype)
    assert_same(decode(encode(levels, spec), spec), levels)


def test_floats_in_the_default_range_survive_the_network_s_tensor_to_the_bit():
    values = np.random.default_rng(0).uniform(-1, 1, (64, 64, 3)).astype(np.float32)
    spec = ImageSpec(3, "float32")
    assert_same(decode(encode(values, spec), spec), values)


@settings(max_examples=100, deadline=None)
@given(
    low=st.floats(-1e6, 1e6, width=32),
    span=st.floats(2.0**-10, 1e6, width=32),
    seed=st.integers(0, 2**32 - 1),
)
def test_floats_in_any_range_come_back_within_what_float32_can_tell(low, span, seed):
    high = float(np.float32(low + span))
    if not low < high:
        return
    values = np.random.default_rng(seed).uniform(low, high, (16, 16, 1)).astype(np.float32).clip(low, high)
    spec = ImageSpec(1, "float32", ranges=((low, high),))
    difference = np.abs(decode(encode(values, spec), spec).astype(np.float64) - values)
    far_from_zero = np.spacing(np.float32(max(abs(low), abs(high)))) if low > 0 or high < 0 else 0
    assert difference.max() <= (high - low) * 2.0**-24 + far_from_zero
