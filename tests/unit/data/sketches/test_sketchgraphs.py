import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from i2i.data.sketches import read_sketchgraphs, render_pair
from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.geometry import Arc, Circle, Line, Polyline
from i2i.errors import InputError

REAL = Path(__file__).parents[5] / "shared" / "data" / "sketchgraphs_json"
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real sketches are not here ({REAL})")


def line(start: complex, end: complex, construction: bool = False) -> dict[str, Any]:
    middle, direction = (start + end) / 2, (end - start) / abs(end - start)
    shape = {"pntX": middle.real, "pntY": middle.imag, "dirX": direction.real, "dirY": direction.imag}
    reach = abs(end - start) / 2
    return entity("Line", shape, construction, startParam=-reach, endParam=reach)


def circle(centre: complex, radius: float, clockwise: bool = False, **bounds: float) -> dict[str, Any]:
    shape = {"xCenter": centre.real, "yCenter": centre.imag, "xDir": 1.0, "yDir": 0.0}
    return entity("Circle", {**shape, "radius": radius, "clockwise": clockwise}, **bounds)


def entity(kind: str, shape: dict[str, Any], construction: bool = False, **bounds: float) -> dict[str, Any]:
    geometry = {"typeName": f"BTCurveGeometry{kind}", "message": shape}
    return {"typeName": "BTMSketchCurve", "message": {"geometry": geometry, "isConstruction": construction, **bounds}}


POINT = {"typeName": "BTMSketchPoint", "message": {"isConstruction": False, "x": 0.0, "y": 0.0}}


def read(tmp_path: Path, *sketches: list[dict[str, Any]]) -> list[Drawing]:
    file = tmp_path / "sketches.json"
    file.write_text(json.dumps([{"entities": entities, "constraints": []} for entities in sketches]))
    return read_sketchgraphs(file)


def test_lines_fill_the_unit_square_with_y_turned_to_point_down(tmp_path: Path) -> None:
    (drawing,) = read(tmp_path, [line(0, 0.02), line(0.02, 0.02 + 0.01j), line(0, 0.02 + 0.01j, construction=True)])
    assert drawing.dashed == (False, False, True)
    bottom, right, _ = drawing.curves
    assert isinstance(bottom, Line)
    assert isinstance(right, Line)
    assert bottom.length == pytest.approx(0.84)
    assert bottom.start == pytest.approx(0.08 + 0.71j)
    assert right.end == pytest.approx(0.92 + 0.29j)


def test_an_arc_runs_from_its_first_to_its_second_angle_the_way_it_is_told(tmp_path: Path) -> None:
    frame = line(-1 - 1j, 1 + 1j)
    quarter = {"startParam": 0.0, "endParam": math.pi / 2}
    (there, back) = read(tmp_path, [frame, circle(0, 1, **quarter)], [frame, circle(0, 1, clockwise=True, **quarter)])
    for drawing, middle in ((there, 1 + 1j), (back, 1 - 1j)):
        arc = drawing.curves[1]
        assert isinstance(arc, Arc)
        expected = 0.5 + 0.5j + 0.42 * middle.conjugate() / abs(middle)
        assert arc.at(np.array([arc.length / 2]))[0] == pytest.approx(expected)


def test_an_arc_across_the_zero_angle_takes_the_short_way(tmp_path: Path) -> None:
    (drawing,) = read(tmp_path, [circle(0, 1, startParam=1.5 * math.pi, endParam=0.5 * math.pi)])
    arc = drawing.curves[0]
    assert isinstance(arc, Arc)
    assert abs(arc.sweep) == pytest.approx(math.pi)


def test_circles_ellipses_and_splines_are_read(tmp_path: Path) -> None:
    ellipse = {"xCenter": 0.0, "yCenter": 0.0, "xDir": 0.0, "yDir": 1.0, "radius": 2.0, "minorRadius": 1.0}
    spline = {"controlPoints": [0, 0, 1, 2, 2, 0], "knots": [0, 0, 0, 1, 1, 1], "degree": 2, "isRational": False}
    slopes = {"startDerivativeX": 1, "startDerivativeY": 0, "endDerivativeX": 1, "endDerivativeY": 0}
    through = {"interpolationPoints": [0, 0, 1, 0], "isPeriodic": False, **slopes}
    (drawing,) = read(
        tmp_path,
        [
            circle(0, 1),
            entity("Ellipse", {**ellipse, "clockwise": False}),
            entity("Spline", spline, startParam=0.0, endParam=1.0),
            entity("InterpolatedSpline", through, startParam=0.0, endParam=0.5),
        ],
    )
    round_, oval, curve, straight = drawing.curves
    assert isinstance(round_, Circle)
    assert round_.radius == pytest.approx(0.21)  # the ellipse, 4 high, fills the 0.84
    assert isinstance(oval, Polyline)
    assert oval.closed
    assert max(p.imag for p in oval.points) - min(p.imag for p in oval.points) == pytest.approx(0.84)
    assert isinstance(curve, Polyline)
    assert curve.points[-1] - curve.points[0] == pytest.approx(2 * 0.21)
    assert straight.length == pytest.approx(0.5 * 0.21)


def test_a_sketch_with_nothing_to_draw_is_left_out_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        drawings = read(tmp_path, [POINT], [], [line(0, 1), POINT], [circle(0, 0.0)])
    assert [len(drawing.curves) for drawing in drawings] == [1]
    assert "1 sketches read, 3 left out" in caplog.text


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[1, 2]", b'{"entities": 3}', b'[{"entities": [{}]}]', b"\xff\xfe"]
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.json").write_bytes(content)
    with pytest.raises(InputError, match=r"odd\.json: is not SketchGraphs JSON"):
        read_sketchgraphs(tmp_path / "odd.json")


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError, match="holds no SketchGraphs JSON"):
            read_sketchgraphs(path)


@pytest.fixture(scope="module")
def drawings() -> list[Drawing]:
    return read_sketchgraphs(REAL)


@real
def test_real_sketches_are_read_and_fill_the_square(drawings: list[Drawing]) -> None:
    assert len(drawings) > 200
    kinds = {type(curve) for drawing in drawings for curve in drawing.curves}
    assert kinds == {Line, Arc, Circle, Polyline}
    for drawing in drawings:
        low, high = drawing.box
        assert max((high - low).real, (high - low).imag) == pytest.approx(0.84)
        assert (low + high) / 2 == pytest.approx(0.5 + 0.5j)


@real
def test_the_ends_of_real_arcs_meet_the_lines_beside_them(drawings: list[Drawing]) -> None:
    # arcs are fillets more often than not: read with a wrong angle or direction, their ends would hang in the air
    met = []
    for drawing in drawings:
        for arc in (curve for curve in drawing.curves if isinstance(curve, Arc)):
            others = [end for curve in drawing.curves if curve is not arc for end in curve.ends]
            met += [min((abs(end - other) for other in others), default=1.0) < 1e-6 for end in arc.ends]
    assert np.mean(met) > 0.8


@real
def test_real_sketches_become_pairs(drawings: list[Drawing]) -> None:
    for seed, drawing in enumerate(drawings[::10]):
        hand, target = render_pair(drawing, seed, (64, 64))
        assert hand.min() < 200
        assert target.min() < 200
