"""New training pairs from a trained translator: planned, made, compared with the real ones, and told."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from i2i.augmenting.duplicates import find_duplicates
from i2i.augmenting.making import make_pairs, write_manifest
from i2i.augmenting.planning import Amount, Capacity, make_plan
from i2i.augmenting.result import Augmented, manifest_known
from i2i.augmenting.sources import Inputs, Source, find_real, find_sources, find_training
from i2i.augmenting.variation import Vary
from i2i.augmenting.variety import choose_yardstick, measure_variety
from i2i.bundle import find_bundle, read_bundle_config
from i2i.errors import ConfigError, ImageError, StorageError
from i2i.hub import is_hub_name
from i2i.images import read_header
from i2i.layers.modes import Statistics
from i2i.metrics.perceptual import LPIPS, LPIPSNetwork
from i2i.translator import Translator, load


def augment(
    bundle: str | os.PathLike[str] | Translator,
    inputs: str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    samples: int | None = None,
    count: int | None = None,
    balance: int | Literal["max"] | None = None,
    by: str = "",
    vary: Vary | None = None,
    against: str | os.PathLike[str] | None = None,
    drop_duplicates: bool = False,
    layout: Inputs = "auto",
    direction: str | None = None,
    to_domain: str | None = None,
    seed: int = 0,
    device: str = "auto",
    statistics: Statistics | None = None,
    dropout: bool | None = None,
    resize: str | None = None,
    steps: int | None = None,
    lpips: LPIPS | LPIPSNetwork | None = "alex",
    features: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Augmented:
    """Translate inputs into new pairs, in a folder that training, `i2i check` and `i2i evaluate` read as it is.

    Args:
        bundle: a bundle, a run folder, or a translator.
        inputs: a folder of images, with a folder a class or without, or pairs, of which the training split's inputs
            are taken.
        to: the folder of the pairs: new, or one that this same call has begun.
        samples, count, balance: how many, see `Amount`; by default one of each input.
        by: where classes come from, see `find_sources`.
        vary: how inputs may be varied; by default they are left as they are.
        against: real pairs to compare with, and to count for balance; by default `inputs`, if they are pairs.
        drop_duplicates: leave copies out of the manifest; their files stay.
        layout: of the inputs.
        direction: of the pairs; of a bundle that translates both ways it also says which translator is used.
        to_domain: of a bundle that translates into several domains, which; the inputs are the images of the others.
        seed: of the noise, of what is varied, and of which inputs are taken.
        device, statistics, dropout, resize, steps: as for `i2i.load`.
        lpips, features: what distances are taken by, see `choose_yardstick`.
        progress: called with (pairs done, of how many).

    Raises:
        ConfigError: settings that exclude each other, more pairs than can differ, or a translator with a style.
        PairsError, ImageError: no inputs, or none that can be read.
        StorageError: `to` holds other things.
        BundleError: the bundle can't be loaded.
    """
    amount, vary, inputs, to = Amount(samples, count, balance), vary or Vary(), Path(inputs), Path(to)
    _refuse_inside(inputs, to)
    translator = bundle if isinstance(bundle, Translator) else load(
        find_bundle(bundle), direction=_way(bundle, direction), to_domain=to_domain, device=device,
        statistics=statistics, dropout=dropout, resize=resize, steps=steps,
    )  # fmt: skip
    if translator.reference:
        raise ConfigError(
            f"{translator.path}: answers in the style of {translator.reference}, of which rows of pairs can't tell; "
            "expected a translator that follows its seeds; take the style away with like(None)"
        )
    config, domain = translator.config, translator.to_domain
    sources = find_sources(config, inputs, layout=layout, direction=direction, by=by, to_domain=domain)
    pairs = sources.pairs if against is None else find_training(config, Path(against), "auto", direction)
    real = find_real(config, pairs, sources, domain) if pairs else []
    plan = make_plan(sources, real, amount, _capacity(translator, vary), seed)
    yardstick = choose_yardstick(config.target, config.size, lpips, features)  # before any work, as it may be refused
    made = make_pairs(
        translator, plan, to, vary=vary, seed=seed, bundle=_name(bundle), settings=vars(amount) | {"by": sources.by},
        progress=progress,
    )  # fmt: skip
    variety = measure_variety(yardstick, translator, to, made.rows, plan.jobs, real, seed)
    search = find_duplicates(to, made.rows, plan.jobs, real, config.target, differ=variety.differ, seed=seed)
    dropped = search.spare() if drop_duplicates else set()
    kept = [row for row in made.rows if row.name not in dropped]
    manifest = write_manifest(made, kept, manifest_known(to))
    result = Augmented(
        bundle=_name(bundle),
        described=sources.describe(),
        translator=translator.describe().partition(": ")[2],
        specs=(config.input, config.target),
        plan=plan,
        made=made,
        kept=kept,
        variety=variety,
        search=search,
        against=pairs.root.name if pairs else "",
        unread=sources.unread,
        manifest=manifest,
    )
    result.save()
    return result


def _refuse_inside(inputs: Path, to: Path) -> None:
    if inputs.is_dir() and to.resolve().is_relative_to(inputs.resolve()):
        raise StorageError(f"{to}: lies among the inputs, of which it would become a part; give --to another folder")


def _way(bundle: str | os.PathLike[str], direction: str | None) -> str | None:
    """The direction, if it is one in which the bundle translates; else it is that of the pairs alone."""
    ways = read_bundle_config(find_bundle(bundle)).directions
    return next((way for way in ways if way == direction), None)


def _name(bundle: str | os.PathLike[str] | Translator) -> str:
    """What people call it, without where on this machine it lies."""
    if isinstance(bundle, Translator):
        bundle = bundle.path
    if is_hub_name(bundle):
        return str(bundle)
    path = Path(bundle).resolve()
    return f"{path.parent.name}/{path.name}" if path.name == "bundle" else path.name


def _capacity(translator: Translator, vary: Vary) -> Capacity:
    """How many different pairs an input gives."""
    if translator.is_random or vary.is_endless:
        return lambda source: None

    def exact(source: Source) -> int:
        return len(vary.exact(not vary.rotate90 or _is_square(source)))

    return exact


def _is_square(source: Source) -> bool:
    try:
        header = read_header(source.file.path)
    except ImageError:
        return False  # it is named with the others that can't be read
    return header.height == header.width // (2 if source.file.half else 1)
