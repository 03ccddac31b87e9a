import math

import pytest

from i2i.metrics import Interval, difference_interval, mean_interval


def test_the_interval_holds_the_mean_and_repeats_with_the_seed() -> None:
    values = [20.0, 22.0, 25.0, 21.0, 30.0, 24.0]
    interval = mean_interval(values)
    assert interval == mean_interval(values)
    assert interval.mean == pytest.approx(23.6667, abs=1e-4)
    assert interval.low is not None
    assert interval.high is not None
    assert 20 < interval.low < interval.mean < interval.high < 30


def test_a_wider_level_is_a_wider_interval() -> None:
    narrow, wide = (mean_interval(range(30), level=level) for level in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_a_single_image_has_a_mean_and_no_interval() -> None:
    assert mean_interval([3.0]) == Interval(3.0, count=1)
    assert Interval(3.0).text(1) == "3.0"


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert mean_interval([2.0, 2.0, 2.0]) == Interval(2.0, 2.0, 2.0, count=3)


def test_the_paired_difference_sees_what_separate_intervals_hide() -> None:
    hard = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    better = [value + 1 + 0.1 * index for index, value in enumerate(hard)]
    a, b = mean_interval(better), mean_interval(hard)
    assert a.low < b.high  # apart they overlap
    assert difference_interval(better, hard).low > 0


def test_many_images_are_resampled_in_bounded_memory() -> None:
    interval = mean_interval([float(i % 7) for i in range(50_000)], resamples=200)
    assert interval.high - interval.low < 0.1


def test_an_image_without_a_value_is_left_out_and_the_count_tells() -> None:
    whole = mean_interval([20.0, 22.0, 25.0])
    assert mean_interval([20.0, math.nan, 22.0, math.inf, 25.0]) == whole
    assert whole.count == 3
    assert mean_interval([math.nan, 7.0]) == Interval(7.0, count=1)


def test_where_no_image_has_a_value_there_is_no_mean() -> None:
    nothing = mean_interval([math.nan, math.nan])
    assert math.isnan(nothing.mean)
    assert (nothing.low, nothing.high, nothing.count) == (None, None, 0)


def test_a_difference_counts_the_images_that_both_have_a_value_of() -> None:
    found = difference_interval([3.0, math.nan, 5.0, math.inf, 4.0], [1.0, 2.0, math.nan, math.inf, 1.0])
    assert found == mean_interval([2.0, 3.0])


def test_nothing_to_average_and_unpaired_lists_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        mean_interval([])
    with pytest.raises(ValueError, match="same images on both sides"):
        difference_interval([1.0, 2.0], [1.0])


def test_the_text_shows_mean_and_interval() -> None:
    assert Interval(23.414, 22.9, 23.93).text(2) == "23.41 [22.90, 23.93]"
