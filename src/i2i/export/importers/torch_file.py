"""Reading a file written by `torch.save` without running any code that it may hold."""

import pickle
import re
import warnings
from pathlib import Path

import torch
from torch import Tensor

from i2i.errors import BundleError

_WRAPPED = ("state_dict", "model_state_dict", "model", "net", "netG", "generator", "params")


def read_tensors(path: Path, wanted: str) -> dict[str, Tensor]:
    """The state_dict in the file at `path`, on the CPU.

    Args:
        path: what `torch.save(network.state_dict(), path)` wrote, in the zip format or the one before it (torch < 1.6).
        wanted: what the caller expects there, for the messages.

    Raises:
        BundleError: missing, empty, damaged, of another kind, or more than tensors by name.
    """
    content = _load(path, wanted)
    if isinstance(content, Tensor) or not isinstance(content, dict):
        raise BundleError(f"{path}: holds one {type(content).__name__}; expected {wanted}; export the network itself")
    if {"state", "param_groups"} <= content.keys():
        raise BundleError(f"{path}: is the state of an optimizer; expected {wanted}; choose the network's own file")
    if not content:
        raise BundleError(f"{path}: holds no tensors at all; expected {wanted}; save the network again")
    tensors = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
    if len(tensors) < len(content):
        raise BundleError(f"{path}: {_mixture(content)}; expected {wanted}")
    return tensors


def _load(path: Path, wanted: str) -> object:
    if not path.exists():
        raise BundleError(f"{path}: no such file; expected {wanted}; check the path")
    if path.is_dir():
        raise BundleError(f"{path}: is a folder; expected {wanted}; name the file in it")
    if path.stat().st_size == 0:
        raise BundleError(f"{path}: is empty (0 bytes); expected {wanted}; copy or save it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch about its own older formats, which the user can't change
            return torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError as error:
        raise BundleError(f"{path}: can't be read ({error.strerror}); check its permissions") from error
    except pickle.UnpicklingError as error:
        objects = re.search(r"Unsupported global: GLOBAL (\S+)", str(error))
        if objects is None:
            raise _damaged(path, wanted) from error
        raise BundleError(
            f"{path}: holds Python objects ({objects[1]}), which could run code and are refused; expected {wanted}; "
            "where it comes from, save network.state_dict() instead"
        ) from error
    except Exception as error:  # the reader raises whatever its parsers meet in damaged bytes
        raise _damaged(path, wanted) from error


def _damaged(path: Path, wanted: str) -> BundleError:
    return BundleError(
        f"{path}: {path.stat().st_size:,} bytes that torch can't read, cut short or another kind of file; "
        f"expected {wanted}; copy or download it again"
    )


def _mixture(content: dict[object, object]) -> str:
    wrapped = next((name for name in _WRAPPED if isinstance(content.get(name), dict)), None)
    names = ", ".join(str(key) for key in list(content)[:4])
    if wrapped is not None:
        return f"is a whole training state ({names}); save its entry '{wrapped}' alone with torch.save first"
    return f"holds more than tensors by name ({names}); save network.state_dict() alone"
