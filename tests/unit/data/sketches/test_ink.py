import numpy as np
import pytest

from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.geometry import Circle, Line, Points
from i2i.data.sketches.ink import Ink, painted
from i2i.data.sketches.linework import CENTRE_LINE, OUTLINE, dashes, linework


def test_a_line_of_two_pixels_leaves_two_pixels_of_ink_across() -> None:
    pixels = painted(_ink([0.25 + 0.5j, 0.75 + 0.5j], width=2 / 64), (64, 64))
    assert _blackness(pixels)[:, 32].tolist() == [0.0] * 31 + [1.0, 1.0] + [0.0] * 31


@pytest.mark.parametrize("width", [0.3, 0.7, 1.0, 2.5])
@pytest.mark.parametrize("y", [32.0, 32.25, 32.5])
def test_the_ink_of_a_level_line_is_its_width_wherever_it_lies(width: float, y: float) -> None:
    pixels = painted(_ink([0.25 + 1j * y / 64, 0.75 + 1j * y / 64], width=width / 64), (64, 64))
    assert _blackness(pixels)[:, 32].sum() == pytest.approx(width, abs=0.01)


@pytest.mark.parametrize("radius", [0.2, 0.37])
def test_the_ink_of_a_circle_is_its_circumference_times_its_width(radius: float) -> None:
    drawing = Drawing((Circle(0.5 + 0.5j, radius),), (False,))
    ink = _blackness(painted(linework(drawing), (256, 256))).sum() / 256**2
    assert ink == pytest.approx(2 * np.pi * radius * OUTLINE, rel=0.02)


def test_darkness_is_a_share_of_black() -> None:
    pixels = painted(_ink([0.25 + 0.5j, 0.75 + 0.5j], width=6 / 64, darkness=0.4), (64, 64))
    assert pixels[32, 32, 0] == round(255 * 0.6)


def test_strokes_of_one_layer_merge_and_those_of_two_darken_each_other() -> None:
    both = [0.25 + 0.5j, 0.75 + 0.5j, 0.5 + 0.25j, 0.5 + 0.75j]
    merged = _ink(both, width=6 / 64, darkness=0.5, stroke=[0, 0, 1, 1])
    darker = _ink(both, width=6 / 64, darkness=0.5, stroke=[0, 0, 1, 1], layer=[0, 0, 1, 1])
    assert painted(merged, (64, 64))[32, 32, 0] == round(255 * 0.5)
    assert painted(darker, (64, 64))[32, 32, 0] == round(255 * 0.25)
    assert painted(darker, (64, 64))[32, 20, 0] == round(255 * 0.5)


def test_strokes_are_not_joined_to_each_other() -> None:
    pixels = painted(_ink([0.1 + 0.5j, 0.3 + 0.5j, 0.7 + 0.5j, 0.9 + 0.5j], 2 / 64, stroke=[0, 0, 1, 1]), (64, 64))
    assert (pixels[:, 24:40] == 255).all()


def test_what_lies_outside_the_paper_is_left_out() -> None:
    pixels = painted(_ink([-3 - 3j, -2 - 3j, 0.5 + 0.5j, 4 + 0.5j], 2 / 64, stroke=[0, 0, 1, 1]), (64, 64))
    assert (pixels[31:33, 40:] == 0).all()
    assert (np.delete(pixels, [31, 32], axis=0) == 255).all()


def test_dashes_begin_and_end_a_centre_line_and_never_overlap() -> None:
    for length in (0.01, 0.07, 0.2, 0.5, 0.93):
        marks = dashes(Line(0, length + 0j))
        assert marks[0][0] == 0.0
        assert marks[-1][1] == pytest.approx(length)
        flat = np.array(marks).ravel()
        assert (np.diff(flat) > 0).all()


def test_centre_lines_are_thinner_than_outlines_and_broken() -> None:
    line = Line(0.1 + 0.5j, 0.9 + 0.5j)
    solid, dashed = (_blackness(painted(linework(Drawing((line,), (d,))), (512, 512))) for d in (False, True))
    assert solid[:, 60:450].max(axis=0).min() == 1.0
    assert dashed[:, 60:450].max(axis=0).min() == 0.0
    assert dashed.sum(axis=0).max() == pytest.approx(CENTRE_LINE * 512, abs=0.1)


def _ink(
    points: list[complex],
    width: float,
    darkness: float = 1.0,
    stroke: list[int] | None = None,
    layer: list[int] | None = None,
) -> Ink:
    where: Points = np.array(points)
    none = [0] * len(points)
    numbers = (np.array(stroke or none), np.array(layer or none))
    return Ink(where, np.full(len(points), width), np.full(len(points), darkness), *numbers)


def _blackness(pixels: np.ndarray) -> np.ndarray:
    return 1.0 - pixels[:, :, 0] / 255.0
