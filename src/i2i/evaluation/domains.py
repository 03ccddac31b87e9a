"""A translator into several domains, evaluated into each: its evaluations joined to one, beside their mean."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from i2i.bundle import load_discriminator
from i2i.discriminators import Classifying
from i2i.evaluation.gallery import Gallery
from i2i.evaluation.recognised import over_domains, recognised
from i2i.evaluation.result import Evaluation
from i2i.layers.modes import prepare
from i2i.metrics.bootstrap import Interval, difference_interval, mean_interval
from i2i.metrics.measure import PairedMeasure
from i2i.translator import Translator

_OWN = "recognised"


def own_measures(translator: Translator) -> dict[str, PairedMeasure]:
    """What a translator's own judge says of a single output, without a target; empty where the bundle has none."""
    if not translator.to_domain:
        return {}
    discriminator = load_discriminator(translator.path)
    if not isinstance(discriminator, Classifying):
        return {}
    prepare(discriminator, statistics="running", dropout=False)
    return {
        _OWN: recognised(discriminator.to(translator.device), translator.config.domains.index(translator.to_domain))
    }


def joined(parts: Mapping[str, Evaluation], seed: int = 0) -> Evaluation:
    """One evaluation of those into each domain, by its name: "KEY.DOMAIN" is a measure there, "KEY" the mean over all.

    A number an image has its interval over the images of all domains; a distance between sets has none.
    """
    first = next(iter(parts.values()))
    keys = [key for key in first.measures if all(key in part.measures for part in parts.values())]
    measures = over_domains({key: first.measures[key] for key in keys}, list(parts))
    per_image = {
        row: {key: [value for part in parts.values() for value in part.per_image[row][key]] for key in values}
        for row, values in first.per_image.items()
        if all(row in part.per_image for part in parts.values())
    }
    rows = {
        row: _row(
            parts, row, keys, {key: mean_interval(values, seed=seed) for key, values in per_image.get(row, {}).items()}
        )
        for row in first.rows
        if all(row in part.rows for part in parts.values())
    }
    own = per_image.get(first.model, {})
    advantages = {
        row: {key: difference_interval(own[key], values[key], seed=seed) for key in own if key in values}
        for row, values in per_image.items()
        if row != first.model
    }
    head = f"Into each of {len(parts)} domains ({', '.join(parts)}), the images of all others: "
    return replace(
        first,
        rows={row: {key: values[key] for key in measures if key in values} for row, values in rows.items()},
        names=[f"{name} to {domain}" for domain, part in parts.items() for name in part.names],
        per_image=per_image,
        measures=measures,
        protocol=head
        + first.protocol.replace(f", to {next(iter(parts))},", ",").replace(f"; to {next(iter(parts))},", ";"),
        not_measured={name: why for part in parts.values() for name, why in part.not_measured.items()},
        notes=[f"To {domain}: {note}" for domain, part in parts.items() for note in part.notes],
        advantages=advantages,
        gallery=_gallery(parts, seed),
    )


def _row(
    parts: Mapping[str, Evaluation], row: str, keys: list[str], means: Mapping[str, Interval]
) -> dict[str, Interval]:
    found: dict[str, Interval] = {}
    for key in keys:
        each = {domain: part.rows[row][key] for domain, part in parts.items() if key in part.rows[row]}
        found |= {f"{key}.{domain}": interval for domain, interval in each.items()}
        if key in means:
            found[key] = means[key]
        elif len(each) == len(parts):
            found[key] = Interval(sum(interval.mean for interval in each.values()) / len(each))
    return found


def _gallery(parts: Mapping[str, Evaluation], seed: int) -> Gallery:
    """Some of the random examples of each part, taking turns, each named after its domain."""
    gallery = Gallery(max(part.gallery.shown for part in parts.values()), seed=seed)
    most = max(len(part.gallery.random) for part in parts.values())
    for place in range(most):
        for domain, part in parts.items():
            if place < len(part.gallery.random) and gallery.count < gallery.shown:
                example = part.gallery.random[place]
                sample = replace(example.sample, name=f"{example.sample.name} to {domain}")
                gallery.add(replace(example, order=gallery.count, sample=sample))
    return gallery


def counted(progress: Callable[[int, int], None] | None, number: int, of: int) -> Callable[[int, int], None] | None:
    """Progress of part `number` (from 0) of `of` alike ones, as progress of them all."""
    if progress is None:
        return None
    return lambda done, count: progress(number * count + done, of * count)
