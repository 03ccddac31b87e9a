"""NPY and NPZ: which axis is what, which array is the image, and that nothing in them is run or believed."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from i2i.errors import ImageError
from i2i.images import Header, Raster, read_header, read_raster, write_raster

RANDOM = np.random.default_rng(0)


def read(path) -> Raster:
    """Checked against the header."""
    raster = read_raster(path)
    assert read_header(path) == raster.header()
    return raster


@pytest.mark.parametrize(
    ("shape", "channels_first"),
    [
        ((40, 50), False),
        ((40, 50, 1), False),
        ((40, 50, 32), False),
        ((12, 40, 32), False),  # both would do: channels are last
        ((12, 40, 50), True),
        ((1, 33, 33), True),
        ((32, 33, 40), True),
        ((5, 40, 20), False),
    ],
)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_channels_are_last_unless_only_first_will_do(tmp_path, shape, channels_first, order, suffix):
    array = np.asarray(RANDOM.integers(0, 65536, shape, dtype=np.uint16), order=order)
    path = tmp_path / f"a{suffix}"
    (np.save if suffix == ".npy" else np.savez)(path, array)
    expected = np.moveaxis(array, 0, 2) if channels_first else array.reshape(*shape[:2], -1)
    np.testing.assert_array_equal(read(path).pixels, expected)


@pytest.mark.parametrize("shape", [(), (9,), (33, 40, 50), (40, 50, 33), (5, 20, 40), (2, 3, 4, 5), (0, 5), (4, 5, 0)])
def test_other_shapes_are_refused(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.zeros(shape, np.float32))
    for function in (read_header, read_raster):
        with pytest.raises(ImageError, match=r"a\.npy: has the shape .*expected \(height, width\)"):
            function(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[True, False]]), np.array([[255, 0]], np.uint8)),
        (np.array([[-128]], np.int8), np.array([[-128]], np.int16)),
        (np.array([[1, 32767]], np.int64), np.array([[1, 32767]], np.int16)),
        (np.array([[65535]], np.uint64), np.array([[65535]], np.uint16)),
        (np.array([[0.1]], np.float64), np.array([[0.1]], np.float32)),
        (np.array([[300]], ">u2"), np.array([[300]], np.uint16)),
        (np.array([[1.5]], ">f4"), np.array([[1.5]], np.float32)),
    ],
)
def test_other_types_become_one_of_the_four(tmp_path, array, expected):
    np.save(tmp_path / "a.npy", array)
    pixels = read(tmp_path / "a.npy").pixels
    assert pixels.dtype == expected.dtype
    assert pixels.dtype.isnative
    np.testing.assert_array_equal(pixels[:, :, 0], expected)


@pytest.mark.parametrize("array", [np.zeros((2, 2), np.complex64), np.array([["a"]]), np.zeros((2, 2), "V4")])
def test_what_is_no_number_is_refused(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ImageError, match="expected whole or real numbers"):
        read_header(tmp_path / "a.npy")


def test_pickled_objects_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    np.save(tmp_path / "a.npy", np.array([[Trap()]], object), allow_pickle=True)
    np.savez(tmp_path / "b.npz", image=np.array([[Trap()]], object))
    for name in ("a.npy", "b.npz"):
        for function in (read_header, read_raster):
            with pytest.raises(ImageError, match="Python objects, which are never loaded"):
                function(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_of_several_arrays_the_one_called_image_is_read(tmp_path):
    image, other = np.full((2, 3), 1, np.uint8), np.full((4, 5), 2, np.uint8)
    for arrays, expected in (
        ({"whatever": image}, image),
        ({"mask": other, "image": image}, image),
        ({"mask": other, "arr_0": image}, image),
    ):
        np.savez(tmp_path / "a.npz", **arrays)
        np.testing.assert_array_equal(read(tmp_path / "a.npz").pixels[:, :, 0], expected)
    np.savez(tmp_path / "a.npz", mask=other, depth=image)
    with pytest.raises(ImageError, match=r"holds 2 arrays \(mask, depth\); expected one, or one called 'image'"):
        read_raster(tmp_path / "a.npz")


def test_what_is_written_is_what_numpy_users_expect(tmp_path):
    grey, bands = np.ones((4, 5, 1), np.float32), np.ones((4, 5, 12), np.int16)
    for pixels, shape in ((grey, (4, 5)), (bands, (4, 5, 12))):
        write_raster(tmp_path / "a.npy", Raster(pixels))
        write_raster(tmp_path / "a.npz", Raster(pixels))
        assert np.load(tmp_path / "a.npy").shape == shape
        with np.load(tmp_path / "a.npz") as archive:
            assert archive.files == ["image"]
            assert archive["image"].shape == shape
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert archive.infolist()[0].compress_type == zipfile.ZIP_DEFLATED


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_arrays_cut_short_are_named(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_raster(path, Raster(RANDOM.integers(0, 255, (40, 40, 3), dtype=np.uint8)))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ImageError, match="damaged or cut short"):
        read_raster(path)


def test_a_header_that_lies_about_the_size_is_not_believed(tmp_path):
    for shape in ((10**6, 10**6), (10**4, 10**4)):  # over the limit, and under it
        file = io.BytesIO()
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
        (tmp_path / "a.npy").write_bytes(file.getvalue() + bytes(64))
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("image.npy", file.getvalue() + bytes(64))
        for name in ("a.npy", "a.npz"):
            tracemalloc.start()
            with pytest.raises(ImageError, match=r"at most|cut short"):
                read_raster(tmp_path / name)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert most < 10**7


def test_a_header_does_not_read_the_samples(tmp_path):
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<i2", "fortran_order": False, "shape": (500, 700, 4)})
    assert read_header(tmp_path / "a.npy") == Header(500, 700, 4, "int16")
