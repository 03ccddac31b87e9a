"""What is shown of a translator is what its networks do."""

import numpy as np
import pytest
import torch
from torch import nn

import i2i
from i2i.bundle import CRITIC, BundleConfig, examples, load_discriminator, save_bundle, save_examples
from i2i.config import Translation
from i2i.discriminators import build_discriminator
from i2i.errors import BundleError, ConfigError
from i2i.generators import build_generator
from i2i.images import ImageSpec, LabelClass, read_pixels
from i2i.layers.initialise import initialise
from i2i.translator.explaining import Explainer, _in_place

GENERATOR = {"name": "unet", "in_channels": 3, "out_channels": 3, "width": 4, "depth": 3, "dropout": [1, 2]}
JUDGE = {"name": "patch", "in_channels": 6, "width": 4, "depth": 2}


@pytest.fixture
def make(tmp_path):
    def make(*, judge=JUDGE, loss="cross-entropy", target=None, policy=None, **changes):
        torch.manual_seed(0)
        generator = build_generator(**(GENERATOR | changes))
        initialise(generator, gain=0.2)
        discriminator = build_discriminator(**judge) if judge else None
        config = BundleConfig(
            generator.description,
            ImageSpec(3),
            target or ImageSpec(3),
            (64, 64),
            policy or Translation(resize="native"),
            discriminator.description if discriminator else {},
            training={"loss": {"adversarial": loss}},
        )
        save_bundle(tmp_path / "bundle", generator, config, "# card\n", discriminator)
        return i2i.load(tmp_path / "bundle"), discriminator

    return make


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_bundle_gives_back_the_discriminator_it_was_given(make):
    translator, discriminator = make()
    loaded = load_discriminator(translator.path)
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), discriminator.parameters(), strict=True))
    assert loaded.description == discriminator.description == JUDGE


def test_a_damaged_discriminator_is_named_and_a_missing_one_is_none(make):
    translator, _ = make()
    weights = translator.path / CRITIC
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(BundleError, match=rf"{CRITIC}: is damaged"):
        load_discriminator(translator.path)
    weights.unlink()
    assert load_discriminator(translator.path) is None
    with pytest.raises(ConfigError, match="has no discriminator to ask"):
        Explainer(translator).patches(noise(64, 64))


def test_examples_lie_in_the_bundle_in_order_and_are_never_written_over(make):
    translator, _ = make()
    assert examples(translator.path) == []
    given = [noise(8, 8, seed) for seed in range(11)]
    save_examples(translator.path, given, ImageSpec(3))
    save_examples(translator.path, [255 - image for image in given], ImageSpec(3))
    found = examples(translator.path)
    assert [path.name for path in found] == [f"{number}.png" for number in range(1, 12)]
    assert all(np.array_equal(read_pixels(path, ImageSpec(3)), image) for path, image in zip(found, given, strict=True))


def test_a_patch_is_shown_where_it_was_judged():
    """A discriminator that sees brightness calls the one bright spot real: the map's peak is on the spot."""
    layers = [nn.Conv2d(1, 1, 4, stride=stride, padding=1, bias=False) for stride in (2, 2, 2, 1, 1)]
    for layer in layers:
        nn.init.constant_(layer.weight, 1.0)
    judge = nn.Sequential(*layers)
    for height, width, y, x in [(256, 256, 60, 200), (128, 192, 30, 170), (96, 96, 48, 48)]:
        image = torch.zeros(1, 1, height, width)
        image[:, :, y - 4 : y + 4, x - 4 : x + 4] = 1
        with torch.no_grad():
            placed = _in_place(judge(image), height, width)
        peak = np.unravel_index(placed.argmax().item(), (height, width))
        assert abs(peak[0] - y) <= 5
        assert abs(peak[1] - x) <= 5


def test_patches_are_the_probabilities_of_the_discriminator_over_input_and_output(make):
    translator, discriminator = make(policy=Translation(resize="native", statistics="running"))
    shown = Explainer(translator).patches(pixels := noise(64, 64))
    given = translator.encode(pixels)
    discriminator.train()
    with torch.no_grad():
        logits = discriminator(torch.cat([given, translator.predict(given)], dim=1))
    believed = torch.sigmoid(logits)[0, 0].numpy()
    assert shown.values.shape == (64, 64)
    assert (shown.low, shown.high, shown.meaning) == (0.0, 1.0, "probability of being real")
    middles = np.arange(14) * 4 + 5.5  # of the patches: every 4 pixels, as many before the first as after the last
    across = np.stack([np.interp(np.arange(64), middles, row) for row in believed])
    expected = np.stack([np.interp(np.arange(64), middles, column) for column in across.T]).T
    np.testing.assert_allclose(shown.values, expected, atol=1e-4)


def test_a_discriminator_of_the_output_alone_is_shown_that(make):
    translator, _ = make(judge=JUDGE | {"in_channels": 3})
    assert Explainer(translator).patches(noise(40, 50)).values.shape == (40, 50)


@pytest.mark.parametrize(("loss", "low", "high"), [("least-squares", 0, 1), ("hinge", -1, 1)])
def test_the_scale_is_that_of_the_loss(make, loss, low, high):
    shown = Explainer(make(loss=loss)[0]).patches(noise(64, 64))
    assert (shown.low, shown.high) == (low, high)


@pytest.mark.parametrize("loss", ["wasserstein", "relativistic-hinge"])
def test_a_critic_has_the_scale_of_its_values(make, loss):
    shown = Explainer(make(loss=loss)[0]).patches(noise(64, 64))
    assert shown.low < shown.high
    assert shown.grey().min() < 30
    assert shown.grey().max() > 225


def test_an_image_smaller_than_a_patch_is_refused(make):
    with pytest.raises(ConfigError, match="the discriminator needs at least 12"):
        Explainer(make()[0]).patches(noise(8, 8))


def test_uncertainty_is_the_deviation_of_the_samples_and_leaves_the_policy_alone(make):
    translator, _ = make()
    pixels = noise(32, 32)
    before = translator.translate(pixels)
    shown = Explainer(translator).uncertainty(pixels, samples=4, seed=3)
    loud = i2i.load(translator.path, dropout=True)
    samples = np.stack([loud.translate(pixels, seed=3 + number) for number in range(4)]).astype(float)
    np.testing.assert_allclose(shown.values, samples.std(axis=0).mean(axis=2), rtol=1e-5)
    assert shown.values.max() > 0
    assert not translator.is_random
    np.testing.assert_array_equal(translator.translate(pixels), before)


def test_uncertainty_works_with_an_engine_that_draws_no_noise(make):
    translator, _ = make()
    translator.use("packed")
    shown = Explainer(translator).uncertainty(noise(32, 32), samples=2)
    assert shown.values.max() > 0
    assert translator.chosen.name == "packed"


def test_uncertainty_of_classes_is_the_share_that_disagrees(make):
    classes = tuple(LabelClass(value, str(value), (value * 80, 0, 0)) for value in range(3))
    translator, _ = make(target=ImageSpec(1, classes=classes), judge=None)
    pixels = noise(32, 32)
    shown = Explainer(translator).uncertainty(pixels, samples=5)
    loud = i2i.load(translator.path, dropout=True)
    votes = np.stack([loud.translate(pixels, seed=number)[:, :, 0] for number in range(5)])
    agree = np.stack([(votes == known).sum(axis=0) for known in range(3)]).max(axis=0)
    np.testing.assert_allclose(shown.values, 1 - agree / 5, atol=1e-6)
    assert 0 < shown.values.max() <= 0.8


def test_a_network_without_dropout_has_no_uncertainty(make):
    with pytest.raises(ConfigError, match="its network has no dropout"):
        Explainer(make(dropout=[])[0]).uncertainty(noise(32, 32))


def test_a_single_sample_is_no_spread(make):
    with pytest.raises(ConfigError, match="expected at least 2"):
        Explainer(make()[0]).uncertainty(noise(32, 32), samples=1)


def test_influence_is_the_gradient_of_the_output_pixel(make):
    translator, _ = make(policy=Translation(resize="native", statistics="running"))
    pixels, (x, y) = noise(32, 48), (30, 5)
    shown = Explainer(translator).influence(pixels, (x, y))
    given = translator.encode(pixels).requires_grad_()
    jacobian = torch.autograd.functional.jacobian(lambda image: translator.generator(image)[0, :, y, x], given)
    np.testing.assert_allclose(shown.values, jacobian.square().sum(dim=(0, 1, 2)).sqrt().numpy(), rtol=1e-4, atol=1e-7)


def test_influence_at_the_training_size_is_told_at_the_images_own(make):
    translator, _ = make(policy=Translation(resize="training", statistics="running"))
    shown = Explainer(translator).influence(noise(128, 256), (200, 32))
    assert shown.values.shape == (128, 256)
    weights = shown.values / shown.values.sum()
    assert 150 < (weights.sum(axis=0) * np.arange(256)).sum() < 240


def test_a_point_outside_the_image_is_refused(make):
    with pytest.raises(ConfigError, match="point 48,5: is not in the image of 48x32"):
        Explainer(make()[0]).influence(noise(32, 48), (48, 5))
