import cmath
import math

import numpy as np
import pytest

from i2i.data.sketches.compose import PARTS, compose
from i2i.data.sketches.constraints import Constraint, Kind
from i2i.data.sketches.constructions import belt, crossed, filleted, knob, rectangle, slot, turned
from i2i.data.sketches.geometry import Arc, Circle, Curve, Lengths, Line, Polyline, Similarity, reflection

EXACT = 1e-9
KINDS = {"coincident", "parallel", "perpendicular", "tangent", "concentric", "equal", "symmetric"}


@pytest.mark.parametrize("part", PARTS)
def test_every_constraint_that_a_part_states_holds_exactly(part: str) -> None:
    for seed in range(12):
        drawing = compose(seed, part)
        assert max(drawing.residuals(), default=0.0) < EXACT


def test_together_the_parts_state_constraints_of_every_kind() -> None:
    stated = [constraint.kind for part in PARTS for seed in range(4) for constraint in compose(seed, part).constraints]
    assert set(stated) == KINDS
    assert len(stated) > 10 * len(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_lies_inside_the_unit_square(part: str) -> None:
    for seed in range(12):
        low, high = compose(seed, part).box
        assert min(low.real, low.imag) > 0.02
        assert max(high.real, high.imag) < 0.98


BROKEN: list[tuple[Kind, list[Curve]]] = [
    ("coincident", [Line(0, 1), Line(1.01, 2)]),
    ("parallel", [Line(0, 1), Line(1j, 1 + 1.01j)]),
    ("perpendicular", [Line(0, 1), Line(0, 0.01 + 1j)]),
    ("tangent", [Line(-1, 1), Circle(0.5j, 0.49)]),
    ("tangent", [Circle(0, 0.5), Circle(1, 0.49)]),
    ("concentric", [Circle(0, 0.5), Arc(0.01, 0.4, 0, 1)]),
    ("equal", [Circle(0, 0.5), Circle(0, 0.51)]),
    ("equal", [Line(0, 1), Line(0, 1.01j)]),
    ("symmetric", [Circle(1, 0.1), Circle(-1.01, 0.1), Line(-1j, 1j)]),
    ("symmetric", [Line(1, 1 + 1j), Line(-1, -1 + 1.01j), Line(-1j, 1j)]),
    ("symmetric", [Polyline((1, 1j, -1.01), closed=True), Polyline((1, 1j, -1.01), closed=True), Line(-1j, 1j)]),
]


@pytest.mark.parametrize(("kind", "curves"), BROKEN)
def test_a_constraint_that_is_false_by_a_hundredth_says_so(kind: Kind, curves: list[Curve]) -> None:
    residual = Constraint(kind, tuple(range(len(curves)))).residual(curves)
    assert residual == pytest.approx(0.01, rel=0.02)


def test_fillets_are_tangent_to_both_sides_and_close_the_outline() -> None:
    chain = filleted(turned(1.0, 5), [0.1, 0.0, 0.2, 0.15, 0.1])
    assert sum(isinstance(curve, Arc) for curve in chain) == 4
    for before, after in zip([chain[-1], *chain], chain, strict=False):
        assert abs(before.ends[1] - after.ends[0]) < EXACT
    arc, side = chain[0], chain[1]
    assert isinstance(arc, Arc)
    assert isinstance(side, Line)
    radius = arc.ends[1] - arc.centre
    assert abs((radius * side.direction.conjugate()).real) < EXACT


def test_a_belt_touches_every_pulley_and_turns_once_round() -> None:
    pulleys = [Circle(centre, radius) for centre, radius in zip(turned(1.0, 3), (0.2, 0.4, 0.3), strict=True)]
    chain = belt(pulleys)
    assert sum(arc.sweep for arc in chain if isinstance(arc, Arc)) == pytest.approx(2 * math.pi)
    for curve in chain:
        if isinstance(curve, Line):
            heights = [((p.centre - curve.start) * curve.direction.conjugate()).imag - p.radius for p in pulleys]
            assert sum(abs(height) < EXACT for height in heights) == 2
            assert min(heights) > -EXACT


def test_crossed_runs_touch_both_pulleys_from_opposite_sides() -> None:
    one, other = Circle(0j, 0.3), Circle(1 + 0j, 0.2)
    for run in crossed(one, other):
        heights = [((c.centre - run.start) * run.direction.conjugate()).imag for c in (one, other)]
        assert [abs(height) for height in heights] == pytest.approx([0.3, 0.2])
        assert heights[0] * heights[1] < 0


def test_a_slot_has_the_length_of_two_lines_and_a_circle() -> None:
    assert sum(curve.length for curve in slot(0, 3, 0.5)) == pytest.approx(6 + math.pi)


def test_the_arcs_of_a_knob_meet_and_are_tangent_where_they_meet() -> None:
    chain = knob(0.4, 5, 0.1, 0.55)
    for before, after in zip([chain[-1], *chain], chain, strict=False):
        assert isinstance(before, Arc)
        assert isinstance(after, Arc)
        assert abs(before.ends[1] - after.ends[0]) < EXACT
        assert abs(before.centre - after.centre) == pytest.approx(before.radius + after.radius)


CURVES: list[Curve] = [
    Line(0.1, 1 + 1j),
    Arc(0.2j, 0.5, 0.3, -2.0),
    Circle(0.3, 0.2),
    Polyline((0, 1, 1 + 1j)),
    Polyline(tuple(rectangle(1 + 0.5j)), closed=True),
]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("by", [Similarity(cmath.rect(2, 0.7), 0.3 - 1j), reflection(Line(0.1j, 1 + 0.4j))])
def test_moving_a_curve_moves_each_of_its_points(curve: Curve, by: Similarity) -> None:
    moved = curve.moved(by)
    scale = abs(by.turn)
    assert moved.length == pytest.approx(scale * curve.length)
    if not isinstance(curve, Circle):  # a circle's first point is the rightmost one, wherever it was before
        for share in (0.0, 0.3, 1.0):
            was, now = (c.at(_number(share * c.length))[0] for c in (curve, moved))
            assert abs(by(was) - now) < EXACT


def test_an_open_curve_goes_on_smoothly_beyond_its_ends() -> None:
    bend = Polyline((0, 1, 1 + 1j))
    assert bend.at(_number(-0.5))[0] == -0.5
    assert bend.at(_number(2.5))[0] == pytest.approx(1 + 1.5j)
    assert abs(Arc(0, 2.0, 0.0, 1.0).at(_number(3.0))[0] - cmath.rect(2.0, 1.5)) < EXACT


def test_reflecting_twice_changes_nothing() -> None:
    mirror = reflection(Line(0.2 + 0.1j, 0.7 - 0.3j))
    assert abs(mirror(mirror(0.4 + 0.9j)) - (0.4 + 0.9j)) < EXACT
    assert abs(mirror(0.2 + 0.1j) - (0.2 + 0.1j)) < EXACT


def _number(value: float) -> Lengths:
    return np.array([value])
