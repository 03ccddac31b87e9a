"""Perceptual losses over trunks with weights drawn here; the files that hold them are written here too."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from i2i.errors import InputError, MissingWeightsError
from i2i.losses import PerceptualLoss, UnitPerceptualLoss, load_perceptual
from i2i.pretrained.caffe import CaffeSqueezeNet, _caffe_name
from i2i.pretrained.distances import feature_distance
from i2i.pretrained.trunks import VGG19


@pytest.fixture(scope="module")
def vgg() -> VGG19:
    torch.manual_seed(0)
    return VGG19()


def images(seed: int, channels: int = 3) -> Tensor:
    return torch.rand(2, channels, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def after_each_first_relu(vgg: VGG19, x: Tensor) -> list[Tensor]:
    """relu1_1 … relu5_1 of images as they are, by the names of the layers and not by their numbers."""
    found, first = [], True
    for layer in vgg.features:
        x = layer(x)
        if isinstance(layer, nn.MaxPool2d):
            first = True
        elif isinstance(layer, nn.ReLU) and first:
            found.append(x)
            first = False
    return found


def test_nothing_is_computed_after_the_last_layer_that_is_seen(vgg: VGG19) -> None:
    assert len(vgg.features) == max(VGG19.taps) + 1


def test_it_is_the_weighted_sum_over_the_first_layer_of_each_stage_of_images_as_they_are(vgg: VGG19) -> None:
    output, target = images(0), images(1)
    layers = zip(after_each_first_relu(vgg, output), after_each_first_relu(vgg, target), strict=True)
    distances = [(one - other).abs().mean() for one, other in layers]
    assert [tuple(each.shape) for each in after_each_first_relu(vgg, output)] == [
        (2, 64, 16, 16), (2, 128, 8, 8), (2, 256, 4, 4), (2, 512, 2, 2), (2, 512, 1, 1),
    ]  # fmt: skip
    by_hand = sum(w * d for w, d in zip((1 / 32, 1 / 16, 1 / 8, 1 / 4, 1), distances, strict=True))
    torch.testing.assert_close(PerceptualLoss(vgg)(output, target), by_hand)


@pytest.mark.parametrize("kind", ["vgg19", "squeezenet"])
def test_equal_images_are_at_no_distance_and_only_the_output_is_pulled(vgg: VGG19, kind: str) -> None:
    loss = PerceptualLoss(vgg) if kind == "vgg19" else UnitPerceptualLoss(CaffeSqueezeNet())
    output, target = (nn.functional.interpolate(images(seed), 32).requires_grad_() for seed in (0, 1))
    assert loss(output, output.detach()).item() == pytest.approx(0, abs=1e-6)
    loss(output, target).backward()
    assert output.grad.abs().max() > 0
    assert target.grad is None
    assert not any(parameter.requires_grad for parameter in loss.parameters())


def test_grey_is_seen_as_grey_colour_and_other_channels_are_refused(vgg: VGG19) -> None:
    loss, grey = PerceptualLoss(vgg), images(0, channels=1)
    colour = grey.expand(-1, 3, -1, -1)
    assert loss(grey, grey * 0.5) == loss(colour, colour * 0.5)
    with pytest.raises(InputError, match="5 channels"):
        loss(images(0, channels=5), images(1, channels=5))


def test_vgg19_is_loaded_from_a_file_or_the_folder_that_is_named(
    vgg: VGG19, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine" / VGG19.published.file
    file.parent.mkdir()
    torch.save({**vgg.state_dict(), "features.32.weight": torch.zeros(1)}, file)
    monkeypatch.setenv("I2I_WEIGHTS", str(file.parent))
    for weights in (str(file), ""):
        loaded = load_perceptual("vgg19", weights)
        assert torch.equal(loaded.trunk.features[28].weight, vgg.features[28].weight)


def test_weights_that_are_nowhere_or_of_another_network_are_one_line_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("I2I_WEIGHTS", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    fetched: list[object] = []
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda *args, **more: fetched.append(args))
    with pytest.raises(MissingWeightsError, match=r"vgg19-dcbb9e9d\.pth") as missing:
        load_perceptual("vgg19")
    with pytest.raises(MissingWeightsError, match=r"\.npz"):
        load_perceptual("squeezenet")
    assert "\n" not in str(missing.value)
    assert fetched == []
    torch.save({"features.0.weight": torch.zeros(8, 3, 3, 3)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"features\.0\.weight.*\(8, 3, 3, 3\)"):
        load_perceptual("vgg19", tmp_path / "other.pth")


def test_squeezenets_is_the_feature_distance_of_its_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = CaffeSqueezeNet()
    np.savez(tmp_path / "weights.npz", **{_caffe_name(k): v.numpy() for k, v in network.state_dict().items()})
    output, target = (nn.functional.interpolate(images(seed), 32) for seed in (0, 1))
    found = load_perceptual("squeezenet", tmp_path / "weights.npz")(output, target)
    torch.testing.assert_close(found, feature_distance(network.maps, output, target).mean())
