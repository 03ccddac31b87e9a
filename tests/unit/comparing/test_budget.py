import pytest

from i2i.comparing.budget import Budget, duration
from i2i.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("20min", 1200, "seconds"),
        ("90s", 90, "seconds"),
        ("1.5 h", 5400, "seconds"),
        ("6000images", 6000, "images"),
        ("5e15macs", 5e15, "multiply-adds"),
        ("800 TMACs", 8e14, "multiply-adds"),
    ],
)
def test_a_budget_is_read_as_people_write_it(text, amount, unit):
    assert Budget.read(text) == Budget(amount, unit)


@pytest.mark.parametrize("text", ["20", "min", "0min", "-5min", "20 parsecs", "1e3e3s", "", "6,000images"])
def test_what_is_no_budget_is_refused_with_examples(text):
    with pytest.raises(ConfigError, match=r"--budget .*: expected a time \(90s, 20min, 1.5h\), images"):
        Budget.read(text)


def test_each_budget_buys_whole_batches_and_never_more_than_it_is():
    assert Budget(6000, "images").images(batch=7, multiply_adds=1, per_second=None) == 5999
    assert Budget(6000, "images").images(batch=4, multiply_adds=1, per_second=None) == 6000
    assert Budget(1e12, "multiply-adds").images(batch=2, multiply_adds=3e9, per_second=None) == 332
    assert Budget(600, "seconds").images(batch=4, multiply_adds=1, per_second=2.51) == 1504


def test_a_budget_below_one_batch_says_what_a_batch_takes():
    with pytest.raises(
        ConfigError, match=r"--budget 1 s: is not enough for one batch of 4, which takes 8 s; give more"
    ):
        Budget(1, "seconds").images(batch=4, multiply_adds=1, per_second=0.5)
    with pytest.raises(ConfigError, match="one batch of 8, which takes 8 images"):
        Budget(7, "images").images(batch=8, multiply_adds=1, per_second=None)


def test_times_are_told_in_the_unit_that_suits_them():
    assert [duration(seconds) for seconds in (0.354, 42, 1200, 5400, 7260)] == [
        "0.35 s", "42 s", "20 min", "90 min", "2 h 1 min",
    ]  # fmt: skip
