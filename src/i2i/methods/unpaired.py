"""What the methods that learn from two sets without partners can't work with."""

from i2i.config import Config
from i2i.data.survey import spec_of
from i2i.errors import ConfigError


def check_unpaired(config: Config, *, critic: bool = False) -> None:
    """Refuse settings that ask for a partner. Raises `ConfigError`.

    Args:
        config: a resolved one.
        critic: whether the method has a gradient penalty, and so can train a critic.
    """
    loss, method = config.loss, config.method
    if config.discriminator.conditional:
        raise ConfigError(
            f"discriminator.conditional: {method} has no input that belongs to a real image; "
            "set discriminator.conditional=false"
        )
    if loss.adversarial == "none":
        raise ConfigError(
            f"loss.adversarial: {method} learns from it alone what a target is; set loss.adversarial=least-squares"
        )
    if loss.reconstruction != "none":
        raise ConfigError(
            f"loss.reconstruction: {method} has no target to compare an output with; set loss.reconstruction=none"
        )
    if loss.feature_matching_weight or loss.perceptual_weight or loss.checkerboard_weight:
        raise ConfigError(
            f"loss: {method} has no target that an output could be compared with; set "
            "loss.feature_matching_weight=0, loss.perceptual_weight=0 and loss.checkerboard_weight=0"
        )
    if loss.r1_weight and config.discriminator.norm == "batch":
        raise ConfigError(
            "loss.r1_weight is set and discriminator.norm is 'batch', which mixes the gradients of the images of a "
            "batch; set discriminator.norm=instance"
        )
    if not critic and (loss.gradient_penalty_weight or loss.adversarial == "wasserstein"):
        raise ConfigError(
            f"loss: {method} has no gradient penalty, nor the critic that needs it; set "
            "loss.gradient_penalty_weight=0 and loss.adversarial=least-squares"
        )
    for which, side in (("input", config.data.input), ("target", config.data.target)):
        if spec_of(side).nodata or side.alpha == "mask":
            raise ConfigError(
                f"data.{which}: has places without a reading, which {method} would learn to paint; fill them first, or "
                "train on pairs"
            )
        if side.space == "ab":
            raise ConfigError(
                f"data.{which}.space: 'ab' lays colour on the input's lightness, and {method} has no target of that "
                "lightness; use rgb or lab"
            )
