"""PNG, JPEG, WebP, GIF, BMP and PNM: depth, palettes, transparency and orientation as the files mean them."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from i2i.errors import ImageError
from i2i.images import (
    Metadata,
    Raster,
    as_plain,
    from_pil,
    read_header,
    read_image,
    read_raster,
    write_image,
    write_raster,
)

RANDOM = np.random.default_rng(0)
COLOUR = RANDOM.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def read(path) -> Raster:
    """Checked against the header."""
    raster = read_raster(path)
    assert read_header(path) == raster.header()
    return raster


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples: np.ndarray, colour_type: int, before: bytes = b"", behind: bytes = b"") -> bytes:
    """A PNG file of 8 or 16 bits with more chunks, as no writer at hand can make it."""
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(samples.dtype.newbyteorder(">")).tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, samples.itemsize * 8, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + before
        + chunk(b"IDAT", zlib.compress(rows))
        + behind
        + chunk(b"IEND", b"")
    )


def turned_exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes().removeprefix(b"Exif\0\0")


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (4, 2), (2, 3), (6, 4)])
def test_png_of_16_bits_keeps_both_bytes(tmp_path, colour_type, channels):
    samples = RANDOM.integers(0, 65536, (5, 7, channels), dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(png(samples, colour_type))
    raster = read(tmp_path / "a.png")
    assert raster.pixels.dtype == np.uint16
    np.testing.assert_array_equal(raster.pixels, samples)
    assert raster.has_alpha == (channels in (2, 4))


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_transparent_colour_becomes_alpha(tmp_path, colour_type, channels, dtype):
    samples = RANDOM.integers(0, np.iinfo(dtype).max, (5, 7, channels), dtype=dtype)
    transparency = chunk(b"tRNS", samples[2, 3].astype(">u2").tobytes())
    (tmp_path / "a.png").write_bytes(png(samples, colour_type, transparency))
    raster = read(tmp_path / "a.png")
    np.testing.assert_array_equal(raster.pixels[:, :, :-1], samples)
    np.testing.assert_array_equal(raster.pixels[:, :, -1] == 0, (samples == samples[2, 3]).all(axis=2))
    assert raster.has_alpha


def test_grey_png_of_16_bits_is_what_pillow_reads(tmp_path):
    samples = RANDOM.integers(0, 65536, (5, 7, 1), dtype=np.uint16)
    write_raster(tmp_path / "a.png", Raster(samples))
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "I;16"
        np.testing.assert_array_equal(np.asarray(image), samples[:, :, 0])


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_png_is_turned_wherever_its_exif_stands(tmp_path, depth, place, orientation):
    samples = RANDOM.integers(0, np.iinfo(depth).max, (5, 7, 3), dtype=depth)
    (tmp_path / "a.png").write_bytes(png(samples, 2, **{place: chunk(b"eXIf", turned_exif(orientation))}))
    expected = {1: samples, 3: samples[::-1, ::-1], 6: np.rot90(samples, -1)}[orientation]
    np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_photographs_are_turned_as_pillow_turns_them(tmp_path, name, orientation):
    Image.fromarray(COLOUR).save(tmp_path / "plain.png")
    Image.fromarray(COLOUR).save(tmp_path / name, exif=b"Exif\0\0" + turned_exif(orientation), quality=100)
    raster = read(tmp_path / name)
    from PIL import ImageOps

    with Image.open(tmp_path / name) as image:
        np.testing.assert_array_equal(raster.pixels, np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize(("orientation", "expected"), [(1, (300, 100, 2)), (3, (300, 100, 2)), (6, (100, 300, 2))])
def test_the_resolution_is_turned_too(tmp_path, orientation, expected):
    Image.fromarray(COLOUR).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + turned_exif(orientation), dpi=(300, 100))
    assert read(tmp_path / "a.jpg").metadata.resolution == expected


@pytest.mark.parametrize(("resolution", "dpi"), [((100.0, 50.0, 3), (254, 127)), ((100.0, 50.0, 1), None)])
def test_resolutions_of_other_units_are_converted_or_left_out(tmp_path, resolution, dpi):
    write_raster(tmp_path / "a.png", Raster(COLOUR, metadata=Metadata(resolution)))
    with Image.open(tmp_path / "a.png") as image:
        assert image.info.get("dpi") == (dpi and pytest.approx(dpi, abs=0.01))


def test_turning_does_not_change_the_caller_s_image():
    image = Image.fromarray(COLOUR)
    image.getexif()[0x0112] = 6
    assert from_pil(image).pixels.shape == (7, 5, 3)
    assert image.size == (7, 5)


def test_one_bit_is_0_and_255(tmp_path):
    Image.fromarray(RANDOM.random((5, 9)) < 0.5).save(tmp_path / "a.png")
    raster = read(tmp_path / "a.png")
    assert raster.pixels.shape == (5, 9, 1)
    assert set(np.unique(raster.pixels)) == {0, 255}


@pytest.mark.parametrize("count", [2, 3, 16, 17, 256])
@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_palette_images_stay_indices_with_their_colours(tmp_path, count, suffix):
    palette = RANDOM.integers(0, 256, (count, 3), dtype=np.uint8)
    index = RANDOM.integers(0, count, (6, 7, 1), dtype=np.uint8)
    write_raster(tmp_path / f"a{suffix}", Raster(index, palette=palette))
    raster = read(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(raster.pixels, index)
    for found in (raster.palette, read_header(tmp_path / f"a{suffix}").palette):
        np.testing.assert_array_equal(found[:count], palette)
    assert raster.transparent is None


def test_indices_beyond_the_palette_survive(tmp_path):
    index = np.array([[[0], [200]], [[3], [7]]], np.uint8)
    write_raster(tmp_path / "a.png", Raster(index, palette=np.array([[1, 2, 3], [4, 5, 6]], np.uint8)))
    np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, index)


@pytest.mark.parametrize("transparent", [[0, 128, 255], [255, 0, 255]])
def test_transparent_entries_of_a_palette_are_kept(tmp_path, transparent):
    palette = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    index = np.array([[[0], [1], [2]]], np.uint8)
    write_raster(tmp_path / "a.png", Raster(index, palette=palette, transparent=np.array(transparent, np.uint8)))
    raster = read(tmp_path / "a.png")
    assert raster.transparent.tolist() == transparent
    share = np.array(transparent)[:, None] / 255
    laid = (palette * share + 255 * (1 - share)).round()
    assert np.abs(as_plain(raster, 3, "a")[0].astype(int) - laid).max() <= 1


def test_a_gif_has_its_one_transparent_entry_or_none(tmp_path):
    palette = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
    index = np.array([[[0], [1], [2]]], np.uint8)
    for transparent, expected in (([255, 0, 255, 255], [255, 0, 255, 255]), ([255, 255, 255, 255], None)):
        write_raster(tmp_path / "a.gif", Raster(index, palette=palette, transparent=np.array(transparent, np.uint8)))
        found = read(tmp_path / "a.gif").transparent
        assert (found if found is None else found.tolist()) == expected


def test_a_header_does_not_decode_the_pixels(tmp_path, monkeypatch):
    write_image(tmp_path / "a.png", COLOUR)
    write_raster(tmp_path / "p.png", Raster(COLOUR[:, :, :1], palette=np.zeros((256, 3), np.uint8)))
    write_raster(tmp_path / "d.png", Raster(COLOUR.astype(np.uint16)))
    write_image(tmp_path / "a.jpg", COLOUR)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", None)
    monkeypatch.setattr(imagecodecs, "png_decode", None)
    for name in ("a.png", "p.png", "d.png", "a.jpg"):
        assert read_header(tmp_path / name).width == 7


def test_jpeg_is_written_with_all_of_its_colour(tmp_path):
    write_image(tmp_path / "a.jpg", COLOUR)
    with Image.open(tmp_path / "a.jpg") as image:
        assert {component[1:3] for component in image.layer} == {(1, 1)}
        Image.fromarray(COLOUR).save(tmp_path / "b.jpg", quality=95)
        with Image.open(tmp_path / "b.jpg") as same_quality:
            assert image.quantization == same_quality.quantization


@pytest.mark.parametrize(("suffix", "channels"), [(".pgm", 1), (".ppm", 3)])
@pytest.mark.parametrize("highest", [4095, 65535])
def test_pnm_of_more_than_8_bits_is_not_scaled(tmp_path, suffix, channels, highest):
    samples = RANDOM.integers(0, highest + 1, (5, 7, channels), dtype=np.uint16)
    kind = b"P5" if channels == 1 else b"P6"
    data = kind + b" # made by hand\n7 5\n# and one more\n%d\n" % highest + samples.astype(">u2").tobytes()
    (tmp_path / f"a{suffix}").write_bytes(data)
    np.testing.assert_array_equal(read(tmp_path / f"a{suffix}").pixels, samples)
    (tmp_path / f"a{suffix}").write_bytes(data[:-1])
    with pytest.raises(ImageError, match="cut short"):
        read_raster(tmp_path / f"a{suffix}")


def test_pnm_of_more_than_8_bits_in_plain_text_is_refused_not_scaled(tmp_path):
    (tmp_path / "a.pgm").write_text("P2\n2 1\n1000\n1 1000\n")
    with pytest.raises(ImageError, match="plain text with more than 8 bits; save it as a binary one"):
        read_raster(tmp_path / "a.pgm")


@pytest.mark.parametrize(
    ("mode", "dtype"), [("I;16", "uint16"), ("I;16B", "uint16"), ("I", "uint16"), ("F", "float32"), ("1", "uint8")]
)
def test_pil_images_of_every_depth_are_taken(mode, dtype):
    raster = from_pil(Image.new(mode, (3, 2), 1))
    assert raster.pixels.shape == (2, 3, 1)
    assert raster.pixels.dtype == np.dtype(dtype)
    assert raster.pixels.dtype.isnative
    assert (raster.pixels == (255 if mode == "1" else 1)).all()


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV", "RGBX", "PA", "RGBa", "La", "LAB"])
def test_pil_images_of_other_colours_become_srgb(mode):
    image = Image.new(mode, (3, 2), 0 if mode == "PA" else tuple([0] * len(Image.new(mode, (1, 1)).getbands())))
    raster = from_pil(image)
    assert raster.names[0] in ("red", "grey")
    assert raster.pixels.dtype == np.uint8


def test_pil_integers_beyond_16_bits_are_refused():
    image = Image.new("I", (2, 2), -5)
    assert from_pil(image).pixels.dtype == np.int16
    image.putpixel((0, 0), 70000)
    with pytest.raises(ImageError, match="values from -5 to 70000"):
        from_pil(image)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".gif", ".ppm"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_pictures_cut_short_are_named(tmp_path, suffix, share):
    samples = RANDOM.integers(0, 256, (64, 64, 1 if suffix == ".gif" else 3), dtype=np.uint8)
    write_image(tmp_path / f"whole{suffix}", samples)
    data = (tmp_path / f"whole{suffix}").read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageError, match=rf"cut{suffix}: .*(damaged or cut short|is not an image)") as error:
        read_raster(path)
    assert "\n" not in str(error.value)


def test_png_of_16_bits_cut_short_is_named(tmp_path):
    whole = png(RANDOM.integers(0, 65536, (64, 64, 3), dtype=np.uint16), 2)
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match="damaged or cut short"):
        read_raster(tmp_path / "a.png")


def test_more_pixels_than_pillow_s_own_limit_are_the_caller_s_decision(tmp_path, monkeypatch):
    write_image(tmp_path / "a.png", np.zeros((100, 100, 1), np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read_raster(tmp_path / "a.png", pixel_limit=10_000).pixels.shape == (100, 100, 1)
    assert Image.MAX_IMAGE_PIXELS == 100
    with pytest.raises(ImageError, match="has 100x100 pixels; at most 9,999"):
        read_raster(tmp_path / "a.png", pixel_limit=9_999)


def test_text_chunks_and_odd_exif_leak_no_warning(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "x")
    buffer = io.BytesIO()
    Image.fromarray(COLOUR).save(buffer, "PNG", pnginfo=info, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), COLOUR)
