"""Bundles from other projects' checkpoints."""

import os
from pathlib import Path
from typing import Literal

from i2i.bundle import BundleConfig, save_bundle
from i2i.config import Translation
from i2i.errors import BundleError, ConfigError, nearest
from i2i.export.importers import IMPORTERS
from i2i.generators import build_generator
from i2i.images import ImageSpec


def import_bundle(
    file: str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    importer: str = "pytorch-port",
    size: tuple[int, int] = (256, 256),
    direction: str = "",
    dropout: bool = True,
    resize: Literal["training", "native"] = "training",
) -> BundleConfig:
    """Write a bundle of a generator that another project trained; its outputs are equal to those of the original.

    The test-time policy is the port's own: normalisation by the image's statistics, and dropout on where the network
    has it. https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix

    Args:
        file: the checkpoint.
        to: the bundle's folder.
        importer: which project it is of, a name in `i2i.export.importers.IMPORTERS`.
        size: (height, width) of its training images, which the file does not tell.
        direction: what it translates, for the record.
        dropout: whether a U-Net was trained with dropout; the file does not tell either.
        resize: whether images are translated at that size and resized back, or at their own.

    Raises:
        BundleError: the file is not a generator of that project.
        StorageError: the bundle can't be written.
    """
    if importer not in IMPORTERS:
        raise ConfigError(f"importer: '{importer}' is not known; {nearest(importer, IMPORTERS)}")
    imported = IMPORTERS[importer](file, dropout=dropout)
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
        size=size,
        translation=Translation(statistics="batch", dropout=noisy, resize=resize),
        direction=direction,
        recipe="",
        training={"imported_from": Path(file).name, "importer": importer},
    )
    save_bundle(to, generator, config, _card(Path(file).name, config))
    return config


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
