"""What the ResNet has beside the contract of all generators: blurred sampling, and an encoder to compare by."""

import pytest
import torch
from torch.nn import functional as F

from i2i.errors import ConfigError
from i2i.generators import build_generator


def resnet(**arguments):
    torch.manual_seed(0)
    return build_generator("resnet", in_channels=3, out_channels=3, **({"width": 4, "blocks": 6} | arguments))


def test_blurred_sampling_keeps_size_and_weights() -> None:
    net = resnet(downsample="blur", upsample="blur", norm="instance")
    assert net(torch.randn(1, 3, 16, 24)).shape == (1, 3, 16, 24)
    count = sum(p.numel() for p in net.parameters())
    assert count == sum(p.numel() for p in resnet(norm="instance").parameters())
    with pytest.raises(ConfigError, match="downsample: found 'max'; expected one of strided, blur"):
        resnet(downsample="max")


@pytest.mark.parametrize("downsample", ["strided", "blur"])
def test_the_encoder_gives_what_the_forward_pass_makes_on_its_way(downsample: str) -> None:
    net = resnet(downsample=downsample, norm="instance").eval()
    image, seen = torch.randn(2, 3, 16, 16), {}
    for name in ("down.0.0", "down.1.0", "blocks.0", "blocks.4"):
        keep = lambda _, __, out, name=name: seen.update({name: out.clone()})  # noqa: E731
        net.get_submodule(name).register_forward_hook(keep)
    net(image)
    passed = list(seen.values())
    found = net.encode(image)
    assert tuple(each.shape[1] for each in found) == net.encoded == (3, 8, 16, 16, 16)
    full = 16 if downsample == "blur" else 8  # a convolution that is followed by a blur keeps the size
    assert [each.shape[2] for each in found] == [16, full, full // 2, 4, 4]
    for one, other in zip(found, [image, *passed], strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(("blocks", "layers"), [(0, 3), (1, 4), (3, 5)])
def test_with_fewer_blocks_the_first_and_the_last_are_compared(blocks: int, layers: int) -> None:
    net = resnet(blocks=blocks)
    found = net.encode(torch.randn(1, 3, 8, 8))
    assert len(found) == len(net.encoded) == layers
    if layers == 5:
        torch.testing.assert_close(F.relu(found[4]), F.relu(net.blocks[2](net.blocks[1](found[3]))))


def test_the_encoder_refuses_what_the_network_does() -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        resnet().encode(torch.randn(1, 3, 10, 8))
