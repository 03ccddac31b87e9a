"""Feature matching against values worked out by hand."""

import pytest
import torch
from torch import Tensor

from i2i.losses import feature_matching


def maps(*values: float) -> list[Tensor]:
    """A layer each, of any shape, all of one value; the last stands for the logits."""
    return [torch.full((2, 3, 4 + number, 5), value) for number, value in enumerate(values)]


def test_values_worked_out_by_hand() -> None:
    real = [maps(1.0, 2.0, -1.0, 100.0), maps(0.0, 0.0, 0.0, 100.0)]
    fake = [maps(1.5, 0.0, -1.0, -50.0), maps(-3.0, 0.0, 6.0, -50.0)]
    finest, coarser = (0.5 + 2 + 0) / 3, (3 + 0 + 6) / 3
    assert feature_matching(real, fake).item() == pytest.approx(4 * (finest + coarser) / 2)


def test_of_the_published_four_layers_it_is_their_sum() -> None:
    real, fake = [maps(0.0, 0.0, 0.0, 0.0, 9.0)], [maps(1.0, 2.0, 3.0, 4.0, 7.0)]
    assert feature_matching(real, fake).item() == pytest.approx(1 + 2 + 3 + 4)


def test_it_pulls_the_output_to_the_target_and_never_the_target_to_the_output() -> None:
    real, fake = ([each.requires_grad_() for each in maps(*values)] for values in ((1.0, 2.0), (3.0, 2.0)))
    feature_matching([real], [fake]).backward()
    assert real[0].grad is None
    assert (fake[0].grad > 0).all()
    assert fake[1].grad is None, "logits are no feature"


def test_scales_or_layers_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        feature_matching([maps(1.0, 2.0)], [maps(1.0, 2.0), maps(1.0, 2.0)])
    with pytest.raises(ValueError, match="zip"):
        feature_matching([maps(1.0, 2.0)], [maps(1.0, 2.0, 3.0)])
