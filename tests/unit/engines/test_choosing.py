"""An engine is what was asked for, or says why not; "auto" is the fastest that gives the same."""

from typing import get_args

import pytest
import torch
from tiny import shown

from i2i.cli import flags
from i2i.engines import (
    ENGINES,
    EngineFailure,
    EngineName,
    Job,
    Network,
    availability,
    choose,
    converting,
    eager,
    packed,
)
from i2i.engines.choosing import FEW, MANY
from i2i.errors import ConfigError

needs_packed = pytest.mark.skipif(packed.unavailable() is not None, reason="no packed operators here")


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def converts(monkeypatch):
    """OpenVINO is there, and so are graphs: what is asked of a conversion is recorded, and eager torch runs it."""
    asked = []

    def build(job):
        asked.append(job.patient)
        if not job.patient:
            raise EngineFailure("would have to be converted first, which takes longer than it saves")
        return Network(eager.build(job).run, 1e-7)

    monkeypatch.setattr(ENGINES["openvino"], "unavailable", lambda: None)
    monkeypatch.setattr(ENGINES["openvino"], "build", build)
    return asked


def test_a_single_image_pays_for_no_preparation(make_generator, converts):
    for count in (1, FEW - 1):
        chosen = choose("auto", Job(make_generator()), count)
        assert (chosen.name, chosen.describe()) == ("eager", "eager engine")
    assert not converts


@needs_packed
@pytest.mark.parametrize("count", [FEW, MANY - 1, None])
def test_some_images_pay_for_packing_but_for_no_conversion(make_generator, converts, count):
    chosen = choose("auto", Job(make_generator()), count)
    assert chosen.name == "packed"
    assert "not openvino: would have to be converted first" in chosen.describe()
    assert "equal to eager but for" in chosen.describe()
    assert converts == [False]


def test_many_images_pay_for_a_conversion(make_generator, converts):
    assert choose("auto", Job(make_generator()), MANY).name == "openvino"
    assert converts == [True]


@needs_packed
def test_what_differs_from_eager_is_passed_over_and_named(make_generator, monkeypatch):
    monkeypatch.setattr(ENGINES["openvino"], "unavailable", lambda: "openvino is not installed")
    monkeypatch.setattr(ENGINES["onnxruntime"], "unavailable", lambda: "onnxruntime is not installed")
    true = packed.PackedConvolution.forward
    monkeypatch.setattr(packed.PackedConvolution, "forward", lambda self, x: true(self, x) * 1.01)
    generator = make_generator()
    chosen = choose("auto", Job(generator), 100)
    assert chosen.name == "eager"
    assert "differs from eager by" in chosen.passed_over["packed"]
    assert list(chosen.passed_over) == ["openvino", "packed", "onnxruntime"]
    assert torch.equal(chosen.network(shown(2)), eager.build(Job(generator))(shown(2)))
    with pytest.raises(ConfigError, match="engine 'packed': differs from eager by"):
        choose("packed", Job(generator))


def test_noise_stays_eager(make_generator):
    generator = make_generator(dropout=True)
    assert choose("auto", Job(generator), 10_000).name == "eager"
    for name in set(ENGINES) - {"eager"}:
        assert "draws noise" in ENGINES[name].refusal(Job(generator))


def test_another_device_is_eagers(make_generator):
    elsewhere = Job(make_generator(), torch.device("meta"))
    for name in set(ENGINES) - {"eager"}:
        assert "not on meta" in ENGINES[name].refusal(elsewhere)


def test_an_engine_that_can_not_be_had_says_why(make_generator, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        ConfigError, match=r"engine 'openvino': openvino is not installed; pip install 'i2i\[openvino\]'"
    ):
        choose("openvino", Job(make_generator()))
    with pytest.raises(ConfigError, match="there is no 'opnvino'; did you mean 'openvino'"):
        choose("opnvino", Job(make_generator()))


def test_every_engine_can_be_named_on_the_command_line():
    on_offer = get_args(get_args(flags.Engine)[0])[0]
    assert get_args(on_offer) == get_args(EngineName) == ("auto", *ENGINES)
    assert list(availability()) == list(ENGINES)
    assert converting.graphs_folder().parts[-2:] == ("i2i", "graphs")
