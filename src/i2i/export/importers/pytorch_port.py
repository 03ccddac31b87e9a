"""Generators of pytorch-CycleGAN-and-pix2pix, the PyTorch port of pix2pix by its authors.

Its files `{epoch}_net_{G,G_A,G_B}.pth` hold a bare state_dict and say nothing of the architecture, which is found here
from names and shapes and then checked tensor by tensor. https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from i2i.errors import BundleError, ConfigError
from i2i.export.importers.imported import ImportedGenerator
from i2i.export.importers.torch_file import read_tensors
from i2i.generators import build_generator

WANTED = "a generator of pytorch-CycleGAN-and-pix2pix, such as latest_net_G.pth"

State = dict[str, Tensor]
Layers = Iterator[tuple[str, str]]
"""Each layer's name: (ours, theirs)."""

_PARTS = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def read_pytorch_port(path: str | os.PathLike[str], *, dropout: bool = True) -> ImportedGenerator:
    """The generator in a `.pth` file of the port, its outputs equal to the original's.

    Args:
        path: a file of a U-Net of any depth or a ResNet of any number of blocks, with batch, instance or no
            normalisation, one of before PyTorch 0.4 or out of DataParallel included.
        dropout: whether a U-Net was trained with dropout: pix2pix yes, unless by --no_dropout; CycleGAN no. Its file
            does not tell. For a ResNet this is not used, as there it shows in the names.

    Raises:
        BundleError: the file can't be read, or holds anything else than such a generator.
    """
    path = Path(path)
    state = _without_prefix(read_tensors(path, WANTED))
    if "model.model.0.weight" in state:
        name, arguments = "unet", _unet_arguments(state, dropout)
    elif "model.1.weight" in state and "model.0.weight" not in state:
        name, arguments = "resnet", _resnet_arguments(state)
    else:
        raise BundleError(f"{path}: {_other_kind(state)}; expected {WANTED}; choose the generator's file")
    return ImportedGenerator(name, arguments, _renamed(path, name, arguments, state))


def _without_prefix(state: State) -> State:
    """Names as of the network itself, where DataParallel put `module.` before each."""
    if all(key.startswith("module.") for key in state):
        return {key.removeprefix("module."): value for key, value in state.items()}
    return state


def _other_kind(state: State) -> str:
    if "model.0.weight" in state or "net.0.weight" in state:
        return "is a discriminator"
    names = ", ".join(list(state)[:3])
    return f"has {len(state)} tensors under other names ({names}, …)"


def _unet_arguments(state: State, dropout: bool) -> dict[str, Any]:
    depth = 1
    while _unet_level(depth) + "1.weight" in state:
        depth += 1
    return {
        "in_channels": _size(state, "model.model.0.weight", 1),
        "out_channels": _size(state, "model.model.3.weight", 1),
        "width": _size(state, "model.model.0.weight", 0),
        "depth": depth,
        "norm": _norm(state, norm=_unet_level(1) + "2.weight", bias=_unet_level(1) + "1.bias"),
        "dropout": list(range(2, depth - 3)) if dropout else [],
    }


def _resnet_arguments(state: State) -> dict[str, Any]:
    blocks = {match[1] for key in state if (match := re.match(r"model\.(\d+)\.conv_block\.", key))}
    return {
        "in_channels": _size(state, "model.1.weight", 1),
        "out_channels": _size(state, f"model.{len(blocks) + 17}.weight", 0),
        "width": _size(state, "model.1.weight", 0),
        "blocks": len(blocks),
        "norm": _norm(state, norm="model.2.weight", bias="model.1.bias"),
        "dropout": "model.10.conv_block.6.weight" in state and state["model.10.conv_block.6.weight"].ndim == 4,
    }


def _norm(state: State, *, norm: str, bias: str) -> str:
    """By the second layer's: batch normalisation has weights, and only beside instance normalisation are biases."""
    if norm in state:
        return "batch"
    return "instance" if bias in state else "none"


def _size(state: State, key: str, axis: int) -> int:
    """A size from a convolution's weight; where there is none 1, and the check by shape will name what is missing."""
    return state[key].shape[axis] if key in state and state[key].ndim == 4 else 1


def _renamed(path: Path, name: str, arguments: dict[str, Any], state: State) -> State:
    """All of `state` under our names; raises `BundleError` unless it is exactly what such a network holds."""
    layers = _unet_layers(arguments["depth"]) if name == "unet" else _resnet_layers(arguments)
    theirs = {f"{our}.{part}": f"{their}.{part}" for our, their in layers for part in _PARTS}
    if unknown := state.keys() - theirs.values():
        raise _unlike(path, name, arguments, f"'{min(unknown)}', which such a network does not have")
    renamed = {our: state[their] for our, their in theirs.items() if their in state}
    renamed = _without_stale(renamed, arguments["norm"])
    expected = _expected(path, name, arguments)
    for key in [*expected, *renamed]:
        found = _shape(renamed, key)
        if found != _shape(expected, key):
            raise _unlike(path, name, arguments, f"'{theirs[key]}' {found}, expected {_shape(expected, key)}")
    return {key: renamed[key].to(expected[key].dtype).contiguous() for key in expected}


def _without_stale(state: State, norm: str) -> State:
    """Without the running statistics that instance normalisation had before PyTorch 0.4 and never used.

    Batch normalisation has counted its batches since 0.4.1 only; before, the count is taken as 0.
    """
    if norm == "batch":
        counts = {
            key.replace("running_mean", "num_batches_tracked"): torch.zeros((), dtype=torch.long)
            for key in state
            if key.endswith("running_mean")
        }
        return counts | state
    return {key: value for key, value in state.items() if key.endswith(("weight", "bias"))}


def _expected(path: Path, name: str, arguments: dict[str, Any]) -> State:
    """The shapes and types of such a network's state, without its memory."""
    try:
        with torch.device("meta"):
            return build_generator(name, **arguments).state_dict()
    except ConfigError as error:
        raise BundleError(f"{path}: {error}; expected {WANTED}") from error


def _shape(state: State, key: str) -> str:
    return f"of shape {tuple(state[key].shape)}" if key in state else "missing"


def _unlike(path: Path, name: str, arguments: dict[str, Any], found: str) -> BundleError:
    size = f"{arguments['depth']} levels" if name == "unet" else f"{arguments['blocks']} blocks"
    return BundleError(
        f"{path}: looks like a {name} of {size} and norm '{arguments['norm']}', but has {found}; "
        f"expected {WANTED}; if the network's code was changed, import it by hand with build_generator"
    )


def _unet_level(level: int) -> str:
    """Where the port's U-Net, nested level in level, has the layers of one; 0 is the outermost."""
    return "model.model." if level == 0 else "model.model.1." + "model.3." * (level - 1) + "model."


def _unet_layers(depth: int) -> Layers:
    for level in range(depth):
        theirs, encoder, decoder = _unet_level(level), f"encoder.{level}", f"decoder.{depth - 1 - level}"
        outermost, innermost = level == 0, level == depth - 1
        yield f"{encoder}.conv", theirs + ("0" if outermost else "1")
        yield f"{decoder}.up", theirs + ("3" if outermost or innermost else "5")
        if not outermost:
            yield f"{decoder}.norm", theirs + ("4" if innermost else "6")
            if not innermost:
                yield f"{encoder}.norm", theirs + "2"


def _resnet_layers(arguments: dict[str, Any]) -> Layers:
    """Dropout takes a number between the two convolutions of a block."""
    blocks, second = arguments["blocks"], 6 if arguments["dropout"] else 5
    for ours, number in [("stem", 1), ("down.0", 4), ("down.1", 7), ("up.0", blocks + 10), ("up.1", blocks + 13)]:
        yield f"{ours}.0", f"model.{number}"
        yield f"{ours}.1", f"model.{number + 1}"
    for block in range(blocks):
        ours, theirs = f"blocks.{block}.residual", f"model.{block + 10}.conv_block"
        yield f"{ours}.conv1", f"{theirs}.1"
        yield f"{ours}.norm1", f"{theirs}.2"
        yield f"{ours}.conv2", f"{theirs}.{second}"
        yield f"{ours}.norm2", f"{theirs}.{second + 1}"
    yield "output", f"model.{blocks + 17}"
