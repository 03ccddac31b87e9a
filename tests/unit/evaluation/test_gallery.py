import numpy as np

from i2i.evaluation import Sample
from i2i.evaluation.gallery import Example, Gallery

PIXEL = np.zeros((1, 1, 3), np.uint8)


def _filled(shortfalls: list[float], **options: int) -> Gallery:
    gallery = Gallery(**options)
    for order, shortfall in enumerate(shortfalls):
        gallery.add(Example(order, Sample(str(order), PIXEL, PIXEL), PIXEL, {}, shortfall))
    return gallery


def test_the_worst_and_the_best_are_kept_in_order() -> None:
    gallery = _filled([5, 1, 4, 2, 3, 0], extremes=2)
    assert [each.order for each in gallery.worst] == [0, 2]
    assert [each.order for each in gallery.best] == [5, 1]


def test_few_examples_are_all_shown() -> None:
    assert [each.order for each in _filled([0] * 3, shown=8).random] == [0, 1, 2]


def test_the_random_ones_are_as_likely_from_anywhere_and_stay_in_order() -> None:
    counts = np.zeros(20)
    for seed in range(400):
        orders = [each.order for each in _filled([0] * 20, shown=5, seed=seed).random]
        assert orders == sorted(set(orders))
        counts[orders] += 1
    assert counts.sum() == 2000
    assert counts.min() > 65
    assert counts.max() < 140
