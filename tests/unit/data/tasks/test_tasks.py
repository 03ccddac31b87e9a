import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2i.config import Config, overlay, parse_settings
from i2i.data.tasks import TASKS, Task, task_by_name
from i2i.errors import ConfigError
from i2i.images import encode
from i2i.metrics import PAIRED

from .conftest import draw_photo, stream

ALL = pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
DECIDED = {"colourise", "colourise-ab", "edges", "soft-edges", "super-resolve-2", "super-resolve-4", "super-resolve-8"}
"""Tasks whose pair leaves nothing to chance, night aside."""


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(list(TASKS.values())), st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32))
def test_a_photo_of_any_size_becomes_a_pair_of_that_size_as_the_task_specifies_it(
    task: Task, height: int, width: int, seed: int
) -> None:
    for pixels, spec in zip(task.make(draw_photo(height, width), stream(seed)), (task.input, task.target), strict=True):
        assert pixels.shape == (height, width, spec.stored_channels)
        assert pixels.dtype == spec.stored_dtype


@ALL
def test_the_network_can_be_shown_both_sides(task: Task) -> None:
    pair = task.make(draw_photo(32, 40), stream(1))
    for pixels, spec in zip(pair, (task.input, task.target), strict=True):
        shown = encode(pixels, spec)
        assert shown.shape == (spec.planes, 32, 40)
        assert shown.abs().max() <= 1.2


@ALL
def test_the_same_stream_makes_the_same_pair_whatever_is_drawn_elsewhere(task: Task) -> None:
    photo = draw_photo(40, 48)
    first = task.make(photo, stream(5))
    np.random.seed(0)  # noqa: NPY002 - the global generator must not matter
    assert all((a == b).all() for a, b in zip(first, task.make(photo, stream(5)), strict=True))


@ALL
def test_chance_changes_the_input_where_the_task_draws_and_nowhere_else(task: Task) -> None:
    photo = draw_photo(64, 64)
    inputs = {task.make(photo, stream(seed))[0].tobytes() for seed in range(8)}
    assert (len(inputs) == 1) == (task.name in {*DECIDED, "night"})


@ALL
def test_the_target_is_the_photo_but_of_night(task: Task) -> None:
    photo = draw_photo(64, 48)
    given, target = task.make(photo, stream(0))
    assert (target == photo).all() == (task.name != "night")
    assert not np.array_equal(given, target)


@ALL
def test_what_a_run_must_be_told_is_something_that_it_can_be_told(task: Task) -> None:
    told = overlay(Config(), parse_settings(task.settings))
    assert told.training.best in {*PAIRED, "sliced_wasserstein"}
    assert told.data.input.alpha == task.input.alpha
    assert told.data.target.space == task.target.space
    assert told.data.resize == "none"


def test_a_task_is_known_by_its_name() -> None:
    assert all(task_by_name(name) is task and task.name == name for name, task in TASKS.items())


def test_of_an_unknown_task_the_nearest_known_one_is_named() -> None:
    with pytest.raises(ConfigError, match=r"'colorize'.*did you mean 'colourise'"):
        task_by_name("colorize")


def test_super_resolution_says_by_how_much_it_enlarges() -> None:
    scales = {name: task.scale for name, task in TASKS.items() if task.scale != 1}
    assert scales == {name: int(name.split("-")[2]) for name in TASKS if name.startswith("super-resolve-")}
