"""The page of the service, in a real browser: what it promises to those who draw, look and bring."""

import base64
import io
import re
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from browser.served import CLASSES, DEPTH, LABELS, PHOTO, SIDE, label_map, photo, serving, write_bundle
from PIL import Image
from playwright.sync_api import Page, Route, expect

from i2i import load
from i2i.images import Interpolation, Pixels, read_raster, resize, write_image
from i2i.pages import lacking

OpenPage = Callable[..., Page]

READY = re.compile(r"\d (ms|s) (on the server|in this browser)")
needs_npm = pytest.mark.skipif(bool(lacking("onnxruntime-web")), reason="scripts/pages has not been run; it needs npm")


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bundles")
    write_bundle(root / "labels", LABELS, PHOTO, [label_map(1), label_map(2)])
    write_bundle(root / "photo", PHOTO, PHOTO, [photo(40, 56)])
    write_bundle(root / "depth", PHOTO, DEPTH, [], resize="native")
    return root


@pytest.fixture(scope="session")
def address(bundles: Path) -> Iterator[str]:
    with serving(*(f"{name}={bundles / name}" for name in ("labels", "photo", "depth"))) as address:
        yield address


@pytest.fixture(scope="session")
def graph(address: str) -> Iterator["Future[None]"]:
    """Makes a graph for the browser while other tests run."""

    def fetch() -> None:
        urllib.request.urlopen(f"{address}/v1/models/photo/graph.onnx").close()

    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(fetch)


def pixels(page: Page, canvas: str) -> Pixels:
    """(H, W, 3) of a canvas."""
    url = page.evaluate("id => document.getElementById(id).toDataURL()", canvas)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def settle(page: Page) -> None:
    """Wait until the translation is of what is there now."""
    page.wait_for_timeout(120)
    expect(page.locator("#busy")).not_to_have_class(re.compile("on"))
    expect(page.locator("#status")).to_have_text(READY)


def draw(page: Page, *places: tuple[float, float]) -> None:
    """Drag over the drawing through places in shares of its size."""
    box = page.locator("#drawing").bounding_box()
    assert box
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def choose(page: Page, model: str) -> None:
    page.select_option("#model", model)
    settle(page)


def drop(page: Page, name: str, content: bytes | int) -> None:
    """Drop a file of this content, or of so many zeros, anywhere on the page."""
    page.evaluate(
        """([name, given]) => {
          const bytes = typeof given === "number"
            ? new Uint8Array(given)
            : Uint8Array.from(atob(given), (each) => each.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([bytes], name));
          for (const type of ["dragenter", "dragover", "drop"])
            document.body.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}));
        }""",
        [name, content if isinstance(content, int) else base64.b64encode(content).decode()],
    )


def png(image: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


@pytest.mark.usefixtures("graph")
def test_the_first_example_is_there_and_translated(address: str, bundles: Path, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    example = bundles / "labels" / "examples" / "1.png"
    colours = np.array([each.colour for each in CLASSES], np.uint8)
    assert np.array_equal(pixels(page, "drawing"), colours[label_map(1)[:, :, 0]])
    assert np.array_equal(pixels(page, "output"), np.asarray(load(bundles / "labels")(example)))


def test_a_stroke_changes_the_output_and_undo_brings_it_back(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    before, drawn = pixels(page, "output"), pixels(page, "drawing")
    page.keyboard.press("b")
    draw(page, (0.1, 0.2), (0.9, 0.3), (0.5, 0.8))
    settle(page)
    after = pixels(page, "output")
    assert np.abs(after.astype(int) - before).mean() > 1
    page.keyboard.press("Control+z")
    settle(page)
    assert np.array_equal(pixels(page, "drawing"), drawn)
    assert np.array_equal(pixels(page, "output"), before)
    page.keyboard.press("Control+Shift+z")
    settle(page)
    assert np.array_equal(pixels(page, "output"), after)
    expect(page.locator("#redo")).to_be_disabled()


def test_translation_follows_the_pen_before_it_is_lifted(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    before = pixels(page, "output")
    box = page.locator("#drawing").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 200, steps=10)
    settle(page)
    assert not np.array_equal(pixels(page, "output"), before)
    page.mouse.up()


def test_the_palette_is_the_bundles_classes_and_no_tool_mixes_them(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    palette = page.get_by_role("radiogroup", name="Colour").get_by_role("radio")
    assert palette.all_inner_texts() == [each.name for each in CLASSES]
    table = {each.colour for each in CLASSES}
    for tool, name in (("brush", "door"), ("eraser", "door"), ("line", "window"), ("box", "door"), ("fill", "wall")):
        page.get_by_role("radio", name=name).click()
        page.locator(f"[data-tool={tool}]").click()
        before = pixels(page, "drawing")
        draw(page, (0.13, 0.1), (0.8, 0.47), (0.3, 0.9))
        found = pixels(page, "drawing")
        colour = CLASSES[0] if tool == "eraser" else next(each for each in CLASSES if each.name == name)
        changed = (found != before).any(axis=2)
        assert changed.any(), tool
        assert {tuple(each) for each in found[changed]} == {colour.colour}, tool
        assert {tuple(each) for each in found.reshape(-1, 3)} <= table
        if tool == "fill":
            assert len({tuple(each) for each in before[changed]}) == 1
    settle(page)


def test_the_keyboard_draws_fills_and_chooses(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    before = pixels(page, "drawing")
    page.keyboard.press("l")
    page.keyboard.press("4")
    page.locator("#drawing").focus()
    page.keyboard.press(" ")
    expect(page.locator("#live")).to_have_text("Pen down")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press(" ")
    after = pixels(page, "drawing")
    assert tuple(after[SIDE // 2, SIDE // 2]) == CLASSES[3].colour
    page.keyboard.press("f")
    page.keyboard.press("2")
    page.keyboard.press(" ")
    assert (pixels(page, "drawing") != after).any()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert np.array_equal(pixels(page, "drawing"), before)
    settle(page)


def test_a_finger_draws_and_a_second_one_takes_its_mark_back(address: str, open_page: OpenPage) -> None:
    page = open_page(address, width=390, height=780, has_touch=True, is_mobile=True)
    settle(page)
    before = pixels(page, "drawing")
    box = page.locator("#drawing").bounding_box()
    assert box
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": box["x"] + x, "y": box["y"] + y, "id": i} for i, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", (30, 30))
    fingers("touchMove", (120, 90))
    fingers("touchEnd")
    drawn = pixels(page, "drawing")
    assert (drawn != before).any()
    fingers("touchStart", (40, 120))
    fingers("touchMove", (60, 160))
    fingers("touchStart", (60, 160), (150, 160))
    fingers("touchMove", (20, 160), (200, 160))
    fingers("touchEnd")
    assert np.array_equal(pixels(page, "drawing"), drawn)
    expect(page.locator("#fit")).not_to_have_text("100 %")
    settle(page)


def test_a_dropped_file_is_translated_as_it_is(address: str, bundles: Path, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    brought = photo(45, 70)
    drop(page, "mine.png", png(brought))
    expect(page.locator("#drawing")).to_have_js_property("width", 70)
    settle(page)
    assert np.array_equal(pixels(page, "drawing"), brought)
    assert np.array_equal(pixels(page, "output"), load(bundles / "photo")(brought))
    expect(page.locator("#curtain")).to_be_hidden()


def test_what_no_browser_reads_is_chosen_and_comes_back_in_its_own_type(
    address: str, bundles: Path, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(f"{address}/#model=depth")
    settle(page)
    write_image(tmp_path / "scan.tif", photo(24, 40))
    page.set_input_files("#chooser", tmp_path / "scan.tif")
    expect(page.locator("#drawing")).to_have_js_property("width", 40)
    settle(page)
    with page.expect_download() as told:
        page.click("#save")
    file = tmp_path / told.value.suggested_filename
    told.value.save_as(file)
    saved = read_raster(file).pixels
    assert saved.dtype == np.uint16
    assert np.array_equal(saved, load(bundles / "depth")(photo(24, 40)))


@pytest.mark.slow
def test_a_large_file_is_translated_as_a_job_and_not_drawn_on(address: str, bundles: Path, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=depth")
    settle(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(address)}"))
    brought = photo(2050, 2060)
    drop(page, "large.png", png(brought))
    expect(page.locator("#drawing")).to_have_js_property("width", 2060, timeout=60_000)
    expect(page.locator("#closed")).to_contain_text("too large to draw on")
    expect(page.locator("#status")).to_have_text(re.compile("Translating: [0-9]+ %"), timeout=60_000)
    expect(page.locator("#status")).to_have_text(READY, timeout=120_000)
    expect(page.locator("#output")).to_have_js_property("width", 2060)
    assert "POST /v1/jobs" in asked
    assert "POST /v1/translate" not in asked
    assert any(each.startswith("DELETE /v1/jobs/") for each in asked)
    before = pixels(page, "drawing")
    draw(page, (0.2, 0.2), (0.8, 0.6))
    assert np.array_equal(pixels(page, "drawing"), before)


def test_an_image_is_pasted(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    page.evaluate(
        """(text) => {
          const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([bytes], "image.png", {type: "image/png"}));
          dispatchEvent(new ClipboardEvent("paste", {clipboardData}));
        }""",
        base64.b64encode(png(photo(20, 30))).decode(),
    )
    expect(page.locator("#drawing")).to_have_js_property("width", 30)
    settle(page)


def test_the_camera_takes_a_picture(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    page.click("#camera")
    expect(page.locator("video")).to_have_js_property("paused", False)
    page.get_by_role("button", name="Take the picture").click()
    expect(page.locator("#drawing")).to_have_js_property("width", 640)
    settle(page)
    assert np.ptp(pixels(page, "drawing")) > 50


def test_a_picture_can_be_taken_only_once_the_camera_shows_one(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    page.evaluate(
        "() => { HTMLMediaElement.prototype.play = () => new Promise((_, reject) => (globalThis.refuse = reject)); }"
    )
    page.click("#camera")
    expect(page.get_by_role("button", name="Take the picture")).to_be_disabled()
    page.get_by_role("button", name="Cancel").click()
    page.evaluate("globalThis.refuse(new DOMException('interrupted', 'AbortError'))")
    settle(page)
    expect(page.locator("#problem")).to_be_hidden()


def test_the_slider_uncovers_the_input_by_mouse_and_keyboard(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    page.keyboard.press("c")
    divider = page.get_by_role("slider", name="uncovered")
    box, stage = divider.bounding_box(), page.locator("#output-stage").bounding_box()
    assert box
    assert stage
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(stage["x"] + 0.7 * stage["width"], box["y"] + 90, steps=5)
    page.mouse.up()
    assert divider.get_attribute("aria-valuenow") == "70"
    divider.focus()
    page.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuetext") == "72 % input"
    seen = np.asarray(Image.open(io.BytesIO(page.locator("#output-stage .plane").screenshot())).convert("RGB")).astype(
        int
    )
    given = np.asarray(Image.open(io.BytesIO(page.locator("#input-stage .plane").screenshot())).convert("RGB")).astype(
        int
    )
    width = seen.shape[1]
    assert np.abs(seen - given)[:, : width // 2].mean() < 4
    assert np.abs(seen - given)[:, int(0.9 * width) :].mean() > 10
    page.keyboard.press("c")
    expect(divider).to_be_hidden()


def test_both_panes_zoom_and_pan_together(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    page.locator("#output-stage").hover()
    page.mouse.wheel(0, -400)
    expect(page.locator("#fit")).to_have_text("200 %")
    stage = page.locator("#output-stage").bounding_box()
    assert stage
    page.mouse.move(stage["x"] + 200, stage["y"] + 200)
    page.mouse.down()
    page.mouse.move(stage["x"] + 260, stage["y"] + 220, steps=4)
    page.mouse.up()
    boxes = [page.locator(f"#{each}-stage .plane").bounding_box() for each in ("input", "output")]
    assert boxes[0]
    assert boxes[1]
    left = page.locator("#input-stage").bounding_box()
    assert left
    assert boxes[0]["width"] == pytest.approx(boxes[1]["width"], abs=2)
    assert boxes[0]["x"] - left["x"] == pytest.approx(boxes[1]["x"] - stage["x"], abs=2)
    before = pixels(page, "drawing")
    draw(page, (0.5, 0.5), (0.55, 0.52))
    changed = np.argwhere((pixels(page, "drawing") != before).any(axis=2))
    assert np.allclose(changed.mean(axis=0) / before.shape[:2], (0.51, 0.525), atol=0.05)
    settle(page)


def test_samples_stand_side_by_side_with_their_seeds(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    page.fill("#seed", "7")
    page.select_option("#samples", "4")
    strip = page.get_by_role("group", name="Samples").get_by_role("button")
    expect(strip).to_have_count(4)
    assert strip.all_inner_texts() == ["seed 7", "seed 8", "seed 9", "seed 10"]
    first = pixels(page, "output")
    strip.nth(2).click()
    third = pixels(page, "output")
    assert not np.array_equal(first, third)
    page.fill("#seed", "9")
    page.keyboard.press("Enter")
    expect(strip.first).to_have_text("seed 9")
    strip.first.click()
    assert np.array_equal(pixels(page, "output"), third)
    assert "only the service" in str(page.locator("#engines span").last.get_attribute("title"))


@pytest.mark.parametrize("kind", ["difference", "uncertainty", "patches"])
def test_a_map_is_laid_over_the_output_and_explained(address: str, open_page: OpenPage, kind: str) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    page.select_option("#overlay-kind", kind)
    expect(page.locator("#overlay")).to_be_visible()
    painted = pixels(page, "overlay")
    assert painted.shape == (40, 56, 3)
    assert len(np.unique(painted.reshape(-1, 3), axis=0)) > 8
    assert re.search(r"\d", page.locator("#legend-high").inner_text())
    page.locator("#opacity").fill("20")
    assert page.evaluate("getComputedStyle(document.getElementById('overlay')).opacity") == "0.2"
    page.select_option("#overlay-kind", "")
    expect(page.locator("#overlay")).to_be_hidden()


@needs_npm
@pytest.mark.parametrize("model", ["photo", pytest.param("labels", marks=pytest.mark.slow)])
def test_the_browser_gives_the_same_picture(
    address: str, open_page: OpenPage, graph: "Future[None]", model: str
) -> None:
    graph.result()
    page = open_page(f"{address}/#model={model}")
    settle(page)
    served = pixels(page, "output").astype(int)
    page.locator("label[for=in-browser]").click()
    expect(page.locator("#status")).to_contain_text("in this browser")
    own = pixels(page, "output")
    assert np.abs(own - served).mean() <= 2
    assert np.ptp(own) > 20
    expect(page.locator("#browser-time")).to_contain_text("ms")
    draw(page, (0.2, 0.2), (0.8, 0.6))
    settle(page)
    drawn = pixels(page, "output").astype(int)
    assert np.abs(drawn - own).mean() > 1
    page.locator("label[for=on-server]").click()
    expect(page.locator("#status")).to_contain_text("on the server")
    assert np.abs(pixels(page, "output") - drawn).mean() <= 2


def test_why_it_can_not_run_in_the_browser_is_said(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=depth")
    settle(page)
    page.locator("label[for=in-browser]").click()
    expect(page.locator("#status")).to_contain_text("uint16")
    expect(page.locator("#on-server")).to_be_checked()
    settle(page)
    expect(page.locator("#status")).to_contain_text("uint16")
    page.locator("label[for=on-server]").click()


def test_a_bad_file_is_told_and_the_picture_stays(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    page.expected_errors.append("400")  # type: ignore[attr-defined]
    before = pixels(page, "output")
    drop(page, "notes.png", b"not an image at all")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("notes.png")
    assert "{" not in alert.inner_text()
    assert np.array_equal(pixels(page, "output"), before)
    page.get_by_role("button", name="Dismiss").click()
    expect(alert).to_be_hidden()
    drop(page, "huge.png", 65 * 2**20)
    expect(alert).to_have_text("huge.png: has 68.2 MB; this service takes up to 67.1 MB.")
    drop(page, "good.png", png(photo(20, 30)))
    expect(page.locator("#drawing")).to_have_js_property("width", 30)
    settle(page)


def test_a_busy_service_is_asked_again(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/#model=photo")
    settle(page)
    page.expected_errors.append("429")  # type: ignore[attr-defined]
    body = '{"error": {"code": "busy", "message": "too many requests; try again in a moment"}}'
    page.route(
        "**/v1/translate",
        lambda route: route.fulfill(status=429, body=body, headers={"Retry-After": "1"}),
        times=1,
    )
    draw(page, (0.2, 0.2), (0.8, 0.6))
    expect(page.locator("#status")).to_have_text("Too many requests; try again in a moment")
    expect(page.locator("#status")).to_have_text(READY)


def test_a_key_is_asked_for_and_sent(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/page/icon.svg")
    page.expected_errors.append("401")  # type: ignore[attr-defined]

    def locked(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer a-key-of-mine":
            route.fallback()
        else:
            route.fulfill(status=401, body='{"error": {"code": "no_key", "message": "a key is needed"}}')

    page.route("**/v1/**", locked)
    page.goto(address)
    page.get_by_label("Key", exact=True).fill("a-key-of-mine")
    page.keyboard.press("Enter")
    settle(page)


def test_one_at_a_time_and_of_what_waits_the_newest(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    done = page.evaluate(
        """async () => {
          const {Newest} = await import(new URL("page/newest.js", document.baseURI));
          const done = [], aborted = [];
          let running = 0, most = 0;
          const work = (name) => async (signal) => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setTimeout(resolve, 60));
            running--;
            (signal.aborted ? aborted : done).push(name);
          };
          const newest = new Newest(5, () => {});
          newest.ask(work("first"));
          await new Promise((resolve) => setTimeout(resolve, 20));
          for (const name of ["second", "third", "fourth"]) newest.ask(work(name));
          await new Promise((resolve) => setTimeout(resolve, 250));
          newest.ask(work("fifth"));
          await new Promise((resolve) => setTimeout(resolve, 20));
          newest.ask(work("sixth"), true);
          await new Promise((resolve) => setTimeout(resolve, 250));
          return {done, aborted, most};
        }"""
    )
    assert done == {"done": ["first", "fourth", "sixth"], "aborted": ["fifth"], "most": 1}


def test_the_browser_resizes_as_the_service(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    noise = np.random.default_rng(5).integers(0, 256, (40, 56, 3), np.uint8)
    rgba = np.dstack([noise, np.full((40, 56, 1), 255, np.uint8)])
    methods: tuple[Interpolation, ...] = ("bicubic", "bilinear", "area", "nearest")
    for method, (height, width) in product(methods, [(17, 31), (64, 90), (40, 23)]):
        found = page.evaluate(
            """async ([text, width, height, method]) => {
              const {resize} = await import(new URL("page/resample.js", document.baseURI));
              const data = Uint8ClampedArray.from(atob(text), (each) => each.charCodeAt(0));
              return [...resize({width: 56, height: 40, data}, width, height, method).data];
            }""",
            [base64.b64encode(rgba.tobytes()).decode(), width, height, method],
        )
        own = np.array(found).reshape(height, width, 4)[:, :, :3]
        assert np.abs(own - resize(noise, height, width, method)).max() <= 1, (method, height, width)


def test_drawn_classes_become_the_values_of_label_files_and_back(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    found = page.evaluate(
        """async () => {
          const {pictureOf, valuesOf} = await import(new URL("page/coding.js", document.baseURI));
          const [{input}] = (await (await fetch("v1/models")).json()).models;
          const data = Uint8ClampedArray.from([19, 112, 218, 255, 250, 220, 60, 255, 60, 40, 30, 255]);
          const values = valuesOf({width: 3, height: 1, data}, input);
          const grey = valuesOf({width: 3, height: 1, data}, {channels: 1, labels: false, classes: []});
          const back = pictureOf(values, 3, 1, input);
          return {values: [...values], grey: [...grey], back: [...back.data]};
        }"""
    )
    assert found["values"] == [0, 5, 9]
    seen = np.array([[[19, 112, 218], [250, 220, 60], [60, 40, 30]]], np.uint8)
    assert found["grey"] == np.asarray(Image.fromarray(seen).convert("L")).ravel().tolist()
    assert np.array(found["back"]).reshape(3, 4)[:, :3].tolist() == [list(CLASSES[k].colour) for k in (0, 2, 3)]


def test_models_are_chosen_from_a_list_and_by_address(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    assert page.locator("#model option").evaluate_all("all => all.map((each) => each.value)") == [
        "labels",
        "photo",
        "depth",
    ]
    choose(page, "photo")
    assert page.url.endswith("#model=photo")
    expect(page.locator("#drawing")).to_have_js_property("width", 56)
    choose(page, "depth")
    expect(page.locator("#hint")).to_be_visible()


def test_the_card_is_read_in_the_page(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    settle(page)
    page.click("#card")
    expect(page.get_by_role("dialog")).to_contain_text("It was not trained")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (768, 1024), (360, 740)])
def test_it_fits_and_those_with_other_senses_can_use_it(
    address: str, open_page: OpenPage, audit: Callable[[Page], list[str]], width: int, height: int
) -> None:
    for dark in (False, True):
        page = open_page(address, width=width, height=height, dark=dark)
        settle(page)
        page.click("#compare")
        page.select_option("#overlay-kind", "patches")
        page.select_option("#samples", "4")
        expect(page.locator("#legend")).to_be_visible()
        expect(page.locator("#strip button")).to_have_count(4)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert not audit(page)
