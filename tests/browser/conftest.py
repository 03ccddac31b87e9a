"""A real Chromium for the pages' tests, from which no request may leave this machine."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
_AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_LOCAL = ("127.0.0.1", "localhost", "::1", "[::1]")

_PATIENCE = 20_000
"""Milliseconds for a page to do what it is told, on a busy machine."""

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")  # as long as it lives, Playwright's event loop is in the way of any other
def browser() -> Iterator[Browser]:
    """Chromium, named by I2I_CHROMIUM or found on the path; without one the test is skipped."""
    found = os.environ.get("I2I_CHROMIUM") or next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine; install one, or name it by I2I_CHROMIUM")
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """open_page(url, width=1280, height=800, dark=False, **context) -> a page that has loaded.

    When the test ends, none of its pages has asked for anything beyond this machine, broken its own policy, or met an
    error of its own. What a test expects to be in the console it names: `page.expected_errors.append("404")`. A picture
    of each at the end is kept in the folder that the variable I2I_SCREENSHOTS names, if it is set.
    """
    contexts, pages, beyond = [], [], []

    def guard(route: Route, request: Request) -> None:
        if urlsplit(request.url).hostname in _LOCAL:
            route.continue_()
        else:
            beyond.append(request.url)
            route.abort()

    def open_page(url: str, width: int = 1280, height: int = 800, dark: bool = False, **settings: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", **settings
        )
        contexts.append(context)
        context.route(lambda url: url.startswith(("http:", "https:", "ws:", "wss:")), guard)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        page.errors, page.expected_errors = [], []  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.errors.append(str(error)))  # type: ignore[attr-defined]
        page.on(
            "console",
            lambda message: page.errors.append(message.text) if message.type == "error" else None,  # type: ignore[attr-defined]
        )
        pages.append(page)
        page.goto(url)
        return page

    yield open_page
    met = [error for page in pages for error in page.errors if not any(each in error for each in page.expected_errors)]
    if folder := os.environ.get("I2I_SCREENSHOTS"):
        for number, page in enumerate(pages):
            page.screenshot(path=Path(folder) / f"{_plain(request.node.name)}-{number}.png", animations="disabled")
    for context in contexts:
        context.close()
    assert not beyond, f"asked for {beyond}"
    assert not met, f"errors in the page: {met}"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@pytest.fixture
def audit() -> Callable[[Page], list[str]]:
    """audit(page) -> the findings of axe that are serious or critical, a line each."""
    if not _AXE.is_file():
        pytest.skip("axe-core is not installed; scripts/pages --dev fetches it")

    def audit(page: Page) -> list[str]:
        page.evaluate(_AXE.read_text(encoding="utf-8"))
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:300]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]

    return audit
