import asyncio
import json
import socket
import threading
import time

import httpx
import pytest

from i2i.server.gate import Gate
from i2i.server.metrics import Metrics
from i2i.server.settings import Settings

KEY = "0123456789abcdef0123"


@pytest.fixture
def locked(serving):
    with serving(keys=("another key of some length", KEY)) as running:
        yield running


@pytest.mark.parametrize("header", [{"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}])
def test_a_key_opens(locked, header):
    assert locked.http.get("/v1/models", headers=header).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer"},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": KEY + "0"},
        {"Authorization": f"Basic {KEY}"},
    ],
)
def test_without_the_key_nothing_of_the_bundles_is_told(locked, header):
    for path in ("/v1/models", "/v1/models/echo", "/v1/jobs/x", "/metrics", "/openapi.json"):
        answer = locked.http.get(path, headers=header)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "no_key")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert locked.http.post("/v1/translate", headers=header, files={"image": b"x"}).status_code == 401
    assert locked.http.get("/health", headers=header).status_code == 200
    assert locked.http.get("/ready", headers=header).status_code == 200


def test_keys_are_in_no_log(locked, log):
    wrong = "a wrong key that somebody mistyped"
    locked.http.get("/v1/models", headers={"X-API-Key": KEY})
    locked.http.get("/v1/models", headers={"Authorization": f"Bearer {wrong}"})
    locked.until(lambda: "status=401" in log.text)
    assert KEY not in log.text
    assert wrong not in log.text


def test_each_answer_has_an_id_which_is_the_callers_if_that_is_sane(service):
    assert service.http.get("/health", headers={"X-Request-Id": "abc-1.2"}).headers["X-Request-Id"] == "abc-1.2"
    for given in ("two words", "x" * 65, '"', ""):
        made = service.http.get("/nowhere", headers={"X-Request-Id": given}).headers["X-Request-Id"]
        assert made != given
        assert len(made) == 16


def _lines(log):
    return [record.getMessage() for record in log.records if record.name == "i2i.server.requests"]


def test_a_line_of_json_tells_of_each_request(serving, log):
    with serving(log="json") as running:
        running.http.get("/v1/models/echo", headers={"X-Request-Id": "one"})
        running.translate("echo.png")
        running.translate("bad.png")
        running.until(lambda: len(_lines(log)) == 3)
        lines = [json.loads(line) for line in _lines(log)]
    first, second, third = lines
    assert {key: first[key] for key in ("id", "method", "path", "status", "model")} == {
        "id": "one", "method": "GET", "path": "/v1/models/echo", "status": 200, "model": "echo"
    }  # fmt: skip
    assert second["status"] == 200
    assert 0 <= second["queue_ms"] < second["ms"]
    assert 0 <= second["model_ms"] < second["ms"]
    assert (third["status"], third["problem"]) == (400, "bad_image")


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(serving):
    with serving(bytes=100_000) as running:
        told = running.translate("echo.png", b"x" * 200_000)
        edge = b'--e\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        chunks = iter([edge, *[b"x" * 1000] * 200, b"\r\n--e--\r\n"])
        kind = {"Content-Type": "multipart/form-data; boundary=e"}
        untold = running.http.post("/v1/translate", content=chunks, headers=kind)
        for answer in (told, untold):
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
            assert "100,000" in answer.json()["error"]["message"]
        assert running.translate("echo.png", b"x" * 90_000).status_code == 200
        assert running.spooled == []


def test_a_slow_body_is_given_up(serving):
    with serving(timeout=0.3) as running, socket.create_connection(("127.0.0.1", running.port)) as connection:
        head = "POST /v1/translate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
        connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=e\r\n\r\n--e".encode())
        connection.settimeout(5)
        begun = time.monotonic()
        assert b"408" in connection.recv(100)
        assert time.monotonic() - begun < 3
        running.until(lambda: running.translate("echo.png").status_code == 200)  # 0.3 s is little on a busy machine


def test_an_answer_that_took_long_is_not_taken_for_a_slow_body():
    async def application(scope, receive, send):
        await asyncio.sleep(0.1)
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    async def ask():
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/health", "headers": [(b"host", b"localhost")]}
        gate = Gate(application, Settings({"a": "a"}, timeout=0.05), Metrics(), lambda: 1.0)
        await gate(scope, receive, send)
        return sent

    assert asyncio.run(ask())[-1]["body"] == b"late"


def test_a_foreign_name_is_refused_on_loopback_only(serving):
    with serving(names=("models.example",)) as running:
        assert running.http.get("/health", headers={"Host": "evil.example"}).status_code == 421
        for host in ("localhost:1", "127.0.0.1", "[::1]:80", "models.example"):
            assert running.http.get("/health", headers={"Host": host}).status_code == 200
    with serving(host="0.0.0.0") as running:
        assert running.http.get("/health", headers={"Host": "any.example"}).status_code == 200


def test_pages_of_other_sites_are_let_in_only_by_name(serving):
    site = {"Origin": "https://site.example"}
    with serving() as running:
        answer = running.http.post("/v1/translate", files={"image": b"x"}, headers=site)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "other_site")
        assert "access-control-allow-origin" not in running.http.get("/v1/models", headers=site).headers
        own = {"Origin": running.url}
        assert running.http.post("/v1/translate", files={"image": ("echo.png", b"x")}, headers=own).status_code == 200
    with serving(origins=("https://site.example",)) as running:
        answer = running.http.post("/v1/translate", files={"image": ("echo.png", b"x")}, headers=site)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://site.example"
        other = running.http.get("/v1/models", headers={"Origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers


def test_too_many_requests_are_told_when_to_come_back(serving):
    with serving(queue=2) as running, httpx.Client(base_url=running.url, timeout=20) as client:
        threads = [threading.Thread(target=running.translate, args=("sleep-0.6.png",)) for _ in range(2)]
        for thread in threads:
            thread.start()
        running.until(lambda: running.pool.running == 2)
        answer = client.post("/v1/translate", files={"image": ("echo.png", b"x")})
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "busy")
        assert int(answer.headers["Retry-After"]) >= 1
        assert client.get("/health").status_code == 200
        for thread in threads:
            thread.join()
        assert client.post("/v1/translate", files={"image": ("echo.png", b"x")}).status_code == 200
