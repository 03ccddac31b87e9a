"""Train a translator: a whole run, from its configuration to its best bundle."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2i.allocator import kept_pages
from i2i.bundle import CONFIG, read_bundle_config
from i2i.config import Config
from i2i.data.layouts import UNPAIRED_LAYOUTS, domain_of, swapped
from i2i.data.store import Progress as DecodingProgress
from i2i.data.survey import spec_of
from i2i.errors import StorageError, TrainingDiverged
from i2i.files import write_text
from i2i.training.compose import compose
from i2i.training.interrupts import interrupts
from i2i.training.keeper import Keeper
from i2i.training.resolve import resolve
from i2i.training.run import RunFolder
from i2i.training.session import Progress, Session
from i2i.training.setup import make_fabric, make_held_out, make_loader, make_method, make_state, reversed_config
from i2i.training.symptoms import TRAINED, spread_evenly
from i2i.training.validation import check_measure, measures_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """What a training leaves.

    Attributes:
        folder: the run folder.
        images_seen: so far; less than `images` if it was stopped.
        images: to see in all.
        signal: number of the signal that stopped it, 0 if none.
        scores: measure → mean over the held-out pairs, of the generator in the bundle.
    """

    folder: Path
    images_seen: int
    images: int
    signal: int
    scores: Mapping[str, float]

    @property
    def bundle(self) -> Path:
        """The best generator's bundle."""
        return self.folder / "bundle"


def run_training(
    config: Config,
    to: str | os.PathLike[str],
    progress: Callable[[Progress], None] | None = None,
    decoding: DecodingProgress | None = None,
) -> Run:
    """Train as `config` says in the run folder `to`; where a run of this configuration stands, continue it.

    Args:
        config: what to do; open settings are settled by a look at the pairs.
        to: the run folder.
        progress: called after each step.
        decoding: called with (done, of how many) while the pairs are decoded.

    Raises:
        I2IError: of the kind that fits; nothing of an earlier run is lost.
    """
    folder = RunFolder(Path(to))
    config, found, train_pairs, held_out_pairs = resolve(folder.continued(config))
    paired = config.data.layout not in UNPAIRED_LAYOUTS
    check_measure(config.training.best, measures_of(spec_of(config.data.target), config.domains.names, paired=paired))
    method = make_method(config)  # before the folder is claimed, so that what can't be built leaves nothing there
    fabric = make_fabric(config)
    if fabric.is_global_zero:
        logger.info(found.describe())
        folder.claim(config, train_pairs, held_out_pairs)
        folder.diverged.unlink(missing_ok=True)
    fabric.barrier()
    state = make_state(config, method, fabric.device)
    if folder.checkpoint.exists():
        state.load(folder.checkpoint)
        logger.info(f"{folder.path}: continues at image {state.images_seen} of {config.training.images}")
    held_out = make_held_out(config, held_out_pairs, folder.path)
    some = [train_pairs[index] for index in spread_evenly(TRAINED, len(train_pairs))] if held_out_pairs else []
    keeper = Keeper(config, folder, held_out, len(train_pairs), make_held_out(config, some, folder.path))
    if found.domains:
        keeper.labels = [config.domains.names.index(domain_of(image)) for image in held_out_pairs]
    if state.reverse is not None:
        keeper.reverse_held_out = make_held_out(reversed_config(config), swapped(held_out_pairs), folder.path)
    loader = make_loader(config, train_pairs, folder.path, fabric, decoding)
    fabric.barrier()
    session = Session(config, folder, fabric, method, state, keeper, progress)
    with interrupts() as interrupt, kept_pages():
        try:
            session.run(loader, interrupt)
        except TrainingDiverged as error:
            message = f"{error}; {_advice(folder)}"
            with suppress(StorageError):  # what is to be told stays that it diverged
                write_text(folder.diverged, message + "\n")
            raise TrainingDiverged(message) from error
    return Run(folder.path, state.images_seen, config.training.images, interrupt.signal, _scores(folder))


def train(
    pairs: str | os.PathLike[str],
    *,
    to: str | os.PathLike[str],
    recipe: str | None = None,
    config: Mapping[str, Any] | None = None,
    progress: Callable[[Progress], None] | None = None,
    **flags: Any,
) -> Run:
    """Train a translator on image pairs.

    Args:
        pairs: side-by-side images, a folder a side, or a manifest: see `i2i.data.layouts`.
        to: the run folder; the same call again continues a run that was stopped.
        recipe: a name that `i2i recipes` lists; "pix2pix" by default.
        config: nested settings laid over the recipe, such as {"loss": {"reconstruction_weight": 10}}.
        progress: called with a `Progress` after each step.
        **flags: layout, direction, size, images, batch, width, seed, device, precision, as on the command line.

    Returns:
        The run; `i2i.load(run.bundle)` is the translator.

    Raises:
        I2IError: one line that says what is wrong and what to do.
    """
    return run_training(compose(recipe, {"pairs": str(pairs), **flags}, config), to, progress)


def _scores(folder: RunFolder) -> dict[str, float]:
    """Those that stand in the bundle, if there is one yet."""
    if not (folder.bundle / CONFIG).is_file():
        return {}
    return {name: score["mean"] for name, score in read_bundle_config(folder.bundle).scores.items()}


def _advice(folder: RunFolder) -> str:
    there = folder.checkpoint.exists()
    last = f"the last good checkpoint is untouched at {folder.checkpoint}" if there else "no checkpoint was written yet"
    return f"{last}; lower optimizer.learning_rate or set optimizer.clip=1, and train into a new folder"
