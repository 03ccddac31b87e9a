import html.parser
import json
import re
from pathlib import Path

import numpy as np
import pytest

from i2i.errors import StorageError
from i2i.evaluation import Evaluation, Sample
from i2i.evaluation.report import Cell
from i2i.images import read_image
from i2i.metrics import Interval
from i2i.pages.standalone import SIDE, image_uri

from .conftest import crops, evaluated


@pytest.fixture(scope="module")
def saved(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "new" / "folder"
    losses = tmp_path_factory.mktemp("run") / "losses.csv"
    losses.write_text("images_seen,seconds,generator.l1\n10,1,0.5\n20,2,0.4\n")
    assert evaluation.save(folder, "Edges to photo", losses, losses.with_name("absent.csv")) == folder / "report.html"
    return folder


class _Page(html.parser.HTMLParser):
    """Collects tags, checks that they close in order."""

    EMPTY = ("meta", "img", "source", "link", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_folder_holds_the_four_files(saved: Path) -> None:
    assert sorted(path.name for path in saved.iterdir()) == [
        "contact_sheet.png", "per_image.csv", "report.html", "scores.json",
    ]  # fmt: skip
    assert json.loads((saved / "scores.json").read_text())["images"] == 9
    assert read_image(saved / "contact_sheet.png").shape[1] > 3 * 48


def test_the_page_stands_alone(saved: Path) -> None:
    page = _Page((saved / "report.html").read_text())
    assert "script" not in {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset"):
            assert attributes.get(name, "data:image/").startswith("data:image/"), tag
    assert not re.search(r"url\(|@import", (saved / "report.html").read_text())


def test_the_page_shows_scores_baselines_protocol_reasons_curves_and_images(
    saved: Path, evaluation: Evaluation
) -> None:
    text = (saved / "report.html").read_text()
    parts = ["Edges to photo", *evaluation.rows, "PSNR", evaluation.rows["i2i"]["psnr"].text(2).split()[0]]
    parts += [
        "Not measured",
        "no feature network was given",
        "Training curves",
        "The worst by SSIM",
        "The best by SSIM",
    ]
    parts += ["A random selection", "Protocol", "Crops of one photograph.", evaluation.worst[0], "prefers-color-scheme"]
    for part in parts:
        assert part in text
    assert len(re.findall("<figure>", text)) == 8 + 4 + 4
    assert all("alt" in attributes for tag, attributes in _Page(text).tags if tag == "img")


def test_each_line_of_the_table_marks_one_best_row(saved: Path, evaluation: Evaluation) -> None:
    text = (saved / "report.html").read_text()
    assert len(re.findall(r'<td [^>]*class="[a-z ]*best"', text)) == len(evaluation.measures)


def test_few_images_are_not_both_the_worst_and_the_best(samples: list[Sample], tmp_path: Path) -> None:
    text = evaluated(samples[:3]).save(tmp_path).read_text()
    assert len(re.findall("<figure>", text)) == 3 + 1 + 1
    assert "The worst by" not in evaluated(samples[:1]).save(tmp_path / "one").read_text()


def test_without_the_ranking_measure_there_are_no_worst_and_best(tmp_path: Path) -> None:
    text = evaluated(crops(3, 8)).save(tmp_path).read_text()
    assert "The worst by" not in text
    assert "is smaller than the window of 11x11" in text


def test_names_are_escaped(samples: list[Sample], tmp_path: Path) -> None:
    nasty = Sample("<script>alert(1)</script>", samples[0].input, samples[0].target)
    found = evaluated([nasty, samples[1]], name='a"b<i>', protocol="x < y & z")
    page = found.save(tmp_path, title="<b>").read_text()
    assert "<script>" not in page
    assert "x &lt; y &amp; z" in page
    _Page(page)


def test_large_images_are_embedded_small_and_flat_ones_without_loss() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), dtype=np.uint8)
    uri = image_uri(noise)
    assert uri.startswith("data:image/jpeg;base64,")
    assert len(uri) < SIDE * SIDE * 3
    assert image_uri(np.zeros((256, 256, 1), np.uint8)).startswith("data:image/png;base64,")


def test_cells_of_a_line_share_a_scale() -> None:
    line = [Interval(10, 8, 12), Interval(20), None]
    low, high = (Cell.of(interval, line, 1, best=False) for interval in line[:2])
    assert (low.low, low.middle, low.high) == (2, 18, 34)
    assert (high.low, high.middle, high.high) == (98, 98, 98)
    assert (low.mean, low.bounds, high.bounds) == ("10.0", "8.0, 12.0", "")
    assert Cell.of(Interval(1), [Interval(1)], 1, best=True).middle == 50


def test_what_can_not_be_written_is_one_line(evaluation: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="can't be written"):
        evaluation.save(tmp_path / "file" / "folder")
