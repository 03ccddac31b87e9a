"""How much of a GPU training uses, and where the rest goes.

    python benchmarks/gpu.py --data DATA --to benchmarks/results/gpu.json

For a machine with a GPU; none has been measured yet, so there is no result. Trains the recipe `pix2pix-pytorch` (U-Net
of 8 halvings, PatchGAN of 70 pixels) at 256 pixels, on images that are on the device already:

- the rate of a large matrix product in bfloat16, measured here;
- at each batch size images/s in float32 and in bfloat16, and in that with each lever: images channels-last, networks
  compiled; their share of the rate; memory at most;
- of each its profile: for what share of the time the GPU is busy, and the kernels that take most of it;
- with `--data`, `i2i.train` on facades as the paper has it, 80,000 images seen one by one, in seconds.

Beside the public port: `python benchmarks/speed.py --device cuda --what training translating --batch 1 8 64 --peer
CHECKOUT`. `--device cpu --batch 1` tries the script itself.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from speed import STEP_GFLOP, made, own_config, pictures
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from i2i import train
from i2i.data.samples import Batch
from i2i.training.loop import Step
from i2i.training.setup import make_fabric, make_method, make_state

WAYS = ("fp32", "bf16", "bf16 channels-last", "bf16 compiled", "bf16 channels-last compiled")
SIZE = 256
TURNS, PROFILED, KERNELS = 7, 5, 12
"""Pixels, turns that are timed, steps that are profiled, kernels that are told."""

TURN = 1.0
"""Seconds, about, of a turn."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 8, 32, 64, 128])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--data", type=Path, help="the folder that holds facades")
    parser.add_argument("--to", type=Path, help="a JSON file")
    arguments = parser.parse_args()
    arguments.rounds = TURNS
    device = torch.device(arguments.device)
    result: dict[str, object] = {"made": made(arguments), "matrix_tflops": matrix_rate(device) / 1e12}
    print(json.dumps(result))
    result["steps"] = steps = []
    for batch in arguments.batch:
        for way in arguments.ways:
            steps.append(measured(way, batch, device, float(result["matrix_tflops"])))  # type: ignore[arg-type]
            print(json.dumps(steps[-1]))
    if arguments.data:
        result["facades_seconds"] = facades(arguments.data / "facades", arguments.device)
        print(result["facades_seconds"])
    if arguments.to:
        arguments.to.write_text(json.dumps(result, indent=1) + "\n")


def matrix_rate(device: torch.device) -> float:
    """Operations a second of a product of square matrices in bfloat16, on random numbers."""
    side = 8192 if device.type == "cuda" else 1024
    one, other = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * side**3 / timed(lambda: one @ other, device)


def measured(way: str, batch: int, device: torch.device, matrix_tflops: float) -> dict[str, object]:
    """Of one way at one batch size: speed, memory and profile; or why it could not be."""
    row: dict[str, object] = {"way": way, "batch": batch}
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    try:
        step = stepping(way, batch, device)
        seconds = timed(step, device)
    except RuntimeError as error:  # memory, or what can't be compiled here
        return row | {"failed": str(error).partition("\n")[0]}
    tflops = STEP_GFLOP * batch / seconds / 1e3
    row |= {"images_per_second": batch / seconds, "tflops": tflops, "of_matrix_rate": tflops / matrix_tflops}
    if device.type == "cuda":
        row["peak_mib"] = torch.cuda.max_memory_allocated() // 2**20
    return row | profiled(step, device)


def stepping(way: str, batch: int, device: torch.device) -> Callable[[], object]:
    """A step of training as it comes but for the levers that `way` names, with losses left on the device."""
    config = own_config(batch, str(device), way.partition(" ")[0], {})
    method, fabric = make_method(config), make_fabric(config)
    state = make_state(config, method, fabric.device)
    if "compiled" in way:
        for network in state.networks.values():
            network.compile()
    images: list[Tensor] = [pictures(batch, SIZE, device, seed) for seed in (1, 2)]
    given = Batch(*images).channels_last() if "channels-last" in way else Batch(*images)
    step = Step(config, method, state, fabric)
    return lambda: step(given)


def timed(work: Callable[[], object], device: torch.device) -> float:
    """Seconds of one call: the median over turns of many calls, after some that are not timed."""

    def turn(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return (time.perf_counter() - started) / count

    turn(3)
    count = max(1, round(TURN / turn(2)))
    return statistics.median(turn(count) for _ in range(TURNS))


def profiled(step: Callable[[], object], device: torch.device) -> dict[str, object]:
    """The share of the time in which the device computes, and the kernels that take most, in milliseconds a step."""
    on_gpu = device.type == "cuda"
    with profile(activities=[ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]) as found:
        started = time.perf_counter()
        for _ in range(PROFILED):
            step()
        if on_gpu:
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
    own = {
        event.key: event.self_device_time_total if on_gpu else event.self_cpu_time_total
        for event in found.key_averages()
    }
    most = sorted(own, key=lambda key: own[key], reverse=True)[:KERNELS]
    return {
        "busy": sum(own.values()) / 1e6 / seconds,
        "kernels": {key[:80]: own[key] / 1e3 / PROFILED for key in most},
    }


def facades(pairs: Path, device: str) -> float:
    """Seconds of the paper's training: 200 epochs of 400 pairs in batches of one."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        flags = {"direction": "right-to-left", "images": 80_000, "batch": 1, "size": SIZE, "device": device}
        train(pairs, to=Path(folder) / "run", recipe="pix2pix-pytorch", **flags)
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
