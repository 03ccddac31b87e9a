"""Where each made pair comes from: its row in the manifest, from which alone it can be made again."""

import csv
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from i2i.augmenting.planning import Job
from i2i.augmenting.sources import Source
from i2i.augmenting.variation import Variation
from i2i.data.layouts import Side as File
from i2i.data.order import random_of
from i2i.errors import PairsError
from i2i.images import Pixels
from i2i.translator import Translator, load

APART = ";"
"""Between the classes of a pair that holds several."""


@dataclass(frozen=True)
class Row:
    """One made pair.

    Attributes:
        input, target: its files, from the manifest's folder.
        name: of the pair.
        classes: of its input.
        source: the file it was made of, from the folder of the inputs.
        half: of that file, if it held both sides.
        source_hash: BLAKE2 of the file.
        sample: its number among the pairs of that input.
        seed: of the translator's noise: what `Translator.translate` and `i2i translate --seed` take.
        variation: of the input before it was translated.
        bundle: its name.
        weights_hash: BLAKE2 of the file of the generator's weights.
        direction: of the translation; `to_domain` of a bundle that translates into several.
        policy: at test time, by setting: statistics, dropout, resize, steps.
        version: of i2i.
    """

    input: str
    target: str
    name: str
    classes: tuple[str, ...]
    source: str
    half: str
    source_hash: str
    sample: int
    seed: int
    variation: Variation
    bundle: str
    weights_hash: str
    direction: str
    to_domain: str
    policy: dict[str, str]
    version: str

    def columns(self, sides: tuple[str, str]) -> dict[str, str]:
        """By column of the manifest, whose first two are the sides by their names."""
        plain = ("source", "half", "source_hash", "sample", "seed", "bundle", "weights_hash", "direction", "to_domain")
        return {
            sides[0]: self.input,
            sides[1]: self.target,
            "name": self.name,
            "split": "train",
            "class": APART.join(self.classes),
            "variation": self.variation.text(),
            **{name: str(getattr(self, name)) for name in plain},
            **self.policy,
            "version": self.version,
        }


def manifest_text(rows: Sequence[Row], sides: tuple[str, str], like: Row) -> str:
    """The rows as CSV, a manifest of pairs, with the columns of the row `like`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(like.columns(sides)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.columns(sides) for row in rows)
    return text.getvalue()


def make_pair(translator: Translator, pixels: Pixels, variation: Variation, seed: int) -> tuple[Pixels, Pixels]:
    """An input's pixels, (H, W, C), varied, and the translation of that, (H, W, C'): both sides of a pair."""
    given = translator.enlarge(variation.apply(pixels, translator.config.input))
    return given, translator.translate(given, seed=seed)


def remake(
    bundle: str | os.PathLike[str], columns: Mapping[str, str], inputs: str | os.PathLike[str]
) -> tuple[Pixels, Pixels]:
    """Both sides of a made pair again, from its row of the manifest.

    Args:
        bundle: the one that the row names.
        columns: of the row.
        inputs: the folder of the inputs.

    Raises:
        PairsError: the input or the weights are no longer those that the row tells of.
        BundleError, ImageError: the bundle can't be loaded, the input can't be read.
    """
    translator = load(
        bundle,
        direction=columns["direction"] or None,
        to_domain=columns["to_domain"] or None,
        statistics="batch" if columns["statistics"] == "batch" else "running",
        dropout=columns["dropout"] == "on",
        resize=columns["resize"],
        steps=int(columns["steps"]) or None,
    )
    path, half = Path(inputs) / columns["source"], columns["half"]
    for what, file, told in (
        ("input", path, columns["source_hash"]),
        ("weights", translator.weights, columns["weights_hash"]),
    ):
        if hash_of(file) != told:
            raise PairsError(f"{file}: is not the {what} that the row tells of, whose BLAKE2 is {told}; look for that")
    side = File(path, "left" if half == "left" else "right" if half == "right" else None)
    pixels = Source(columns["name"], side, columns["source"]).read(translator.config.input)
    return make_pair(translator, pixels, Variation.read(columns["variation"]), int(columns["seed"]))


def policy_of(translator: Translator) -> dict[str, str]:
    """The test-time policy in force, as the columns of a row."""
    return {
        name: ("on" if value else "off") if isinstance(value, bool) else str(value)
        for name, value in asdict(translator.policy).items()
    }


def seed_of(seed: int, job: Job) -> int:
    """The noise of a pair, its own for each input and sample: a function of the seed and the pair's name alone."""
    return int(random_of(seed, f"{job.source.name}/{job.number}/noise").integers(2**31))


def hash_of(path: Path) -> str:
    """BLAKE2 of a file, 16 bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, _blake2).hexdigest()


def _blake2() -> Any:
    return hashlib.blake2b(digest_size=16)
