"""What is measured on the outputs of a validation: planted ailments give the numbers that the rules look for."""

import math

import numpy as np
import pytest
import torch

from i2i.data.layouts import find_pairs
from i2i.data.samples import Reading
from i2i.data.store import PairStore
from i2i.discriminators import PatchDiscriminator
from i2i.images import ImageSpec, LabelClass, Pixels
from i2i.training.symptoms import EXAMINED, Symptoms, make_judge, spread_evenly

SPECS = (ImageSpec(3), ImageSpec(3))
SIDE = 64


def pair(seed: int, side: int = SIDE) -> tuple[Pixels, Pixels]:
    """A textured input and its negative, darker."""
    random = np.random.default_rng(seed)
    given = random.integers(0, 256, (side // 8, side // 8, 3), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    noise = random.integers(-10, 10, given.shape)
    return (given + noise).clip(0, 255).astype(np.uint8), (200 - 0.7 * given + noise).clip(0, 255).astype(np.uint8)


def row_of(make, count: int = 6, symptoms: Symptoms | None = None, **settings) -> dict[str, float]:
    """The symptoms of outputs `make(given, wanted)`."""
    symptoms = symptoms or Symptoms(SPECS, (2, 4), **settings)
    for seed in range(count):
        given, wanted = pair(seed)
        symptoms.add(given, make(given, wanted), wanted)
    return symptoms.row(lambda pixels: pixels)


def test_perfect_outputs_are_as_their_targets():
    row = row_of(lambda given, wanted: wanted)
    assert row["contrast"] == row["variety"] == pytest.approx(1)
    assert row["correlation"] == pytest.approx(1)
    assert row["checkerboard"] == row["grid_level"] == row["error"] == 0
    assert row["input_variety"] > 0.1
    assert math.isnan(row["right_real"])
    assert math.isnan(row["error_trained"])


def test_outputs_of_one_value_have_no_contrast_and_no_variety():
    row = row_of(lambda given, wanted: np.full_like(wanted, 117))
    assert row["contrast"] < 0.01
    assert row["variety"] < 0.01
    assert math.isnan(row["correlation"])


def test_one_output_for_all_has_contrast_but_no_variety():
    same = pair(99)[1]
    row = row_of(lambda given, wanted: same)
    assert row["contrast"] > 0.8
    assert row["variety"] < 0.001


def test_the_negative_of_the_targets_correlates_negatively_and_of_one_channel_is_enough():
    assert row_of(lambda given, wanted: 255 - wanted)["correlation"] < -0.99

    def red_inverted(given: Pixels, wanted: Pixels) -> Pixels:
        made = wanted.copy()
        made[..., 0] = 255 - made[..., 0]
        return made

    assert row_of(red_inverted)["correlation"] < -0.99


def test_a_planted_grid_is_seen_with_its_level():
    def with_grid(given: Pixels, wanted: Pixels) -> Pixels:
        made = wanted.astype(int)
        made[::4] += 20
        return made.clip(0, 255).astype(np.uint8)

    row = row_of(with_grid)
    assert row["checkerboard"] > 6
    assert 5 < row["grid_level"] < 12
    assert math.isnan(row_of(with_grid, symptoms=Symptoms(SPECS))["checkerboard"])


def test_the_error_is_a_share_of_the_range_and_training_pairs_are_scored_alike(tmp_path, pairs):
    trained = PairStore(find_pairs(pairs).splits["train"][:3], Reading(*SPECS))
    symptoms = Symptoms(SPECS)
    given, wanted = np.zeros((SIDE, SIDE, 3), np.uint8), np.full((SIDE, SIDE, 3), 51, np.uint8)
    symptoms.add(given, given, wanted)
    row = symptoms.row(lambda pixels: 255 - pixels, trained)
    assert row["error"] == pytest.approx(0.2, abs=1e-6)
    assert row["error_trained"] < 0.01  # there the target is the input's negative


def test_what_is_no_reading_is_held_against_nobody():
    specs = (ImageSpec(1), ImageSpec(1, nodata=(0.0,)))
    symptoms = Symptoms(specs)
    wanted = np.full((SIDE, SIDE, 1), 100, np.uint8)
    wanted[:32] = 0
    made = np.full_like(wanted, 100)
    made[:32] = 250
    symptoms.add(wanted, made, wanted)
    assert symptoms.row(lambda pixels: pixels)["error"] == 0


def test_unpaired_sets_are_compared_as_sets():
    row = row_of(lambda given, wanted: given, paired=False)
    assert math.isnan(row["correlation"])
    assert math.isnan(row["error"])
    assert row["variety"] > 1


def test_of_many_pairs_the_first_are_examined():
    symptoms = Symptoms(SPECS)
    given, wanted = pair(0)
    for _ in range(EXAMINED):
        symptoms.add(given, wanted, wanted)
    symptoms.add(given, 255 - wanted, wanted)
    assert symptoms.row(lambda pixels: pixels)["error"] == 0


def brightness_judge(conditional: bool) -> PatchDiscriminator:
    """A discriminator with batch norm, in training mode as the loop has it."""
    torch.manual_seed(0)
    return PatchDiscriminator(6 if conditional else 3, width=4, depth=1).train()


@pytest.mark.parametrize("conditional", [True, False])
def test_the_discriminator_is_asked_and_left_as_it_was_to_the_bit(conditional):
    discriminator = brightness_judge(conditional)
    before = {name: value.clone() for name, value in discriminator.state_dict().items()}
    symptoms = Symptoms(SPECS, judge=make_judge(discriminator, "cross-entropy", SPECS))
    state = torch.random.get_rng_state()
    row = row_of(lambda given, wanted: given, symptoms=symptoms)
    assert 0 <= row["right_real"] <= 1
    assert 0 <= row["right_fake"] <= 1
    assert discriminator.training
    assert all(layer.training for layer in discriminator.modules())
    assert all(torch.equal(value, before[name]) for name, value in discriminator.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())


def test_right_is_what_lies_on_the_right_side_of_the_objectives_boundary():
    discriminator = brightness_judge(conditional=False)
    with torch.no_grad():
        for parameter in discriminator.output.parameters():
            parameter.zero_()
        discriminator.output.bias.fill_(0.3)  # everywhere a logit of 0.3: real by cross-entropy, fake by least squares
    for objective, real in (("cross-entropy", 1.0), ("hinge", 1.0), ("least-squares", 0.0)):
        judge = make_judge(discriminator, objective, SPECS)
        row = row_of(lambda given, wanted: given, symptoms=Symptoms(SPECS, judge=judge))
        assert (row["right_real"], row["right_fake"]) == (real, 1 - real), objective


def test_who_can_not_be_asked_is_not():
    discriminator = brightness_judge(conditional=False)
    labels = ImageSpec(1, classes=(LabelClass(0, "a", (0, 0, 0)), LabelClass(1, "b", (9, 9, 9))))
    assert make_judge(None, "cross-entropy", SPECS) is None
    assert make_judge(discriminator, "wasserstein", SPECS) is None
    assert make_judge(discriminator, "cross-entropy", (SPECS[0], labels)) is None
    judge = make_judge(PatchDiscriminator(5, width=4, depth=1), "hinge", SPECS)
    assert judge is not None
    assert judge.believes(*pair(0)) is None
    small = make_judge(PatchDiscriminator(3, width=4, depth=5), "hinge", SPECS)
    assert small is not None
    assert small.believes(*pair(0)) is None


def test_the_training_pairs_that_are_scored_are_spread_over_all():
    assert spread_evenly(3, 9) == [0, 3, 6]
    assert spread_evenly(8, 5) == [0, 1, 2, 3, 4]
    assert spread_evenly(8, 0) == []
