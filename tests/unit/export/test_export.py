"""An exported file takes what the input's files hold and gives what the translator would write, or is not written."""

import errno
import hashlib
import json
import os
import subprocess
import sys
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import i2i
from i2i.bundle import read_bundle_config
from i2i.errors import BundleError, ConfigError, StorageError
from i2i.export import export_bundle, import_bundle
from i2i.export.importers.single_file import unpack
from i2i.export.parity import sample_images, translate
from i2i.generators import GENERATORS, Generator
from i2i.graphs import GRAPH_FORMATS, Array, GraphFormat, torchscript
from i2i.images import write_image

SIZES = [(1, 16, 24), (3, 13, 5), (1, 1, 3), (2, 1, 40)]
GRAPHS = ["onnx", "openvino", "torchscript"]


def require(to: str) -> None:
    for module in {"onnx": ("onnx", "onnxscript", "onnxruntime"), "openvino": ("onnx", "onnxscript", "openvino")}.get(
        to, ()
    ):
        pytest.importorskip(module)


def check_faithful(file: Path, to: str, bundle: Path, **policy: Any) -> None:
    """On images of this test's own, within a level or a ten-thousandth of the range, or all but all classes alike."""
    translator = i2i.load(bundle, device="cpu", resize="native", **policy)
    target, run = translator.config.target, GRAPH_FORMATS[to].runner(file)
    for number, size in enumerate(SIZES):
        given = sample_images(translator.config.input, *size, seed=100 + number)
        expected, found = translate(translator, given), run(given)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert np.ptp(np.nan_to_num(expected.astype(float))) > 0 or size[1] == 1
        if target.is_labels:
            assert (found != expected).mean() < 0.005
        else:
            low, high = target.spans().T
            tolerance = np.maximum(1e-4 * (high - low), 0 if target.dtype == "float32" else 1)
            assert np.array_equal(np.isnan(found), np.isnan(expected))
            difference = np.nan_to_num(found.astype(float)) - np.nan_to_num(expected.astype(float))
            assert (np.abs(difference) <= tolerance).all()


@pytest.fixture(scope="module")
def onnx_file(make_bundle: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    """A bundle, its file and its report; with the operators of a colour space, which are the rarest."""
    require("onnx")
    bundle = make_bundle("lab to its colour")
    exported = export_bundle(bundle, "onnx", tmp_path_factory.mktemp("onnx") / "translator.onnx")
    return bundle, exported.path, exported.report


SIDES = [
    "8 bits",
    "grey to colour",
    "lab to lab",
    "lab to its colour",
    "grey to its colour",
    "16 bits with gaps",
    "signed with a mask",
    "float with gaps",
    "values to classes",
    "classes to classes",
    "colours to classes",
]


@pytest.mark.parametrize("sides", SIDES)
def test_every_kind_of_image_goes_in_and_comes_out_as_its_files_have_it(
    make_bundle: Any, tmp_path: Path, sides: str
) -> None:
    bundle = make_bundle(sides)
    exported = export_bundle(bundle, "torchscript", tmp_path / "a.pt")
    check_faithful(exported.path, "torchscript", bundle)


@pytest.mark.slow
@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("to", ["onnx", "openvino"])
def test_every_engine_takes_every_kind_of_image(make_bundle: Any, tmp_path: Path, to: str, sides: str) -> None:
    require(to)
    bundle = make_bundle(sides)
    check_faithful(export_bundle(bundle, to, tmp_path / f"a{GRAPH_FORMATS[to].SUFFIXES[0]}").path, to, bundle)


VARIETIES = [
    (name, upsample, norm, statistics)
    for name, network in sorted(GENERATORS.items())
    for upsample in (("transposed", "resize", "subpixel") if "upsample" in signature(network).parameters else ("",))
    for norm, statistics in (
        (("batch", "batch"), ("batch", "running"), ("instance", "batch"), ("none", "batch"))
        if "norm" in signature(network).parameters
        else (("", "batch"),)
    )
]
FEW = [each for each in VARIETIES if each[1] in ("transposed", "") or each[2:] == ("batch", "batch")]


@pytest.mark.parametrize(
    ("to", "name", "upsample", "norm", "statistics"),
    [
        pytest.param(to, *each, marks=() if to == "torchscript" and each in FEW else pytest.mark.slow)
        for to in GRAPHS
        for each in VARIETIES
    ],
)
def test_every_generator_with_every_norm_under_both_statistics(
    make_bundle: Any, tmp_path: Path, to: str, name: str, upsample: str, norm: str, statistics: str
) -> None:
    require(to)
    how = {key: value for key, value in (("upsample", upsample), ("norm", norm)) if value}
    policy = {"statistics": statistics, "steps": 1 if GENERATORS[name].steps else 0}
    bundle = make_bundle(name=name, policy=policy, **how)
    told: dict[str, Any] = {}
    if name == "latent-unet":
        told = {"like": tmp_path / "style.png"}
        write_image(told["like"], np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8))
    if name == "labelled":
        told = {"to_domain": "b"}
    exported = export_bundle(bundle, to, tmp_path / f"a{GRAPH_FORMATS[to].SUFFIXES[0]}", **told)
    check_faithful(exported.path, to, bundle, **told)


def test_layers_that_work_otherwise_on_small_maps_are_exported_for_every_size(make_bundle: Any, tmp_path: Path) -> None:
    require("onnx")
    bundle = make_bundle(name="unet", upsample="resize", norm="instance", width=16, depth=3)
    check_faithful(export_bundle(bundle, "onnx", tmp_path / "a.onnx").path, "onnx", bundle)


def test_onnx_is_the_same_on_images_of_any_size_and_number(onnx_file: tuple[Path, Path, dict[str, Any]]) -> None:
    bundle, file, _ = onnx_file
    check_faithful(file, "onnx", bundle)


def test_an_image_is_normalised_by_itself_whatever_stands_beside_it(
    onnx_file: tuple[Path, Path, dict[str, Any]],
) -> None:
    _, file, _ = onnx_file
    run = GRAPH_FORMATS["onnx"].runner(file)
    dark = np.random.default_rng(0).integers(0, 40, (1, 17, 9, 3), dtype=np.uint8)
    light = 255 - dark
    together = run(np.concatenate([dark, light]))
    assert np.abs(together.astype(int) - np.concatenate([run(dark), run(light)])).max() <= 1


def test_onnx_has_standard_operators_any_size_and_says_what_it_is(
    onnx_file: tuple[Path, Path, dict[str, Any]],
) -> None:
    bundle, file, report = onnx_file
    onnx = pytest.importorskip("onnx")
    model = onnx.load(file)
    assert {node.domain for node in model.graph.node} == {""}
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 18)]
    shape = [each.dim_param or each.dim_value for each in model.graph.input[0].type.tensor_type.shape.dim]
    assert (model.graph.input[0].name, shape) == ("input", ["batch", "height", "width", 3])
    assert model.graph.output[0].name == "output"
    about = {each.key: each.value for each in model.metadata_props}
    assert about["direction"] == "given-to-wanted"
    assert json.loads(about["input"])["channels"] == 3
    assert json.loads(about["translation"]) == {"statistics": "batch", "dropout": False, "resize": "native", "steps": 0}
    assert about["weights_sha256"] == hashlib.sha256((bundle / "model.safetensors").read_bytes()).hexdigest()
    assert about.keys() <= report.keys()


def tells_of_the_machine(content: bytes) -> bool:
    traces = (b"site-packages", b"/src/i2i", str(Path.home()).encode() + b"/", b"stack_trace", b"/tmp/")
    return any(trace in content for trace in traces)


def test_a_file_tells_nothing_of_the_machine_it_was_made_on(
    onnx_file: tuple[Path, Path, dict[str, Any]], make_bundle: Any, tmp_path: Path
) -> None:
    assert not tells_of_the_machine(onnx_file[1].read_bytes())
    traced = export_bundle(make_bundle(), "torchscript", tmp_path / "a.pt").path
    with ZipFile(traced) as archive:
        assert not any(tells_of_the_machine(archive.read(name)) for name in archive.namelist())


def test_torchscript_follows_its_input_to_any_device(make_bundle: Any, tmp_path: Path) -> None:
    exported = export_bundle(make_bundle(scale=2), "torchscript", tmp_path / "a.pt")
    with pytest.warns(DeprecationWarning, match="torch.jit.load"):
        graph = str(torch.jit.load(exported.path).inlined_graph)
    assert "aten::index_select" in graph
    assert "Device" not in graph


def test_the_report_beside_the_file_tells_what_was_compared(onnx_file: tuple[Path, Path, dict[str, Any]]) -> None:
    _, file, report = onnx_file
    assert json.loads(file.with_name("translator.onnx.json").read_text()) == report
    assert report["files"] == [
        {
            "name": "translator.onnx",
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
    ]
    assert report["engine"].startswith("onnxruntime ")
    assert report["tensors"][0] == {"name": "input", "shape": ["batch", "height", "width", 3], "dtype": "uint8"}
    parity = report["parity"]
    assert (parity["unit"], parity["images"]) == ("levels", 7)
    assert 0 <= parity["mean_difference"] <= parity["max_difference"] <= 1
    assert [1, 16, 24] in [list(size) for size in parity["sizes"]]


def test_openvino_weights_lie_beside_the_graph_in_float32_and_nothing_is_said(
    make_bundle: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    require("openvino")
    openvino = pytest.importorskip("openvino")
    bundle = make_bundle("16 bits with gaps", upsample="subpixel", depth=1)
    exported = export_bundle(bundle, "openvino", tmp_path / "a.xml")
    assert capfd.readouterr() == ("", "")
    assert [each["name"] for each in exported.report["files"]] == ["a.bin", "a.xml"]
    assert sorted(os.listdir(tmp_path)) == ["a.bin", "a.xml", "a.xml.json"]
    model = openvino.Core().read_model(tmp_path / "a.xml")
    assert model.get_rt_info(["i2i", "direction"]).value == "given-to-wanted"
    weights = sum(parameter.numel() for parameter in i2i.load(bundle).generator.parameters())
    assert (tmp_path / "a.bin").stat().st_size >= 4 * weights
    assert not tells_of_the_machine((tmp_path / "a.xml").read_bytes())
    check_faithful(tmp_path / "a.xml", "openvino", bundle)


def test_torchscript_is_written_silently_and_holds_its_metadata(
    make_bundle: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    exported = export_bundle(make_bundle(), "torchscript", tmp_path / "a.pt")
    assert capfd.readouterr() == ("", "")
    files = {"direction": "", "training_size": ""}
    with pytest.warns(DeprecationWarning, match="torch.jit.load"):
        torch.jit.load(exported.path, _extra_files=files)
    assert files == {"direction": b"given-to-wanted", "training_size": b"[16, 24]"}


@pytest.mark.parametrize(
    "to",
    ["torchscript", pytest.param("onnx", marks=pytest.mark.slow), pytest.param("openvino", marks=pytest.mark.slow)],
)
def test_super_resolution_enlarges_inside_the_graph(make_bundle: Any, tmp_path: Path, to: str) -> None:
    require(to)
    bundle = make_bundle(scale=2)
    exported = export_bundle(bundle, to, tmp_path / f"a{GRAPH_FORMATS[to].SUFFIXES[0]}")
    given = np.random.default_rng(0).integers(0, 256, (1, 9, 13, 3), dtype=np.uint8)
    assert GRAPH_FORMATS[to].runner(exported.path)(given).shape == (1, 18, 26, 3)
    assert exported.report["tensors"][1]["shape"] == ["batch", "2 * height", "2 * width", 3]
    check_faithful(exported.path, to, bundle)


def test_enlarging_what_is_not_of_8_bits_is_refused(make_bundle: Any, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"enlarges 1 channel uint16 by 2; only 8 bits .* nothing was written"):
        export_bundle(make_bundle("16 bits with gaps", scale=2), "torchscript", tmp_path / "a.pt")
    assert not os.listdir(tmp_path)


def test_noise_is_not_exported_unless_it_is_turned_off(make_bundle: Any, tmp_path: Path) -> None:
    bundle = make_bundle(policy={"dropout": True})
    with pytest.raises(ConfigError, match=r"dropout on, .* --dropout off"):
        export_bundle(bundle, "torchscript", tmp_path / "a.pt")
    exported = export_bundle(bundle, "torchscript", tmp_path / "a.pt", dropout=False)
    assert not exported.report["translation"]["dropout"]
    assert exported.report["bundle_translation"]["dropout"]
    check_faithful(exported.path, "torchscript", bundle, dropout=False)


def test_other_statistics_than_the_bundles_give_another_graph(make_bundle: Any, tmp_path: Path) -> None:
    bundle = make_bundle()
    exported = export_bundle(bundle, "torchscript", tmp_path / "a.pt", statistics="running")
    check_faithful(exported.path, "torchscript", bundle, statistics="running")
    with pytest.raises(AssertionError):
        check_faithful(exported.path, "torchscript", bundle, statistics="batch")


def test_nothing_of_the_users_is_overwritten(make_bundle: Any, tmp_path: Path) -> None:
    bundle = make_bundle()
    for name, to, out in [
        ("a.pt", "torchscript", "a.pt"),
        ("a.pt.json", "torchscript", "a.pt"),
        ("b.bin", "openvino", "b.xml"),
        ("c.safetensors.json", "safetensors", "c.safetensors"),
    ]:
        (tmp_path / name).write_text("mine")
        with pytest.raises(StorageError, match=rf"{name}: is there already"):
            export_bundle(bundle, to, tmp_path / out)
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).unlink()


def test_a_file_is_named_as_the_bundle_or_the_run_by_default(
    make_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bundle = make_bundle()
    assert export_bundle(bundle, "safetensors").path == Path("translator.safetensors")
    run = tmp_path / "maps"
    run.mkdir()
    bundle.rename(run / "bundle")
    assert export_bundle(run, "safetensors").path == Path("maps.safetensors")
    with pytest.raises(ConfigError, match=r"ends in \.safetensors"):
        export_bundle(run, "safetensors", "maps.bin")


def test_an_unknown_format_and_one_not_installed_say_what_to_do(
    make_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="did you mean 'onnx'"):
        export_bundle(make_bundle(), "onx", tmp_path / "a.onnx")
    for to, module, extra in (("onnx", "onnxruntime", "export"), ("openvino", "openvino", "openvino")):
        require(to)
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ConfigError, match=rf"^{module}: .*not installed; pip install 'i2i\[{extra}\]'"):
            export_bundle(make_bundle(), to, tmp_path / f"a{GRAPH_FORMATS[to].SUFFIXES[0]}")


class Frozen(nn.Module):
    """Gives what a trace takes for a constant."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (1 + float(x.abs().max()))


class Inverse(nn.Module):
    """Has an operator that ONNX has not."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.linalg.inv(torch.eye(2).expand(1, 1, 2, 2)).sum()


class Odd(Generator):
    def __init__(self, in_channels: int, out_channels: int, width: int, layer: str):
        super().__init__(in_channels, out_channels, multiple=2)
        odd = {"Frozen": Frozen, "Inverse": Inverse}[layer]()
        self.first = nn.Sequential(nn.ReLU(), odd)
        self.last = nn.Conv2d(in_channels, out_channels, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        return torch.tanh(self.last(self.first(image)))


@pytest.mark.parametrize(
    ("to", "layer", "reason"),
    [
        ("torchscript", "Frozen", r"layer first\.1 \(Frozen\) differs by"),
        ("onnx", "Inverse", r"layer first\.1 \(Inverse\) can't be: .*linalg_inv"),
    ],
)
def test_a_network_that_cannot_be_exported_exactly_names_the_layer_and_leaves_nothing(
    make_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, layer: str, reason: str
) -> None:
    require(to)
    monkeypatch.setitem(GENERATORS, "odd", Odd)
    bundle = make_bundle(name="odd", layer=layer)
    with pytest.raises(BundleError, match=rf"can't be exported exactly .*{reason}.*; nothing was written") as caught:
        export_bundle(bundle, to, tmp_path / f"a{GRAPH_FORMATS[to].SUFFIXES[0]}")
    assert "\n" not in str(caught.value)
    assert not os.listdir(tmp_path)


def off_by(levels: int) -> GraphFormat:
    """An engine that rounds wrongly, at one place of an image."""

    def runner(file: Path) -> Any:
        run = torchscript.runner(file)

        def wrong(image: Array) -> Array:
            output = run(image)
            if output.dtype == np.uint8:
                output[0, 0, 0, 0] ^= levels
            return output

        return wrong

    functions = {"engine": torchscript.engine, "write": torchscript.write, "runner": runner}
    return cast(GraphFormat, SimpleNamespace(SUFFIXES=(".pt",), VARIANT="a trace", **functions))


def test_an_engine_that_differs_by_more_than_a_level_is_not_let_pass(
    make_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GRAPH_FORMATS, "torchscript", off_by(2))
    with pytest.raises(BundleError, match=r"every layer .* but not the whole: its output differs by up to 2 levels"):
        export_bundle(make_bundle(), "torchscript", tmp_path / "a.pt")
    assert not os.listdir(tmp_path)
    monkeypatch.setitem(GRAPH_FORMATS, "torchscript", off_by(1))
    parity = export_bundle(make_bundle(), "torchscript", tmp_path / "a.pt").report["parity"]
    assert (parity["max_difference"], parity["of_tolerance"]) == (1, 1)
    assert 0 < parity["differing"] < 0.01
    assert parity["psnr_db"] > 60


def test_a_report_that_cannot_be_written_takes_the_files_with_it(
    make_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise StorageError(f"{path}: the disk is full")

    monkeypatch.setattr("i2i.export.exporting.write_text", full)
    with pytest.raises(StorageError, match="the disk is full"):
        export_bundle(make_bundle(), "torchscript", tmp_path / "a.pt")
    assert not os.listdir(tmp_path)


def test_onnx_runtime_leaves_no_identifier_and_sends_nothing(tmp_path: Path) -> None:
    require("onnx")
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | places
    code = "from i2i.graphs import GRAPH_FORMATS; GRAPH_FORMATS['onnx'].engine()"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("failed writing file"), "the disk is full: 0 MiB are free.* TMPDIR"),
        (OSError(errno.ENOSPC, "No space left"), r"can't be written there \(No space left\).* TMPDIR"),
    ],
)
def test_a_disk_too_full_for_the_draft_is_no_layers_fault(
    make_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def write(*_: Any) -> None:
        raise error

    functions = {"engine": torchscript.engine, "write": write, "runner": torchscript.runner}
    full = cast(GraphFormat, SimpleNamespace(SUFFIXES=(".pt",), VARIANT="a trace", **functions))
    monkeypatch.setitem(GRAPH_FORMATS, "torchscript", full)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(StorageError, match=message):
        export_bundle(make_bundle(), "torchscript", tmp_path / "a.pt")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("name", ["a.pt", "a.pt.json"])
def test_what_appears_there_meanwhile_stays(
    make_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def runner(file: Path) -> Any:
        (tmp_path / name).write_text("mine")
        return torchscript.runner(file)

    functions = {"engine": torchscript.engine, "write": torchscript.write, "runner": runner}
    slow = cast(GraphFormat, SimpleNamespace(SUFFIXES=(".pt",), VARIANT="a trace", **functions))
    monkeypatch.setitem(GRAPH_FORMATS, "torchscript", slow)
    with pytest.raises(StorageError, match="is there already"):
        export_bundle(make_bundle(), "torchscript", tmp_path / "a.pt")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(name, "mine")]


@pytest.mark.parametrize("dropout", [True, False])
def test_a_bundle_goes_into_one_file_and_comes_out_to_the_bit(make_bundle: Any, tmp_path: Path, dropout: bool) -> None:
    bundle = make_bundle("16 bits with gaps", policy={"dropout": dropout})
    exported = export_bundle(bundle, "safetensors", tmp_path / "a.safetensors")
    assert exported.report["parity"]["max_difference"] == 0
    unpack(exported.path, tmp_path / "again")
    assert sorted(os.listdir(tmp_path / "again")) == sorted(os.listdir(bundle))
    for name in os.listdir(bundle):
        assert (tmp_path / "again" / name).read_bytes() == (bundle / name).read_bytes()
    with pytest.raises(StorageError, match="expected a new or empty folder"):
        unpack(exported.path, tmp_path / "again")


def test_the_one_file_keeps_the_bundles_policy(make_bundle: Any, tmp_path: Path) -> None:
    for changes in ({"dropout": False}, {"statistics": "running"}):
        with pytest.raises(ConfigError, match="keeps the bundle as it is"):
            export_bundle(make_bundle(), "safetensors", tmp_path / "a.safetensors", **changes)


def test_what_is_no_bundle_in_one_file_is_refused_in_a_line(make_bundle: Any, tmp_path: Path) -> None:
    bundle = make_bundle()
    good = export_bundle(bundle, "safetensors", tmp_path / "a.safetensors").path.read_bytes()
    other = tmp_path / "b.safetensors"
    for content, message in [
        ((bundle / "model.safetensors").read_bytes(), "holds weights, but not what they are of"),
        (good[:-4], "is damaged"),
        (b"", "is damaged"),
        (good.replace(b'\\"depth\\": 2', b'\\"depth\\": 3'), "b.safetensors.*not of the network"),
    ]:
        other.write_bytes(content)
        with pytest.raises(BundleError, match=message) as caught:
            unpack(other, tmp_path / "out")
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out").exists()
    with pytest.raises(BundleError, match="no such file"):
        unpack(tmp_path / "c.safetensors", tmp_path / "out")


def test_import_takes_the_one_file_and_no_settings_beside_it(make_bundle: Any, tmp_path: Path) -> None:
    bundle = make_bundle("grey to colour")
    file = export_bundle(bundle, "safetensors", tmp_path / "a.safetensors").path
    with pytest.raises(ConfigError, match=r"a\.safetensors: holds a whole bundle, which says its size, dropout itself"):
        import_bundle(file, tmp_path / "again", size=(256, 256), dropout=True)
    assert not (tmp_path / "again").exists()
    config = import_bundle(file, tmp_path / "again")
    assert config == read_bundle_config(bundle)
    given = np.zeros((5, 7, 1), np.uint8)
    assert np.array_equal(i2i.load(tmp_path / "again", device="cpu")(given), i2i.load(bundle, device="cpu")(given))


def test_an_exported_graph_is_not_imported(make_bundle: Any, tmp_path: Path) -> None:
    traced = export_bundle(make_bundle(), "torchscript", tmp_path / "a.pt").path
    (tmp_path / "a.onnx").write_bytes(b"a graph")
    for file in (traced, tmp_path / "a.onnx"):
        with pytest.raises(BundleError, match=rf"{file.name}: is an exported graph, of which no bundle can be made"):
            import_bundle(file, tmp_path / "again")
    with pytest.raises(BundleError, match=r"b\.onnx: no such file"):
        import_bundle(tmp_path / "b.onnx", tmp_path / "again")
