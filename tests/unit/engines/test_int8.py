"""The int8 engine runs the graph that lies in the bundle, if it is of this network, and else says what to do."""

import json

import pytest

from i2i.engines import Job, choose, int8
from i2i.engines.int8 import GRAPH, REPORT, identity
from i2i.errors import ConfigError


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setattr(int8, "unavailable", lambda: None)


def leave(folder, generator):
    (folder / REPORT).write_text(json.dumps({"network": identity(generator)}), encoding="utf-8")


def refused(job):
    with pytest.raises(ConfigError) as error:
        choose("int8", job)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_bundle_without_a_graph_is_told_how_to_get_one(make_generator, tmp_path):
    assert "'i2i quantize' makes one" in refused(Job(make_generator(), bundle=tmp_path))
    assert "'i2i quantize' makes one" in refused(Job(make_generator()))


def test_a_graph_of_other_weights_is_not_run(make_generator, tmp_path):
    generator = make_generator()
    leave(tmp_path, generator)
    assert int8.refusal(Job(generator, bundle=tmp_path)) is None
    next(generator.parameters()).data.mul_(1.001)
    assert f"{REPORT} is of other weights; delete" in refused(Job(generator, bundle=tmp_path))


def test_a_graph_of_another_policy_is_not_run(make_generator, tmp_path):
    leave(tmp_path, make_generator())
    assert "is of other normalisation statistics" in refused(Job(make_generator(statistics="batch"), bundle=tmp_path))


def test_statistics_held_for_one_image_are_refused(make_generator, tmp_path):
    leave(tmp_path, make_generator())
    assert "--statistics running" in refused(Job(make_generator(), bundle=tmp_path, keeps=False))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"network": 3}'])
def test_a_damaged_report_is_one_line(make_generator, tmp_path, text):
    (tmp_path / REPORT).write_text(text, encoding="utf-8")
    assert f"{REPORT} is damaged; delete" in refused(Job(make_generator(), bundle=tmp_path))


def test_a_damaged_graph_is_one_line(make_generator, tmp_path):
    pytest.importorskip("openvino")
    generator = make_generator()
    leave(tmp_path, generator)
    (tmp_path / GRAPH).write_text("<net", encoding="utf-8")
    assert f"can't read {tmp_path / GRAPH}" in refused(Job(generator, bundle=tmp_path))
