"""The whole configuration of a run: dataclasses ↔ YAML, in which an unknown key names the nearest known one.

`Config` is the tree; a recipe (`i2i.methods.recipes`) is a filled tree; what the user sets is laid over it.
Zero, where a comment says so, means "found from the data"; a resolved configuration has no zeros left.
"""

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from i2i.errors import ConfigError

Norm = Literal["batch", "instance", "none"]


def parse_size(value: object) -> object:
    """`256`, `"256"`, `"256x512"` or `[256, 512]` (height, width) to a tuple of two."""
    if isinstance(value, int):
        return (value, value)
    if isinstance(value, str):
        if not re.fullmatch(r"\d+(x\d+)?", value):
            raise ValueError("expected a side such as 256, or HEIGHTxWIDTH such as 256x512")
        sides = [int(side) for side in value.split("x")]
        return (sides[0], sides[-1])
    return value


def _refuse_half(value: object) -> object:
    if value == "fp16":
        raise ValueError("fp16 is refused: its range is too small for the discriminator's gradients; use bf16")
    return value


Size = Annotated[tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]], BeforeValidator(parse_size)]
Precision = Annotated[Literal["fp32", "bf16"], BeforeValidator(_refuse_half)]
Share = Annotated[float, Field(ge=0, lt=1)]
Weight = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


def read_size(text: str) -> tuple[int, int]:
    """(height, width) from "256" or "256x512". Raises `ConfigError`."""
    try:
        return TypeAdapter(Size).validate_python(text)
    except ValidationError as error:
        raise ConfigError(f"--size {text}: expected a side such as 256, or HEIGHTxWIDTH such as 256x512") from error


def read_precision(text: str) -> Literal["fp32", "bf16"]:
    """A precision by name. Raises `ConfigError`, for fp16 with the reason."""
    try:
        return TypeAdapter(Precision).validate_python(text)
    except ValidationError as error:
        raise ConfigError(f"--precision {text}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error


_strict = ConfigDict(extra="forbid")


def _parse_ranges(value: object) -> object:
    """One `[low, high]` for all channels stands for a list of one."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(end, int | float) for end in value):
        return (tuple(value),)
    return value


def _parse_values(value: object) -> object:
    """A single number stands for a list of one."""
    return (value,) if isinstance(value, int | float) else value


Span = tuple[float, float]
Ranges = Annotated[Literal["auto", "full", "minmax"] | tuple[Span, ...], BeforeValidator(_parse_ranges)]
Values = Annotated[tuple[float, ...], BeforeValidator(_parse_values)]
Class = tuple[int, str, tuple[int, int, int]]
"""Of a label map: value in index files, name, colour."""


@dataclass(frozen=True, config=_strict)
class Side:
    """The images of one side of the pairs. What is left open is found in the training files."""

    channels: Annotated[int, Field(ge=0, le=32)] = 0  # 0: as the files have
    dtype: Literal["", "uint8", "uint16", "int16", "float32"] = ""  # empty: as the files have
    names: tuple[str, ...] = ()  # of the channels
    range: Ranges = "auto"  # of values that become -1 to 1: "full", "minmax", [low, high], or one such pair a channel
    nodata: Values = ()  # values that are no reading; also what the files' own tags say
    unit: str = ""  # of the values, such as mm
    alpha: Literal["white", "channel", "mask"] = "white"  # what transparency means
    classes: str | tuple[Class, ...] = ""  # of a label map: a table's file, or "auto" to find them in the files
    coding: Literal["", "index", "colour"] = ""  # how classes stand in the files; empty: index if they have one channel
    edges: bool = False  # of a label map: the boundaries between classes are one more plane of the input
    objects: Count = 0  # of index files: from this value on it is class × this + the object's number (Cityscapes: 1000)
    space: Literal["rgb", "lab", "ab"] = "rgb"  # in which G paints; ab: colour alone, on the input's lightness


@dataclass(frozen=True, config=_strict)
class Augment:
    """Chance changes of training pairs beyond jitter and mirror; geometry alike on both sides, light on the input."""

    flip: bool = False  # upside down, with probability 1/2
    rotate90: bool = False  # by a multiple of 90 degrees (by 180 where the crop is no square)
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0  # degrees, either way, at most
    scale: Annotated[float, Field(ge=1, le=4)] = 1.0  # larger or smaller by at most this factor
    shear: Annotated[float, Field(ge=0, le=45)] = 0.0  # degrees, either way, at most
    elastic: Weight = 0.0  # pixels of smooth displacement (standard deviation)
    brightness: Annotated[float, Field(ge=0, le=1)] = 0.0  # of the input: added, as a share of the range, at most
    contrast: Annotated[float, Field(ge=1, le=4)] = 1.0  # of the input: factor, or its inverse, at most
    gamma: Annotated[float, Field(ge=1, le=4)] = 1.0  # of the input: exponent, or its inverse, at most
    noise: Weight = 0.0  # of the input: standard deviation, as a share of the range
    discriminator: tuple[Literal["colour", "translation", "cutout"], ...] = ()  # DiffAugment, alike on all D sees


@dataclass(frozen=True, config=_strict)
class Data:
    """Which pairs, and how a pair becomes a training sample."""

    pairs: str = ""
    layout: Literal["auto", "side-by-side", "folders", "manifest", "photos", "unpaired", "domains"] = "auto"
    task: str = ""  # makes pairs of plain photos while training: colourise, inpaint …; 'i2i data tasks' lists them
    direction: str = ""  # "left-to-right", "right-to-left", or the two names: "A-to-B"; empty: the first to the second
    unmatched: Literal["error", "skip"] = "error"
    validation: Share = 0.1  # share of the training split held out, where there is no validation split
    validation_list: str = ""  # a text file that names the pairs to hold out, one a line, instead of a share
    group: str = ""  # pairs of a group (patient, scene) are never parted: a manifest column, or a pattern on names
    size: Size = (256, 256)  # training crop, height and width
    resize: Literal["stretch", "none"] = "stretch"  # to size × jitter, whatever the aspect; or crops at native scale
    jitter: Annotated[float, Field(ge=1)] = 286 / 256  # resized to this times the crop, then cropped at random
    mirror: bool = True
    interpolation: Literal["bicubic", "bilinear", "area", "nearest"] = "bicubic"
    input: Side = dataclasses.field(default_factory=Side)
    target: Side = dataclasses.field(default_factory=Side)
    memory_gib: Weight = 0.0  # decoded pairs beyond this go to a memory-mapped file; 0: half of what is free


@dataclass(frozen=True, config=_strict)
class Generator:
    """The network G that translates."""

    name: str = "unet"
    width: Positive = 64
    widths: tuple[Positive, ...] = ()  # filters of each stage, from the finest on; empty: as the width says
    depth: Count = 0  # halvings; 0: as many as the size allows, at most 8 of a U-Net, 4 of coarse-to-fine, 5 of SPADE
    blocks: Positive = 9  # residual blocks of a ResNet, or in the middle of coarse-to-fine
    enhancers: Count = 0  # of coarse-to-fine: local ones around the global generator, each doubles the size
    enhancer_blocks: Count = 3  # residual blocks of each
    spectral_norm: bool = True  # of SPADE
    code: Positive = 8  # of the latent U-Net: numbers of the code that it is told beside the image
    inject: Literal["all", "input"] = "all"  # where the code joins: at each stage of the encoder, or at the image
    norm: Norm = "batch"
    downsample: Literal["strided", "blur"] = "strided"  # of a ResNet
    upsample: Literal["transposed", "resize", "subpixel", "blur"] = "transposed"
    dropout: tuple[Positive, ...] = (1, 2, 3)  # decoder layers, 1 after the bottleneck; for a ResNet any means all
    dropout_rate: Share = 0.5
    bias: Literal["auto", "none"] = "auto"
    full_size_skip: bool = False  # of a U-Net: a skip at full size too, which the paper's has not
    init: Literal["normal", "xavier", "kaiming", "orthogonal", "uniform"] = "normal"
    noise: Annotated[float, Field(gt=0)] = 1.0  # of a bridge: half of it is its standard deviation midway
    eta: Annotated[float, Field(ge=0, le=1)] = 0.0  # of a bridge: the share of the noise that each step draws anew


@dataclass(frozen=True, config=_strict)
class Discriminator:
    """The network D that judges."""

    name: str = "patch"
    width: Positive = 64
    depth: Annotated[int, Field(ge=1, le=8)] = 3
    norm: Norm = "batch"
    bias: Literal["auto", "none"] = "auto"
    scales: Positive = 2  # of the multi-scale one: judges at full size, at half …
    narrowing: bool = False  # of the multi-scale one: each has half the filters of the finer one
    dilation: Positive = 1  # of a PatchGAN's last two layers: how far apart the places lie that a filter sees
    spectral_norm: bool = False
    conditional: bool = True  # sees the input beside the output
    init: Literal["normal", "xavier", "kaiming", "orthogonal", "uniform"] = "normal"


@dataclass(frozen=True, config=_strict)
class Loss:
    """The objective: adversarial and reconstruction terms with their weights."""

    adversarial: Literal[
        "none",
        "cross-entropy",
        "cross-entropy-saturating",
        "least-squares",
        "hinge",
        "wasserstein",
        "relativistic",
        "relativistic-least-squares",
        "relativistic-hinge",
    ] = "cross-entropy"
    adversarial_weight: Weight = 1.0
    reconstruction: Literal["auto", "none", "l1", "l2", "charbonnier"] = "l1"  # auto: l2 for label maps, else l1
    reconstruction_weight: Weight = 100.0
    discriminator_weight: Weight = 0.5  # on D's whole objective: the paper halves it
    gradient_penalty_weight: Weight = 0.0
    r1_weight: Weight = 0.0  # γ, of the penalty on D's gradient at real images
    r1_every: Positive = 16  # updates of D between two penalties, each so many times heavier
    checkerboard_weight: Weight = 0.0  # of the L1 distance of what repeats every 4 pixels in output and in target
    feature_matching_weight: Weight = 0.0  # of the L1 distance of what the layers of D make of output and target
    perceptual: Literal["vgg19", "squeezenet"] = "vgg19"  # the pretrained network of the perceptual loss
    perceptual_weight: Weight = 0.0
    perceptual_weights: str = ""  # its weight file, or folder; empty: in I2I_WEIGHTS or torch's cache, never fetched


@dataclass(frozen=True, config=_strict)
class Distill:
    """What a student learns from its teacher, beside the objective; for the method "distill"."""

    teacher: str = ""  # its bundle, or its run, from whose checkpoint D begins
    budget: Annotated[float, Field(gt=0)] = 0.1  # multiply-adds: a share of the teacher's up to 1, or their number
    search_images: Count = 0  # to spend on a search for the student's widths; 0: none, all stages slim alike
    output_weight: Weight = 100.0  # of the L1 distance to the teacher's output
    feature_weight: Weight = 10.0  # of the squared distance between their features


@dataclass(frozen=True, config=_strict)
class Cycle:
    """There and back again, for the method "cyclegan"."""

    weight: Weight = 10.0  # of the L1 distance of an image to what comes back
    identity_weight: Weight = 5.0  # of the L1 distance of an image that is as it should be to its translation
    pool: Count = 50  # images of earlier steps, of which D is shown some; 0: it sees the newest alone


@dataclass(frozen=True, config=_strict)
class Contrast:
    """Patches that stay what they are, for the method "cut"."""

    weight: Weight = 1.0
    identity: bool = True  # also between a target and its translation; halves the other
    flip: bool = False  # translates the mirror image half of the time, whose features are mirrored back
    patches: Positive = 256  # of a layer and image, each told apart from all others
    width: Positive = 256  # numbers that describe a patch
    temperature: Annotated[float, Field(gt=0)] = 0.07


@dataclass(frozen=True, config=_strict)
class Domains:
    """Many domains and one generator for all, for the method "stargan"."""

    names: tuple[str, ...] = ()  # of the domains, in the order of their labels; empty: the folders', sorted
    class_weight: Weight = 1.0  # of the cross-entropy of D's class head, in D's and in G's objective
    cycle_weight: Weight = 10.0  # of the L1 distance of an image to what comes back from another domain


@dataclass(frozen=True, config=_strict)
class Bicycle:
    """Many answers to one input, by a latent code, for the method "bicyclegan"."""

    random_weight: Weight = 1.0  # of the adversarial term of what is made with a random code
    code_weight: Weight = 0.5  # of the L1 distance of a random code to the one found in what was made with it
    divergence_weight: Weight = 0.01  # of the divergence of the encoder's codes from random ones
    encoder_width: Positive = 64  # filters of the encoder's first layer
    encoder_depth: Count = 0  # its halvings; 0: as many as leave 8 pixels of the shorter side, at most 5


@dataclass(frozen=True, config=_strict)
class Optimizer:
    """Adam, one for each network."""

    learning_rate: Literal["auto"] | Weight = 2e-4  # auto: that for a batch of 1, and √batch times as much for others
    discriminator_learning_rate: Weight = 0.0  # 0: the same
    betas: tuple[Share, Share] = (0.5, 0.999)
    clip: Weight = 0.0  # largest norm of a network's gradient; 0: not clipped


@dataclass(frozen=True, config=_strict)
class Schedule:
    """The factor on the learning rates as a function of the images seen."""

    name: Literal["constant", "linear", "cosine"] = "linear"
    constant_share: Share = 0.5  # of the run, before the factor begins to fall
    stairs: Count = 0  # falls in this many equal steps over the run (epochs); 0: smoothly
    coarse_share: Share = 0.0  # of the run: pix2pixHD's global generator alone, at the size it works at
    enhancer_share: Share = 0.0  # then its enhancers around it, while it stays as it is; the rest jointly


@dataclass(frozen=True, config=_strict)
class Training:
    """The loop: how long, with what, and what is kept."""

    images: Count = 0  # training images to see in all; 0: epochs times the training pairs
    epochs: Annotated[float, Field(gt=0)] = 200.0
    batch: Positive = 1  # images an optimizer step, over all processes
    accumulate: Positive = 1  # parts that a process cuts its batch into, to save memory
    discriminator_steps: Positive = 1  # D's updates for each of G's
    seed: int = 0
    device: str = "auto"
    devices: Positive = 1  # processes, one a device
    precision: Literal["auto"] | Precision = "fp32"  # "auto": bf16 on processors that multiply in it, else fp32
    ema_halflife_images: Weight = 0.0  # of the averaged generator that is kept; 0: the last weights are kept
    ema_rampup: Share = 0.0  # that half-life is at most this share of the images seen so far; 0: the same all along
    log_every_images: Count = 0  # 0: 200 rows a run
    validate_every_images: Count = 0  # 0: 20 times a run, fewer in a short one
    checkpoint_every_images: Count = 0  # 0: whenever it validates; and at least every five minutes
    best: str = ""  # the validation metric that chooses the bundle, or "last"; empty: what suits the target
    patience: Count = 0  # validations without a better one before it stops; 0: never
    samples: Count = 6  # validation pairs drawn as training goes
    examples: Count = 4  # held-out inputs that go into the bundle for others to try; 0: no image leaves the pairs
    loggers: tuple[Literal["tensorboard", "wandb"], ...] = ("tensorboard",)  # beside the CSV files


@dataclass(frozen=True, config=_strict)
class Translation:
    """The test-time policy, stored in the bundle."""

    statistics: Literal["batch", "running"] = "batch"
    dropout: bool = False
    resize: Literal["training", "native"] = "training"
    steps: Count = 0  # of a generator that works step by step; 0: it answers at once


@dataclass(frozen=True, config=_strict)
class Config:
    """Everything that makes a run what it is."""

    recipe: str = "pix2pix"
    method: str = "pix2pix"
    licence: str = ""  # under which the translator is given to others, for its card: mit, cc-by-4.0
    data: Data = dataclasses.field(default_factory=Data)
    augment: Augment = dataclasses.field(default_factory=Augment)
    generator: Generator = dataclasses.field(default_factory=Generator)
    discriminator: Discriminator = dataclasses.field(default_factory=Discriminator)
    loss: Loss = dataclasses.field(default_factory=Loss)
    distill: Distill = dataclasses.field(default_factory=Distill)
    cycle: Cycle = dataclasses.field(default_factory=Cycle)
    contrast: Contrast = dataclasses.field(default_factory=Contrast)
    bicycle: Bicycle = dataclasses.field(default_factory=Bicycle)
    domains: Domains = dataclasses.field(default_factory=Domains)
    optimizer: Optimizer = dataclasses.field(default_factory=Optimizer)
    schedule: Schedule = dataclasses.field(default_factory=Schedule)
    training: Training = dataclasses.field(default_factory=Training)
    translation: Translation = dataclasses.field(default_factory=Translation)


Tree = dict[str, Any]
_adapter: TypeAdapter[Config] = TypeAdapter(Config)


def to_tree(config: Config) -> Tree:
    """The configuration as nested plain values (str, number, bool, list, dict), fit for YAML and JSON."""
    tree: Tree = _adapter.dump_python(config, mode="json")
    return tree


def from_tree(tree: Mapping[str, Any], source: str = "configuration") -> Config:
    """The configuration that nested plain values describe; what they leave out has its default.

    Raises:
        ConfigError: an unknown key (the nearest known one is named) or a value that does not fit; `source` is blamed.
    """
    try:
        return _adapter.validate_python(dict(tree))
    except ValidationError as error:
        raise ConfigError(f"{source}: {_explain(error)}") from error


def overlay(config: Config, changes: Mapping[str, Any], source: str = "configuration") -> Config:
    """`config` with nested `changes` laid over it. Raises `ConfigError` as `from_tree` does."""
    return from_tree(_merge(to_tree(config), changes, source), source)


def read_tree(path: str | Path) -> Tree:
    """The nested values of a YAML file.

    Raises:
        ConfigError: there is no such file, it is not YAML, or not a mapping.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigError(f"{path}: no such configuration file; check the path")
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" near line {where.line + 1}" if where else ""
        raise ConfigError(
            f"{path}: is not valid YAML{line}; expected lines such as 'training: {{batch: 4}}'"
        ) from error
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: holds {type(tree).__name__}; expected groups such as 'training: {{batch: 4}}'")
    return tree


def to_yaml(config: Config) -> str:
    """The configuration as YAML text, in the order of the dataclasses."""
    return yaml.safe_dump(to_tree(config), sort_keys=False, allow_unicode=True)


def parse_settings(settings: Sequence[str]) -> Tree:
    """`group.key=value` settings, values in YAML's notation, as nested values."""
    tree: Tree = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set {setting}: expected group.key=value, such as training.batch=4")
        *groups, last = key.strip().split(".")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        try:
            place[last] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {setting}: the value is not valid YAML; quote it") from error
    return tree


def differences(one: Config, other: Config) -> dict[str, tuple[Any, Any]]:
    """The dotted keys on which two configurations differ, each with both values."""
    first, second = dict(_leaves(to_tree(one))), dict(_leaves(to_tree(other)))
    return {key: (first[key], second[key]) for key in first if first[key] != second[key]}


def _merge(tree: Tree, changes: Mapping[str, Any], source: str) -> Tree:
    merged = dict(tree)
    for key, value in changes.items():
        group = merged.get(key)
        if isinstance(group, dict):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{source}: '{key}' is a group of settings; write {key}.{next(iter(group))}=…")
            merged[key] = _merge(group, value, source)
        else:
            merged[key] = value
    return merged


def _leaves(tree: Tree, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"] if not isinstance(part, int))
    if first["type"] == "unexpected_keyword_argument":
        return f"unknown key '{key}'{_nearest(key)}"
    known = {name for name, _ in _leaves(to_tree(Config()))}
    while key not in known and "." in key:  # what follows a setting's name is which of the types it may have
        key = key.rpartition(".")[0]
    depth = key.count(".") + 1
    same = [each for each in error.errors() if each["loc"][:depth] == first["loc"][:depth]]
    messages = dict.fromkeys(each["msg"].removeprefix("Value error, ") for each in same)
    told = ", or ".join(messages).replace(", or Input should be ", ", or ")
    return f"{key} = {first['input']!r}: {told[0].lower()}{told[1:]}"


def _nearest(key: str) -> str:
    tree = to_tree(Config())
    known = [name for name, _ in _leaves(tree)] + list(tree)
    by_last = {name.rsplit(".", 1)[-1]: name for name in reversed(known)}
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    last = difflib.get_close_matches(key.rsplit(".", 1)[-1], by_last, n=1, cutoff=0.6)
    nearest = close[0] if close else by_last[last[0]] if last else None
    return f"; did you mean '{nearest}'?" if nearest else "; 'i2i train --dry-run' prints all keys"
