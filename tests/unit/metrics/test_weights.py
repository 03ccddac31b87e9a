from pathlib import Path

import pytest
import torch

from i2i.errors import ConfigError, InputError, MissingWeightsError
from i2i.metrics import AlexNet, SqueezeNet, load_lpips, lpips_heads

FILE = "squeezenet1_1-b8a52dc0.pth"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No weights anywhere: an empty cache and no folder named."""
    monkeypatch.delenv("I2I_WEIGHTS", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path


def _save_weights(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {**SqueezeNet().state_dict(), "classifier.1.weight": torch.zeros(1000, 512, 1, 1)}
    torch.save(state, path)
    return path


def test_missing_weights_say_which_file_where_and_from_where(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("I2I_WEIGHTS", str(nowhere / "mine"))
    with pytest.raises(MissingWeightsError) as raised:
        load_lpips("squeeze")
    message = str(raised.value)
    assert "\n" not in message
    for part in (
        str(nowhere / "mine" / FILE),
        "hub",
        f"https://download.pytorch.org/models/{FILE}",
        "5 MB",
        "I2I_WEIGHTS",
    ):
        assert part in message


@pytest.mark.parametrize("place", ["a file", "a folder", "the environment", "the cache"])
def test_weights_are_found_in(place: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _save_weights(nowhere / ("hub/checkpoints" if place == "the cache" else "mine") / FILE)
    if place == "the environment":
        monkeypatch.setenv("I2I_WEIGHTS", str(file.parent))
    given = {"a file": file, "a folder": file.parent}.get(place)
    expected = torch.load(file)["features.3.squeeze.weight"]
    assert load_lpips("squeeze", given).trunk.state_dict()["features.3.squeeze.weight"].equal(expected)


def test_a_path_that_is_given_is_the_only_place_looked_at(nowhere: Path) -> None:
    _save_weights(nowhere / "hub/checkpoints" / FILE)
    with pytest.raises(MissingWeightsError, match=r"typo\.pth"):
        load_lpips("squeeze", nowhere / "typo.pth")


def test_nothing_is_fetched_unless_allowed_and_then_checked(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []

    def fetch(url: str, **options: object) -> dict[str, torch.Tensor]:
        fetched.append((url, options["check_hash"], options["weights_only"]))
        return SqueezeNet().state_dict()

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    with pytest.raises(MissingWeightsError):
        load_lpips("squeeze")
    assert fetched == []
    load_lpips("squeeze", download=True)
    assert fetched == [(f"https://download.pytorch.org/models/{FILE}", True, True)]


def test_a_failed_download_is_one_line(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(url: str, **options: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fail)
    with pytest.raises(MissingWeightsError, match=r"could not be fetched \(no route to host\)"):
        load_lpips("squeeze", download=True)


def test_other_and_damaged_files_are_refused(tmp_path: Path) -> None:
    damaged, foreign, empty = tmp_path / "damaged.pth", tmp_path / "foreign.pth", tmp_path / "empty.pth"
    damaged.write_bytes(b"not weights")
    empty.write_bytes(b"")
    torch.save(AlexNet().state_dict(), foreign)
    for file in (damaged, empty):
        with pytest.raises(InputError, match="is not a PyTorch weight file"):
            load_lpips("squeeze", file)
    with pytest.raises(InputError, match=r"'features\.0\.weight' is \(64, 3, 11, 11\); expected \(64, 3, 3, 3\)"):
        load_lpips("squeeze", foreign)


def test_an_unknown_network_names_the_known() -> None:
    with pytest.raises(ConfigError, match="alex, vgg, squeeze"):
        load_lpips("resnet")  # type: ignore[arg-type]


def test_the_heads_fit_the_trunks_and_weigh_nothing_negatively() -> None:
    assert [len(head) for head in lpips_heads("alex")] == list(AlexNet.channels)
    assert [len(head) for head in lpips_heads("squeeze")] == list(SqueezeNet.channels)
    assert all((head >= 0).all() for head in lpips_heads("alex"))
