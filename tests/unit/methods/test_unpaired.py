"""CycleGAN and CUT: their terms by hand, who learns when, and what they refuse."""

import pytest
import torch
from lightning_fabric import Fabric
from torch.nn import functional as F

from i2i.config import overlay
from i2i.data.samples import Batch
from i2i.data.survey import side_of
from i2i.errors import ConfigError
from i2i.images import ImageSpec
from i2i.losses.contrastive import patch_nce
from i2i.methods import build_method
from i2i.methods.recipes import find_recipe
from i2i.training.loop import Step
from i2i.training.setup import make_method, make_state

SIDE = 16


def configured(recipe, channels=(3, 3), **changes):
    sides = [side_of(ImageSpec(count)).__dict__ for count in channels]
    tree = {
        "data": {"input": sides[0], "target": sides[1], "size": SIDE},
        "generator": {"width": 4, "blocks": 2},
        "discriminator": {"width": 4, "depth": 1},
        "contrast": {"patches": 8, "width": 8},
        "training": {"images": 100, "batch": 2},
        "schedule": {"name": "constant"},
    }
    return overlay(overlay(find_recipe(recipe), tree), changes)


def make_step(config):
    method = make_method(config)
    return Step(config, method, make_state(config, method, torch.device("cpu")), Fabric(accelerator="cpu"))


def make_batch(seed=0):
    random = torch.Generator().manual_seed(seed)
    return Batch(*(torch.rand(2, 3, SIDE, SIDE, generator=random) * 2 - 1 for _ in range(2)))


def weights(step):
    return {
        name: torch.cat([p.detach().flatten().clone() for p in network.parameters()])
        for name, network in step.state.networks.items()
    }


def test_cyclegan_minimises_the_papers_objective():
    step = make_step(configured("cyclegan", cycle={"weight": 7.0, "identity_weight": 3.0}))
    batch, nets = make_batch(), step.state.networks
    x, y = batch.input, batch.target
    with torch.no_grad():
        G, F_, D_Y, D_X = (nets[n] for n in ("generator", "reverse", "discriminator", "reverse_discriminator"))
        G_x, F_y = G(x), F_(y)
        expected = {
            "generator.adversarial": (D_Y(G_x) - 1).square().mean(),
            "generator.reverse-adversarial": (D_X(F_y) - 1).square().mean(),
            "generator.cycle": 7 * (F_(G_x) - x).abs().mean(),
            "generator.reverse-cycle": 7 * (G(F_y) - y).abs().mean(),
            "generator.identity": 3 * (G(y) - y).abs().mean(),
            "generator.reverse-identity": 3 * (F_(x) - x).abs().mean(),
            "discriminator.real": 0.5 * (D_Y(y) - 1).square().mean(),
            "discriminator.fake": 0.5 * D_Y(G_x).square().mean(),  # as G gave it before it learnt
            "discriminator.reverse-real": 0.5 * (D_X(x) - 1).square().mean(),
            "discriminator.reverse-fake": 0.5 * D_X(F_y).square().mean(),
        }
    terms = step(batch)
    assert list(terms) == list(expected), "the generators learn first"
    for name, term in expected.items():
        torch.testing.assert_close(terms[name], term, msg=name)


def test_each_phase_of_cyclegan_moves_both_of_its_networks_and_no_other():
    step = make_step(configured("cyclegan", training={"discriminator_steps": 2}))
    before = weights(step)
    step(make_batch())
    first = weights(step)
    moved = {name for name in before if not torch.equal(before[name], first[name])}
    assert moved == {"discriminator", "reverse_discriminator"}
    step(make_batch(1))
    second = weights(step)
    assert all(not torch.equal(first[name], second[name]) for name in first)


def test_a_judge_is_shown_images_of_earlier_steps():
    step = make_step(configured("cyclegan", cycle={"pool": 2}, optimizer={"learning_rate": 0.0}))
    batches = [make_batch(seed) for seed in range(8)]
    with torch.no_grad():
        fakes = [image for batch in batches for image in step.state.networks["generator"](batch.input)]
    shown = []
    judge = step.state.networks["discriminator"].judge
    step.state.networks["discriminator"].judge = lambda images: shown.append(images.detach()) or judge(images)
    seen_again = 0
    for number, batch in enumerate(batches):
        shown.clear()
        step(batch)
        for position, image in enumerate(shown[-1]):  # the last that D_Y is shown is what is said to be fake
            at = [k for k, fake in enumerate(fakes) if torch.allclose(fake, image, atol=1e-5)]
            assert at, "an image that no generator gave"
            assert at[0] <= 2 * number + position
            seen_again += at[0] < 2 * number
    assert seen_again > 0


def test_cyclegan_without_identity_translates_between_unlike_images():
    step = make_step(configured("cyclegan", (1, 3), cycle={"identity_weight": 0.0}))
    terms = step(Batch(torch.rand(2, 1, SIDE, SIDE), torch.rand(2, 3, SIDE, SIDE)))
    assert not any("identity" in name for name in terms)
    assert step.state.reverse.in_channels == 3
    assert step.state.networks["reverse_discriminator"].in_channels == 1


def test_both_averages_are_kept():
    step = make_step(configured("cyclegan", training={"ema_halflife_images": 2.0}))
    step(make_batch())
    first = [p.detach().clone() for p in step.state.networks["reverse"].parameters()]
    step(make_batch(1))
    now = list(step.state.networks["reverse"].parameters())
    kept = list(step.state.reverse.parameters())
    for old, new, average in zip(first, now, kept, strict=True):
        torch.testing.assert_close(average, 0.5 * old + 0.5 * new)


def by_hand(method, nets, image, made, mirrored=False):
    """L_PatchNCE of layer after layer, over all patches: 8 x 8 of them are fewer than are asked for."""
    terms = []
    for layer, key, query in zip(
        nets["projection"].layers, nets["generator"].encode(image), nets["generator"].encode(made), strict=True
    ):
        query = query.flip(3) if mirrored else query
        keys, queries = (F.normalize(layer(each.flatten(2).transpose(1, 2)), dim=2) for each in (key, query))
        terms.append(patch_nce(queries, keys, method.temperature))
    return sum(terms) / len(terms)


def test_cut_minimises_the_papers_objective():
    changes = {"contrast": {"patches": 10_000, "weight": 3.0}, "optimizer": {"learning_rate": 0.0}}
    step = make_step(configured("cut", **changes))
    batch, nets = make_batch(), step.state.networks
    with torch.no_grad():
        fake, same = nets["generator"](batch.input), nets["generator"](batch.target)
        expected = {
            "discriminator.real": 0.5 * (nets["discriminator"](batch.target) - 1).square().mean(),
            "discriminator.fake": 0.5 * nets["discriminator"](fake).square().mean(),
            "generator.adversarial": (nets["discriminator"](fake) - 1).square().mean(),
            "generator.contrast": 1.5 * by_hand(step.method, nets, batch.input, fake),
            "generator.identity": 1.5 * by_hand(step.method, nets, batch.target, same),
        }
    terms = step(batch)
    assert list(terms) == list(expected), "the discriminator learns first"
    for name, term in expected.items():
        torch.testing.assert_close(terms[name], term, msg=name)


def test_fastcut_compares_the_mirror_image_mirrored_back():
    changes = {"contrast": {"patches": 10_000}, "optimizer": {"learning_rate": 0.0}}
    step = make_step(configured("fastcut", **changes))
    batch, nets = make_batch(), step.state.networks
    with torch.no_grad():
        plain, mirror = nets["generator"](batch.input), nets["generator"](batch.input.flip(3))
        expected = [10 * float(by_hand(step.method, nets, batch.input, plain))]
        expected.append(10 * float(by_hand(step.method, nets, batch.input, mirror, mirrored=True)))
    found = [step(batch) for _ in range(12)]
    assert all(
        set(terms) == {"discriminator.real", "discriminator.fake", "generator.adversarial", "generator.contrast"}
        for terms in found
    )
    values = [float(terms["generator.contrast"]) for terms in found]
    assert abs(expected[0] - expected[1]) > 1e-3 * expected[0]
    seen = [[value == pytest.approx(each, rel=1e-4) for each in expected] for value in values]
    assert all(any(each) for each in seen)
    assert {each[1] for each in seen} == {True, False}


def test_the_projection_learns_with_the_generator():
    step = make_step(configured("cut"))
    before = weights(step)
    assert set(before) == {"generator", "discriminator", "projection"}
    step(make_batch())
    assert all(not torch.equal(before[name], now) for name, now in weights(step).items())


def test_a_penalty_and_a_relativistic_loss_suit_them_too():
    for recipe in ("cyclegan", "cut"):
        changes = {"loss": {"r1_weight": 10.0, "r1_every": 2, "adversarial": "relativistic"}}
        step = make_step(configured(recipe, **changes))
        assert not any(name.startswith("r1.") for name in step(make_batch()))
        terms = step(make_batch(1))
        assert float(terms["r1.penalty"]) > 0
        assert all(torch.isfinite(term) for term in terms.values())


@pytest.mark.parametrize(
    ("recipe", "changes", "expected"),
    [
        ("cyclegan", {"discriminator": {"conditional": True}}, "set discriminator.conditional=false"),
        ("cut", {"loss": {"reconstruction": "l1"}}, "set loss.reconstruction=none"),
        ("cut", {"loss": {"adversarial": "none"}}, "set loss.adversarial=least-squares"),
        ("cyclegan", {"loss": {"adversarial": "wasserstein"}}, "no gradient penalty"),
        ("cyclegan", {"loss": {"feature_matching_weight": 1.0}}, "loss.feature_matching_weight=0"),
        ("cut", {"loss": {"checkerboard_weight": 1.0}}, "loss.checkerboard_weight=0"),
        ("cyclegan", {"loss": {"r1_weight": 1.0}, "discriminator": {"norm": "batch"}}, "discriminator.norm=instance"),
        ("cyclegan", {"training": {"devices": 2}}, "set cycle.pool=0, or train on one device"),
        ("cyclegan", {"data": {"target": {"nodata": [0.0]}}}, r"data\.target: has places without a reading"),
        ("cut", {"data": {"target": {"space": "ab"}}}, "use rgb or lab"),
        ("cut", {"generator": {"name": "unet", "depth": 3}}, "set generator.name=resnet"),
    ],
)
def test_what_they_cannot_work_with_is_refused_with_the_cure(recipe, changes, expected):
    with pytest.raises(ConfigError, match=expected):
        build_method(configured(recipe, **changes))


def test_unlike_channels_are_refused_where_an_image_is_compared_with_its_translation():
    with pytest.raises(ConfigError, match=r"1 channel uint8 is translated into 3 channels .*cycle\.identity_weight=0"):
        build_method(configured("cyclegan", (1, 3)))
    with pytest.raises(ConfigError, match=r"1 channel uint8 is translated into 3 channels .*--recipe cyclegan"):
        build_method(configured("cut", (1, 3)))
