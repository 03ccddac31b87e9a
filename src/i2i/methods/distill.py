"""Distillation: GAN Compression, Efficient Architectures for Interactive Conditional GANs (Li et al., CVPR 2020).

https://arxiv.org/abs/2003.08936. In the paper's symbols: G' the teacher, G the student, x the input, y the target,

    L = L_cGAN + λ_recon L_recon + λ_distill L_distill                                   (4)
    L_recon = E‖G(x) - y‖₁ where there are pairs, E‖G(x) - G'(x)‖₁ where there are none  (1)
    L_distill = Σ_t ‖f_t(G_t(x)) - G'_t(x)‖₂                                             (2)

with G_t the features of layer t and f_t a learnt 1×1 convolution to the teacher's number of channels. The student's
discriminator starts from the teacher's (§3.1). Here both kinds of L_recon may be had together, each with its weight,
and ‖·‖₂ is the mean of squares, as in the authors' code.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from i2i.bundle import Bundle, load_bundle
from i2i.config import Config
from i2i.data.samples import Batch
from i2i.data.survey import spec_of
from i2i.errors import ConfigError, RunError
from i2i.generators import Generator
from i2i.layers.modes import follows_image, prepare
from i2i.layers.multiply_adds import multiply_adds
from i2i.losses.pixels import RECONSTRUCTION
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.pix2pix import Pix2Pix

logger = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
"""Of a run, in its folder, with the bundle beside it."""


class Distillation:
    """A student learns as `method` has it learn, and from its teacher besides.

    Args:
        method: L_cGAN and L_recon to the target; its generator is the student.
        student: G.
        teacher: G', in the mode in which it is to teach; it is never trained, nor among the networks.
        output_weight: of ‖G(x) - G'(x)‖₁.
        feature_weight: λ_distill.
        one_by_one: whether the teacher is shown each image of a batch by itself, as when it translates.
    """

    def __init__(
        self,
        method: Pix2Pix,
        student: Generator,
        teacher: Generator,
        *,
        output_weight: float = 100.0,
        feature_weight: float = 10.0,
        one_by_one: bool = False,
    ) -> None:
        self.method = method
        self.teacher = teacher.requires_grad_(False)
        self.output_weight = output_weight
        self.feature_weight = feature_weight
        self.one_by_one = one_by_one
        self.layers = tuple(teacher.features) if feature_weight else ()
        self.maps = nn.ModuleList(nn.Conv2d(student.features[t], teacher.features[t], 1) for t in self.layers)
        self.phases = tuple(self._with_maps(phase) for phase in method.phases)

    @classmethod
    def from_config(cls, config: Config) -> "Distillation":
        """The method, with a fresh student and the teacher's weights, that a resolved configuration describes.

        Raises:
            BundleError: the teacher can't be loaded.
            RunError: the checkpoint of its run is damaged.
            ConfigError: the student is over the budget, or nothing that could learn from this teacher.
        """
        settings = config.distill
        if not settings.teacher:
            raise ConfigError("distill.teacher: missing; expected a bundle to learn from; 'i2i distill BUNDLE' sets it")
        bundle = load_bundle(settings.teacher)
        method = Pix2Pix.from_config(config)
        student = cast(Generator, method.generator)
        _check(config, bundle, student)
        if method.discriminator is not None:
            _inherit(method.discriminator, Path(settings.teacher))
        policy = bundle.config.translation
        prepare(bundle.generator, statistics=policy.statistics, dropout=policy.dropout)
        return cls(
            method,
            student,
            bundle.generator,
            output_weight=settings.output_weight,
            feature_weight=settings.feature_weight,
            one_by_one=policy.statistics == "batch" and follows_image(bundle.generator),
        )

    def networks(self) -> dict[str, nn.Module]:
        """Those of the method, and f_t if features are compared."""
        return self.method.networks() | ({"maps": self.maps} if self.layers else {})

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """G(x), G'(x), and f_t(G_t(x)) and G'_t(x) of each layer t."""
        with _watched(nets["generator"], self.layers) as learnt:
            outputs = self.method.generate(nets, batch)
        with torch.no_grad(), _watched(self.teacher.to(batch.input.device), self.layers) as taught:
            shown = torch.split(batch.input, 1) if self.one_by_one else [batch.input]
            outputs["taught"] = torch.cat([self.teacher(image) for image in shown])
        for number, layer in enumerate(self.layers):
            outputs[f"{layer} mapped"] = nets["maps"].get_submodule(str(number))(learnt[layer][0])
            outputs[f"{layer} taught"] = torch.cat(taught[layer])
        return outputs

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of the method, and for the student those of its teacher."""
        terms = self.method.losses(phase, nets, batch, outputs)
        if "generator" not in phase.trains:
            return terms
        if self.output_weight:
            distance = RECONSTRUCTION["l1"](outputs["fake"], outputs["taught"], batch.valid)
            terms["output"] = self.output_weight * distance
        if self.layers:
            distances = [mse_loss(outputs[f"{t} mapped"].float(), outputs[f"{t} taught"].float()) for t in self.layers]
            terms["features"] = self.feature_weight * torch.stack(distances).sum()
        return terms

    def _with_maps(self, phase: Phase) -> Phase:
        """f_t learn together with the student."""
        learns = self.layers and "generator" in phase.trains
        return replace(phase, trains=(*phase.trains, "maps")) if learns else phase


def cost(generator: Generator, size: tuple[int, int]) -> int:
    """Multiply-adds of a generator for one image of `size` (height, width)."""
    return multiply_adds(generator, 1, generator.in_channels, *size)


def allowed(budget: float, teacher: int) -> int:
    """Multiply-adds that a budget allows: up to 1 it is a share of the teacher's, else their number."""
    return int(budget * teacher) if budget <= 1 else int(budget)


@contextmanager
def _watched(network: nn.Module, layers: Sequence[str]) -> Iterator[dict[str, list[Tensor]]]:
    """What each of these modules gives while inside, one tensor a forward pass."""
    given: dict[str, list[Tensor]] = {layer: [] for layer in layers}

    def keep(layer: str) -> torch.utils.hooks.RemovableHandle:
        return network.get_submodule(layer).register_forward_hook(lambda _, __, output: given[layer].append(output))

    hooks = [keep(layer) for layer in layers]
    try:
        yield given
    finally:
        for hook in hooks:
            hook.remove()


def _check(config: Config, bundle: Bundle, student: Generator) -> None:
    teacher, said = bundle.generator, bundle.config
    theirs = (said.input, said.target)
    sides = (spec_of(config.data.input), spec_of(config.data.target))
    if any(replace(one, names=()) != replace(other, names=()) for one, other in zip(sides, theirs, strict=True)):
        raise ConfigError(
            f"{bundle.path}: translates {said.input.describe()} into {said.target.describe()}, the student is to "
            f"translate {sides[0].describe()} into {sides[1].describe()}; leave data.input and data.target as they were"
        )
    if config.data.size != said.size:
        raise ConfigError(
            f"data.size {config.data.size[0]}x{config.data.size[1]}: the teacher was trained at "
            f"{said.size[0]}x{said.size[1]}; leave the size as it is"
        )
    if config.distill.feature_weight and [*teacher.features] != [*student.features]:
        raise ConfigError(
            f"generator: the student has {len(student.features)} layers to compare, {', '.join(student.features)}, the "
            f"teacher {len(teacher.features)}; give it the teacher's name, depth and blocks, or set "
            "distill.feature_weight=0"
        )
    most, takes = allowed(config.distill.budget, cost(teacher, said.size)), cost(student, said.size)
    if takes > most:
        raise ConfigError(
            f"distill.budget: allows {most:,} multiply-adds and the student takes {takes:,}; lower generator.width, or "
            "raise the budget"
        )


def _inherit(discriminator: nn.Module, teacher: Path) -> None:
    """D starts from the teacher's, where the run that the teacher comes from is at hand and D is as it was there."""
    checkpoint = (teacher.parent if teacher.name == "bundle" else teacher) / CHECKPOINT
    if not checkpoint.is_file():
        logger.info(f"{teacher}: is in no run, so the discriminator begins anew")
        return
    try:
        networks = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)["networks"]
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(f"{checkpoint}: is damaged ({reason}); give a copy of the bundle beside it") from error
    theirs = networks.get("discriminator", {})
    if _shapes(theirs) != _shapes(discriminator.state_dict()):
        logger.info(f"{checkpoint}: its discriminator is of other settings, so the student's begins anew")
        return
    discriminator.load_state_dict(theirs)


def _shapes(state: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in state.items()}
