import numpy as np
import pytest

from i2i.errors import InputError
from i2i.evaluation import Sample
from i2i.evaluation.baselines import COPY, MEAN, NEIGHBOUR, fit_baselines


def _flat(name: str, given: int, wanted: int, shape: tuple[int, int, int] = (20, 24, 3)) -> Sample:
    return Sample(name, np.full(shape, given, np.uint8), np.full(shape, wanted, np.uint8))


TRAINING = [_flat("dark", 10, 30), _flat("grey", 120, 90), _flat("light", 240, 240)]


def test_the_copy_is_the_input_in_the_targets_channels() -> None:
    copy = fit_baselines([]).translate[COPY]
    colour = np.zeros((8, 8, 3), np.uint8)
    colour[..., 1] = 200
    assert copy(Sample("a", colour, colour)) is colour
    assert (copy(Sample("a", colour, colour[:, :, :1])) == round(0.587 * 200)).all()
    assert copy(Sample("a", colour[:, :, :1], colour)).shape == (8, 8, 3)


def test_without_training_pairs_the_others_are_missing_with_a_reason() -> None:
    baselines = fit_baselines([])
    assert list(baselines.translate) == [COPY]
    assert baselines.missing == {MEAN: "no training pairs were given", NEIGHBOUR: "no training pairs were given"}


def test_the_mean_is_taken_pixel_by_pixel_over_all_targets() -> None:
    mean = fit_baselines(TRAINING).translate[MEAN]
    assert (mean(_flat("a", 0, 0)) == 120).all()
    assert mean(_flat("a", 0, 0, (7, 5, 1))).shape == (7, 5, 1)


def test_the_neighbour_answers_with_the_target_of_the_nearest_input() -> None:
    nearest = fit_baselines(TRAINING).translate[NEIGHBOUR]
    assert (nearest(_flat("a", 100, 0)) == 90).all()
    assert (nearest(_flat("a", 200, 0, (40, 30, 3))) == 240).all()


def test_a_test_input_that_was_trained_on_is_noticed() -> None:
    baselines = fit_baselines(TRAINING)
    for sample in (_flat("new", 121, 0), _flat("old", 120, 0), _flat("other size", 120, 0, (8, 8, 3))):
        baselines.translate[NEIGHBOUR](sample)
    assert baselines.seen_in_training == ["old"]


def test_a_training_pair_of_unequal_sides_is_named() -> None:
    broken = Sample("broken", np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8))
    with pytest.raises(InputError, match="broken: the input is 8x8 px and the target 9x8;"):
        fit_baselines([broken])
