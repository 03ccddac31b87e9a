"""Checkpoints of the public PyTorch port give the same outputs here; fixtures/README.md says how they were made."""

from pathlib import Path

import numpy as np
import pytest
import torch

from i2i.export.importers import IMPORTERS, read_pytorch_port
from i2i.generators import Generator, build_generator
from i2i.layers.modes import prepare

FIXTURES = Path(__file__).parent / "fixtures"
DEEP, SHALLOW = {"width": 1, "depth": 8}, {"width": 1, "depth": 7}
ARGUMENTS = {
    "resnet_6_batch": ("resnet", {"width": 2, "blocks": 6, "norm": "batch", "dropout": False}),
    "resnet_6_instance": ("resnet", {"width": 2, "blocks": 6, "norm": "instance", "dropout": False}),
    "resnet_6_instance_dropout_stale": (
        "resnet",
        {"width": 2, "blocks": 6, "norm": "instance", "dropout": True, "out_channels": 2},
    ),
    "resnet_9_batch_dropout": ("resnet", {"width": 2, "blocks": 9, "norm": "batch", "dropout": True}),
    "unet_128_batch": ("unet", {**SHALLOW, "norm": "batch", "dropout": [2, 3]}),
    "unet_128_batch_1_to_3_module": ("unet", {**SHALLOW, "norm": "batch", "dropout": [2, 3], "in_channels": 1}),
    "unet_128_instance_stale": ("unet", {**SHALLOW, "norm": "instance", "dropout": [2, 3]}),
    "unet_128_none_1_to_3": ("unet", {**SHALLOW, "norm": "none", "dropout": [2, 3], "in_channels": 1}),
    "unet_256_batch": ("unet", {**DEEP, "norm": "batch", "dropout": [2, 3, 4]}),
    "unet_256_instance": ("unet", {**DEEP, "norm": "instance", "dropout": [2, 3, 4]}),
}


def imported(name: str) -> Generator:
    found = read_pytorch_port(FIXTURES / f"{name}.pth")
    net = build_generator(found.name, **found.arguments)
    net.load_state_dict(found.state)
    return net


def test_every_fixture_is_tested() -> None:
    assert {path.stem for path in FIXTURES.glob("*.pth")} == {path.stem for path in FIXTURES.glob("*.npz")}
    assert {path.stem for path in FIXTURES.glob("*.pth")} == set(ARGUMENTS)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_architecture_is_found_from_the_file_alone(name: str) -> None:
    architecture, arguments = ARGUMENTS[name]
    found = IMPORTERS["pytorch-port"](FIXTURES / f"{name}.pth")
    assert found.name == architecture
    assert found.arguments == {"in_channels": 3, "out_channels": 3, **arguments}


@pytest.mark.parametrize("statistics", ["running", "batch"])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_outputs_are_the_ports(name: str, statistics: str) -> None:
    golden = np.load(FIXTURES / f"{name}.npz")
    times = int(golden["size"]) // golden["image"].shape[-1]
    image = torch.from_numpy(golden["image"]).repeat_interleave(times, -1).repeat_interleave(times, -2)
    net = imported(name)
    prepare(net, statistics=statistics, dropout=False)
    with torch.no_grad():
        output = net(image)[..., :: int(golden["stride"]), :: int(golden["stride"])]
    np.testing.assert_allclose(output.numpy(), golden[statistics], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["unet_128_batch", "resnet_9_batch_dropout"])
def test_the_two_statistics_are_told_apart_by_the_fixtures(name: str) -> None:
    golden = np.load(FIXTURES / f"{name}.npz")
    assert np.abs(golden["running"] - golden["batch"]).max() > 0.1


@pytest.mark.parametrize(("dropout", "stages"), [(True, [2, 3, 4]), (False, [])])
def test_dropout_of_a_unet_is_as_told(dropout: bool, stages: list[int]) -> None:
    assert read_pytorch_port(FIXTURES / "unet_256_batch.pth", dropout=dropout).arguments["dropout"] == stages
