"""The model card of a bundle: what it does, how it was made, how good it is, how to use it."""

import math

from i2i.bundle import BundleConfig
from i2i.config import Config
from i2i.metrics.bootstrap import Interval
from i2i.training.validation import instruments


def model_card(config: Config, bundle: BundleConfig, pairs: tuple[int, int], images_seen: int) -> str:
    """The card as Markdown with the metadata block that model hubs read."""
    generator, data = config.generator, config.data
    height, width = data.size
    filters = f"width {generator.width}" if not generator.widths else f"widths {', '.join(map(str, generator.widths))}"
    depth = f", depth {generator.depth}" if generator.depth else ""
    seen = f"{images_seen} of {config.training.images}"
    noise = "on, seeded" if bundle.translation.dropout else "off"
    resized = "resized to the training size and back" if bundle.translation.resize == "training" else "at its own scale"
    return f"""---
library_name: i2i
pipeline_tag: image-to-image
tags: [image-to-image, {config.method}]
---

# {data.direction} translator

Translates images of {bundle.input.describe()} into images of {bundle.target.describe()}, {data.direction},
trained on {pairs[0]} pairs with i2i's recipe `{config.recipe}`.

    i2i translate THIS_FOLDER IMAGE_OR_FOLDER --to OUT

    import i2i
    output = i2i.load("THIS_FOLDER")("input.png")

## Scores

{_scores(bundle, pairs[1])}

## How it was made

| | |
|---|---|
| network | {generator.name}, {filters}{depth}, {generator.norm} norm |
| objective | {_objective(config)} |
| training images seen | {seen}, batch {config.training.batch}, seed {config.training.seed} |
| size | {height}x{width}, {data.resize} |

## How it is used

An image is {resized}; the output has its height and width. Normalisation uses {bundle.translation.statistics}
statistics, dropout is {noise}. The whole configuration is in `config.json`.
"""


def _objective(config: Config) -> str:
    loss, distill = config.loss, config.distill
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
        "| measure | score |",
        "|---|---|",
    ]
    measures = instruments(bundle.target.measured).measures
    for name, score in bundle.scores.items():
        measure = measures[name]
        lines.append(f"| {measure.heading} | {_interval(score).text(measure.decimals)} |")
    return "\n".join(lines)


def _interval(score: dict[str, float | None]) -> Interval:
    mean = score["mean"]
    return Interval(math.nan if mean is None else mean, score["low"], score["high"])
