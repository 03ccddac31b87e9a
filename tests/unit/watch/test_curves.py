"""A page is given what it lacks, and never more points than it can draw."""

import math

import pytest

from i2i.runs.table import Table
from i2i.watch.curves import MOST_POINTS, curves_since, finite


def table_of(path, rows: int, value=lambda row: row) -> Table:
    path.write_text("images_seen,a\n" + "".join(f"{row},{value(row)}\n" for row in range(1, rows + 1)))
    table = Table(path)
    table.refresh()
    return table


def append(table: Table, text: str) -> None:
    with table.path.open("a") as file:
        file.write(text)
    table.refresh()


def test_first_all_then_what_came_since(tmp_path):
    table = table_of(tmp_path / "losses.csv", 3)
    first = curves_since(table, "")
    assert first["columns"] == {"images_seen": [1, 2, 3], "a": [1, 2, 3]}
    assert (first["from"], first["rows"]) == (0, 1)
    append(table, "4,nan\n")
    then = curves_since(table, first["token"])
    assert then["from"] == 3
    assert then["columns"] == {"images_seen": [4], "a": [None]}
    assert curves_since(table, then["token"])["columns"] == {"images_seen": [], "a": []}


@pytest.mark.parametrize("known", ["nonsense", "1.2", "-1.1.1", "9.1.1", "0.7.2", "0.1.99999"])
def test_a_token_of_something_else_gives_everything(tmp_path, known):
    table = table_of(tmp_path / "losses.csv", 3)
    assert curves_since(table, known)["columns"]["a"] == [1, 2, 3]


def test_a_file_written_anew_gives_everything(tmp_path):
    table = table_of(tmp_path / "losses.csv", 3)
    token = curves_since(table, "")["token"]
    (tmp_path / "new").write_text("images_seen,a\n1,7\n2,8\n3,9\n4,9\n")
    (tmp_path / "new").replace(table.path)
    table.refresh()
    again = curves_since(table, token)
    assert again["from"] == 0
    assert again["columns"]["a"] == [7, 8, 9, 9]


def test_long_curves_are_means_over_rows_and_go_on_from_there(tmp_path):
    rows = 3 * MOST_POINTS
    table = table_of(tmp_path / "losses.csv", rows)
    first = curves_since(table, "")
    assert first["rows"] == 4
    points = len(first["columns"]["a"])
    assert points == rows // 4 <= MOST_POINTS
    assert first["columns"]["a"][:2] == [2.5, 6.5]
    assert first["columns"]["images_seen"][:2] == [4, 8]
    append(table, "".join(f"{row},{row}\n" for row in range(rows + 1, rows + 7)))
    then = curves_since(table, first["token"])
    assert then["from"] == points
    assert then["columns"]["images_seen"] == [rows + 4]


def test_a_divergence_is_not_averaged_away(tmp_path):
    table = table_of(tmp_path / "losses.csv", 2 * MOST_POINTS, lambda row: "inf" if row == 5 else row)
    values = curves_since(table, "")["columns"]["a"]
    assert values.count(None) == 1
    assert values[2] is None


def test_what_json_can_not_hold_becomes_null():
    assert finite({"a": [1.0, math.nan, (math.inf, "x")], "b": None}) == {"a": [1.0, None, [None, "x"]], "b": None}
