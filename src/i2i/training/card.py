"""The model card of a bundle: what it does, how good it is, from which data it was made and how, and its limits."""

import math
import shlex
from pathlib import Path
from typing import Any

from i2i.bundle import BundleConfig
from i2i.cards.front_matter import joined
from i2i.cards.licences import licence_metadata, licence_section
from i2i.config import Config
from i2i.images import ImageSpec
from i2i.metrics.bootstrap import Interval
from i2i.training.validation import measures_of

_LAYOUTS = {
    "side-by-side": "side-by-side images",
    "folders": "a folder a side",
    "manifest": "pairs that a manifest lists",
    "photos": "photos, of which the task makes pairs",
    "unpaired": "a folder a side, two sets of images without partners",
    "domains": "a folder a domain, sets of images without partners",
}


def model_card(config: Config, bundle: BundleConfig, pairs: tuple[int, int], images_seen: int) -> str:
    """The card as Markdown with the metadata block that model hubs read.

    Args:
        config: the resolved configuration of the run.
        bundle: what the bundle says of itself.
        pairs: how many were trained on, how many held out.
        images_seen: when these weights were kept.
    """
    metadata: dict[str, Any] = {
        "library_name": "i2i",
        "pipeline_tag": "image-to-image",
        "tags": list(
            dict.fromkeys(["image-to-image", "i2i", config.method, *([config.data.task] * bool(bundle.task))])
        ),
        **licence_metadata(config.licence),
    }
    return joined(metadata, _body(config, bundle, pairs, images_seen))


def _body(config: Config, bundle: BundleConfig, pairs: tuple[int, int], images_seen: int) -> str:
    generator, data = config.generator, config.data
    height, width = data.size
    filters = f"width {generator.width}" if not generator.widths else f"widths {', '.join(map(str, generator.widths))}"
    depth = f", depth {generator.depth}" if generator.depth else ""
    seen = f"{images_seen} of {config.training.images}"
    noise = "on, seeded" if bundle.translation.dropout else "off"
    resized = "resized to the training size and back" if bundle.translation.resize == "training" else "at its own scale"
    enlarged = f", {bundle.scale} times as high and wide," if bundle.scale > 1 else ""
    domains, first = ", ".join(bundle.domains), next(iter(bundle.domains), "")
    what = f"into {domains}" if domains else data.direction
    return f"""# {domains or data.direction} translator

Translates images of {bundle.input.describe()} into images of {bundle.target.describe()}{enlarged} {what},
trained on {_counted(config, pairs[0])} with i2i's recipe `{config.recipe}`.{_other_way(bundle)}

    i2i translate THIS_FOLDER IMAGE_OR_FOLDER --to OUT{f" --to-domain {shlex.quote(first)}" if domains else ""}

    import i2i
    output = i2i.load("THIS_FOLDER"{f', to_domain="{first}"' if domains else ""})("input.png")

## Scores

{_scores(bundle, pairs[1])}

## Data

| | |
|---|---|
| pairs | `{data_name(config)}`: {_LAYOUTS.get(data.layout, data.layout)}{f", `{data.task}`" if data.task else ""} |
| trained on | {_counted(config, pairs[0])} |
| held out | {_held_out(config, bundle, pairs[1])} |
| input | {_side(bundle.input)} |
| target | {_side(bundle.target)} |

## How it was made

| | |
|---|---|
| network | {generator.name}, {filters}{depth}{f", {generator.norm} norm" * (not bundle.translation.steps)} |
| objective | {_objective(config)} |
| training images seen | {seen}, batch {config.training.batch}, seed {config.training.seed} |
| size | {height}x{width}, {data.resize} |

## How it is used

An image is {resized}; the output has its height and width. Normalisation uses {bundle.translation.statistics}
statistics, dropout is {noise}.{_codes(bundle)}{_steps(bundle)} The whole configuration is in `config.json`.

## Limits

- It has seen only images like those of `{data_name(config)}`, {width}x{height} pixels at a time. What differs in
  subject, camera, scale or preparation may come out wrong without any sign of it.
- It invents detail: what looks real in an output need not have been there. It is not for diagnosis, measurement or
  evidence without a validation of your own, on images of your own.
- The scores are means over the pairs above and say nothing certain of a single image.

{licence_section(config.licence)}"""


def data_name(config: Config) -> str:
    """The last part of the path to the pairs: a name to speak of them, which gives no folder away."""
    return Path(config.data.pairs).resolve().name or "pairs"


def _counted(config: Config, count: int) -> str:
    """Such as "400 pairs", or "two sets of up to 400 images"."""
    if config.domains.names:
        return f"{count} images of {len(config.domains.names)} domains"
    return f"{count} pairs" if config.data.layout != "unpaired" else f"two sets of up to {count} images"


def _other_way(bundle: BundleConfig) -> str:
    if bundle.reverse is None:
        return ""
    return f"\nIt translates {bundle.reverse.direction} as well: `--direction {bundle.reverse.direction}`."


def _steps(bundle: BundleConfig) -> str:
    steps = bundle.translation.steps
    if not steps:
        return ""
    return f" Each answer is drawn in {steps} steps by its seed; `--steps` takes more or fewer, and 1 gives the mean."


def _held_out(config: Config, bundle: BundleConfig, count: int) -> str:
    if not count:
        return "none"
    if bundle.held_out:
        return f"{_counted(config, count)}, by a list"
    data = config.data
    together = f", never parting a group (`{data.group}`)" if data.group else ""
    return (
        f"{_counted(config, count)}: the validation split, or where the pairs have none, "
        f"{data.validation:.0%} of them drawn by seed {config.training.seed}{together}"
    )


def _side(spec: ImageSpec) -> str:
    """One side of the pairs in a cell of a table."""
    said = spec.describe()
    if spec.classes:
        return f"{said}: {', '.join(each.name for each in spec.classes[:20])}{', …' * (len(spec.classes) > 20)}"
    spans = {f"{low:g} to {high:g}" for low, high in spec.ranges}
    return said + (f", values of {' and '.join(sorted(spans))}" if spans else "")


def _codes(bundle: BundleConfig) -> str:
    if not bundle.encoder:
        return ""
    return " Each answer has a latent code, drawn by its seed, or that of a reference image (`--like IMAGE`)."


def _objective(config: Config) -> str:
    loss, distill, cycle, contrast = config.loss, config.distill, config.cycle, config.contrast
    if config.method == "cyclegan":
        return f"{loss.adversarial} + {cycle.weight:g} l1 of what comes back + {cycle.identity_weight:g} l1 identity"
    if config.method == "bicyclegan":
        codes = config.bicycle
        found = f"{codes.code_weight:g} l1 of the code found again + {codes.divergence_weight:g} divergence of codes"
        return f"{loss.adversarial} + {loss.reconstruction_weight:g} {loss.reconstruction} + {found}"
    if config.method == "stargan":
        many = config.domains
        penalty = f", gradient penalty {loss.gradient_penalty_weight:g}" * bool(loss.gradient_penalty_weight)
        classes = f"{many.class_weight:g} cross-entropy of the domains"
        return f"{loss.adversarial}{penalty} + {classes} + {many.cycle_weight:g} l1 of what comes back"
    if config.method == "bridge":
        return f"square of the error along a Brownian bridge, noise {config.generator.noise:g}"
    if config.method == "cut":
        return f"{loss.adversarial} + {contrast.weight:g} PatchNCE{', half of it identity' * contrast.identity}"
    terms = f"{loss.adversarial} + {loss.reconstruction_weight:g} {loss.reconstruction}"
    if config.method == "distill":
        terms += f" + {distill.output_weight:g} l1 to the teacher's output + {distill.feature_weight:g} its features"
    return terms


def _scores(bundle: BundleConfig, held_out: int) -> str:
    if not bundle.scores:
        return "Not measured: no pairs were held out. `i2i evaluate THIS_FOLDER PAIRS` measures it."
    lines = [
        f"On {held_out} held-out pairs, which also chose these weights, so expect slightly less on new images;",
        "95% bootstrap intervals over images. `i2i evaluate THIS_FOLDER PAIRS` measures it on others.",
        "",
        "| measure | score | how it is taken |",
        "|---|---|---|",
    ]
    measures = measures_of(bundle.target.measured, bundle.domains)
    for name, score in bundle.scores.items():
        measure = measures[name]
        taken = measure.definition.replace("|", r"\|")
        lines.append(f"| {measure.heading} | {_interval(score).text(measure.decimals)} | {taken} |")
    return "\n".join(lines)


def _interval(score: dict[str, float | None]) -> Interval:
    mean = score["mean"]
    return Interval(math.nan if mean is None else mean, score["low"], score["high"])
