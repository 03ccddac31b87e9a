"""What ails a training, told from its numbers: pure functions of a `Record`, each with what to do.

Where a limit comes from stands beside it. They were set by runs that went well (photographs to façades, to depth, to
12 channels, sketches to drawings, colourising: 200 to 12,000 images seen) and by runs that were made ill on purpose; a
rule is for what can be told for sure, not for what is not yet good. docs/watching.md tells it for users.
"""

import math
from collections.abc import Callable, Sequence

from i2i.runs.finding import SEVERITIES, Finding
from i2i.runs.record import Record

CHECKS = {
    "diverged": "a loss or a weight that is no finite number",
    "constant": "outputs of one value",
    "collapse": "outputs that are alike for unlike inputs",
    "inversion": "outputs that are the negative of their targets",
    "discriminator-wins": "a discriminator that is never wrong, from which the generator learns nothing",
    "discriminator-memorises": "a discriminator that knows the training targets by heart",
    "checkerboard": "a grid at the generator's strides",
    "over-fitting": "a generator that knows the training pairs by heart",
}
"""What is looked for, by the name of the check."""

LASTING = 2
"""Validations in a row that must show it: one may be chance."""

EARLIEST_IMAGES = 400
"""Before, nothing is said of the outputs: every generator begins with grey, and with a grid."""

CHANCE = {
    "cross-entropy": math.log(2),
    "cross-entropy-saturating": math.log(2),
    "least-squares": 0.25,
    "hinge": 1.0,
}
"""The loss, a side, of a discriminator that can't tell real from fake, by what it minimises."""

SURE = 0.05
"""Share of that loss below which it is never wrong. Healthy runs stay at 0.2 to 1.0; at 0.05 of the cross-entropy it
gives the truth 97 % at every patch, and students with the discriminator of a forty times larger teacher had 0.01."""
RECENT = 0.2
"""Share of the rows of losses, the last ones, over which that is averaged: least of all so many rows."""
RECENT_ROWS = 10

PALE, ALIKE = 0.15, 0.1
"""Contrast within an output, and variety from one to the next, relative to the targets', that are none. An untrained
generator has 0.12 and 0.09; the blurred outputs of an objective without a discriminator 0.38 and 0.17 after 400 images,
and from then on more."""
TOLD_APART = 0.02
"""Deviation between inputs, in [-1, 1], above which they are unlike each other: 2.5 grey levels."""

OPPOSITE = -0.2
"""Correlation with the target in the channel where it is lowest. Nothing learnt gives 0 ± 0.1, the negative -1."""

PROMINENT = 10.0
"""dB by which a grid stands out further than in the targets; transposed convolutions that went well left 3 to 9."""
VISIBLE = 2.0
"""Grey levels, root mean square, below which a grid is not seen in an image with any texture; learning rates far too
high left 8 to 14, the start of a good training leaves 3, which is gone soon."""
GRID_SHARE = 0.25
"""Share of the training before which a grid is left to it: it usually trains away."""

GAP = 1.3
"""Error on held-out pairs over that on training pairs: above, the training pairs are known by heart. Of the few that
are scored, either error is sure to a tenth; where nothing is known by heart the ratio was 0.86 to 1.04."""
STALE_SHARE, STALE = 0.25, 4
"""Share of the validations, and least number, without a better one after which no more is expected."""

MEMORISED = 0.3
"""Share of the held-out targets' patches that the discriminator takes for real, below which it only knows its own."""


def examine(record: Record) -> list[Finding]:
    """All that ails a training, the worst first."""
    found = [finding for rule in _RULES if (finding := rule(record)) is not None]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def certainty(record: Record) -> float:
    """The discriminator's recent loss over a guesser's: 1 guesses, 0 is never wrong; NaN where it has no such loss."""
    chance = CHANCE.get(record.setting("loss.adversarial", ""))
    weight = float(record.setting("loss.discriminator_weight", 0.0))
    sides = [record.losses.get(f"discriminator.{side}", []) for side in ("real", "fake")]
    count = min(map(len, sides))
    recent = max(RECENT_ROWS, round(RECENT * count))
    if chance is None or not weight or count < RECENT_ROWS:
        return math.nan
    return sum(_mean(side[-recent:]) for side in sides) / (2 * chance * weight)


def _diverged(record: Record) -> Finding | None:
    advice = "lower optimizer.learning_rate, or set optimizer.clip=1, and train into a new folder"
    if record.diverged:
        summary = f"the training ended: {record.diverged.partition(';')[0]}"
        return Finding("diverged", "error", summary, advice, record.images_seen)
    for name, values in record.losses.items():
        if values and not math.isfinite(values[-1]):
            summary = f"the term {name} is {values[-1]:g}"
            return Finding("diverged", "error", summary, advice, record.images_seen, (f"losses.{name}",))
    return None


def _constant(record: Record) -> Finding | None:
    contrast = _lately(record, "contrast")
    if contrast is None or max(contrast) >= PALE:
        return None
    return _finding(
        record,
        "constant",
        "error",
        f"the outputs are nearly of one value: {contrast[-1]:.1%} of the contrast that the targets have",
        "train into a new folder with a lower optimizer.learning_rate, and look at the pairs with 'i2i check'; with "
        "generator.norm=batch and images of very few pixels at the bottleneck, a lesser generator.depth helps too",
        contrast=contrast[-1],
    )


def _collapse(record: Record) -> Finding | None:
    variety, inputs = _lately(record, "variety"), _lately(record, "input_variety")
    if variety is None or inputs is None or max(variety) >= ALIKE or min(inputs) < TOLD_APART or _constant(record):
        return None
    return _finding(
        record,
        "collapse",
        "error",
        f"unlike inputs get almost the same output: from one to the next it changes {variety[-1]:.1%} as much as the "
        "targets do",
        "weigh the reconstruction more (loss.reconstruction_weight), lower optimizer.learning_rate, and see with "
        "'i2i check' that inputs and targets are true partners",
        variety=variety[-1],
    )


def _inversion(record: Record) -> Finding | None:
    correlation = _lately(record, "correlation")
    if correlation is None or max(correlation) > OPPOSITE:
        return None
    return _finding(
        record,
        "inversion",
        "error",
        f"bright stands for dark: the outputs' correlation with their targets is {correlation[-1]:.2f} in at least one "
        "channel",
        "see first that held-out and training pairs are stored alike; then start anew with another training.seed and a "
        "higher loss.reconstruction_weight; where nothing ties the output's colours to the input's, an identity term "
        "does",
        correlation=correlation[-1],
    )


def _discriminator_wins(record: Record) -> Finding | None:
    sure = certainty(record)
    if not sure < SURE or record.images_seen < EARLIEST_IMAGES:
        return None
    real, fake = (_lately(record, f"right_{side}", 1) for side in ("real", "fake"))
    held_out = (
        f"; of held-out pairs it knows {real[-1]:.0%} of the real, {fake[-1]:.0%} of the fake" if real and fake else ""
    )
    return Finding(
        "discriminator-wins",
        "warning",
        f"the discriminator tells real from fake without a doubt: its loss is {sure:.1%} of a guesser's{held_out}",
        "it has nothing more to teach: give it a quarter of the learning rate "
        "(optimizer.discriminator_learning_rate), make it narrower (discriminator.width) or the generator wider; with "
        "few pairs set augment.discriminator=[colour,translation,cutout]",
        record.images_seen,
        ("losses.discriminator.real", "losses.discriminator.fake"),
        {"certainty": sure},
    )


def _discriminator_memorises(record: Record) -> Finding | None:
    real, fake, sure = _lately(record, "right_real"), _lately(record, "right_fake"), certainty(record)
    if real is None or fake is None or max(real) > MEMORISED or min(fake) < 1 - MEMORISED or not sure < 1 / 2:
        return None
    return _finding(
        record,
        "discriminator-memorises",
        "warning",
        f"the discriminator knows the training targets by heart: of held-out ones it takes {real[-1]:.0%} for real",
        "set augment.discriminator=[colour,translation,cutout], which keeps it from that, or train on more pairs",
        right_real=real[-1],
    )


def _checkerboard(record: Record) -> Finding | None:
    stands_out, level = _lately(record, "checkerboard"), _lately(record, "grid_level")
    early = record.images_seen < GRID_SHARE * record.images
    if stands_out is None or level is None or early or min(stands_out) < PROMINENT or min(level) < VISIBLE:
        return None
    return _finding(
        record,
        "checkerboard",
        "warning",
        f"a grid at the generator's strides stands out {stands_out[-1]:.0f} dB further than in the targets, "
        f"{level[-1]:.1f} grey levels strong",
        f"train longer if this is a short run; else train anew{_against_grid(record)}",
        checkerboard=stands_out[-1],
        grid_level=level[-1],
    )


def _against_grid(record: Record) -> str:
    """What is not yet done against a grid."""
    if record.setting("generator.upsample", "") != "resize":
        return " with generator.upsample=resize, which leaves hardly any"
    if record.setting("method", "") == "pix2pix" and not record.setting("loss.checkerboard_weight", 0.0):
        return " with loss.checkerboard_weight=400, which leaves hardly any over photos, and can cost texture elsewhere"
    return ", with another training.seed: some leave less of it"


def _over_fitting(record: Record) -> Finding | None:
    held_out, trained = _lately(record, "error"), _lately(record, "error_trained")
    since = validations_since_best(record)
    if held_out is None or trained is None or since is None:
        return None
    validations = len(record.validation["images_seen"])
    gaps = [a / b if b else math.inf for a, b in zip(held_out, trained, strict=True)]
    if min(gaps) < GAP or since < max(STALE, STALE_SHARE * validations):
        return None
    chosen = record.setting("training.best", "")
    best = int(record.validation["images_seen"][-1 - since])
    return _finding(
        record,
        "over-fitting",
        "warning",
        f"the error on held-out pairs is {gaps[-1]:.1f} times that on training pairs, and {chosen} has not been better "
        f"since image {best}",
        f"more training won't help: the bundle keeps the weights of image {best}; get more pairs, augment them "
        "(augment.scale, augment.rotate, data.mirror), or train a narrower generator",
        gap=gaps[-1],
    )


def validations_since_best(record: Record) -> int | None:
    """How many validations there were after the best one by the measure that chooses; None where none chooses."""
    chosen = record.setting("training.best", "")
    values = record.validation.get(chosen, [])
    direction = record.measures.get(chosen, {}).get("direction")
    if direction is None or not any(math.isfinite(value) for value in values):
        return None
    shortfalls = [_shortfall(value, direction) for value in values]
    back = record.validation.get(f"reverse.{chosen}", [])
    if len(back) == len(values):  # of two directions the sum counts
        shortfalls = [one + _shortfall(other, direction) for one, other in zip(shortfalls, back, strict=True)]
    return len(values) - 1 - shortfalls.index(min(shortfalls))


def _shortfall(value: float, direction: str) -> float:
    if math.isnan(value):
        return math.inf
    return {"higher": -value, "lower": value}.get(direction, abs(value))


def _lately(record: Record, column: str, count: int = LASTING) -> list[float] | None:
    """The last values of a symptom; None if there are not as many, one is not known, or it is too early to tell."""
    values = record.symptoms.get(column, [])[-count:]
    enough = len(values) == count and record.symptoms["images_seen"][-count] >= EARLIEST_IMAGES
    return values if enough and all(math.isfinite(value) for value in values) else None


def _finding(record: Record, check: str, severity: str, summary: str, advice: str, **figures: float) -> Finding:
    """One that the symptoms show, at the last validation."""
    known = next(each for each in SEVERITIES if each == severity)
    columns = tuple(f"symptoms.{name}" for name in figures if name in record.symptoms)
    return Finding(check, known, summary, advice, int(record.symptoms["images_seen"][-1]), columns, figures)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


_RULES: tuple[Callable[[Record], Finding | None], ...] = (
    _diverged,
    _constant,
    _collapse,
    _inversion,
    _discriminator_wins,
    _discriminator_memorises,
    _checkerboard,
    _over_fitting,
)
