"""Reconstruction losses against torch's own and values worked out by hand."""

import pytest
import torch
from torch.nn import functional as F

from i2i.losses import RECONSTRUCTION
from i2i.losses.pixels import charbonnier

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
