"""Measures of label maps: a pixel is of the right class or it is not, however near the two may stand in the table.

Both sides are (N, K, H, W), one plane a class, all planes exactly 0 where a pixel is of no class. An output's planes
may be any numbers: the largest is its class. Pixels whose target is of no class count nowhere, with a mask or without;
an output of no class is wrong.
"""

import torch
from torch import Tensor

from i2i.metrics.measure import PairedMeasure
from i2i.metrics.paired import alike

WITH_CLASS = "over the pixels whose target is of a class"


def pixel_accuracy(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Share of pixels of the right class: two (N, K, H, W) -> (N,); NaN for an image without any class."""
    confusion = _confusion(output, target, valid)
    return confusion.diagonal(dim1=1, dim2=2).sum(dim=1) / confusion.sum(dim=(1, 2))


def mean_iou(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Intersection over union, mean over the classes that the target or the output has: two (N, K, H, W) -> (N,).

    Of each image by itself: a class that neither side has is left out, one that only one side has counts as 0. The
    tables of segmentation benchmarks count over a whole set of images instead. NaN for an image without any class.
    """
    confusion = _confusion(output, target, valid)
    hits = confusion.diagonal(dim1=1, dim2=2)
    unions = confusion.sum(dim=2) + confusion.sum(dim=1)[:, :-1] - hits
    return (hits / unions.clamp(min=1)).sum(dim=1) / (unions > 0).sum(dim=1)


LABELS: dict[str, PairedMeasure] = {
    "pixel_accuracy": PairedMeasure(
        "Pixel accuracy",
        "",
        "higher",
        "share of pixels of the right class",
        function=pixel_accuracy,
        masking=WITH_CLASS,
    ),
    "mean_iou": PairedMeasure(
        "Mean IoU",
        "",
        "higher",
        "intersection over union of each image, mean over the classes in its target or output",
        function=mean_iou,
        masking=WITH_CLASS,
    ),
}
"""The measures of a label map against its target."""


def _confusion(output: Tensor, target: Tensor, valid: Tensor | None) -> Tensor:
    """Pixels by class of target and output, (N, K, K + 1); the last column is of no class."""
    output, target = alike(output, target, valid)
    images, classes = target.shape[:2]
    known = target.any(dim=1) if valid is None else target.any(dim=1) & valid.all(dim=1)
    made = torch.where(output.any(dim=1), output.argmax(dim=1), classes)
    wanted = target.argmax(dim=1) + classes * torch.arange(images, device=target.device)[:, None, None]
    cells = (wanted * (classes + 1) + made)[known]
    return torch.bincount(cells, minlength=images * classes * (classes + 1)).view(images, classes, classes + 1)
