"""Validates the generator now and then, draws what it makes, and keeps the best one in the bundle."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

import torch

from i2i.bundle import Bundle, BundleConfig, save_bundle
from i2i.config import Config, to_tree
from i2i.data.store import PairStore
from i2i.data.survey import spec_of
from i2i.data.tasks import task_by_name
from i2i.evaluation.sheet import contact_sheet
from i2i.images import write_image
from i2i.training.card import model_card
from i2i.training.resolve import rule_of
from i2i.training.run import RunFolder
from i2i.training.state import Best, State
from i2i.training.validation import Validation, validate
from i2i.translator import Translator


@dataclass
class Keeper:
    """What happens at a validation.

    Attributes:
        config: the resolved configuration.
        folder: of the run.
        held_out: the validation pairs; may be none, then the newest generator is kept.
        trained_on: number of training pairs, for the card.
        scores: means of the last validation.
    """

    config: Config
    folder: RunFolder
    held_out: PairStore
    trained_on: int
    scores: Mapping[str, float] = field(default_factory=dict)

    def validate(self, state: State, device: torch.device) -> None:
        """Score the generator and draw samples; if it is the best so far by the chosen measure, keep it."""
        result = None
        if len(self.held_out):
            bundle = Bundle(self.folder.bundle, state.generator, self._describe(state, {}))
            translator = Translator(bundle, device=str(device))
            specs = (bundle.config.input, bundle.config.target)
            result = validate(translator.translate, self.held_out, specs, self.config.training.samples)
            state.generator.train()
            self.scores = result.means()
            self._draw(result, state.images_seen)
        self._keep(state, result)

    def _keep(self, state: State, result: Validation | None) -> None:
        chosen_by = self.config.training.best
        shortfall = result.shortfall(chosen_by) if result else 0.0
        if chosen_by != "last" and shortfall >= state.best.shortfall:
            state.best = replace(state.best, since=state.best.since + 1)
            return
        state.best = Best(shortfall, state.images_seen)
        bundle = self._describe(state, {name: asdict(score) for name, score in result.scores.items()} if result else {})
        card = model_card(self.config, bundle, (self.trained_on, len(self.held_out)), state.images_seen)
        save_bundle(self.folder.bundle, state.generator, bundle, card)

    def _draw(self, result: Validation, images_seen: int) -> None:
        if result.shown:
            sheet = contact_sheet(result.shown, ["input", "output", "target"])
            write_image(self.folder.samples / f"{images_seen:08d}.png", sheet)

    def _describe(self, state: State, scores: dict[str, dict[str, float | None]]) -> BundleConfig:
        config, data = self.config, self.config.data
        return BundleConfig(
            generator=state.generator.description,
            input=spec_of(data.input),
            target=spec_of(data.target),
            size=data.size,
            translation=config.translation,
            interpolation=data.interpolation,
            direction=data.direction,
            layout=data.layout if data.layout != "auto" else "",
            recipe=config.recipe,
            validation=data.validation,
            group=data.group,
            held_out=rule_of(config).names,
            task=data.task,
            scale=task_by_name(data.task).scale if data.task else 1,
            seed=config.training.seed,
            training=to_tree(config),
            scores=scores,
        )
