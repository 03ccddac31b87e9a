from pathlib import Path

import numpy as np
import pytest

from i2i.augmenting.planning import Amount, fill_up, make_plan
from i2i.augmenting.sources import Real, Source, Sources
from i2i.data.layouts import Side
from i2i.errors import ConfigError

FILE = Side(Path("none.png"))


def endless(source):
    return None


def once(source):
    return 1


def sources(*classes, by="folder", names=(), largest=0):
    inputs = [Source(str(number), FILE, f"{number}.png", tuple(each)) for number, each in enumerate(classes)]
    known = names or tuple(sorted({name for each in classes for name in each}))
    return Sources(Path("in"), inputs, None, by, known, largest)


def real(**counts):
    return [Real(f"{name}{n}", "train", FILE, (name,)) for name, count in counts.items() for n in range(count)]


def after(plan):
    return {each.name: (each.inputs, each.there, each.made, each.after) for each in plan.classes}


def test_each_class_is_filled_up_to_the_count_and_what_is_there_counts():
    found = sources(["dog"], ["dog"], ["cat"], ["cat"], ["cat"])
    plan = make_plan(found, real(dog=2, cat=9), Amount(balance=8), endless, 0)
    assert after(plan) == {"cat": (3, 9, 0, 9), "dog": (2, 2, 6, 8)}
    assert sorted(job.name for job in plan.jobs) == ["0.1", "0.2", "0.3", "1.1", "1.2", "1.3"]


def test_max_is_what_the_largest_class_has():
    plan = make_plan(sources(["dog"], ["cat"]), real(dog=2, cat=9), Amount(balance="max"), endless, 0)
    assert after(plan) == {"cat": (1, 9, 0, 9), "dog": (1, 2, 7, 9)}


def test_inputs_without_real_pairs_count_for_nothing():
    plan = make_plan(sources(["dog"], ["cat"], ["cat"]), [], Amount(balance="max"), endless, 0)
    assert after(plan) == {"cat": (2, 0, 2, 2), "dog": (1, 0, 2, 2)}


def test_test_pairs_do_not_count():
    held_out = [Real("t", "test", FILE, ("dog",))]
    plan = make_plan(sources(["dog"]), held_out, Amount(balance=1), endless, 0)
    assert after(plan) == {"dog": (1, 0, 1, 1)}


def test_common_classes_grow_no_more_than_they_must():
    """The rare class stands alone in one input, and beside two common classes in many."""
    mixed = [["ground", "tree", "boat"]] * 6 + [["boat"]] * 2
    there = [Real(str(n), "train", FILE, ("ground", "tree")) for n in range(10)]
    plan = make_plan(
        sources(*mixed, by="labels", names=("ground", "tree", "boat")), there, Amount(balance=10), endless, 0
    )
    counts = {each.name: each.after for each in plan.classes}
    assert counts["boat"] == 10
    assert counts["ground"] == counts["tree"] <= 16
    assert sum(job.source.classes == ("boat",) for job in plan.jobs) >= 4


def test_an_input_that_holds_two_rare_classes_is_taken_before_two_that_hold_one_each():
    held = np.array([[1, 0], [0, 1], [1, 1]], bool)
    assert fill_up(held, np.array([1, 1]), [1, 1, 1], [0, 1, 2]) == [0, 0, 1]


def test_inputs_take_turns():
    held = np.ones((4, 1), bool)
    assert fill_up(held, np.array([10]), [None] * 4, [2, 0, 1, 3]) == [3, 2, 3, 2]


def test_what_can_not_be_reached_is_said_class_by_class():
    found = sources(["dog"], ["cat"], by="labels", names=("dog", "cat", "bat"))
    plan = make_plan(found, real(dog=1), Amount(balance=3), once, 0)
    assert {each.name: (each.after, each.short) for each in plan.classes} == {
        "dog": (2, "its inputs give no more different pairs"),
        "cat": (1, "its inputs give no more different pairs"),
        "bat": (0, "no input of it"),
    }


@pytest.mark.parametrize(
    ("found", "amount", "message"),
    [
        (sources(["dog"]), Amount(balance=2), "every class has 2 pairs already"),
        (
            sources(["dog"], names=("bat", "dog")),
            Amount(balance=5),
            r"no input is of a class that lacks pairs \(bat, dog",
        ),
        (sources([], by=""), Amount(balance=5), "the inputs have no classes"),
        (sources([], [], by=""), Amount(count=3), "2 inputs give only 2 different pairs"),
        (sources([], by=""), Amount(samples=2), "each input can give only 1 different pair; vary more"),
    ],
)
def test_what_can_not_be_planned_is_refused(found, amount, message):
    capacity = (lambda source: 0) if "no input is" in message else once
    with pytest.raises(ConfigError, match=message):
        make_plan(found, real(dog=2) if found.by else [], amount, capacity, 0)


def test_so_many_in_all_are_spread_over_the_inputs():
    plan = make_plan(sources([], [], [], by=""), [], Amount(count=7), endless, 0)
    numbers = [sum(job.source.name == name for job in plan.jobs) for name in "012"]
    assert sorted(numbers) == [2, 2, 3]
    again = make_plan(sources([], [], [], by=""), [], Amount(count=7), endless, 0)
    assert again.jobs == plan.jobs


@pytest.mark.parametrize("amount", [{"samples": 0}, {"count": -1}, {"balance": 0}, {"samples": 1, "count": 2}])
def test_amounts_that_mean_nothing_are_refused(amount):
    with pytest.raises(ConfigError, match=r"expected a number of pairs|exclude each other"):
        Amount(**amount)
