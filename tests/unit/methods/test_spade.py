"""SPADE: from label maps alone, and by the map at every size."""

import pytest
import torch
from lightning_fabric import Fabric

from i2i.config import overlay
from i2i.data.samples import Batch
from i2i.errors import ConfigError
from i2i.generators import build_generator
from i2i.layers.spade import SpadeNorm
from i2i.losses import ADVERSARIAL
from i2i.methods import build_method
from i2i.methods.recipes import find_recipe
from i2i.training.loop import Step
from i2i.training.setup import make_method, make_state

SIDE, CLASSES = 32, 5


def configured(**changes):
    classes = [[value, f"class {value}", [value, 0, 0]] for value in range(CLASSES)]
    tree = {
        "data": {"input": {"channels": 1, "classes": classes}, "target": {"channels": 3}, "size": SIDE},
        "generator": {"width": 4, "depth": 3},
        "discriminator": {"width": 4, "depth": 1},
        "training": {"images": 100, "batch": 2},
        "loss": {"perceptual_weight": 0.0},
    }
    return overlay(overlay(find_recipe("spade"), tree), changes)


def one_hot(labels):
    """(N, 1, H, W) of whole numbers -> (N, CLASSES, H, W), 1 in the plane of the class and -1 elsewhere."""
    return (labels == torch.arange(CLASSES)[:, None, None]).float() * 2 - 1


def make_batch():
    torch.manual_seed(0)
    return Batch(one_hot(torch.randint(0, CLASSES, (2, 1, SIDE, SIDE))), torch.rand(2, 3, SIDE, SIDE) * 2 - 1)


def test_the_norm_is_its_equation():
    torch.manual_seed(0)
    norm = SpadeNorm(4, CLASSES, hidden=6, norm="batch").train()
    h, m = torch.randn(3, 4, 8, 8) * 5 + 2, torch.randn(3, CLASSES, 8, 8)
    mean, deviation = h.mean(dim=(0, 2, 3), keepdim=True), h.std(dim=(0, 2, 3), correction=0, keepdim=True)
    hidden = norm.shared(m)
    expected = (h - mean) / deviation * (1 + norm.scale(hidden)) + norm.shift(hidden)
    torch.testing.assert_close(norm(h, m), expected, rtol=1e-4, atol=1e-4)


def test_an_even_map_is_not_washed_away_by_the_normalisation():
    """The paper's §3.2 and figure 3: a convolution and instance norm make the same of grass and of sky."""
    torch.manual_seed(0)
    grass, sky = (one_hot(torch.full((1, 1, 8, 8), value)) for value in (1, 3))
    plain = torch.nn.Sequential(torch.nn.Conv2d(CLASSES, 4, 1), torch.nn.InstanceNorm2d(4))
    torch.testing.assert_close(plain(grass), plain(sky), rtol=0, atol=1e-3)
    told = SpadeNorm(4, CLASSES, hidden=6, norm="instance")
    assert (told(plain(grass), grass) - told(plain(sky), sky)).abs().max() > 0.1
    net = build_generator("spade", in_channels=CLASSES, out_channels=3, width=4, depth=2, norm="instance")
    assert (net(grass) - net(sky)).abs().mean() > 1e-3


def test_each_block_is_told_the_map_at_its_own_size_by_the_nearest_pixel():
    net = build_generator("spade", in_channels=CLASSES, out_channels=3, width=4, depth=3).eval()
    told = []
    for block in net.blocks:
        block.register_forward_pre_hook(lambda _, given: told.append(given))
    image = make_batch().input
    net(image)
    assert [features.shape[-1] for features, _ in told] == [4, 8, 8, 16, 32]
    for features, given in told:
        nearest = torch.nn.functional.interpolate(image, features.shape[2:], mode="nearest")
        assert torch.equal(given, nearest)


def test_its_objective_is_hinge_averaged_over_scales_and_the_generator_learns_first():
    config = configured()
    method = make_method(config)
    step = Step(config, method, make_state(config, method, torch.device("cpu")), Fabric(accelerator="cpu"))
    assert [phase.name for phase in method.phases] == ["generator", "discriminator"]
    logits = {}
    judge = method.discriminator.judge

    def watched(image):
        judged = judge(image)
        logits.setdefault(len(logits), [features[-1].detach() for features in judged])
        return judged

    method.discriminator.judge = watched
    terms = step(make_batch())
    hinge = ADVERSARIAL["hinge"]
    _, for_g, on_fake, on_real = (logits[number] for number in range(4))
    torch.testing.assert_close(terms["generator.adversarial"], hinge.generator(for_g) / 2)
    real, fake = hinge.discriminator(on_real, on_fake)
    torch.testing.assert_close(terms["discriminator.real"], real / 2)
    torch.testing.assert_close(terms["discriminator.fake"], fake / 2)
    assert {group["betas"] for group in step.state.optimizers["generator"].param_groups} == {(0.0, 0.9)}
    rates = {name: optimizer.param_groups[0]["lr"] for name, optimizer in step.state.optimizers.items()}
    assert rates == {"generator": 1e-4, "discriminator": 4e-4}


def test_an_input_that_is_no_label_map_is_refused_with_what_to_do():
    with pytest.raises(ConfigError, match=r"data\.input is 3 channels uint8.*data\.input\.classes=auto") as refused:
        build_method(configured(data={"input": {"channels": 3, "classes": ""}}))
    assert "\n" not in str(refused.value)
