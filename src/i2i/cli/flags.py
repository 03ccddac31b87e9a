"""The flags that mean the same in every command."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from i2i.metrics.perceptual import LPIPS, LPIPSNetwork

Recipe = Annotated[str | None, Parameter(help="Published settings by name; 'i2i recipes' lists them.")]
Direction = Annotated[
    str | None, Parameter(help="left-to-right, right-to-left, or the sides' names: A-to-B. Default: first to second.")
]
Way = Annotated[
    str | None, Parameter(help="Of a bundle that translates both ways: one of its directions. Default: its first.")
]
ToDomain = Annotated[str | None, Parameter(help="Of a bundle that translates into several domains: which.")]
Layout = Annotated[
    Literal["auto", "side-by-side", "folders", "manifest", "unpaired", "domains"] | None,
    Parameter(help="How the pairs lie; unpaired: a folder a side, without partners; domains: a folder a domain."),
]
Size = Annotated[str | None, Parameter(help="Training crop in pixels: 256, or HEIGHTxWIDTH.")]
Images = Annotated[int | None, Parameter(help="Training images to see in all.")]
Batch = Annotated[int | None, Parameter(help="Images a step.")]
Width = Annotated[int | None, Parameter(help="Channels of the first layer, generator and discriminator.")]
Seed = Annotated[int | None, Parameter(help="Of everything that is random.")]
Device = Annotated[str | None, Parameter(help="auto, cpu, cuda, cuda:N or mps.")]
Precision = Annotated[str | None, Parameter(help="fp32, or bf16, which is faster where the processor has it.")]
Engine = Annotated[
    Literal["auto", "eager", "packed", "compiled", "onnxruntime", "openvino", "int8"] | None,
    Parameter(help="What runs the network; auto: the soonest done of those that give the same. Scores: eager."),
]
Json = Annotated[Path | None, Parameter(help="Write the report to this file too, for programs.")]
Dropout = Annotated[Literal["on", "off"] | None, Parameter(help="Noise at test time. Default: as the bundle says.")]
Statistics = Annotated[
    Literal["batch", "running"] | None,
    Parameter(help="Normalise by the image's own statistics or training's. Default: as the bundle says."),
]
Resize = Annotated[
    Literal["training", "native"] | None,
    Parameter(help="Translate at the training size and resize back, or at the image's own. Default: the bundle's."),
]
Steps = Annotated[
    int | None,
    Parameter(help="Of a bundle that works step by step: how many; 1 gives the mean. Default: as the bundle says."),
]
Like = Annotated[
    Path | None,
    Parameter(help="An image of the target's kind whose style all answers take, of a bundle with latent codes."),
]
Task = Annotated[str | None, Parameter(help="Make the pairs of plain photos: 'i2i data tasks' lists how.")]
LpipsName = Literal["alex", "vgg", "squeeze", "none"]
Lpips = Annotated[LpipsName, Parameter(help="Network of LPIPS; its weights are not fetched.")]
LpipsWeights = Annotated[Path | None, Parameter(help="File of that network's published weights.")]
Features = Annotated[
    Path | None, Parameter(help="Feature network for Fréchet and kernel distances: TorchScript, or .npz.")
]
Reader = Annotated[
    str | None,
    Parameter(help="Bundle of the other direction that reads the inputs off the outputs, as FCN-score."),
]


def lpips_network(name: LpipsName, weights: Path | None) -> "LPIPS | LPIPSNetwork | None":
    """The network of LPIPS by the flags: none; the module, of a file; or the name of one to look for."""
    if name == "none":
        return None
    if weights is None:
        return name
    from i2i.metrics.perceptual import load_lpips

    return load_lpips(name, weights)


def switch(value: Literal["on", "off"] | None) -> bool | None:
    """on and off as booleans; None stays None, for the bundle's own setting."""
    return None if value is None else value == "on"
