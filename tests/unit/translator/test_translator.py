import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

import i2i
from i2i.bundle import BundleConfig, load_bundle, save_bundle
from i2i.config import Translation
from i2i.errors import ConfigError, ImageError
from i2i.generators import build_generator
from i2i.images import ImageSpec, write_image
from i2i.layers.initialise import initialise
from i2i.translator.padding import pad


def make_bundle(folder, *, name="unet", channels=(3, 3), policy=None, size=(32, 32), **arguments):
    torch.manual_seed(0)
    chosen = {"name": name, "in_channels": channels[0], "out_channels": channels[1], "width": 4, **arguments}
    if name == "unet":
        chosen = {"depth": 4, "dropout": [1, 2], **chosen}
    generator = build_generator(**chosen)
    initialise(generator, gain=0.2)
    config = BundleConfig(
        generator=chosen,
        input=ImageSpec(channels[0]),
        target=ImageSpec(channels[1]),
        size=size,
        translation=policy or Translation(resize="native"),
    )
    save_bundle(folder, generator, config, "# card\n")
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle"))


def noise(height, width, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.fixture(scope="module")
def translators(bundle):
    return {resize: i2i.load(bundle, resize=resize) for resize in ("native", "training")}


SIZES = st.tuples(st.integers(1, 70), st.integers(1, 70)) | st.tuples(st.integers(1, 1000), st.integers(1, 37))


@settings(max_examples=40, deadline=None)
@given(size=SIZES | SIZES.map(lambda size: size[::-1]), resize=st.sampled_from(["native", "training"]))
@example(size=(1, 1), resize="native")
@example(size=(1000, 37), resize="native")
@example(size=(37, 1000), resize="training")
def test_the_output_has_the_size_of_the_input_whatever_it_is(translators, size, resize):
    assert translators[resize](noise(*size)).shape == (*size, 3)


@given(length=st.integers(1, 40), multiple=st.sampled_from([1, 4, 32]))
def test_padding_is_a_reflection_to_the_next_multiple(length, multiple):
    row = torch.arange(float(length)).view(1, 1, 1, length)
    padded = pad(row, multiple, 1)
    wanted = -(-length // multiple) * multiple
    assert padded.shape[-1] == wanted
    np.testing.assert_array_equal(
        padded[0, 0, 0].numpy(),
        np.pad(np.arange(length), (0, wanted - length), mode="reflect" if length > 1 else "edge"),
    )


def test_a_size_the_network_takes_is_not_touched(translators):
    image = noise(32, 48)
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.no_grad():
        direct = translators["native"].generator(tensor)
    torch.testing.assert_close(translators["native"].predict(tensor), direct, rtol=0, atol=0)


def test_paths_pil_images_and_arrays_give_the_same_pixels(translators, tmp_path):
    image = noise(20, 31)
    write_image(tmp_path / "a.png", image)
    array = translators["native"](image)
    assert isinstance(array, np.ndarray)
    for given_as in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(image)):
        output = translators["native"](given_as)
        assert isinstance(output, Image.Image)
        np.testing.assert_array_equal(np.asarray(output), array)


def test_channels_follow_the_model_not_the_file(tmp_path):
    translate = i2i.load(make_bundle(tmp_path, channels=(1, 3)))
    assert translate(noise(16, 16, 3)).shape == (16, 16, 3)
    assert translate(noise(16, 16, 1)[:, :, 0]).shape == (16, 16, 3)
    assert translate(Image.new("RGBA", (16, 16))).mode == "RGB"


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3)), np.zeros(4, np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_an_array_of_another_kind_is_refused(translators, array):
    with pytest.raises(ImageError, match="array: "):
        translators["native"](array)


def test_an_answer_does_not_depend_on_what_was_asked_before_or_beside(bundle):
    translate = i2i.load(bundle, statistics="batch", dropout=True)
    first, second = noise(16, 16, seed=1), noise(16, 16, seed=2)
    alone = translate(first, seed=3)
    translate(second, seed=9)
    torch.manual_seed(77)
    np.testing.assert_array_equal(translate(first, seed=3), alone)
    both = torch.from_numpy(np.stack([first, second])).permute(0, 3, 1, 2).float() / 127.5 - 1
    torch.testing.assert_close(translate.predict(both, seed=3)[:1], translate.predict(both[:1], seed=3))


def test_the_callers_random_state_is_left_alone(bundle):
    translate = i2i.load(bundle, dropout=True)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    translate(noise(16, 16))
    assert torch.equal(torch.rand(3), expected)


def test_samples_differ_with_noise_and_are_refused_without(bundle):
    image = noise(32, 32)
    answers = i2i.load(bundle, dropout=True).sample(image, 4, seed=1)
    assert len({answer.tobytes() for answer in answers}) == 4
    again = i2i.load(bundle, dropout=True).sample(image, 4, seed=1)
    assert [answer.tobytes() for answer in again] == [answer.tobytes() for answer in answers]
    with pytest.raises(ConfigError, match="turn dropout on"):
        i2i.load(bundle).sample(image, 4)


def test_a_network_without_dropout_says_so(tmp_path):
    bundle = make_bundle(tmp_path, name="resnet", blocks=1)
    with pytest.raises(ConfigError, match="has no dropout"):
        i2i.load(bundle, dropout=True).sample(noise(16, 16), 2)


def test_the_stored_policy_is_used_told_and_can_be_departed_from(tmp_path):
    bundle = make_bundle(tmp_path, policy=Translation(statistics="running", dropout=True, resize="training"))
    translate = i2i.load(bundle)
    assert translate.describe().endswith("running statistics, dropout on, training size, eager engine")
    assert (
        i2i.load(bundle, dropout=False, statistics="batch")
        .describe()
        .endswith("batch statistics, dropout off, training size, eager engine")
    )
    image = noise(32, 32)
    assert (translate(image) != i2i.load(bundle, statistics="batch")(image)).any()


def test_translating_leaves_the_weights_as_they_were(bundle):
    before = load_bundle(bundle).generator.state_dict()
    translate = i2i.load(bundle, statistics="batch", dropout=True)
    translate(noise(32, 32))
    after = translate.generator.state_dict()
    assert all(torch.equal(weights, after[name]) for name, weights in before.items())


def test_bf16_is_close_to_fp32(bundle):
    image = noise(32, 32)
    gap = np.abs(i2i.load(bundle)(image).astype(int) - i2i.load(bundle, precision="bf16")(image).astype(int))
    assert 0 < gap.max() <= 24
    assert gap.mean() < 2


def test_a_bundle_holds_no_pickle_and_survives_the_way_to_disk(bundle):
    loaded = load_bundle(bundle)
    assert {path.name for path in loaded.path.iterdir()} == {"config.json", "model.safetensors", "README.md"}
    assert loaded.config.generator["width"] == 4
    assert b"pickle" not in (loaded.path / "model.safetensors").read_bytes()[:4096]


def test_an_engine_gives_what_eager_gives_in_pixels(bundle):
    image = noise(45, 70)
    for policy in ({"statistics": "running"}, {"statistics": "batch"}, {"resize": "training"}):
        exact = i2i.load(bundle, **policy)(image)
        gap = np.abs(i2i.load(bundle, **policy, engine="packed")(image).astype(int) - exact)
        assert gap.max() <= 1
        assert (gap > 0).mean() < 0.01


def test_with_dropout_on_auto_gives_the_same_samples_as_eager(bundle):
    image = noise(32, 32)
    quick = i2i.load(bundle, dropout=True, engine="auto")
    quick.use("auto", 10_000)
    np.testing.assert_array_equal(quick(image, seed=4), i2i.load(bundle, dropout=True)(image, seed=4))
    assert "eager engine" in quick.describe()
    with pytest.raises(ConfigError, match="engine 'packed': it draws noise"):
        i2i.load(bundle, dropout=True, engine="packed")(image)


def test_the_engine_is_told_and_a_mistyped_one_is_refused_at_once(bundle):
    assert (
        "dropout off, native size, packed engine, equal to eager but for"
        in i2i.load(bundle, engine="packed").describe()
    )
    with pytest.raises(ConfigError, match="did you mean 'packed'"):
        i2i.load(bundle, engine="pakced")


def test_the_first_image_is_not_kept_waiting_for_an_engine(bundle, monkeypatch):
    monkeypatch.setattr("i2i.engines.packed.fold", None)
    translate = i2i.load(bundle, engine="auto")
    translate.use("auto", 1)
    assert translate(noise(16, 16)).shape == (16, 16, 3)
    assert translate.chosen.name == "eager"
