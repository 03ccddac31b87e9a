"""Measures of images: against their target, between sets, and how sure the numbers are.

Each takes (N, C, H, W) float tensors in [-1, 1]; none needs the network, and those that need pretrained weights say so.
`paired_measures` chooses those that suit a target: a picture, a quantity in its unit, a label map.
"""

from i2i.metrics.bootstrap import Interval, difference_interval, mean_interval
from i2i.metrics.distribution import frechet_distance, kernel_distance
from i2i.metrics.diversity import diversity, pairwise_distances, pixel_distance
from i2i.metrics.features import load_features
from i2i.metrics.labels import LABELS, mean_iou, pixel_accuracy
from i2i.metrics.measure import Measure, PairedMeasure
from i2i.metrics.paired import PAIRED, l1, ms_ssim, ms_ssim_scales, psnr, rmse, ssim
from i2i.metrics.perceptual import LPIPS, load_lpips, lpips_heads
from i2i.metrics.sharpness import relative_sharpness
from i2i.metrics.sliced import SlicedWasserstein, sliced_wasserstein
from i2i.metrics.suited import default_measure, paired_measures
from i2i.metrics.values import ValueErrors
from i2i.pretrained.caffe import CaffeSqueezeNet
from i2i.pretrained.distances import feature_distance
from i2i.pretrained.trunks import VGG16, AlexNet, SqueezeNet, Trunk

__all__ = [
    "LABELS",
    "LPIPS",
    "PAIRED",
    "VGG16",
    "AlexNet",
    "CaffeSqueezeNet",
    "Interval",
    "Measure",
    "PairedMeasure",
    "SlicedWasserstein",
    "SqueezeNet",
    "Trunk",
    "ValueErrors",
    "default_measure",
    "difference_interval",
    "diversity",
    "feature_distance",
    "frechet_distance",
    "kernel_distance",
    "l1",
    "load_features",
    "load_lpips",
    "lpips_heads",
    "mean_interval",
    "mean_iou",
    "ms_ssim",
    "ms_ssim_scales",
    "paired_measures",
    "pairwise_distances",
    "pixel_accuracy",
    "pixel_distance",
    "psnr",
    "relative_sharpness",
    "rmse",
    "sliced_wasserstein",
    "ssim",
]
