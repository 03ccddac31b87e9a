"""A folder is read, translated and written at once; what comes out is what one image after the other would give."""

import threading
import time

import numpy as np
import pytest
import torch

import i2i
from i2i.bundle import BundleConfig, save_bundle
from i2i.config import Translation
from i2i.errors import StorageError
from i2i.generators import build_generator
from i2i.images import ImageSpec, read_raster, write_image
from i2i.layers.initialise import initialise
from i2i.translator import folder as folders
from i2i.translator.folder import BATCH, images_to_come, translate_file, translate_folder

CHOSEN = {"name": "unet", "in_channels": 3, "out_channels": 3, "width": 3, "depth": 3, "dropout": [1, 2]}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    torch.manual_seed(0)
    generator = build_generator(**CHOSEN)
    initialise(generator, gain=0.2)
    folder = tmp_path_factory.mktemp("bundle")
    policy = Translation("batch", resize="native")
    save_bundle(folder, generator, BundleConfig(CHOSEN, ImageSpec(3), ImageSpec(3), (16, 16), policy), "# card\n")
    return folder


def write_noise(path, height=16, width=16, seed=0):
    random = np.random.default_rng(seed)
    write_image(path, random.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.fixture
def source(tmp_path):
    """19 images of one size, among them three of two others and one that can't be read."""
    for number in range(19):
        write_noise(tmp_path / "in" / f"{number:02}.png", seed=number)
    for name, height in (("05b", 20), ("05c", 20), ("11b", 33)):
        write_noise(tmp_path / "in" / f"{name}.png", height)
    (tmp_path / "in" / "08b.png").write_bytes(b"no image")
    return tmp_path / "in"


@pytest.fixture
def seen(monkeypatch):
    """How many images went through the network at once, and at which size."""
    shapes = []
    predict = i2i.Translator.predict

    def counting(self, images, *, seed=0):
        shapes.append((len(images), images.shape[2]))
        return predict(self, images, seed=seed)

    monkeypatch.setattr(i2i.Translator, "predict", counting)
    return shapes


def pixels(path):
    return read_raster(path).pixels.astype(int)


def test_each_image_comes_out_as_if_it_were_alone(bundle, source, tmp_path):
    translator, told = i2i.load(bundle), []
    outcome = translate_folder(translator, source, tmp_path / "out", progress=lambda done, of: told.append((done, of)))
    assert [path.name for path in outcome.failed] == ["08b.png"]
    assert outcome.written == sorted(path for path in source.iterdir() if path.name != "08b.png")
    for path in outcome.written:
        translate_file(translator, path, [tmp_path / "alone" / path.name])
        assert np.abs(pixels(tmp_path / "out" / path.name) - pixels(tmp_path / "alone" / path.name)).max() <= 1
    assert told == [(done, 23) for done in range(1, 24)]


def test_images_of_one_size_go_through_the_network_together(bundle, source, tmp_path, seen):
    translate_folder(i2i.load(bundle), source, tmp_path / "out")
    assert sum(count for count, _ in seen) == 22
    assert seen == [(6, 16), (2, 20), (3, 16), (3, 16), (1, 33), (7, 16)]


def test_a_group_has_no_more_images_and_pixels_than_fit(bundle, tmp_path, seen, monkeypatch):
    for number in range(2 * BATCH + 1):
        write_noise(tmp_path / "in" / f"{number:02}.png")
    translate_folder(i2i.load(bundle), tmp_path / "in", tmp_path / "out")
    assert [count for count, _ in seen] == [BATCH, BATCH, 1]
    seen.clear()
    monkeypatch.setattr(folders, "_AT_ONCE", 3 * 16 * 16)
    translate_folder(i2i.load(bundle), tmp_path / "in", tmp_path / "again")
    assert {count for count, _ in seen} == {3, 2}
    seen.clear()
    monkeypatch.setattr(folders, "_AT_ONCE", 1)
    translate_folder(i2i.load(bundle), tmp_path / "in", tmp_path / "third")
    assert {count for count, _ in seen} == {1}


def test_samples_are_those_of_each_image_alone(bundle, source, tmp_path):
    translator = i2i.load(bundle, dropout=True)
    translate_folder(translator, source, tmp_path / "out", samples=2, seed=5)
    outputs = [tmp_path / "alone.1.png", tmp_path / "alone.2.png"]
    translate_file(translator, source / "03.png", outputs, seed=5)
    for number, output in enumerate(outputs, start=1):
        np.testing.assert_array_equal(pixels(tmp_path / "out" / f"03.{number}.png"), pixels(output))
    assert (pixels(outputs[0]) != pixels(outputs[1])).any()


def test_what_is_there_is_neither_read_nor_written_again(bundle, source, tmp_path, seen):
    translator, out = i2i.load(bundle), tmp_path / "out"
    first = translate_folder(translator, source, out)
    (out / "07.png").unlink()
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    seen.clear()
    again = translate_folder(translator, source, out)
    assert [path.name for path in again.written] == ["07.png"]
    assert len(again.skipped) == len(first.written) - 1
    assert seen == [(1, 16)]
    assert all((out / name).stat().st_mtime_ns == stamp for name, stamp in before.items())


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def test_the_next_images_are_read_and_the_last_written_while_one_is_computed(bundle, source, tmp_path, monkeypatch):
    """Computing waits for the reading of the next group, and writing for its computing: one by one it would not end."""
    (source / "08b.png").unlink()  # what needs no computing waits for the writing before it
    load, write, predict = folders._load, folders._write, i2i.Translator.predict
    loaded, shown, written = [], [], []

    def loading(translator, path, side):
        loaded.append(path)
        return load(translator, path, side)

    def predicting(self, images, *, seed=0):
        shown.append(len(images))
        wait_for(lambda: len(loaded) > sum(shown) or sum(shown) == 22)
        return predict(self, images, seed=seed)

    def writing(*arguments):
        wait_for(lambda: sum(shown) > len(written) + 1 or sum(shown) == 22)
        written.append(write(*arguments))

    monkeypatch.setattr(folders, "_load", loading)
    monkeypatch.setattr(folders, "_write", writing)
    monkeypatch.setattr(i2i.Translator, "predict", predicting)
    assert len(translate_folder(i2i.load(bundle), source, tmp_path / "out").written) == 22


def test_a_disk_that_is_full_stops_it_at_once(bundle, source, tmp_path, monkeypatch, seen):
    def full(path, *arguments):
        raise StorageError(f"{path}: the disk is full")

    monkeypatch.setattr(folders, "write_pixels", full)
    before = threading.active_count()
    with pytest.raises(StorageError, match="the disk is full"):
        translate_folder(i2i.load(bundle), source, tmp_path / "out")
    assert len(seen) <= 2
    assert threading.active_count() <= before


def test_tiles_lie_between_groups(bundle, tmp_path, seen):
    for number in range(3):
        write_noise(tmp_path / "in" / f"{number}.png", 40, 40, seed=number)
    outcome = translate_folder(i2i.load(bundle), tmp_path / "in", tmp_path / "out", tile=16)
    assert len(outcome.written) == 3
    assert {height for _, height in seen} == {16}


def test_the_images_to_come_are_counted_in_training_images(bundle, source, tmp_path):
    translator = i2i.load(bundle)
    assert images_to_come(translator, source / "00.png", tile="auto") == 1
    assert images_to_come(translator, source, tile="auto", samples=2) == 46
    write_noise(tmp_path / "large.png", 160, 160)
    assert images_to_come(translator, tmp_path / "large.png", tile="auto") == 100
    assert images_to_come(translator, tmp_path / "large.png", tile=16) == 178
    assert images_to_come(i2i.load(bundle, resize="training"), tmp_path / "large.png", tile="off") == 1
    assert images_to_come(translator, source / "08b.png", tile="auto") == 1


def test_an_engine_that_answers_otherwise_is_part_of_what_a_folder_was_made_by(bundle, source, tmp_path, monkeypatch):
    translate_folder(i2i.load(bundle), source, tmp_path / "out")
    assert translate_folder(i2i.load(bundle, engine="packed"), source, tmp_path / "out").written == []
    monkeypatch.setattr("i2i.engines.packed.EXACT", False)
    with pytest.raises(StorageError, match="other settings"):
        translate_folder(i2i.load(bundle, engine="packed"), source, tmp_path / "out")
