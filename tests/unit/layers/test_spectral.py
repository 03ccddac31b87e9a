"""Spectral normalisation against torch's own, and against what it promises."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from i2i.layers.convolutions import Convolution
from i2i.layers.initialise import initialise
from i2i.layers.spectral import SpectralConvolution


def layer(*, train: bool = True) -> SpectralConvolution:
    torch.manual_seed(0)
    made = SpectralConvolution(6, 5, 3, padding=1)
    initialise(made, "kaiming")
    return made.train(train)


def largest_singular_value(weight: torch.Tensor) -> float:
    return torch.linalg.matrix_norm(weight.detach().flatten(1), ord=2).item()


def test_the_largest_singular_value_is_one() -> None:
    made = layer()
    assert largest_singular_value(made.weight) > 1.2
    for _ in range(30):
        made(torch.rand(1, 6, 4, 4))
    assert largest_singular_value(made.normalised()) == pytest.approx(1, abs=1e-4)


def test_it_is_torchs_own_from_the_same_vector_in_output_and_gradient() -> None:
    made, plain = layer(), nn.Conv2d(6, 5, 3, padding=1)
    plain.load_state_dict({"weight": made.weight, "bias": made.bias})
    theirs = parametrizations.spectral_norm(plain)
    norm = theirs.parametrizations.weight[0]
    norm._u.copy_(made.u)
    norm._v.copy_(nn.functional.normalize(made.weight.detach().flatten(1).t() @ made.u, dim=0))
    image = torch.rand(2, 6, 8, 8)
    for _ in range(3):
        ours, expected = made(image), theirs(image)
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)
    ours.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(made.weight.grad, theirs.parametrizations.weight.original.grad, rtol=1e-3, atol=1e-3)


def test_the_vector_moves_in_training_alone_and_is_part_of_the_state() -> None:
    made = layer()
    made.weight.data = made.weight.data.flip(0)
    before = made.u.clone()
    made.eval()(torch.rand(1, 6, 4, 4))
    assert torch.equal(made.u, before)
    made.train()(torch.rand(1, 6, 4, 4))
    assert not torch.equal(made.u, before)
    twin = SpectralConvolution(6, 5, 3, padding=1)
    twin.load_state_dict(made.state_dict())
    image = torch.rand(1, 6, 4, 4)
    for _ in range(3):
        assert torch.equal(made(image), twin(image))
    assert torch.equal(copy.deepcopy(made)(image), made(image))


def test_initial_weights_are_drawn_as_for_a_plain_layer_and_the_vector_follows() -> None:
    made = layer()
    torch.manual_seed(3)
    initialise(made)
    plain = Convolution(6, 5, 3, padding=1)
    torch.manual_seed(3)
    initialise(plain)
    assert torch.equal(made.weight, plain.weight)
    assert largest_singular_value(made.eval().normalised()) == pytest.approx(1, abs=0.02)


def test_an_average_of_vectors_which_is_shorter_than_one_changes_nothing() -> None:
    made = layer(train=False)
    image = torch.rand(1, 6, 4, 4)
    before = made(image)
    made.u.mul_(0.3)
    torch.testing.assert_close(made(image), before)


def test_the_plain_twin_does_the_same_at_test_time() -> None:
    made = layer(train=False)
    twin = made.plain()
    assert type(twin) is Convolution
    torch.testing.assert_close(twin(torch.ones(1, 6, 4, 4)), made(torch.ones(1, 6, 4, 4)))
