"""Outputs judged by what a translator of the other direction reads off them."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from i2i.errors import ConfigError
from i2i.evaluation import Sample, evaluate_samples
from i2i.evaluation.reader import REAL
from i2i.images import ImageSpec, LabelClass, Pixels
from i2i.metrics.paired import PAIRED

COLOURS = np.array([[200, 30, 30], [30, 200, 30], [30, 30, 200]], np.uint8)
CLASSES = tuple(LabelClass(value, str(value), tuple(int(c) for c in COLOURS[value])) for value in range(3))
CODED = ImageSpec(3, classes=CLASSES, coding="colour")
COLOUR = ImageSpec(3)


@dataclass
class Reading:
    """A translator as far as it is asked: it takes the class of the nearest colour, mirrored from photo to label."""

    given: ImageSpec = COLOUR
    wanted: ImageSpec = CODED
    path: Path = Path("reader")
    seen: int = 0

    @property
    def config(self):
        return SimpleNamespace(input=self.given, target=self.wanted, direction="photo-to-label")

    def translate(self, pixels: Pixels, *, seed: int = 0) -> Pixels:
        self.seen += 1
        photo = 255 - pixels.astype(int)
        return (
            np.square(photo[:, :, None] - COLOURS[None, None]).sum(axis=3).argmin(axis=2).astype(np.uint8)[:, :, None]
        )


def pairs(count: int = 4) -> list[Sample]:
    """Colour-coded labels, and the negative of them as the photo."""
    random = np.random.default_rng(0)
    labels = [COLOURS[random.integers(0, 3, (16, 16))] for _ in range(count)]
    return [Sample(f"pair{number}", each, 255 - each) for number, each in enumerate(labels)]


def evaluated(translate, reader, samples=None, **options):
    return evaluate_samples(
        translate, samples or pairs(), protocol="Toy.", lpips=None, reader=reader, resamples=50, **options
    )


def test_what_is_read_off_a_perfect_output_is_what_is_read_off_the_real_one():
    scores = evaluated(lambda pixels, name: 255 - pixels, Reading())
    assert scores.rows["i2i"]["read_pixel_accuracy"].mean == 1
    assert scores.rows[REAL]["read_pixel_accuracy"].mean == 1
    assert set(scores.rows[REAL]) == {"read_pixel_accuracy", "read_mean_iou"}
    assert scores.measures["read_mean_iou"].label == "Mean IoU read"
    assert "reader (photo-to-label) reads off the output, against the input" in scores.protocol


def test_half_an_output_that_says_nothing_costs_half_of_the_score():
    def translate(pixels, name):
        made = 255 - pixels
        made[8:] = 255 - COLOURS[0]
        return made

    samples = pairs(8)
    scores = evaluated(translate, Reading(), samples)
    lower = np.mean([(each.input[8:] == COLOURS[0]).all(axis=2).mean() for each in samples])
    assert scores.rows["i2i"]["read_pixel_accuracy"].mean == pytest.approx((1 + lower) / 2)
    assert scores.per_image["i2i"]["read_pixel_accuracy"][0] < 1
    assert "read_pixel_accuracy" in scores.to_csv().splitlines()[0]


def test_the_real_targets_are_no_rival(tmp_path):
    scores = evaluated(lambda pixels, name: pixels, Reading(), training=pairs(2))
    assert scores.best_row("read_pixel_accuracy") != REAL
    assert REAL not in scores.verdict()
    assert scores.advantages["copy the input"]["read_pixel_accuracy"].mean == 0
    page = scores.save(tmp_path / "report").read_text()
    assert "real targets" in page


@pytest.mark.parametrize("measures", [None, {"psnr": PAIRED["psnr"]}])
def test_without_partners_the_outputs_are_read_and_no_target_is(measures):
    scores = evaluated(lambda pixels, name: 255 - pixels, Reading(), paired=False, measures=measures)
    assert scores.rows["i2i"]["read_pixel_accuracy"].mean == 1
    assert REAL not in scores.rows


def test_inputs_in_colour_are_taken_for_the_classes_that_the_reader_knows():
    scores = evaluated(lambda pixels, name: 255 - pixels, Reading(), specs=(COLOUR, COLOUR))
    assert scores.rows["i2i"]["read_mean_iou"].mean == 1


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        (Reading(given=ImageSpec(1)), "reads 1 channel uint8, and the outputs here are 3 channels uint8"),
        (Reading(wanted=ImageSpec(1, "uint16")), "gives 1 channel uint16, and the inputs here are 3 channels uint8"),
    ],
)
def test_a_reader_of_other_images_is_refused_in_one_line(reader, message):
    with pytest.raises(ConfigError, match=message) as refused:
        evaluated(lambda pixels, name: 255 - pixels, reader)
    assert "\n" not in str(refused.value)
    assert reader.seen == 0


def test_labels_that_the_reader_does_not_know_are_a_reason_and_no_crash():
    index = ImageSpec(1, classes=(*CLASSES, LabelClass(9, "9", (0, 0, 0))))
    samples = [Sample(each.name, np.full((16, 16, 1), 3, np.uint8), each.target) for each in pairs()]
    reader = Reading(wanted=ImageSpec(1, classes=CLASSES))
    scores = evaluated(lambda pixels, name: np.zeros((16, 16, 3), np.uint8), reader, samples, specs=(index, COLOUR))
    assert "holds the label 9 that the class table lacks" in scores.not_measured["Mean IoU read"]
    assert "read_mean_iou" not in scores.rows["i2i"]
