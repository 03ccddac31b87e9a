import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from i2i.errors import InputError, MissingWeightsError
from i2i.metrics import CaffeSqueezeNet, load_features
from i2i.pretrained.caffe import _caffe_name


def _arrays() -> dict[str, np.ndarray]:
    return {_caffe_name(name): tensor.numpy() for name, tensor in CaffeSqueezeNet().state_dict().items()}


def test_the_caffe_file_loads_and_gives_512_features_of_any_size(tmp_path: Path, photo: Tensor) -> None:
    np.savez(tmp_path / "weights.npz", **_arrays())
    network = load_features(tmp_path / "weights.npz")
    assert network(torch.cat([photo, photo])).shape == (2, 512)
    assert network(photo[:, :1, :40, :30]).shape == (1, 512)
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_the_caffe_network_sees_blue_first_minus_the_mean_in_grey_levels() -> None:
    network = CaffeSqueezeNet()
    network.conv1.weight.data.zero_()
    network.conv1.bias.data.zero_()
    for channel in range(3):
        network.conv1.weight.data[channel, channel, 3, 3] = 1
    colour = torch.tensor([200.0, 150.0, 110.0]).view(1, 3, 1, 1).expand(1, 3, 32, 32) / 127.5 - 1
    seen = network.maps(colour)[0][0, :3, 0, 0]
    assert seen.tolist() == pytest.approx([110 - 104, 150 - 117, 200 - 123], abs=1e-3)


def test_a_torchscript_file_loads(tmp_path: Path, photo: Tensor) -> None:
    network = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(network, photo).save(str(tmp_path / "network.pt"))
    assert load_features(tmp_path / "network.pt")(photo).equal(network(photo))


def test_what_is_no_feature_network_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match=r"absent\.npz: no such file"):
        load_features(tmp_path / "absent.npz")
    (tmp_path / "text.npz").write_text("no arrays")
    (tmp_path / "text.pt").write_text("no network")
    with pytest.raises(InputError, match="can't be read as"):
        load_features(tmp_path / "text.npz")
    with pytest.raises(InputError, match="is not a TorchScript file"):
        load_features(tmp_path / "text.pt")


def test_tensors_of_another_network_are_named(tmp_path: Path) -> None:
    arrays = _arrays()
    np.savez(tmp_path / "shape.npz", **{**arrays, "conv1.weight": np.zeros((64, 3, 3, 3), np.float32)})
    del arrays["fire5/conv3x3_2.bias"]
    np.savez(tmp_path / "lacking.npz", **arrays)
    with pytest.raises(InputError, match=r"'conv1\.weight' is \(64, 3, 3, 3\); expected \(96, 3, 7, 7\)"):
        load_features(tmp_path / "shape.npz")
    with pytest.raises(InputError, match=r"lacks .*fire5/conv3x3_2\.bias"):
        load_features(tmp_path / "lacking.npz")
