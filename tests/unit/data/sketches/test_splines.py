import numpy as np
import pytest

from i2i.data.sketches.splines import b_spline, interpolated

PARAMETERS = np.linspace(0.0, 1.0, 21)


def test_a_b_spline_of_one_span_is_the_bezier_curve_of_its_control_points() -> None:
    control = np.array([0, 1j, 2 + 1j, 3])
    t = PARAMETERS
    bezier = (1 - t) ** 3 * control[0] + 3 * t * (1 - t) ** 2 * control[1]
    bezier = bezier + 3 * t**2 * (1 - t) * control[2] + t**3 * control[3]
    knots = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
    assert np.allclose(b_spline(control, knots, 3, t), bezier)


def test_a_b_spline_of_two_spans_is_smooth_where_they_meet() -> None:
    control, knots = np.array([0, 1j, 2 + 1j, 3]), np.array([-2.0, -2, -2, -1, 0, 0, 0])
    before, at, after = b_spline(control, knots, 2, np.array([-1 - 1e-6, -1.0, -1 + 1e-6]))
    assert abs(at - (1 + 1j)) < 1e-9  # half way between the inner control points
    assert abs((after - at) - (at - before)) < 1e-10
    assert np.allclose(b_spline(control, knots, 2, np.array([-2.0, 0.0])), [0, 3])


def test_a_spline_passes_through_its_points_with_the_slopes_it_was_given() -> None:
    through = np.array([0, 1 + 1j, 3 + 0.5j, 4 + 2j])
    knots = np.concatenate([[0.0], np.sqrt(np.abs(np.diff(through))).cumsum()])
    assert np.allclose(interpolated(through, (2j, 3 - 1j), knots / knots[-1]), through)
    step = 1e-7
    near = interpolated(through, (2j, 3 - 1j), np.array([0.0, step, 1 - step, 1.0]))
    assert (near[1] - near[0]) / step == pytest.approx(2j, abs=1e-4)
    assert (near[3] - near[2]) / step == pytest.approx(3 - 1j, abs=1e-4)


def test_a_spline_through_points_of_a_circle_that_closes_stays_near_the_circle() -> None:
    through = np.exp(2j * np.pi * np.arange(12) / 12)
    points = interpolated(through, None, np.linspace(0.0, 1.0, 200))
    assert np.abs(np.abs(points) - 1).max() < 1e-3
    assert abs(points[-1] - points[0]) < 1e-9


def test_a_spline_through_two_points_with_the_chord_as_slope_is_straight() -> None:
    points = interpolated(np.array([0, 1 + 2j]), (1 + 2j, 1 + 2j), PARAMETERS)
    assert np.allclose(points, PARAMETERS * (1 + 2j))
