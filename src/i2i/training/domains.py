"""The validation of a translator between domains: every held-out image into every domain that is not its own."""

from collections.abc import Callable, Sequence
from itertools import cycle

import torch

from i2i.bundle import one_hot
from i2i.data.store import PairStore
from i2i.discriminators import Classifying
from i2i.evaluation.recognised import recognised
from i2i.evaluation.sample import Sample
from i2i.evaluation.scoring import Scores
from i2i.images import Pixels, encode, preview
from i2i.layers.modes import prepare
from i2i.metrics.bootstrap import RESAMPLES, Interval, mean_interval
from i2i.training.validation import Validation, instruments, measures_of
from i2i.translator import Translator

_ROW = "generator"

Look = Callable[[Pixels, Pixels, Pixels], None]


def validate_domains(
    translator: Translator,
    held_out: PairStore,
    labels: Sequence[int],
    judge: Classifying,
    shown: int,
    look: Look,
) -> Validation:
    """Translate every held-out image into each domain that it is not of, and compare with the real images of that.

    Args:
        translator: of a bundle with domains; afterwards its generator holds none.
        held_out: the images, of each domain at least one.
        labels: of which domain each is.
        judge: the discriminator; it is left in training mode.
        shown: the first so many are drawn, a row each, in every domain.
        look: called with an input, its translation into one other domain and a real image of that, of each input.
    """
    spec, domains = translator.config.target.measured, translator.config.domains
    scores: dict[str, Interval] = {}
    failed: dict[str, str] = {}
    agreed: list[float] = []
    columns: list[list[Pixels]] = [[preview(held_out[place][0], spec)] for place in range(min(shown, len(held_out)))]
    prepare(judge, statistics="running", dropout=False)
    for domain, name in enumerate(domains):
        translator.generator.hold(one_hot(domain, len(domains)))
        measured, opinion = Scores(instruments(spec, paired=False), seed=0, target=spec), recognised(judge, domain)
        found: list[float] = []
        real = cycle(place for place, label in enumerate(labels) if label == domain)
        for place, label in enumerate(labels):
            if label == domain and place >= len(columns):
                continue
            given = held_out[place][0]
            made = translator.translate(given)
            if place < len(columns):
                columns[place].append(preview(made, spec))
            if label == domain:
                continue
            wanted = held_out[next(real)][0]
            measured.add(Sample(held_out.names[place], given, wanted), {_ROW: made})
            found.append(float(opinion.measure(encode(made, spec)[None], torch.empty(0))))
            if domain == (label + 1 + place % (len(domains) - 1)) % len(domains):
                look(given, made, wanted)
        failed |= measured.failed
        scores |= {f"{key}.{name}": score for key, score in measured.table(_ROW, RESAMPLES).items()}
        scores[f"recognised.{name}"] = mean_interval(found)
        agreed += found
    translator.generator.hold(None)
    translator.generator.train()
    judge.train()
    for key in instruments(spec, paired=False).measures:
        parts = [scores[f"{key}.{name}"].mean for name in domains if f"{key}.{name}" in scores]
        if len(parts) == len(domains):
            scores[key] = Interval(sum(parts) / len(parts))
    scores["recognised"] = mean_interval(agreed)
    measures = measures_of(spec, domains)
    return Validation(measures, {key: scores[key] for key in measures if key in scores}, failed, columns)
