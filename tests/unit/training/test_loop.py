import pytest
import torch

from i2i.config import Config, overlay
from i2i.data.samples import Batch
from i2i.data.survey import spec_of
from i2i.errors import ConfigError, TrainingDiverged
from i2i.layers.convolutions import Convolution
from i2i.methods import build_method
from i2i.methods.recipes import RECIPES
from i2i.training.loop import Losses, Step
from i2i.training.setup import make_fabric, make_method, make_state

SIDE = 16


def configured(**changes):
    tree = {
        "data": {"input": {"channels": 3}, "target": {"channels": 3}, "size": SIDE},
        "generator": {"width": 4, "depth": 4, "dropout": [1]},
        "discriminator": {"width": 4, "depth": 1},
        "training": {"images": 100, "batch": 4, "device": "cpu"},
        "schedule": {"name": "constant"},
    }
    return overlay(overlay(Config(), tree), changes)


def make_step(config):
    method = make_method(config)
    return Step(config, method, make_state(config, method, torch.device("cpu")), make_fabric(config))


def make_batch(count=4):
    torch.manual_seed(0)
    return Batch(torch.rand(count, 3, SIDE, SIDE) * 2 - 1, torch.rand(count, 3, SIDE, SIDE) * 2 - 1)


def weights(step, name):
    return torch.cat([p.detach().flatten().clone() for p in step.state.networks[name].parameters()])


def test_each_phase_moves_its_own_networks_only():
    step = make_step(configured(training={"discriminator_steps": 2}))
    before = {name: weights(step, name) for name in ("generator", "discriminator")}
    terms = step(make_batch())
    assert set(terms) == {"discriminator.real", "discriminator.fake"}
    assert torch.equal(weights(step, "generator"), before["generator"])
    assert not torch.equal(weights(step, "discriminator"), before["discriminator"])
    terms = step(make_batch())
    assert "generator.reconstruction" in terms
    assert not torch.equal(weights(step, "generator"), before["generator"])
    assert step.state.images_seen == 8


def test_the_generator_is_judged_by_the_updated_discriminator():
    """The order of the published code: D's step comes first, and G's adversarial term is of D after it."""
    step = make_step(configured(optimizer={"learning_rate": 0.05}, generator={"dropout": []}))
    batch = make_batch()
    generator, discriminator = step.state.networks["generator"], step.state.networks["discriminator"]
    fake = generator(batch.input).detach()
    terms = step(batch)
    with torch.no_grad():
        judged = torch.nn.functional.softplus(-discriminator(torch.cat([batch.input, fake], dim=1))).mean()
    torch.testing.assert_close(terms["generator.adversarial"], judged)


@pytest.mark.parametrize(("precision", "layout"), [("fp32", torch.contiguous_format), ("bf16", torch.channels_last)])
def test_in_bfloat16_the_networks_see_images_pixel_by_pixel(precision, layout):
    step, seen = make_step(configured(training={"precision": precision})), []
    for network in step.state.networks.values():
        first = next(layer for layer in network.modules() if isinstance(layer, Convolution))
        first.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    step(make_batch())
    assert len(seen) == 4  # G once; D what is real, and what G made twice
    assert all(image.is_contiguous(memory_format=layout) for image in seen)


def test_the_terms_are_the_papers_objective():
    config = configured(loss={"adversarial": "least-squares", "reconstruction_weight": 7.0}, generator={"dropout": []})
    step = make_step(config)
    batch, nets = make_batch(), step.state.networks
    with torch.no_grad():
        fake = nets["generator"](batch.input)
        on_fake = nets["discriminator"](torch.cat([batch.input, fake], dim=1))
        on_real = nets["discriminator"](torch.cat([batch.input, batch.target], dim=1))
    terms = step(batch)
    torch.testing.assert_close(terms["discriminator.fake"], 0.5 * on_fake.square().mean())
    torch.testing.assert_close(terms["discriminator.real"], 0.5 * (on_real - 1).square().mean())
    torch.testing.assert_close(terms["generator.reconstruction"], 7 * (fake - batch.target).abs().mean())


@pytest.mark.parametrize("norm", ["none", "instance"])
def test_a_batch_cut_in_parts_gives_the_step_of_the_whole(norm):
    """With dropout off and no statistics across a batch, accumulating changes nothing but the memory."""
    changes = {
        "generator": {"norm": norm, "dropout": []},
        "discriminator": {"norm": norm},
        "optimizer": {"learning_rate": 0.01},
    }
    whole, parts = make_step(configured(**changes)), make_step(configured(**changes, training={"accumulate": 2}))
    terms, again = whole(make_batch()), parts(make_batch())
    for name, term in terms.items():
        torch.testing.assert_close(term, again[name], rtol=1e-4, atol=1e-5)
    for name in ("generator", "discriminator"):
        gap = (weights(whole, name) - weights(parts, name)).abs()
        assert float(gap.quantile(0.99)) < 1e-3  # Adam's first step is ±rate, so a gradient near 0 may flip its sign


def test_dropout_is_a_function_of_the_images_seen():
    config = configured()
    one, other = make_step(config), make_step(config)
    torch.manual_seed(123)
    first = one(make_batch())
    torch.manual_seed(456)
    assert {name: float(term) for name, term in other(make_batch()).items()} == {n: float(t) for n, t in first.items()}


def test_clipping_bounds_the_gradient():
    step = make_step(configured(optimizer={"clip": 1e-3}))
    seen = {}
    original = step.state.optimizers["generator"].step

    def spy():
        grads = [p.grad for p in step.state.networks["generator"].parameters()]
        seen["norm"] = float(torch.linalg.vector_norm(torch.stack([g.norm() for g in grads])))
        original()

    step.state.optimizers["generator"].step = spy
    step(make_batch())
    assert 0 < seen["norm"] <= 1.001e-3


def test_the_average_of_the_generator_has_its_half_life():
    step = make_step(configured(training={"ema_halflife_images": 4.0, "batch": 4}))
    before = weights(step, "generator")
    step(make_batch())  # the first update copies
    first = weights(step, "generator")
    step(make_batch())
    second = weights(step, "generator")
    kept = torch.cat([p.detach().flatten() for p in step.state.generator.parameters()])
    assert not torch.equal(before, first)
    torch.testing.assert_close(kept, 0.5 * first + 0.5 * second)


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({"loss": {"adversarial": "none"}}, {"generator.reconstruction"}),
        ({"loss": {"reconstruction": "none"}}, {"discriminator.real", "discriminator.fake", "generator.adversarial"}),
        (
            {"discriminator": {"conditional": False}},
            {"discriminator.real", "discriminator.fake", "generator.adversarial", "generator.reconstruction"},
        ),
        (
            {
                "loss": {"adversarial": "wasserstein", "gradient_penalty_weight": 10},
                "discriminator": {"norm": "instance"},
            },
            {
                "discriminator.real",
                "discriminator.fake",
                "discriminator.gradient-penalty",
                "generator.adversarial",
                "generator.reconstruction",
            },
        ),
    ],
)
def test_each_row_of_the_ablation_is_one_option_away(changes, terms):
    step = make_step(configured(**changes))
    assert set(step(make_batch())) == terms
    discriminator = step.state.networks.get("discriminator")
    if discriminator is not None:
        assert discriminator.in_channels == (6 if step.config.discriminator.conditional else 3)


LABELS = {"channels": 1, "classes": [[0, "ground", [0, 0, 0]], [1, "sky", [0, 0, 255]]]}
SUITED = {
    "acgan": {"data": {"input": {"channels": 3}}, "domains": {"names": ["cat", "dog"]}},
    "cut": {"data": {"input": {"channels": 3}}},
    "cyclegan": {"data": {"input": {"channels": 3}}},
    "fastcut": {"data": {"input": {"channels": 3}}},
    "pix2pixhd": {"generator": {"depth": 2}, "loss": {"perceptual_weight": 0}},
    "pix2pixhd-local": {"generator": {"depth": 2}, "loss": {"perceptual_weight": 0}},
    "spade": {"data": {"input": LABELS}, "generator": {"depth": 2}, "loss": {"perceptual_weight": 0}},
    "stargan": {"data": {"input": {"channels": 3}}, "domains": {"names": ["cat", "dog"]}},
}
"""What a recipe needs to work on images so small, and without pretrained weights."""


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_takes_a_step(name):
    recipe = overlay(RECIPES[name].config(name), {"generator": {"dropout": [1]}})
    tiny = {"generator": {"width": 4, "depth": 4}, "discriminator": {"width": 4, "depth": 1}}
    data = {
        "data": {"input": {"channels": 1}, "target": {"channels": 3}, "size": SIDE},
        "training": {"images": 8, "batch": 2},
    }
    config = overlay(overlay(recipe, tiny | data), SUITED.get(name, {}))
    step = make_step(config)
    torch.manual_seed(0)
    planes = spec_of(config.data.input).planes
    sides = (torch.rand(2, planes, SIDE, SIDE) * 2 - 1, torch.rand(2, 3, SIDE, SIDE) * 2 - 1)
    batch = Batch(*sides, domain=torch.tensor([1, 0]) if config.domains.names else None)
    assert all(torch.isfinite(term) for term in step(batch).values())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"loss": {"adversarial": "none", "reconstruction": "none"}}, "nothing would be learnt"),
        ({"loss": {"gradient_penalty_weight": 10}}, "set discriminator.norm=instance"),
        ({"loss": {"adversarial": "wasserstein"}}, "without a bound"),
        ({"generator": {"name": "unett"}}, "unet"),
        ({"discriminator": {"depth": 3}}, r"data\.size 16x16: the discriminator needs sides of at least 24;"),
        (
            {"generator": {"name": "resnet"}, "data": {"size": 18}},
            r"data\.size 18x18: .* at least 8 in multiples of 4",
        ),
        ({"method": "pix2pics"}, "did you mean 'pix2pix'"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes, expected):
    with pytest.raises(ConfigError, match=expected):
        build_method(configured(**changes))


def test_a_loss_that_is_not_finite_is_named_with_its_image():
    losses = Losses()
    losses.add(4, {"generator.l1": torch.tensor(1.0)})
    losses.add(8, {"generator.l1": torch.tensor(float("nan"))})
    with pytest.raises(TrainingDiverged, match=r"image 8: the term generator\.l1 is nan"):
        losses.read()
    assert losses.read() == {}


def test_places_without_a_reading_stay_so_in_a_batch_that_is_cut_into_parts():
    batch = make_batch()
    valid = torch.ones_like(batch.target, dtype=torch.bool)
    valid[:, :, : SIDE // 2] = False
    wild = torch.where(valid, batch.target, torch.tensor(1e4))
    alike = []
    for target in (batch.target, wild):
        step = make_step(configured(training={"accumulate": 2}, loss={"adversarial": "none"}))
        alike.append(step(Batch(batch.input, target, valid))["generator.reconstruction"])
    assert alike[0] == alike[1]


def test_a_half_life_that_ramps_up_forgets_the_first_weights_sooner():
    """At 8 images it is a half of them, as many as a step has."""
    step = make_step(configured(training={"ema_halflife_images": 1e6, "ema_rampup": 0.5, "batch": 4}))
    step(make_batch())
    first = weights(step, "generator")
    step(make_batch())
    kept = torch.cat([p.detach().flatten() for p in step.state.generator.parameters()])
    torch.testing.assert_close(kept, 0.5 * first + 0.5 * weights(step, "generator"))
