import numpy as np
import pytest
import torch
from PIL import Image

from i2i.errors import ImageError
from i2i.images import ImageSpec, as_plain, decode, encode, from_pil, read_header, read_image, resize, write_image

GREY = ImageSpec(1)


def test_every_level_survives_the_way_through_a_tensor():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    tensor = encode(levels, GREY)
    assert tensor.shape == (1, 16, 16)
    assert tensor.dtype == torch.float32
    assert (tensor.min(), tensor.max()) == (-1, 1)
    np.testing.assert_array_equal(decode(tensor, GREY), levels)


def test_values_outside_the_range_are_clipped_not_wrapped():
    assert decode(torch.tensor([[[-1.5, 1.5]]]), GREY).ravel().tolist() == [0, 255]


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp", "a.webp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_written_is_read_again(tmp_path, name, channels):
    pixels = np.full((5, 7, channels), 200, np.uint8)
    write_image(tmp_path / name, pixels)
    read = read_image(tmp_path / name, channels)
    assert read.shape == (5, 7, channels)
    assert np.abs(read.astype(int) - 200).max() <= (2 if name.endswith("webp") else 0)


def test_an_image_is_read_as_it_is_meant_to_be_seen(tmp_path):
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    read = read_image(tmp_path / "turned.png")
    assert read.shape == (6, 4, 3)
    header = read_header(tmp_path / "turned.png")
    assert (header.height, header.width, header.channels) == (6, 4, 3)
    assert read[:, -1].min() == 255


def test_transparent_pixels_are_paper_white():
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (10, 20, 30, 255))
    assert as_plain(from_pil(image), None, "image")[0].tolist() == [[255, 255, 255], [10, 20, 30]]


def test_palette_images_have_their_colours():
    image = Image.new("RGB", (2, 2), (10, 200, 30)).convert("P")
    pixels = as_plain(from_pil(image), None, "image")
    assert pixels.shape == (2, 2, 3)
    assert abs(int(pixels[0, 0, 1]) - 200) < 30


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_more_than_8_bits_are_refused_not_truncated(tmp_path, mode):
    Image.new(mode, (4, 4)).save(tmp_path / "deep.tif")
    with pytest.raises(ImageError, match="more than 8 bits"):
        read_image(tmp_path / "deep.tif")


def test_files_that_are_no_images_are_named(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    write_image(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    for name, expected in {
        "empty.png": "is empty",
        "text.png": "is not an image",
        "cut.png": "damaged or cut short",
        "none.png": "no such file",
    }.items():
        with pytest.raises(ImageError, match=expected) as error:
            read_image(tmp_path / name)
        assert str(tmp_path / name) in str(error.value)
        assert "\n" not in str(error.value)


def test_an_image_bomb_is_refused_before_it_is_decoded(tmp_path):
    write_image(tmp_path / "big.png", np.zeros((100, 100, 1), np.uint8))
    with pytest.raises(ImageError, match="has 100x100 pixels; at most 9,999"):
        read_image(tmp_path / "big.png", pixel_limit=9_999)


def test_an_unknown_ending_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(ImageError, match=r"no image format is known by the ending '\.xyz'"):
        write_image(tmp_path / "a.xyz", np.zeros((2, 2, 1), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_resizing_gives_the_size_asked_for_and_keeps_flat_colour():
    flat = np.full((10, 20, 3), 77, np.uint8)
    assert resize(flat, 7, 33).shape == (7, 33, 3)
    assert (resize(flat, 7, 33) == 77).all()
    grey = np.full((10, 20, 1), 77, np.uint8)
    assert resize(grey, 5, 5, "area").shape == (5, 5, 1)
    assert resize(grey, 10, 20) is grey
