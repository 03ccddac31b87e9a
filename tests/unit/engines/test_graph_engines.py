"""ONNX Runtime and OpenVINO give what eager torch gives, from one graph, at any size and batch."""

import os
import subprocess
import sys

import pytest
import torch
from tiny import shown

from i2i.engines import ENGINES, Job, choose, converting
from i2i.engines.eager import build

NAMES = ("onnxruntime", "openvino")


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield converting.graphs_folder()


def check(name, generator):
    missing = ENGINES[name].unavailable()
    if missing:
        pytest.skip(missing)
    network, eager = choose(name, Job(generator)).network, build(Job(generator))
    for count, height, width in ((1, 64, 64), (3, 128, 64), (2, 96, 160)):
        noise = shown(count, height, width)
        torch.testing.assert_close(network(noise), eager(noise), rtol=0, atol=1e-4)
    kept_answer = network(shown(1, 64, 64))
    network(shown(1, 64, 64, seed=2))
    torch.testing.assert_close(kept_answer, eager(shown(1, 64, 64)), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_statistics_of_the_image(make_generator, name, kept):
    check(name, make_generator(statistics="batch"))
    assert len(list(kept.iterdir())) == 1  # the second engine runs the graph of the first


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("upsample", ["transposed", "resize", "subpixel"])
@pytest.mark.parametrize(("norm", "statistics"), [("batch", "running"), ("instance", "batch"), ("none", "running")])
@pytest.mark.parametrize("network", ["unet", "encoder-decoder", "resnet"])
def test_every_generator(make_generator, name, network, norm, statistics, upsample):
    check(name, make_generator(network, norm=norm, statistics=statistics, upsample=upsample))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's compiler, by itself
@pytest.mark.parametrize("network", ["encoder-decoder", "resnet"])
@pytest.mark.parametrize("statistics", ["batch", "running"])
def test_compiled(make_generator, network, statistics):
    missing = ENGINES["compiled"].unavailable()
    if missing:
        pytest.skip(missing)
    generator = make_generator(network, statistics=statistics)
    compiled = choose("compiled", Job(generator)).network
    for count in (1, 2):
        torch.testing.assert_close(compiled(shown(count)), build(Job(generator))(shown(count)), rtol=0, atol=1e-4)


def test_openvino_never_finds_its_telemetry(tmp_path):
    pytest.importorskip("openvino")
    script = (
        "import sys; from i2i.engines.openvino import without_telemetry; without_telemetry('openvino');"
        "print([name for name in sys.modules if name.startswith('openvino_telemetry')])"
    )
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert not list(tmp_path.iterdir())
