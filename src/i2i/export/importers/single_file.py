"""Bundles that `i2i export --to safetensors` made one file of."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from i2i.bundle import (
    CARD,
    CONFIG,
    ENCODER,
    REVERSE,
    WEIGHTS,
    BundleConfig,
    load_bundle,
    load_encoder,
    save_bundle,
)
from i2i.errors import BundleError
from i2i.export.bundle_file import CODES, OTHER_WAY, PREFIX
from i2i.files import refuse_filled, write_text

WANTED = "a file of 'i2i export --to safetensors'"


def unpack(file: str | os.PathLike[str], to: str | os.PathLike[str]) -> BundleConfig:
    """Write the bundle that is in a .safetensors file as a folder again, and say what it is.

    Raises:
        BundleError: no such file, damaged, or weights alone.
        StorageError: `to` holds something already, or can't be written.
    """
    file, to = Path(file), Path(to)
    refuse_filled(to)
    texts = _texts(file)
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_text(folder / CONFIG, texts[CONFIG])
        weights = load_file(file)
        for prefix, place in ((OTHER_WAY, REVERSE), (CODES, ENCODER)):
            other = {key: weights.pop(key) for key in list(weights) if key.startswith(prefix)}
            save_file({key.removeprefix(prefix): tensor for key, tensor in other.items()}, folder / place)
        save_file(weights, folder / WEIGHTS)
        try:
            bundle = load_bundle(folder)
            way = bundle.config.reverse
            reverse = load_bundle(folder, way.direction).generator if way else None
            encoder = load_encoder(folder)
        except BundleError as error:
            raise BundleError(str(error).replace(name, str(file))) from error
        save_bundle(to, bundle.generator, bundle.config, texts[CARD], reverse=reverse, encoder=encoder)
    return bundle.config


def _texts(file: Path) -> dict[str, str]:
    """The bundle's texts by the names that they have in its folder."""
    if not file.is_file():
        raise BundleError(f"{file}: no such file; expected {WANTED}; check the path")
    try:
        with safe_open(file, "pt") as content:
            metadata: dict[str, str] = content.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{file}: is damaged or no .safetensors file ({error}); expected {WANTED}") from error
    texts = {key.removeprefix(PREFIX): text for key, text in metadata.items() if key.startswith(PREFIX)}
    if not {CONFIG, CARD} <= texts.keys():
        raise BundleError(f"{file}: holds weights, but not what they are of; expected {WANTED}")
    return texts
