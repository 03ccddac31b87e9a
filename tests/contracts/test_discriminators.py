"""What every discriminator promises; a new one inherits the suite by its line in SMALL."""

import copy
from itertools import product

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from i2i.discriminators import (
    DISCRIMINATORS,
    Classifying,
    Discriminator,
    PatchDiscriminator,
    build_discriminator,
    logits,
)
from i2i.errors import ConfigError
from i2i.layers.spectral import SpectralConvolution

SMALL = {
    "classifying": {"width": 4, "depth": 2, "domains": 3, "size": [32, 32]},
    "classifying-patch": {"width": 4, "depth": 2, "domains": 3, "dilation": 2},
    "image": {"width": 4, "depth": 2},
    "multiscale": {"width": 4, "depth": 2},
    "patch": {"width": 4, "depth": 2},
    "pixel": {"width": 4},
}
NAMES = sorted(DISCRIMINATORS)
NORMS = ["batch", "instance", "none"]


def small(name: str, in_channels: int = 6, **arguments: object) -> Discriminator:
    torch.manual_seed(0)
    return build_discriminator(name, in_channels=in_channels, **SMALL[name], **arguments)


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_every_discriminator_is_under_contract() -> None:
    assert set(SMALL) == set(DISCRIMINATORS)


@pytest.mark.parametrize(("name", "norm"), list(product(NAMES, NORMS)))
@pytest.mark.parametrize("size", [(32, 32), (33, 47)])
def test_gives_one_channel_of_logits_at_any_size(name: str, norm: str, size: tuple[int, int]) -> None:
    logits = small(name, norm=norm)(noise(2, 6, *size))
    assert logits.shape[:2] == (2, 1)
    assert logits.ndim == 4
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_logits_are_not_bounded(name: str) -> None:
    net = small(name, norm="none")
    assert net(1e4 * noise(1, 6, 32, 32)).abs().max() > 1


@pytest.mark.parametrize(("name", "norm"), list(product(NAMES, ["batch", "none"])))
def test_every_parameter_and_the_image_are_given_a_finite_gradient(name: str, norm: str) -> None:
    net = small(name, norm=norm)
    image = noise(2, 6, 32, 32).requires_grad_()
    judged = net.judge(image)
    total = torch.stack([each.square().mean() for each in logits(judged)]).sum()
    if isinstance(net, Classifying):
        total = total + net.classify(judged).square().mean()
    total.backward()
    for key, tensor in [("image", image), *net.named_parameters()]:
        assert tensor.grad is not None, key
        assert tensor.grad.isfinite().all(), key
        assert tensor.grad.abs().max() > 0, key


@pytest.mark.parametrize(("name", "norm"), list(product(NAMES, NORMS)))
def test_the_smallest_size_is_taken_in_training_at_batch_1(name: str, norm: str) -> None:
    net = small(name, norm=norm).train()
    side = max(net.smallest, 2)  # batch normalisation needs more than one value
    assert net(noise(1, 6, side, side)).isfinite().all()


@pytest.mark.parametrize("name", ["classifying-patch", "image", "patch"])
def test_a_size_below_the_smallest_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"11x32.*at least 12"):
        small(name)(noise(1, 6, 11, 32))


@pytest.mark.parametrize("name", NAMES)
def test_other_channels_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"\(1, 3, 32, 32\); expected \(N, 6, H, W\)"):
        small(name)(noise(1, 3, 32, 32))


@pytest.mark.parametrize(("name", "norm"), list(product(NAMES, NORMS)))
def test_the_state_goes_through_safetensors_to_the_bit(name: str, norm: str) -> None:
    net = small(name, norm=norm)
    net(noise(2, 6, 32, 32))
    twin = build_discriminator(name, in_channels=6, norm=norm, **SMALL[name])
    twin.load_state_dict(load(save(net.state_dict())))
    assert torch.equal(twin.eval()(noise(1, 6, 32, 32)), net.eval()(noise(1, 6, 32, 32)))


@pytest.mark.parametrize("name", NAMES)
def test_a_deep_copy_judges_the_same_again_and_again(name: str) -> None:
    net = small(name).eval()
    twin = copy.deepcopy(net)
    assert torch.equal(twin(noise(1, 6, 32, 32)), net(noise(1, 6, 32, 32)))
    assert torch.equal(net(noise(1, 6, 32, 32)), net(noise(1, 6, 32, 32)))


@pytest.mark.parametrize("name", NAMES)
def test_bias_none_leaves_no_bias_on_any_convolution(name: str) -> None:
    biased = [key for key, value in small(name, norm="none", bias="none").named_parameters() if value.ndim == 1]
    assert biased == []


def test_the_multi_scale_one_is_refused_what_its_coarsest_scale_could_not_see() -> None:
    with pytest.raises(ValueError, match=r"3x32.*at least 4"):
        small("multiscale")(noise(1, 6, 3, 32))


@pytest.mark.parametrize("name", NAMES)
def test_its_last_features_are_its_logits_and_all_the_others_come_before_them(name: str) -> None:
    net = small(name, norm="none")
    image = noise(2, 6, 32, 32).requires_grad_()
    judged = net.judge(image)
    assert all(each.shape[:2] == (2, 1) for each in logits(judged))
    if len(judged) == 1:
        assert torch.equal(judged[0][-1], net(image))
    for *features, output in judged:
        assert len(features) >= 2
        gradients = torch.autograd.grad(output.sum(), features, retain_graph=True)
        assert all(gradient.abs().max() > 0 for gradient in gradients)


@pytest.mark.parametrize("name", NAMES)
def test_spectral_norm_is_on_every_convolution_and_adds_no_parameter(name: str) -> None:
    plain, bounded = (small(name, spectral_norm=on) for on in (False, True))
    assert {key: value.shape for key, value in plain.named_parameters()} == {
        key: value.shape for key, value in bounded.named_parameters()
    }
    convolutions = [layer for layer in bounded.modules() if isinstance(layer, nn.Conv2d)]
    assert convolutions
    assert all(isinstance(layer, SpectralConvolution) for layer in convolutions)
    assert not any(isinstance(layer, SpectralConvolution) for layer in plain.modules())


@pytest.mark.parametrize("size", [(12, 12), (37, 20)])
def test_the_image_discriminator_gives_one_logit_at_any_size(size: tuple[int, int]) -> None:
    assert small("image")(noise(3, 6, *size)).shape == (3, 1, 1, 1)


def test_the_pixel_discriminator_gives_one_logit_a_pixel_from_that_pixel_alone() -> None:
    net = small("pixel", norm="none")
    image = noise(1, 6, 9, 7).requires_grad_()
    logits = net(image)
    assert logits.shape == (1, 1, 9, 7)
    (gradient,) = torch.autograd.grad(logits[0, 0, 4, 3], image)
    assert gradient[0].abs().sum(dim=0).nonzero().tolist() == [[4, 3]]


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_argument_is_a_config_error_that_names_it(name: str) -> None:
    with pytest.raises(ConfigError, match="no argument 'widht'; did you mean 'width'"):
        build_discriminator(name, in_channels=6, widht=4)
    with pytest.raises(ConfigError, match="norm: found 'layer'"):
        build_discriminator(name, in_channels=6, **SMALL[name] | {"norm": "layer"})


def test_an_unknown_discriminator_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no 'pach'; did you mean 'patch'"):
        build_discriminator("pach", in_channels=6)


CLASSIFYING = [name for name in NAMES if issubclass(DISCRIMINATORS[name], Classifying)]


@pytest.mark.parametrize("name", CLASSIFYING)
@pytest.mark.parametrize("size", [(32, 32), (33, 47)])
def test_classes_are_told_for_each_image_by_itself_at_any_size(name: str, size: tuple[int, int]) -> None:
    net = small(name, norm="none")
    assert isinstance(net, Classifying)
    images = noise(3, 6, *size)
    together = net.classify(net.judge(images))
    assert together.shape == (3, 3)
    alone = torch.cat([net.classify(net.judge(image[None])) for image in images])
    torch.testing.assert_close(together, alone)
    assert together.std() > 0


def test_a_class_is_told_by_the_whole_training_image_and_not_by_less() -> None:
    net = build_discriminator("classifying", in_channels=6, width=4, depth=2, domains=3, size=[64, 32])
    assert isinstance(net, Classifying)
    assert net.classes.kernel_size == (16, 8)
    with pytest.raises(ValueError, match="smaller than 64x32"):
        net.classify(net.judge(noise(1, 6, 32, 32)))


@pytest.mark.parametrize(("dilation", "field"), [(1, 70), (2, 118), (3, 166)])
def test_dilation_widens_what_a_logit_sees_without_a_weight_more(dilation: int, field: int) -> None:
    torch.manual_seed(0)
    net = PatchDiscriminator(3, width=2, norm="none", dilation=dilation)
    assert net.receptive_field == field
    assert sum(each.numel() for each in net.parameters()) == sum(
        each.numel() for each in PatchDiscriminator(3, width=2, norm="none").parameters()
    )
    image = noise(1, 3, 256, 256).requires_grad_()
    logits = net(image)
    assert logits.shape[2] in (30, 32)
    (gradient,) = torch.autograd.grad(logits[0, 0, 15, 15], image)
    seen = gradient[0].abs().sum(dim=0).nonzero()
    assert (seen.max(dim=0).values - seen.min(dim=0).values + 1).tolist() == [field, field]
