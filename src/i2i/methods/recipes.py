"""Recipes: each published way of training, by name, with every setting, and what sets it apart."""

from dataclasses import dataclass
from typing import Any

from i2i.config import Config, overlay
from i2i.errors import ConfigError, nearest

Changes = dict[str, Any]


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

_PIX2PIXHD: Changes = {
    "method": "pix2pixhd",
    "data": {"jitter": 1.0},
    "generator": {"name": "coarse-to-fine", "norm": "instance", "dropout": []},
    "discriminator": {"name": "multiscale", "norm": "instance"},
    "loss": {
        "adversarial": "least-squares",
        "reconstruction": "none",
        "reconstruction_weight": 0.0,
        "feature_matching_weight": 10.0,
        "perceptual_weight": 10.0,
    },
}

_CYCLEGAN: Changes = {
    "method": "cyclegan",
    "generator": {"name": "resnet", "norm": "instance", "dropout": []},
    "discriminator": {"norm": "instance", "conditional": False},
    "loss": {"adversarial": "least-squares", "reconstruction": "none", "reconstruction_weight": 0.0},
}
_CUT: Changes = {
    **_CYCLEGAN,
    "method": "cut",
    "generator": {**_CYCLEGAN["generator"], "downsample": "blur", "upsample": "blur", "init": "xavier"},
    "discriminator": {**_CYCLEGAN["discriminator"], "init": "xavier"},
}

_STARGAN: Changes = {
    "method": "stargan",
    "data": {"size": 128, "jitter": 1.0},
    "generator": {"name": "labelled", "blocks": 6, "norm": "instance", "dropout": [], "init": "uniform"},
    "discriminator": {"name": "classifying", "depth": 6, "norm": "none", "conditional": False, "init": "uniform"},
    "loss": {
        "adversarial": "wasserstein",
        "reconstruction": "none",
        "reconstruction_weight": 0.0,
        "discriminator_weight": 1.0,
        "gradient_penalty_weight": 10.0,
    },
    "optimizer": {"learning_rate": 1e-4},
    "training": {"images": 3_200_000, "batch": 16, "discriminator_steps": 5},
}

RECIPES: dict[str, Recipe] = {
    "pix2pix": Recipe(
        summary="The paper's objective and matched features, on networks with much less of a checkerboard; the default",
        source="Isola et al. 2017, https://arxiv.org/abs/1611.07004",
        differs=(
            "the decoder repeats pixels before a 3x3 convolution (Odena et al. 2016), where the paper has transposed "
            "convolutions, whose grid is seen in the outputs",
            "a skip at full size too, as the first U-Net had one (Ronneberger et al. 2015): what is as fine as a pixel "
            "need not be made anew from maps of half the size",
            "instance norm (Ulyanov et al. 2016) in both networks: an image is normalised in training as it is at "
            "test time, where batch norm mixes the images of a batch",
            "label maps as targets have L2, where L1 would have them of no class; all others L1",
            "what D's layers make of output and target is matched too (Wang et al. 2018)",
            "the learning rate grows with the square root of the batch",
            "products are in bfloat16 on processors that multiply in it, everything else and the weights in float32",
            "no norm where the bottleneck is one pixel: there it would set everything to zero",
            "the learning rate falls linearly over the second half of the run, and never reaches zero before its end",
            "the bundle keeps the weights that were best on held-out pairs, by sliced Wasserstein distance",
            "dropout is off at test time, so that an input has one answer; --dropout on brings the paper's noise back",
        ),
        changes={
            "generator": {"upsample": "resize", "norm": "instance", "full_size_skip": True},
            "discriminator": {"norm": "instance"},
            "loss": {"reconstruction": "auto", "feature_matching_weight": 10.0},
            "optimizer": {"learning_rate": "auto"},
            "training": {"precision": "auto"},
        },
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
    "pix2pixhd": Recipe(
        summary="pix2pixHD up to 1024 pixels wide: the global generator, discriminators of two scales",
        source="Wang et al. 2018, https://arxiv.org/abs/1711.11585",
        differs=(
            "no L1: feature matching and a perceptual loss, which needs VGG19's weights; loss.perceptual_weight=0 does "
            "without",
            "data.input.edges shows the boundaries between classes, and with data.input.objects those between objects; "
            "the features of objects, by which the paper edits them, are left out",
            "kept: VGG is shown images in [-1, 1] as they are, for which the published weight of 10 was found",
            "the learning rate falls smoothly, and never reaches zero before the end",
            "the bundle keeps the weights that were best on held-out pairs, by sliced Wasserstein distance",
        ),
        changes=_PIX2PIXHD,
    ),
    "pix2pixhd-local": Recipe(
        summary="pix2pixHD up to 2048 pixels wide: a local enhancer around the global generator, trained in stages",
        source="Wang et al. 2018, https://arxiv.org/abs/1711.11585, §3.1",
        differs=(
            "as pix2pixhd, with discriminators of three scales",
            "one run: 200 epochs of the global generator at half the size, 10 of the enhancer, 90 of both; published "
            "as two, whose second begins with new discriminators and the learning rate at its full height",
        ),
        changes={
            **_PIX2PIXHD,
            "generator": {**_PIX2PIXHD["generator"], "width": 32, "enhancers": 1},
            "discriminator": {**_PIX2PIXHD["discriminator"], "scales": 3},
            "schedule": {"coarse_share": 200 / 300, "enhancer_share": 10 / 300},
            "training": {"epochs": 300.0},
        },
    ),
    "spade": Recipe(
        summary="SPADE, known as GauGAN: label maps to photos, the map told anew after each normalisation",
        source="Park et al. 2019, https://arxiv.org/abs/1903.07291",
        differs=(
            "without the image encoder that takes the style of another photo",
            "no L1: feature matching and a perceptual loss, which needs VGG19's weights; loss.perceptual_weight=0 does "
            "without",
            "batches of 4, as each of the paper's eight GPUs had; there batch norm spoke for all 32",
            "D learns from what G gave before G's step, the published code paints anew after it",
            "the learning rate falls smoothly, and never reaches zero before the end",
            "the bundle keeps the weights that were best on held-out pairs, by sliced Wasserstein distance",
        ),
        changes={
            "method": "spade",
            "generator": {"name": "spade", "init": "xavier", "dropout": []},
            "discriminator": {"name": "multiscale", "norm": "instance", "spectral_norm": True, "init": "xavier"},
            "loss": {
                **_PIX2PIXHD["loss"],
                "adversarial": "hinge",
                "adversarial_weight": 0.5,  # the mean over the two scales, as published, and not their sum
                "discriminator_weight": 0.5,
            },
            "optimizer": {"learning_rate": 1e-4, "discriminator_learning_rate": 4e-4, "betas": [0.0, 0.9]},
            "training": {"batch": 4},
            "translation": {"statistics": "running", "dropout": False},
        },
    ),
    "bicyclegan": Recipe(
        summary="BicycleGAN: many answers to one input, by a latent code, and the style of a reference",
        source="Zhu et al. 2017, https://arxiv.org/abs/1711.11586",
        differs=(
            "both ways, from a target to its code and back and from a code to an output and back, take the whole batch;"
            " the published code cuts it into halves",
            "the encoder takes the mean over 8 by 8 places at any training size from 16 to 256 pixels",
            "the judges pad by 2, as pix2pixHD's, so that small images have logits at half their size too",
            "the learning rate falls smoothly, and never reaches zero before the end",
            "the bundle keeps the weights that were best on held-out pairs, each with a random code of its own, by "
            "sliced Wasserstein distance",
        ),
        changes={
            "method": "bicyclegan",
            "generator": {"name": "latent-unet", "norm": "instance", "dropout": [2, 3, 4], "init": "xavier"},
            "discriminator": {
                "name": "multiscale",
                "norm": "instance",
                "narrowing": True,
                "conditional": False,
                "init": "xavier",
            },
            "loss": {"adversarial": "least-squares", "reconstruction_weight": 10.0, "discriminator_weight": 1.0},
            "training": {"batch": 2},
        },
    ),
    "bridge": Recipe(
        summary="A Brownian bridge: paired, without a judge, drawn in steps; samples of what the target may be",
        source="Li et al. 2023, https://arxiv.org/abs/2205.07680 (BBDM)",
        differs=(
            "in pixels, where the paper has a latent space; the network sees the input at every step",
            "the sampler takes 8 steps and carries its noise along (eta 0), the paper's 200 and its own noise in each; "
            "--steps N takes more or fewer",
            "trained by squares on a mixture of target and noise, with the weighting of Karras et al. 2022",
            "no attention, and each place is normalised by itself, so that large images can be translated in tiles",
            "the learning rate falls smoothly, and never reaches zero before the end",
            "the bundle keeps averaged weights, those that were best on held-out pairs, by sliced Wasserstein distance",
        ),
        changes={
            "method": "bridge",
            "generator": {"name": "bridge", "upsample": "resize", "blocks": 1, "dropout": []},
            "loss": {"adversarial": "none", "reconstruction": "none", "reconstruction_weight": 0.0},
            "optimizer": {"learning_rate": 1e-3, "betas": [0.9, 0.99]},
            "training": {"batch": 8, "ema_halflife_images": 1000.0, "ema_rampup": 0.05},
            "translation": {"statistics": "running", "dropout": False, "steps": 8},
        },
    ),
    "cyclegan": Recipe(
        summary="CycleGAN: two sets of images without partners, both directions in one bundle",
        source="Zhu et al. 2017, https://arxiv.org/abs/1703.10593",
        differs=(
            "an epoch is as many images as the larger set has; of 200, the learning rate falls over the second half",
            "the identity term, which the paper has for paintings alone, is on as in the published code",
            "one Adam a network; the published code has one for both generators, one for both judges: the same",
            "the learning rate falls smoothly, and never reaches zero before the end",
            "the bundle keeps the weights that were best on held-out images, by sliced Wasserstein distance",
        ),
        changes=_CYCLEGAN,
    ),
    "cut": Recipe(
        summary="CUT: two sets of images without partners, one direction, by patches that keep their content",
        source="Park et al. 2020, https://arxiv.org/abs/2007.15651",
        differs=(
            "the networks that compare patches have their weights from the start, not from the first batch",
            "the finest features compared are those of the image itself, not of the image padded",
            "D halves by strided convolutions; the published code smooths there too, at four times the work",
            "the learning rate falls smoothly, and never reaches zero before the end",
            "the bundle keeps the weights that were best on held-out images, by sliced Wasserstein distance",
        ),
        changes={**_CUT, "training": {"epochs": 400.0}},
    ),
    "fastcut": Recipe(
        summary="FastCUT: as CUT, in half the epochs, lighter and bolder",
        source="Park et al. 2020, https://arxiv.org/abs/2007.15651, appendix C.1",
        differs=(
            "as cut, without the identity term, its weight 10, and with mirror images half of the time",
            "150 epochs at a constant learning rate, then 50 in which it falls",
        ),
        changes={
            **_CUT,
            "contrast": {"weight": 10.0, "identity": False, "flip": True},
            "schedule": {"name": "linear", "constant_share": 0.75},
        },
    ),
    "stargan": Recipe(
        summary="StarGAN: a folder a domain, one generator that translates each into each, told which by a label",
        source="Choi et al. 2018, https://arxiv.org/abs/1711.09020",
        differs=(
            "an image has one domain, that of its folder, and all domains come equally often; several attributes at "
            "once, and two sets of labels together, are left out",
            "the wanted domain is drawn for each image by itself, not by shuffling those of the batch",
            "the penalty is on the slope of the mean over the critic's map, which the loss is of; the published code "
            "has that of its sum",
            "the learning rate falls smoothly over the second half of the run, and never reaches zero before its end",
            "the bundle keeps the weights that were best on held-out images, by sliced Wasserstein distance, the mean "
            "over the domains",
        ),
        changes=_STARGAN,
    ),
    "acgan": Recipe(
        summary="As StarGAN by cross-entropy: PatchGAN with an auxiliary classifier, a step of D for each of G",
        source="Odena et al. 2017, https://arxiv.org/abs/1610.09585",
        differs=(
            "the paper makes images of noise and a label; here of an image and a label, which StarGAN's cycle keeps",
            "a PatchGAN with a class head, whose last layers see places 2 apart (Yu & Koltun 2016), in the place of a "
            "whole-image discriminator; discriminator.dilation=1 has them side by side",
            "nine residual blocks with batch norm at 256 pixels, and pix2pix's learning rate, batch and schedule; at "
            "test time training's statistics, as those of one image alone would take the label away",
            "the bundle keeps the weights that were best on held-out images, as stargan",
        ),
        changes={
            "method": "stargan",
            "generator": {"name": "labelled", "dropout": []},
            "discriminator": {"name": "classifying-patch", "conditional": False, "dilation": 2},
            "loss": {"reconstruction": "none", "reconstruction_weight": 0.0},
            "translation": {"statistics": "running", "dropout": False},
        },
    ),
}


def find_recipe(name: str) -> Config:
    """The configuration of a recipe. Raises `ConfigError` with the nearest name for an unknown one."""
    if name not in RECIPES:
        raise ConfigError(f"--recipe {name}: no such recipe; {nearest(name, RECIPES)}")
    return RECIPES[name].config(name)
