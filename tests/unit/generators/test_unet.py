"""What the U-Net has beside the contract of all generators: a skip at full size."""

import pytest
import torch
from tiny import shown
from torch import nn

from i2i.engines import ENGINES, Job, packed
from i2i.engines.eager import build
from i2i.engines.folding import fold
from i2i.generators import build_generator
from i2i.layers.initialise import initialise


def unet(name="unet", **arguments):
    torch.manual_seed(0)
    generator = build_generator(name, in_channels=3, out_channels=2, width=4, depth=3, norm="instance", **arguments)
    initialise(generator, gain=0.15)
    return generator.eval()


def test_what_halving_would_lose_passes_at_full_size():
    """With the decoder silent all that is left is the skip: each output pixel tells of the 5x5 around it, no more."""
    generator = unet(full_size_skip=True)
    nn.init.zeros_(generator.decoder[-1].up.weight)
    image = shown(1, 16, 16)
    changed = image.clone()
    changed[..., 8, 8] += 0.5
    with torch.inference_mode():
        moved = (generator(changed) - generator(image)).abs().amax(dim=(0, 1)) > 0
    inside = torch.zeros_like(moved)
    inside[6:11, 6:11] = True
    assert moved[8, 8]
    assert not moved[~inside].any()


def test_it_is_added_to_what_the_paper_s_network_gives():
    plain, skipping = unet(), unet(full_size_skip=True)
    assert [*skipping.state_dict()] == [
        *plain.state_dict(),
        *(f"full_size.{each}" for each in ("conv.weight", "conv.bias", "output.weight")),
    ]
    skipping.load_state_dict(plain.state_dict(), strict=False)
    image = shown(2, 16, 24)
    with torch.inference_mode():
        expected = torch.tanh(torch.atanh(plain(image).double()) + skipping.full_size(image).double())
        torch.testing.assert_close(skipping(image).double(), expected, rtol=0, atol=1e-5)


def test_a_network_without_skips_has_none_at_full_size_either():
    assert not any(
        name.startswith("full_size") for name, _ in unet("encoder-decoder", full_size_skip=True).named_parameters()
    )


@pytest.mark.parametrize("name", ["packed", "onnxruntime", "openvino"])
def test_engines_compute_it(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    job = Job(unet(full_size_skip=True, upsample="resize"))
    reason = ENGINES[name].unavailable() or ENGINES[name].refusal(job)
    if reason:
        pytest.skip(reason)
    network, eager = ENGINES[name].build(job), build(job)
    for count, height, width in ((1, 32, 32), (2, 16, 48)):
        torch.testing.assert_close(
            network(shown(count, height, width)), eager(shown(count, height, width)), rtol=0, atol=1e-5
        )


@pytest.mark.skipif(packed.unavailable() is not None, reason="no packed operators here")
def test_packed_its_activation_is_done_with_its_convolution():
    folded = fold(unet(full_size_skip=True))
    packed._pack(folded, torch.float32)
    assert [type(layer).__name__ for layer in folded.full_size] == [
        "PackedConvolution",
        "Identity",
        "PackedConvolution",
    ]
