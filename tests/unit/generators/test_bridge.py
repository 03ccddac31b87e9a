"""The generator that works in steps."""

import pytest
import torch
from tiny import shown

from i2i.config import Generator as Settings
from i2i.errors import ConfigError
from i2i.generators import BridgeUNet, build_generator
from i2i.layers.multiply_adds import multiply_adds


def small(**arguments):
    torch.manual_seed(0)
    return build_generator("bridge", **{"in_channels": 3, "out_channels": 2, "width": 4, "depth": 2, **arguments})


def drawn(net, image, seed=0):
    torch.manual_seed(seed)
    with torch.no_grad():
        return net(image)


@pytest.mark.parametrize("eta", [0.0, 0.5])
@pytest.mark.parametrize("steps", [2, 5])
def test_more_steps_than_one_draw_by_the_seed_in_range(steps, eta):
    net, image = small(eta=eta), shown(2)
    net.steps = steps
    assert net.draws
    first = drawn(net, image)
    assert first.shape == (2, 2, 32, 32)
    assert float(first.abs().max()) <= 1
    assert torch.equal(drawn(net, image), first)
    assert float((drawn(net, image, seed=1) - first).abs().mean()) > 1e-2


def test_one_step_is_what_the_network_tells_where_the_bridge_shows_nothing():
    net, image = small(), shown(2)
    net.steps = 1
    assert not net.draws
    nothing = torch.zeros(2, 2, 32, 32)
    with torch.no_grad():
        expected = 0.5 * net.predict(nothing, torch.tensor(1.0), image)
    torch.testing.assert_close(drawn(net, image), expected.clamp(-1, 1))


def test_each_step_costs_one_evaluation():
    net = small()
    costs = []
    for net.steps in (1, 2, 7):
        costs.append(multiply_adds(net, 1, 3, 32, 32))
    assert costs[1:] == [2 * costs[0], 7 * costs[0]]


def test_images_of_a_batch_are_told_their_own_times():
    net, image = small(), shown(2)
    w, t = torch.randn(2, 2, 32, 32), torch.tensor([0.2, 0.9]).view(2, 1, 1, 1)
    with torch.no_grad():
        both = net.predict(w, t, image)
        alone = [net.predict(w[[n]], t[n, 0, 0, 0], image[[n]]) for n in (0, 1)]
    torch.testing.assert_close(both, torch.cat(alone), rtol=1e-4, atol=1e-5)


def test_away_from_its_border_a_part_comes_out_as_within_the_whole():
    """Nothing is normalised by the statistics of the image, at no time."""
    net, image = small(depth=1), shown(1, 64, 64)
    w, t = torch.randn(1, 2, 64, 64), torch.tensor(0.4)
    with torch.no_grad():
        whole = net.predict(w, t, image)[:, :, 24:40, 24:40]
        part = net.predict(w[:, :, 8:56, 8:56], t, image[:, :, 8:56, 8:56])[:, :, 16:32, 16:32]
    torch.testing.assert_close(part, whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "wanted", "depth"), [((256, 256), 0, 4), ((64, 96), 0, 3), ((16, 16), 0, 1), ((24, 24), 2, 2)]
)
def test_the_depth_is_what_the_size_allows_or_what_was_asked_for(size, wanted, depth):
    assert BridgeUNet.settle(Settings(name="bridge", depth=wanted), size).depth == depth


def test_a_size_that_no_halving_goes_into_is_refused_with_one_that_does():
    with pytest.raises(ConfigError, match=r"data\.size 33x64: must be multiples of 2.*bridge"):
        BridgeUNet.settle(Settings(name="bridge"), (33, 64))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"noise": 0.0}, "noise: found 0.0; expected a number above 0"), ({"eta": 1.5}, "eta: found 1.5; expected")],
)
def test_noise_and_eta_are_refused_out_of_range(wrong, message):
    with pytest.raises(ConfigError, match=message):
        small(**wrong)
