"""The loss on checkerboards: it sees what repeats, however faint, and nothing else."""

import pytest
import torch
from torch import Tensor

from i2i.losses import checkerboard_loss


def grid(period: int, side: int = 64) -> Tensor:
    """0.01 at every other `period / 2` pixels of both axes, (1, 1, side, side)."""
    on = (torch.arange(side) // (period // 2)) % 2 == 0
    return 0.01 * (on[:, None] ^ on[None, :])[None, None].float()


def pictures(count: int = 4, side: int = 64) -> Tensor:
    torch.manual_seed(0)
    return torch.rand(count, 3, side, side) - 0.5


@pytest.mark.parametrize("period", [2, 4])
def test_of_a_grid_alone_it_is_the_mean_distance_from_its_mean(period: int) -> None:
    picture = pictures()
    assert checkerboard_loss(picture + grid(period), picture).item() == pytest.approx(0.005, rel=1e-3)


def test_a_grid_that_the_target_has_too_is_none() -> None:
    picture = pictures()
    assert checkerboard_loss(picture + grid(4), picture + grid(4)).item() == 0


@pytest.mark.parametrize("error", [torch.tensor(0.3), grid(8), grid(32)], ids=["another brightness", "8", "32"])
def test_what_does_not_repeat_every_four_pixels_counts_for_nothing(error: Tensor) -> None:
    picture = pictures()
    assert checkerboard_loss(picture + error, picture).item() < 1e-6


def test_its_gradient_takes_a_grid_away_that_a_ten_times_larger_error_hides() -> None:
    picture = pictures(8, 128)
    output = (picture + 0.3 * torch.randn_like(picture) + 3 * grid(4, 128)).requires_grad_()
    checkerboard_loss(output, picture).backward()
    assert output.grad is not None
    on = grid(4, 128) > 0
    raised, lowered = (output.grad[..., at].mean() for at in (on[0, 0], ~on[0, 0]))
    assert raised > 0 > lowered
    torch.testing.assert_close(raised, -lowered)


def test_bfloat16_does_not_hide_it() -> None:
    flat = torch.zeros(1, 1, 64, 64)
    made = (flat + grid(4)).bfloat16()
    assert checkerboard_loss(made, flat.bfloat16()).item() == pytest.approx(0.005, rel=1e-2)


@pytest.mark.parametrize(("height", "width"), [(66, 71), (4, 4)])
def test_sides_that_no_tile_divides_lose_their_rest(height: int, width: int) -> None:
    picture = pictures(1, 72)[..., :height, :width]
    found = checkerboard_loss(picture + grid(4, 72)[..., :height, :width], picture)
    assert found.item() == pytest.approx(0.005, rel=1e-3)


def test_an_image_smaller_than_a_tile_has_none() -> None:
    assert checkerboard_loss(torch.ones(1, 1, 3, 64), torch.zeros(1, 1, 3, 64)).item() == 0


def test_other_shapes_are_refused_instead_of_broadcast() -> None:
    with pytest.raises(ValueError, match="expected one"):
        checkerboard_loss(torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8))
