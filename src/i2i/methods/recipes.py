"""Recipes: each published way of training, by name, with every setting, and what sets it apart."""

from dataclasses import dataclass
from typing import Any

from i2i.config import Config, overlay
from i2i.errors import ConfigError, nearest

Changes = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Recipe:
    """A configuration with a name.

    `differs` says, a line each, where it departs from the paper, and which mistakes of the original it avoids
    or keeps on purpose.
    """

    summary: str
    source: str
    differs: tuple[str, ...]
    changes: Changes

    def config(self, name: str) -> Config:
        """The recipe as a configuration."""
        return overlay(Config(), {"recipe": name, **self.changes}, source=f"recipe {name}")


_CONSTANT = {"name": "constant"}
_PAPER_TEST_MODE = {"statistics": "batch", "dropout": True}

RECIPES: dict[str, Recipe] = {
    "pix2pix": Recipe(
        summary="The paper, with its known mistakes mended; the default",
        source="Isola et al. 2017, https://arxiv.org/abs/1611.07004",
        differs=(
            "no norm where the bottleneck is one pixel: there, batch norm at batch 1 sets everything to zero",
            "the learning rate falls linearly over the second half of the run, and never reaches zero before its end",
            "the bundle keeps the weights that were best on held-out pairs, by sliced Wasserstein distance",
            "dropout is off at test time, so that an input has one answer; --dropout on brings the paper's noise back",
        ),
        changes={},
    ),
    "pix2pix-paper": Recipe(
        summary="The paper to the letter, errata included",
        source="Isola et al. 2017, https://arxiv.org/abs/1611.07004, §3.3 and §6",
        differs=(
            "avoided: batch norm at the one-pixel bottleneck, which the errata says was in effect and was removed",
            "D's objective is halved; the learning rate is constant; dropout stays on at test time",
        ),
        changes={
            "schedule": _CONSTANT,
            "translation": _PAPER_TEST_MODE,
            "training": {"best": "last"},
        },
    ),
    "pix2pix-lua2016": Recipe(
        summary="The authors' first release in Torch",
        source="https://github.com/phillipi/pix2pix",
        differs=(
            "D's objective is not halved: the release reports the half and descends the sum",
            "no biases: the release zeroes those of all convolutions before every step",
            "bilinear resizing; a constant learning rate; dropout stays on at test time",
            "avoided: G's adversarial gradient taken from D's output before D's update, through D's weights after it",
            "left out: blue-green-red channel order, which a network trained from scratch can't tell",
        ),
        changes={
            "data": {"interpolation": "bilinear"},
            "generator": {"bias": "none"},
            "discriminator": {"bias": "none"},
            "loss": {"discriminator_weight": 1.0},
            "schedule": _CONSTANT,
            "translation": _PAPER_TEST_MODE,
            "training": {"best": "last"},
        },
    ),
    "pix2pix-pytorch": Recipe(
        summary="The public PyTorch port, as most people have trained it",
        source="https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix",
        differs=(
            "dropout in the second to fourth layer of the decoder, where the paper has the first to third",
            "100 epochs at a constant learning rate, then 100 in which it falls in steps, an epoch each",
            "dropout stays on at test time, and batch norm uses the statistics of the image",
            "avoided: releases from 2020 to 2024 step the schedule early and train their last epoch at rate zero",
        ),
        changes={
            "generator": {"dropout": [2, 3, 4]},
            "schedule": {"name": "linear", "constant_share": 0.5, "stairs": 200},
            "translation": _PAPER_TEST_MODE,
            "training": {"best": "last"},
        },
    ),
}


def find_recipe(name: str) -> Config:
    """The configuration of a recipe. Raises `ConfigError` with the nearest name for an unknown one."""
    if name not in RECIPES:
        raise ConfigError(f"--recipe {name}: no such recipe; {nearest(name, RECIPES)}")
    return RECIPES[name].config(name)
