"""A bundle: the folder in which a trained translator lives, complete, so that nothing need be said twice.

config.json                 what the network is, what it eats and gives, how it is to be used, how it was made
model.safetensors           the generator's weights, no pickle
README.md                   the model card, with scores
discriminator.safetensors   what judged it while it trained, to explain with; no translation needs it
reverse*.safetensors        the same two for the other direction, of a method that learns both
encoder.safetensors         what finds the latent code of an image, of a method that has such codes
examples/                   a few held-out inputs, for others to try
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic import Field as Checked
from pydantic.dataclasses import dataclass as checked_dataclass
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from i2i.config import Size, Translation
from i2i.discriminators import Discriminator, build_discriminator
from i2i.encoders import Encoder, build_encoder
from i2i.errors import BundleError, ConfigError, nearest
from i2i.files import replacing, write_text
from i2i.generators import build_generator
from i2i.generators.generator import Generator
from i2i.hub import HubName, fetch, is_hub_name
from i2i.images import ImageSpec, Interpolation, Pixels, is_image, lossless_suffix, write_pixels

FORMAT = 4
"""Version of the folder's format; a reader refuses what is newer than itself."""

CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "README.md"
CRITIC, EXAMPLES = "discriminator.safetensors", "examples"
REVERSE, REVERSE_CRITIC = "reverse.safetensors", "reverse_discriminator.safetensors"
ENCODER = "encoder.safetensors"

NEEDED = (CONFIG, WEIGHTS)
BESIDES = (CARD, CRITIC, REVERSE, REVERSE_CRITIC, ENCODER, f"{EXAMPLES}/*", "int8.json", "int8.xml", "int8.bin")
"""What belongs to a bundle and may be missing; with `NEEDED`, all that goes to a hub and comes from there."""


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Reverse:
    """What a bundle says of its translator of the other direction; the attributes are those of `BundleConfig`."""

    generator: dict[str, Any]
    direction: str
    discriminator: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class BundleConfig:
    """What a bundle says of its model.

    Attributes:
        generator: name and arguments for `build_generator`.
        discriminator: name and arguments for `build_discriminator`; empty if there was none.
        encoder: name and arguments for `build_encoder`; empty if the generator is told no latent code.
        input, target: what the images of each side are.
        size: (height, width) of the training images.
        interpolation: by which they were resized.
        translation: the test-time policy.
        direction: from which side to which, in the names of the training pairs.
        reverse: the translator of the other direction, if there is one.
        layout: in which the training pairs stood.
        domains: into which it translates, by name, in the order of the labels that its generator is told.
        recipe: name of the recipe.
        validation: share of the training split that was held out, and `seed` by which.
        group: by which the pairs that were held out belong together; see `i2i.data.splits.HoldOut`.
        held_out: names of the pairs that were held out, where a list said which.
        task: that made the pairs of photos.
        scale: by which an image is enlarged before it is translated (super-resolution).
        seed: of the training.
        training: the whole resolved configuration, for the record.
        scores: measure → mean, low, high of a 95% interval, on the held-out pairs; with their protocol.
        format: version of the format.
    """

    generator: dict[str, Any]
    input: ImageSpec
    target: ImageSpec
    size: Size
    translation: Translation = field(default_factory=Translation)
    discriminator: dict[str, Any] = field(default_factory=dict)
    encoder: dict[str, Any] = field(default_factory=dict)
    interpolation: Interpolation = "bicubic"
    direction: str = ""
    reverse: Reverse | None = None
    layout: Literal["", "side-by-side", "folders", "manifest", "photos", "unpaired", "domains"] = ""
    domains: tuple[str, ...] = ()
    recipe: str = ""
    validation: float = 0.0
    group: str = ""
    held_out: tuple[str, ...] = ()
    task: str = ""
    scale: int = Checked(default=1, ge=1, le=16)
    seed: int = 0
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    format: int = Checked(default=FORMAT, ge=1)

    @property
    def directions(self) -> tuple[str, ...]:
        """Those in which it translates."""
        return (self.direction, self.reverse.direction) if self.reverse else (self.direction,)

    def reversed(self) -> "BundleConfig":
        """The same of the translator of the other direction, which there must be."""
        if self.reverse is None:
            raise ValueError(f"the bundle translates {self.direction} only")
        return replace(
            self,
            generator=self.reverse.generator,
            direction=self.reverse.direction,
            discriminator=self.reverse.discriminator,
            scores=self.reverse.scores,
            input=self.target,
            target=self.input,
            reverse=Reverse(self.generator, self.direction, self.discriminator, self.scores),
        )


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle: the network with its weights, and what it says of itself."""

    path: Path
    generator: Generator
    config: BundleConfig
    weights: str = WEIGHTS  # name of their file
    to_domain: str = ""  # that the generator holds, of a bundle of several

    def __post_init__(self) -> None:
        if self.generator.steps and self.config.translation.steps:
            self.generator.steps = self.config.translation.steps

    def taking(self, steps: int | None) -> "Bundle":
        """The same, working in so many steps. Raises `ConfigError` where it takes none, or fewer than 1."""
        if steps is None:
            return self
        if not self.generator.steps:
            raise ConfigError(
                f"{self.path}: its {self.config.generator['name']} answers at once, not in steps; leave out --steps"
            )
        if steps < 1:
            raise ConfigError(f"--steps {steps}: expected at least 1, such as {type(self.generator).steps}")
        translation = replace(self.config.translation, steps=steps)
        return replace(self, config=replace(self.config, translation=translation))

    def told(self, to_domain: str | None) -> "Bundle":
        """The same, its generator holding the domain into which it is to translate.

        Raises:
            BundleError: it has several domains, and this is none of them; or it has none, and one is asked for.
        """
        domains = self.config.domains
        if not domains and to_domain is None:
            return self
        if not domains:
            raise BundleError(f"{self.path}: translates into no domain of several; leave out --to-domain")
        if to_domain is None:
            raise BundleError(
                f"{self.path}: translates into {' or '.join(domains)}; choose one with --to-domain {domains[0]}"
            )
        if to_domain not in domains:
            raise BundleError(f"{self.path}: --to-domain {to_domain}: {nearest(to_domain, domains)}")
        self.generator.hold(one_hot(domains.index(to_domain), len(domains)))
        return replace(self, to_domain=to_domain)


def one_hot(domain: int, domains: int) -> torch.Tensor:
    """What a generator of so many domains is told of one of them, (domains,)."""
    return torch.eye(domains)[domain]


Network = TypeVar("Network", bound=nn.Module)

_adapter: TypeAdapter[BundleConfig] = TypeAdapter(BundleConfig)


def save_bundle(
    folder: str | os.PathLike[str],
    generator: nn.Module,
    config: BundleConfig,
    card: str,
    discriminator: nn.Module | None = None,
    reverse: nn.Module | None = None,
    reverse_discriminator: nn.Module | None = None,
    encoder: nn.Module | None = None,
) -> None:
    """Write a bundle; each of its files takes the old one's place only when whole.

    Args:
        folder: of the bundle.
        generator: whose weights are written.
        config: what describes it.
        card: the model card, Markdown.
        discriminator: written beside it if `config` describes one.
        reverse, reverse_discriminator: the same two of the other direction, if `config` describes them.
        encoder: written beside them if `config` describes one.

    Raises:
        StorageError: the disk is full or the folder can't be written.
    """
    folder = Path(folder)
    _save_weights(folder / WEIGHTS, generator)
    if discriminator is not None and config.discriminator:
        _save_weights(folder / CRITIC, discriminator)
    if reverse is not None and config.reverse:
        _save_weights(folder / REVERSE, reverse)
        if reverse_discriminator is not None and config.reverse.discriminator:
            _save_weights(folder / REVERSE_CRITIC, reverse_discriminator)
    if encoder is not None and config.encoder:
        _save_weights(folder / ENCODER, encoder)
    write_text(folder / CONFIG, json.dumps(_adapter.dump_python(config, mode="json"), indent=2) + "\n")
    write_text(folder / CARD, card)


def save_examples(folder: str | os.PathLike[str], images: Sequence[Pixels], spec: ImageSpec) -> None:
    """Put inputs, (H, W, C) of `spec`, into the bundle for others to try, as 1.png, 2.png, …; those there stay.

    Raises:
        StorageError: the disk is full or the folder can't be written.
    """
    suffix = lossless_suffix(Path("input.png"), spec)
    for number, image in enumerate(images, start=1):
        path = Path(folder) / EXAMPLES / f"{number}{suffix}"
        if not path.exists():
            write_pixels(path, image, spec)


def examples(path: str | os.PathLike[str]) -> list[Path]:
    """The example inputs of a bundle or a run, in order; none if it has none. Raises `BundleError`."""
    folder = find_bundle(path) / EXAMPLES
    found = [file for file in folder.iterdir() if is_image(file)] if folder.is_dir() else []
    return sorted(found, key=lambda file: (len(file.name), file.name))


def load_bundle(path: str | os.PathLike[str], direction: str | None = None) -> Bundle:
    """Read a bundle, or the bundle of a run folder, onto the CPU.

    Args:
        path: of the bundle or the run.
        direction: one of those in which it translates; by default its first.

    Raises:
        BundleError: nothing there, no weights, damaged, of a newer format, weights of another network, or no such
            direction.
    """
    folder = find_bundle(path)
    forward = read_bundle_config(folder)
    config = _in_direction(forward, direction, folder)
    weights = WEIGHTS if config is forward else REVERSE
    return Bundle(folder, _load_network(folder, weights, build_generator, config.generator), config, weights)


def load_discriminator(path: str | os.PathLike[str], direction: str | None = None) -> Discriminator | None:
    """What judged the generator of a bundle or a run while it trained, on the CPU; None if the bundle has none.

    Args:
        path: of the bundle.
        direction: as for `load_bundle`.

    Raises:
        BundleError: as `load_bundle`, of the discriminator.
    """
    folder = find_bundle(path)
    forward = read_bundle_config(folder)
    config = _in_direction(forward, direction, folder)
    weights = CRITIC if config is forward else REVERSE_CRITIC
    if not config.discriminator or not (folder / weights).is_file():
        return None
    return _load_network(folder, weights, build_discriminator, config.discriminator)


def load_encoder(path: str | os.PathLike[str]) -> Encoder | None:
    """What finds the latent code of an image for a bundle's or a run's generator, on the CPU; None if there is none.

    Raises:
        BundleError: as `load_bundle`, of the encoder.
    """
    folder = find_bundle(path)
    config = read_bundle_config(folder)
    return _load_network(folder, ENCODER, build_encoder, config.encoder) if config.encoder else None


def _in_direction(config: BundleConfig, direction: str | None, folder: Path) -> BundleConfig:
    """What the bundle says of its translator of a direction: `config` itself, or reversed. Raises `BundleError`."""
    if direction is None or _same(direction, config.direction):
        return config
    if config.reverse is not None and _same(direction, config.reverse.direction):
        return config.reversed()
    there = " and ".join(name or "in one direction, which has no name" for name in config.directions)
    raise BundleError(f"{folder}: has no direction '{direction}'; it translates {there}; choose --direction of these")


def _same(one: str, other: str) -> bool:
    """A-to-B is AtoB and a-to-b too."""
    return one.lower().replace("-to-", "to") == other.lower().replace("-to-", "to")


def _save_weights(file: Path, network: nn.Module) -> None:
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with replacing(file) as stream:
        stream.write(save(weights, metadata={"format": "pt"}))


def _load_network(folder: Path, name: str, build: Callable[..., Network], description: Mapping[str, Any]) -> Network:
    weights = folder / name
    if not weights.is_file():
        raise BundleError(f"{folder}: the weights {name} are missing; copy the whole folder again")
    try:
        with torch.device("meta"):  # nothing is drawn or allocated that the weights replace
            network = build(**description)
        network.load_state_dict(load_file(weights), assign=True)
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{weights}: is damaged ({error}); copy it again") from error
    except ConfigError as error:
        raise BundleError(f"{folder / CONFIG}: {error}") from error
    except (RuntimeError, TypeError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise BundleError(f"{weights}: is not of the network that {CONFIG} describes: {reason}") from error
    return network


def find_bundle(path: str | os.PathLike[str]) -> Path:
    """The bundle's folder, for a bundle or for a run that holds one, or for a name such as "hub:OWNER/NAME".

    Raises:
        BundleError: there is none; of a name on a hub a `HubError`.
    """
    if is_hub_name(path):
        return fetch(HubName.read(path), NEEDED, BESIDES, check=read_bundle_config)
    path = Path(path)
    for folder in (path, path / "bundle"):
        if (folder / CONFIG).is_file():
            return folder
    if not path.exists():
        raise BundleError(f"{path}: no such folder; expected a bundle or a run")
    if path.is_dir() and (path / "config.yaml").is_file():
        raise BundleError(f"{path}: is a run that has no bundle yet; let it train until its first validation")
    single = path.suffix in (".pth", ".pt", ".safetensors")
    hint = f"; 'i2i import' reads a {path.suffix} file" if single else ""
    raise BundleError(f"{path}: is not a bundle; expected a folder with {CONFIG} and {WEIGHTS}{hint}")


def read_bundle_config(folder: Path) -> BundleConfig:
    """What the bundle in `folder` says of itself. Raises `BundleError`."""
    file = folder / CONFIG
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"{file}: is not JSON; copy the bundle again") from error
    found = tree.get("format", 0) if isinstance(tree, Mapping) else 0
    if not isinstance(found, int) or found < 1:
        raise BundleError(f'{file}: says no format version; expected "format": {FORMAT}; is this an i2i bundle?')
    if found > FORMAT:
        raise BundleError(f"{file}: has format {found}; this i2i reads up to {FORMAT}; upgrade i2i")
    try:
        return _adapter.validate_python(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BundleError(f"{file}: '{key}': {first['msg']}; copy the bundle again") from error
