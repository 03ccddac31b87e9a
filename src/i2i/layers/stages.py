"""The stages of an encoder and of a decoder: each encoder stage halves height and width, each decoder stage doubles.

In the paper's words (Isola et al. 2017, §6.1) Ck and CDk: convolution, normalisation, (dropout,) activation with k
filters. Here an activation stands at the head of the next stage, so that what a stage gives is what a skip carries.
https://arxiv.org/abs/1611.07004
"""

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from i2i.layers.convolutions import Convolution
from i2i.layers.norms import Bias, Norm, inner_bias, normalisation, outer_bias
from i2i.layers.upsampling import Upsample, upsampling


def stage_widths(width: int, depth: int) -> list[int]:
    """Filters of each encoder stage: doubled from one to the next, up to 8 × width."""
    return [width * min(2**level, 8) for level in range(depth)]


def encoder_stages(
    in_channels: int, widths: Sequence[int], *, norm: Norm, bias: Bias, beside: Sequence[int] = ()
) -> nn.ModuleList:
    """One stage for each of `widths`; (N, C, H, W) -> (N, widths[-1], H / 2^depth, W / 2^depth) through all.

    The first has no normalisation, and neither has the last: on its 1×1 maps batch normalisation at batch 1 would
    zero everything, as the paper's errata say.

    Args:
        in_channels: of what the first takes.
        widths: filters of each.
        norm: see `Norm`.
        bias: see `Bias`.
        beside: channels that each takes beside what the one before it gives; empty: none.
    """
    beside = beside or [0] * len(widths)
    stages = nn.ModuleList()
    last = len(widths) - 1
    for level, (k_in, k) in enumerate(zip([in_channels, *widths], widths, strict=False)):
        stage: OrderedDict[str, nn.Module] = OrderedDict()
        if level > 0:
            stage["activation"] = nn.LeakyReLU(0.2)
        stage["conv"] = Convolution(k_in + beside[level], k, 4, stride=2, padding=1, bias=inner_bias(norm, bias))
        if 0 < level < last:
            stage["norm"] = normalisation(norm, k)
        stages.append(nn.Sequential(stage))
    return stages


def decoder_stages(
    out_channels: int,
    widths: Sequence[int],
    *,
    skips: bool,
    norm: Norm,
    upsample: Upsample,
    dropout: Sequence[int],
    dropout_rate: float,
    bias: Bias,
) -> nn.ModuleList:
    """The way back from `widths[-1]` filters to `out_channels`, in as many stages as the encoder has.

    Args:
        out_channels: of the last stage, which has neither normalisation nor dropout.
        widths: the encoder's.
        skips: each stage but the first also takes the encoder's features of its size, concatenated.
        norm: see `Norm`.
        upsample: see `Upsample`.
        dropout: the stages that have it, counted from 1, the one right after the bottleneck; others are left out.
        dropout_rate: the share of features that are dropped.
        bias: see `Bias`.
    """
    stages = nn.ModuleList()
    outputs = [*reversed(widths[:-1]), out_channels]
    for number, (k_in, k) in enumerate(zip(reversed(widths), outputs, strict=True), start=1):
        is_output = number == len(widths)
        k_in = 2 * k_in if skips and number > 1 else k_in
        stage: OrderedDict[str, nn.Module] = OrderedDict(activation=nn.ReLU())
        has_bias = outer_bias(bias) if is_output else inner_bias(norm, bias)
        stage["up"] = upsampling(upsample, k_in, k, kernel=4, bias=has_bias)
        if not is_output:
            stage["norm"] = normalisation(norm, k)
            if number in dropout:
                stage["dropout"] = nn.Dropout(dropout_rate)
        stages.append(nn.Sequential(stage))
    return stages


def full_size_stages(in_channels: int, out_channels: int, width: int, *, bias: Bias) -> nn.Sequential:
    """A skip at full size with the layer that reads it: (N, in_channels, H, W) -> (N, out_channels, H, W).

    What it gives is added to what the last decoder stage gives, before the output's tanh: one convolution of this skip
    and of that stage's enlarged features, concatenated, would be the same sum.

    Args:
        in_channels: of the image.
        out_channels: of the last decoder stage.
        width: filters of the skip.
        bias: see `Bias`; of the skip's, as the last decoder stage has one already.
    """
    return nn.Sequential(
        OrderedDict(
            conv=Convolution(in_channels, width, 3, padding=1, bias=outer_bias(bias)),
            activation=nn.LeakyReLU(0.2),
            output=Convolution(width, out_channels, 3, padding=1, bias=False),
        )
    )
