"""Sharing from the shell: pushed, named by every command, pulled; on a hub on this machine."""

import json
import os
import subprocess
import sys

import pytest
from hub_stand_in import client_of, files_of, serving
from tiny import TINY, draw_pair

from i2i.images import read_image, write_image
from i2i.training import train


@pytest.fixture(scope="module")
def run(pairs, tmp_path_factory):
    return train(pairs, to=tmp_path_factory.mktemp("sharing") / "run", config=TINY).folder


@pytest.fixture(scope="module")
def hub(run, tmp_path_factory):
    with serving() as hub, client_of(hub, tmp_path_factory.mktemp("cache"), token="hf_ada"):
        hub.publish("ada/boxes", files_of(run / "bundle"))
        yield hub


@pytest.fixture
def given(tmp_path):
    write_image(tmp_path / "given.png", draw_pair(9)[0])
    return tmp_path / "given.png"


def test_a_dry_run_says_what_would_be_sent_and_asks_nobody(i2i, hub, run, pairs):
    asked = len(hub.requests)
    status, out, _ = i2i("push", run, "ada/new", "--dry-run", "--licence", "mit")
    assert status == 0
    for file in ("config.json", "model.safetensors", "README.md", "discriminator.safetensors", "examples/1.png"):
        assert f"{file}  " in out
    assert f"note: {pairs} is said as {pairs.name} alone" in out
    assert "hub:ada/new: 5 files, " in out
    assert "would be sent" in out
    assert len(hub.requests) == asked
    assert "ada/new" not in hub.repositories


def test_pushed_and_pulled_it_translates_as_before(i2i, hub, run, given, tmp_path):
    status, out, _ = i2i("push", run, "ada/mine", "--public", "--message", "better", "--examples", "off")
    assert status == 0
    assert "pushed to http://127.0.0.1" in out
    assert "a new public repository" in out
    assert hub.repositories["ada/mine"].at("main").message == "better"
    status, out, _ = i2i("pull", "hub:ada/mine", "--to", tmp_path / "mine")
    assert status == 0
    assert f"i2i translate {tmp_path / 'mine'}" in out
    for bundle, name in ((run, "a.png"), (tmp_path / "mine", "b.png"), ("hub:ada/mine", "c.png")):
        assert i2i("translate", bundle, given, "--to", tmp_path / name)[0] == 0
    ours = read_image(tmp_path / "a.png")
    assert all((read_image(tmp_path / name) == ours).all() for name in ("b.png", "c.png"))
    status, out, _ = i2i("push", run, "ada/mine", "--private")
    assert status == 2


def test_every_command_takes_the_name(i2i, hub, run, pairs, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert i2i("evaluate", "hub:ada/boxes", pairs, "--lpips", "none", "--to", "report")[0] == 0
    assert "boxes" in (tmp_path / "report" / "report.html").read_text()
    assert i2i("export", "hub:ada/boxes", "--to", "torchscript")[0] == 0
    assert (tmp_path / "boxes.pt").is_file()
    bench = ("--size", "32", "--batch", "1", "--rounds", "1", "--engine", "eager", "--no-training")
    assert i2i("bench", "hub:ada/boxes", *bench)[0] == 0
    status, out, _ = i2i("distill", "hub:ada/boxes", "--pairs", pairs, "--budget", "0.5", "--dry-run")
    assert status == 0
    assert "teacher: hub:ada/boxes" in out
    assert i2i("card", "hub:ada/boxes")[0] == 0
    assert "<h1>left-to-right translator</h1>" in (tmp_path / "card.html").read_text()
    assert i2i("card", "hub:ada/boxes")[0] == 2


def test_mistakes_are_one_line_each(i2i, hub, run, given, tmp_path):
    for command, expected in {
        ("translate", "hub:ada/none", given, "--to", tmp_path / "x.png"): "hub:ada/none: no such repository",
        ("translate", "hub:ada", given, "--to", tmp_path / "x.png"): "expected hub:OWNER/NAME",
        ("translate", "hub:ada/boxes@v9", given, "--to", tmp_path / "x.png"): "has no revision 'v9'",
        ("pull", "hub:ada/boxes", "--to", run): "already holds",
        ("push", run, "boxes"): "expected hub:OWNER/NAME",
        ("push", tmp_path / "nothing", "ada/x"): "no such folder",
        ("push", run, "grace/x"): "does not allow you that",
        ("card", run, "--to", given): "is there already",
    }.items():
        status, _, err = i2i(*command)
        assert status == 2, err
        assert expected in err
        assert len([line for line in err.splitlines() if line.startswith("i2i:")]) == 1
        assert "Traceback" not in err


def test_the_variables_of_the_hub_are_heeded_and_offline_nothing_is_asked(hub, run, given, tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": "hf_ada"}

    def translate(to, **more):
        command = [sys.executable, "-m", "i2i", "translate", "hub:ada/boxes", str(given), "--to", str(tmp_path / to)]
        return subprocess.run(command, env={**environment, **more}, capture_output=True, text=True)

    asked = len(hub.requests)
    online = translate("online.png")
    assert online.returncode == 0, online.stderr
    assert "fetching" in online.stderr
    assert {headers["authorization"] for headers in hub.headers[asked:]} == {"Bearer hf_ada"}
    assert not [path for path in hub.paths("GET") if "agent" in path or "telemetry" in path]
    asked = len(hub.requests)
    offline = translate("offline.png", HF_HUB_OFFLINE="1")
    assert offline.returncode == 0, offline.stderr
    assert len(hub.requests) == asked
    assert (read_image(tmp_path / "online.png") == read_image(tmp_path / "offline.png")).all()


def test_a_teacher_on_a_hub_is_recorded_by_its_name(hub, run, pairs, tmp_path):
    from i2i.training.distillation import distill

    slim = distill("hub:ada/boxes", to=tmp_path / "slim", pairs=pairs, config={"training": {"images": 8}}, budget=0.5)
    training = json.loads((slim.bundle / "config.json").read_text())["training"]
    assert training["distill"]["teacher"] == "hub:ada/boxes"
