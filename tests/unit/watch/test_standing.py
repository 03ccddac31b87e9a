"""How far, how fast, how long yet, and whether it still goes on."""

import os

import pytest

from i2i.runs import RunReader
from i2i.watch.standing import duration, standing

NOW = 2_000_000_000.0


def stand(run, ago: float = 5.0):
    for path in [run, *run.rglob("*")]:
        os.utime(path, (NOW - ago, NOW - ago))
    reader = RunReader(run)
    return standing(reader.read(), reader.files, NOW)


def test_a_run_in_progress_has_a_speed_and_a_time_left(make_run):
    found = stand(make_run("run"))
    assert found.state == "running"
    assert (found.images_seen, found.images) == (600, 1000)
    assert found.images_per_second == pytest.approx(20)
    assert found.seconds_left == pytest.approx(20)
    assert found.seconds == 30
    assert found.changed == NOW - 5


def test_a_finished_run_has_nothing_left(make_run):
    found = stand(make_run("run", images_seen=1000), ago=1e6)
    assert found.state == "finished"
    assert found.seconds_left is None


def test_a_run_that_has_written_nothing_for_long_stands_still(make_run):
    run = make_run("run")
    assert stand(run, ago=100).state == "running"
    assert stand(run, ago=1000).state == "quiet"


def test_a_slow_run_is_given_the_time_of_some_rows(make_run):
    run = make_run("run")
    (run / "losses.csv").write_text("images_seen,seconds\n10,100\n20,200\n30,300\n")
    assert stand(run, ago=1000).state == "running"
    assert stand(run, ago=3000).state == "quiet"


def test_a_run_that_has_just_begun_waits_for_its_first_row(tmp_path):
    (tmp_path / "config.yaml").write_text("training: {images: 100}\n")
    found = stand(tmp_path)
    assert found.state == "waiting"
    assert found.images_per_second is None


def test_a_run_that_diverged_says_so(make_run):
    run = make_run("run")
    (run / "diverged.txt").write_text("image 601: nan\n")
    assert stand(run, ago=1e6).state == "diverged"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (59, "59 s"), (59.9, "1 min"), (3000, "50 min"), (3600, "1 h 00 min"), (11_100, "3 h 05 min"),
        (187_200, "2 d 4 h"),
    ],
)  # fmt: skip
def test_durations_are_as_people_say_them(seconds, text):
    assert duration(seconds) == text
