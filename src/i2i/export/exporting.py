"""A translator as one file that others can run; it is run itself and compared before it is given out."""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from pydantic import TypeAdapter

from i2i.bundle import find_bundle, read_bundle_config
from i2i.errors import BundleError, ConfigError, StorageError, nearest
from i2i.export import bundle_file
from i2i.export.blame import failing_layer, reason_of
from i2i.export.importers.single_file import unpack
from i2i.export.parity import Parity, measure, translate
from i2i.export.served import Served, file_channels, file_dtype
from i2i.files import replacing, write_text
from i2i.graphs import GRAPH_FORMATS, INPUT, OUTPUT, GraphFormat, Unexportable
from i2i.hub import HubName, is_hub_name
from i2i.images import ImageSpec
from i2i.layers.modes import Statistics
from i2i.translator import Translator, load

_log = logging.getLogger("i2i")

FORMATS = (*GRAPH_FORMATS, "safetensors")

REPORT = ".json"
"""Of the report: what is added to the name of the exported file."""

_AXES = {0: "batch", 1: "height", 2: "width"}
"""Of the graph's input: those that may have any length."""

_MAKE_ROOM = "free some space, or name another folder by the variable TMPDIR"

_SPEC: TypeAdapter[ImageSpec] = TypeAdapter(ImageSpec)


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        path: the file; OpenVINO's weights are beside it, with the ending .bin.
        report_path: beside it too, its name with .json added.
        report: what that holds: the files with size and SHA-256, the engine, the tensors by name, shape and type, the
            file's metadata, and the fields of `Parity` under "parity".
    """

    path: Path
    report_path: Path
    report: dict[str, Any]


def export_bundle(
    bundle: str | os.PathLike[str],
    to: str = "onnx",
    out: str | os.PathLike[str] | None = None,
    *,
    direction: str | None = None,
    to_domain: str | None = None,
    statistics: Statistics | None = None,
    dropout: bool | None = None,
    steps: int | None = None,
    like: str | os.PathLike[str] | None = None,
) -> Exported:
    """Write a bundle as one file, once that was run by its own engine and gave what the translator gives.

    The graph of "onnx", "openvino" and "torchscript" takes the tensor "input", (N, H, W, C) of the type and values
    that the input's files have, at any N, H and W, and gives "output", (N, H, W, C') as the target's files have them;
    more is told by `Served`. It translates at the image's own scale: where the bundle's policy is to resize to the
    training size, that is left to the caller. "safetensors" is the bundle itself, for `i2i import`.

    Args:
        bundle: a bundle or a run folder.
        to: one of `FORMATS`.
        out: the new file, with the format's ending; by default named as the bundle is, in the current folder.
        direction: one of those in which the bundle translates; by default its first.
        to_domain: of a bundle that translates into several domains, which: a graph is of one.
        statistics, dropout, steps: depart from the bundle's test-time policy.
        like: an image whose style the graph has, of a bundle with latent codes: a graph is of one; see `i2i.load`.

    Raises:
        BundleError: the bundle can't be loaded, or not be exported exactly: the layer is named, and nothing written.
        ConfigError: an unknown format, one that is not installed, or a policy that draws noise.
        StorageError: a file is there already, or can't be written.
    """
    if to not in FORMATS:
        raise ConfigError(f"--to {to}: is no format of export; {nearest(to, FORMATS)}")
    folder = find_bundle(bundle)
    name = HubName.read(bundle).name if is_hub_name(bundle) else _name(folder)
    if direction is not None and direction != read_bundle_config(folder).direction:
        name = f"{name}-{direction}"
    if to_domain is not None:
        name = f"{name}-{to_domain}"
    if to == "safetensors":
        if to_domain is not None:
            raise ConfigError("--to safetensors: keeps the bundle as it is, all its domains; leave out --to-domain")
        if direction is not None:
            raise ConfigError("--to safetensors: keeps the bundle as it is, all its directions; leave out --direction")
        return _as_single_file(folder, _new_path(name, out, bundle_file.SUFFIXES), statistics, dropout, steps, like)
    graph_format = GRAPH_FORMATS[to]
    path, engine = _new_path(name, out, graph_format.SUFFIXES), graph_format.engine()
    translator = load(
        folder, direction=direction, to_domain=to_domain, device="cpu", statistics=statistics, dropout=dropout,
        resize="native", steps=steps, like=like,
    )  # fmt: skip
    if translator.generator.steps > 1:
        raise ConfigError(
            f"{folder}: draws its outputs in {translator.generator.steps} steps, whose noise no graph can draw by a "
            "seed; --steps 1 exports the mean of what the target may be"
        )
    if translator.generator.draws:
        raise ConfigError(
            f"{folder}: draws a latent code for each answer, which no graph can draw by a seed; --like IMAGE exports "
            "it in the style of that image"
        )
    if translator.is_random:
        raise ConfigError(
            f"{folder}: translates with dropout on, whose noise no graph can draw by a seed; "
            "--dropout off exports it without noise"
        )
    facts = _facts(translator, folder)
    with TemporaryDirectory() as temporary:
        draft = Path(temporary) / path.name
        parity = _written(translator, graph_format, draft, facts)
        report = {"format": to, "variant": graph_format.VARIANT, "engine": engine, **_tensors(translator), **facts}
        return _published(draft, path, report, parity)


def _name(folder: Path) -> str:
    """Of the bundle, or of the run that it is of."""
    full = folder.resolve()
    return full.parent.name if full.name == "bundle" else full.name


def _new_path(name: str, out: str | os.PathLike[str] | None, suffixes: Sequence[str]) -> Path:
    """Where the file is to be. Raises unless it and all that goes beside it would be new."""
    path = Path(f"{name}{suffixes[0]}") if out is None else Path(out)
    if path.suffix != suffixes[0]:
        raise ConfigError(f"--out {path}: expected the name of a file that ends in {suffixes[0]}")
    _refuse_present([*(path.with_suffix(suffix) for suffix in suffixes), _report_path(path)])
    return path


def _refuse_present(places: Iterable[Path]) -> None:
    for place in places:
        if place.exists():
            raise StorageError(f"{place}: is there already and stays as it is; choose another --out")


def _report_path(path: Path) -> Path:
    return path.with_name(path.name + REPORT)


def _written(translator: Translator, graph_format: GraphFormat, draft: Path, facts: Mapping[str, Any]) -> Parity:
    """Write the graph and measure it. Raises `BundleError` where it is not exact, `StorageError` where it won't fit."""
    spec = translator.config.input
    example = torch.zeros(2, 5, 7, file_channels(spec, as_input=True), dtype=getattr(torch, file_dtype(spec)))
    about = {key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()}
    try:
        served = Served(translator)
    except Unexportable as error:
        raise _refusal(translator, graph_format, str(error)) from error
    try:
        graph_format.write(served, example, _AXES, draft, about)
        parity = measure(translator, graph_format.runner(draft))
    except Unexportable as error:
        raise _refusal(translator, graph_format, str(error)) from error
    except OSError as error:
        reason = f"a draft of the file can't be written there ({error.strerror or error})"
        raise StorageError(f"{draft.parent.parent}: {reason}; {_MAKE_ROOM}") from error
    except Exception as error:  # what writes and runs graphs raises whatever its parts meet
        _refuse_full(draft.parent, translator)
        raise _refusal(translator, graph_format, _blamed(served, graph_format, reason_of(error))) from error
    if parity.of_tolerance > 1:
        difference = f"its output differs by up to {parity.max_difference:.6g} {parity.unit}".rstrip()
        raise _refusal(translator, graph_format, _blamed(served, graph_format, difference))
    return parity


def _refuse_full(folder: Path, translator: Translator) -> None:
    """Raise `StorageError` where so little room is left that a graph that failed did so for that."""
    size = sum(tensor.nbytes for tensor in translator.generator.state_dict().values())
    free = shutil.disk_usage(folder).free
    if free < 2 * size:
        raise StorageError(
            f"{folder.parent}: the disk is full: {free / 2**20:,.0f} MiB are free, and a draft of the file takes up to "
            f"{2 * size / 2**20:,.0f}; {_MAKE_ROOM}"
        )


def _blamed(served: Served, graph_format: GraphFormat, reason: str) -> str:
    _log.info("it can't be exported exactly; trying layer after layer to find which one it is")
    layer = failing_layer(served.generator, graph_format)
    return layer or f"every layer of the network can be, but not the whole: {reason}"


def _refusal(translator: Translator, graph_format: GraphFormat, reason: str) -> BundleError:
    return BundleError(
        f"{translator.path}: can't be exported exactly ({graph_format.VARIANT}): {reason}; nothing was written"
    )


def _as_single_file(
    folder: Path,
    path: Path,
    statistics: Statistics | None,
    dropout: bool | None,
    steps: int | None,
    like: str | os.PathLike[str] | None,
) -> Exported:
    if (statistics, dropout, steps, like) != (None, None, None, None):
        raise ConfigError(
            "--to safetensors: keeps the bundle as it is; leave --statistics, --dropout, --steps and --like to "
            "'i2i translate'"
        )
    domain = next(iter(read_bundle_config(folder).domains), None)
    translator = load(folder, to_domain=domain, device="cpu")
    with TemporaryDirectory() as name:
        draft, again = Path(name) / "draft" / path.name, Path(name) / "again"
        bundle_file.pack(folder, draft)
        unpack(draft, again)
        restored = load(again, to_domain=domain, device="cpu")
        parity = measure(translator, lambda images: translate(restored, images))
        if parity.max_difference > 0:
            raise BundleError(f"{folder}: differs by {parity.max_difference} {parity.unit} when read from one file")
        report = {"format": "safetensors", "variant": bundle_file.VARIANT, "engine": f"i2i {version('i2i')}"}
        return _published(draft, path, report | _facts(translator, folder), parity)


def _facts(translator: Translator, folder: Path) -> dict[str, Any]:
    """What is told in the file itself: what it translates, and out of what it was made."""
    config = translator.config
    return {
        "i2i": version("i2i"),
        "direction": config.direction,
        "to_domain": translator.to_domain,
        "like": Path(translator.reference).name,
        "recipe": config.recipe,
        "task": config.task,
        "input": _SPEC.dump_python(config.input, mode="json"),
        "target": _SPEC.dump_python(config.target, mode="json"),
        "translation": asdict(config.translation),
        "bundle_translation": asdict(read_bundle_config(folder).translation),
        "training_size": list(config.size),
        "scale": config.scale,
        "weights_sha256": _sha256(translator.weights),
    }


def _tensors(translator: Translator) -> dict[str, Any]:
    config = translator.config
    scaled = "" if config.scale == 1 else f"{config.scale} * "
    sides = [(INPUT, config.input, True, ""), (OUTPUT, config.target, False, scaled)]
    return {
        "tensors": [
            {
                "name": name,
                "shape": ["batch", f"{times}height", f"{times}width", file_channels(spec, as_input=is_input)],
                "dtype": file_dtype(spec),
            }
            for name, spec, is_input, times in sides
        ]
    }


def _published(draft: Path, path: Path, report: dict[str, Any], parity: Parity) -> Exported:
    """Put the files of the draft and the report in their place: all of them, or none."""
    drafts = sorted(draft.parent.iterdir())
    places = [path.with_suffix(each.suffix) for each in drafts]
    files = [
        {"name": place.name, "bytes": each.stat().st_size, "sha256": _sha256(each)}
        for each, place in zip(drafts, places, strict=True)
    ]
    text = json.dumps({"files": files, **report, "parity": asdict(parity)}, indent=2, ensure_ascii=False) + "\n"
    _refuse_present([*places, _report_path(path)])  # again: large networks take minutes
    placed: list[Path] = []
    try:
        for each, place in zip(drafts, places, strict=True):
            with each.open("rb") as source, replacing(place) as target:
                shutil.copyfileobj(source, target, 1 << 20)
            placed.append(place)
        write_text(_report_path(path), text)
    except BaseException:
        for place in placed:
            place.unlink(missing_ok=True)
        raise
    return Exported(path, _report_path(path), json.loads(text))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
