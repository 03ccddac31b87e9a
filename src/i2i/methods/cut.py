"""CUT: Contrastive Learning for Unpaired Image-to-Image Translation (Park et al., ECCV 2020), and FastCUT.

https://arxiv.org/abs/2007.15651. In the paper's symbols: x an input, y a target that does not belong to it, G and D the
networks, H the projection of patches, and

    L = L_GAN(G, D, X, Y) + λ_X L_PatchNCE(G, H, X) + λ_Y L_PatchNCE(G, H, Y)            (5)

with L_PatchNCE the mean over layers of equation (1), `i2i.losses.contrastive`: a patch of the output is to be told by
its features as the one of the input at the same place, among all others of that image. CUT has λ_X = λ_Y, of which the
published code takes half each; FastCUT has λ_Y = 0, and shows G the mirror image half of the time, whose features
are mirrored back (appendix C.1).

Here H has its weights from the start, drawn as those of G, where the published code draws them at the first step; and
the first layer is the image itself, which the published code pads.
"""

from typing import cast

import torch
from torch import Tensor, nn

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.data.survey import spec_of
from i2i.errors import ConfigError
from i2i.generators import Generator
from i2i.layers.initialise import initialise
from i2i.losses.contrastive import Projection, draw_places, patch_nce
from i2i.methods.adversary import Adversary
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.networks import fresh_discriminator, fresh_generator
from i2i.methods.unpaired import check_unpaired

BY_LEAST_SQUARES = Adversary()


class CUT:
    """The paper's method over any generator with an encoder, and any discriminator.

    Args:
        generator: G, (N, C, H, W) -> (N, C', H, W), both in [-1, 1], with the layers that `encode` gives.
        discriminator: D, logits over (N, C', H, W).
        projection: H, for these layers.
        adversary: L_GAN, with its weights.
        contrast_weight: λ_X, and with `identity` the sum of λ_X and λ_Y, half each.
        identity: whether there is λ_Y, for which C = C'.
        flip: whether G is shown the mirror image half of the time.
        patches: P, queries an image and layer.
        temperature: τ.
        discriminator_steps: D's updates for each of G's.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: nn.Module,
        projection: Projection,
        *,
        adversary: Adversary = BY_LEAST_SQUARES,
        contrast_weight: float = 1.0,
        identity: bool = True,
        flip: bool = False,
        patches: int = 256,
        temperature: float = 0.07,
        discriminator_steps: int = 1,
    ) -> None:
        self.nets = {"generator": generator, "discriminator": discriminator, "projection": projection}
        self.adversary = adversary
        self.contrast_weight = contrast_weight
        self.identity = identity
        self.flip = flip
        self.patches = patches
        self.temperature = temperature
        self.phases: tuple[Phase, ...] = (
            *adversary.phases("discriminator"),
            Phase("generator", trains=("generator", "projection"), every=discriminator_steps),
        )

    @classmethod
    def from_config(cls, config: Config) -> "CUT":
        """The method, with fresh networks, that a resolved configuration describes.

        Raises:
            ConfigError: an unknown network, or settings that contradict each other.
        """
        check_unpaired(config)
        contrast = config.contrast
        sides = (spec_of(config.data.input), spec_of(config.data.target))
        if sides[0].planes != sides[1].planes:
            raise ConfigError(
                f"method cut: compares an output with its input by one encoder, and {sides[0].describe()} is "
                f"translated into {sides[1].describe()}; make them alike with data.input.channels and "
                "data.target.channels, or use --recipe cyclegan --set cycle.identity_weight=0"
            )
        generator = fresh_generator(config)
        if not generator.encoded:
            raise ConfigError(
                f"generator.name: cut compares the layers of an encoder, which the {config.generator.name} does not "
                "tell; set generator.name=resnet"
            )
        projection = Projection(generator.encoded, contrast.width)
        initialise(projection, config.generator.init)
        return cls(
            generator,
            fresh_discriminator(config),
            projection,
            adversary=Adversary.from_config(config),
            contrast_weight=contrast.weight,
            identity=contrast.identity,
            flip=contrast.flip,
            patches=contrast.patches,
            temperature=contrast.temperature,
            discriminator_steps=config.training.discriminator_steps,
        )

    def networks(self) -> dict[str, nn.Module]:
        """G, D and H."""
        return dict(self.nets)

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """G(x), of x mirrored or not, which "mirrored" tells; and G(y) if λ_Y is not 0."""
        mirrored = torch.rand(()) < 0.5 if self.flip else torch.tensor(False)
        x = batch.input.flip(3) if mirrored else batch.input
        outputs = {"fake": nets["generator"](x), "mirrored": mirrored}
        return outputs | ({"same": nets["generator"](batch.target)} if self.identity else {})

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of D's objective, or of that of G and H."""
        D, y, G_x = nets["discriminator"], batch.target, outputs["fake"]
        if phase.name == "discriminator":
            real, fake = self.adversary.judge(D, y, G_x.detach())
            return {"real": real, "fake": fake}
        if phase.name == "r1":
            return {"penalty": self.adversary.penalise(D, y)}
        contrast = self._contrast(nets, batch.input, G_x, mirrored=bool(outputs["mirrored"]))
        terms = {"adversarial": self.adversary.deceive(D, G_x, y)}
        if not self.identity:
            return terms | {"contrast": self.contrast_weight * contrast}
        identity = self._contrast(nets, y, outputs["same"])
        half = 0.5 * self.contrast_weight
        return terms | {"contrast": half * contrast, "identity": half * identity}

    def _contrast(self, nets: Networks, image: Tensor, made: Tensor, *, mirrored: bool = False) -> Tensor:
        """L_PatchNCE of G's output `made` and the image of which it was made; `mirrored` says that of its mirror."""
        generator, projection = cast(Generator, nets["generator"]), nets["projection"]
        with torch.no_grad():
            features = generator.encode(image)
            places = draw_places(features, self.patches)
            keys = projection(features, places)
        features = [each.flip(3) if mirrored else each for each in generator.encode(made)]
        queries = projection(features, places)
        terms = [patch_nce(query, key, self.temperature) for query, key in zip(queries, keys, strict=True)]
        return torch.stack(terms).mean()
