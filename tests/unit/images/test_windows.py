"""A window of a file is that part of the whole, and what is written in bands is the whole, or nothing."""

from itertools import product

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from i2i.errors import ImageError, StorageError
from i2i.images import Header, Metadata, windows
from i2i.images.formats import arrays, tiff
from i2i.images.raster import Tag
from i2i.images.windows import open_windows, write_bands

HEIGHT, WIDTH = 77, 93


def samples(channels=1, dtype="uint16", height=HEIGHT, width=WIDTH):
    values = np.random.default_rng(0).integers(0, 200, (height, width, channels))
    return values.astype(dtype)


def admit(_):
    pass


def assert_windows_are_parts(path, whole):
    random = np.random.default_rng(0)
    height, width = whole.pixels.shape[:2]
    with open_windows(path) as reader:
        assert reader.header == whole.header()
        assert reader.metadata == whole.metadata
        for _ in range(8):
            top, left = int(random.integers(height)), int(random.integers(width))
            h, w = int(random.integers(1, height - top + 1)), int(random.integers(1, width - left + 1))
            part = reader.read(top, left, h, w)
            assert part.dtype == whole.pixels.dtype
            np.testing.assert_array_equal(part, whole.pixels[top : top + h, left : left + w])


LAYOUTS = {
    "one strip": {},
    "strips": {"rowsperstrip": 7},
    "compressed strips": {"rowsperstrip": 7, "compression": "zlib", "predictor": True},
    "tiles": {"tile": (32, 16)},
    "compressed tiles": {"tile": (16, 32), "compression": "lzw"},
    "big and the other way round": {"tile": (32, 32), "compression": "zlib", "bigtiff": True, "byteorder": ">"},
    "one strip the other way round": {"byteorder": ">"},
}


@pytest.mark.parametrize(("layout", "dtype"), list(product(LAYOUTS, ["uint8", "uint16", "float32"])))
def test_a_window_of_a_grey_tiff_is_that_part_of_it(tmp_path, layout, dtype):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, samples(1, dtype)[:, :, 0], photometric="minisblack", **LAYOUTS[layout])
    assert_windows_are_parts(path, tiff.read(path, admit))


@pytest.mark.parametrize(("layout", "planar"), list(product(LAYOUTS, ["contig", "separate"])))
def test_a_window_of_a_tiff_with_channels_is_that_part_of_it(tmp_path, layout, planar):
    path, values = tmp_path / "a.tif", samples(5)
    values = np.moveaxis(values, 2, 0) if planar == "separate" else values
    tifffile.imwrite(path, values, photometric="minisblack", planarconfig=planar, **LAYOUTS[layout])
    assert_windows_are_parts(path, tiff.read(path, admit))


KINDS = {
    "pages as channels": (np.moveaxis(samples(4), 2, 0), {"photometric": "minisblack", "compression": "zlib"}),
    "imagej": (np.moveaxis(samples(4), 2, 0), {"imagej": True}),
    "truth values": (samples(1, "bool")[:, :, 0], {}),
    "white is 0": (samples(1, "uint8")[:, :, 0], {"photometric": "miniswhite", "compression": "zlib"}),
    "jpeg inside": (samples(3, "uint8"), {"photometric": "rgb", "compression": "jpeg", "tile": (32, 32)}),
    "long whole numbers": (samples(1, "int64")[:, :, 0], {"compression": "zlib", "rowsperstrip": 9}),
    "turned": (samples(1, "uint8")[:, :, 0], {"extratags": [(274, 3, 1, 6)], "photometric": "minisblack"}),
    "resolution": (samples(1, "uint8")[:, :, 0], {"resolution": (30, 20), "resolutionunit": 3}),
    "nodata": (samples(1)[:, :, 0], {"extratags": [(42113, 2, 0, b"7")], "tile": (16, 16), "compression": "zlib"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_means_what_the_whole_means(tmp_path, kind):
    path = tmp_path / "a.tif"
    values, options = KINDS[kind]
    tifffile.imwrite(path, values, **options)
    assert_windows_are_parts(path, tiff.read(path, admit))


def test_jpeg_segments_share_the_tables_of_their_page(tmp_path):
    path = tmp_path / "a.tif"
    Image.fromarray(samples(3, "uint8", 200, 300)).save(path, compression="jpeg", strip_size=16 * 300 * 3)
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].jpegtables
    assert_windows_are_parts(path, tiff.read(path, admit))


def test_the_content_says_the_format_whatever_the_name_ends_in(tmp_path):
    tifffile.imwrite(tmp_path / "a.png", samples()[:, :, 0], rowsperstrip=8, compression="zlib")
    with open_windows(tmp_path / "a.png", pixel_limit=1000) as reader:
        assert reader.read(0, 0, HEIGHT, WIDTH).dtype == np.uint16


@pytest.mark.parametrize(
    "values", [samples(3), samples(1)[:, :, 0], np.asfortranarray(samples(3)), np.moveaxis(samples(2, "float64"), 2, 0)]
)
def test_a_window_of_an_array_is_that_part_of_it(tmp_path, values):
    np.save(tmp_path / "a.npy", values)
    assert_windows_are_parts(tmp_path / "a.npy", arrays.read(tmp_path / "a.npy", admit))


def test_other_formats_are_decoded_whole_up_to_the_limit(tmp_path):
    values = samples(3, "uint8")
    Image.fromarray(values).save(tmp_path / "a.png")
    with open_windows(tmp_path / "a.png") as reader:
        np.testing.assert_array_equal(reader.read(5, 6, 20, 30), values[5:25, 6:36])
    with pytest.raises(ImageError, match="7,000"), open_windows(tmp_path / "a.png", pixel_limit=7000):
        pass


def test_a_limit_is_none_for_what_is_read_in_pieces(tmp_path):
    values = samples()[:, :, 0]
    tifffile.imwrite(tmp_path / "pieces.tif", values, compression="zlib", rowsperstrip=8)
    tifffile.imwrite(tmp_path / "one.tif", values, compression="zlib", rowsperstrip=HEIGHT)
    tifffile.imwrite(tmp_path / "turned.tif", values, extratags=[(274, 3, 1, 3)])
    with open_windows(tmp_path / "pieces.tif", pixel_limit=1000) as reader:
        assert reader.read(0, 0, HEIGHT, WIDTH).shape == (HEIGHT, WIDTH, 1)
    for name in ("one", "turned"):
        with pytest.raises(ImageError, match="1,000"), open_windows(tmp_path / f"{name}.tif", pixel_limit=1000):
            pass


def test_what_a_sparse_file_leaves_out_is_nodata(tmp_path):
    path = tmp_path / "a.tif"
    tiles = [np.full((16, 16), 3, np.uint16), None, None, None]
    tifffile.imwrite(
        path, iter(tiles), shape=(32, 32), dtype="uint16", tile=(16, 16), compression="zlib",
        photometric="minisblack", extratags=[(42113, 2, 0, b"9")],
    )  # fmt: skip
    with open_windows(path) as reader:
        np.testing.assert_array_equal(reader.read(15, 14, 2, 4)[:, :, 0], [[3, 3, 9, 9], [9, 9, 9, 9]])


def test_a_tile_is_decoded_once_for_neighbouring_windows(tmp_path, monkeypatch):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.moveaxis(samples(2), 2, 0), tile=(16, 16), compression="zlib", photometric="minisblack")
    decode, decoded = windows._Plane._decode, []
    monkeypatch.setattr(windows._Plane, "_decode", lambda plane, *at: decoded.append(at) or decode(plane, *at))
    with open_windows(path) as reader:
        for top in range(0, 72, 12):
            reader.read(top, 0, 12, WIDTH)
    assert len(decoded) == len({*decoded}) * 2 == 5 * 6 * 2


def test_a_window_beyond_the_image_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", samples()[:, :, 0])
    with open_windows(tmp_path / "a.tif") as reader:
        for window in [(-1, 0, 5, 5), (0, 0, HEIGHT + 1, 5), (0, WIDTH, 5, 1), (3, 3, 0, 5)]:
            with pytest.raises(ValueError, match="not within the image of 77x93"):
                reader.read(*window)


def test_a_damaged_tile_is_told_when_it_is_read(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, samples()[:, :, 0], tile=(32, 32), compression="zlib")
    with tifffile.TiffFile(path) as file:
        first = file.pages[0].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[first : first + 8] = b"damaged!"
    path.write_bytes(data)
    with open_windows(path) as reader:
        assert reader.read(40, 40, 10, 10).shape == (10, 10, 1)
        with pytest.raises(ImageError, match=r"a\.tif: the image data is damaged"):
            reader.read(0, 0, 10, 10)


def test_what_goes_wrong_while_a_file_is_open_is_not_blamed_on_it(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", samples()[:, :, 0])
    with pytest.raises(KeyError), open_windows(tmp_path / "a.tif"):
        raise KeyError("mine")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ImageError, match="no such file"), open_windows(tmp_path / "a.tif"):
        pass


def write(path, values, ends=(), metadata=None, **facts):
    header = Header(*values.shape, values.dtype.name, **facts)
    write_bands(path, header, metadata or Metadata(), iter(np.split(values, sorted(ends))))


@settings(max_examples=30, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 530), st.sampled_from([1, 2, 255, 256, 300]), st.sampled_from([1, 3, 5])),
    dtype=st.sampled_from(["uint8", "uint16", "int16", "float32"]),
    ends=st.lists(st.integers(0, 530), max_size=4),
    suffix=st.sampled_from([".tif", ".npy"]),
)
def test_bands_of_any_height_make_the_image(tmp_path_factory, shape, dtype, ends, suffix):
    path = tmp_path_factory.mktemp("bands") / f"a{suffix}"
    values = samples(shape[2], dtype, *shape[:2])
    write(path, values, ends)
    whole = (tiff if suffix == ".tif" else arrays).read(path, admit)
    assert whole.pixels.dtype == values.dtype
    np.testing.assert_array_equal(whole.pixels, values)


def test_a_tiff_carries_what_is_said_beside_the_pixels(tmp_path):
    scale = Tag(33550, 12, 3, (10.0, 10.0, 0.0))
    metadata = Metadata((72.0, 36.0, 2), (scale,))
    write(tmp_path / "a.tif", samples(2), metadata=metadata, names=("near", "far"), nodata=(3.0,))
    written = tiff.read(tmp_path / "a.tif", admit)
    assert (written.names, written.nodata) == (("near", "far"), (3.0,))
    assert written.metadata.resolution == metadata.resolution
    assert scale in written.metadata.tags


def test_a_label_map_keeps_its_colours(tmp_path):
    palette = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8)
    write(tmp_path / "a.tif", samples(1, "uint8"), palette=palette)
    np.testing.assert_array_equal(tiff.read(tmp_path / "a.tif", admit).palette, palette)


def test_a_tiff_is_deflated_in_tiles_with_a_predictor(tmp_path):
    write(tmp_path / "a.tif", samples(3, "float32", 300, 520), ends=[100])
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages[0]
        assert (page.tile, page.compression, page.predictor) == ((256, 256), tifffile.COMPRESSION.ADOBE_DEFLATE, 3)
        assert not file.is_bigtiff


def test_a_tiff_that_may_pass_4_gib_is_big(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff, "_MOST_BYTES", 2 * 256 * 256 * 2 - 1)
    write(tmp_path / "small.tif", samples(1, "uint16", 256, 256))
    write(tmp_path / "big.tif", samples(1, "uint16", 257, 256))
    magic = {name: (tmp_path / f"{name}.tif").read_bytes()[2] for name in ("small", "big")}
    assert magic == {"small": 42, "big": 43}


def test_other_formats_are_gathered_up_to_the_limit(tmp_path):
    values = samples(3, "uint8")
    write(tmp_path / "a.png", values, ends=[10, 20])
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), values)
    with pytest.raises(ImageError, match=r"a\.png: 20000x20000 pixels are too many .* use \.tif"):
        write_bands(tmp_path / "a.png", Header(20000, 20000, 3, "uint8"), Metadata(), iter(()))


@pytest.mark.parametrize(("name", "channels"), [("a.png", 5), ("a.xyz", 1)])
def test_a_format_that_can_not_hold_the_image_is_refused_before_it_is_made(tmp_path, name, channels):
    def made():
        raise AssertionError
        yield

    with pytest.raises(ImageError, match=f"{name}: such a file can't hold {channels} channels of uint16"):
        write_bands(tmp_path / name, Header(20, 20, channels, "uint16"), Metadata(), made())


@pytest.mark.parametrize("suffix", [".tif", ".npy", ".png"])
def test_nothing_is_left_of_what_was_not_finished(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"before")

    def failing():
        yield samples(1, "uint8", 300, 300)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_bands(path, Header(600, 300, 1, "uint8"), Metadata(), failing())
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"before"


@pytest.mark.parametrize("suffix", [".tif", ".npy", ".png"])
@pytest.mark.parametrize(
    "bands", [[samples(1, "uint8", 9, 20)], [samples(1, "uint8", 11, 20)], [samples(1, "uint8", 10, 19)],
              [samples(1, "uint16", 10, 20)], []]
)  # fmt: skip
def test_bands_that_are_not_the_image_are_refused(tmp_path, suffix, bands):
    with pytest.raises(ValueError, match="expected"):
        write_bands(tmp_path / f"a{suffix}", Header(10, 20, 1, "uint8"), Metadata(), iter(bands))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_can_not_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="can't be written"):
        write(tmp_path / "file" / "a.tif", samples())
