"""What papers say of sizes, sight and dropout: Isola et al. 2017 (arXiv:1611.07004), Wang et al. 2018 (1711.11585)."""

import pytest
import torch
from torch import nn

from i2i.discriminators import Discriminator, ImageDiscriminator, MultiScaleDiscriminator, PatchDiscriminator
from i2i.generators import CoarseToFine, EncoderDecoder, UNet

FIELDS = {1: 16, 2: 34, 3: 70, 4: 142, 5: 286}  # §6.1.2, and twice more by the same rule


def seen_by_the_middle_logit(net: Discriminator, size: int, scale: int = 0) -> list[tuple[int, int]]:
    """First and last pixel, by height and by width, that change the logit in the middle of a scale's map."""
    for parameter in net.parameters():
        nn.init.constant_(parameter, 0.1)  # positive: no path to a pixel is switched off or cancelled
    image = torch.ones(1, net.in_channels, size, size, dtype=torch.float64, requires_grad=True)
    logits = net.double().judge(image)[scale][-1]
    middle = logits.shape[-1] // 2
    (gradient,) = torch.autograd.grad(logits[0, 0, middle, middle], image)
    seen = gradient[0].abs().sum(dim=0) > 0
    return [(int(line.nonzero()[0]), int(line.nonzero()[-1])) for line in (seen.any(dim=1), seen.any(dim=0))]


@pytest.mark.parametrize(("depth", "field"), FIELDS.items())
def test_a_logit_sees_a_square_of_that_many_pixels(depth: int, field: int) -> None:
    net = PatchDiscriminator(1, width=1, depth=depth, norm="none")
    size = 2 * field
    for first, last in seen_by_the_middle_logit(net, size):
        assert first > 0, "the field must lie inside the image to be measured"
        assert last < size - 1, "the field must lie inside the image to be measured"
        assert last - first + 1 == field
    assert net.receptive_field == field


@pytest.mark.parametrize(("scale", "field"), list(enumerate([70, 141, 283])))
def test_a_logit_of_each_scale_sees_twice_as_much(scale: int, field: int) -> None:
    """Twice the field of the scale before, and the pixel more at which means of three overlap."""
    net = MultiScaleDiscriminator(1, width=1, scales=3, norm="none")
    size = 2 * field + 2
    for first, last in seen_by_the_middle_logit(net, size, scale):
        assert first > 0, "the field must lie inside the image to be measured"
        assert last < size - 1, "the field must lie inside the image to be measured"
        assert last - first + 1 == field
    assert net.receptive_fields[scale] == field


def test_multi_scale_maps_at_the_published_size() -> None:
    """Of 256x512 the layers of the finest give, with a padding of 2, larger maps than pix2pix's."""
    net = MultiScaleDiscriminator(3, width=1, scales=2)
    finest, coarser = net.judge(torch.zeros(1, 3, 256, 512))
    assert [tuple(each.shape[2:]) for each in finest] == [(129, 257), (65, 129), (33, 65), (34, 66), (35, 67)]
    assert tuple(coarser[-1].shape[2:]) == (19, 35)


def test_an_enhancer_adds_to_what_the_global_generator_gives_at_half_the_size() -> None:
    net = CoarseToFine(3, 3, width=2, enhancers=1, depth=2, blocks=1, enhancer_blocks=1)
    seen: dict[str, torch.Size] = {}
    net.coarse.register_forward_hook(lambda _, given, out: seen.update(shown=given[0].shape, painted=out.shape))
    image = torch.rand(1, 3, 32, 48)
    painted = net.paint(image)
    assert seen == {"shown": (1, 3, 16, 24), "painted": (1, 4, 16, 24)}
    joined: list[torch.Tensor] = []
    net.enhancers[0].blocks.register_forward_pre_hook(lambda _, given: joined.append(given[0]))
    net.enhance(image, painted)
    net.enhance(image, 2 * painted)
    torch.testing.assert_close(joined[0], net.enhancers[0].down(image) + painted)
    torch.testing.assert_close(joined[1] - joined[0], painted)
    torch.testing.assert_close(net(image), net.enhance(image, painted))


@pytest.mark.parametrize(("depth", "side"), {1: 126, 2: 62, 3: 30, 4: 14, 5: 6, 6: 2}.items())
def test_patch_maps_at_256(depth: int, side: int) -> None:
    logits = PatchDiscriminator(6, width=1, depth=depth, norm="none")(torch.zeros(1, 6, 256, 256))
    assert logits.shape == (1, 1, side, side)


def test_image_discriminator_sees_more_than_256_pixels_and_gives_one_logit() -> None:
    net = ImageDiscriminator(6, width=1, norm="none")
    assert net.receptive_field == 286
    assert net(torch.zeros(2, 6, 256, 256)).shape == (2, 1, 1, 1)


@pytest.mark.parametrize("network", [UNet, EncoderDecoder])
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_a_1x1_bottleneck_trains_at_batch_1(network: type[nn.Module], norm: str) -> None:
    net = network(3, 3, width=1, norm=norm).train()
    features: list[torch.Tensor] = []
    net.encoder[-1].register_forward_hook(lambda _module, _inputs, output: features.append(output))
    assert net(torch.rand(1, 3, 256, 256)).isfinite().all()
    assert features[0].shape == (1, 8, 1, 1)
    assert features[0].abs().max() > 0, "normalised, it would be all zero"


@pytest.mark.parametrize(
    ("dropout", "depth", "expected"),
    [
        ((1, 2, 3), 8, [1, 2, 3]),
        ((2, 3, 4), 8, [2, 3, 4]),
        ((2, 3), 7, [2, 3]),
        ((1, 2, 3), 3, [1, 2]),
        ((), 8, []),
    ],
)
def test_dropout_stands_in_the_stages_that_were_asked_for(
    dropout: tuple[int, ...], depth: int, expected: list[int]
) -> None:
    net = UNet(3, 3, width=1, depth=depth, dropout=dropout, dropout_rate=0.25)
    found = {
        number: layer.p
        for number, stage in enumerate(net.decoder, start=1)
        for layer in stage
        if isinstance(layer, nn.Dropout)
    }
    assert found == dict.fromkeys(expected, 0.25)


def test_skips_carry_detail_past_the_bottleneck() -> None:
    image = torch.rand(1, 1, 16, 16)
    for network, passes in [(UNet, True), (EncoderDecoder, False)]:
        torch.manual_seed(0)
        net = network(1, 1, width=4, depth=4).eval()
        net.encoder[-1].register_forward_hook(lambda _module, _inputs, output: torch.zeros_like(output))
        assert torch.equal(net(image), net(-image)) is not passes
