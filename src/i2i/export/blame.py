"""Which layer it is by which a network can't be exported."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from i2i.generators import Generator
from i2i.graphs import GraphFormat

_TOLERANCE = 1e-4
"""Of a layer's largest output; by summing in another order, engines differ by a hundredth of that."""


class _Call(NamedTuple):
    name: str
    layer: nn.Module
    given: Tensor
    output: Tensor


def failing_layer(generator: Generator, graph_format: GraphFormat) -> str | None:
    """The first layer that can't be exported by itself, or that gives something else then: which, and why, in words.

    Each is tried after those that it is made of, so that what is named is where it happens. It is compared on another
    image, of another size, than it is exported with. None where each passes.
    """
    side = generator.smallest
    examples, others = _calls(generator, 2 * side, 3 * side), _calls(generator, 3 * side, 2 * side)
    with TemporaryDirectory() as folder:
        for number, (example, other) in enumerate(zip(examples, others, strict=True)):
            reason = _failure(example.given, other, graph_format, Path(folder) / f"{number}{graph_format.SUFFIXES[0]}")
            if reason:
                return f"layer {other.name} ({type(other.layer).__name__}) {reason}"
    return None


def reason_of(error: BaseException) -> str:
    """What an error began with, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _calls(generator: Generator, height: int, width: int) -> list[_Call]:
    """What each layer is given and makes of it, in the order in which they are done, of two images of noise."""
    inputs: dict[nn.Module, Tensor] = {}
    calls: list[_Call] = []

    def before(layer: nn.Module, given: tuple[Any, ...]) -> None:
        if len(given) == 1 and isinstance(given[0], Tensor):
            inputs[layer] = given[0].clone()  # some layers work in place

    def after(layer: nn.Module, given: tuple[Any, ...], output: Any) -> None:
        if layer in inputs and isinstance(output, Tensor):
            calls.append(_Call(names[layer], layer, inputs.pop(layer), output.clone()))

    names = {layer: name for name, layer in generator.named_modules() if name}
    hooks = [layer.register_forward_pre_hook(before) for layer in names]
    hooks += [layer.register_forward_hook(after) for layer in names]
    random = torch.Generator().manual_seed(height)
    try:
        with torch.no_grad():
            generator(torch.rand(2, generator.in_channels, height, width, generator=random) * 2 - 1)
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _failure(example: Tensor, call: _Call, graph_format: GraphFormat, path: Path) -> str | None:
    axes = {axis: f"axis{axis}" for axis in range(example.ndim) if axis != 1}
    try:
        graph_format.write(call.layer, example, axes, path, {})
        found = torch.from_numpy(graph_format.runner(path)(call.given.numpy()))
    except Exception as error:  # what writes and runs graphs raises whatever its parts meet
        return f"can't be: {reason_of(error)}"
    if found.shape != call.output.shape:
        return f"gives {tuple(found.shape)} there, expected {tuple(call.output.shape)}"
    difference, most = (found - call.output).abs().max().item(), call.output.abs().max().item()
    if difference <= _TOLERANCE * most:
        return None
    return f"differs by {difference:.3g} there, in values of up to {most:.3g}"
