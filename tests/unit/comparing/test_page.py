import csv
import io
import json
import math
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from rich.console import Console

from i2i.comparing.curves import Curve, panels
from i2i.comparing.page import render, save
from i2i.comparing.pictures import APART, EVENLY
from i2i.comparing.rows import cost_texts, large
from i2i.metrics.bootstrap import Interval


class Page(HTMLParser):
    """What a page refers to, and whether its tags are closed in order."""

    EMPTY = ("meta", "img", "line", "polyline", "source")

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.places, self.tags = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.images += [dict(attributes)] if tag == "img" else []
        self.places += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_whole(comparison):
    text = render(comparison)
    page = Page(text)
    assert page.open == []
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert all(place.startswith("data:image/") for place in page.places)
    assert "default-src 'none'" in unescape(text)
    assert "prefers-color-scheme: dark" in text
    assert "max-width: 52rem" in text


def test_names_that_look_like_markup_stay_names(comparison):
    text = render(comparison)
    assert "<b>" not in text
    assert "bold&lt;b&gt;" in text


def test_every_method_is_shown_beside_the_others_for_the_same_images(comparison):
    page = Page(render(comparison))
    shown = EVENLY + APART
    assert len(page.images) == shown * 5
    row = [image["alt"] for image in page.images[:5]]
    assert row == [f"image-0, {what}" for what in ("input", "pix2pix", "bold<b>", "cut", "target")]
    assert all(image["width"] == image["height"] == "16" for image in page.images)


def test_pictures_are_spread_evenly_and_the_others_are_where_the_methods_differ_most(comparison):
    pictures = comparison.pictures
    assert [shot.name for shot in pictures.evenly] == [f"image-{number}" for number in (0, 2, 5, 7, 10, 12, 15, 17)]
    assert [shot.name for shot in pictures.apart] == [f"image-{number}" for number in (19, 18, 16, 14)]


def test_the_table_tells_leads_reasons_and_baselines(comparison):
    text = render(comparison)
    rows = re.findall(r"<tr[^>]*>\s*<th scope=\"row\">(.*?)</tr>", text, re.DOTALL)
    assert len(rows) == 5 + 3, "scores of four methods and a baseline, what three of them took"
    assert '<span class="better">▲</span> +0.50</span><span class="under">0.20, 0.80</span>' in rows[1]
    assert '<span class="worse">▼</span> -2.00</span><span class="under">-2.50, -1.50</span>' in rows[2]
    assert '<span class="level">≈</span> +0.10</span>' in rows[1]
    assert "paints label maps" in rows[3]
    assert rows[1].count('class="best"') == 3
    assert "10.00" in rows[4]
    assert "1,200" in rows[5]


def test_curves_go_over_images_and_over_time(comparison):
    drawn = panels(comparison.curves, list(comparison.measures))
    assert [(panel.title, panel.over) for panel in drawn[:2]] == [("PSNR, dB", "images seen"), ("PSNR, dB", "minutes")]
    points = [tuple(map(float, point.split(","))) for point in drawn[0].lines[0][1].split()]
    assert points[0][0] < points[1][0] < points[2][0]
    assert points[0][1] > points[2][1], "a higher value stands higher"
    assert all(46 <= x <= 370 and 0 <= y <= 180 for x, y in points)
    assert [label for _, label in drawn[1].across] == ["0", "1", "2", "3"]


def test_a_curve_of_one_point_or_without_a_value_is_not_drawn():
    short = Curve(0, [8.0], [1.0], {"psnr": [20.0]})
    broken = Curve(1, [8.0, 16.0], [1.0, 2.0], {"psnr": [20.0, math.nan]})
    level = Curve(2, [8.0, 16.0], [1.0, 2.0], {"psnr": [20.0, 20.0]})
    assert panels([short], ["psnr", "l1"]) == []
    assert [[number for number, _ in panel.lines] for panel in panels([broken, level], ["psnr"])] == [[2], [2]]


def test_the_files_hold_numbers_and_nulls_alone(comparison, tmp_path):
    odd = replace(comparison.methods[1], scores={**comparison.methods[1].scores, "l1": Interval(math.nan)})
    changed = replace(comparison, methods=[comparison.methods[0], odd, *comparison.methods[2:]])
    page = save(changed, tmp_path / "new")
    assert page.read_text() == render(changed)
    assert {path.name for path in page.parent.iterdir()} == {"page.html", "scores.json", "scores.csv", "per_image.csv"}
    found = json.loads((tmp_path / "new" / "scores.json").read_text())
    assert found["methods"]["bold<b>"]["scores"]["l1"]["mean"] is None
    assert found["methods"]["bold<b>"]["leads"]["psnr"]["standing"] == "better"
    assert found["methods"]["spade"]["cost"] is None
    lines = list(csv.DictReader(io.StringIO((tmp_path / "new" / "scores.csv").read_text())))
    assert [line["method"] for line in lines] == ["pix2pix", "bold<b>", "cut", "spade", "copy the input"]
    assert lines[1]["l1"] == ""
    assert (lines[2]["psnr_lead"], lines[2]["psnr_standing"]) == ("-2", "worse")
    assert len((tmp_path / "new" / "per_image.csv").read_text().splitlines()) == 1 + 3 * 20


def test_the_terminal_has_a_row_a_method_with_nothing_cut_short(comparison):
    console = Console(width=100, record=True, file=io.StringIO())
    for table in comparison.tables():
        console.print(table)
    text = console.export_text()
    for word in ("pix2pix", "bold<b>", "spade", "▼ -2.00", "▲ +0.50", "copy the", "1.23 M", "4.2 T"):
        assert word in text
    assert "…" not in text


def test_large_numbers_are_told_with_their_prefix():
    assert [large(number) for number in (0, 999, 1234, 43.5e9, 999_999, 2e15)] == [
        "0", "999", "1.23 k", "43.5 G", "1 M", "2 P",
    ]  # fmt: skip
    assert cost_texts(None) == [""] * 7


@pytest.mark.parametrize("split", ["val", "test"])
def test_the_page_says_which_images_these_are(comparison, split):
    text = render(replace(comparison, split=split))
    assert {"val": "the validation split; the test split was not read", "test": "the test split."}[split] in text
