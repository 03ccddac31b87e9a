"""The gradient penalty against critics whose slope is known."""

import pytest
import torch
from torch import Tensor, nn

from i2i.losses import gradient_penalty, r1

SHAPE = (4, 3, 8, 8)


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(SHAPE, dtype=torch.float64), torch.randn(SHAPE, dtype=torch.float64)


def linear(norm: float) -> Tensor:
    weight = torch.randn(SHAPE[1:], dtype=torch.float64)
    return norm * weight / weight.norm()


@pytest.mark.parametrize("norm", [0.25, 1.0, 3.0])
def test_of_a_linear_critic_it_is_the_square_of_its_norm_less_one(pair, norm: float) -> None:
    weight = linear(norm)
    penalty = gradient_penalty(lambda x: (x * weight).sum(dim=(1, 2, 3)), *pair)
    assert penalty.shape == ()
    assert penalty.item() == pytest.approx((norm - 1) ** 2, abs=1e-12)


@pytest.mark.parametrize("patches", [1, 9])
def test_a_map_of_logits_counts_as_its_mean(pair, patches: int) -> None:
    weight = linear(3.0)

    def critic(x: Tensor) -> Tensor:
        return (x * weight).sum(dim=(1, 2, 3)).view(-1, 1, 1, 1).expand(-1, 1, patches, patches)

    assert gradient_penalty(critic, *pair).item() == pytest.approx(4.0, abs=1e-12)


def test_the_norm_is_of_each_image_then_averaged(pair) -> None:
    weight = linear(1.0)
    slopes = torch.tensor([0.0, 1.0, 2.0, 4.0], dtype=torch.float64)
    penalty = gradient_penalty(lambda x: slopes * (x * weight).sum(dim=(1, 2, 3)), *pair)
    assert penalty.item() == pytest.approx((1 + 0 + 1 + 9) / 4, abs=1e-12)


def test_points_lie_between_real_and_fake_at_one_ratio_an_image(pair) -> None:
    real, fake = pair
    seen: list[Tensor] = []
    gradient_penalty(lambda x: (seen.append(x), x.sum(dim=(1, 2, 3)))[1], real, fake)
    ratio = ((seen[0] - fake) / (real - fake)).flatten(1)
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio))
    assert ((ratio >= 0) & (ratio <= 1)).all()
    assert ratio[:, 0].round(decimals=6).unique().numel() == SHAPE[0]


def test_it_trains_the_critic_and_nothing_else(pair) -> None:
    real, fake = (tensor.float().requires_grad_() for tensor in pair)
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 3, bias=False))
    gradient_penalty(critic, real, fake).backward()
    assert all(layer.weight.grad.abs().max() > 0 for layer in (critic[0], critic[2]))
    assert real.grad is None
    assert fake.grad is None


def test_a_flat_critic_gives_one_and_no_nan(pair) -> None:
    scale = torch.zeros((), dtype=torch.float64, requires_grad=True)
    penalty = gradient_penalty(lambda x: scale * x.sum(dim=(1, 2, 3)), *pair)
    penalty.backward()
    assert penalty.item() == 1.0
    assert scale.grad.isfinite()


def test_a_generator_makes_it_repeatable(pair) -> None:
    values = [
        gradient_penalty(lambda x: x.pow(3).sum(dim=(1, 2, 3)), *pair, generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    ]
    assert torch.equal(*values)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one"):
        gradient_penalty(lambda x: x.sum(), torch.zeros(2, 3, 4, 4), torch.zeros(1, 3, 4, 4))


@pytest.mark.parametrize("norm", [0.25, 1.0, 3.0])
def test_r1_of_a_linear_critic_is_the_square_of_its_norm(pair, norm: float) -> None:
    weight = linear(norm)
    assert r1(lambda x: (x * weight).sum(dim=(1, 2, 3)), pair[0]).item() == pytest.approx(norm**2, abs=1e-12)


def test_r1_is_taken_at_the_real_images_and_averaged_over_them(pair) -> None:
    """Of D(x) = ‖x‖² / 2 the gradient is x itself."""
    real = pair[0]
    penalty = r1(lambda x: x.square().sum(dim=(1, 2, 3)) / 2, real)
    torch.testing.assert_close(penalty, real.square().sum(dim=(1, 2, 3)).mean())


def test_r1_trains_the_critic_and_nothing_else(pair) -> None:
    real = pair[0].float().requires_grad_()
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 3, bias=False))
    r1(critic, real).backward()
    assert all(layer.weight.grad.abs().max() > 0 for layer in (critic[0], critic[2]))
    assert real.grad is None
