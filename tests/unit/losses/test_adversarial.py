"""Adversarial losses against torch's own, and against values worked out by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from i2i.losses import ADVERSARIAL

REAL = torch.tensor([[2.0, -1.0], [0.0, 3.0]])
FAKE = torch.tensor([[-2.0, 0.5], [1.0, -3.0]])


def log_sigmoid(x: float) -> float:
    return -math.log(1 + math.exp(-x))


# Relative to the mean on the other side: REAL has the mean 1, FAKE -0.875.
REAL_LESS, FAKE_LESS = [2.875, -0.125, 0.875, 3.875], [-3.0, -0.5, 0.0, -4.0]


BY_HAND = {  # (real term, fake term, generator's loss) on REAL and FAKE
    "cross-entropy": (
        -sum(map(log_sigmoid, [2, -1, 0, 3])) / 4,
        -sum(map(log_sigmoid, [2, -0.5, -1, 3])) / 4,
        -sum(map(log_sigmoid, [-2, 0.5, 1, -3])) / 4,
    ),
    "cross-entropy-saturating": (
        -sum(map(log_sigmoid, [2, -1, 0, 3])) / 4,
        -sum(map(log_sigmoid, [2, -0.5, -1, 3])) / 4,
        sum(map(log_sigmoid, [2, -0.5, -1, 3])) / 4,
    ),
    "least-squares": ((1 + 4 + 1 + 4) / 4, (4 + 0.25 + 1 + 9) / 4, (9 + 0.25 + 0 + 16) / 4),
    "hinge": ((0 + 2 + 1 + 0) / 4, (0 + 1.5 + 2 + 0) / 4, (2 - 0.5 - 1 + 3) / 4),
    "relativistic": (
        -sum(map(log_sigmoid, REAL_LESS)) / 4,
        -sum(log_sigmoid(-x) for x in FAKE_LESS) / 4,
        -sum(map(log_sigmoid, FAKE_LESS)) / 4 - sum(log_sigmoid(-x) for x in REAL_LESS) / 4,
    ),
    "relativistic-hinge": (
        (0 + 1.125 + 0.125 + 0) / 4,
        (0 + 0.5 + 1 + 0) / 4,
        (4 + 1.5 + 1 + 5) / 4 + (3.875 + 0.875 + 1.875 + 4.875) / 4,
    ),
    "relativistic-least-squares": (
        (1.875**2 + 1.125**2 + 0.125**2 + 2.875**2) / 4,
        (2**2 + 0.5**2 + 1**2 + 3**2) / 4,
        (4**2 + 1.5**2 + 1**2 + 5**2) / 4 + (3.875**2 + 0.875**2 + 1.875**2 + 4.875**2) / 4,
    ),
    "wasserstein": (-(2 - 1 + 0 + 3) / 4, (-2 + 0.5 + 1 - 3) / 4, -(-2 + 0.5 + 1 - 3) / 4),
}


@pytest.mark.parametrize("name", sorted(ADVERSARIAL))
def test_values_worked_out_by_hand(name: str) -> None:
    loss = ADVERSARIAL[name]
    found = (*loss.discriminator(REAL, FAKE), loss.generator(FAKE, REAL))
    assert [term.item() for term in found] == pytest.approx(BY_HAND[name], abs=1e-6)
    assert all(term.shape == () for term in found)


def test_cross_entropy_is_torchs_on_labels_of_one_and_zero() -> None:
    loss = ADVERSARIAL["cross-entropy"]
    logits = torch.randn(4, 1, 30, 30, generator=torch.Generator().manual_seed(0)) * 5
    ones, zeros = torch.ones_like(logits), torch.zeros_like(logits)
    real, fake = loss.discriminator(logits, logits)
    torch.testing.assert_close(real, F.binary_cross_entropy_with_logits(logits, ones))
    torch.testing.assert_close(fake, F.binary_cross_entropy_with_logits(logits, zeros))
    torch.testing.assert_close(loss.generator(logits), F.binary_cross_entropy_with_logits(logits, ones))


@pytest.mark.parametrize("name", ["cross-entropy", "cross-entropy-saturating"])
def test_cross_entropy_stays_finite_where_a_sigmoid_is_0_or_1(name: str) -> None:
    logits = torch.tensor([-1e4, 1e4], requires_grad=True)
    loss = ADVERSARIAL[name]
    total = sum(loss.discriminator(logits, logits)) + loss.generator(logits)
    total.backward()
    assert total.isfinite()
    assert logits.grad.isfinite().all()


def test_only_the_saturating_generator_stops_to_learn_once_it_is_caught() -> None:
    def slope(name: str) -> float:
        caught = torch.tensor([-10.0], requires_grad=True)
        ADVERSARIAL[name].generator(caught).backward()
        return caught.grad.abs().item()

    assert slope("cross-entropy") > 0.99
    assert slope("cross-entropy-saturating") < 1e-4


@pytest.mark.parametrize("name", sorted(ADVERSARIAL))
@settings(deadline=None)
@given(st.floats(-5, 0.5))
def test_a_step_along_its_slope_makes_a_fake_look_more_real(name: str, logit: float) -> None:
    fake = torch.tensor([logit], requires_grad=True)
    ADVERSARIAL[name].generator(fake, torch.ones(1)).backward()
    assert fake.grad.item() < 0


@pytest.mark.parametrize("name", sorted(ADVERSARIAL))
def test_the_discriminator_raises_real_and_lowers_fake(name: str) -> None:
    real, fake = torch.zeros(3, requires_grad=True), torch.full((3,), 0.5, requires_grad=True)
    sum(ADVERSARIAL[name].discriminator(real, fake)).backward()
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()


@pytest.mark.parametrize("name", sorted(ADVERSARIAL))
def test_real_and_fake_maps_may_differ_in_size(name: str) -> None:
    terms: tuple[Tensor, Tensor] = ADVERSARIAL[name].discriminator(torch.zeros(1, 1, 6, 6), torch.zeros(2, 1, 3, 3))
    assert all(term.isfinite() for term in terms)


@pytest.mark.parametrize("name", sorted(ADVERSARIAL))
def test_scales_are_summed_each_by_its_own_mean(name: str) -> None:
    loss, small = ADVERSARIAL[name], (torch.tensor([0.5]), torch.tensor([-0.25]))
    together = (
        *loss.discriminator([REAL, small[0]], [FAKE, small[1]]),
        loss.generator([FAKE, small[1]], [REAL, small[0]]),
    )
    apart = [
        one + other
        for one, other in zip(
            (*loss.discriminator(REAL, FAKE), loss.generator(FAKE, REAL)),
            (*loss.discriminator(*small), loss.generator(small[1], small[0])),
            strict=True,
        )
    ]
    torch.testing.assert_close(list(together), apart)


@pytest.mark.parametrize("name", [name for name in sorted(ADVERSARIAL) if ADVERSARIAL[name].relative])
def test_a_relative_loss_does_not_care_where_zero_is_and_needs_the_real(name: str) -> None:
    loss = ADVERSARIAL[name]
    moved = (*loss.discriminator(REAL + 7, FAKE + 7), loss.generator(FAKE + 7, REAL + 7))
    torch.testing.assert_close(moved, (*loss.discriminator(REAL, FAKE), loss.generator(FAKE, REAL)))
    with pytest.raises(ValueError, match="give their logits"):
        loss.generator(FAKE)
