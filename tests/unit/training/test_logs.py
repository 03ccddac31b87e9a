import sys
from types import SimpleNamespace

import pytest

from i2i.errors import ConfigError
from i2i.training.logs import CsvLog, open_loggers


def test_a_resumed_log_drops_the_rows_that_will_be_written_again(tmp_path):
    file = tmp_path / "losses.csv"
    log = CsvLog(file, images_seen=0)
    for seen in (2, 4, 6):
        log.write(seen, {"generator.l1": seen / 3, "lr.generator": 2e-4})
    resumed = CsvLog(file, images_seen=4)
    resumed.write(6, {"generator.l1": 9.0, "lr.generator": 1e-4})
    rows = file.read_text().split()
    assert rows[0] == "images_seen,generator.l1,lr.generator"
    assert [row.split(",")[0] for row in rows[1:]] == ["2", "4", "6"]
    assert rows[-1] == "6,9,0.0001"


def test_a_half_written_row_is_dropped(tmp_path):
    file = tmp_path / "losses.csv"
    file.write_text("images_seen,a\n2,1\nx")
    CsvLog(file, images_seen=4).write(4, {"a": 2.0})
    assert file.read_text().split() == ["images_seen,a", "2,1", "4,2"]


def test_weights_and_biases_is_one_run_over_all_resumes(tmp_path, monkeypatch):
    calls = []
    logged = SimpleNamespace(log=calls.append, finish=lambda: calls.append("finished"))
    starts = []
    fake = SimpleNamespace(init=lambda **arguments: starts.append(arguments) or logged)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    for seen in (0, 4):
        (log,) = open_loggers(["wandb"], tmp_path / "run", seen, {"training": {}})
        log.write(seen + 2, {"psnr": 20.0})
        log.close()
    assert starts[0]["id"] == starts[1]["id"]
    assert calls == [{"psnr": 20.0, "images_seen": 2}, "finished", {"psnr": 20.0, "images_seen": 6}, "finished"]


def test_a_logger_that_is_not_installed_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ConfigError, match="pip install"):
        open_loggers(["wandb"], tmp_path, 0, {})
