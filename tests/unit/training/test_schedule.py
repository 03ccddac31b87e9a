import pytest

from i2i.config import Schedule
from i2i.methods.recipes import find_recipe
from i2i.training.schedule import learning_rate_factor, settled_rate

IMAGES = 80_000  # 200 epochs of the 400 facades
EPOCH = 400


def test_the_default_learns_at_the_papers_rate_times_the_root_of_the_batch_and_its_sources_at_the_papers():
    rate = find_recipe("pix2pix").optimizer.learning_rate
    assert [settled_rate(rate, batch) for batch in (1, 4, 64)] == pytest.approx([2e-4, 4e-4, 16e-4])
    for recipe in ("pix2pix-paper", "pix2pix-lua2016", "pix2pix-pytorch"):
        assert settled_rate(find_recipe(recipe).optimizer.learning_rate, 64) == 2e-4
    assert settled_rate(1e-3, 64) == 1e-3


@pytest.mark.parametrize(
    ("recipe", "start", "half", "three_quarters", "end"),
    [
        ("pix2pix", 1.0, 1.0, 0.5, 0.0),
        ("pix2pix-paper", 1.0, 1.0, 1.0, 1.0),
        ("pix2pix-lua2016", 1.0, 1.0, 1.0, 1.0),
        ("pix2pix-pytorch", 1.0, 1 - 1 / 101, 1 - 51 / 101, 1 - 100 / 101),
    ],
)
def test_each_recipe_has_its_published_schedule(recipe, start, half, three_quarters, end):
    schedule = find_recipe(recipe).schedule
    found = [learning_rate_factor(schedule, seen, IMAGES) for seen in (0, IMAGES // 2, IMAGES * 3 // 4, IMAGES)]
    assert found == pytest.approx([start, half, three_quarters, end])


def test_the_ports_schedule_falls_an_epoch_at_a_time_and_trains_none_at_zero():
    schedule = find_recipe("pix2pix-pytorch").schedule
    factors = [learning_rate_factor(schedule, epoch * EPOCH, IMAGES) for epoch in range(200)]
    assert factors[:100] == [1.0] * 100
    assert factors[100] == pytest.approx(0.990099, abs=1e-6)
    assert factors[150] == pytest.approx(1 - 51 / 101)
    assert factors[199] == pytest.approx(0.0099, abs=1e-4)
    assert learning_rate_factor(schedule, 100 * EPOCH + EPOCH - 1, IMAGES) == factors[100]


def test_no_step_of_a_smooth_schedule_is_at_zero():
    for name in ("linear", "cosine"):
        schedule = Schedule(name=name)
        assert learning_rate_factor(schedule, IMAGES - 1, IMAGES) > 0
        assert learning_rate_factor(schedule, IMAGES * 3 // 4, IMAGES) == pytest.approx(0.5)
