"""Each rule fires where its ailment is planted, is quiet in health, and tells what was seen and what to do."""

import math
from dataclasses import replace

import pytest

from i2i.runs import Record, examine
from i2i.runs.rules import CHECKS, certainty, validations_since_best

CONFIG = {
    "loss": {"adversarial": "cross-entropy", "discriminator_weight": 0.5},
    "training": {"images": 10000, "best": "sliced_wasserstein"},
}
MEASURES = {
    "sliced_wasserstein": {"direction": "lower", "label": "Sliced Wasserstein"},
    "psnr": {"direction": "higher"},
}

HEALTH = {
    "right_real": 0.9, "right_fake": 0.85, "contrast": 0.7, "variety": 0.45, "input_variety": 0.56, "correlation": 0.35,
    "checkerboard": 7.5, "grid_level": 2.1, "error": 0.17, "error_trained": 0.165,
}  # fmt: skip
"""As a training of façades had it."""


def record(losses: dict | None = None, best: list[float] | None = None, **symptoms: float | list[float]) -> Record:
    """Six validations of a healthy training of which half is done, but for what is said."""
    seen = [float(1000 * number) for number in range(1, 7)]
    columns = {
        name: (value if isinstance(value, list) else [HEALTH[name]] * 4 + [value] * 2)
        for name, value in {**HEALTH, **symptoms}.items()
    }
    rows = [float(50 * number) for number in range(1, 121)]
    terms = {"discriminator.real": 0.25, "discriminator.fake": 0.2, "generator.reconstruction": 30.0} | (losses or {})
    return Record(
        config=CONFIG,
        losses={"images_seen": rows} | {name: [value] * len(rows) for name, value in terms.items()},
        validation={"images_seen": seen, "sliced_wasserstein": best or [0.4, 0.35, 0.3, 0.29, 0.28, 0.27]},
        symptoms={"images_seen": seen} | columns,
        measures=MEASURES,
    )


def checks(found: Record) -> list[str]:
    return [finding.check for finding in examine(found)]


def test_a_healthy_training_has_no_findings():
    assert examine(record()) == []
    assert examine(Record()) == []


SURE = {"discriminator.real": 0.005, "discriminator.fake": 0.004}
DOUBTING = {"discriminator.real": 0.05, "discriminator.fake": 0.08}

PLANTED = {
    "constant": record(contrast=0.12, variety=0.05),
    "collapse": record(variety=0.04),
    "inversion": record(correlation=-0.6),
    "discriminator-wins": record(SURE),
    "discriminator-memorises": record(DOUBTING, right_real=0.1, right_fake=0.95),
    "checkerboard": record(checkerboard=14.0, grid_level=5.0),
    "over-fitting": record(best=[0.3, 0.28, 0.29, 0.3, 0.31, 0.32], error=0.19, error_trained=0.12),
    "diverged": replace(record(), diverged="image 4242: the term generator.reconstruction is nan"),
}  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
def test_a_planted_ailment_is_found_alone_and_says_what_to_do(check):
    (finding,) = examine(PLANTED[check])
    assert finding.check == check
    assert len(finding.summary) > 20
    assert len(finding.advice) > 20
    assert "\n" not in finding.summary + finding.advice
    assert finding.images_seen == 6000
    for name in finding.columns:
        file, _, column = name.partition(".")
        assert column in getattr(PLANTED[check], file)


def test_once_may_be_chance():
    for check, name in (("constant", "contrast"), ("collapse", "variety"), ("inversion", "correlation")):
        sick = PLANTED[check].symptoms[name][-1]
        healed = record(**{name: [HEALTH[name]] * 3 + [sick, sick, HEALTH[name]]})
        once = record(**{name: [HEALTH[name]] * 5 + [sick]})
        assert checks(healed) == checks(once) == []


def test_at_the_start_every_generator_gives_grey_with_a_grid_and_nothing_is_said():
    young = {"images_seen": [100.0, 200.0], **{name: [value] * 2 for name, value in HEALTH.items()}}
    young |= {"contrast": [0.1, 0.1], "variety": [0.02, 0.03], "checkerboard": [16.0, 14.0], "grid_level": [4.0, 4.0]}
    assert checks(replace(record(), losses={}, validation={}, symptoms=young)) == []


def test_a_grid_early_in_a_long_training_is_left_to_it():
    assert checks(PLANTED["checkerboard"]) == ["checkerboard"]
    longer = {**CONFIG, "training": CONFIG["training"] | {"images": 100_000}}
    assert checks(replace(PLANTED["checkerboard"], config=longer)) == []


@pytest.mark.parametrize(
    ("settings", "advised"),
    [
        ({"generator": {"upsample": "transposed"}}, "generator.upsample=resize"),
        ({"generator": {"upsample": "resize"}}, "loss.checkerboard_weight=400"),
        ({"generator": {"upsample": "resize"}, "loss": {"checkerboard_weight": 400.0}}, "training.seed"),
        ({"generator": {"upsample": "resize"}, "method": "cut"}, "training.seed"),
    ],
)
def test_against_a_grid_only_what_is_not_done_is_advised(settings, advised):
    config = {**CONFIG, "method": "pix2pix", **settings}
    (finding,) = examine(replace(PLANTED["checkerboard"], config=config))
    assert advised in finding.advice


def test_a_faint_grid_that_stands_out_is_none_and_so_is_a_strong_texture_that_does_not():
    assert checks(record(checkerboard=14.0, grid_level=1.0)) == []
    assert checks(record(checkerboard=4.0, grid_level=9.0)) == []


def test_inputs_that_are_alike_may_have_the_same_output():
    assert checks(record(variety=0.04, input_variety=0.004)) == []


def test_what_is_not_known_fires_nothing():
    unknown = {name: [math.nan] * 6 for name in HEALTH}
    assert checks(record(**unknown)) == []
    assert checks(replace(record(), symptoms={})) == []


@pytest.mark.parametrize(
    ("objective", "guesser"), [("cross-entropy", math.log(2)), ("least-squares", 0.25), ("hinge", 1.0)]
)
def test_the_certainty_of_a_guessing_discriminator_is_1_for_every_objective(objective, guesser):
    guessing = record({"discriminator.real": guesser / 2, "discriminator.fake": guesser / 2})
    loss = {"adversarial": objective, "discriminator_weight": 0.5}
    assert certainty(replace(guessing, config={**CONFIG, "loss": loss})) == pytest.approx(1.0)


def test_a_critic_is_never_said_to_win():
    loss = {"adversarial": "wasserstein", "discriminator_weight": 1.0}
    assert checks(replace(record(SURE), config={**CONFIG, "loss": loss})) == []
    assert math.isnan(certainty(replace(record(), losses={})))


def test_a_discriminator_wins_by_what_it_does_of_late():
    healthy = record()
    for rows, found in (([0.0001] * 110 + [0.1] * 10, []), ([0.2] * 90 + [0.001] * 30, ["discriminator-wins"])):
        losses = {**healthy.losses, "discriminator.real": rows, "discriminator.fake": rows}
        assert checks(replace(healthy, losses=losses)) == found


def test_a_gap_alone_is_no_over_fitting_while_the_chosen_measure_still_gets_better():
    assert checks(record(error=0.19, error_trained=0.12)) == []
    assert checks(record(best=[0.3, 0.28, 0.29, 0.3, 0.31, 0.32])) == []


def test_the_last_term_that_is_no_number_is_a_divergence():
    found = examine(record({"generator.reconstruction": math.inf}))
    assert [finding.check for finding in found] == ["diverged"]
    assert "generator.reconstruction" in found[0].summary


def test_the_worst_stands_first():
    found = examine(record(SURE, correlation=-0.5, checkerboard=15.0, grid_level=8.0))
    assert [finding.severity for finding in found] == ["error", "warning", "warning"]


def test_the_best_validation_is_the_one_that_the_measure_says():
    assert validations_since_best(record(best=[0.4, 0.2, 0.3, 0.3, 0.3, 0.3])) == 4
    higher = record()
    config = {**CONFIG, "training": {"best": "psnr"}}
    values = {"images_seen": [1.0, 2.0, 3.0], "psnr": [10.0, 30.0, math.nan]}
    assert validations_since_best(replace(higher, config=config, validation=values)) == 1
    assert validations_since_best(replace(higher, measures={})) is None


def test_of_two_directions_the_sum_says_which_validation_is_the_best():
    values = {"images_seen": [1.0, 2.0, 3.0], "sliced_wasserstein": [0.1, 0.2, 0.3]}
    both = values | {"reverse.sliced_wasserstein": [0.9, 0.5, 0.2]}
    assert validations_since_best(replace(record(), validation=values)) == 2
    assert validations_since_best(replace(record(), validation=both)) == 0
