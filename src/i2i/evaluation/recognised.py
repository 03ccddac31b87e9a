"""Whether the class head of a discriminator takes an image for one of the domain that was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from i2i.discriminators import Classifying
from i2i.errors import InputError
from i2i.metrics.measure import Measure, PairedMeasure

RECOGNISED = Measure(
    "Recognised",
    "",
    "higher",
    "share that the discriminator's own class head takes for the domain asked for: the judge that the generator learnt "
    "to please, so an opinion, not the truth; a high one with a large distance is no success",
    3,
)
"""What `recognised` measures."""


def recognised(discriminator: Classifying, domain: int) -> PairedMeasure:
    """1 for each output that `discriminator`, prepared for test, takes for `domain`, else 0; the target is not used.

    Raises, when it measures:
        InputError: the images are smaller than those by which it tells classes.
    """

    @torch.inference_mode()
    def function(output: Tensor, target: Tensor) -> Tensor:
        device = next(discriminator.parameters()).device
        try:
            classes = discriminator.classify(discriminator.judge(output.to(device)))
        except ValueError as error:
            raise InputError(str(error)) from error
        return classes.argmax(dim=1).eq(domain).float()

    described = {name: getattr(RECOGNISED, name) for name in ("label", "unit", "direction", "definition", "decimals")}
    return PairedMeasure(**described, function=function)


def over_domains(measures: Mapping[str, Measure], domains: Sequence[str]) -> dict[str, Measure]:
    """Of each measure the mean over all domains, by its own key, and by "KEY.DOMAIN" what it is in each."""
    found: dict[str, Measure] = {}
    for key, measure in measures.items():
        found[key] = replace(measure, definition=f"{measure.definition}; the mean over the domains")
        for name in domains:
            found[f"{key}.{name}"] = replace(measure, label=f"{measure.label}, to {name}")
    return found
