"""The outcome can be read by people and by programs, and its page stands alone."""

import json
from dataclasses import replace

import numpy as np
import pytest

from i2i.data.doctor import Diagnosis, Finding, Picture
from i2i.data.doctor.statistics import ChannelStatistics
from i2i.errors import StorageError


@pytest.fixture
def diagnosis() -> Diagnosis:
    picture = Picture(
        "a & b", (("input", np.zeros((8, 8, 1), np.uint8)), ("target", np.full((8, 8, 3), 200, np.uint8)))
    )
    files = [f"train/<{number}>.png" for number in range(20)]
    findings = [
        Finding(
            "leaks", "error", "3 pairs of <test> also in train", "remove them", files, {"n": np.int64(3)}, (picture,)
        ),
        Finding("splits", "warning", "test differs", "look", figures={"effect": float("nan")}),
        Finding("labels", "advice", "looks like labels", "say so"),
    ]
    row = ChannelStatistics("input", "train", 1, "red", 9, 0, 255, 100.25, 3.5, 1, 99, 250, 1.0)
    return Diagnosis("pairs: 9 train", 9, 5, findings, [row], {"register": "too few edges"}, 2.0)


def test_the_verdict_says_what_to_do_next(diagnosis):
    assert diagnosis.has_errors
    assert diagnosis.verdict == "1 error, 1 warning, 1 advice: mend the errors before training"
    milder = replace(diagnosis, findings=diagnosis.findings[1:])
    assert not milder.has_errors
    assert milder.verdict.endswith("look at the warnings before training")
    assert replace(diagnosis, findings=[]).verdict.endswith("nothing stands in the way of training")


def test_a_check_is_passed_only_if_it_was_made_and_found_nothing(diagnosis):
    assert "copies" in diagnosis.passed
    assert not {"leaks", "splits", "labels", "register"} & set(diagnosis.passed)


def test_the_text_lists_some_files_and_counts_the_rest(diagnosis):
    text = diagnosis.text()
    assert "error (leaks): 3 pairs of <test> also in train" in text
    assert "    train/<7>.png\n    and 12 more" in text
    assert "could not be told: register (too few edges)" in text


def test_the_json_has_all_files_and_only_what_json_can_hold(diagnosis):
    tree = json.loads(diagnosis.to_json(), parse_constant=pytest.fail)
    leak, split, _ = tree["findings"]
    assert (len(leak["files"]), leak["figures"]) == (20, {"n": 3})
    assert split["figures"] == {"effect": None}
    assert tree["statistics"][0]["mean"] == 100.25


def test_the_page_stands_alone_and_escapes_names(diagnosis, tmp_path):
    page = diagnosis.save(tmp_path / "report", title="<b>").read_text(encoding="utf-8")
    assert "train/&lt;19&gt;.png" in page
    assert "<b>" not in page.partition("<main>")[0]
    assert page.count("data:image/png;base64,") == 2
    assert "://" not in page
    assert "<script" not in page
    assert json.loads((tmp_path / "report" / "check.json").read_text(encoding="utf-8")) == json.loads(
        diagnosis.to_json()
    )


def test_a_folder_that_holds_something_stays_as_it_is(diagnosis, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="stays as it is"):
        diagnosis.save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
