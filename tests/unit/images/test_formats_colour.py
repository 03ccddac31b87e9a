"""Colour profiles: images of another colour space become sRGB, all others stay as they are."""

import io
import logging

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from i2i.images import read_raster
from i2i.images.formats import colour

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
COLOUR = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def other_space() -> bytes:
    """The sRGB profile with its red and green primaries exchanged, under the name "Odd one"."""
    data = bytearray(SRGB)
    table = {
        bytes(data[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(int.from_bytes(data[128:132], "big"))
    }
    red, green = table[b"rXYZ"], table[b"gXYZ"]
    data[red + 4 : red + 12], data[green + 4 : green + 12] = data[green + 4 : green + 12], data[red + 4 : red + 12]
    return bytes(data).replace("sRGB built-in".encode("utf-16-be"), "Odd one b sRG".encode("utf-16-be"))


def grey_space() -> bytes:
    """A linear grey profile, put together from its tags."""
    description = b"desc" + bytes(4) + (12).to_bytes(4, "big") + b"Linear grey\0" + bytes(78)
    white = b"XYZ " + bytes(4) + b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1.0, 0.8249))
    curve = b"curv" + bytes(8)
    tags, body, place = [], b"", 128 + 4 + 3 * 12
    for name, data in ((b"desc", description), (b"wtpt", white), (b"kTRC", curve)):
        data += bytes(-len(data) % 4)
        tags.append(name + (place + len(body)).to_bytes(4, "big") + len(data).to_bytes(4, "big"))
        body += data
    table = len(tags).to_bytes(4, "big") + b"".join(tags)
    header = bytearray(128)
    header[0:4] = (128 + len(table) + len(body)).to_bytes(4, "big")
    header[8:12] = b"\x02\x40\0\0"
    header[12:24] = b"mntrGRAYXYZ "
    header[36:40] = b"acsp"
    header[68:80] = white[8:]
    return bytes(header) + table + body


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch):
    monkeypatch.setattr(colour, "_told", set())


def expected(mode: str, image: Image.Image, profile: bytes) -> np.ndarray:
    converted = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    return np.asarray(converted.convert(mode))


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_another_colour_space_becomes_srgb(tmp_path, name):
    image = Image.fromarray(COLOUR)
    image.save(tmp_path / name, icc_profile=other_space(), **({"lossless": True} if name == "a.webp" else {}))
    pixels = read_raster(tmp_path / name).pixels
    np.testing.assert_array_equal(pixels, expected("RGB", image, other_space()))
    assert np.abs(pixels.astype(int) - COLOUR).max() > 50


def test_transparency_is_left_alone(tmp_path):
    alpha = np.random.default_rng(1).integers(0, 256, (16, 16, 1), dtype=np.uint8)
    image = Image.fromarray(np.concatenate([COLOUR, alpha], axis=2))
    image.save(tmp_path / "a.png", icc_profile=other_space())
    pixels = read_raster(tmp_path / "a.png").pixels
    np.testing.assert_array_equal(pixels[:, :, 3:], alpha)
    np.testing.assert_array_equal(pixels[:, :, :3], expected("RGB", Image.fromarray(COLOUR), other_space()))


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_grey_of_another_curve_stays_grey(tmp_path, name):
    image = Image.fromarray(COLOUR[:, :, 0])
    image.save(tmp_path / name, icc_profile=grey_space())
    pixels = read_raster(tmp_path / name).pixels
    assert pixels.shape == (16, 16, 1)
    linear = COLOUR[:, :, 0] / 255
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    assert np.abs(pixels[:, :, 0] - curve).max() <= 1.5


def test_palettes_are_converted_and_indices_are_not(tmp_path):
    image = Image.fromarray(COLOUR[:, :, 0] % 4, "L")
    image.putpalette(COLOUR[0, :4].tobytes())
    image.save(tmp_path / "a.png", icc_profile=other_space())
    raster = read_raster(tmp_path / "a.png")
    np.testing.assert_array_equal(raster.pixels[:, :, 0], COLOUR[:, :, 0] % 4)
    np.testing.assert_array_equal(
        raster.palette[:4], expected("RGB", Image.fromarray(COLOUR[:1, :4]), other_space())[0]
    )


@pytest.mark.parametrize("profile", [SRGB, b"no profile at all", SRGB[:200], grey_space()])
def test_srgb_and_profiles_that_can_not_be_used_change_nothing(tmp_path, caplog, profile):
    caplog.set_level(logging.INFO, "i2i")
    Image.fromarray(COLOUR).save(tmp_path / "a.png", icc_profile=profile)
    np.testing.assert_array_equal(read_raster(tmp_path / "a.png").pixels, COLOUR)
    assert caplog.records == []


def test_a_profile_that_calls_itself_srgb_changes_nothing(tmp_path):
    called = other_space().replace("Odd one".encode("utf-16-be"), "sRGB v4".encode("utf-16-be"))
    assert called != other_space()
    Image.fromarray(COLOUR).save(tmp_path / "a.png", icc_profile=called)
    np.testing.assert_array_equal(read_raster(tmp_path / "a.png").pixels, COLOUR)


def test_srgb_under_another_name_changes_nothing(tmp_path, caplog):
    caplog.set_level(logging.INFO, "i2i")
    renamed = SRGB.replace("sRGB built-in".encode("utf-16-be"), "c2, as phones".encode("utf-16-be"))
    assert renamed != SRGB
    Image.fromarray(COLOUR).save(tmp_path / "a.png", icc_profile=renamed)
    np.testing.assert_array_equal(read_raster(tmp_path / "a.png").pixels, COLOUR)
    assert caplog.records == []


def test_each_profile_is_told_of_once_with_the_first_file(tmp_path, caplog):
    caplog.set_level(logging.INFO, "i2i")
    for name in ("first.png", "second.png"):
        Image.fromarray(COLOUR).save(tmp_path / name, icc_profile=other_space())
        read_raster(tmp_path / name)
    (record,) = caplog.records
    assert record.name == "i2i"
    assert "first.png: colour profile 'Odd one" in record.getMessage()
    assert record.getMessage().endswith("converted to sRGB")


def test_indices_of_palette_tiff_are_no_colours(tmp_path):
    tags = [(34675, 7, len(grey_space()), grey_space())]
    index, table = COLOUR[:, :, 0], np.zeros((3, 256), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", index, photometric="palette", colormap=table, extratags=tags)
    np.testing.assert_array_equal(read_raster(tmp_path / "a.tif").pixels[:, :, 0], index)


def test_samples_of_16_bits_are_left_as_they_are(tmp_path):
    deep = COLOUR.astype(np.uint16) * 257
    profile = (34675, 7, len(other_space()), other_space())
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", extratags=[profile])
    np.testing.assert_array_equal(read_raster(tmp_path / "a.tif").pixels, deep)


def test_cmyk_is_converted_by_pillow_where_it_has_no_profile(tmp_path):
    image = Image.fromarray(COLOUR).convert("CMYK")
    image.save(tmp_path / "a.jpg", quality=100)
    with Image.open(tmp_path / "a.jpg") as stored:
        np.testing.assert_array_equal(read_raster(tmp_path / "a.jpg").pixels, np.asarray(stored.convert("RGB")))
