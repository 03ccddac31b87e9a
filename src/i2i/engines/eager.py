"""torch as it is: the reference for all others, there at once, on every device."""

import torch
from torch import Tensor

from i2i.engines.engine import Job, Network
from i2i.layers.norms import BatchNorm

EXACT = True


def unavailable() -> str | None:
    """See `Engine`."""
    return None


def refusal(job: Job) -> str | None:
    """See `Engine`."""
    return None


def build(job: Job) -> Network:
    """See `Engine`. On a GPU in channels-last, the layout of its tensor cores."""
    generator, kind = job.generator, job.device.type
    if kind == "cuda":
        generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(images: Tensor) -> Tensor:
        one_by_one = any(isinstance(layer, BatchNorm) and layer.follows_image for layer in generator.modules())
        if kind == "cuda":
            images = images.contiguous(memory_format=torch.channels_last)
        with torch.autocast(kind, torch.bfloat16, enabled=job.bf16):
            outputs = [generator(part) for part in torch.split(images, 1 if one_by_one else len(images))]
        return torch.cat(outputs).float()

    return Network(run, 0.0)
