"""Straight to N equals killed in the middle and continued to N, bit for bit."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import TINY, draw_pair

from i2i.config import overlay, to_tree
from i2i.images import write_image
from i2i.methods.recipes import find_recipe

KILL_AT = 14
"""Images after which the process kills itself: between two checkpoints, which come every 4."""

SCRIPT = """
import json, os, signal, sys
from i2i.training import train

tree, pairs, to, kill_at = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])

def progress(now):
    if now.images_seen == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)

train(pairs, to=to, config=tree, progress=progress)
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    file = tmp_path_factory.mktemp("script") / "train_some.py"
    file.write_text(SCRIPT)
    return file


def run(script: Path, tree: dict, pairs: Path, to: Path, kill_at: int = 0) -> int:
    process = subprocess.Popen(
        [sys.executable, str(script), json.dumps(tree), str(pairs), str(to), str(kill_at)],
        start_new_session=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        _, errors = process.communicate(timeout=240)
    finally:
        with suppress(ProcessLookupError):  # the second of two processes does not outlive the first
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == (-signal.SIGKILL if kill_at else 0), errors
    return process.returncode


def everything_on(**training) -> dict:
    """Dropout, jitter, the averaged generator, accumulation and a falling learning rate."""
    tree = to_tree(overlay(find_recipe("pix2pix"), TINY))
    tree["training"] |= {
        "batch": 2,
        "ema_halflife_images": 8.0,
        "checkpoint_every_images": 4,
        "validate_every_images": 8,
        **training,
    }
    assert tree["generator"]["dropout"]
    assert tree["data"]["jitter"] > 1
    assert tree["data"]["mirror"]
    return tree


UNPAIRED = {
    "cyclegan": {"generator": {"blocks": 1}, "cycle": {"pool": 3}},
    "cut": {"generator": {"blocks": 1}, "contrast": {"patches": 16, "width": 8, "flip": True}},
}


def unpaired(recipe) -> dict:
    """With a pool that is soon full, mirror images, and the averaged generators."""
    tree = to_tree(overlay(overlay(find_recipe(recipe), TINY), UNPAIRED[recipe]))
    tree["training"] |= {"ema_halflife_images": 8.0, "checkpoint_every_images": 4, "accumulate": 2}
    return tree


@pytest.mark.parametrize(
    "training",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"accumulate": 2, "discriminator_steps": 2},
        pytest.param({"devices": 2, "batch": 2}, id="two processes"),
    ],
)
def test_killed_and_continued_equals_straight_bit_for_bit(script, pairs, tmp_path, training):
    check_resume(script, everything_on(**training), pairs, tmp_path)


@pytest.mark.parametrize(
    "recipe", [pytest.param(name, marks=[pytest.mark.slow] if name == "cut" else []) for name in UNPAIRED]
)
def test_methods_without_partners_resume_bit_for_bit(script, pairs, tmp_path, recipe):
    checkpoint = check_resume(script, unpaired(recipe), pairs, tmp_path)
    pools = checkpoint["memory"]
    assert {name: len(pool["images"]) for name, pool in pools.items()} == (
        {"fake": 3, "reverse_fake": 3} if recipe == "cyclegan" else {}
    )


def test_latent_codes_and_their_encoder_resume_bit_for_bit(script, pairs, tmp_path):
    changes = {"bicycle": {"encoder_width": 4}, "augment": {"discriminator": ["colour"]}}
    tree = to_tree(overlay(overlay(find_recipe("bicyclegan"), TINY), changes))
    tree["training"] |= {"ema_halflife_images": 8.0, "checkpoint_every_images": 4, "accumulate": 2}
    checkpoint = check_resume(script, tree, pairs, tmp_path)
    assert set(checkpoint["ema"]) == {"generator", "encoder"}
    assert (tmp_path / "stopped" / "bundle" / "encoder.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["stargan", "acgan"])
def test_domains_that_are_drawn_resume_bit_for_bit(script, domains, tmp_path, recipe):
    """Killed between two steps of the generator, which learns at every second one."""
    changes = {"discriminator": {"depth": 2}, "generator": {"blocks": 1}, "augment": {"discriminator": ["translation"]}}
    tree = to_tree(overlay(overlay(find_recipe(recipe), NO_DIRECTION), changes))
    tree["training"] |= {"ema_halflife_images": 8.0, "checkpoint_every_images": 4, "accumulate": 2}
    tree["training"] |= {"discriminator_steps": 2}
    checkpoint = check_resume(script, tree, domains, tmp_path)
    assert set(checkpoint["networks"]) == {"generator", "discriminator"}


NO_DIRECTION = {**TINY, "data": {"size": TINY["data"]["size"]}}


@pytest.fixture(scope="module")
def domains(tmp_path_factory):
    root = tmp_path_factory.mktemp("domains")
    for domain, count in (("dark", 5), ("light", 7)):
        for number in range(count):
            write_image(root / domain / f"{number}.png", draw_pair(number)[0] // (2 if domain == "dark" else 1))
    return root


def test_times_and_noise_of_a_bridge_and_its_ramped_average_resume_bit_for_bit(script, pairs, tmp_path):
    tree = to_tree(overlay(overlay(find_recipe("bridge"), TINY), {"generator": {"depth": 1}}))
    tree["training"] |= {"ema_halflife_images": 8.0, "checkpoint_every_images": 4, "accumulate": 2}
    assert tree["training"]["ema_rampup"]
    check_resume(script, tree, pairs, tmp_path)


def check_resume(script, tree, pairs, tmp_path):
    """Train straight, and killed in the middle; the same comes out. The checkpoint."""
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    run(script, tree, pairs, straight)
    run(script, tree, pairs, stopped, kill_at=KILL_AT)
    partial = torch.load(stopped / "checkpoint.pt", weights_only=True)
    assert partial["images_seen"] == 12
    run(script, tree, pairs, stopped)
    assert_equal(
        torch.load(straight / "checkpoint.pt", weights_only=True),
        torch.load(stopped / "checkpoint.pt", weights_only=True),
    )
    for file in (straight / "bundle").glob("*.safetensors"):
        assert_equal(load_file(file), load_file(stopped / "bundle" / file.name))
    for name in ("bundle/config.json", "validation.csv", "symptoms.csv"):
        assert (straight / name).read_bytes() == (stopped / name).read_bytes(), name
    images = [row.split(",")[0] for row in (stopped / "losses.csv").read_text().splitlines()]
    assert len(images) == len(set(images)), "a row was logged twice"
    return torch.load(stopped / "checkpoint.pt", weights_only=True)


STAGED = {
    "data": {"jitter": 1.2},
    "generator": {"depth": 2, "blocks": 1, "enhancer_blocks": 1},
    "discriminator": {"scales": 2, "spectral_norm": True},
    "loss": {"perceptual_weight": 0.0, "r1_weight": 1.0, "r1_every": 3, "adversarial": "relativistic-hinge"},
    "schedule": {"coarse_share": 0.4, "enhancer_share": 0.3},
}
LABELLED = {
    "data": {"input": {"classes": "auto"}},
    "generator": {"depth": 2},
    "loss": {"perceptual_weight": 0.0},
    "augment": {"discriminator": ["colour", "translation", "cutout"]},
}


@pytest.mark.parametrize(
    ("recipe", "changes"), [("pix2pixhd-local", STAGED), pytest.param("spade", LABELLED, marks=pytest.mark.slow)]
)
def test_so_do_stages_and_the_vectors_of_spectral_norm(script, pairs, tmp_path, recipe, changes):
    """Killed in the second stage, after a checkpoint in the first."""
    tree = to_tree(overlay(overlay(find_recipe(recipe), TINY), changes))
    tree["training"] |= {"ema_halflife_images": 8.0, "checkpoint_every_images": 4, "validate_every_images": 8}
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    run(script, tree, pairs, straight)
    run(script, tree, pairs, stopped, kill_at=10 if recipe == "pix2pixhd-local" else KILL_AT)
    assert torch.load(stopped / "checkpoint.pt", weights_only=True)["images_seen"] in (8, 12)
    run(script, tree, pairs, stopped)
    whole, continued = (torch.load(each / "checkpoint.pt", weights_only=True) for each in (straight, stopped))
    assert_equal(whole, continued)
    assert any(key.endswith(".u") for key in whole["networks"]["discriminator"])
    assert ("coarse-output" in whole["networks"]) is (recipe == "pix2pixhd-local")
    assert_equal(load_file(straight / "bundle/model.safetensors"), load_file(stopped / "bundle/model.safetensors"))


def assert_equal(one, other, where="checkpoint"):
    """Equal to the bit, through dicts and lists; wall-clock seconds aside."""
    assert type(one) is type(other), where
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one.keys() - {"seconds"}:
            assert_equal(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list | tuple):
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_equal(a, b, f"{where}[{number}]")
    else:
        assert one == other, where
