"""The Brownian bridge: its objective by hand, and two modes that it reaches."""

from dataclasses import replace

import pytest
import torch
from tiny import TINY

from i2i.config import overlay
from i2i.data.samples import Batch
from i2i.errors import ConfigError
from i2i.generators import build_generator
from i2i.generators.brownian import SPREAD
from i2i.methods import build_method
from i2i.methods.bridge import BrownianBridge
from i2i.methods.recipes import find_recipe


def configured(**changes):
    sides = {side: {"channels": 3} for side in ("input", "target")}
    tiny = overlay(find_recipe("bridge"), {**TINY, "data": {**TINY["data"], **sides}, "generator": {"depth": 2}})
    return overlay(tiny, changes)


def batch_of(count=4, channels=2, valid=None):
    torch.manual_seed(1)
    return Batch(torch.rand(count, 3, 16, 16) * 2 - 1, torch.rand(count, channels, 16, 16) * 2 - 1, valid)


def tiny_bridge(**arguments):
    torch.manual_seed(0)
    return BrownianBridge(build_generator("bridge", in_channels=3, out_channels=2, width=4, depth=1, **arguments))


def test_the_objective_is_the_square_of_what_is_missing_to_the_turned_target(monkeypatch):
    """At t = 1/2 and s = 1: √q = √0.625, a = √0.8, b = √0.2; a network that gives nothing pays the square of all."""
    method, batch = tiny_bridge(), batch_of()
    monkeypatch.setattr("i2i.methods.bridge.draw_times", lambda images, device: torch.full((images, 1, 1, 1), 0.5))
    seen = {}

    def predict(w, t, image):
        seen.update(w=w, t=t, image=image)
        return torch.zeros_like(w)

    monkeypatch.setattr(method.generator, "predict", predict)
    torch.manual_seed(7)
    outputs = method.generate(method.networks(), batch)
    torch.manual_seed(7)
    noise = torch.randn_like(batch.target)
    torch.testing.assert_close(seen["w"], 0.5 * batch.target + 0.5 * noise)
    assert seen["image"] is batch.input
    term = method.losses(method.phases[0], method.networks(), batch, outputs)["bridge"]
    wanted = 0.8**0.5 * batch.target / SPREAD - 0.2**0.5 * noise
    torch.testing.assert_close(term, wanted.square().mean())


def test_what_is_no_reading_teaches_nothing():
    valid = torch.ones(4, 2, 16, 16, dtype=torch.bool)
    valid[:, :, :8] = False
    method, batch = tiny_bridge(), batch_of(valid=valid)
    outputs = method.generate(method.networks(), batch)
    outputs["predicted"].retain_grad()
    term = method.losses(method.phases[0], method.networks(), batch, outputs)["bridge"]
    difference = (outputs["predicted"] - outputs["wanted"])[:, :, 8:]
    torch.testing.assert_close(term, difference.square().mean())
    term.backward()
    gradient = outputs["predicted"].grad
    assert float(gradient[:, :, :8].abs().max()) == 0
    assert float(gradient[:, :, 8:].abs().min()) > 0


def test_only_the_generator_is_trained_and_all_of_it():
    method = tiny_bridge()
    assert [phase.trains for phase in method.phases] == [("generator",)]
    outputs = method.generate(method.networks(), batch_of())
    method.losses(method.phases[0], method.networks(), batch_of(), outputs)["bridge"].backward()
    for name, weights in method.generator.named_parameters():
        assert weights.grad is not None, name
        assert float(weights.grad.abs().max()) > 0, name


def test_the_recipe_builds_it():
    method = build_method(configured(generator={"noise": 0.5, "eta": 0.25}))
    assert isinstance(method, BrownianBridge)
    assert (method.generator.bridge.noise, method.generator.eta) == (0.5, 0.25)
    assert method.generator.description["noise"] == 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": {"adversarial": "hinge"}}, "loss.adversarial: is set.*without a judge"),
        ({"loss": {"reconstruction": "l1"}}, "loss.reconstruction: is set"),
        ({"loss": {"perceptual_weight": 1.0}}, "loss.perceptual_weight: is set"),
        ({"loss": {"checkerboard_weight": 1.0}}, "loss.checkerboard_weight: is set"),
        ({"augment": {"discriminator": ["colour"]}}, "augment.discriminator: is set"),
        ({"generator": {"name": "unet"}}, "the unet answers at once; set generator.name=bridge"),
    ],
)
def test_settings_that_contradict_it_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        build_method(configured(**changes))


def discs(count, random):
    """White discs on black, and the same discs red or blue, by chance, on grey; and where they are."""
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    middle = torch.randint(5, 11, (count, 2, 1, 1), generator=random)
    radius = torch.randint(3, 5, (count, 1, 1), generator=random)
    inside = (rows - middle[:, 0]) ** 2 + (columns - middle[:, 1]) ** 2 <= radius**2
    colours = torch.tensor([[0.8, -0.8, -0.8], [-0.8, -0.8, 0.8]])
    colour = colours[torch.randint(0, 2, (count,), generator=random)]
    target = torch.where(inside[:, None], colour[:, :, None, None], torch.zeros(1))
    return inside[:, None].float() * 2 - 1, target, inside


@pytest.mark.slow
def test_two_modes_are_both_reached_where_one_step_gives_their_mean():
    torch.manual_seed(0)
    net = build_generator("bridge", in_channels=1, out_channels=3, width=16, depth=2)
    method, random = BrownianBridge(net), torch.Generator().manual_seed(1)
    for weights in net.parameters():
        if weights.ndim > 1:
            torch.nn.init.normal_(weights, 0.0, 0.02)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.9, 0.99))
    for step in range(400):
        given, target, _ = discs(8, random)
        optimizer.param_groups[0]["lr"] = 1e-3 * min(1, 2 * (1 - step / 400))
        outputs = method.generate(method.networks(), Batch(given, target))
        method.losses(method.phases[0], method.networks(), Batch(given, target), outputs)["bridge"].backward()
        optimizer.step()
        optimizer.zero_grad()
    given, _, inside = discs(1, torch.Generator().manual_seed(5))
    shares = {}
    for net.steps in (1, 8):
        torch.manual_seed(0)
        with torch.no_grad():
            drawn = net(given.expand(64, -1, -1, -1))
        means = drawn[:, :, inside[0]].mean(dim=2)
        red, blue = means[:, 0] - means[:, 2] > 1.0, means[:, 2] - means[:, 0] > 1.0
        shares[net.steps] = (int(red.sum()), int(blue.sum()))
        assert float(drawn[:, :, ~inside[0]].abs().mean()) < 0.1, "the ground is grey in all"
    assert shares[1] == (0, 0)
    assert min(shares[8]) >= 12, shares
    assert sum(shares[8]) >= 40, shares


def test_a_fresh_method_follows_torchs_random_state():
    networks = []
    for _ in range(2):
        torch.manual_seed(3)
        networks.append(build_method(replace(configured())).networks()["generator"].state_dict())
    assert all(torch.equal(value, networks[1][name]) for name, value in networks[0].items())
