"""Validates the generator now and then, draws what it makes, and keeps the best one in the bundle."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from typing import Any, cast

import torch
from torch import nn

from i2i.bundle import Bundle, BundleConfig, Reverse, save_bundle, save_examples
from i2i.config import Config, to_tree
from i2i.data.layouts import UNPAIRED_LAYOUTS, reversed_direction
from i2i.data.store import PairStore
from i2i.data.survey import spec_of
from i2i.data.tasks import task_by_name
from i2i.discriminators import Classifying, Discriminator
from i2i.evaluation.sheet import contact_sheet
from i2i.images import ImageSpec, Pixels, resize, write_image
from i2i.methods import MULTIMODAL
from i2i.metrics.checkerboard import periods_of
from i2i.training.card import model_card
from i2i.training.domains import validate_domains
from i2i.training.resolve import rule_of
from i2i.training.run import RunFolder
from i2i.training.state import Best, State
from i2i.training.symptoms import Symptoms, make_judge
from i2i.training.validation import Validation, validate
from i2i.translator import Translator

Scores = dict[str, dict[str, float | None]]
"""Measure → mean, low and high of its interval."""


@dataclass
class Keeper:
    """What happens at a validation.

    Attributes:
        config: the resolved configuration.
        folder: of the run.
        held_out: the validation pairs; may be none, then the newest generator is kept.
        trained_on: number of training pairs, for the card.
        trained: a few of the training pairs, as the held-out ones are read, to compare their errors.
        scores: means of the last validation; those of the other direction as "reverse.NAME".
        symptoms: what tells of a training that goes wrong, at the last validation.
        reverse_held_out: the validation pairs of the other direction, where there is one.
        labels: of the validation images, where they are of several domains: of which.
    """

    config: Config
    folder: RunFolder
    held_out: PairStore
    trained_on: int
    trained: PairStore | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    symptoms: Mapping[str, float] = field(default_factory=dict)
    reverse_held_out: PairStore | None = None
    labels: Sequence[int] = ()

    def validate(self, state: State, device: torch.device) -> None:
        """Score the generator and draw samples; if it is the best so far by the chosen measure, keep it.

        Where there are two directions, both, and the best is where the sum over both is the best.
        """
        result = reverse = None
        if len(self.held_out):
            config = self._describe(state)
            there = Translator(Bundle(self.folder.bundle, state.generator, config), device=str(device))
            back = None
            if state.reverse is not None:
                back = Translator(Bundle(self.folder.bundle, state.reverse, config.reversed()), device=str(device))
            symptoms = self._symptoms(state, (config.input, config.target))
            if self.labels:
                judge = cast(Classifying, state.networks["discriminator"])
                result = validate_domains(
                    there, self.held_out, self.labels, judge, self.config.training.samples, symptoms.add
                )
            else:
                result = self._score(there, back, self.held_out, symptoms.add)
            self.symptoms = symptoms.row(there.translate, self.trained)
            state.generator.train()
            self.scores = result.means()
            if back is not None and self.reverse_held_out is not None:
                reverse = self._score(back, there, self.reverse_held_out)
                back.generator.train()
                self.scores = {**self.scores, **{f"reverse.{name}": mean for name, mean in reverse.means().items()}}
            self._draw([result] if reverse is None else [result, reverse], state.images_seen)
        self._keep(state, result, reverse)

    def _score(
        self,
        translator: Translator,
        back: Translator | None,
        held_out: PairStore,
        look: Callable[[Pixels, Pixels, Pixels], None] | None = None,
    ) -> Validation:
        return validate(
            _each_its_own(translator) if translator.generator.draws else translator.translate,
            held_out,
            (translator.config.input, translator.config.target),
            self.config.training.samples,
            look,
            back.translate if back else None,
            self._paired,
        )

    @property
    def _paired(self) -> bool:
        return self.config.data.layout not in UNPAIRED_LAYOUTS

    def _symptoms(self, state: State, specs: tuple[ImageSpec, ImageSpec]) -> Symptoms:
        periods = () if specs[1].is_labels else periods_of(state.generator.multiple)
        judge = make_judge(state.networks.get("discriminator"), self.config.loss.adversarial, specs)
        certain = self.config.method not in MULTIMODAL  # else a target says nothing of one answer to its input
        return Symptoms(specs, periods, judge, paired=self._paired and certain)

    def _keep(self, state: State, result: Validation | None, reverse: Validation | None) -> None:
        chosen_by = self.config.training.best
        shortfall = result.shortfall(chosen_by) if result else 0.0
        if reverse and chosen_by in reverse.scores:
            shortfall += reverse.shortfall(chosen_by)
        if chosen_by != "last" and shortfall >= state.best.shortfall:
            state.best = replace(state.best, since=state.best.since + 1)
            return
        state.best = Best(shortfall, state.images_seen)
        bundle = self._describe(state, _scores(result), _scores(reverse))
        card = model_card(self.config, bundle, (self.trained_on, len(self.held_out)), state.images_seen)
        judge, back = (state.networks.get(name) for name in ("discriminator", "reverse_discriminator"))
        networks = (state.generator, bundle, card, judge, state.reverse, back, state.encoder)
        save_bundle(self.folder.bundle, *networks)
        save_examples(self.folder.bundle, self._examples(bundle), bundle.input)

    def _examples(self, bundle: BundleConfig) -> list[Pixels]:
        """A few held-out inputs, before super-resolution enlarges them."""
        count = min(self.config.training.examples, len(self.held_out))
        inputs = [self.held_out[number][0] for number in range(count)]
        if bundle.scale == 1:
            return inputs
        return [
            resize(given, given.shape[0] // bundle.scale, given.shape[1] // bundle.scale, "area", bundle.input)
            for given in inputs
        ]

    def _draw(self, results: Sequence[Validation], images_seen: int) -> None:
        rows = [row for result in results for row in result.shown]
        if rows:
            columns = ["input", "output", *["back"] * (len(results) == 2), *["target"] * self._paired]
            if self.labels:
                columns = ["input", *self.config.domains.names]
            write_image(self.folder.samples / f"{images_seen:08d}.png", contact_sheet(rows, columns))

    def _describe(self, state: State, scores: Scores | None = None, reverse: Scores | None = None) -> BundleConfig:
        config, data = self.config, self.config.data
        return BundleConfig(
            generator=state.generator.description,
            discriminator=_described(state.networks.get("discriminator")),
            encoder={} if state.encoder is None else state.encoder.description,
            input=spec_of(data.input),
            target=spec_of(data.target),
            size=data.size,
            translation=config.translation,
            interpolation=data.interpolation,
            direction=data.direction,
            reverse=None
            if state.reverse is None
            else Reverse(
                generator=state.reverse.description,
                direction=reversed_direction(data.direction),
                discriminator=_described(state.networks.get("reverse_discriminator")),
                scores=reverse or {},
            ),
            layout=data.layout if data.layout != "auto" else "",
            domains=config.domains.names,
            recipe=config.recipe,
            validation=data.validation,
            group=data.group,
            held_out=rule_of(config).names,
            task=data.task,
            scale=task_by_name(data.task).scale if data.task else 1,
            seed=config.training.seed,
            training=to_tree(config),
            scores=scores or {},
        )


def _each_its_own(translator: Translator) -> Callable[[Pixels], Pixels]:
    """Translates each image under a seed of its own, the same at each validation: outputs vary as targets do."""
    seeds = count()
    return lambda pixels: translator.translate(pixels, seed=next(seeds))


def _described(judge: nn.Module | None) -> dict[str, Any]:
    return judge.description if isinstance(judge, Discriminator) else {}


def _scores(result: Validation | None) -> Scores:
    return {name: asdict(score) for name, score in result.scores.items()} if result else {}
