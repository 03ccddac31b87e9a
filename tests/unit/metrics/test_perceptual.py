import pytest
import torch
from torch import Tensor

from i2i.errors import InputError
from i2i.metrics import LPIPS, VGG16, AlexNet, CaffeSqueezeNet, SqueezeNet, feature_distance, lpips_heads


@pytest.fixture(scope="module")
def lpips() -> LPIPS:
    torch.manual_seed(0)
    return LPIPS(SqueezeNet(), lpips_heads("squeeze"))


def test_equal_images_are_at_zero_and_others_are_not(lpips: LPIPS, photo: Tensor, noisy: Tensor) -> None:
    distances = lpips(torch.cat([photo, noisy]), torch.cat([photo, photo]))
    assert distances.shape == (2,)
    assert distances[0] == 0
    assert distances[1] > 0


def test_gradients_reach_the_images_and_not_the_network(lpips: LPIPS, photo: Tensor, noisy: Tensor) -> None:
    output = noisy.clone().requires_grad_()
    lpips(output, photo).sum().backward()
    assert output.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in lpips.parameters())


def test_grey_is_taken_as_grey_colour(lpips: LPIPS, photo: Tensor, noisy: Tensor) -> None:
    a, b = noisy[:, :1], photo[:, :1]
    assert lpips(a, b).equal(lpips(a.repeat(1, 3, 1, 1), b.repeat(1, 3, 1, 1)))


@pytest.mark.parametrize("network", [AlexNet, VGG16, SqueezeNet])
def test_the_smallest_side_is_exactly_what_the_pooling_needs(network: type, monkeypatch: pytest.MonkeyPatch) -> None:
    trunk = network()
    maps = trunk(torch.zeros(1, 3, network.smallest, network.smallest))
    assert tuple(each.shape[1] for each in maps) == network.channels
    side = network.smallest - 1
    with pytest.raises(InputError, match=f"{side}x{side} px is too small"):
        trunk(torch.zeros(1, 3, side, side))
    monkeypatch.setattr(network, "smallest", 1)
    with pytest.raises(RuntimeError):
        trunk(torch.zeros(1, 3, side, side))


@pytest.mark.parametrize(("network", "parameters"), [(AlexNet, 2_469_696), (VGG16, 14_714_688), (SqueezeNet, 722_496)])
def test_the_trunks_have_the_published_number_of_parameters(network: type, parameters: int) -> None:
    with torch.device("meta"):
        trunk = network()
    assert sum(each.numel() for each in trunk.parameters()) == parameters


def test_other_channels_than_grey_and_colour_are_refused(lpips: LPIPS) -> None:
    with pytest.raises(InputError, match="has 4 channels; expected 1"):
        lpips(torch.zeros(1, 4, 64, 64), torch.zeros(1, 4, 64, 64))


def test_feature_distance_takes_any_network_that_yields_maps(photo: Tensor, noisy: Tensor) -> None:
    torch.manual_seed(0)
    small = (slice(None), slice(None), slice(0, 64), slice(0, 64))
    for maps in (AlexNet(), CaffeSqueezeNet().maps, lambda images: [images]):
        assert feature_distance(maps, photo[small], photo[small]) == 0
        assert 0 < feature_distance(maps, noisy[small], photo[small]).item() < 4
