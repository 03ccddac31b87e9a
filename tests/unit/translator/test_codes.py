"""Translators with a latent code: drawn by the seed, one for an image, or that of a reference."""

import numpy as np
import pytest
import torch

import i2i
from i2i.bench import bench
from i2i.bundle import BundleConfig, load_encoder, save_bundle
from i2i.config import Translation
from i2i.encoders import build_encoder
from i2i.engines.converting import _name
from i2i.engines.folding import fold
from i2i.errors import BundleError, ConfigError, ImageError
from i2i.export import export_bundle
from i2i.export.importers.single_file import unpack
from i2i.generators import build_generator
from i2i.graphs import GRAPH_FORMATS
from i2i.images import ImageSpec, encode, write_image
from i2i.layers.initialise import initialise
from i2i.translator.explaining import Explainer
from i2i.translator.folder import translate_folder
from i2i.translator.tiling import translate_pixels_tiled

CODE = 3
SIDE = 32


def make_bundle(folder, *, name="latent-unet", norm="instance", encoder=True, resize="native", dropout=()):
    torch.manual_seed(0)
    generator = {"name": name, "in_channels": 1, "out_channels": 3, "width": 4, "depth": 3, "norm": norm}
    generator |= {"dropout": list(dropout)} | ({"code": CODE} if name == "latent-unet" else {})
    found = {"name": "residual", "in_channels": 3, "code": CODE, "width": 4, "depth": 3}
    networks = build_generator(**generator), build_encoder(**found)
    for network in networks:
        initialise(network, gain=0.3)
    config = BundleConfig(
        generator=generator,
        encoder=found if encoder else {},
        input=ImageSpec(1),
        target=ImageSpec(3),
        size=(SIDE, SIDE),
        translation=Translation(resize=resize, dropout=bool(dropout)),
    )
    save_bundle(folder, networks[0], config, "# card\n", encoder=networks[1])
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle"))


def noise(height=SIDE, width=SIDE, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


STYLE = noise(channels=3, seed=7)


def code_of(seed):
    return torch.randn(1, CODE, generator=torch.Generator().manual_seed(seed))[0]


def test_each_seed_has_a_style_and_the_same_again(bundle):
    translator = i2i.load(bundle)
    answers = translator.sample(noise(), 4, seed=5)
    assert len({answer.tobytes() for answer in answers}) == 4
    for number, answer in enumerate(answers):
        np.testing.assert_array_equal(translator(noise(), seed=5 + number), answer)
    assert translator.is_random
    assert "a random code a seed" in translator.describe()


def test_all_images_of_a_seed_have_one_style(bundle):
    translator = i2i.load(bundle)
    images = torch.rand(3, 1, SIDE, SIDE) * 2 - 1
    together = translator.predict(images, seed=4)
    with torch.inference_mode():
        expected = translator.generator(images, code_of(4).expand(3, -1))
    torch.testing.assert_close(together, expected)


def test_a_style_is_the_mean_code_of_its_reference_whatever_the_seed(bundle, tmp_path):
    translator = i2i.load(bundle)
    translator.like(STYLE)
    encoder = load_encoder(bundle).eval()
    with torch.inference_mode():
        mean, _ = encoder(encode(STYLE, ImageSpec(3))[None])
    torch.testing.assert_close(translator.generator.held, mean[0])
    answer = translator(noise(), seed=1)
    np.testing.assert_array_equal(translator(noise(), seed=2), answer)
    assert not translator.is_random
    write_image(tmp_path / "style.png", STYLE)
    loaded = i2i.load(bundle, like=tmp_path / "style.png")
    np.testing.assert_array_equal(loaded(noise()), answer)
    assert "in the style of" in loaded.describe()
    assert "style.png" in loaded.describe()
    translator.like(noise(channels=3, seed=8))
    assert (translator(noise()) != answer).any()


def test_a_reference_is_seen_at_the_size_that_the_policy_says(bundle):
    large = np.kron(STYLE, np.ones((2, 2, 1), np.uint8))
    held = []
    for resize in ("native", "training"):
        translator = i2i.load(bundle, resize=resize, like=large)
        held.append(translator.generator.held)
    assert not torch.allclose(*held)


def test_without_a_reference_styles_are_random_again(bundle):
    translator = i2i.load(bundle)
    before = translator(noise(), seed=3)
    translator.like(STYLE)
    translator.like(None)
    np.testing.assert_array_equal(translator(noise(), seed=3), before)
    assert translator.is_random


def test_samples_in_one_style_are_refused(bundle):
    with pytest.raises(ConfigError, match="all are in the style of array; leave out --like"):
        i2i.load(bundle, like=STYLE).sample(noise(), 2)


def test_what_is_no_reference_is_refused_in_a_line(bundle, tmp_path):
    small = noise(4, 40, 3)
    for reference, message in (
        (tmp_path / "none.png", "no such file"),
        (noise(channels=1).astype(np.uint16), "is uint16; expected uint8"),
        (small, "array: is 40x4 pixels; expected at least 8 each way of a reference"),
    ):
        with pytest.raises(ImageError, match=message) as refused:
            i2i.load(bundle, like=reference)
        assert "\n" not in str(refused.value)
    i2i.load(bundle, resize="training", like=small)  # brought to the training size first


def test_a_bundle_that_can_not_follow_a_style_says_so(tmp_path):
    plain = make_bundle(tmp_path / "plain", name="unet", encoder=False)
    with pytest.raises(ConfigError, match=r"plain: knows no latent code, .*--recipe bicyclegan; leave out --like"):
        i2i.load(plain, like=STYLE)
    alone = make_bundle(tmp_path / "alone", encoder=False)
    with pytest.raises(ConfigError, match="alone: has no encoder to find a code with"):
        i2i.load(alone, like=STYLE)
    assert load_encoder(alone) is None
    broken = make_bundle(tmp_path / "broken")
    (broken / "encoder.safetensors").unlink()
    with pytest.raises(BundleError, match=r"weights encoder\.safetensors are missing"):
        i2i.load(broken, like=STYLE)
    i2i.load(broken)(noise())


@pytest.mark.parametrize("norm", ["instance", "none"])
def test_a_large_image_has_one_style_in_all_its_tiles_that_of_its_seed(tmp_path, norm):
    translator = i2i.load(make_bundle(tmp_path, norm=norm))
    large = noise(80, 100)
    tiled = translate_pixels_tiled(translator, large, tile=32, seed=6)
    assert translator.is_random, "nothing is held afterwards"
    other = translate_pixels_tiled(translator, large, tile=32, seed=7)
    assert (other != tiled).any()
    translator.generator.hold(code_of(6))
    np.testing.assert_array_equal(translate_pixels_tiled(translator, large, tile=32, seed=6), tiled)


def test_tiles_with_dropout_besides_share_the_code_too(tmp_path):
    translator = i2i.load(make_bundle(tmp_path, dropout=[1, 2]))
    large = noise(64, 64)
    tiled = translate_pixels_tiled(translator, large, tile=32, seed=6)
    np.testing.assert_array_equal(translate_pixels_tiled(translator, large, tile=32, seed=6), tiled)
    codes = []
    hook = translator.generator.register_forward_pre_hook(lambda network, _: codes.append(network.held))
    translate_pixels_tiled(translator, large, tile=32, seed=6)
    hook.remove()
    assert codes
    assert all(code is not None and torch.equal(code, code_of(6)) for code in codes)


def test_in_one_style_other_engines_run_it_and_give_the_same(bundle):
    with pytest.raises(ConfigError, match="engine 'packed': it draws noise"):
        i2i.load(bundle, engine="packed")(noise())
    with pytest.raises(ConfigError, match="engine 'packed': it draws noise"):
        translate_pixels_tiled(i2i.load(bundle, engine="packed"), noise(64, 64), tile=32)
    quick = i2i.load(bundle, engine="packed", like=STYLE)
    exact = i2i.load(bundle, like=STYLE)
    assert np.abs(quick(noise()).astype(int) - exact(noise())).max() <= 1
    quick.like(noise(channels=3, seed=9))
    exact.like(noise(channels=3, seed=9))
    assert np.abs(quick(noise()).astype(int) - exact(noise())).max() <= 1
    random = i2i.load(bundle)
    random.use("auto", 10_000)
    assert random.chosen.name == "eager"


def test_a_graph_that_is_kept_is_of_one_code():
    generator = build_generator("latent-unet", in_channels=1, out_channels=1, width=4, depth=2, code=2).eval()
    names = set()
    for code in (None, torch.zeros(2), torch.ones(2), torch.ones(2)):
        generator.hold(code)
        names.add(_name(fold(generator)))
    assert len(names) == 3


def test_answers_differ_by_code_where_a_translation_is_explained(bundle):
    explainer = Explainer(i2i.load(bundle))
    assert explainer.uncertainty(noise(), samples=3).values.max() > 0
    with pytest.raises(ConfigError, match="in the style of array"):
        Explainer(i2i.load(bundle, like=STYLE)).uncertainty(noise())


def test_a_folder_in_one_style_is_not_continued_in_another(bundle, tmp_path):
    write_image(tmp_path / "in" / "1.png", noise())
    translate_folder(i2i.load(bundle, like=STYLE), tmp_path / "in", tmp_path / "out")
    again = translate_folder(i2i.load(bundle, like=STYLE), tmp_path / "in", tmp_path / "out")
    assert len(again.skipped) == 1
    for other in (i2i.load(bundle), i2i.load(bundle, like=noise(channels=3, seed=8))):
        with pytest.raises(i2i.I2IError, match="other settings"):
            translate_folder(other, tmp_path / "in", tmp_path / "out")


def test_a_file_of_it_is_in_one_style_and_says_in_which(bundle, tmp_path):
    with pytest.raises(ConfigError, match=r"draws a latent code for each answer.*--like IMAGE"):
        export_bundle(bundle, "torchscript", tmp_path / "random.pt")
    write_image(tmp_path / "style.png", STYLE)
    exported = export_bundle(bundle, "torchscript", tmp_path / "one.pt", like=tmp_path / "style.png")
    assert exported.report["like"] == "style.png"
    image = noise(SIDE, SIDE + 8)
    expected = i2i.load(bundle, like=STYLE)(image)
    found = GRAPH_FORMATS["torchscript"].runner(exported.path)(image[None])[0]
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_the_bundle_in_one_file_keeps_its_encoder(bundle, tmp_path):
    exported = export_bundle(bundle, "safetensors", tmp_path / "all.safetensors")
    unpack(exported.path, tmp_path / "again")
    expected, found = load_encoder(bundle).state_dict(), load_encoder(tmp_path / "again").state_dict()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    np.testing.assert_array_equal(
        i2i.load(tmp_path / "again", like=STYLE)(noise()), i2i.load(bundle, like=STYLE)(noise())
    )


def test_engines_are_measured_with_one_code(bundle):
    result = bench(bundle, batches=(1,), rounds=1, engines=("packed",), training=False)
    assert [speed.name for speed in result.speeds] == ["eager", "packed"]
