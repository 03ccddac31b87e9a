"""The worker itself, with real bundles, in this process."""

import queue
import threading

import numpy as np
import pytest
import torch

import i2i
from i2i.bundle import BundleConfig, Reverse, save_bundle
from i2i.config import Translation
from i2i.errors import ConfigError
from i2i.generators import build_generator
from i2i.images import ImageSpec, LabelClass, preview, read_pixels, read_raster, write_image
from i2i.layers.initialise import initialise
from i2i.server.model import Model
from i2i.server.worker import Worker, load_models
from i2i.translator import Translator
from i2i.translator.folder import translate_file

from .bundles import write_bundle, write_noise


class Asker:
    """A worker, and what it says."""

    def __init__(self, folder, bundles, batch=8, engine="eager", pixels=10**6):
        self.folder, self.said, self.number, self.kept = folder, queue.Queue(), 0, {}
        self.models = {
            name: Model(name, str(path), device="cpu", precision="fp32", engine=engine, pixels=pixels)
            for name, path in bundles.items()
        }
        self.worker = Worker(self.models, batch, self.said.put)

    def ask(self, source, do="translate", model="plain", fields=None, **wish) -> int:
        self.number += 1
        to = self.folder / f"answer-{self.number}"
        to.mkdir()
        self.worker.take(
            {
                "id": self.number,
                "do": do,
                "model": model,
                "to": str(to),
                "asked": 0.0,
                "fields": fields or {},
                "wish": {"source": str(source), "name": source.name, **wish},
            }
        )
        return self.number

    def answer(self, number):
        while number not in self.kept:
            message = self.said.get(timeout=20)
            if "id" in message and "progress" not in message:
                self.kept[message["id"]] = message
        return self.kept[number]

    def files(self, number):
        answer = self.answer(number)
        assert "error" not in answer, answer
        return [self.folder / f"answer-{number}" / file for file in answer["files"]]

    def error(self, number):
        return self.answer(number)["error"]

    def made(self, source, **wish):
        return self.files(self.ask(source, **wish))[0].read_bytes()


@pytest.fixture
def asker(tmp_path, monkeypatch):
    monkeypatch.setattr("i2i.server.worker._STREAMS", 1)
    bundles = {
        "plain": write_bundle(tmp_path / "plain"),
        "other": write_bundle(tmp_path / "other", seed=1),
        "deep": write_bundle(tmp_path / "deep", ImageSpec(1, "uint16")),
    }
    return Asker(tmp_path, bundles)


@pytest.fixture
def held(monkeypatch):
    """Forwards wait until they are let go; their batches are noted."""
    go, batches, predict = threading.Event(), [], Translator.predict

    def slow(self, images, *, seed=0):
        assert go.wait(20)
        batches.append(len(images))
        return predict(self, images, seed=seed)

    monkeypatch.setattr(Translator, "predict", slow)
    return go, batches


def expected(tmp_path, bundle, source, suffix=".png", seed=0, tile="auto", **changes):
    """What `i2i translate` writes."""
    path = tmp_path / f"expected{suffix}"
    path.unlink(missing_ok=True)
    translate_file(i2i.load(bundle, **changes), source, [path], seed=seed, tile=tile)
    return path.read_bytes()


def test_sixteen_bits_come_back_to_the_bit_as_translate_gives_them(tmp_path):
    spec = ImageSpec(1, "uint16", ranges=((0.0, 4000.0),))
    bundle = write_bundle(tmp_path / "plain", spec, spec)
    asker = Asker(tmp_path, {"plain": bundle})
    for suffix in (".tif", ".png"):
        source = write_noise(tmp_path / f"scan{suffix}", dtype="uint16", channels=1)
        [made] = asker.files(asker.ask(source))
        assert made.name == f"1{suffix}"
        assert made.read_bytes() == expected(tmp_path, bundle, source, suffix)
        assert read_raster(made).pixels.dtype == np.uint16


def test_what_waits_goes_through_the_network_together_and_comes_out_as_alone(asker, tmp_path, held):
    go, batches = held
    sources = [write_noise(tmp_path / f"{n}.png", seed=n) for n in range(9)]
    numbers = [asker.ask(sources[0])]
    while not asker.worker._busy:  # the first is being computed
        threading.Event().wait(0.005)
    numbers += [asker.ask(source) for source in sources[1:]]
    while len(asker.worker._ready) < 8:
        threading.Event().wait(0.005)
    go.set()
    together = [read_pixels(asker.files(number)[0], ImageSpec(3)) for number in numbers]
    assert batches == [1, 8]
    for source, found in zip(sources, together, strict=True):
        [alone] = asker.files(asker.ask(source))
        assert np.abs(read_pixels(alone, ImageSpec(3)).astype(int) - found).max() <= 1


def test_images_that_do_not_fit_together_are_not_mixed_up(asker, tmp_path, held):
    go, _ = held
    deep = [write_noise(tmp_path / f"deep{n}.png", dtype="uint16", channels=1, seed=n) for n in range(2)]
    plain = [write_noise(tmp_path / f"plain{n}.png", seed=n) for n in range(2)]
    wanted = [(source, model) for n in range(2) for source, model in ((deep[n], "deep"), (plain[n], "plain"))]
    wanted += [(source, "other") for source in plain]  # shown at the same size to another network
    numbers = [asker.ask(source, model=model) for source, model in wanted]
    while len(asker.worker._ready) < 4 and not threading.Event().wait(0.005):
        pass
    go.set()
    for number, (source, model) in zip(numbers, wanted, strict=True):
        found = read_pixels(asker.files(number)[0], ImageSpec(3)).astype(int)
        path = tmp_path / "alone.png"
        path.write_bytes(expected(tmp_path, tmp_path / model, source))
        assert np.abs(found - read_pixels(path, ImageSpec(3))).max() <= 1


def test_noise_is_the_seeds_whoever_else_asks(asker, tmp_path):
    source = write_noise(tmp_path / "a.png")
    first = [path.read_bytes() for path in asker.files(asker.ask(source, dropout=True, samples=3, seed=5))]
    assert len(set(first)) == 3
    numbers = [asker.ask(source, dropout=True, seed=seed) for seed in (7, 6, 5)]
    assert [asker.files(number)[0].read_bytes() for number in numbers] == first[::-1]
    assert first[1] == expected(tmp_path, tmp_path / "plain", source, dropout=True, seed=6)


def test_samples_without_noise_are_refused(asker, tmp_path):
    error = asker.error(asker.ask(write_noise(tmp_path / "a.png"), samples=2))
    assert (error["status"], error["code"]) == (422, "bad_setting")
    assert str(tmp_path) not in error["message"]


@pytest.mark.parametrize("statistics", ["batch", "running"])
def test_tiles_come_out_as_translate_makes_them(tmp_path, statistics):
    bundle = write_bundle(tmp_path / "plain", translation=Translation(statistics=statistics, resize="native"))
    asker, source = Asker(tmp_path, {"plain": bundle}), write_noise(tmp_path / "large.tif", 70, 90)
    number = asker.ask(source, tile=32)
    assert asker.files(number)[0].read_bytes() == expected(tmp_path, bundle, source, ".tif", tile=32)
    [shown] = asker.files(asker.ask(source, tile=32, preview=True))
    assert shown.name == "1.png"
    assert list(shown.parent.iterdir()) == [shown]


def test_small_images_go_first_between_two_tiles(asker, tmp_path):
    large, small = write_noise(tmp_path / "large.tif", 400, 400), write_noise(tmp_path / "small.png")
    job = asker.ask(large, tile=16)
    while "progress" not in asker.said.get(timeout=20):
        pass
    number = asker.ask(small)
    asker.answer(number)
    assert job not in asker.kept
    assert asker.made(small) == asker.files(number)[0].read_bytes()
    assert asker.files(job)[0].read_bytes() == expected(tmp_path, tmp_path / "plain", large, ".tif", tile=16)


def test_codes_are_the_seeds_between_the_tiles_of_a_large_image_too(tmp_path):
    arguments = {"name": "latent-unet", "in_channels": 3, "out_channels": 3, "width": 4, "depth": 2, "norm": "none"}
    torch.manual_seed(0)
    generator = build_generator(**arguments, dropout=[])
    initialise(generator, gain=0.3)
    config = BundleConfig({**arguments, "dropout": []}, ImageSpec(3), ImageSpec(3), (16, 24))
    save_bundle(tmp_path / "codes", generator, config, "# card")
    asker = Asker(tmp_path, {"plain": tmp_path / "codes"})
    assert asker.models["plain"].describe()["random"]
    large, small = write_noise(tmp_path / "large.tif", 200, 200), write_noise(tmp_path / "small.png")
    job = asker.ask(large, tile=16, seed=3)
    while "progress" not in asker.said.get(timeout=20):
        pass
    found = [path.read_bytes() for path in asker.files(asker.ask(small, samples=2, seed=5))]
    assert found == [expected(tmp_path, tmp_path / "codes", small, seed=seed) for seed in (5, 6)]
    assert found[0] != found[1]
    assert asker.files(job)[0].read_bytes() == expected(tmp_path, tmp_path / "codes", large, ".tif", seed=3, tile=16)


def test_a_large_image_can_be_cancelled_between_two_tiles(asker, tmp_path):
    job = asker.ask(write_noise(tmp_path / "large.tif", 400, 400), tile=16)
    while "progress" not in asker.said.get(timeout=20):
        pass
    asker.worker.take({"cancel": job})
    assert asker.error(job)["code"] == "cancelled"
    assert list((tmp_path / f"answer-{job}").iterdir()) == []


def test_what_waits_can_be_cancelled(asker, tmp_path, held):
    go, batches = held
    first, second = (asker.ask(write_noise(tmp_path / f"{n}.png", seed=n)) for n in range(2))
    asker.worker.take({"cancel": second})
    go.set()
    assert asker.error(second)["code"] == "cancelled"
    asker.files(first)
    assert batches == [1]


def test_a_drawing_is_read_as_what_it_shows(tmp_path):
    classes = (LabelClass(1, "wall", (200, 0, 0)), LabelClass(2, "sky", (0, 0, 200)))
    labels = ImageSpec(1, classes=classes)
    bundle = write_bundle(tmp_path / "plain", labels)
    asker = Asker(tmp_path, {"plain": bundle})
    positions = np.random.default_rng(0).integers(0, 2, (40, 56, 1), dtype=np.uint8)
    write_image(tmp_path / "drawn.png", preview(positions, labels))
    write_image(tmp_path / "labels.png", positions + 1)
    drawn = asker.made(tmp_path / "drawn.png", drawn=True)
    assert drawn == asker.made(tmp_path / "labels.png")
    refused = asker.error(asker.ask(tmp_path / "drawn.png", drawn=True, tile=32))
    assert (refused["status"], "tile 32" in refused["message"]) == (422, True)


def test_a_preview_is_for_eyes(tmp_path):
    spec = ImageSpec(1, "uint16", ranges=((0.0, 4000.0),))
    bundle = write_bundle(tmp_path / "plain", spec, spec)
    asker, source = Asker(tmp_path, {"plain": bundle}), write_noise(tmp_path / "a.tif", dtype="uint16", channels=1)
    [shown] = asker.files(asker.ask(source, do="preview"))
    np.testing.assert_array_equal(read_raster(shown).pixels, preview(read_pixels(source, spec), spec))
    [made] = asker.files(asker.ask(source))
    [seen] = asker.files(asker.ask(source, preview=True))
    np.testing.assert_array_equal(read_raster(seen).pixels, preview(read_pixels(made, spec), spec))


def test_uncertainty_is_a_map_with_its_scale(asker, tmp_path):
    source = write_noise(tmp_path / "a.png")
    number = asker.ask(source, do="explain", fields={"what": "uncertainty", "samples": 4})
    answer = asker.answer(number)
    grey = read_raster(asker.files(number)[0]).pixels
    assert grey.shape == (40, 56, 1)
    assert answer["low"] == 0
    assert answer["high"] > 0
    assert "standard deviation over 4 samples" in answer["meaning"]
    error = asker.error(asker.ask(source, do="explain", fields={"what": "patches", "samples": 4}))
    assert (error["status"], error["code"]) == (422, "bad_setting")
    assert error["message"].startswith("plain: ")
    asker.files(asker.ask(source))  # and its network is in its usual mode again


@pytest.mark.parametrize(
    ("content", "wish", "status", "part"),
    [
        (b"no image", {}, 400, "broken.png: "),
        (None, {"suffix": ".docx"}, 400, "no image format"),
        (None, {"suffix": ".nii"}, 200, ""),
    ],
)
def test_what_can_not_be_is_told_without_the_names_of_this_machine(asker, tmp_path, content, wish, status, part):
    source = write_noise(tmp_path / "broken.png")
    if content:
        source.write_bytes(content)
    answer = asker.answer(asker.ask(source, **wish))
    if status == 200:
        assert answer["files"] == ["1.nii"]
        return
    assert answer["error"]["status"] == status
    assert part in answer["error"]["message"]
    assert str(tmp_path) not in answer["error"]["message"]


def test_a_format_that_can_not_hold_the_target_is_refused_before_anything_is_computed(tmp_path, held):
    bundle = write_bundle(tmp_path / "plain", target=ImageSpec(1, "uint16"))
    asker = Asker(tmp_path, {"plain": bundle})
    error = asker.error(asker.ask(write_noise(tmp_path / "a.png"), suffix=".jpg"))
    assert (error["status"], error["message"][:12]) == (400, "format .jpg:")
    assert held[1] == []


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    asker = Asker(tmp_path, {"plain": write_bundle(tmp_path / "plain")}, pixels=1000)
    source = write_noise(tmp_path / "a.png", 40, 26)
    source.write_bytes(source.read_bytes()[:100])  # the header is whole
    error = asker.error(asker.ask(source))
    assert (error["status"], error["code"]) == (413, "too_many_pixels")
    assert "26x40" in error["message"]
    assert "1,000" in error["message"]


def test_enlarged_pixels_count(tmp_path):
    asker = Asker(tmp_path, {"plain": write_bundle(tmp_path / "plain", scale=2)}, pixels=2000)
    assert asker.error(asker.ask(write_noise(tmp_path / "a.png", 30, 30)))["code"] == "too_many_pixels"
    [made] = asker.files(asker.ask(write_noise(tmp_path / "b.png", 20, 20)))
    assert read_raster(made).pixels.shape == (40, 40, 3)


def test_one_that_fails_does_not_take_its_batch_along(asker, tmp_path, monkeypatch):
    predict = Translator.predict

    def picky(self, images, *, seed=0):
        if float(images[:, 0, 0, 0].max()) > 0.99:
            raise RuntimeError("planted")
        return predict(self, images, seed=seed)

    monkeypatch.setattr(Translator, "predict", picky)
    good = [write_noise(tmp_path / f"{n}.png", seed=n) for n in range(3)]
    for path in good:
        pixels = read_raster(path).pixels.copy()
        pixels[:20, :20] = 0
        write_image(path, pixels)
    write_image(tmp_path / "white.png", np.full((40, 56, 3), 255, np.uint8))
    numbers = [asker.ask(path) for path in (good[0], tmp_path / "white.png", *good[1:])]
    assert asker.error(numbers[1])["status"] == 500
    assert "planted" not in asker.error(numbers[1])["message"]
    for number in (numbers[0], *numbers[2:]):
        asker.files(number)


def test_little_is_held_in_memory_at_once(asker, tmp_path, held, monkeypatch):
    monkeypatch.setattr("i2i.server.worker._HELD", 2 * 40 * 56)
    go, _ = held
    numbers = [asker.ask(write_noise(tmp_path / f"{n}.png", seed=n)) for n in range(6)]
    threading.Event().wait(0.3)
    assert asker.worker._held <= 2 * 40 * 56
    go.set()
    for number in numbers:
        asker.files(number)
    assert asker.worker._held == 0


def test_both_ways_of_asking_share_the_weights(tmp_path):
    model = Model(
        "plain", str(write_bundle(tmp_path / "plain")), device="cpu", precision="fp32", engine="eager", pixels=1
    )
    one, other = model.translator(True).generator, model.translator(False).generator
    assert one is not other
    pairs = list(zip(one.state_dict().values(), other.state_dict().values(), strict=True))
    assert all(a.data_ptr() == b.data_ptr() for a, b in pairs)
    assert any(torch.is_tensor(a) and a.numel() > 1 for a, _ in pairs)


def test_a_bundle_tells_what_it_is(tmp_path):
    classes = (LabelClass(1, "wall", (200, 0, 17)), LabelClass(2, "sky", (0, 0, 200)))
    bundle = write_bundle(tmp_path / "b", ImageSpec(1, classes=classes), direction="labels-to-photo")
    model = Model("facades", str(bundle), device="cpu", precision="fp32", engine="eager", pixels=1)
    model.warm_up()
    told = model.describe()
    assert (told["name"], told["title"], told["size"], told["scale"]) == ("facades", "labels to photo", [16, 24], 1)
    assert told["input"]["classes"][0] == {"value": 1, "name": "wall", "colour": "#c80011"}
    assert told["input"]["drawable"]
    assert told["target"]["plain"]
    assert (told["random"], told["dropout"], told["discriminator"], told["examples"]) == (True, False, False, [])
    assert told["graph_input"]["resize_to"] == [16, 24]


def test_a_bundle_of_both_directions_is_served_as_two(tmp_path):
    spec, arguments = ImageSpec(3), {"name": "unet", "in_channels": 3, "out_channels": 3, "width": 4, "depth": 2}
    back = Reverse(arguments, "horse-to-zebra")
    config = BundleConfig(
        generator=arguments, input=spec, target=spec, size=(16, 24), direction="zebra-to-horse", reverse=back
    )
    torch.manual_seed(0)
    networks = [build_generator(**arguments) for _ in range(2)]
    save_bundle(tmp_path / "zoo", networks[0], config, "# card", reverse=networks[1])
    settings = {"bundles": {"zoo": str(tmp_path / "zoo")}, "device": "cpu", "precision": "fp32", "engine": "eager"}
    models = load_models({**settings, "pixels": 10**6})
    assert [(name, model.describe()["title"]) for name, model in models.items()] == [
        ("zoo", "zebra to horse"),
        ("zoo-back", "horse to zebra"),
    ]
    for model, network in zip(models.values(), networks, strict=True):
        for found, known in zip(
            model.translator(None).generator.state_dict().values(), network.state_dict().values(), strict=True
        ):
            assert torch.equal(found, known)
    with pytest.raises(ConfigError, match="'zoo-back', which is taken"):
        load_models({**settings, "pixels": 1, "bundles": settings["bundles"] | {"zoo-back": "elsewhere"}})
