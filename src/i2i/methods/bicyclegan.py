"""BicycleGAN: Toward Multimodal Image-to-Image Translation (Zhu et al., NeurIPS 2017).

https://arxiv.org/abs/1711.11586. In the paper's symbols: A the input, B the target, z the latent code, G(A, z) the
output, E(B) a Gaussian over codes, and

    G*, E* = arg min_{G,E} max_D  L_GAN^VAE(G, D, E) + λ L_1^VAE(G, E)
                                + L_GAN(G, D) + λ_latent L_1^latent(G, E) + λ_KL L_KL(E)        (7)

There and back on two ways. cVAE-GAN (4), B → z → B: G is told a code drawn from E(B), so that it can paint B, and
L_1^VAE = E[‖B - G(A, z)‖₁]; L_KL = E[D_KL(E(B) ‖ N(0, I))] keeps these codes like random ones. cLR-GAN (5, 6),
z → B → z: G is told a random code, z ~ N(0, I), and E is to find it again, L_1^latent = E[‖z - E(G(A, z))‖₁], of which
only G learns. What E finds is its mean.

As in the published code each way has a judge of its own, G and E learn before them, and D's objective is not halved.
There a batch is cut into halves, whose inputs G paints in both ways and whose targets one judge each sees. Here both
ways take the whole batch: (7) is a sum of expectations over all pairs, and so an image counts once in a step whatever
the batch, which may be odd, or one. A step costs G two forward passes an image, as that of CycleGAN.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.encoders import Encoder
from i2i.encoders.encoder import divergence, sample
from i2i.errors import ConfigError
from i2i.generators import Generator
from i2i.losses.pixels import RECONSTRUCTION, Reconstruction
from i2i.methods.adversary import Adversary
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.networks import fresh_discriminator, fresh_encoder, fresh_generator

BY_LEAST_SQUARES = Adversary(discriminator_weight=1.0)


class BicycleGAN:
    """The paper's method over any generator that is told a code, and any discriminators.

    Args:
        generator: G, (N, C, H, W) and (N, code) -> (N, C', H, W), both images in [-1, 1].
        encoder: E, (N, C', H, W) -> μ and log σ², (N, code) each.
        discriminator: of what G makes of random codes, as it will be used: logits over (N, C', H, W), or over
            (N, C + C', H, W) if `conditional`.
        encoded_discriminator: the same of what G makes of the codes of targets.
        adversary: L_GAN^VAE, with its weights.
        random_weight: of L_GAN, as the adversary's weight is of L_GAN^VAE.
        reconstruction: L_1^VAE, or another function (G(A, z), B, where B is a reading) -> scalar.
        reconstruction_weight: λ.
        code_weight: λ_latent.
        divergence_weight: λ_KL.
        conditional: whether the judges see A beside B.
        discriminator_steps: the judges' updates for each of G's and E's.
    """

    def __init__(
        self,
        generator: Generator,
        encoder: Encoder,
        discriminator: nn.Module,
        encoded_discriminator: nn.Module,
        *,
        adversary: Adversary = BY_LEAST_SQUARES,
        random_weight: float = 1.0,
        reconstruction: Reconstruction = RECONSTRUCTION["l1"],
        reconstruction_weight: float = 10.0,
        code_weight: float = 0.5,
        divergence_weight: float = 0.01,
        conditional: bool = False,
        discriminator_steps: int = 1,
    ) -> None:
        self.nets = {
            "generator": generator,
            "encoder": encoder,
            "discriminator": discriminator,
            "encoded_discriminator": encoded_discriminator,
        }
        self.adversary = adversary
        self.random_weight = random_weight
        self.reconstruction = reconstruction
        self.reconstruction_weight = reconstruction_weight
        self.code_weight = code_weight
        self.divergence_weight = divergence_weight
        self.conditional = conditional
        self.phases: tuple[Phase, ...] = (
            Phase("generator", trains=("generator", "encoder"), every=discriminator_steps),
            *adversary.phases("discriminator", "encoded_discriminator"),
        )

    @classmethod
    def from_config(cls, config: Config) -> "BicycleGAN":
        """The method, with fresh networks, that a resolved configuration describes.

        Raises:
            ConfigError: an unknown network, or settings that contradict each other.
        """
        check_objective(config)
        generator = fresh_generator(config)
        if not (generator.condition and generator.draws):
            raise ConfigError(
                f"generator.name: bicyclegan tells it a latent code, and the {config.generator.name} takes none; set "
                "generator.name=latent-unet"
            )
        loss, bicycle = config.loss, config.bicycle
        return cls(
            generator,
            fresh_encoder(config),
            fresh_discriminator(config),
            fresh_discriminator(config),
            adversary=Adversary.from_config(config),
            random_weight=bicycle.random_weight,
            reconstruction=RECONSTRUCTION[loss.reconstruction],
            reconstruction_weight=loss.reconstruction_weight,
            code_weight=bicycle.code_weight,
            divergence_weight=bicycle.divergence_weight,
            conditional=config.discriminator.conditional,
            discriminator_steps=config.training.discriminator_steps,
        )

    def networks(self) -> dict[str, nn.Module]:
        """G, E, and both D."""
        return dict(self.nets)

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """μ and log σ² of E(B), G(A, z) with z ~ E(B), the random code, and G(A, z) with that.

        Where B is no reading, outputs are B itself, so that nobody learns anything there.
        """
        G, E, A, B = cast(Generator, nets["generator"]), nets["encoder"], batch.input, batch.target
        mean, log_variance = E(B)
        z = G.draw(len(A)).to(A)
        return {
            "mean": mean,
            "log-variance": log_variance,
            "encoded": batch.only_readings(G(A, sample(mean, log_variance))),
            "code": z,
            "random": batch.only_readings(G(A, z)),
        }

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of the objective of G and E, or of the judges."""
        if phase.name == "generator":
            return self._generator_losses(nets, batch, outputs)
        D, D_encoded, B = nets["discriminator"], nets["encoded_discriminator"], self._seen(batch, batch.target)
        if phase.name == "r1":
            return {
                "penalty": self.adversary.penalise(D, B),
                "encoded-penalty": self.adversary.penalise(D_encoded, B),
            }
        real, fake = self.adversary.judge(D, B, self._seen(batch, outputs["random"].detach()))
        encoded = self.adversary.judge(D_encoded, B, self._seen(batch, outputs["encoded"].detach()))
        return {"real": real, "fake": fake, "encoded-real": encoded[0], "encoded-fake": encoded[1]}

    def _generator_losses(self, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        B = self._seen(batch, batch.target)

        def deceive(judge: str, made: str) -> Tensor:
            return self.adversary.deceive(nets[judge], self._seen(batch, outputs[made]), B)

        encoded = self.reconstruction(outputs["encoded"], batch.target, batch.valid)
        apart = divergence(outputs["mean"].float(), outputs["log-variance"].float())
        return {
            "encoded-adversarial": deceive("encoded_discriminator", "encoded"),
            "adversarial": self.random_weight * deceive("discriminator", "random"),
            "reconstruction": self.reconstruction_weight * encoded,
            "code": self.code_weight * self._latent(nets["encoder"], outputs),
            "divergence": self.divergence_weight * apart,
        }

    def _latent(self, E: nn.Module, outputs: Outputs) -> Tensor:
        """L_1^latent, of which only G learns: E's weights are constants here."""
        weights = {name: weight.detach() for name, weight in E.named_parameters()}
        found: Tensor = functional_call(E, weights, (outputs["random"],))[0]
        return (found - outputs["code"]).abs().mean()

    def _seen(self, batch: Batch, image: Tensor) -> Tensor:
        """What a judge is shown."""
        return torch.cat([batch.input, image], dim=1) if self.conditional else image


def check_objective(config: Config) -> None:
    """Refuse settings that the method has no place for. Raises `ConfigError`."""
    loss = config.loss
    if loss.adversarial == "none" or loss.reconstruction == "none":
        raise ConfigError(
            "loss: bicyclegan learns from judges what is real, and from the target what its code should tell; set "
            "loss.adversarial=least-squares and loss.reconstruction=l1"
        )
    if loss.feature_matching_weight or loss.perceptual_weight or loss.checkerboard_weight:
        raise ConfigError(
            "loss: bicyclegan compares a target with what is made of its own code alone, pixel by pixel; set "
            "loss.feature_matching_weight=0, loss.perceptual_weight=0 and loss.checkerboard_weight=0"
        )
    if loss.gradient_penalty_weight or loss.adversarial == "wasserstein":
        raise ConfigError(
            "loss: bicyclegan has no gradient penalty, nor the critic that needs it; set "
            "loss.gradient_penalty_weight=0 and loss.adversarial=least-squares"
        )
    if loss.r1_weight and config.discriminator.norm == "batch":
        raise ConfigError(
            "loss.r1_weight is set and discriminator.norm is 'batch', which mixes the gradients of the images of a "
            "batch; set discriminator.norm=instance"
        )
