"""The generator's weights averaged over the training, with a half-life in images."""

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from i2i.config import Training

_Tensors = tuple[Tensor, ...] | list[Tensor]


def averaged(generator: nn.Module, training: Training) -> AveragedModel:
    """An exponential moving average of weights and buffers, updated once a step.

    After `ema_halflife_images` more images a weight's old value counts half (Karras et al. 2018, §A.3; Yazıcı et al.
    2019); with `ema_rampup` after at most that share of the images seen so far, so that the first weights don't linger
    (Karras et al. 2020, https://arxiv.org/abs/2006.06676).
    """
    halflife, batch, rampup = training.ema_halflife_images, training.batch, training.ema_rampup
    if not rampup:
        steady = get_ema_multi_avg_fn(0.5 ** (batch / halflife))  # type: ignore[no-untyped-call]
        return AveragedModel(generator, multi_avg_fn=steady, use_buffers=True)

    def average(old: _Tensors, new: _Tensors, updates: Tensor | int) -> None:
        decay = 0.5 ** (batch / min(halflife, rampup * batch * (int(updates) + 1)))
        get_ema_multi_avg_fn(decay)(old, new, updates)  # type: ignore[no-untyped-call]

    return AveragedModel(generator, multi_avg_fn=average, use_buffers=True)
