"""The parts of an exported graph and of its check, each against what it stands for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import i2i
from i2i.export.blame import reason_of
from i2i.export.enlarging import enlarging
from i2i.export.parity import measure, sample_images, translate
from i2i.export.served import Served
from i2i.graphs import GRAPH_FORMATS
from i2i.images import ImageSpec, resize


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 9), width=st.integers(1, 9), scale=st.sampled_from([2, 3, 4, 8]), seed=st.integers(0, 2**16)
)
def test_enlarging_is_pillows_to_the_bit(height: int, width: int, scale: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).choice(np.array([0, 1, 77, 254, 255], np.uint8), (height, width, 3))
    enlarged = enlarging(scale, ImageSpec(3))(torch.from_numpy(pixels).movedim(2, 0)[None].float())[0]
    expected = resize(pixels, height * scale, width * scale, "bicubic", ImageSpec(3))
    assert np.array_equal(enlarged.movedim(0, 2).numpy(), expected)


@pytest.mark.slow
@pytest.mark.parametrize("to", ["onnx", "openvino"])
def test_enlarging_is_the_same_to_the_bit_in_other_engines(tmp_path: Path, to: str) -> None:
    pytest.importorskip({"onnx": "onnxscript"}.get(to, to))
    graph_format, layer = GRAPH_FORMATS[to], enlarging(2, ImageSpec(3)).eval()
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 40, 50)).astype(np.float32))
    path = tmp_path / f"a{graph_format.SUFFIXES[0]}"
    graph_format.write(layer, images[:, :, :9, :11], {0: "batch", 2: "height", 3: "width"}, path, {})
    assert np.array_equal(graph_format.runner(path)(images.numpy()), layer(images).numpy())


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_any_size_is_translated_as_the_translator_does(make_bundle: Any, height: int, width: int) -> None:
    translator = i2i.load(make_bundle(depth=3, norm="none"), device="cpu", resize="native")
    given = sample_images(translator.config.input, 1, height, width, seed=height)
    with torch.inference_mode():
        found = Served(translator)(torch.from_numpy(given)).numpy()
    assert np.array_equal(found, translate(translator, given))


def test_the_translator_stays_as_it_was(make_bundle: Any) -> None:
    translator = i2i.load(make_bundle(), device="cpu", resize="native")
    given = sample_images(translator.config.input, 2, 16, 24, seed=0)
    before = translate(translator, given)
    Served(translator)
    assert np.array_equal(translate(translator, given), before)
    assert all(layer.training for name, layer in translator.generator.named_modules() if name.endswith("norm"))


def test_images_of_the_check_have_values_beyond_the_range_and_gaps() -> None:
    spec = ImageSpec(2, "float32", ranges=((10, 20),), nodata=(-1.0,))
    noise, smooth = sample_images(spec, 2, 12, 16, seed=0)
    for image in (noise, smooth):
        readings = image[np.isfinite(image) & (image != -1)]
        assert 9.4 < readings.min() < 10 < 20 < readings.max() < 20.6
        assert (image[:4, :4] == -1).all()
        assert np.isnan(image[-1, 8:, 0]).all()
    assert np.abs(np.diff(smooth[6:11, 8:], axis=1)).mean() < np.abs(np.diff(noise[6:11, 8:], axis=1)).mean() / 2


@pytest.mark.parametrize(
    ("sides", "spoil", "passes"),
    [
        ("float with gaps", lambda output: output + np.float32(0.01), True),
        ("float with gaps", lambda output: output + np.float32(0.05), False),
        ("float with gaps", lambda output: np.nan_to_num(output, nan=100), False),
        ("8 bits", lambda output: output, True),
        ("8 bits", lambda output: output ^ 1, True),
        ("8 bits", lambda output: output ^ 2, False),
        ("16 bits with gaps", lambda output: output ^ 1, True),
        ("16 bits with gaps", lambda output: output ^ 8, False),
        ("values to classes", lambda output: output, True),
        ("values to classes", lambda output: output[..., ::-1], False),
    ],
)
def test_what_is_let_pass_is_a_level_or_a_ten_thousandth_of_the_range(
    make_bundle: Any, sides: str, spoil: Any, passes: bool
) -> None:
    translator = i2i.load(make_bundle(sides), device="cpu", resize="native")
    parity = measure(translator, lambda images: spoil(translate(translator, images)))
    assert (parity.of_tolerance <= 1) == passes


def test_differences_are_in_the_targets_unit(make_bundle: Any) -> None:
    translator = i2i.load(make_bundle("float with gaps"), device="cpu", resize="native")
    parity = measure(translator, lambda images: translate(translator, images) + np.float32(0.5))
    assert parity.unit == "K"
    assert parity.max_difference == pytest.approx(0.5, abs=1e-4)
    assert parity.psnr_db is not None
    assert parity.psnr_db == pytest.approx(20 * np.log10(120 / 0.5), abs=1)


def test_a_wrong_type_or_size_is_an_error(make_bundle: Any) -> None:
    translator = i2i.load(make_bundle(), device="cpu", resize="native")
    with pytest.raises(RuntimeError, match="gives float32 of"):
        measure(translator, lambda images: translate(translator, images).astype(np.float32))
    with pytest.raises(RuntimeError, match=r"expected uint8 of \(1, 16, 24, 3\)"):
        measure(translator, lambda images: translate(translator, images)[:, :-1])


def test_the_reason_of_an_error_is_its_first_cause_in_one_line() -> None:
    error = RuntimeError("later")
    error.__cause__ = ValueError("\n first \n second")
    assert reason_of(error) == "first"
    assert reason_of(MemoryError()) == "MemoryError"
