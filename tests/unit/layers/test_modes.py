"""Test-time policies do what they say and leave no trace in the weights."""

from contextlib import suppress
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from i2i.errors import ConfigError
from i2i.generators import ResNet, UNet
from i2i.layers.modes import fixed_statistics, follows_image, prepare
from i2i.layers.norms import BatchNorm, InstanceNorm

POLICIES = list(product(["batch", "running"], [True, False]))


@pytest.fixture
def net() -> UNet:
    torch.manual_seed(0)
    net = UNet(3, 3, width=4, depth=4)
    for _ in range(3):
        net(torch.randn(2, 3, 32, 32))
    return net


@pytest.fixture
def image() -> torch.Tensor:
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("statistics", "dropout"), POLICIES)
def test_the_state_is_the_same_to_the_bit_after_a_forward(net, image, statistics, dropout) -> None:
    before = {key: value.clone() for key, value in net.state_dict().items()}
    prepare(net, statistics=statistics, dropout=dropout)
    net(image)
    after = net.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)


@pytest.mark.parametrize(("statistics", "dropout"), POLICIES)
def test_dropout_alone_decides_whether_outputs_differ(net, image, statistics, dropout) -> None:
    prepare(net, statistics=statistics, dropout=dropout)
    assert torch.equal(net(image), net(image)) is not dropout


def test_running_without_dropout_is_eval(net, image) -> None:
    expected = net.eval()(image)
    prepare(net, statistics="running", dropout=False)
    assert torch.equal(net(image), expected)


def test_batch_with_dropout_is_what_training_computes(net, image) -> None:
    prepare(net, statistics="batch", dropout=True)
    torch.manual_seed(2)
    output = net(image)
    torch.manual_seed(2)
    assert torch.equal(output, net.train()(image))


def test_the_policy_changes_the_output(net, image) -> None:
    prepare(net, statistics="batch", dropout=False)
    by_batch = net(image)
    prepare(net, statistics="running", dropout=False)
    assert not torch.allclose(net(image), by_batch, atol=1e-3)


def test_batch_statistics_at_batch_1_are_instance_normalisation() -> None:
    torch.manual_seed(0)
    norm = BatchNorm(5)
    for tensor in (norm.weight, norm.bias, norm.running_mean):
        nn.init.normal_(tensor)
    x = torch.randn(1, 5, 7, 9) * 3 + 1
    prepare(norm, statistics="batch", dropout=False)
    torch.testing.assert_close(norm(x), F.instance_norm(x, weight=norm.weight, bias=norm.bias), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_train_and_eval_end_the_policy(net, image, mode) -> None:
    prepare(net, statistics="batch", dropout=True)
    getattr(net, mode)()
    norms = [layer for layer in net.modules() if isinstance(layer, BatchNorm)]
    assert all(layer.track_running_stats and layer.training is (mode == "train") for layer in norms)
    before = norms[0].running_mean.clone()
    net(image)
    assert torch.equal(norms[0].running_mean, before) is (mode == "eval")


def test_unknown_statistics_are_refused(net) -> None:
    with pytest.raises(ConfigError, match="statistics: found 'moving'"):
        prepare(net, statistics="moving", dropout=False)


def test_a_batch_norm_that_would_learn_is_refused() -> None:
    with pytest.raises(TypeError, match=r"0: BatchNorm2d .* i2i.layers.norms.BatchNorm"):
        prepare(nn.Sequential(nn.BatchNorm2d(2)), statistics="batch", dropout=False)


def prepared(norm: str, statistics: str) -> UNet:
    torch.manual_seed(0)
    net = UNet(3, 3, width=4, depth=4, norm=norm)
    net(torch.randn(2, 3, 32, 32))
    prepare(net, statistics=statistics, dropout=False)
    return net


@pytest.fixture
def parts() -> torch.Tensor:
    spread = torch.tensor([0.2, 1.0, 3.0])[:, None, None, None]
    return torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(2)) * spread + spread


FOLLOWING = [("batch", "batch"), ("instance", "batch"), ("instance", "running")]


@torch.no_grad()
@pytest.mark.parametrize(("norm", "statistics"), FOLLOWING)
def test_with_fixed_statistics_an_output_depends_on_no_other_image(parts, norm, statistics) -> None:
    net = prepared(norm, statistics)
    alone = net(parts[:1])
    with fixed_statistics(net, parts):
        together = net(parts)
        for number in range(3):
            torch.testing.assert_close(net(parts[number : number + 1]), together[number : number + 1])
        assert not torch.allclose(together[:1], alone, atol=1e-3)


@torch.no_grad()
def test_fixed_statistics_are_those_of_one_forward_of_all_images(parts) -> None:
    net = prepared("batch", "batch")
    joint = net(parts)  # batch normalisation over the three of them, layer by layer
    with fixed_statistics(net, parts):
        torch.testing.assert_close(net(parts), joint)


@torch.no_grad()
@pytest.mark.parametrize(("norm", "statistics"), FOLLOWING)
def test_an_image_fixed_to_itself_comes_out_as_ever(image, norm, statistics) -> None:
    net = prepared(norm, statistics)
    expected = net(image)
    with fixed_statistics(net, image):
        torch.testing.assert_close(net(image), expected)


@torch.no_grad()
@pytest.mark.parametrize(("norm", "statistics"), FOLLOWING)
def test_fixed_statistics_leave_no_trace(image, parts, norm, statistics) -> None:
    net = prepared(norm, statistics)
    expected, before = net(image), {key: value.clone() for key, value in net.state_dict().items()}
    with fixed_statistics(net, parts):
        meanwhile = net.state_dict()
    assert torch.equal(net(image), expected)
    for state in (meanwhile, net.state_dict()):
        assert list(state) == list(before)
        assert all(torch.equal(value, before[key]) for key, value in state.items())


def test_fixed_statistics_end_with_an_error(parts) -> None:
    net = prepared("instance", "batch")
    with suppress(KeyboardInterrupt), fixed_statistics(net, parts):
        raise KeyboardInterrupt
    assert follows_image(net)


@torch.no_grad()
def test_running_statistics_are_what_they_were_inside_fixed_ones(image, parts) -> None:
    net = prepared("batch", "running")
    expected = net(image)
    with fixed_statistics(net, parts):
        assert torch.equal(net(image), expected)


def test_fixed_statistics_keep_the_affine_parameters(image) -> None:
    norm = BatchNorm(3)
    nn.init.constant_(norm.weight, 2.0)
    nn.init.constant_(norm.bias, 5.0)
    prepare(norm, statistics="batch", dropout=False)
    with fixed_statistics(norm, image):
        deviation, mean = torch.std_mean(norm(image), dim=(0, 2, 3), correction=0)
    torch.testing.assert_close(mean, torch.full((3,), 5.0))
    torch.testing.assert_close(deviation, torch.full((3,), 2.0), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("norm", "statistics", "expected"),
    [("batch", "batch", True), ("batch", "running", False), ("instance", "running", True), ("none", "batch", False)],
)
def test_a_network_says_whether_it_follows_the_image(norm, statistics, expected) -> None:
    net = ResNet(1, 1, width=2, blocks=1, norm=norm)
    prepare(net, statistics=statistics, dropout=False)
    assert follows_image(net) is expected
    with fixed_statistics(net, torch.zeros(1, 1, 8, 8)):
        assert not follows_image(net)


def test_instance_norm_has_no_state() -> None:
    assert not InstanceNorm(4).state_dict()


def test_a_norm_that_can_not_hold_statistics_is_refused(image) -> None:
    with (
        pytest.raises(TypeError, match=r"0: InstanceNorm2d .* i2i.layers.norms"),
        fixed_statistics(nn.Sequential(nn.InstanceNorm2d(3)), image),
    ):
        pass
