"""Devices by the names that people use for them."""

import torch

from i2i.errors import ConfigError


def multiplies_bf16() -> bool:
    """Whether the processor multiplies in bfloat16; oneDNN would emulate it, many times slower and not always."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def pick_device(name: str) -> torch.device:
    """The device for "auto" (the fastest that is there), "cpu", "cuda", "cuda:N" or "mps".

    Raises:
        ConfigError: no such device on this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    kind = name.partition(":")[0]
    if kind not in ("cpu", "cuda", "mps"):
        raise ConfigError(f"device: '{name}'; expected auto, cpu, cuda, cuda:N or mps")
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}
    if not there[kind]:
        raise ConfigError(
            f"device: '{name}' is not on this machine (or this torch was built without it); use auto or cpu"
        )
    return torch.device(name)


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
