"""Files that are not a generator of the port are refused in one line that says what they are and what to do."""

import os
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from i2i.errors import BundleError
from i2i.export.importers import read_pytorch_port

RESNET = Path(__file__).parents[2] / "parity" / "fixtures" / "resnet_6_instance.pth"
UNET = RESNET.with_name("unet_128_batch.pth")


def refusal(path: Path) -> str:
    with pytest.raises(BundleError) as caught:
        read_pytorch_port(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert "expected a generator of pytorch-CycleGAN-and-pix2pix" in message
    return message


def weights(path: Path) -> dict[str, Tensor]:
    return torch.load(path, weights_only=True)


def write(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty (0 bytes)"),
        (b"<html>404 Not Found</html>", "torch can't read, cut short or another kind of file"),
        (b"\x89PNG\r\n\x1a\n", "torch can't read"),
        (RESNET.read_bytes()[:20_000], "torch can't read"),
        (RESNET.read_bytes()[:-100], "torch can't read"),
    ],
)
def test_bytes_that_are_no_checkpoint(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "latest_net_G.pth"
    path.write_bytes(content)
    assert message in refusal(path)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "latest_net_G.pth")
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="may read anything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path / "latest_net_G.pth", weights(RESNET))
    path.chmod(0)
    assert "check its permissions" in refusal(path)


@given(cut=st.integers(1, 5_000), at=st.integers(0, 5_000), noise=st.binary(max_size=64))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_never_anything_but_a_refusal(tmp_path: Path, cut: int, at: int, noise: bytes) -> None:
    path = tmp_path / "latest_net_G.pth"
    content = RESNET.read_bytes()
    path.write_bytes(content[:at] + noise + content[at + cut :])
    try:
        read_pytorch_port(path)
    except BundleError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017 - some damage hits padding only and does no harm


class Bomb:
    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def test_no_code_in_the_file_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    path = write(tmp_path / "latest_net_G.pth", {"model.1.weight": Bomb(mark)})
    assert "which could run code and are refused" in refusal(path)
    assert not mark.exists()


def test_a_whole_module_is_refused_with_the_cure(tmp_path: Path) -> None:
    message = refusal(write(tmp_path / "G.pth", nn.Conv2d(1, 1, 1)))
    assert "Python objects (torch.nn.modules.conv.Conv2d)" in message
    assert "save network.state_dict() instead" in message


def test_an_optimizer(tmp_path: Path) -> None:
    optimizer = torch.optim.Adam([nn.Parameter(torch.zeros(1))])
    assert "is the state of an optimizer" in refusal(write(tmp_path / "G.pth", optimizer.state_dict()))


def test_a_training_state_names_the_entry_to_take(tmp_path: Path) -> None:
    path = write(tmp_path / "G.pth", {"epoch": 3, "state_dict": weights(RESNET)})
    assert "save its entry 'state_dict' alone" in refusal(path)


@pytest.mark.parametrize("content", [torch.zeros(3), [1, 2], {}, {"epoch": 3, "loss": 0.5}])
def test_other_content(tmp_path: Path, content: object) -> None:
    assert "holds" in refusal(write(tmp_path / "G.pth", content))


@pytest.mark.parametrize("key", ["model.0.weight", "net.0.weight", "module.model.0.weight"])
def test_a_discriminator(tmp_path: Path, key: str) -> None:
    path = write(tmp_path / "latest_net_D.pth", {key: torch.zeros(64, 6, 4, 4), key[:-6] + "bias": torch.zeros(64)})
    message = refusal(path)
    assert "is a discriminator" in message
    assert "choose the generator's file" in message


def test_another_network_shows_its_first_names(tmp_path: Path) -> None:
    assert "other names (weight, bias, …)" in refusal(write(tmp_path / "G.pth", nn.Linear(2, 2).state_dict()))


@pytest.mark.parametrize("path", [RESNET, UNET])
def test_a_missing_a_misshapen_and_an_unknown_tensor_are_named(tmp_path: Path, path: Path) -> None:
    state = weights(path)
    last = [key for key, value in state.items() if value.ndim == 4][-1]
    missing = {key: value for key, value in state.items() if key != last}
    misshapen = state | {last: torch.zeros(1, 2, 3, 3)}
    unknown = state | {"model.99.weight": torch.zeros(1)}
    assert f"'{last}' missing" in refusal(write(tmp_path / "a.pth", missing))
    assert f"'{last}' of shape (1, 2, 3, 3), expected of shape" in refusal(write(tmp_path / "b.pth", misshapen))
    assert "'model.99.weight', which such a network does not have" in refusal(write(tmp_path / "c.pth", unknown))


def test_batches_that_were_not_counted_yet_count_as_none(tmp_path: Path) -> None:
    state = {key: value for key, value in weights(UNET).items() if not key.endswith("num_batches_tracked")}
    found = read_pytorch_port(write(tmp_path / "G.pth", OrderedDict(state))).state
    counts = [value for key, value in found.items() if key.endswith("num_batches_tracked")]
    assert len(counts) == 11
    assert not any(counts)


def test_half_precision_is_widened(tmp_path: Path) -> None:
    state = {key: value.half() if value.is_floating_point() else value for key, value in weights(UNET).items()}
    found = read_pytorch_port(write(tmp_path / "G.pth", state)).state
    assert {value.dtype for value in found.values()} == {torch.float32, torch.int64}
