import numpy as np

from i2i.data.sketches import compose
from i2i.data.sketches.compose import HAND, stream
from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.geometry import Circle, Curve, Line, Polyline, Similarity
from i2i.data.sketches.hand import drawn
from i2i.data.sketches.ink import Ink
from i2i.data.sketches.strokes import Temper, planned, temper

LINE = Line(0.1 + 0.5j, 0.38 + 0.5j)  # short enough to be drawn in one go
RING = Circle(0.5 + 0.5j, 0.3)
SEEDS = range(60)


def first_stroke(curve: Curve, seed: int, dashed: bool = False) -> Ink:
    ink = drawn(Drawing((curve,), (dashed,)), stream(seed, HAND))
    one = ink.stroke == 0
    return Ink(ink.points[one], ink.width[one], ink.darkness[one], ink.stroke[one], ink.layer[one])


def test_no_line_is_straight_and_none_is_far_off() -> None:
    heights = [first_stroke(LINE, seed).points.imag - 0.5 for seed in SEEDS]
    assert min(np.ptp(height) for height in heights) > 0.001
    assert 0.002 < np.sqrt(np.mean(np.concatenate(heights) ** 2)) < 0.01
    assert max(np.abs(height).max() for height in heights) < 0.03


def test_the_wobble_is_of_low_frequency() -> None:
    for seed in SEEDS:
        height = first_stroke(LINE, seed).points.imag
        assert np.abs(np.diff(height)).max() < np.ptp(height) / 2


def test_ends_overshoot_and_fall_short() -> None:
    drawing, plans = Drawing((LINE,), (False,)), [stream(seed, HAND) for seed in SEEDS]
    beyond = np.array([planned(drawing, temper(rng), rng)[0].end - LINE.length for rng in plans])
    assert (beyond > 0.004).sum() > 15
    assert (beyond < -0.002).sum() > 5
    assert np.abs(beyond).max() < 0.05


def test_circles_hardly_ever_close() -> None:
    misses = np.array([abs(stroke.points[0] - stroke.points[-1]) for stroke in (first_stroke(RING, s) for s in SEEDS)])
    assert np.median(misses) > 0.005
    assert misses.max() < 0.12


def test_circles_are_not_round() -> None:
    for seed in SEEDS:
        radii = np.abs(first_stroke(RING, seed).points - RING.centre)
        assert 0.003 < np.ptp(radii) < 0.06


def test_pressure_varies_along_a_stroke_and_trails_off_at_its_end() -> None:
    strokes = [first_stroke(RING, seed) for seed in SEEDS]
    assert min(np.ptp(stroke.width) / stroke.width.max() for stroke in strokes) > 0.2
    assert np.mean([stroke.darkness[-1] / np.median(stroke.darkness) for stroke in strokes]) < 0.6
    smooth = [np.convolve(stroke.darkness[8:-8], np.ones(8) / 8, mode="valid") for stroke in strokes]
    assert np.mean([np.ptp(curve) / curve.max() for curve in smooth]) > 0.25


def test_some_strokes_leave_a_gap_in_their_middle() -> None:
    lightest = [
        (s.darkness[10:-10].min() / np.median(s.darkness)) for s in (first_stroke(RING, seed) for seed in SEEDS)
    ]
    assert 5 < np.sum(np.array(lightest) < 0.3) < 40


def test_the_dashes_of_a_centre_line_go_wrong_together() -> None:
    axis = Line(0.1 + 0.5j, 0.9 + 0.5j)
    for seed in SEEDS:
        ink = drawn(Drawing((axis,), (True,)), stream(seed, HAND))
        ends = np.flatnonzero(np.diff(ink.stroke))
        jumps = np.abs(ink.points[ends].imag - ink.points[ends + 1].imag)
        assert len(ends) > 8
        assert jumps.max() < 0.009


def test_a_hand_that_doubles_draws_strokes_again_and_one_that_does_not_never() -> None:
    drawing = compose(3, "flange")
    others = {"overshoot": 0.0, "width": 0.01, "darkness": 0.8}
    counts = {
        doubling: sum(
            stroke.again for stroke in planned(drawing, Temper(1.0, doubling=doubling, **others), stream(1, 9))
        )
        for doubling in (0.0, 1.0)
    }
    assert counts[0.0] == 0
    assert counts[1.0] >= 5


def test_a_polyline_is_drawn_from_corner_to_corner_without_missing_a_side() -> None:
    square = Polyline((0.2 + 0.2j, 0.8 + 0.2j, 0.8 + 0.8j, 0.2 + 0.8j), closed=True)
    for seed in SEEDS:
        points = drawn(Drawing((square,), (False,)), stream(seed, HAND)).points
        for side in range(4):
            middle = square.at(np.array([0.6 * side + 0.3]))[0]
            assert np.abs(points - middle).min() < 0.05


def test_what_is_meant_can_be_told_from_any_stroke() -> None:
    for seed in range(30):
        drawing = compose(seed)
        points = drawn(drawing, stream(seed, HAND)).points
        exact = np.concatenate([curve.at(np.arange(0.0, curve.length, 0.004)) for curve in drawing.curves])
        assert np.abs(points[:, None] - exact).min(axis=1).max() < 0.06


def test_a_drawing_elsewhere_is_drawn_by_the_same_movements() -> None:
    here, there = Drawing((RING,), (False,)), Drawing((RING,), (False,)).moved(Similarity(1.0, 0.1 - 0.1j))
    moved = drawn(here, stream(1, HAND)).points + (0.1 - 0.1j)
    assert np.abs(drawn(there, stream(1, HAND)).points - moved).max() < 1e-9
