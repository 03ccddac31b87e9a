"""The port's checkpoints as bundles: outputs equal to those that its own code gave, to 1e-5."""

from pathlib import Path

import numpy as np
import pytest
import torch

import i2i
from i2i.errors import BundleError
from i2i.export import import_bundle

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.pth"))
TWO_CHANNELS = "resnet_6_instance_dropout_stale"


@pytest.mark.parametrize("statistics", ["running", "batch"])
@pytest.mark.parametrize("file", [file for file in FIXTURES if file.stem != TWO_CHANNELS], ids=lambda file: file.stem)
def test_an_imported_bundle_gives_the_ports_own_output(file, statistics, tmp_path):
    import_bundle(file, tmp_path / "bundle")
    golden = np.load(file.with_suffix(".npz"))
    times = int(golden["size"]) // golden["image"].shape[-1]
    image = torch.from_numpy(golden["image"]).repeat_interleave(times, -1).repeat_interleave(times, -2)
    output = i2i.load(tmp_path / "bundle", statistics=statistics, dropout=False).predict(image)
    stride = int(golden["stride"])
    expected = torch.from_numpy(golden[statistics])
    torch.testing.assert_close(output[..., ::stride, ::stride], expected, rtol=0, atol=1e-5)


def test_a_generator_of_other_channels_than_images_have_is_refused(tmp_path):
    with pytest.raises(BundleError, match=r"from 3 to 2 channels; expected 1 .* or 3"):
        import_bundle(FIXTURES[0].with_name(f"{TWO_CHANNELS}.pth"), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_an_imported_bundle_is_tested_as_the_port_tests(tmp_path):
    file = next(file for file in FIXTURES if file.stem == "unet_128_batch")
    config = import_bundle(file, tmp_path / "bundle", size=(128, 128))
    assert (config.translation.statistics, config.translation.dropout) == ("batch", True)
    assert not import_bundle(file, tmp_path / "other", dropout=False).translation.dropout
    image = np.full((50, 40, 3), 90, np.uint8)
    assert i2i.load(tmp_path / "bundle")(image).shape == (50, 40, 3)
