"""The two kinds of spline in Onshape's sketches, sampled into points."""

import numpy as np

from i2i.data.sketches.geometry import Lengths, Points


def b_spline(control: Points, knots: Lengths, degree: int, at: Lengths) -> Points:
    """(m,) points of a B-spline with n control points and n + degree + 1 knots, at parameters within its domain.

    Basis functions by Cox and de Boor's recursion, with 0/0 = 0 where knots coincide.
    """
    low, high = knots[degree], knots[len(control)]
    # half open spans: the last point belongs to the last span that is not empty
    at = np.clip(at, low, np.nextafter(high, low))[:, None]
    basis = ((knots[:-1] <= at) & (at < knots[1:])).astype(np.float64)
    for order in range(1, degree + 1):
        rising, falling = knots[order:-1] - knots[: -order - 1], knots[order + 1 :] - knots[1:-order]
        left = np.divide(at - knots[: -order - 1], rising, out=np.zeros((len(at), len(rising))), where=rising > 0)
        right = np.divide(knots[order + 1 :] - at, falling, out=np.zeros((len(at), len(falling))), where=falling > 0)
        basis = left * basis[:, :-1] + right * basis[:, 1:]
    points: Points = basis @ control
    return points


def interpolated(through: Points, slopes: tuple[complex, complex] | None, at: Lengths) -> Points:
    """(m,) points of the cubic spline through given points, at parameters in 0..1.

    The parameter grows with the square root of the chord, which is what makes Onshape's stored slopes come out.

    Args:
        through: (n,) points, n at least 2, neighbours apart.
        slopes: derivatives at the first and the last point; None to close the spline smoothly.
        at: (m,) parameters.
    """
    if slopes is None:
        through = np.append(through, through[0])
    knots = np.concatenate([[0.0], np.sqrt(np.abs(np.diff(through))).cumsum()])
    knots /= knots[-1]
    tangents = _tangents(through, np.diff(knots), slopes)
    span = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    width = np.diff(knots)[span]
    t = (at - knots[span]) / width
    begin = (1 + 2 * t) * (1 - t) ** 2 * through[span] + t * (1 - t) ** 2 * width * tangents[span]
    end = t**2 * (3 - 2 * t) * through[span + 1] + t**2 * (t - 1) * width * tangents[span + 1]
    points: Points = begin + end
    return points


def _tangents(through: Points, widths: Lengths, slopes: tuple[complex, complex] | None) -> Points:
    """(n,) derivatives at the points that make the second derivative continuous."""
    count = len(through)
    chords = np.diff(through) / widths
    matrix, right = np.zeros((count, count)), np.zeros(count, np.complex128)
    for k in range(1, count - 1):
        before, after = widths[k - 1], widths[k]
        matrix[k, k - 1 : k + 2] = after, 2 * (before + after), before
        right[k] = 3 * (after * chords[k - 1] + before * chords[k])
    if slopes is None:
        before, after = widths[-1], widths[0]
        matrix[0, [-2, 0, 1]] = after, 2 * (before + after), before
        right[0] = 3 * (after * chords[-1] + before * chords[0])
        matrix[-1, [0, -1]] = 1.0, -1.0
    else:
        matrix[0, 0] = matrix[-1, -1] = 1.0
        right[0], right[-1] = slopes
    tangents: Points = np.linalg.solve(matrix, right)
    return tangents
