"""Test-time policies do what they say and leave no trace in the weights."""

from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from i2i.errors import ConfigError
from i2i.generators import UNet
from i2i.layers.modes import prepare
from i2i.layers.norms import BatchNorm

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
