import numpy as np
import pytest

from i2i.errors import InputError
from i2i.evaluation import Sample
from i2i.evaluation.baselines import COPY, MEAN, NEIGHBOUR, fit_baselines
from i2i.images import ImageSpec

GREY, COLOUR = ImageSpec(1), ImageSpec(3)


def _flat(name: str, given: int, wanted: int, shape: tuple[int, int, int] = (20, 24, 3)) -> Sample:
    return Sample(name, np.full(shape, given, np.uint8), np.full(shape, wanted, np.uint8))


TRAINING = [_flat("dark", 10, 30), _flat("grey", 120, 90), _flat("light", 240, 240)]


def test_the_copy_is_the_input_in_the_targets_channels() -> None:
    colour = np.zeros((8, 8, 3), np.uint8)
    colour[..., 1] = 200
    for given, target, expected in ((COLOUR, COLOUR, 200), (COLOUR, GREY, round(0.587 * 200)), (GREY, COLOUR, 200)):
        sample = Sample("a", colour[:, :, 1:2] if given == GREY else colour, colour[:, :, : target.channels])
        copied = fit_baselines([], (given, target)).translate[COPY](sample)
        assert copied.shape == (8, 8, target.channels)
        assert copied.max() == expected


def test_an_input_of_another_kind_is_not_copied() -> None:
    depth = ImageSpec(1, "uint16", unit="mm")
    baselines = fit_baselines([], (COLOUR, depth))
    assert COPY not in baselines.translate
    assert baselines.missing[COPY] == (
        "the input (3 channels uint8) is no image of the target's kind (1 channel uint16 in mm)"
    )


def test_gaps_of_a_target_are_left_out_of_the_mean() -> None:
    spec = ImageSpec(1, "uint16", nodata=(0,))
    pairs = [
        Sample(
            str(number), np.zeros((2, 2, 3), np.uint8), np.array([[value, 0], [value, value]], np.uint16)[:, :, None]
        )
        for number, value in enumerate((1000, 3000))
    ]
    pairs[0].target[0, 1] = 500
    mean = fit_baselines(pairs, (COLOUR, spec)).translate[MEAN](pairs[0])
    assert mean[:, :, 0].tolist() == [[2000, 500], [2000, 2000]]


def test_without_training_pairs_the_others_are_missing_with_a_reason() -> None:
    baselines = fit_baselines([], (COLOUR, COLOUR))
    assert list(baselines.translate) == [COPY]
    assert baselines.missing == {MEAN: "no training pairs were given", NEIGHBOUR: "no training pairs were given"}


def test_the_mean_is_taken_pixel_by_pixel_over_all_targets() -> None:
    mean = fit_baselines(TRAINING, (COLOUR, COLOUR)).translate[MEAN]
    assert (mean(_flat("a", 0, 0)) == 120).all()
    assert mean(_flat("a", 0, 0, (7, 5, 3))).shape == (7, 5, 3)


def test_the_neighbour_answers_with_the_target_of_the_nearest_input() -> None:
    nearest = fit_baselines(TRAINING, (COLOUR, COLOUR)).translate[NEIGHBOUR]
    assert (nearest(_flat("a", 100, 0)) == 90).all()
    assert (nearest(_flat("a", 200, 0, (40, 30, 3))) == 240).all()


def test_a_test_input_that_was_trained_on_is_noticed() -> None:
    baselines = fit_baselines(TRAINING, (COLOUR, COLOUR))
    for sample in (_flat("new", 121, 0), _flat("old", 120, 0), _flat("other size", 120, 0, (8, 8, 3))):
        baselines.translate[NEIGHBOUR](sample)
    assert baselines.seen_in_training == ["old"]


def test_a_training_pair_of_unequal_sides_is_named() -> None:
    broken = Sample("broken", np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8))
    with pytest.raises(InputError, match="broken: the input is 8x8 px and the target 9x8;"):
        fit_baselines([broken], (COLOUR, COLOUR))
