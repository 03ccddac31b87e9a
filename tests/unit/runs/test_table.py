"""Curves are read on from where they were read before, whatever is still being written, and anew after a resume."""

import math
import time

from i2i.runs.table import Table
from i2i.training.logs import CsvLog


def write(path, text: str, mode: str = "a") -> None:
    with path.open(mode, newline="") as file:
        file.write(text)


def test_what_is_added_is_read_and_nothing_twice(tmp_path):
    file = tmp_path / "losses.csv"
    table = Table(file)
    assert not table.refresh()
    write(file, "images_seen,a,b\n2,1.5,x\n")
    assert table.refresh()
    assert table.columns["a"] == [1.5]
    assert math.isnan(table.columns["b"][0])
    write(file, "4,2.5,nan\n")
    assert table.refresh()
    assert not table.refresh()
    assert table.images_seen == [2, 4]
    assert len(table) == 2
    assert table.generation == 0


def test_a_line_that_is_not_whole_yet_is_left_for_later(tmp_path):
    file = tmp_path / "losses.csv"
    table = Table(file)
    write(file, "images_se")
    table.refresh()
    assert len(table) == 0
    write(file, "en,a\n2,1\n4,12")
    table.refresh()
    assert table.columns["a"] == [1]
    write(file, "3\n")
    table.refresh()
    assert table.columns["a"] == [1, 123]


def test_rows_that_are_cut_short_or_count_nothing_are_left_out(tmp_path):
    file = tmp_path / "losses.csv"
    write(file, "images_seen,a\n2\nx,1\n4,2\n6,3,9\n")
    table = Table(file)
    table.refresh()
    assert table.columns == {"images_seen": [4], "a": [2]}


def test_a_resume_that_drops_rows_is_noticed(tmp_path):
    file = tmp_path / "losses.csv"
    log = CsvLog(file, images_seen=0)
    for seen in (2, 4, 6):
        log.write(seen, {"a": float(seen)})
    table = Table(file)
    table.refresh()
    CsvLog(file, images_seen=4).write(6, {"a": 60.0})
    table.refresh()
    assert table.columns["a"] == [2, 4, 60]
    assert table.generation == 1


def test_a_file_that_vanishes_leaves_nothing(tmp_path):
    file = tmp_path / "losses.csv"
    write(file, "images_seen,a\n2,1\n")
    table = Table(file)
    table.refresh()
    file.unlink()
    assert table.refresh()
    assert len(table) == 0
    assert not table.refresh()


def test_another_file_of_that_name_is_no_curve(tmp_path):
    file = tmp_path / "losses.csv"
    write(file, "name,value\nx,1\n")
    table = Table(file)
    table.refresh()
    assert table.columns == {}


def test_a_hundred_thousand_rows_stay_quick(tmp_path):
    file = tmp_path / "losses.csv"
    write(file, "images_seen,a,b,c,d\n" + "".join(f"{row},1,2,3,4\n" for row in range(100_000)))
    table = Table(file)
    table.refresh()
    assert len(table) == 100_000
    took = []
    for row in range(100_000, 100_005):
        write(file, f"{row},1,2,3,4\n")
        started = time.monotonic()
        table.refresh()
        took.append(time.monotonic() - started)
    assert min(took) < 0.1  # 0.1 ms on a quiet machine; to read all takes half a second
    assert len(table) == 100_005
