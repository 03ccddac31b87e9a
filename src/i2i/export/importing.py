"""Bundles from other projects' checkpoints, and from bundles that were made one file."""

import os
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile, ZipFile

from i2i.bundle import BundleConfig, save_bundle
from i2i.config import Translation
from i2i.errors import BundleError, ConfigError, nearest
from i2i.export import bundle_file
from i2i.export.importers import IMPORTERS
from i2i.export.importers.single_file import unpack
from i2i.generators import build_generator
from i2i.images import ImageSpec


def import_bundle(
    file: str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    importer: str = "pytorch-port",
    size: tuple[int, int] | None = None,
    direction: str | None = None,
    dropout: bool | None = None,
    resize: Literal["training", "native"] | None = None,
) -> BundleConfig:
    """Write a bundle of a generator that another project trained; its outputs are equal to those of the original.

    The test-time policy is the port's own: normalisation by the image's statistics, and dropout on where the network
    has it. https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix

    A .safetensors file that `export_bundle` wrote is the bundle that it was again, to the bit, and says all by itself.

    Args:
        file: the checkpoint, or a bundle in one file.
        to: the bundle's folder.
        importer: which project a checkpoint is of, a name in `i2i.export.importers.IMPORTERS`.
        size: (height, width) of its training images, which the file does not tell; 256 x 256 by default.
        direction: what it translates, for the record.
        dropout: whether a U-Net was trained with dropout; the file does not tell either. On by default.
        resize: whether images are translated at that size and resized back ("training", the default), or at their own.

    Raises:
        BundleError: the file is not a generator of that project, or not a bundle.
        ConfigError: an unknown importer, or settings for a file that holds them.
        StorageError: the bundle can't be written.
    """
    file = Path(file)
    if importer not in IMPORTERS:
        raise ConfigError(f"importer: '{importer}' is not known; {nearest(importer, IMPORTERS)}")
    if file.suffix in bundle_file.SUFFIXES:
        _refuse_settings(file, {"size": size, "direction": direction, "dropout": dropout, "resize": resize})
        return unpack(file, to)
    if _is_graph(file):
        raise BundleError(f"{file}: is an exported graph, of which no bundle can be made; import what it was made from")
    imported = IMPORTERS[importer](file, dropout=dropout is not False)
    generator = build_generator(imported.name, **imported.arguments)
    generator.load_state_dict(imported.state)
    if not {generator.in_channels, generator.out_channels} <= {1, 3}:
        raise BundleError(
            f"{file}: translates from {generator.in_channels} to {generator.out_channels} channels; "
            "expected 1 (grey) or 3 (colour) on each side"
        )
    noisy = bool(imported.arguments.get("dropout"))
    config = BundleConfig(
        generator={"name": imported.name, **imported.arguments},
        input=ImageSpec(generator.in_channels),
        target=ImageSpec(generator.out_channels),
        size=size or (256, 256),
        translation=Translation(statistics="batch", dropout=noisy, resize=resize or "training"),
        direction=direction or "",
        recipe="",
        training={"imported_from": file.name, "importer": importer},
    )
    save_bundle(to, generator, config, _card(file.name, config))
    return config


def _refuse_settings(file: Path, settings: dict[str, object]) -> None:
    given = ", ".join(name for name, value in settings.items() if value is not None)
    if given:
        raise ConfigError(f"{file}: holds a whole bundle, which says its {given} itself; leave that away")


def _is_graph(file: Path) -> bool:
    """Whether it is a file of ONNX, OpenVINO or TorchScript."""
    if not file.is_file() or file.suffix in (".onnx", ".xml"):
        return file.is_file()
    try:
        with ZipFile(file) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (BadZipFile, OSError):
        return False


def _card(file: str, config: BundleConfig) -> str:
    arguments = ", ".join(f"{key} {value}" for key, value in config.generator.items())
    return f"""---
library_name: i2i
pipeline_tag: image-to-image
tags: [image-to-image, pix2pix]
---

# Imported translator

From `{file}` of pytorch-CycleGAN-and-pix2pix: {arguments}.

    i2i translate THIS_FOLDER IMAGE_OR_FOLDER --to OUT

## Scores

Not measured here. `i2i evaluate THIS_FOLDER PAIRS` measures it.
"""
