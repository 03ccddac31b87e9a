"""The folder of made pairs: written pair by pair, continued where it was left, never over anything of the user's."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from i2i.augmenting.planning import Job, Plan
from i2i.augmenting.provenance import Row, hash_of, make_pair, manifest_text, policy_of, seed_of
from i2i.augmenting.sources import Source
from i2i.augmenting.variation import Vary
from i2i.errors import ImageError, InputError, StorageError
from i2i.files import claim, write_text
from i2i.images import ImageSpec, Pixels, lossless_suffix, write_pixels
from i2i.translator import Translator
from i2i.translator.folder import TILED_FROM

RECORD, MANIFEST = "augment.json", "manifest.csv"
"""In the folder of made pairs: by what they were made, and the pairs themselves."""

_TAKEN = ("name", "split")


@dataclass
class Made:
    """The pairs that are in the folder now.

    Attributes:
        folder: theirs.
        sides: the names of input and target, of their folders and of the manifest's first columns.
        rows: the pairs.
        written: how many of them were made just now.
        failed: inputs that gave none, with the reason.
    """

    folder: Path
    sides: tuple[str, str]
    rows: list[Row] = field(default_factory=list)
    written: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def make_pairs(
    translator: Translator,
    plan: Plan,
    to: Path,
    *,
    vary: Vary,
    seed: int,
    bundle: str,
    settings: Mapping[str, Any],
    progress: Callable[[int, int], None] | None = None,
) -> Made:
    """Make what the plan says in `to`: `INPUT/NAME.png` and `TARGET/NAME.png`, called as the sides of the bundle are.

    Args:
        translator: by which.
        plan: which pairs.
        to: a new folder, or one in which this same call was interrupted.
        vary: how inputs may be varied.
        seed: of what varies.
        bundle: name of the bundle, for the rows.
        settings: what else says which pairs these are; another call with others is refused the folder.
        progress: called with (pairs done, of how many).

    Raises:
        StorageError: the folder holds other pairs, or something of the user's.
        InputError: no input can be read.
    """
    hashes = {source.name: hash_of(source.file.path) for source in dict.fromkeys(job.source for job in plan.jobs)}
    weights = hash_of(translator.weights)
    claim(to, RECORD, _identity(translator, plan, hashes, weights, vary, seed, settings), "pairs")
    made = Made(to, sides_of(translator))
    last: tuple[Source, Pixels] | None = None
    for done, job in enumerate(plan.jobs, start=1):
        source = job.source
        try:
            if source.name not in made.failed:
                if last is None or last[0] is not source:
                    last = source, _read(translator, source)
                _make(translator, job, last[1], made, vary, seed, (bundle, hashes[source.name], weights))
        except InputError as error:
            made.failed[source.name] = str(error)
        if progress:
            progress(done, len(plan.jobs))
    if not made.rows:
        raise InputError(f"no input can be used; the first: {next(iter(made.failed.values()))}")
    return made


def write_manifest(made: Made, rows: Sequence[Row], known: str) -> str:
    """Write the manifest of these rows; its BLAKE2.

    Args:
        made: the folder and all of its pairs.
        rows: those that the manifest is to list.
        known: BLAKE2 of the manifest that was written before; empty if none was.

    Raises:
        StorageError: somebody changed the manifest that is there.
    """
    path, text = made.folder / MANIFEST, manifest_text(rows, made.sides, made.rows[0])
    if path.exists():
        there = path.read_bytes()
        if hash_of(path) != known and there not in (
            text.encode(),
            manifest_text(made.rows, made.sides, made.rows[0]).encode(),
        ):
            raise StorageError(f"{path}: was changed since it was written and stays so; give --to a new folder")
    write_text(path, text)
    return hash_of(path)


def sides_of(translator: Translator) -> tuple[str, str]:
    """The names of the sides, input first, as the bundle's direction has them; else "input" and "target"."""
    sides = ["input", translator.to_domain] if translator.to_domain else translator.config.direction.split("-to-")
    usable = len(sides) == 2 and len({side.lower() for side in sides} - {"", *_TAKEN}) == 2
    plain = usable and all(side.replace("_", "").replace("-", "").replace(" ", "").isalnum() for side in sides)
    return (sides[0], sides[1]) if plain else ("input", "target")


def _read(translator: Translator, source: Source) -> Pixels:
    pixels = source.read(translator.config.input)
    height, width = pixels.shape[:2]
    if translator.policy.resize == "native" and height * width * translator.config.scale**2 > TILED_FROM:
        raise ImageError(
            f"{source.file.path}: has {width}x{height} pixels, too many to be translated whole; expected at most "
            f"{TILED_FROM:,}; cut it into pieces, as pairs to train on are small"
        )
    return pixels


def _make(
    translator: Translator, job: Job, pixels: Pixels, made: Made, vary: Vary, seed: int, told: tuple[str, str, str]
) -> None:
    config = translator.config
    variation = vary.draw(seed, job.source.name, job.number, (pixels.shape[0], pixels.shape[1]))
    noise = seed_of(seed, job) if translator.is_random else 0
    files = [_file(side, job.name, spec) for side, spec in zip(made.sides, (config.input, config.target), strict=True)]
    row = Row(
        input=files[0],
        target=files[1],
        name=job.name,
        classes=job.source.classes,
        source=job.source.where,
        half=job.source.file.half or "",
        source_hash=told[1],
        sample=job.number,
        seed=noise,
        variation=variation,
        bundle=told[0],
        weights_hash=told[2],
        direction=config.direction,
        to_domain=translator.to_domain,
        policy=policy_of(translator),
        version=version("i2i"),
    )
    paths = [made.folder / file for file in files]
    if not all(path.exists() for path in paths):
        both = make_pair(translator, pixels, variation, noise)
        for path, side, spec in zip(paths, both, (config.input, config.target), strict=True):
            write_pixels(path, side, spec)
        made.written += 1
    made.rows.append(row)


def _file(side: str, name: str, spec: ImageSpec) -> str:
    return f"{side}/{name}{lossless_suffix(Path('pair.png'), spec)}"


def _identity(
    translator: Translator,
    plan: Plan,
    hashes: Mapping[str, str],
    weights: str,
    vary: Vary,
    seed: int,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    listed = json.dumps([[job.name, hashes[job.source.name], *job.source.classes] for job in plan.jobs])
    return {
        "weights": weights,
        "direction": translator.config.direction,
        "to_domain": translator.to_domain,
        **policy_of(translator),
        "seed": seed,
        "vary": asdict(vary),
        **settings,
        "pairs": len(plan.jobs),
        "inputs": hashlib.blake2b(listed.encode(), digest_size=16).hexdigest(),
    }
