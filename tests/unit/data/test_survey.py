"""What is found in the training files is what the bundle will keep."""

import numpy as np
import pytest
from PIL import Image

from i2i.config import Side
from i2i.data import layouts
from i2i.data.classes import read_classes
from i2i.data.survey import settle, side_of, spec_of
from i2i.errors import ConfigError, PairsError
from i2i.images import ImageSpec, write_image


def write(folder, name, pixels):
    write_image(folder / name, pixels)
    return folder / name


def grey(value, dtype="uint8", channels=1):
    return np.full((8, 8, channels), value, dtype)


def settled(paths, **said):
    return settle(Side(**said), [layouts.Side(path) for path in paths], "target")


def test_a_side_is_colour_as_soon_as_one_file_is(tmp_path):
    paths = [write(tmp_path, "a.png", grey(3)), write(tmp_path, "b.png", grey(3, channels=3))]
    assert spec_of(settled(paths[:1])) == ImageSpec(1, names=("grey",))
    side = settled(paths)
    assert (side.channels, side.dtype, side.range) == (3, "uint8", "full")


def test_types_and_channels_that_differ_within_a_side_name_both_files(tmp_path):
    paths = [write(tmp_path, "a.tif", grey(3)), write(tmp_path, "b.tif", grey(3, "uint16"))]
    with pytest.raises(PairsError, match=r"b\.tif: is uint16, .*a\.tif is uint8; all files of the target side"):
        settled(paths)
    assert settled(paths, dtype="float32").dtype == "float32"
    paths = [write(tmp_path, "c.npy", grey(3, channels=5)), write(tmp_path, "d.npy", grey(3, channels=4))]
    with pytest.raises(PairsError, match=r"d\.npy: has 4 channels, .*c\.npy has 5"):
        settled(paths)


def test_the_range_is_that_of_the_readings(tmp_path):
    first, second = grey(1200, "uint16"), grey(4000, "uint16")
    first[0, 0], second[0, :2] = 0, 65535
    paths = [write(tmp_path, "a.png", first), write(tmp_path, "b.png", second)]
    side = settled(paths, nodata=(0, 65535), unit="mm")
    assert side.range == ((1200, 4000),)
    assert spec_of(side) == ImageSpec(1, "uint16", ("grey",), ((1200, 4000),), (0, 65535), "mm")
    assert settled(paths, range="full").range == "full"
    assert settled(paths, range=((0, 10000),)).range == ((0, 10000),)


def test_a_few_outliers_do_not_stretch_the_range_but_real_extremes_do(tmp_path):
    pixels = np.linspace(100, 200, 128 * 128).reshape(128, 128, 1).astype(np.float32)
    real = write(tmp_path, "real.npy", pixels)
    assert settled([real]).range == ((100, 200),)
    pixels[0, 0] = 1e6
    hot = write(tmp_path, "hot.npy", pixels)
    (span,) = settled([hot]).range
    assert span[1] < 210
    assert settled([hot], range="minmax").range == ((pixels.min(), 1e6),)


def test_each_band_has_its_own_range_and_colour_has_one(tmp_path):
    bands = np.stack([np.linspace(0, top, 64).reshape(8, 8) for top in (10, 1000, 5, 7, 9)], axis=2).astype(np.float32)
    side = settled([write(tmp_path, "bands.npy", bands)])
    assert [high for _, high in side.range] == [10, 1000, 5, 7, 9]
    colour = (bands[:, :, :3] * 10).astype(np.uint16)
    assert settled([write(tmp_path, "colour.png", colour)]).range == ((0, 10000),)


def test_nothing_but_nodata_is_an_error(tmp_path):
    with pytest.raises(PairsError, match="the target side holds no reading at all"):
        settled([write(tmp_path, "a.png", grey(0, "uint16"))], nodata=(0,))


def test_a_constant_side_still_has_a_range(tmp_path):
    assert settled([write(tmp_path, "a.png", grey(5, "uint16"))]).range == ((4.5, 5.5),)


def test_classes_are_found_in_index_files_and_keep_the_palettes_colours(tmp_path):
    values = np.array([[0, 3], [3, 9]], np.uint8)
    plain = write(tmp_path, "plain.png", values[:, :, None])
    side = settled([plain], classes="auto")
    assert (side.channels, side.coding, side.dtype) == (1, "index", "uint8")
    assert [value for value, _, _ in side.classes] == [0, 3, 9]
    assert len({colour for _, _, colour in side.classes}) == 3
    image = Image.fromarray(values).convert("P")
    image.putpalette([channel for entry in range(256) for channel in (entry, 0, 255 - entry)])
    image.save(tmp_path / "palette.png")
    side = settled([tmp_path / "palette.png"], classes="auto", nodata=(9,))
    assert [(value, colour) for value, _, colour in side.classes] == [(0, (0, 0, 255)), (3, (3, 0, 252))]
    assert spec_of(side).planes == 2


def test_classes_are_found_in_colour_coded_files(tmp_path):
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[2:] = (128, 64, 128)
    side = settled([write(tmp_path, "a.png", pixels)], classes="auto")
    assert (side.channels, side.coding) == (3, "colour")
    assert [colour for _, _, colour in side.classes] == [(0, 0, 0), (128, 64, 128)]


def blurred_map(folder, name, random):
    """Rectangles of three colours, saved as JPEG: (160, 160, 3)."""
    pixels = np.full((160, 160, 3), (0, 0, 220), np.uint8)
    for colour in ((250, 80, 0), (30, 250, 220)):
        top, left = random.integers(0, 80, 2)
        pixels[top : top + 70, left : left + 70] = colour
    Image.fromarray(pixels).save(folder / name, quality=90, subsampling=0)
    return folder / name


def test_classes_that_a_lossy_format_has_blurred_are_found_in_the_even_areas(tmp_path):
    random = np.random.default_rng(0)
    paths = [blurred_map(tmp_path, f"{number}.jpg", random) for number in range(6)]
    side = settled(paths, classes="auto")
    found = np.array(sorted(colour for _, _, colour in side.classes))
    assert np.abs(found - [(0, 0, 220), (30, 250, 220), (250, 80, 0)]).max() <= 8
    assert (side.channels, side.coding) == (3, "colour")


def test_only_the_half_that_is_the_side_is_looked_at(tmp_path):
    label, photo = np.zeros((8, 8, 3), np.uint8), np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    label[4:] = (9, 90, 9)
    path = write(tmp_path, "pair.png", np.concatenate([photo, label], axis=1))
    side = settle(Side(classes="auto"), [layouts.Side(path, "right")], "input")
    assert [colour for _, _, colour in side.classes] == [(0, 0, 0), (9, 90, 9)]
    values = np.concatenate([np.full((8, 8, 1), 7, np.uint16), np.arange(64, dtype=np.uint16).reshape(8, 8, 1)], axis=1)
    path = write(tmp_path, "values.png", values)
    assert settle(Side(), [layouts.Side(path, "right")], "input").range == ((0, 63),)


def test_a_photograph_is_no_class_table(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    with pytest.raises(ConfigError, match="no class table that can be guessed"):
        settled([write(tmp_path, "a.png", noise)], classes="auto")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "value,name,colour\n7,road,#804080\n0,sky,70 130 180\n"),
        ("t.yaml", "- {value: 7, name: road, colour: '#804080'}\n- {value: 0, name: sky, color: [70, 130, 180]}\n"),
        (
            "t.json",
            '[{"value": 7, "name": "road", "colour": "#804080"}, {"value": 0, "name": "sky", "colour": "70,130,180"}]',
        ),
    ],
)
def test_a_class_table_is_read_from_a_file(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_classes(tmp_path / name) == ((7, "road", (128, 64, 128)), (0, "sky", (70, 130, 180)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value,name\n1,a\n1,b\n", "lists the value 1 twice"),
        ("value,name\n", "lists no classes"),
        ("value,name,colour\nx,a,#000000\n", "class 1: value 'x'"),
        ("value,name,colour\n1,a,#00\n", "colour '#00'"),
    ],
)
def test_a_class_table_that_is_wrong_is_refused_with_its_line(tmp_path, text, expected):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ConfigError, match=expected):
        read_classes(tmp_path / "t.csv")
    with pytest.raises(ConfigError, match="no such class table"):
        read_classes(tmp_path / "none.csv")


def test_a_settled_side_says_all_of_its_specification(tmp_path):
    values = np.array([[0, 3], [3, 9]], np.uint8)[:, :, None]
    for side in (
        settled([write(tmp_path, "labels.png", values)], classes="auto", nodata=(9,)),
        settled([write(tmp_path, "deep.tif", grey(7, "int16", 5))], unit="K", names=tuple("abcde")),
    ):
        assert spec_of(side_of(spec_of(side))) == spec_of(side)
