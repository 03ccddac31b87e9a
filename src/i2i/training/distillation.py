"""Distil a bundle: a slimmer generator learns from it, and is compared with it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import distributed

from i2i.bundle import Bundle, load_bundle
from i2i.config import Config, from_tree, overlay, parse_settings, to_tree
from i2i.data.layouts import find_pairs
from i2i.data.splits import HoldOut, hold_out
from i2i.data.store import Progress as DecodingProgress
from i2i.data.survey import side_of
from i2i.errors import ConfigError
from i2i.methods.distill import allowed, cost
from i2i.methods.recipes import find_recipe
from i2i.training.comparison import compare_with_teacher
from i2i.training.compose import lay
from i2i.training.resolve import split
from i2i.training.search import search_widths
from i2i.training.session import Progress
from i2i.training.train import Run, run_training
from i2i.training.widths import slimmed

LEARNS: dict[str, Any] = {
    "method": "distill",
    "loss": {"reconstruction_weight": 0.0},  # the teacher's output takes the target's place; see decision 13
    "training": {"log_every_images": 0, "validate_every_images": 0, "checkpoint_every_images": 0},
}
"""What a student's configuration has of its own; all else is as the teacher was trained."""


def distill(
    bundle: str | os.PathLike[str],
    *,
    to: str | os.PathLike[str],
    pairs: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
    progress: Callable[[Progress], None] | None = None,
    **flags: Any,
) -> Run:
    """Train a slimmer generator to do what a bundle's does.

    Args:
        bundle: the teacher's bundle, or its run, from whose checkpoint the discriminator then begins.
        to: the run folder; the same call again continues a run that was stopped.
        pairs: where the teacher's training pairs lie, if elsewhere than when it was trained.
        config: nested settings laid over those by which the teacher was trained.
        progress: called with a `Progress` after each step.
        **flags: budget, search, images, batch, seed, device, precision, direction, as on the command line.

    Returns:
        The run; `comparison.json` in its folder, and the bundle's card, say what was lost.

    Raises:
        I2IError: one line that says what is wrong and what to do.
    """
    composed = compose_student(bundle, {"pairs": None if pairs is None else str(pairs), **flags}, config)
    return run_distillation(composed, to, progress)


def run_distillation(
    config: Config,
    to: str | os.PathLike[str],
    progress: Callable[[Progress], None] | None = None,
    decoding: DecodingProgress | None = None,
) -> Run:
    """Search for the student's widths if that is asked for, train it, and compare it with its teacher.

    Args:
        config: from `compose_student`.
        to: the run folder.
        progress: called after each step of the training.
        decoding: called with (done, of how many) while the pairs are decoded.

    Raises:
        I2IError: of the kind that fits; nothing of an earlier run is lost.
    """
    if config.distill.search_images:
        config = replace(config, generator=search_widths(config, Path(to)))
    run = run_training(config, to, progress, decoding)
    several = distributed.is_available() and distributed.is_initialized()
    if not run.signal:
        if not several or distributed.get_rank() == 0:
            compare_with_teacher(run.folder, config)
        if several:
            distributed.barrier()  # so that what was found is there for all
    return run


def compose_student(
    teacher: str | os.PathLike[str],
    flags: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
) -> Config:
    """The configuration of a student: its teacher's, made slim, with what the user says laid over it.

    Args:
        teacher: a bundle or a run folder.
        flags: as for `compose`; "pairs" is needed where the teacher has no record of its training.
        config: nested settings.
        settings: `group.key=value` settings.

    Raises:
        BundleError: the teacher can't be loaded.
        ConfigError: an unknown key or value, a budget that nothing fits, or other held-out pairs than the teacher's.
        PairsError: the pairs are not there.
    """
    bundle = load_bundle(teacher)
    if bundle.config.domains:
        raise ConfigError(
            f"{bundle.path}: translates into several domains, and a student learns from a teacher of one; train a "
            "narrower one from the start: i2i train --recipe stargan --width 32"
        )
    if bundle.generator.steps:
        raise ConfigError(
            f"{bundle.path}: works in steps, and a student learns from a teacher that answers at once; take fewer "
            "--steps, or train a narrower one: i2i train --recipe bridge --width 32"
        )
    if bundle.generator.draws:
        raise ConfigError(
            f"{bundle.path}: draws a latent code for each answer, and a student learns from a teacher of one; train a "
            "narrower one from the start: i2i train --recipe bicyclegan --width 32"
        )
    base = overlay(_base(bundle, flags.get("pairs")), LEARNS | {"distill": {"teacher": os.fspath(teacher)}})
    student = lay(base, flags, config or {}, settings)
    if student.data.layout == "unpaired":
        raise ConfigError(
            f"{bundle.path}: was trained on sets without partners, and a student learns from pairs; give it such: "
            "--pairs PAIRS --set data.layout=auto"
        )
    _check_held_out(bundle, student)
    said = (config or {}).get("generator", {}) | parse_settings(settings).get("generator", {})
    if "width" in said and "widths" not in said:
        return replace(student, generator=replace(student.generator, widths=()))
    if said.keys() & {"name", "widths", "depth", "blocks"}:
        return student  # whose budget the method checks
    size, network = student.data.size, bundle.generator
    most = allowed(student.distill.budget, cost(network, size))
    return replace(student, generator=slimmed(student.generator, network, size, most))


def _base(bundle: Bundle, pairs: str | None) -> Config:
    """How the teacher was trained; of one from elsewhere, what can be told from its bundle."""
    said = bundle.config
    if "data" in said.training:
        base = from_tree(said.training, f"{bundle.path}: its record of the training")
        if pairs is None and not Path(base.data.pairs).exists():
            raise ConfigError(
                f"{base.data.pairs}: the pairs that the teacher was trained on are not there; give --pairs"
            )
        return base
    if pairs is None:
        raise ConfigError(f"{bundle.path}: has no record of a training, and so of no pairs; give --pairs, --direction")
    network = to_tree(Config())["generator"]  # what a bundle does not say of its network is as networks are built
    network |= {name: value for name, value in said.generator.items() if name in network}
    if isinstance(network.get("dropout"), bool):
        network["dropout"] = [1] if network["dropout"] else []
    base = overlay(
        find_recipe("pix2pix"),
        {"data": {"size": list(said.size), "interpolation": said.interpolation}, "generator": network},
        str(bundle.path),
    )
    data = replace(base.data, input=side_of(said.input), target=side_of(said.target), direction=said.direction)
    return replace(base, data=data, translation=said.translation)


def _check_held_out(bundle: Bundle, student: Config) -> None:
    """Pairs that the student holds out and the teacher was trained on would flatter the teacher, and so the student."""
    said, data = bundle.config, student.data
    if "data" not in said.training:
        return
    found = find_pairs(data.pairs, "photos" if data.task else data.layout, data.direction, data.unmatched)
    if found.splits["val"] or not found.splits["train"]:
        return
    theirs = hold_out(found.splits["train"], HoldOut(said.validation, said.seed, said.group, said.held_out))[1]
    ours = split(student, found)[1]
    if theirs != ours:
        others = len({pair.name for pair in ours} - {pair.name for pair in theirs})
        raise ConfigError(
            f"{data.pairs}: {others} pairs would be held out that the teacher was trained on; leave data.validation, "
            "data.group and training.seed as they were, or name the same pairs in data.validation_list"
        )
