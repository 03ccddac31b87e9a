"""Perceptual distances: two images compared in the eyes of a network trained on photographs.

Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric".
https://arxiv.org/abs/1801.03924
"""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from i2i.errors import ConfigError, MissingWeightsError
from i2i.metrics.measure import Measure
from i2i.pretrained.distances import unit_differences
from i2i.pretrained.trunks import VGG16, AlexNet, SqueezeNet, Trunk
from i2i.pretrained.weights import load_published

LPIPSNetwork = Literal["alex", "vgg", "squeeze"]

_TRUNKS: dict[str, type[AlexNet] | type[VGG16] | type[SqueezeNet]] = {
    "alex": AlexNet,
    "vgg": VGG16,
    "squeeze": SqueezeNet,
}

LPIPS_MEASURE = Measure("LPIPS", "", "lower", "version 0.1 heads, images at their own size")
FEATURE_DISTANCE = Measure(
    "Feature distance", "", "lower", "LPIPS without learned heads: unit channels, squared difference, mean over layers"
)


class LPIPS(nn.Module):
    """Learned perceptual distance, version 0.1: two (N, 1 or 3, H, W) in [-1, 1] -> (N,), 0 for equal images.

    The trunk's maps are normalised to unit length over their channels, their squared differences weighted by the
    learned heads, averaged over space and summed over layers (eq. 1). Gradients flow to the images; nothing here is
    trained.
    """

    def __init__(self, trunk: Trunk, heads: Sequence[Tensor], name: str = "LPIPS") -> None:
        """`heads` are one tensor of non-negative weights a layer, (C,) each; `name` goes into tables and protocols."""
        super().__init__()
        self.trunk = trunk
        self.name = name
        for index, head in enumerate(heads):
            self.register_buffer(f"head{index}", head.view(1, -1, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Two (N, 1 or 3, H, W) in [-1, 1] -> (N,)."""
        distances = [
            (difference * self.get_buffer(f"head{index}")).sum(dim=1).mean(dim=(1, 2))
            for index, difference in enumerate(unit_differences(self.trunk, output, target))
        ]
        return torch.stack(distances).sum(dim=0)


def load_lpips(
    network: LPIPSNetwork = "alex", weights: str | os.PathLike[str] | None = None, download: bool = False
) -> LPIPS:
    """LPIPS with the published trunk and heads. "alex" is what its authors advise for evaluation.

    Args:
        network: the trunk: "alex" (233 MB), "vgg" (528 MB) or "squeeze" (5 MB).
        weights: the trunk's weight file or its folder; by default looked for in the folder that the environment
            variable `I2I_WEIGHTS` names, then in torch.hub's cache. The heads come with torchmetrics.
        download: allow fetching the file; without it nothing ever is.

    Raises:
        ConfigError: no such network.
        MissingWeightsError: the trunk's weights are nowhere.
        InputError: the file holds other weights.
    """
    if network not in _TRUNKS:
        raise ConfigError(f"LPIPS network '{network}' is unknown; expected one of {', '.join(get_args(LPIPSNetwork))}")
    trunk = _TRUNKS[network]()
    trunk.load(load_published(trunk.published, weights, download))
    return LPIPS(trunk, lpips_heads(network), name=f"LPIPS ({network})")


def lpips_heads(network: LPIPSNetwork) -> list[Tensor]:
    """The learned weights of each layer's channels, (C,) each, from the installed torchmetrics."""
    spec = importlib.util.find_spec("torchmetrics")  # found, not imported: that would take seconds
    folders = list(spec.submodule_search_locations or []) if spec else []
    file = Path(folders[0] if folders else "") / "functional" / "image" / "lpips_models" / f"{network}.pth"
    if not file.is_file():
        raise MissingWeightsError(f"{file}: LPIPS heads not found; they come with torchmetrics; install it again")
    state = torch.load(file, map_location="cpu", weights_only=True)
    return [state[f"lin{index}.model.1.weight"].flatten() for index in range(len(state))]
