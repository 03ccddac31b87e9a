"""The service as a user starts it, with real workers and real bundles, over HTTP on loopback."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import torch
from PIL import Image

import i2i
from i2i.bundle import BundleConfig, save_bundle
from i2i.generators import build_generator
from i2i.images import ImageSpec, read_raster, write_image
from i2i.translator.folder import translate_file

KEY = "a-key-of-more-than-enough-length"


def write_bundle(path: Path, spec: ImageSpec) -> Path:
    arguments = {"name": "unet", "in_channels": spec.channels, "out_channels": spec.channels, "width": 4, "depth": 2}
    torch.manual_seed(0)
    config = BundleConfig(generator={**arguments, "dropout": [1]}, input=spec, target=spec, size=(16, 24))
    save_bundle(path, build_generator(**config.generator), config, "# A card")
    return path


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("serve")
    write_bundle(root / "photos", ImageSpec(3))
    write_bundle(root / "scans", ImageSpec(1, "uint16"))
    random = np.random.default_rng(0)
    write_image(root / "photo.png", random.integers(0, 256, (40, 56, 3), dtype=np.uint8))
    write_image(root / "scan.tif", random.integers(0, 65536, (40, 56, 1), dtype=np.uint16))
    write_image(root / "large.tif", random.integers(0, 65536, (300, 300, 1), dtype=np.uint16))
    return root


class Service:
    """`i2i serve` as a process."""

    def __init__(self, *words: object, log: Path) -> None:
        self.log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "i2i", "serve", *map(str, words), "--port", "0", "--engine", "eager"],
                stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
        assert self.process.stdout
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(r"serving at (http://\S+);", line):
                self.http = httpx.Client(base_url=found[1], timeout=60, headers={"X-API-Key": KEY})
                self.url = found[1]
                return
        raise AssertionError(f"it ended with {self.process.wait()}: {log.read_text()}")

    def workers(self) -> list[int]:
        told = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE, text=True, check=True
        )
        return [int(word) for word in told.stdout.split()]

    def translate(self, path: Path, **fields: str) -> httpx.Response:
        return self.http.post("/v1/translate", files={"image": (path.name, path.read_bytes())}, data=fields)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self.http.close()
        assert self.process.stdout
        self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def service(root):
    keys = root / "keys"
    keys.write_text(f"{KEY}\n")
    spool = root / "spool"
    spool.mkdir()
    running = Service(
        root / "photos", f"ct={root / 'scans'}", "--keys", keys, "--log", "json", "--spool", spool, "--workers", "2",
        log=root / "log",
    )  # fmt: skip
    yield running
    assert running.stop() == 0
    assert list(spool.iterdir()) == []
    log = (root / "log").read_text()
    assert KEY not in log
    assert all(json.loads(line)["id"] for line in log.splitlines() if line.startswith("{"))


def by_hand(bundle: Path, source: Path, to: Path, **changes) -> bytes:
    translate_file(i2i.load(bundle, **changes), source, [to])
    return to.read_bytes()


def test_two_bundles_give_what_translate_gives_to_the_bit(service, root, tmp_path):
    assert "photos" in "".join(service.said)
    told = service.http.get("/v1/models").json()["models"]
    assert [(each["name"], each["input"]["dtype"]) for each in told] == [("photos", "uint8"), ("ct", "uint16")]
    photo, scan = (
        service.translate(root / "photo.png", model="photos"),
        service.translate(root / "scan.tif", model="ct"),
    )
    assert photo.content == by_hand(root / "photos", root / "photo.png", tmp_path / "a.png")
    assert scan.content == by_hand(root / "scans", root / "scan.tif", tmp_path / "a.tif")
    (tmp_path / "back.tif").write_bytes(scan.content)
    assert read_raster(tmp_path / "back.tif").pixels.dtype == np.uint16


def test_without_the_key_it_answers_nobody(service):
    assert service.http.get("/v1/models", headers={"X-API-Key": "wrong"}).status_code == 401
    assert service.http.get("/ready", headers={"X-API-Key": "wrong"}).status_code == 200


def test_noise_preview_explanation_card_and_batch(service, root):
    samples = service.translate(root / "scan.tif", model="ct", samples="2", dropout="on", seed="3")
    assert zipfile.ZipFile(io.BytesIO(samples.content)).namelist() == ["scan.1.tif", "scan.2.tif"]
    scan = {"image": ("scan.tif", (root / "scan.tif").read_bytes())}
    shown = service.http.post("/v1/preview", files=scan, data={"model": "ct"})
    assert np.asarray(Image.open(io.BytesIO(shown.content))).dtype == np.uint8
    spread = service.http.post("/v1/explain", files=scan, data={"model": "ct", "what": "uncertainty", "samples": "3"})
    assert Image.open(io.BytesIO(spread.content)).size == (56, 40)
    assert float(spread.headers["X-I2I-High"]) > float(spread.headers["X-I2I-Low"]) == 0
    card = service.http.get("/v1/models/ct/card")
    assert card.headers["content-type"].startswith("text/html")
    assert "A card" in card.text
    batch = service.http.post("/v1/batch", files=[("images", ("a.tif", scan["image"][1]))] * 3, data={"model": "ct"})
    assert len(zipfile.ZipFile(io.BytesIO(batch.content)).namelist()) == 4


def test_a_large_image_as_a_job(service, root, tmp_path):
    files = {"image": ("large.tif", (root / "large.tif").read_bytes())}
    job = service.http.post("/v1/jobs", files=files, data={"model": "ct", "tile": "32"}).json()
    with service.http.stream("GET", job["events"]) as stream:
        told = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert told[-1]["state"] == "done"
    assert told[-1]["done"] == told[-1]["of"] > 100
    assert len({each["done"] for each in told}) > 10  # told as it goes on; how often depends on the machine
    path = tmp_path / "tiled.tif"
    translate_file(i2i.load(root / "scans", resize="native"), root / "large.tif", [path], tile=32)
    assert service.http.get(job["result"]).content == path.read_bytes()
    again = service.http.post("/v1/jobs", files=files, data={"model": "ct", "tile": "16"}).json()
    assert service.http.delete(again["status"]).json()["state"] == "cancelled"


@pytest.mark.slow
def test_a_graph_for_the_browser_is_made_once_and_gives_the_same(service, root, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    answer = service.http.get("/v1/models/photos/graph.onnx", timeout=300)
    assert answer.status_code == 200
    begun = time.monotonic()
    again = service.http.get("/v1/models/photos/graph.onnx", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert time.monotonic() - begun < 2
    session = runtime.InferenceSession(answer.content, providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(1).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    write_image(tmp_path / "small.png", pixels)
    [output] = session.run(None, {"input": pixels[None]})
    made = np.asarray(Image.open(io.BytesIO(service.translate(tmp_path / "small.png", model="photos").content)))
    assert np.abs(output[0].astype(int) - made).max() <= 1


def test_a_worker_killed_in_the_middle_costs_no_answer(service, root, tmp_path):
    deadline = time.monotonic() + 60
    while service.http.get("/ready").json()["workers"] < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    right = service.translate(root / "photo.png", model="photos").content
    victims = service.workers()
    with ThreadPoolExecutor(8) as clients:
        answers = [clients.submit(service.translate, root / "photo.png", model="photos") for _ in range(60)]
        answers[5].result()
        os.kill(victims[0], signal.SIGKILL)
        found = [answer.result() for answer in answers]
    assert {answer.status_code for answer in found} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in found) >= 50
    assert {answer.content for answer in found if answer.status_code == 200} == {right}
    assert all("Retry-After" in answer.headers for answer in found if answer.status_code == 503)
    while service.http.get("/ready").json()["workers"] < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert victims[0] not in service.workers()


def test_the_client_of_the_shell(service, root, tmp_path):
    words = [sys.executable, "-m", "i2i", "client", service.url, str(root / "scan.tif"), "--model", "ct"]
    done = subprocess.run([*words, "--to", str(tmp_path)], env={**os.environ, "I2I_API_KEY": KEY}, check=True)
    assert done.returncode == 0
    assert (tmp_path / "scan.tif").read_bytes() == by_hand(root / "scans", root / "scan.tif", tmp_path / "b.tif")


def test_a_signal_lets_what_is_running_finish(root, tmp_path):
    running = Service(root / "scans", log=tmp_path / "log")
    files = {"image": ("large.tif", (root / "large.tif").read_bytes())}
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(running.http.post, "/v1/translate", files=files, data={"tile": "16"})
        metrics = httpx.Client(base_url=running.url, timeout=30)
        while "i2i_running 1.0" not in metrics.get("/metrics").text:
            time.sleep(0.01)
        metrics.close()
        workers = running.workers()
        running.process.send_signal(signal.SIGTERM)
        assert answer.result().status_code == 200
    assert running.stop() == 0
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["nowhere"], "nowhere: no such folder"),
        ([], "no bundle to serve"),
        (["photos", "photos"], "another bundle is called 'photos'"),
        (["photos", "--host", "256.0.0.1"], "can't be listened on"),
        (["photos", "--engine", "int8"], "engine 'int8'"),
    ],
)
def test_what_can_not_be_served_is_told_in_one_line(root, words, part):
    done = subprocess.run(
        [sys.executable, "-m", "i2i", "serve", *words, "--port", "0"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_process_that_speaks_http_knows_no_torch(root):
    code = (
        "import sys, i2i.server.serving, i2i.server.client, i2i.cli.serve, i2i.cli.client;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
