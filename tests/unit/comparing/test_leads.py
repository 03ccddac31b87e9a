import numpy as np
import pytest
from scipy import stats

from i2i.comparing.leads import correction, lead
from i2i.metrics.measure import Measure

HIGHER = Measure("PSNR", "dB", "higher", "")
LOWER = Measure("L1", "", "lower", "")
ZERO = Measure("Sharpness", "dB", "zero", "")


def noise(seed, count=40):
    return np.random.default_rng(seed).normal(size=count)


def test_a_small_lead_on_every_image_is_clear_where_the_means_overlap():
    hard = 5 * noise(0)
    found = lead(HIGHER, {0: (hard + 0.3 + 0.1 * noise(1)).tolist()}, {0: hard.tolist()})
    assert found.standing == "better"
    assert found.interval.low > 0.2
    assert found.interval.mean == pytest.approx(0.3, abs=0.06)
    back = lead(HIGHER, {0: hard.tolist()}, {0: (hard + 0.3 + 0.1 * noise(1)).tolist()})
    assert back.standing == "worse"
    assert back.interval.mean == pytest.approx(-found.interval.mean)


def test_more_is_better_only_where_the_measure_says_so():
    low, high = np.full(20, 1.0) + 0.01 * noise(2, 20), np.full(20, 2.0)
    assert lead(LOWER, {0: low.tolist()}, {0: high.tolist()}).standing == "better"
    assert lead(HIGHER, {0: low.tolist()}, {0: high.tolist()}).standing == "worse"
    assert lead(ZERO, {0: low.tolist()}, {0: (-high).tolist()}).standing == "better", "nearer to 0, on either side"


def test_what_is_clear_by_itself_may_not_be_among_many():
    drawn = noise(3)
    ours = 0.4 + (drawn - drawn.mean()) / drawn.std()
    alone, among = (lead(HIGHER, {0: ours.tolist()}, {0: [0.0] * 40}, comparisons) for comparisons in (1, 60))
    assert (alone.standing, among.standing) == ("better", "level")
    assert among.interval.low < alone.interval.low < alone.interval.mean == among.interval.mean


def test_chance_alone_seldom_makes_any_of_many_comparisons_clear():
    nothing = {0: [0.0] * 40}
    tables = [np.random.default_rng(table).normal(size=(6, 40)).tolist() for table in range(25)]
    corrected, alone = (
        sum(any(lead(HIGHER, {0: row}, nothing, count).standing != "level" for row in table) for table in tables)
        for count in (6, 1)
    )
    assert corrected <= 4 < alone


def test_a_handful_of_images_tells_nothing():
    found = lead(HIGHER, {0: [2.0, 2.1, 2.2, 2.3]}, {0: [1.0, 1.1, 1.0, 1.1]})
    assert (found.standing, found.interval.low, found.interval.count) == ("level", None, 4)
    assert found.interval.mean == pytest.approx(1.1)


def trainings(count, random, lead=0.0, spread=0.3, images=40):
    """Scores of one method: what makes the images hard is the same for all, what a seed changes is its own."""
    hard = np.random.default_rng(7).normal(size=images)
    return {
        seed: (hard + lead + random.normal(0, spread) + random.normal(0, 0.5, images)).tolist() for seed in range(count)
    }


@pytest.mark.parametrize("count", [2, 3, 5])
def test_seeds_of_one_method_are_seldom_told_apart(count):
    """What a rule that asks the images alone, and that the seeds agree, does in 5 to 40 of 100 cases."""
    random, told = np.random.default_rng(count), 0
    for _ in range(400):
        told += lead(HIGHER, trainings(count, random), trainings(count, random)).standing != "level"
    assert told / 400 <= 0.08


def test_a_lead_beyond_what_seeds_change_is_clear():
    random = np.random.default_rng(0)
    found = [lead(HIGHER, trainings(3, random, lead=2.0), trainings(3, random)) for _ in range(20)]
    assert sum(each.standing == "better" for each in found) >= 19
    assert found[0].interval.low < found[0].interval.mean < found[0].interval.high
    assert len(found[0].by_seed) == 3


def test_the_interval_of_several_seeds_is_the_one_computed_by_hand():
    ours, theirs = {0: [3.0] * 20, 1: [5.0] * 20}, {0: [1.0] * 20, 1: [2.0] * 20}
    found = lead(HIGHER, ours, theirs).interval
    a, b = 2.0 / 2, 0.5 / 2  # the variances of the means of two seeds
    freedom = (a + b) ** 2 / (a**2 + b**2)
    half = stats.t.ppf(0.975, freedom) * (a + b) ** 0.5
    assert (found.mean, found.low, found.high) == pytest.approx((2.5, 2.5 - half, 2.5 + half))
    same = lead(HIGHER, theirs | {1: [1.0] * 20}, theirs | {1: [1.0] * 20})
    assert (same.interval.low, same.interval.high, same.standing) == (0.0, 0.0, "level")


def test_only_seeds_and_images_that_both_have_count():
    ours = {0: [1.0] * 30, 1: [9.0] * 30}
    theirs = {0: [*[0.0] * 29, float("nan")], 2: [5.0] * 30}
    found = lead(HIGHER, ours, theirs)
    assert (found.interval.mean, found.interval.count, found.by_seed) == (1.0, 29, (1.0,))
    assert lead(HIGHER, {0: [1.0]}, {1: [1.0]}) is None
    assert lead(HIGHER, {0: [float("nan")] * 3}, {0: [1.0] * 3}) is None


def test_the_correction_is_told_with_its_level():
    assert "needs no correction" in correction(1)
    assert "corrected for 10 comparisons" in correction(10)
    assert "99.50%" in correction(10)
