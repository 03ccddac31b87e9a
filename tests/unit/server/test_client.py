import json
import socket
import threading
import time

import pytest

from i2i.cli import main
from i2i.errors import ConfigError, ImageError, ServiceError, StorageError
from i2i.server.client import Client, translate_file, translate_folder

FIELDS = {"samples": "1", "seed": "0"}


@pytest.fixture
def client(service):
    with Client(service.url, patience=5) as client:
        yield client


@pytest.fixture
def folder(tmp_path):
    """Images below a folder, one of them bad, and a file that is none."""
    source = tmp_path / "in"
    for name in ("a.png", "b/c.tif", "bad.png", "same.png", "same.tif", ".hidden.png", "notes.txt"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode())
    return source


def run(*words) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return ended.value.code


def test_a_file_is_written_where_one_says(client, folder, tmp_path):
    [named] = translate_file(client, folder / "a.png", tmp_path / "out" / "x.tif", FIELDS)
    assert (named, named.read_bytes()) == (tmp_path / "out" / "x.tif", b"a.png")
    [found] = translate_file(client, folder / "a.png", tmp_path / "out", FIELDS)
    assert found == tmp_path / "out" / "a.png"
    three = translate_file(client, folder / "b" / "c.tif", tmp_path / "out", {**FIELDS, "samples": "3"})
    assert [path.name for path in three] == ["c.1.png", "c.2.png", "c.3.png"]
    assert three[2].read_bytes() == b"b/c.tif"


def test_nothing_is_overwritten(client, folder, tmp_path):
    (tmp_path / "x.png").write_text("mine")
    with pytest.raises(StorageError, match="stays as it is"):
        translate_file(client, folder / "a.png", tmp_path / "x.png", FIELDS)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_text("mine")
    with pytest.raises(StorageError, match="stays as it is"):
        translate_file(client, folder / "a.png", tmp_path / "out", FIELDS)
    with pytest.raises(StorageError, match="holds other things"):
        translate_folder(client, folder, tmp_path / "out", FIELDS)
    with pytest.raises(StorageError, match="the inputs"):
        translate_folder(client, folder, folder, FIELDS)
    assert (tmp_path / "out" / "a.png").read_text() == (tmp_path / "x.png").read_text() == "mine"


def test_one_bad_file_does_not_stop_the_rest_and_what_is_done_is_not_done_again(service, client, folder, tmp_path):
    steps = []
    first = translate_folder(client, folder, tmp_path / "out", FIELDS, progress=lambda *step: steps.append(step))
    names = sorted(path.relative_to(tmp_path / "out").as_posix() for path in first.written)
    assert names == ["a.png", "b/c.png", "same.png.png", "same.tif.png"]
    assert (tmp_path / "out" / "b" / "c.png").read_bytes() == b"b/c.tif"
    assert list(first.failed) == [folder / "bad.png"]
    assert first.failed[folder / "bad.png"] == f"{folder / 'bad.png'}: is no image"
    assert steps == [(number, 5) for number in range(1, 6)]
    (tmp_path / "out" / "a.png").write_bytes(b"kept")
    again = translate_folder(client, folder, tmp_path / "out", FIELDS)
    assert (len(again.written), len(again.skipped), len(again.failed)) == (0, 4, 1)
    assert (tmp_path / "out" / "a.png").read_bytes() == b"kept"
    with pytest.raises(StorageError, match="other settings"):
        translate_folder(client, folder, tmp_path / "out", {**FIELDS, "seed": "1"})


def test_the_command_ends_as_translate_does(service, folder, tmp_path, capsys, monkeypatch):
    assert run("client", service.url, folder, "--to", tmp_path / "out", "--json", tmp_path / "report.json") == 1
    assert "4 written, 0 were there, 1 failed" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text())
    assert len(report["written"]) == 4
    assert list(report["failed"]) == [str(folder / "bad.png")]
    assert run("client", service.url, folder / "a.png", "--to", tmp_path / "one") == 0
    assert run("client", service.url, folder / "bad.png", "--to", tmp_path / "one") == 2
    assert run("client", service.url, tmp_path / "none.png", "--to", tmp_path / "one") == 2
    assert run("client", service.url, folder / "a.png", "--to", tmp_path / "two", "--model", "other") == 2
    assert "there is no 'other'" in capsys.readouterr().err


def test_a_job_is_watched_until_it_is_done(client, tmp_path):
    (tmp_path / "tiles-30.png").write_bytes(b"large")
    steps = []
    [path] = translate_file(
        client, tmp_path / "tiles-30.png", tmp_path / "out", FIELDS, job=True, progress=lambda *step: steps.append(step)
    )
    assert path.read_bytes() == b"large"
    assert steps[-1] == (30, 30)
    (tmp_path / "bad.png").write_bytes(b"x")
    with pytest.raises(ImageError, match=r"bad\.png: is no image"):
        translate_file(client, tmp_path / "bad.png", tmp_path / "out", FIELDS, job=True)


def test_a_key_is_sent_and_a_wrong_one_ends_it_at_once(serving, folder, tmp_path, monkeypatch, capsys):
    with serving(keys=("0123456789abcdef0123",)) as running:
        monkeypatch.setenv("I2I_API_KEY", "0123456789abcdef0123")
        assert run("client", running.url, folder / "a.png", "--to", tmp_path / "one") == 0
        monkeypatch.setenv("I2I_API_KEY", "another")
        assert run("client", running.url, folder, "--to", tmp_path / "two") == 2
        assert "no valid key" in capsys.readouterr().err
        assert not (tmp_path / "two").exists()


class Stubborn(threading.Thread):
    """Answers what it is told to, one answer a connection, and notes when it was asked."""

    def __init__(self, answers):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.answers, self.asked = list(answers), []
        self.start()

    def run(self):
        for answer in self.answers:
            connection, _ = self.listener.accept()
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                self.asked.append(time.monotonic())
                connection.sendall(answer)
        self.listener.close()


def raw(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_busy_service_is_asked_again_when_it_says():
    busy = raw("429 Too Many Requests", b'{"error": {"code": "busy", "message": "full"}}', "Retry-After: 1")
    server = Stubborn([busy, b"", raw("200 OK", b'{"models": []}')])  # the second hangs up
    with Client(server.url, patience=20) as client:
        assert client.models() == {"models": []}
    assert server.asked[1] - server.asked[0] >= 1


def test_a_service_that_stays_busy_is_given_up_with_its_own_words():
    busy = raw("503 Service Unavailable", b'{"error": {"code": "busy", "message": "it is full"}}', "Retry-After: 9")
    server = Stubborn([busy])
    with pytest.raises(ServiceError, match="it is full"), Client(server.url, patience=1) as client:
        client.models()


def test_what_is_no_service_is_told(tmp_path):
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    with pytest.raises(ServiceError, match="can't be reached"), Client(f"http://127.0.0.1:{port}") as client:
        client.models()
    server = Stubborn([raw("404 Not Found", b"<html>")])
    with pytest.raises(ServiceError, match="is this an i2i service"), Client(server.url) as client:
        client.models()
    for wrong in ("ftp://host", "http://", "http://host:port"):
        with pytest.raises(ConfigError, match="is no address"):
            Client(wrong)
