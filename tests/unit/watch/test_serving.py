"""The page is served to this machine alone, at a port that is free, beside a training and no longer than it."""

import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing

import httpx
import pytest

from i2i.errors import ConfigError
from i2i.watch.beside import watched
from i2i.watch.serving import HOST, bind, check_installed


def wait_for(condition, seconds: float = 20.0):
    """The first true value of a condition, which must come in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}api/runs", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_a_port_that_is_taken_is_passed_over():
    with closing(bind(0)) as first:
        taken = first.getsockname()[1]
        with closing(bind(taken)) as second:
            host, port = second.getsockname()
            assert host == HOST
            assert port != taken


def test_a_port_that_does_not_exist_is_refused():
    for port in (-1, 70000):
        with pytest.raises(ConfigError, match="65535"):
            bind(port)


def test_what_is_missing_is_named_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr("i2i.watch.serving.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"i2i\[serve\]"):
        check_installed()


def test_beside_a_training_the_page_is_told_even_if_the_port_is_taken_and_ends_with_it(tmp_path, make_run):
    told: list[str] = []
    with closing(bind(0)) as other, watched(tmp_path / "run", told.append, other.getsockname()[1]):
        (line,) = wait_for(lambda: told)
        address = re.fullmatch(r"watch: (http://127\.0\.0\.1:\d+/)", line)[1]
        assert str(other.getsockname()[1]) not in address
        assert httpx.get(f"{address}api/runs").json()["runs"][0]["state"] != "running"
        make_run("run")
        assert httpx.get(f"{address}api/runs").json()["runs"][0]["state"] == "running"
    assert not answers(address)


def test_a_page_that_can_not_be_served_ends_no_training(tmp_path, monkeypatch):
    def refuse(*args, **settings):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    told: list[str] = []
    with watched(tmp_path, told.append):
        pass
    assert told == ["the page can't be served (Cannot allocate memory)"]


def test_the_page_ends_when_the_training_is_killed(tmp_path):
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom i2i.watch.beside import watched\n"
        "with watched(Path(sys.argv[1]), lambda line: print(line, flush=True), 0):\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as training:
        address = training.stdout.readline().strip().removeprefix("watch: ")
        assert answers(address)
        training.send_signal(signal.SIGKILL)
    wait_for(lambda: not answers(address))


def test_the_command_serves_until_it_is_told_to_stop(make_run, tmp_path):
    make_run("run")
    command = [sys.executable, "-m", "i2i", "watch", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().split()[0]
        assert answers(address)
        host, port = address.removeprefix("http://").rstrip("/").split(":")
        assert host == "127.0.0.1"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), timeout=2)


def test_watching_needs_no_torch(make_run, tmp_path):
    make_run("run")
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from i2i.watch.library import Library\nfrom i2i.watch.report import report\n"
        "import i2i.watch.app, i2i.cli.watch\nreport(Library([Path(sys.argv[1])]))\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
