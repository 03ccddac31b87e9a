"""The page of `i2i watch` in a real Chromium: what a person sees of a run that goes on, and of several side by side."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Page, expect

from i2i.images import write_image
from i2i.pages import lacking
from i2i.watch.app import make_app
from i2i.watch.library import Library
from i2i.watch.serving import bind

needs_curves = pytest.mark.skipif(bool(lacking("uplot")), reason="uPlot is not in this installation; run scripts/pages")


def log(run: Path, first: int, last: int, images: int, offset: float = 0.0, contrast: float = 0.8) -> None:
    """Rows of losses for every tenth image, and a validation with a sample for every hundredth."""
    rows = range(first, last + 1, 10)
    add(run / "losses.csv", "images_seen,seconds,discriminator.real,discriminator.fake,generator.reconstruction",
        [f"{n},{n / 20},{0.3 + 0.1 * (n % 30 == 0)},0.2,{30 + offset - 10 * n / images}" for n in rows])  # fmt: skip
    checked = [n for n in rows if n % 100 == 0]
    add(run / "validation.csv", "images_seen,psnr", [f"{n},{12 + offset / 10 + min(n, 400) / 100}" for n in checked])
    add(run / "symptoms.csv", "images_seen,contrast,variety", [f"{n},{contrast},0.5" for n in checked])
    for n in checked:
        shade = np.full((60, 144, 3), n * 220 // images, np.uint8)
        shade[10:50, 52:92, 0] = 255 - shade[10:50, 52:92, 0]
        write_image(run / "samples" / f"{n:08d}.png", shade)


def add(file: Path, header: str, rows: list[str]) -> None:
    fresh = not file.exists()
    with file.open("a") as out:
        out.write("".join(f"{row}\n" for row in ([header] if fresh else []) + rows))


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """make_run(name, last, images=1000, offset=0.0, contrast=0.8, seed=0) -> a run folder that has come so far."""

    def make(
        name: str, last: int, images: int = 1000, offset: float = 0.0, contrast: float = 0.8, seed: int = 0
    ) -> Path:
        run = tmp_path / name
        (run / "samples").mkdir(parents=True)
        tree = {
            "recipe": "pix2pix",
            "loss": {"adversarial": "cross-entropy", "discriminator_weight": 0.5},
            "training": {"images": images, "best": "psnr", "seed": seed},
            "data": {"size": [64, 64]},
        }
        (run / "config.yaml").write_text(json.dumps(tree))
        psnr = {"label": "PSNR", "unit": "dB", "direction": "higher", "decimals": 2, "definition": "of luma"}
        (run / "measures.json").write_text(json.dumps({"psnr": psnr}))
        log(run, 10, last, images, offset, contrast)
        return run

    return make


@pytest.fixture
def address(tmp_path: Path, make_run: Callable[..., Path]) -> Iterator[Callable[[], str]]:
    """address() -> where the page over all runs made so far is served."""
    started = []

    def serve() -> str:
        listening = bind(0)
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(Library([tmp_path])), log_level="error", lifespan="off", timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        started.append((server, thread, listening))
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"

    yield serve
    for server, thread, listening in started:
        server.should_exit = True
        thread.join(10)
        listening.close()


def shade(page: Page) -> int:
    """Grey level of the corner of the first sample that is shown."""
    return page.evaluate(
        """() => {
            const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
            context.drawImage(document.querySelector("#sample-pictures img"), 0, 0);
            return context.getImageData(0, 0, 1, 1).data[0];
        }"""
    )


@needs_curves
def test_a_run_in_progress_is_followed_as_it_goes(open_page, address, make_run):
    run = make_run("first", 500)
    page = open_page(address())
    row = page.locator("#runs li")
    expect(row).to_contain_text("running")
    expect(row).to_contain_text("500 of 1,000 images · 20 images/s · about 25 s left")
    expect(page.locator("#machine")).to_contain_text("processor")
    expect(page.locator("#panel-losses-generator-reconstruction canvas")).to_have_count(1)
    expect(page.locator("#panel-validation-psnr .key")).to_contain_text("16.00")
    expect(page.locator("#sample-told")).to_have_text("image 500")
    log(run, 510, 600, 1000, offset=5)
    expect(row).to_contain_text("600 of 1,000 images", timeout=10_000)
    expect(page.locator("#panel-validation-psnr .key")).to_contain_text("16.50")
    expect(page.locator("#sample-told")).to_have_text("image 600")
    expect(page.locator("#validation-table tbody tr").first).to_contain_text("600")
    assert "60 %" in page.title()


def test_findings_stand_on_top_with_what_to_do_and_lead_to_their_curve(open_page, address, make_run):
    make_run("healthy", 1000)
    make_run("sick", 1000, contrast=0.02)
    page = open_page(address())
    card = page.locator(".finding")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Outputs of one value")
    expect(card).to_contain_text("2.0% of the contrast")
    expect(card).to_contain_text("What to do")
    expect(card).to_contain_text("sick, image 1,000")
    if not lacking("uplot"):
        card.get_by_role("button", name="Show the curve").click()
        expect(page.locator("#panel-symptoms-variety")).to_be_in_viewport()
    expect(page.locator(".healthy")).to_contain_text("No findings for healthy")


def test_samples_are_scrubbed_by_keyboard_and_played(open_page, address, make_run):
    make_run("first", 800)
    page = open_page(address())
    expect(page.locator("#sample-told")).to_have_text("image 800")
    scrubber = page.locator("#scrubber")
    scrubber.press("Home")
    expect(page.locator("#sample-told")).to_have_text("image 100")
    picture = page.locator("#sample-pictures img")
    expect(picture).to_have_attribute("src", re.compile(r"/100\.png$"))
    expect(picture).to_have_js_property("complete", True)
    first = shade(page)
    scrubber.press("ArrowRight")
    scrubber.press("ArrowRight")
    expect(page.locator("#sample-told")).to_have_text("image 300")
    assert scrubber.get_attribute("aria-valuetext") == "image 300, sample 3 of 8"
    expect(picture).to_have_attribute("src", re.compile(r"/300\.png$"))
    expect(picture).to_have_js_property("complete", True)
    assert shade(page) == 3 * first > 0
    scrubber.press("End")
    page.keyboard.press("p")
    expect(page.locator("#play")).to_have_text("Pause")
    expect(page.locator("#sample-told")).to_have_text("image 800", timeout=8_000)
    expect(page.locator("#play")).to_have_text("Play")


@needs_curves
def test_runs_stand_side_by_side_on_the_same_axes_and_can_be_left_out(open_page, address, make_run):
    make_run("first", 1000)
    make_run("second", 800, offset=8, seed=7)
    page = open_page(address())
    key = page.locator("#panel-losses-generator-reconstruction .key")
    expect(key).to_contain_text("first 20")
    expect(key).to_contain_text("second 30")
    colours = page.locator("#runs .swatch").evaluate_all(
        "all => all.map((each) => getComputedStyle(each).backgroundColor)"
    )
    assert len(set(colours)) == 2
    expect(page.locator("#sample-pictures figure")).to_have_count(2)
    expect(page.locator("#settings-table tbody tr")).to_have_count(1)
    expect(page.locator("#settings-table")).to_contain_text("training.seed")
    page.get_by_label("only what differs").uncheck()
    expect(page.locator("#settings-table")).to_contain_text("data.size")
    page.locator("#settings-filter").fill("seed")
    expect(page.locator("#settings-table tbody tr")).to_have_count(1)
    page.get_by_label("second").first.uncheck()
    expect(key).not_to_contain_text("second")
    expect(page.locator("#sample-pictures figure")).to_have_count(1)


@needs_curves
def test_one_cursor_reads_all_panels_by_mouse_and_by_keyboard(open_page, address, make_run):
    make_run("first", 1000)
    page = open_page(address())
    chart = page.locator("#panel-losses-generator-reconstruction .chart")
    reconstruction, psnr = (
        page.locator("#panel-losses-generator-reconstruction .key"),
        page.locator("#panel-validation-psnr .key"),
    )
    page.locator("#smoothing").fill("0")
    expect(reconstruction).to_have_text("20")
    chart.focus()
    page.keyboard.press("Home")
    expect(reconstruction).to_have_text("29.9")
    expect(page.locator("#cursor-told")).to_have_text("at image 10")
    page.keyboard.press("End")
    expect(reconstruction).to_have_text("20")
    chart.locator(".u-over").hover(position={"x": 100, "y": 60})
    expect(psnr).not_to_have_text("16.00")
    page.get_by_label("Over").select_option("hours")
    page.locator("#panel-losses-generator-reconstruction .u-over").hover(position={"x": 100, "y": 60})
    expect(page.locator("#cursor-told")).to_have_text(re.compile(r"at \d+ s"))


def test_the_best_of_a_measure_and_the_kept_validation_are_marked(open_page, address, make_run):
    make_run("first", 1000)
    page = open_page(address())
    expect(page.locator("#validation-table tr.kept")).to_contain_text("400")
    expect(page.locator("#validation-table td.best")).to_have_text("16.00")
    expect(page.locator("#validation-table thead")).to_contain_text("PSNR, dB ↑")


def test_names_from_outside_are_text_and_nothing_else(open_page, address, make_run):
    make_run("<img src=x onerror=alert(1)>", 500, contrast=0.02)
    page = open_page(address())
    expect(page.locator("#runs")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#runs img").count() == 0


def test_a_server_that_is_gone_is_said(open_page, address, make_run):
    make_run("first", 500)
    page = open_page(address())
    page.expected_errors.extend(["Failed to load", "ERR_"])
    expect(page.locator("#runs li")).to_have_count(1)
    page.route("**/api/runs", lambda route: route.abort())
    expect(page.locator("#trouble")).to_contain_text("i2i watch", timeout=10_000)
    page.unroute("**/api/runs")
    expect(page.locator("#trouble")).to_be_hidden(timeout=10_000)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_it_is_accessible_and_fits(open_page, address, make_run, audit, width, dark):
    make_run("first", 1000, contrast=0.02)
    make_run("second", 600, offset=8, seed=7)
    page = open_page(address(), width=width, dark=dark)
    expect(page.locator("#runs li")).to_have_count(2)
    expect(page.locator("#validation-table tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert audit(page) == []
