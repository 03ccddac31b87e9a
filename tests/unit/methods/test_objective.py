"""What later papers add to pix2pix's objective: each term as its paper has it, and refused where it is wrong."""

import copy

import pytest
import torch
from lightning_fabric import Fabric

from i2i.config import Config, overlay
from i2i.data.samples import Batch
from i2i.discriminators import logits
from i2i.errors import ConfigError, MissingWeightsError
from i2i.losses import ADVERSARIAL, UnitPerceptualLoss, checkerboard_loss, feature_matching, r1
from i2i.methods import build_method
from i2i.methods.contract import Phase
from i2i.pretrained.caffe import CaffeSqueezeNet
from i2i.training.loop import Step
from i2i.training.setup import make_method, make_state

SIDE = 32
OBJECTIVES = {
    "relativistic": {"loss": {"adversarial": "relativistic"}},
    "relativistic-hinge": {"loss": {"adversarial": "relativistic-hinge"}},
    "feature matching": {"loss": {"feature_matching_weight": 10.0}},
    "checkerboard": {"loss": {"checkerboard_weight": 400.0}},
    "r1": {"loss": {"r1_weight": 1.0, "r1_every": 2}, "discriminator": {"norm": "instance"}},
    "gradient penalty": {
        "loss": {"adversarial": "wasserstein", "gradient_penalty_weight": 10.0},
        "discriminator": {"norm": "none"},
    },
    "spectral norm": {"discriminator": {"spectral_norm": True, "norm": "none"}},
    "two scales": {"discriminator": {"name": "multiscale"}, "loss": {"adversarial": "hinge"}},
}


def configured(**changes):
    tree = {
        "data": {"input": {"channels": 3}, "target": {"channels": 3}, "size": SIDE},
        "generator": {"width": 4, "depth": 3, "dropout": []},
        "discriminator": {"width": 4, "depth": 1},
        "training": {"images": 1000, "batch": 4},
        "schedule": {"name": "constant"},
    }
    return overlay(overlay(Config(), tree), changes)


def make_step(config):
    method = make_method(config)
    return Step(config, method, make_state(config, method, torch.device("cpu")), Fabric(accelerator="cpu"))


def make_batch(count=4):
    torch.manual_seed(0)
    return Batch(torch.rand(count, 3, SIDE, SIDE) * 2 - 1, torch.rand(count, 3, SIDE, SIDE) * 2 - 1)


def judged(discriminator, batch, image):
    return discriminator.judge(torch.cat([batch.input, image], dim=1))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_each_takes_steps_alone_and_all_together(name):
    everything = {}
    for changes in OBJECTIVES.values():
        for group, settings in changes.items():
            everything[group] = everything.get(group, {}) | settings
    everything["augment"] = {"discriminator": ["colour", "translation", "cutout"]}
    for changes in (OBJECTIVES[name], everything):
        step = make_step(configured(**changes))
        discriminator = step.state.networks["discriminator"]
        before = copy.deepcopy(discriminator.state_dict())
        for _ in range(2):
            assert all(torch.isfinite(term) for term in step(make_batch()).values())
        still = [key for key, value in discriminator.named_parameters() if torch.equal(value, before[key])]
        assert [key for key in still if key.endswith("weight")] == []  # only relative logits leave a bias alone


def test_the_terms_of_g_compare_the_output_with_the_target_in_the_updated_discriminator():
    changes = {"loss": {"adversarial": "relativistic", "feature_matching_weight": 5.0, "adversarial_weight": 3.0}}
    step = make_step(configured(**changes, discriminator={"name": "multiscale"}))
    batch = make_batch()
    generator, discriminator = step.state.networks["generator"], step.state.networks["discriminator"]
    fake = generator(batch.input).detach()
    terms = step(batch)
    with torch.no_grad():
        on_fake, on_real = judged(discriminator, batch, fake), judged(discriminator, batch, batch.target)
    torch.testing.assert_close(terms["generator.feature-matching"], 5 * feature_matching(on_real, on_fake))
    expected = 3 * ADVERSARIAL["relativistic"].generator(logits(on_fake), logits(on_real))
    torch.testing.assert_close(terms["generator.adversarial"], expected)


def test_feature_matching_shows_the_discriminator_output_and_target_changed_alike():
    """An output that is its target is at no distance, whatever DiffAugment makes of both."""
    changes = {"loss": {"feature_matching_weight": 1.0}, "augment": {"discriminator": ["translation", "colour"]}}
    method = build_method(configured(**changes, discriminator={"norm": "instance"}))
    batch = make_batch()
    terms = method.losses(Phase("generator", ("generator",)), method.networks(), batch, {"fake": batch.target})
    assert terms["feature-matching"].item() == 0
    assert terms["adversarial"].item() > 0


def test_the_grid_of_the_output_is_compared_with_the_target_s_where_there_are_readings():
    step = make_step(configured(loss={"checkerboard_weight": 400.0}))
    batch = make_batch()
    batch = Batch(batch.input, batch.target, batch.input.mean(dim=1, keepdim=True).expand_as(batch.input) > -0.5)
    fake = batch.only_readings(step.state.networks["generator"](batch.input).detach())
    found = step(batch)["generator.checkerboard"]
    torch.testing.assert_close(found, 400 * checkerboard_loss(fake, batch.target))


def test_r1_comes_now_and_then_and_counts_as_often_as_it_is_left_out():
    step = make_step(configured(loss={"r1_weight": 8.0, "r1_every": 3}, discriminator={"norm": "instance"}))
    batch, seen = make_batch(), []
    for _ in range(6):
        critic = copy.deepcopy(step.state.networks["discriminator"])
        terms = step(batch)
        seen.append("r1.penalty" in terms)
        assert terms.keys() >= {"discriminator.real", "generator.reconstruction"}
    assert seen == [False, False, True, False, False, True]
    critic.load_state_dict(step.state.networks["discriminator"].state_dict())
    terms = step.method.losses(Phase("r1", ("discriminator",), 3), {"discriminator": critic}, batch, {})
    by_hand = r1(lambda y: critic(torch.cat([batch.input, y], dim=1)), batch.target)
    torch.testing.assert_close(terms["penalty"], 3 * 8.0 / 2 * by_hand, rtol=1e-4, atol=0)


def test_the_penalties_slope_of_several_scales_is_that_of_the_sum_of_their_means():
    changes = {"discriminator": {"name": "multiscale", "norm": "none"}, "loss": {"r1_weight": 2.0, "r1_every": 1}}
    method, batch = build_method(configured(**changes)), make_batch()
    terms = method.losses(Phase("r1", ("discriminator",)), method.networks(), batch, {})
    y = batch.target.clone().requires_grad_()
    total = sum(each.mean(dim=(1, 2, 3)).sum() for each in logits(judged(method.discriminator, batch, y)))
    (gradient,) = torch.autograd.grad(total, y)
    expected = gradient.square().sum(dim=(1, 2, 3)).mean()
    torch.testing.assert_close(terms["penalty"], expected, rtol=1e-4, atol=0)


def test_a_perceptual_term_alone_is_an_objective_and_teaches():
    config = configured(loss={"adversarial": "none"}, training={"batch": 2})
    step = make_step(config)
    torch.manual_seed(0)
    step.method.perceptual, step.method.perceptual_weight = UnitPerceptualLoss(CaffeSqueezeNet()), 2.0
    step.method.reconstruction = None
    batch = make_batch(2)
    fake = step.state.networks["generator"](batch.input).detach()
    terms = step(batch)
    assert set(terms) == {"generator.perceptual"}
    torch.testing.assert_close(terms["generator.perceptual"], 2 * step.method.perceptual(fake, batch.target))
    for _ in range(20):
        last = step(batch)
    assert last["generator.perceptual"] < 0.9 * terms["generator.perceptual"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"loss": {"adversarial": "none", "gradient_penalty_weight": 10}}, "there is no discriminator for"),
        ({"loss": {"adversarial": "none", "r1_weight": 10}}, "there is no discriminator for"),
        ({"loss": {"r1_weight": 10}}, r"loss\.r1_weight is set and discriminator\.norm is 'batch'"),
        ({"schedule": {"coarse_share": 0.5}}, "method pix2pix has no stages"),
        (
            {"loss": {"perceptual_weight": 1}, "data": {"target": {"channels": 5}}},
            "no grey or RGB picture but 5 channels",
        ),
        (
            {"loss": {"perceptual_weight": 1}, "data": {"target": {"channels": 3, "dtype": "uint8", "space": "lab"}}},
            "3 channels uint8 as lab",
        ),
        (
            {"loss": {"perceptual_weight": 1}, "data": {"target": {"channels": 1, "classes": [[0, "a", [0, 0, 0]]]}}},
            "no grey or RGB picture but 1 classes",
        ),
        (
            {"discriminator": {"name": "multiscale", "scales": 6}},
            r"data\.size 32x32: the discriminator needs sides of at least 64",
        ),
    ],
)
def test_what_contradicts_itself_or_the_images_is_refused_in_one_line(changes, expected):
    with pytest.raises(ConfigError, match=expected) as refused:
        build_method(configured(**changes))
    assert "\n" not in str(refused.value)


def test_a_perceptual_loss_without_its_weights_says_how_to_get_them_and_how_to_do_without(tmp_path, monkeypatch):
    monkeypatch.setenv("I2I_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(MissingWeightsError, match=r"vgg19.*perceptual_weights=FILE.*perceptual_weight=0"):
        build_method(configured(loss={"perceptual_weight": 10}))
