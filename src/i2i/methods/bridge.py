"""A Brownian bridge from input to target: BBDM (Li et al., CVPR 2023), told the input besides.

https://arxiv.org/abs/2205.07680. x is the input, y the target; z_t the bridge between them, seen as w_t from its
straight line (`i2i.generators.brownian`), s its noise, ε ~ N(0, 1) and

    E[‖v_θ(w_t, t, x) - v(y, ε, t)‖²],    w_t = (1 - t) y + √δ_t ε,    δ_t = s² t (1 - t)

is least where v_θ tells E[y | w_t, x]: the sampler needs no more to draw from p(y | x). There is no judge. Apart from
the paper, which has a latent space and no x beside z_t,

- the network sees x: a bridge that forgets its other end keeps the two sets of images, but not which belongs to which
  (De Bortoli et al. 2023, https://arxiv.org/abs/2311.06978);
- v, a mixture of y and ε of the same scale at all times, is learnt in place of z_t - y, by squares in place of L1:
  squares, because the mean is what the sampler is derived for (Karras et al. 2022, https://arxiv.org/abs/2206.00364);
- t is spread over (0, 1) as the steps of the sampler are, `i2i.generators.brownian.times`.
"""

from typing import cast

import torch
from torch import Tensor, nn

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.errors import ConfigError
from i2i.generators.bridge import BridgeUNet
from i2i.generators.brownian import draw_times
from i2i.losses.pixels import l2
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.networks import fresh_generator


class BrownianBridge:
    """The method over a generator that works step by step.

    Args:
        generator: v_θ and its sampler.
    """

    def __init__(self, generator: BridgeUNet) -> None:
        self.generator = generator
        self.phases: tuple[Phase, ...] = (Phase("generator", trains=("generator",)),)

    @classmethod
    def from_config(cls, config: Config) -> "BrownianBridge":
        """The method, with a fresh network, that a resolved configuration describes.

        Raises:
            ConfigError: a generator that does not work step by step, or terms of an objective that has none.
        """
        loss = config.loss
        terms = {
            "loss.adversarial": loss.adversarial != "none",
            "loss.reconstruction": loss.reconstruction != "none",
            "loss.perceptual_weight": loss.perceptual_weight > 0,
            "loss.checkerboard_weight": loss.checkerboard_weight > 0,
            "augment.discriminator": bool(config.augment.discriminator),
        }
        for name, there in terms.items():
            if there:
                raise ConfigError(
                    f"{name}: is set, and the objective of method bridge is the mean square of its one term, without "
                    "a judge; leave it as --recipe bridge has it"
                )
        generator = fresh_generator(config)
        if not isinstance(generator, BridgeUNet):
            raise ConfigError(
                f"generator.name: method bridge trains a generator that works step by step, and the "
                f"{config.generator.name} answers at once; set generator.name=bridge"
            )
        return cls(generator)

    def networks(self) -> dict[str, nn.Module]:
        """The generator alone."""
        return {"generator": self.generator}

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """v_θ(w_t, t, x) as "predicted", and v(y, ε, t) as "wanted", at a time drawn for each image."""
        generator, x, y = cast(BridgeUNet, nets["generator"]), batch.input, batch.target
        t, noise = draw_times(len(y), y.device), torch.randn_like(y)
        predicted = generator.predict(generator.bridge.at(y, t, noise), t, x)
        return {"predicted": predicted, "wanted": generator.bridge.wanted(y, t, noise)}

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The mean square, over what is a reading of the target."""
        return {"bridge": l2(outputs["predicted"], outputs["wanted"], batch.valid)}
