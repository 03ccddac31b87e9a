"""What the page is told, over HTTP; and what nobody is told."""

import httpx
import pytest
from httpx import ASGITransport

from i2i.watch.app import make_app
from i2i.watch.library import Library
from i2i.watch.machine import Machine, parse_card


@pytest.fixture
def get(make_run, tmp_path):
    """get(path, **headers) -> the answer over one healthy run and one that is ill."""
    import asyncio

    make_run("healthy")
    make_run("sick", sick=True)
    app = make_app(Library([tmp_path]))

    def get(path: str, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1:8710") as client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())

    return get


def key_of(get, name: str) -> str:
    return next(run["key"] for run in get("/api/runs").json()["runs"] if run["name"] == name)


def test_runs_stand_with_their_findings_and_the_machines_load(get):
    answer = get("/api/runs").json()
    healthy, sick = answer["runs"]
    assert (healthy["name"], healthy["state"], healthy["images_per_second"]) == ("healthy", "running", 20)
    assert healthy["findings"] == []
    assert healthy["samples"] == [100, 200, 300, 400, 500, 600]
    assert [finding["check"] for finding in sick["findings"]] == ["constant"]
    assert sick["findings"][0]["check"] in answer["checks"]
    assert answer["machine"]["memory"] > answer["machine"]["memory_used"] > 0


def test_a_run_tells_its_settings_by_dotted_name_and_its_measures(get):
    details = get(f"/api/runs/{key_of(get, 'sick')}").json()
    assert details["config"]["training.images"] == 1000
    assert details["config"]["loss.adversarial"] == "cross-entropy"
    assert details["measures"]["psnr"]["direction"] == "higher"


def test_curves_come_whole_and_then_only_what_is_new(get, tmp_path):
    address = f"/api/runs/{key_of(get, 'healthy')}/curves"
    first = get(address).json()
    assert len(first["losses"]["columns"]["generator.adversarial"]) == 60
    assert first["symptoms"]["columns"]["contrast"][-1] == 0.8
    with (tmp_path / "healthy" / "losses.csv").open("a") as file:
        file.write("610,30.5,0.3,nan,1,0.0002\n")
    then = get(f"{address}?losses={first['losses']['token']}&validation={first['validation']['token']}").json()
    assert then["losses"]["columns"]["images_seen"] == [610]
    assert then["losses"]["columns"]["discriminator.fake"] == [None]
    assert then["validation"]["columns"]["psnr"] == []
    assert then["symptoms"]["from"] == 0


def test_samples_are_pictures(get):
    key = key_of(get, "healthy")
    picture = get(f"/api/runs/{key}/samples/300.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert get(f"/api/runs/{key}/samples/301.png").status_code == 404


def test_the_page_and_its_parts_are_served_with_their_policy(get):
    page = get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert get("/page/app.js").headers["content-type"].startswith("text/javascript")
    assert get("/shared/look.css").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/runs/0", "/api/runs/0/curves", "/api/runs/0/samples/100.png", "/page/none.js", "/other/file.txt",
        "/page/../app.py", "/page/%2e%2e/app.py", "/page/..%2f..%2fapp.py", "/shared/%2e%2e/%2e%2e/__init__.py",
    ],
)  # fmt: skip
def test_nothing_else_is(get, path):
    assert get(path).status_code in (400, 404)


def test_a_sample_is_a_number_and_no_path(get):
    key = key_of(get, "healthy")
    for name in ("..%2f..%2fconfig.yaml", "100.png%2f..", "a.png", "-100.png"):
        assert get(f"/api/runs/{key}/samples/{name}").status_code == 404


def test_a_page_from_elsewhere_is_turned_away(get):
    assert get("/api/runs", host="evil.example").status_code == 400
    assert get("/api/runs", host="localhost:8710").status_code == 200


def test_nothing_can_be_written(make_run, tmp_path):
    import asyncio

    make_run("run")
    app = make_app(Library([tmp_path]))

    async def ask(method: str) -> int:
        async with httpx.AsyncClient(transport=ASGITransport(app), base_url="http://localhost") as client:
            return (await client.request(method, "/api/runs")).status_code

    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert asyncio.run(ask(method)) == 405


def test_graphics_cards_are_read_where_their_tool_knows():
    assert parse_card("Some card, 4 GB, 37, 2048, 4096") == {
        "name": "Some card, 4 GB", "busy": 37.0, "memory_used": 2.0, "memory": 4.0
    }  # fmt: skip
    assert parse_card("Some card, [N/A], 1, 2") is None
    assert parse_card("") is None


def test_the_load_is_not_measured_again_at_once(monkeypatch):
    machine = Machine()
    first = machine.load()
    monkeypatch.setattr("psutil.virtual_memory", lambda: pytest.fail("measured again"))
    assert machine.load() is first
