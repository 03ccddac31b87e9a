"""pix2pixHD: the order of its step, and the stages of its generator."""

import copy

import pytest
import torch
from lightning_fabric import Fabric

from i2i.config import overlay
from i2i.data.samples import Batch
from i2i.errors import ConfigError
from i2i.layers.pyramid import halved
from i2i.losses import ADVERSARIAL
from i2i.methods import build_method
from i2i.methods.recipes import find_recipe
from i2i.training.loop import Step
from i2i.training.setup import make_method, make_state

SIDE = 32
WITHOUT_VGG = {"perceptual_weight": 0.0}


def configured(recipe="pix2pixhd-local", **changes):
    tree = {
        "data": {"input": {"channels": 3}, "target": {"channels": 3}, "size": SIDE},
        "generator": {"width": 4, "depth": 1, "blocks": 1, "enhancer_blocks": 1},
        "discriminator": {"width": 4, "depth": 1, "scales": 2},
        "training": {"images": 20, "batch": 2},
        "loss": WITHOUT_VGG,
    }
    return overlay(overlay(find_recipe(recipe), tree), changes)


def make_step(config):
    method = make_method(config)
    return Step(config, method, make_state(config, method, torch.device("cpu")), Fabric(accelerator="cpu"))


def make_batch(count=2):
    torch.manual_seed(0)
    return Batch(torch.rand(count, 3, SIDE, SIDE) * 2 - 1, torch.rand(count, 3, SIDE, SIDE) * 2 - 1)


def weights(module):
    return {name: parameter.detach().clone() for name, parameter in module.named_parameters()}


def moved(before, module):
    return {name for name, parameter in module.named_parameters() if not torch.equal(before[name], parameter)}


STAGES = {"schedule": {"coarse_share": 0.4, "enhancer_share": 0.2}}


def test_the_stages_follow_from_the_images_seen_and_train_what_the_paper_says():
    step = make_step(configured(**STAGES))
    nets, batch = step.state.networks, make_batch()
    stages = []
    while step.state.images_seen < 20:
        before, head, judge = weights(nets["generator"]), weights(nets["coarse-output"]), weights(nets["discriminator"])
        step(batch)
        stages.append(step.method.stage)
        of_g, of_head = moved(before, nets["generator"]), moved(head, nets["coarse-output"])
        coarse = {name for name in before if name.startswith("coarse.")}
        assert of_g == {"coarse": coarse, "enhancers": before.keys() - coarse, "jointly": before.keys()}[stages[-1]]
        assert bool(of_head) is (stages[-1] == "coarse")
        assert moved(judge, nets["discriminator"]) == judge.keys()
    assert stages == ["coarse"] * 4 + ["enhancers"] * 2 + ["jointly"] * 4


def test_alone_the_global_generator_is_judged_on_images_of_its_own_size():
    step = make_step(configured(**STAGES))
    nets, batch, seen = step.state.networks, make_batch(), []
    judge = nets["discriminator"].judge
    nets["discriminator"].judge = lambda image: (seen.append(image.detach().clone()), judge(image))[1]
    step(batch)
    small = torch.cat([halved(batch.input), halved(batch.target)], dim=1)
    assert {tuple(each.shape) for each in seen} == {(2, 6, SIDE // 2, SIDE // 2)}
    assert any(torch.equal(each, small) for each in seen)
    seen.clear()
    step.state.images_seen = 18
    step(batch)
    assert {tuple(each.shape) for each in seen} == {(2, 6, SIDE, SIDE)}


def test_places_without_a_reading_teach_nothing_in_any_stage():
    batch = make_batch()
    valid = torch.ones_like(batch.target, dtype=torch.bool)
    valid[:, :, :9] = False
    for images_seen in (0, 8, 12):
        found = []
        for elsewhere in (0.5, -0.5):
            step = make_step(configured(**STAGES, discriminator={"conditional": False, "norm": "none"}))
            step.state.images_seen = images_seen
            step.method.begin(images_seen)
            outputs = step.method.generate(step.state.networks, Batch(batch.input, batch.target * elsewhere, valid))
            found.append(outputs["fake"])
        different = found[0] != found[1]
        first = 9 if images_seen else 5
        assert not different[:, :, first:].any()
        assert different[:, :, :first].all()  # of a mean of three rows, one without a reading is enough


def test_the_generator_learns_before_the_discriminator():
    """Of one step, in the published order: D still is what it was when it judges for G."""
    step = make_step(configured("pix2pixhd"))
    batch, nets = make_batch(), step.state.networks
    fake = nets["generator"](batch.input).detach()
    critic = copy.deepcopy(nets["discriminator"])
    terms = step(batch)
    with torch.no_grad():
        on_fake, on_real = (
            [features[-1] for features in critic.judge(torch.cat([batch.input, image], dim=1))]
            for image in (fake, batch.target)
        )
    torch.testing.assert_close(terms["generator.adversarial"], ADVERSARIAL["least-squares"].generator(on_fake))
    real, of_fake = ADVERSARIAL["least-squares"].discriminator(on_real, on_fake)
    torch.testing.assert_close(terms["discriminator.real"], 0.5 * real)
    torch.testing.assert_close(terms["discriminator.fake"], 0.5 * of_fake)


def test_without_stages_there_is_no_output_layer_to_throw_away():
    assert build_method(configured("pix2pixhd")).networks().keys() == {"generator", "discriminator"}
    assert "coarse-output" in build_method(configured()).networks()


@pytest.mark.parametrize(
    ("recipe", "changes", "expected"),
    [
        ("pix2pixhd", {"schedule": {"coarse_share": 0.5}}, "coarse-to-fine has no enhancers to train apart"),
        ("pix2pixhd-local", {"generator": {"name": "unet", "depth": 3}}, "unet has no enhancers"),
        ("pix2pixhd-local", {"schedule": {"coarse_share": 0.7, "enhancer_share": 0.3}}, "leave no time"),
        ("pix2pixhd-local", {"discriminator": {"scales": 5}}, "sides of at least 64 while the global"),
    ],
)
def test_stages_that_cannot_be_are_refused(recipe, changes, expected):
    with pytest.raises(ConfigError, match=expected):
        build_method(configured(recipe, **changes))
