"""Tiles come together without a seam, as if the image had been translated at once, whatever its size and kind."""

from itertools import pairwise, product

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given
from hypothesis import strategies as st

import i2i
from i2i.bundle import BundleConfig, save_bundle
from i2i.config import Translation
from i2i.errors import ConfigError, ImageError, StorageError
from i2i.generators import build_generator
from i2i.images import ImageSpec, LabelClass, read_raster
from i2i.images.windows import WindowReader
from i2i.layers.initialise import initialise
from i2i.layers.modes import follows_image, prepare
from i2i.translator.tiles import lay_tiles
from i2i.translator.tiling import translate_pixels_tiled, translate_tiled

RESNET = {"name": "resnet", "width": 2, "blocks": 1}
UNET = {"name": "unet", "width": 4, "depth": 5, "dropout": [1, 2]}

REACHING = {"tile": 192, "overlap": 96}
"""A quarter of this overlap is more than such a ResNet reaches."""

CLASSES = tuple(LabelClass(10 * n, f"class {n}", (n, 2 * n, 3 * n)) for n in range(4))


@pytest.fixture
def make(tmp_path):
    def make(network=RESNET, policy=None, size=(64, 64), scale=1, given=None, wanted=None, **arguments):
        given, wanted = given or ImageSpec(1), wanted or ImageSpec(1, "float32")
        chosen = {"in_channels": given.planes, "out_channels": wanted.planes, **network, **arguments}
        torch.manual_seed(0)
        generator = build_generator(**chosen)
        initialise(generator, gain=0.3)
        config = BundleConfig(
            chosen, given, wanted, size, policy or Translation("running", resize="native"), scale=scale
        )
        save_bundle(tmp_path / "bundle", generator, config, "# card\n")
        return i2i.load(tmp_path / "bundle")

    return make


def texture(height, width, channels=1, dtype="uint8"):
    """Smooth shapes that grow brighter to the right, under noise: what no two tiles have alike."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    values = 60 + 60 * np.sin(y / 9) * np.cos(x / 13) + 100 * x / width
    return (values[:, :, None] + random.normal(0, 10, (height, width, channels))).clip(0, 255).astype(dtype)


@given(
    length=st.integers(1, 1500),
    tiles=st.integers(1, 5),
    share=st.integers(0, 16),
    multiple=st.sampled_from([4, 32, 64]),
)
def test_tiles_cover_a_side_and_their_weights_sum_to_1(length, tiles, share, multiple):
    tile = tiles * multiple
    overlap = tile * share // 32
    axis = lay_tiles(length, tile, overlap, multiple)
    total = np.zeros(axis.starts[-1] + tile)
    for start, weights in zip(axis.starts, axis.weights, strict=True):
        assert weights.min() >= 0
        total[start : start + tile] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert axis.spans()[0][0] == 0
    assert axis.spans()[-1][1] == length
    assert all(start % min(multiple, 16) == 0 for start in axis.starts)
    assert length <= tile or axis.starts[-1] + tile - length < 16
    assert all(after - start <= max(tile - overlap, 16) for start, after in pairwise(axis.starts))


def test_the_outer_quarters_of_an_overlap_count_for_nothing():
    axis = lay_tiles(256 + 3 * 192, 256, 64, 4)
    assert axis.starts == (0, 192, 384, 576)
    for weights in axis.weights[1:-1]:
        assert not weights[:16].any()
        assert (weights[16:48] > 0).all()
        assert (weights[48:-48] == 1).all()
        assert (weights[-48:-16] > 0).all()
        assert not weights[-16:].any()


@pytest.mark.parametrize(("height", "width"), [(400, 330), (401, 195), (50, 350), (350, 7), (192, 192)])
def test_with_running_statistics_tiles_make_what_the_whole_makes(make, height, width):
    translator, pixels = make(), texture(height, width)
    whole = translator.translate(pixels)
    tiled = translate_pixels_tiled(translator, pixels, **REACHING)
    assert whole.std() > 0.05
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_one_tile_has_the_statistics_of_the_image(make, norm):
    translator = make(policy=Translation("batch", resize="native"), norm=norm)
    pixels = texture(190, 181)
    np.testing.assert_allclose(
        translate_pixels_tiled(translator, pixels, tile=192), translator.translate(pixels), atol=1e-4
    )


def train(translator, pixels):
    """Until it begins to turn bright into dark."""
    network, image = translator.generator, torch.from_numpy(pixels[None, None, :, :, 0] / 127.5 - 1).float()
    optimizer, random = torch.optim.Adam(network.parameters(), 2e-3), np.random.default_rng(0)
    network.train()
    for _ in range(40):
        top, left = random.integers(0, pixels.shape[0] - 64), random.integers(0, pixels.shape[1] - 64)
        part = image[:, :, top : top + 64, left : left + 64]
        optimizer.zero_grad()
        (network(part) + 0.8 * part).abs().mean().backward()
        optimizer.step()
    prepare(network, statistics="batch", dropout=False)


def unevenness(output, borders):
    """How much more neighbours differ across borders than in other places of the same phase, the worse of both ways."""
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.diff(output, axis=axis)).mean(axis=(1 - axis, 2))
        places = np.arange(1, output.shape[axis])
        across = np.isin(places, borders[axis])
        alike = np.isin(places % 16, np.array(borders[axis]) % 16) & ~across
        ratios.append(steps[across].mean() / steps[alike].mean())
    return max(ratios)


@pytest.mark.parametrize("network", [RESNET | {"norm": "instance"}, UNET | {"depth": 6}])
def test_no_seam_is_left(make, network):
    translator = make(network, Translation("batch", resize="native"), upsample="resize")
    pixels = texture(320, 448)
    train(translator, pixels)
    apart = np.empty((320, 448, 1), np.float32)
    for top, left in product(range(0, 320, 64), range(0, 448, 64)):
        place = np.s_[top : top + 64, left : left + 64]
        apart[place] = translator.translate(pixels[place])
    assert unevenness(apart, (range(64, 320, 64), range(64, 448, 64))) > 1.5
    axes = (lay_tiles(length, 64, 16, translator.generator.multiple) for length in (320, 448))
    middles = [[(start + end) // 2 for (_, end), (start, _) in pairwise(axis.spans())] for axis in axes]
    assert unevenness(translate_pixels_tiled(translator, pixels, tile=64), middles) < 1.15  # by chance up to 1.1


def test_what_is_flat_stays_flat_beside_what_is_not(make):
    translator = make(policy=Translation("batch", resize="native"), norm="instance", upsample="resize")
    pixels = np.concatenate([texture(192, 192), np.full((192, 600, 1), 200, np.uint8)], axis=1)
    tiled = translate_pixels_tiled(translator, pixels, **REACHING)
    assert tiled[:, :192].std() > 0.1
    assert np.ptp(tiled[32:160, 240:-32]) < 1e-4  # a tile by itself would have been stretched to its own range


@pytest.mark.parametrize("statistics", ["batch", "running"])
def test_the_batch_changes_nothing(make, statistics):
    translator, pixels = make(policy=Translation(statistics, resize="native")), texture(150, 200)
    one, many = (translate_pixels_tiled(translator, pixels, batch=batch) for batch in (1, 7))
    np.testing.assert_allclose(one, many, atol=1e-5)


@pytest.mark.parametrize("suffix", [".tif", ".npy"])
def test_a_file_is_translated_as_its_pixels_are(make, tmp_path, suffix):
    translator = make(given=ImageSpec(2, "uint16"), wanted=ImageSpec(3, "uint16"), policy=Translation("batch"))
    pixels = texture(150, 200, 2, "uint16")
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, planarconfig="contig", photometric="minisblack", tile=(32, 32), compression="zlib",
        resolution=(30, 20), resolutionunit=3, extratags=[(33550, 12, 3, (10.0, 10.0, 0.0))],
    )  # fmt: skip
    translate_tiled(translator, tmp_path / "a.tif", tmp_path / f"b{suffix}")
    written = np.load(tmp_path / "b.npy") if suffix == ".npy" else tifffile.imread(tmp_path / "b.tif")
    np.testing.assert_array_equal(written, translate_pixels_tiled(translator, pixels))
    if suffix == ".tif":
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            assert file.pages[0].resolution == (30, 20)
            assert file.pages[0].tags[33550].value == (10, 10, 0)


def test_no_more_than_a_row_of_tiles_is_read_at_once(make, tmp_path, monkeypatch):
    translator, pixels = make(policy=Translation("batch")), texture(1100, 300)
    np.save(tmp_path / "a.npy", pixels)
    read, rows = WindowReader.read, []
    monkeypatch.setattr(WindowReader, "read", lambda *window: rows.append(window[3]) or read(*window))
    translate_tiled(translator, tmp_path / "a.npy", tmp_path / "b.npy")
    assert max(rows) <= 64
    bands = len(lay_tiles(1100, 64, 16, 4).starts)
    assert sum(rows[-bands:]) == 1100  # after the measured tiles each row is read once


def test_what_is_no_reading_stays_none(make, monkeypatch):
    target = ImageSpec(1, "int16", ranges=((0.0, 1000.0),), nodata=(-999.0,))
    translator = make(given=ImageSpec(1, "uint16", nodata=(0.0,)), wanted=target)
    pixels = np.maximum(texture(200, 300, dtype="uint16"), 1)
    pixels[20:40, 30:50] = 0
    pixels[:, 180:] = 0
    predict, seen = translator.predict, []
    monkeypatch.setattr(translator, "predict", lambda tiles, **kw: seen.append(len(tiles)) or predict(tiles, **kw))
    output = translate_pixels_tiled(translator, pixels)
    np.testing.assert_array_equal(output == -999, pixels == 0)
    assert sum(seen) == 4 * 4  # of seven columns of tiles four have readings


def test_statistics_are_measured_where_there_are_readings(make):
    given = ImageSpec(1, "float32", ranges=((0.0, 255.0),))
    translator = make(given=given, policy=Translation("batch", resize="native"))
    pixels = texture(128, 128, dtype="float32")
    beside_a_gap = np.concatenate([pixels, np.full((128, 512, 1), np.nan, np.float32)], axis=1)
    alone, beside = (translate_pixels_tiled(translator, each, overlap=0) for each in (pixels, beside_a_gap))
    np.testing.assert_allclose(beside[:, :128], alone, atol=1e-5)


def test_an_image_without_any_reading_is_translated_too(make):
    translator = make(
        given=ImageSpec(1, "float32"), wanted=ImageSpec(1, "float32"), policy=Translation("batch", resize="native")
    )
    assert np.isnan(translate_pixels_tiled(translator, np.full((100, 200, 1), np.nan, np.float32))).all()


def test_label_maps_are_those_of_the_whole(make):
    translator = make(wanted=ImageSpec(1, classes=CLASSES))
    pixels = texture(330, 400)
    whole, tiled = translator.translate(pixels), translate_pixels_tiled(translator, pixels, **REACHING)
    assert len(np.unique(whole)) > 1
    assert (tiled == whole).mean() > 0.9999  # but where two classes are as good


@pytest.mark.parametrize(("suffix", "coding"), [(".tif", "index"), (".tif", "colour"), (".npy", "index")])
def test_label_files_hold_values_or_colours(make, tmp_path, suffix, coding):
    translator = make(wanted=ImageSpec(3 if coding == "colour" else 1, classes=CLASSES, coding=coding))
    np.save(tmp_path / "a.npy", texture(100, 130))
    translate_tiled(translator, tmp_path / "a.npy", tmp_path / f"b{suffix}")
    if suffix == ".npy":
        assert set(np.unique(np.load(tmp_path / "b.npy"))) <= {each.value for each in CLASSES}
        return
    written = tifffile.imread(tmp_path / "b.tif")
    values = {each.value for each in CLASSES} if coding == "index" else {each.colour for each in CLASSES}
    found = set(np.unique(written).tolist()) if coding == "index" else set(map(tuple, written.reshape(-1, 3).tolist()))
    assert found <= values
    if coding == "index":
        assert read_raster(tmp_path / "b.tif").palette is not None


def test_larger_outputs_are_those_of_the_enlarged_whole(make):
    translator, pixels = make(scale=3, wanted=ImageSpec(1)), texture(110, 135)
    whole = translator.translate(translator.enlarge(pixels))
    tiled = translate_pixels_tiled(translator, pixels, **REACHING)
    assert tiled.shape == (330, 405, 1)
    assert np.abs(tiled.astype(int) - whole.astype(int)).max() <= 1


def test_a_larger_output_has_another_resolution(make, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", texture(30, 40), resolution=(30, 20), resolutionunit=3)
    translate_tiled(make(scale=2), tmp_path / "a.tif", tmp_path / "b.tif")
    written = read_raster(tmp_path / "b.tif")
    assert written.pixels.shape == (60, 80, 1)
    assert written.metadata.resolution is None


def test_noise_follows_the_seed_and_differs_between_tiles(make):
    translator = make(UNET, Translation("running", dropout=True, resize="native"))
    pixels = np.full((64, 192, 1), 90, np.uint8)
    first, again, other = (translate_pixels_tiled(translator, pixels, overlap=0, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert np.abs(first[:, :64] - first[:, 64:128]).max() > 1e-3


def test_noise_leaves_the_callers_random_state_alone(make):
    translator = make(UNET, Translation("batch", dropout=True, resize="native"))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    translate_pixels_tiled(translator, texture(70, 90))
    assert torch.equal(torch.rand(3), expected)


def test_the_translator_is_as_before(make):
    translator, pixels = make(policy=Translation("batch", resize="native")), texture(100, 90)
    before = translator.translate(pixels[:64])
    translate_pixels_tiled(translator, pixels)
    assert follows_image(translator.generator)
    np.testing.assert_array_equal(translator.translate(pixels[:64]), before)


def test_progress_ends_with_all_tiles(make):
    told = []
    translate_pixels_tiled(make(), texture(150, 200), progress=lambda *state: told.append(state))
    done = [state[0] for state in told]
    assert done == sorted(done)
    assert told[-1] == (12, 12)


@pytest.mark.parametrize("wrong", [{"tile": 0}, {"overlap": -1}, {"overlap": 33}, {"batch": 0}])
def test_tiles_that_can_not_be_are_refused(make, wrong):
    (name, value), *_ = wrong.items()
    with pytest.raises(ConfigError, match=f"{name} {value}: expected"):
        translate_pixels_tiled(make(), texture(100, 100), **wrong)


def test_tiles_are_rounded_up_to_what_the_network_takes(make):
    translator = make(UNET)
    output = translate_pixels_tiled(translator, texture(100, 100), tile=33, overlap=8)
    np.testing.assert_array_equal(output, translate_pixels_tiled(translator, texture(100, 100), tile=64, overlap=8))


def test_the_input_is_never_written_over(make, tmp_path):
    np.save(tmp_path / "a.npy", texture(50, 50))
    before = (tmp_path / "a.npy").read_bytes()
    with pytest.raises(StorageError, match=r"a\.npy: is the input"):
        translate_tiled(make(), tmp_path / "a.npy", tmp_path / "a.npy")
    assert (tmp_path / "a.npy").read_bytes() == before


def test_nothing_is_left_of_an_image_that_does_not_fit(make, tmp_path):
    np.save(tmp_path / "a.npy", texture(100, 100, 5))
    with pytest.raises(ImageError, match=r"a\.npy: has 5 channels; expected 1"):
        translate_tiled(make(), tmp_path / "a.npy", tmp_path / "b.tif")
    assert {path.name for path in tmp_path.iterdir()} == {"a.npy", "bundle"}
    assert not follows_image(make().generator)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_an_engine_is_given_the_statistics_that_are_fixed_and_afterwards_not(make, norm):
    translator = make(network=UNET, policy=Translation("batch", resize="native"), norm=norm)
    pixels = texture(150, 130)
    tiled, whole = translate_pixels_tiled(translator, pixels), translator.translate(pixels)
    translator.use("packed")
    np.testing.assert_allclose(translator.translate(pixels), whole, atol=1e-4)
    np.testing.assert_allclose(translate_pixels_tiled(translator, pixels), tiled, atol=1e-4)
    np.testing.assert_allclose(translator.translate(pixels), whole, atol=1e-4)
    assert np.abs(tiled - whole).max() > 1e-2
