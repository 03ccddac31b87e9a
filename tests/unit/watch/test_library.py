"""Runs are found where they lie, keep their keys, and are told apart by name."""

import pytest

from i2i.errors import RunError
from i2i.watch.library import Library
from i2i.watch.report import report


def test_runs_are_found_in_a_folder_and_below_but_not_inside_each_other(make_run, tmp_path):
    make_run("b")
    make_run("a")
    make_run("c", folder=tmp_path / "deeper" / "still")
    search = make_run("search", folder=tmp_path / "a")
    names = [run.name for run in Library([tmp_path]).runs()]
    assert names == ["a", "b", "c"]
    assert [run.name for run in Library([search, tmp_path / "b"]).runs()] == ["search", "b"]


def test_folders_of_one_name_are_told_apart_by_what_is_above(make_run, tmp_path):
    one, other = make_run("run", folder=tmp_path / "first"), make_run("run", folder=tmp_path / "second")
    assert [run.name for run in Library([one, other, one]).runs()] == ["first/run", "second/run"]


def test_a_run_that_appears_later_is_found_and_keys_stay(make_run, tmp_path):
    make_run("b")
    library = Library([tmp_path])
    (key,) = [run.key for run in library.runs()]
    make_run("a")
    assert [run.name for run in library.runs()] == ["a", "b"]
    found = library.run(key)
    assert found is not None
    assert found.name == "b"
    assert library.run("0") is None


def test_what_is_no_run_is_refused_in_one_line(tmp_path):
    for path, match in ((tmp_path / "none", "no such folder"), (tmp_path, "holds no run")):
        with pytest.raises(RunError, match=match) as error:
            Library([path])
        assert "\n" not in str(error.value)


def test_a_folder_may_be_awaited(make_run, tmp_path):
    library = Library([tmp_path / "run"], waits=True)
    (waiting,) = library.runs()
    assert waiting.summary()["images_seen"] == 0
    make_run("run")
    (running,) = library.runs()
    assert running.key == waiting.key
    assert running.summary()["images_seen"] == 600
    assert running.samples() == [100, 200, 300, 400, 500, 600]


def test_the_report_tells_where_each_run_stands_and_what_ails_it(make_run, tmp_path):
    make_run("healthy", images_seen=1000)
    make_run("sick", sick=True)
    text, tree = report(Library([tmp_path]))
    healthy, sick = text.split("\n\n")
    assert "finished, image 1000 of 1000 (100%), 20 images/s" in healthy
    assert "PSNR 16.00, L1 30.00" in healthy
    assert "no findings" in healthy
    assert "running, image 600 of 1000 (60%), 20 images/s, about 20 s left" in sick
    assert "error: the outputs are nearly of one value: 2.0% of the contrast" in sick
    assert [run["state"] for run in tree["runs"]] == ["finished", "running"]
    assert tree["runs"][1]["findings"][0]["check"] == "constant"
    assert tree["runs"][0]["scores"]["psnr"] == 16
