from i2i.evaluation.verdict import best_row, describe_verdict
from i2i.metrics import PAIRED, Interval, Measure

MEASURES: dict[str, Measure] = {
    "psnr": PAIRED["psnr"],
    "l1": PAIRED["l1"],
    "frechet": Measure("Fréchet distance", "", "lower", ""),
}
ROWS = {
    "mine": {"psnr": Interval(20), "l1": Interval(9), "frechet": Interval(5)},
    "copy": {"psnr": Interval(10), "l1": Interval(8), "frechet": Interval(7)},
    "neighbour": {"psnr": Interval(15), "l1": Interval(10), "frechet": Interval(2)},
    "absent": {},
}
AHEAD, LEVEL, BEHIND = Interval(1, 0.5, 1.5), Interval(0.1, -0.2, 0.4), Interval(-1, -1.5, -0.5)


def _said(copy: dict[str, Interval], neighbour: dict[str, Interval]) -> str:
    return describe_verdict("mine", ROWS, MEASURES, {"copy": copy, "neighbour": neighbour})


def test_only_a_lead_over_every_baseline_is_a_win() -> None:
    said = _said({"psnr": AHEAD, "l1": BEHIND}, {"psnr": AHEAD, "l1": LEVEL})
    assert said == (
        "mine clearly beats every baseline in PSNR. mine is behind 'copy' in L1. "
        "mine is not clearly ahead of 'neighbour' in L1. "
        "As a set, 'neighbour' is nearer to the targets in Fréchet distance."
    )


def test_without_intervals_nothing_is_clear() -> None:
    said = _said({"psnr": Interval(3)}, {"psnr": Interval(3)})
    assert "clearly beats" not in said
    assert "not clearly ahead of 'copy' in PSNR" in said


def test_the_best_row_is_by_the_direction_of_the_measure() -> None:
    assert [best_row(ROWS, key, measure) for key, measure in MEASURES.items()] == ["mine", "copy", "neighbour"]
    assert best_row({"mine": ROWS["mine"], "absent": {}}, "psnr", MEASURES["psnr"]) is None
