"""Label maps against a confusion matrix counted pixel by pixel."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from i2i.images import NO_CLASS, ImageSpec, LabelClass, encode, valid
from i2i.metrics import mean_iou, pixel_accuracy


def _spec(classes: int) -> ImageSpec:
    return ImageSpec(1, classes=tuple(LabelClass(index, f"class {index}", (index, 0, 0)) for index in range(classes)))


def _planes(positions: np.ndarray, classes: int) -> Tensor:
    return encode(positions[..., None].astype(np.uint8), _spec(classes))[None]


def _by_hand(made: np.ndarray, wanted: np.ndarray, classes: int) -> tuple[float, float]:
    """Accuracy and mean IoU from a confusion matrix, a pixel at a time."""
    confusion = np.zeros((classes, classes + 1))
    for one, other in zip(made.flat, wanted.flat, strict=True):
        if other != NO_CLASS:
            confusion[other, classes if one == NO_CLASS else one] += 1
    if not confusion.sum():
        return math.nan, math.nan
    overlaps = []
    for index in range(classes):
        union = confusion[index].sum() + confusion[:, index].sum() - confusion[index, index]
        if union:
            overlaps.append(confusion[index, index] / union)
    return np.trace(confusion) / confusion.sum(), float(np.mean(overlaps))


@settings(max_examples=40, deadline=None)
@given(classes=st.integers(1, 9), seed=st.integers(0, 10_000), unknown=st.sampled_from([0.0, 0.3, 1.0]))
def test_accuracy_and_mean_iou_are_those_of_the_confusion_matrix(classes: int, seed: int, unknown: float) -> None:
    random = np.random.default_rng(seed)
    wanted = random.integers(0, classes, (6, 7))
    made = np.where(random.random((6, 7)) < 0.5, wanted, random.integers(0, classes, (6, 7)))
    wanted[random.random((6, 7)) < unknown] = NO_CLASS
    made[random.random((6, 7)) < unknown / 3] = NO_CLASS
    output, target = _planes(made, classes), _planes(wanted, classes)
    mask = valid(wanted[..., None].astype(np.uint8), _spec(classes))[None]
    for masked in (None, mask):
        found = (pixel_accuracy(output, target, masked).item(), mean_iou(output, target, masked).item())
        assert found == pytest.approx(_by_hand(made, wanted, classes), rel=1e-6, nan_ok=True)


def test_only_the_largest_plane_of_an_output_counts() -> None:
    wanted = np.random.default_rng(0).integers(0, 4, (16, 16))
    target = _planes(wanted, 4)
    unsure = target * 1e-3 - 0.7
    assert pixel_accuracy(unsure, target).item() == 1
    assert mean_iou(unsure, target).item() == 1


def test_each_image_of_a_batch_is_counted_by_itself() -> None:
    random = np.random.default_rng(1)
    made, wanted = random.integers(0, 3, (2, 4, 8, 8))
    outputs, targets = (torch.cat([_planes(each, 3) for each in side]) for side in (made, wanted))
    expected = [_by_hand(one, other, 3) for one, other in zip(made, wanted, strict=True)]
    assert pixel_accuracy(outputs, targets).tolist() == pytest.approx([each[0] for each in expected])
    assert mean_iou(outputs, targets).tolist() == pytest.approx([each[1] for each in expected])


def test_a_mask_leaves_out_pixels_of_known_class() -> None:
    made, wanted = np.random.default_rng(4).integers(0, 3, (2, 10, 10))
    output, target = _planes(made, 3), _planes(wanted, 3)
    left_half = (torch.arange(10) < 5).expand(1, 3, 10, 10)
    expected = _by_hand(made[:, :5], wanted[:, :5], 3)
    found = pixel_accuracy(output, target, left_half).item(), mean_iou(output, target, left_half).item()
    assert found == pytest.approx(expected)


def test_the_order_of_the_class_table_changes_nothing() -> None:
    made, wanted = np.random.default_rng(2).integers(0, 5, (2, 12, 12))
    order = np.array([3, 0, 4, 1, 2])
    before = mean_iou(_planes(made, 5), _planes(wanted, 5)).item()
    assert mean_iou(_planes(order[made], 5), _planes(order[wanted], 5)).item() == pytest.approx(before)


def test_a_class_that_one_side_alone_has_counts_as_zero_and_an_absent_one_not_at_all() -> None:
    wanted, made = np.zeros((4, 4), int), np.zeros((4, 4), int)
    made[0] = 1
    assert mean_iou(_planes(made, 3), _planes(wanted, 3)).item() == pytest.approx((12 / 16 + 0) / 2)


def test_as_many_classes_as_a_table_holds_are_counted() -> None:
    wanted = np.arange(255).reshape(15, 17)
    target = _planes(wanted, 255)
    assert mean_iou(target, target).item() == 1
    assert pixel_accuracy(target.roll(1, dims=1), target).item() == 0
