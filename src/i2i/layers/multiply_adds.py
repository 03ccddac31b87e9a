"""How much a network computes."""

from collections.abc import Mapping

from torch import Tensor, empty, nn, no_grad
from torch.func import functional_call
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.utils.hooks import RemovableHandle

from i2i.layers.convolutions import as_defined
from i2i.layers.upsampling import ResizeConvolution


def multiply_adds(network: nn.Module, *shape: int) -> int:
    """Multiplications by a weight, each with its addition, in one forward pass of a tensor of this shape.

    Those of convolutions, transposed ones and linear layers; biases, normalisation and activations are left out, as is
    the custom. Nothing is computed and no state changes: only shapes go through, on torch's meta device.
    """
    return multiply_adds_of(network, weight_uses(network, *shape))


def multiply_adds_of(network: nn.Module, uses: Mapping[str, float]) -> int:
    """The same from `weight_uses`, of this network or of one that differs from it in widths only."""
    return round(
        sum(
            count * network.get_parameter(f"{layer}.weight" if layer else "weight").numel()
            for layer, count in uses.items()
        )
    )


def weight_uses(network: nn.Module, *shape: int) -> dict[str, float]:
    """Layer → how often one forward pass of a tensor of this shape uses each of its weights: at how many places.

    Of a layer that resizes it is the mean over the taps, of which some are added up first.
    """
    uses: dict[str, float] = {}

    def count(name: str, layer: nn.Module, given: Tensor, made: Tensor) -> None:
        places: float
        if isinstance(layer, nn.Linear):
            places = made.numel() // made.shape[-1]
        elif isinstance(layer, ResizeConvolution):  # 4 taps for each of four pixels, of a kernel of 9
            name, places = f"{name}.conv", given.numel() // given.shape[1] * 16 / 9
        else:  # each output of a convolution meets one kernel, and each input of a transposed one
            met = given if isinstance(layer, _ConvTransposeNd) else made
            places = met.numel() // met.shape[1]
        uses[name] = uses.get(name, 0) + places

    def watch(name: str, layer: nn.Module) -> RemovableHandle:
        return layer.register_forward_hook(lambda layer, inputs, made: count(name, layer, inputs[0], made))

    counted = (_ConvNd, nn.Linear, ResizeConvolution)
    hooks = [watch(*named) for named in network.named_modules() if isinstance(named[1], counted)]
    try:
        state = {name: tensor.to("meta") for name, tensor in network.state_dict(keep_vars=True).items()}
        with no_grad(), as_defined():
            functional_call(network, state, (empty(shape, device="meta"),))
    finally:
        for hook in hooks:
            hook.remove()
    return uses
