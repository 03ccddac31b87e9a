"""The generator's weights averaged over the training, with a half-life in images."""

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def averaged(generator: nn.Module, halflife_images: float, batch: int) -> AveragedModel:
    """An exponential moving average of weights and buffers, updated once a step.

    After `halflife_images` more images a weight's old value counts half (Karras et al. 2018, §A.3; Yazıcı et al. 2019).
    """
    decay = 0.5 ** (batch / halflife_images)
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(generator, multi_avg_fn=average, use_buffers=True)
