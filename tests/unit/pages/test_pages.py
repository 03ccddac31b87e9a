"""The files of the pages: found where they lie, served as what they are, taken from npm by one list."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import i2i.pages.places
from i2i.pages import HEADERS, SHARED, VENDOR, find, lacking, media_type
from i2i.pages.vendored import FILES

ROOT = Path(__file__).parents[3]


def test_a_file_is_found_below_its_root_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "page" / "deep").mkdir(parents=True)
    (tmp_path / "page" / "deep" / "a.js").write_text("1")
    (tmp_path / "secret").write_text("2")
    (tmp_path / "page" / "link.js").symlink_to(tmp_path / "secret")
    root = tmp_path / "page"
    assert find(root, "deep/a.js") == root / "deep" / "a.js"
    for path in ("../secret", "deep/../../secret", str(tmp_path / "secret"), "link.js", "deep", "", "no.js", "a\0.js"):
        assert find(root, path) is None, path


def test_types_do_not_depend_on_the_machine() -> None:
    assert media_type("ort.wasm.min.mjs").startswith("text/javascript")
    assert media_type("app.JS").startswith("text/javascript")
    assert media_type("ort.wasm") == "application/wasm"
    assert media_type("look.css").startswith("text/css")
    assert media_type("README") == "application/octet-stream"


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    for sources in policy.values():
        assert set(sources.split()) <= {"'self'", "'none'", "'wasm-unsafe-eval'", "blob:", "data:"}
    assert "data:" not in policy["script-src"]
    assert "blob:" not in policy["script-src"]
    assert HEADERS["Cross-Origin-Embedder-Policy"] == "require-corp"


def test_what_is_not_installed_is_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i2i.pages.places, "VENDOR", tmp_path)
    assert lacking("uplot") == ["uPlot.esm.js", "uPlot.min.css"]
    (tmp_path / "uplot").mkdir()
    (tmp_path / "uplot" / "uPlot.esm.js").write_text("")
    assert lacking("uplot") == ["uPlot.min.css"]


def test_versions_are_pinned_and_the_lock_names_no_host() -> None:
    package = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert set(package["dependencies"]) == set(FILES)
    for name, version in (package["dependencies"] | package["devDependencies"]).items():
        assert version == lock[f"node_modules/{name}"]["version"]
    assert "://" not in json.dumps([{**each, "funding": None} for each in lock.values()])
    for name in FILES:
        assert (ROOT / "web" / "licences" / f"{name}.txt").is_file()


def test_files_are_copied_from_npm_once_and_again_when_a_version_changes(tmp_path: Path) -> None:
    web, pages = tmp_path / "web", tmp_path / "src" / "i2i" / "pages"
    (web / "licences").mkdir(parents=True)
    pages.mkdir(parents=True)
    (web / "vendor.py").write_text((ROOT / "web" / "vendor.py").read_text(encoding="utf-8"))
    (web / "package-lock.json").write_text("1")
    (web / "licences" / "charts.txt").write_text("licence")
    (pages / "vendored.py").write_text('FILES = {"charts": ("dist/a.js",)}')
    installed = web / "node_modules" / "charts" / "dist" / "a.js"
    installed.parent.mkdir(parents=True)
    installed.write_text("first")

    def pin(text: str) -> None:
        (web / "package-lock.json").write_text(text)
        (web / "node_modules" / ".versions").write_text(runpy.run_path(str(web / "vendor.py"))["_versions"]())

    def make() -> str:
        subprocess.run([sys.executable, web / "vendor.py"], check=True, env={"PATH": ""})
        return (pages / "vendor" / "charts" / "a.js").read_text()

    pin("1")
    assert make() == "first"
    assert (pages / "vendor" / "charts" / "LICENSE.txt").read_text() == "licence"
    installed.write_text("second")
    assert make() == "first"
    pin("2")
    assert make() == "second"
    (web / "package-lock.json").write_text("3")
    told = subprocess.run([sys.executable, web / "vendor.py"], env={"PATH": ""}, capture_output=True, text=True)
    assert told.returncode == 1
    assert "npm was not found" in told.stderr
    assert (pages / "vendor" / "charts" / "a.js").read_text() == "second"


@pytest.mark.skipif(bool(lacking("uplot")), reason="scripts/pages has not been run; it needs npm")
def test_every_file_has_its_licence_beside_it() -> None:
    for package, files in FILES.items():
        assert not lacking(package)
        assert "MIT" in (VENDOR / package / "LICENSE.txt").read_text(encoding="utf-8")
        assert all((VENDOR / package / Path(file).name).stat().st_size > 1000 for file in files)


def test_the_pages_name_only_what_is_there_and_hold_no_script_or_style_of_their_own() -> None:
    page = (ROOT / "src" / "i2i" / "server" / "page" / "index.html").read_text(encoding="utf-8")
    assert "style=" not in page
    assert "<style" not in page
    assert "onclick" not in page
    assert "http" not in page
    assert page.count("<script") == 1
    assert (SHARED / "look.css").is_file()
