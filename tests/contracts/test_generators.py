"""What every generator promises; a new one inherits the suite by its line in SMALL."""

import copy
import inspect
import json
from dataclasses import replace
from itertools import product

import pytest
import torch
from safetensors.torch import load, save

from i2i.config import Generator as Settings
from i2i.errors import ConfigError
from i2i.generators import GENERATORS, Generator, build_generator
from i2i.layers.initialise import initialise

SMALL = {
    "bridge": {"width": 4, "depth": 2},
    "coarse-to-fine": {"width": 4, "depth": 1, "enhancers": 1, "blocks": 2, "enhancer_blocks": 1},
    "encoder-decoder": {"width": 4, "depth": 3},
    "labelled": {"width": 4, "blocks": 2, "domains": 3},
    "latent-unet": {"width": 4, "depth": 3, "code": 3},
    "resnet": {"width": 4, "blocks": 2},
    "spade": {"width": 4, "depth": 2},
    "unet": {"width": 4, "depth": 3},
}
NAMES = sorted(GENERATORS)
NORMS = ["batch", "instance", "none"]
UPSAMPLES = ["transposed", "resize", "subpixel"]


def takes(name: str, argument: str) -> bool:
    return argument in inspect.signature(GENERATORS[name]).parameters


UPSAMPLED = [(name, {"upsample": how}) for name in NAMES if takes(name, "upsample") for how in UPSAMPLES] + [
    (name, {}) for name in NAMES if not takes(name, "upsample")
]


def small(name: str, in_channels: int = 3, out_channels: int = 3, **arguments: object) -> Generator:
    torch.manual_seed(0)
    if not takes(name, "norm"):
        arguments.pop("norm", None)
    return told(build_generator(name, in_channels=in_channels, out_channels=out_channels, **SMALL[name], **arguments))


def told(generator: Generator) -> Generator:
    """The same, with a condition held if it takes one; in one step if it takes steps, where it draws nothing."""
    if generator.condition:
        generator.hold(torch.linspace(0.5, 1, generator.condition))
    if generator.steps:
        generator.steps = 1
    return generator


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_every_generator_is_under_contract() -> None:
    assert set(SMALL) == set(GENERATORS)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("name", "upsample"), UPSAMPLED)
def test_each_norm_and_upsampling_translates_to_the_same_size_in_range(
    name: str, upsample: dict[str, str], norm: str
) -> None:
    output = small(name, norm=norm, **upsample)(noise(2, 3, 32, 32))
    assert output.shape == (2, 3, 32, 32)
    assert output.dtype == torch.float32
    assert output.abs().max() <= 1
    assert output.std() > 1e-3


@pytest.mark.parametrize(("name", "upsample"), UPSAMPLED)
def test_every_parameter_is_given_a_finite_gradient_that_moves_it(name: str, upsample: dict[str, str]) -> None:
    net = small(name, **upsample)
    (net(noise(2, 3, 32, 32)) - noise(2, 3, 32, 32)).square().mean().backward()
    for key, parameter in net.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.abs().max() > 0, key


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [(2, 3), (5, 2), (7, 7)])
def test_rectangles_and_odd_multiples_keep_their_size(name: str, steps: tuple[int, int]) -> None:
    net = small(name)
    height, width = (net.multiple * step for step in steps)
    assert net(noise(1, 3, height, width)).shape == (1, 3, height, width)


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_size_is_taken_in_training_at_batch_1(name: str) -> None:
    net = small(name).train()
    assert net(noise(1, 3, net.smallest, net.smallest)).isfinite().all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("more_height", "more_width"), [(1, 0), (0, 1), (-1, 2)])
def test_another_size_is_refused_and_the_multiple_named(name: str, more_height: int, more_width: int) -> None:
    net = small(name)
    height, width = 4 * net.multiple + more_height, 4 * net.multiple + more_width
    with pytest.raises(ValueError, match=f"{height}x{width}.*multiples of {net.multiple}"):
        net(noise(1, 3, height, width))


@pytest.mark.parametrize("name", NAMES)
def test_a_size_below_the_smallest_is_refused(name: str) -> None:
    net = small(name)
    too_small = net.smallest - net.multiple
    with pytest.raises(ValueError, match=f"at least {net.smallest}"):
        net(noise(1, 3, too_small, 4 * net.multiple))


@pytest.mark.parametrize("name", NAMES)
def test_other_channels_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"\(1, 1, 32, 32\); expected \(N, 3, H, W\)"):
        small(name)(noise(1, 1, 32, 32))


@pytest.mark.parametrize("name", NAMES)
def test_grey_becomes_colour(name: str) -> None:
    assert small(name, in_channels=1, out_channels=3)(noise(1, 1, 32, 32)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize(("name", "norm"), list(product(NAMES, NORMS)))
def test_the_state_goes_through_safetensors_to_the_bit(name: str, norm: str) -> None:
    net = small(name, norm=norm)
    net(noise(2, 3, 32, 32))  # so that running statistics are not those of the start
    twin = small(name, norm=norm)
    initialise(twin)
    twin.load_state_dict(load(save(net.state_dict())))
    assert torch.equal(twin.eval()(noise(1, 3, 32, 32)), net.eval()(noise(1, 3, 32, 32)))


@pytest.mark.parametrize("name", NAMES)
def test_a_deep_copy_is_equal_and_apart(name: str) -> None:
    net = small(name).eval()
    twin = copy.deepcopy(net)
    before = net(noise(1, 3, 32, 32))
    assert torch.equal(twin(noise(1, 3, 32, 32)), before)
    initialise(twin)
    assert torch.equal(net(noise(1, 3, 32, 32)), before)


@pytest.mark.parametrize("name", NAMES)
def test_eval_gives_the_same_output_again(name: str) -> None:
    net = small(name).eval()
    assert torch.equal(net(noise(1, 3, 32, 32)), net(noise(1, 3, 32, 32)))


@pytest.mark.parametrize("name", NAMES)
def test_what_it_is_held_to_is_told_for_every_image(name: str) -> None:
    generator = small(name).eval()
    with pytest.raises(ValueError, match=rf"expected \({generator.condition},\)"):
        generator.hold(torch.zeros(generator.condition + 1))
    if generator.condition:
        condition = torch.linspace(-1, 1, generator.condition)
        told = generator(noise(2, 3, 32, 32), condition.expand(2, -1))
        generator.hold(condition)
        assert not generator.draws
        assert torch.equal(generator(noise(2, 3, 32, 32)), told)
        generator.hold(-condition)
        assert not torch.equal(generator(noise(2, 3, 32, 32)), told)


@pytest.mark.parametrize("name", [name for name in NAMES if takes(name, "bias")])
def test_bias_none_leaves_no_bias_on_any_convolution(name: str) -> None:
    biased = [key for key, value in small(name, norm="none", bias="none").named_parameters() if value.ndim == 1]
    assert biased == []


@pytest.mark.parametrize("name", NAMES)
def test_its_description_builds_it_again(name: str) -> None:
    net = small(name, norm="instance")
    twin = told(build_generator(**json.loads(json.dumps(net.description))))
    twin.load_state_dict(net.state_dict())
    assert torch.equal(twin.eval()(noise(1, 3, 32, 32)), net.eval()(noise(1, 3, 32, 32)))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_built_from_those_settings_that_it_takes(name: str) -> None:
    settings = Settings(name=name, width=4, depth=3, blocks=2, dropout=(1,), norm="instance")
    arguments = GENERATORS[name].arguments(settings)
    assert arguments["width"] == 4
    assert arguments.get("norm") == ("instance" if takes(name, "norm") else None)
    assert "widths" not in arguments
    count = {"domains": 3} if takes(name, "domains") else {}  # which no settings say
    net = build_generator(name, in_channels=3, out_channels=3, **arguments, **count)
    assert any(isinstance(layer, torch.nn.Dropout) for layer in net.modules()) is takes(name, "dropout")
    widths = tuple(range(1, len(net.widths) + 1))
    slim = GENERATORS[name].arguments(replace(settings, widths=widths))
    assert build_generator(name, in_channels=3, out_channels=3, **slim, **count).widths == widths


@pytest.mark.parametrize("name", NAMES)
def test_its_widths_given_one_by_one_make_the_same_network(name: str) -> None:
    net = small(name)
    twin = small(name, widths=list(net.widths))
    assert {key: value.shape for key, value in twin.state_dict().items()} == {
        key: value.shape for key, value in net.state_dict().items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_its_features_have_their_channels_and_in_a_slim_network_the_same_sizes(name: str) -> None:
    nets = [small(name), small(name, widths=[1, 2, 3])]
    shapes = [given_by(net) for net in nets]
    for net, found in zip(nets, shapes, strict=True):
        assert {layer: shape[1] for layer, shape in found.items()} == net.features
        assert list(found) == list(net.features)
    assert [shape[2:] for shape in shapes[0].values()] == [shape[2:] for shape in shapes[1].values()]
    assert shapes[0]


def given_by(net: Generator) -> dict[str, torch.Size]:
    """The shapes of its features, in the order in which they come."""
    seen: dict[str, torch.Size] = {}
    for layer in net.features:
        net.get_submodule(layer).register_forward_hook(lambda _, __, out, layer=layer: seen.update({layer: out.shape}))
    net(noise(1, 3, 32, 32))
    return seen


WRONG = [
    ({"widht": 4}, "no argument 'widht'; did you mean 'width'"),
    ({"norm": "bacth"}, "norm: found 'bacth'; expected one of batch, instance, none"),
    ({"upsample": "bilinear"}, "upsample: found 'bilinear'"),
    ({"bias": "some"}, "bias: found 'some'"),
    ({"widths": [4, 8]}, r"widths: found \[4, 8\]; expected 3 whole numbers of at least 1, one a stage"),
    ({"widths": [4, 8, 0]}, r"widths: found \[4, 8, 0\]"),
    ({"width": 0}, "width: found 0; expected a whole number of at least 1"),
    ({"dropout": "all"}, "dropout: found 'all'"),
    ({"dropout_rate": 1.5}, "dropout_rate: found 1.5"),
]


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        (name, wrong, message)
        for name, (wrong, message) in product(NAMES, WRONG)
        if takes(name, next(iter(wrong))) or "widht" in wrong
    ],
)
def test_a_wrong_argument_is_a_config_error_that_names_it(name: str, wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_generator(name, **{"in_channels": 3, "out_channels": 3, **SMALL[name], **wrong})


def test_an_unknown_generator_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no 'u-net'; did you mean 'unet'"):
        build_generator("u-net", in_channels=3, out_channels=3)


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(ConfigError, match="'unet': needs the argument 'out_channels'"):
        build_generator("unet", in_channels=3)


def test_the_labelled_one_wants_to_be_told_a_domain_and_each_image_its_own() -> None:
    net = build_generator("labelled", in_channels=3, out_channels=3, **SMALL["labelled"]).eval()
    images = noise(1, 3, 32, 32).expand(3, -1, -1, -1)
    with pytest.raises(ValueError, match="which of the 3 domains is wanted"):
        net(images)
    with pytest.raises(ValueError, match=r"shape \(2, 3\); expected \(3, 3\)"):
        net(images, torch.eye(3)[:2])
    outputs = net(images, torch.eye(3))
    assert not torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[1], outputs[2])
    net.hold(torch.eye(3)[1])
    torch.testing.assert_close(net(images)[2], outputs[1])
