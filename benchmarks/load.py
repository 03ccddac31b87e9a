"""A service under load, on loopback: python benchmarks/load.py BUNDLE --json benchmarks/results/load.json

A round is
1. the bare model: its engine on batches of one to sixteen images, in a process of its own, no files, no HTTP;
2. the service by its command line under load: 16 clients, each with a 256 × 256 PNG of its own, one request after the
   other; with `--kill`, a worker is killed by SIGKILL in the middle;
3. the bare model again; of both the batch size counts that did best.

A shared machine is not the same from minute to minute: so a round is short, its parts follow each other at once, and
each call adds a round to those in the file. Every answer is compared with what the service gives for that image when it
is asked alone. The clients are threads of one process on the same cores as the service; that, and reading and writing
the files, is part of what is measured.
"""

import argparse
import http.client
import io
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIDE = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=20, help="of each client")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.2, help="that each batch size of the bare model has")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--alone", action="store_true", help="internal: measure the bare model in this process")
    words = parser.parse_args()
    if words.alone:
        print(json.dumps(measure_bare(words.bundle, words.engine, words.seconds)))
        return
    images = [photo_like(seed) for seed in range(words.clients)]
    before = in_another_process(words)
    name = "killed" if words.kill else "load"
    found: dict[str, Any] = {"before": before, name: measure_service(words, images), "after": in_another_process(words)}
    found["of_bare"] = round(found[name]["requests_per_second"] / best_of(found), 3)
    print(json.dumps(found))
    if words.json:
        rounds = json.loads(words.json.read_text())["rounds"] if words.json.exists() else []
        about = {"machine": machine(), "commit": commit(), "settings": settings(words)}
        told = about | summary([*rounds, found])
        words.json.write_text(json.dumps(told, indent=1) + "\n")
        words.json.with_suffix(".md").write_text(in_words(told))


def summary(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Over all rounds."""
    told: dict[str, Any] = {}
    for name in ("load", "killed"):
        those = [one for one in rounds if name in one]
        if not those:
            continue
        some, ratios = [one[name] for one in those], [one["of_bare"] for one in those]
        told[name] = {
            "requests": sum(one["requests"] for one in some),
            "requests_per_second": round(sum(one["requests"] for one in some) / sum(one["seconds"] for one in some), 2),
            "bare_images_per_second": round(statistics.mean(best_of(one) for one in those), 2),
            "of_bare": {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)},
            "median_milliseconds": round(statistics.median(one["milliseconds"]["median"] for one in some)),
            "p95_milliseconds": round(statistics.median(one["milliseconds"]["p95"] for one in some)),
            "slowest_milliseconds": max(one["slowest_milliseconds"] for one in some),
            "refused": sum(one["refused"] for one in some),
            "wrong_answers": sum(len(one["wrong_answers"]) for one in some),
            "errors": sum(len(one["errors"]) for one in some),
            "memory": some[-1]["memory"],
        }
    return told | {"rounds": rounds}


def in_words(told: dict[str, Any]) -> str:
    """The summary as a page."""
    about, chosen = told["machine"], told["settings"]
    lines = [
        "# The service under load",
        "",
        f"- commit: {told['commit']}",
        f"- machine: {about['processor']}, {about['cores']} cores, Python {about['python']}",
        f"- {chosen['clients']} clients, PNG of {SIDE} x {SIDE} in and out; bundle {chosen['bundle']}, engine "
        f"{chosen['engine']}, {chosen['workers']} worker",
        "- bare model: its images a second without files or HTTP, at the batch size that did best in the same round",
        "- killed: a worker is killed in the middle of each round",
        "",
        "| | rounds | requests | requests/s | bare model | share | median ms | p95 ms | refused | wrong | errors |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in ("load", "killed"):
        if name in told:
            one, share, count = told[name], told[name]["of_bare"], sum(name in each for each in told["rounds"])
            cells = (
                name, count, one["requests"], one["requests_per_second"], one["bare_images_per_second"],
                f"{share['median']:.0%} ({share['least']:.0%} to {share['most']:.0%})", one["median_milliseconds"],
                one["p95_milliseconds"], one["refused"], one["wrong_answers"], one["errors"],
            )  # fmt: skip
            lines.append(f"| {' | '.join(map(str, cells))} |")
    memory = ", ".join(f"{name} {size}" for name, size in told["load"]["memory"].items())
    return "\n".join([*lines, "", f"Resident MiB: {memory}.", ""])


def best_of(one: dict[str, Any]) -> float:
    """Images a second of the bare model in a round, before and after, at the batch size that did best."""
    parts = [
        {each["batch"]: each["images_per_second"] for each in one[part]["batches"]} for part in ("before", "after")
    ]
    return max(statistics.harmonic_mean([part[batch] for part in parts]) for batch in parts[0])


def measure_bare(bundle: Path, engine: str, seconds: float) -> dict[str, Any]:
    """Images a second of the network by itself, the batch sizes taking turns."""
    import torch

    from i2i import load
    from i2i.allocator import keep_pages

    keep_pages()
    translator = load(bundle)
    translator.use(engine, None)
    shown = {batch: torch.rand(batch, translator.config.input.planes, SIDE, SIDE) * 2 - 1 for batch in (1, 2, 4, 8, 16)}
    for images in shown.values():
        translator.predict(images)
    taken: dict[int, list[float]] = {batch: [] for batch in shown}
    while min(sum(times) for times in taken.values()) < seconds:
        for batch, images in shown.items():
            if sum(taken[batch]) < seconds:
                begun = time.perf_counter()
                translator.predict(images)
                taken[batch].append(time.perf_counter() - begun)
    speeds = [
        {"batch": batch, "images_per_second": round(batch * len(times) / sum(times), 2), "forwards": len(times)}
        for batch, times in taken.items()
    ]
    return {"engine": translator.chosen.name, "threads": torch.get_num_threads(), "batches": speeds}


def in_another_process(words: argparse.Namespace) -> Any:
    command = [sys.executable, __file__, str(words.bundle), "--alone", "--engine", words.engine]
    command += ["--seconds", str(words.seconds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def measure_service(words: argparse.Namespace, images: list[bytes]) -> dict[str, Any]:
    """The service from its start, under load, to its end."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "i2i", "serve", str(words.bundle), "--port", "0", "--engine", words.engine,
         "--workers", str(words.workers), "--log", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    log: list[str] = []
    reader = threading.Thread(target=lambda: log.extend(process.stderr or []), daemon=True)
    reader.start()
    said = ""
    for line in process.stdout:
        said = line
        if line.startswith("serving at "):
            break
    port = int(said.split(";")[0].rpartition(":")[2])
    ready = time.perf_counter() - begun
    try:
        expected = [one(port, image)[1] for image in images]  # alone, one after the other
        found = load(port, images, expected, words.requests, (lambda: kill_worker(process.pid)) if words.kill else None)
        found["memory"] = memory(port)
        found["ready_after_seconds"] = round(ready, 2)
        found["batch_images_mean"] = batch_mean(port)
    finally:
        stopping = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        found["exit_status"] = process.wait(30)
        found["stopped_after_seconds"] = round(time.perf_counter() - stopping, 2)
    reader.join(5)
    found["log_lines"] = len(log)
    return found


def load(port: int, images: list[bytes], expected: list[bytes], requests: int, disturb: Any) -> dict[str, Any]:
    """Each client one request after the other; a 503 or 429 is tried again after the time that it says."""
    times: list[float] = []
    refused: list[int] = []
    wrong: list[str] = []
    others: list[str] = []
    different: list[set[bytes]] = [set() for _ in images]
    started = threading.Barrier(len(images) + 1)

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        started.wait()
        for _ in range(requests):
            while True:
                begun = time.perf_counter()
                try:
                    status, body, wait = ask(connection, images[number])
                except OSError as error:
                    others.append(repr(error))
                    connection = http.client.HTTPConnection("127.0.0.1", port)
                    continue
                if status in (429, 503):
                    refused.append(status)
                    time.sleep(float(wait or 1))
                    continue
                break
            times.append(time.perf_counter() - begun)
            if status != 200:
                others.append(f"{status}: {body[:200]!r}")
            else:
                different[number].add(body)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(len(images))]
    for thread in threads:
        thread.start()
    started.wait()
    begun = time.perf_counter()
    if disturb:
        while len(times) < len(images) * requests / 2:
            time.sleep(0.01)
        disturb()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    for number, bodies in enumerate(different):
        wrong += [f"client {number}" for body in bodies if levels_apart(body, expected[number]) > 1]
    cuts = statistics.quantiles(times, n=100)
    return {
        "clients": len(images),
        "requests": len(times),
        "seconds": round(seconds, 2),
        "requests_per_second": round(len(times) / seconds, 2),
        "milliseconds": {name: round(cuts[at] * 1000) for name, at in (("median", 49), ("p95", 94), ("p99", 98))},
        "slowest_milliseconds": round(max(times) * 1000),
        "refused": len(refused),
        "wrong_answers": wrong,
        "errors": others,
    }


def one(port: int, image: bytes) -> tuple[int, bytes]:
    status, body, _ = ask(http.client.HTTPConnection("127.0.0.1", port), image)
    assert status == 200, body
    return status, body


def ask(connection: http.client.HTTPConnection, image: bytes) -> tuple[int, bytes, str | None]:
    edge = "load-benchmark-edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    body = head.encode() + image + f"\r\n--{edge}--\r\n".encode()
    connection.request("POST", "/v1/translate", body, {"Content-Type": f"multipart/form-data; boundary={edge}"})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheader("Retry-After")


def levels_apart(one: bytes, other: bytes) -> int:
    """The batch changes the order of sums, so that a level of 255 may be rounded otherwise."""
    pixels = [np.asarray(Image.open(io.BytesIO(each))).astype(int) for each in (one, other)]
    return int(np.abs(pixels[0] - pixels[1]).max()) if pixels[0].shape == pixels[1].shape else 256


def kill_worker(parent: int) -> None:
    found = subprocess.run(["pgrep", "-P", str(parent)], stdout=subprocess.PIPE, text=True, check=True)
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)


def metrics(port: int) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return answer.read().decode().splitlines()


def memory(port: int) -> dict[str, int]:
    """Resident MiB of each process."""
    lines = [line for line in metrics(port) if line.startswith("i2i_resident_bytes{")]
    return {line.split('"')[1]: round(float(line.split()[-1]) / 2**20) for line in lines}


def batch_mean(port: int) -> float:
    numbers = {
        line.split()[0]: float(line.split()[-1]) for line in metrics(port) if line.startswith("i2i_batch_images")
    }
    return round(numbers["i2i_batch_images_sum"] / max(numbers["i2i_batch_images_count"], 1), 2)


def photo_like(seed: int) -> bytes:
    """A PNG that is as hard to pack as a photograph: smooth, with some noise."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).astype(float)
    noisy = (smooth + random.normal(0, 4, smooth.shape)).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noisy).save(file, "PNG")
    return file.getvalue()


def machine() -> dict[str, Any]:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def commit() -> str:
    return subprocess.run(["git", "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True).stdout.strip()


def settings(words: argparse.Namespace) -> dict[str, Any]:
    told = {key: value for key, value in vars(words).items() if key in ("clients", "engine", "workers")}
    return told | {"pixels": SIDE * SIDE, "bundle": words.bundle.name}


if __name__ == "__main__":
    main()
