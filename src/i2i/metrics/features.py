"""Feature networks for the distances between distributions, from a file that the user gives.

Two kinds of file: the convolutions of SqueezeNet 1.0 in its original Caffe layout as .npz, which also yields a named
perceptual distance; and any network as TorchScript that maps (N, 3, H, W) in [-1, 1] to (N, D).
"""

import os
import warnings
from pathlib import Path

import torch
from torch import nn

from i2i.errors import InputError, MissingWeightsError
from i2i.pretrained.caffe import read_caffe


def load_features(path: str | os.PathLike[str]) -> nn.Module:
    """A frozen network (N, 3, H, W) in [-1, 1] -> (N, D) from a file.

    Args:
        path: SqueezeNet 1.0's convolutions in the Caffe layout (.npz), or a TorchScript file (any other ending).

    Raises:
        MissingWeightsError: no such file.
        InputError: the file is of neither kind, or its tensors are not SqueezeNet 1.0's.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingWeightsError(
            f"{path}: no such file; expected a feature network as TorchScript, or SqueezeNet 1.0's weights as .npz"
        )
    network = read_caffe(path) if path.suffix == ".npz" else _read_torchscript(path)
    for parameter in network.parameters():
        parameter.requires_grad = False
    return network.eval()


def _read_torchscript(path: Path) -> nn.Module:
    try:
        with warnings.catch_warnings():
            # TorchScript is deprecated, but remains the one format in which feature networks are passed around.
            warnings.simplefilter("ignore", DeprecationWarning)
            network: nn.Module = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"{path}: is not a TorchScript file; save the network with torch.jit.trace(...).save(path), "
            "taking (N, 3, H, W) in [-1, 1] to (N, D)"
        ) from error
    return network
