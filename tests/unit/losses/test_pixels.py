"""Reconstruction losses against torch's own and values worked out by hand."""

import pytest
import torch
from torch.nn import functional as F

from i2i.images import ImageSpec, LabelClass
from i2i.losses import RECONSTRUCTION
from i2i.losses.pixels import charbonnier, settled

OUTPUT = torch.tensor([0.5, -1.0, 0.25]).view(1, 3, 1, 1)
TARGET = torch.tensor([0.5, 1.0, 0.0]).view(1, 3, 1, 1)
EXPECTED = {"l1": 2.25 / 3, "l2": 4.0625 / 3, "charbonnier": (1e-3 + (4 + 1e-6) ** 0.5 + (0.0625 + 1e-6) ** 0.5) / 3}


@pytest.mark.parametrize("name", sorted(RECONSTRUCTION))
def test_values_worked_out_by_hand(name: str) -> None:
    assert RECONSTRUCTION[name](OUTPUT, TARGET).item() == pytest.approx(EXPECTED[name], rel=1e-6)


@pytest.mark.parametrize(("name", "reference"), [("l1", F.l1_loss), ("l2", F.mse_loss)])
def test_l1_and_l2_are_torchs(name: str, reference) -> None:
    output, target = torch.randn(2, 2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(RECONSTRUCTION[name](output, target), reference(output, target))


@pytest.mark.parametrize("name", sorted(RECONSTRUCTION))
def test_equal_images_give_a_finite_gradient_of_zero(name: str) -> None:
    output = TARGET.clone().requires_grad_()
    RECONSTRUCTION[name](output, TARGET).backward()
    assert not output.grad.any()


@pytest.mark.parametrize("name", sorted(RECONSTRUCTION))
def test_shapes_that_differ_are_refused_instead_of_broadcast(name: str) -> None:
    with pytest.raises(ValueError, match=r"\(1, 3, 1, 1\).*\(3, 1, 1\)"):
        RECONSTRUCTION[name](OUTPUT, TARGET[0])


def test_charbonnier_nears_l1_as_epsilon_vanishes() -> None:
    assert charbonnier(OUTPUT, TARGET, epsilon=1e-7).item() == pytest.approx(EXPECTED["l1"], rel=1e-5)


def _images(channels: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    output, target = torch.rand(2, 2, channels, 9, 7, generator=random) * 2 - 1
    return output, target, torch.rand(2, channels, 9, 7, generator=random) < 0.6


@pytest.mark.parametrize("name", sorted(RECONSTRUCTION))
def test_the_mean_is_over_valid_samples_only(name: str) -> None:
    output, target, valid = _images()
    expected = RECONSTRUCTION[name](output[valid], target[valid])
    assert RECONSTRUCTION[name](output, target, valid).item() == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize("name", sorted(RECONSTRUCTION))
def test_a_mask_that_excludes_nothing_changes_not_a_bit(name: str) -> None:
    output, target, valid = _images()
    assert RECONSTRUCTION[name](output, target, torch.ones_like(valid)).equal(RECONSTRUCTION[name](output, target))


@pytest.mark.parametrize("garbage", [0.7, float("inf"), float("nan")])
@pytest.mark.parametrize("name", sorted(RECONSTRUCTION))
def test_masked_samples_have_no_gradient_whatever_is_there(name: str, garbage: float) -> None:
    output, target, valid = _images()
    output = torch.where(valid, output, garbage).requires_grad_()
    loss = RECONSTRUCTION[name](output, target, valid)
    loss.backward()
    assert loss.isfinite()
    assert not output.grad[~valid].any()
    assert output.grad[valid].all()


@pytest.mark.parametrize("name", sorted(RECONSTRUCTION))
def test_without_any_reading_loss_and_gradient_are_zero(name: str) -> None:
    output, target, valid = _images()
    output.requires_grad_()
    loss = RECONSTRUCTION[name](output, target, torch.zeros_like(valid))
    loss.backward()
    assert loss.item() == 0
    assert not output.grad.any()


@pytest.mark.parametrize("name", sorted(RECONSTRUCTION))
def test_half_precision_keeps_the_mean_of_few_among_many(name: str) -> None:
    """300 000 bfloat16 samples of difference 1, one in three valid: a running half-precision sum would lose them."""
    output, target = torch.ones(1, 3, 320, 320, dtype=torch.bfloat16), torch.zeros(1, 3, 320, 320, dtype=torch.bfloat16)
    valid = (torch.arange(320) % 3 == 0).expand(1, 3, 320, 320)
    assert RECONSTRUCTION[name](output, target, valid).item() == pytest.approx(1, abs=0.01)


def test_a_mask_of_another_shape_is_refused_instead_of_broadcast() -> None:
    with pytest.raises(ValueError, match=r"the mask \(1, 1, 1, 1\)"):
        RECONSTRUCTION["l1"](OUTPUT, TARGET, torch.ones(1, 1, 1, 1, dtype=torch.bool))


def test_what_suits_label_maps_finds_the_likeliest_class_and_l1_finds_none() -> None:
    """Of three classes, the first in two pixels of five; one plane each, the same answer everywhere."""
    which = torch.tensor([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    target = F.one_hot(which, 3).T.reshape(1, 3, 1, 10) * 2.0 - 1

    def best_answer(name: str) -> torch.Tensor:
        answer = torch.zeros(3, requires_grad=True)
        optimizer = torch.optim.SGD([answer], lr=0.05)
        for _ in range(300):
            optimizer.zero_grad()
            RECONSTRUCTION[name](answer.clamp(-1, 1).reshape(1, 3, 1, 1).expand_as(target), target).backward()
            optimizer.step()
        return answer.detach().clamp(-1, 1)

    labels = ImageSpec(1, classes=tuple(LabelClass(value, str(value), (value, 0, 0)) for value in range(3)))
    assert best_answer(settled("auto", labels)).argmax() == 0
    assert best_answer(settled("auto", labels))[0] > best_answer(settled("auto", labels))[1] + 0.1
    assert best_answer("l1").max() < -0.9
    assert settled("auto", ImageSpec(3)) == "l1"
    assert settled("l1", labels) == "l1"
