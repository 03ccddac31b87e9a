"""How fast training and translating are, beside others doing the same work in the same minutes.

    python benchmarks/speed.py --peer CHECKOUT --to benchmarks/results/speed.json

Trains the recipe `pix2pix-pytorch` (U-Net of 8 halvings, PatchGAN of 70 pixels, cross-entropy and L1, Adam) and
translates with its generator, at 256 and 512 pixels. The contenders:

- `peer`: a checkout of the public PyTorch port, its own networks and its own step; nothing of it is copied here;
- `plain`: the same networks and the same step in ordinary eager PyTorch, written below;
- `i2i`: this project as it comes; for translating, each of its engines that is installed;
- `… bf16`: the same in bfloat16, where the processor multiplies in it.

Each runs in a process of its own, so that what one does to its process does nothing to the others. They take turns, a
few steps each after one that is not timed; told is the median over the turns of the ratio to the peer in the same turn,
with its least and greatest. All begin with the same weights and see the same images. Before anything is timed their
numbers are compared, without dropout: the losses of the first steps, the outputs; where they differ by more than a
tolerance, it ends; how far outputs are from the first contender's is told in decibels.

A last contender, the limit, does nothing but the convolutions, each in the faster of torch's two layouts. An algorithm
that needs fewer multiplications, such as Winograd's, can pass it.
"""

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:  # a contender's process imports no more than what it measures
    from i2i.config import Config

TOLERANCE = {"training": 1e-3, "translating": 1e-4}
"""Of the losses of the first steps, relative; of the outputs, relative to their range of 2."""

ROUNDED = {"training": 0.05, "translating": 0.1}
"""The same for contenders in bfloat16."""

CHECKED_STEPS = 2
"""Forward and backward of both networks and an update of each; further on, Adam at its first steps turns rounding into
differences: the port's own step on one thread and on two is 0.1% apart after 8 steps and 5% after 50."""

WIDTH, CHANNELS = 64, 3
STEP_GFLOP, FORWARD_GFLOP = 86.9, 12.1
"""Of an image of 256 pixels: two operations a multiply-add."""

LEVERS = {
    "fp32": ("allocator", "winograd", "products", "fused Adam"),
    "bf16": ("allocator", "channels-last", "products", "fused Adam"),
}
"""Of training on a CPU: each is left out in turn with `--what levers`."""

ENGINES = {"fp32": ("eager", "packed", "onnxruntime", "openvino"), "bf16": ("packed", "openvino")}
INT8 = {"fp32": ("int8",), "bf16": ()}
SHAPES = ((256, 1), (256, 8), (512, 1))
"""Pixels and images a batch that are translated."""

LIMIT, IN_BF16 = "convolutions alone", " bf16"
ENGINES_TILED, TILED = ("eager", "packed"), 1280
"""By which a picture of so many pixels each way is translated in tiles of 256."""


def main() -> None:
    arguments = parse()
    if arguments.work:
        work(SimpleNamespace(**json.loads(arguments.work)))
        return
    file = Path(arguments.to) if arguments.to else None
    result = json.loads(file.read_text()) if file and file.exists() else {}
    for what in arguments.what:
        result[what] = PARTS[what](arguments)
        result.setdefault("made", {})[what] = made(arguments)
        if file:
            file.write_text(json.dumps(result, indent=1) + "\n")
            file.with_suffix(".md").write_text(page(result))
    print(page(result))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="a checkout of pytorch-CycleGAN-and-pix2pix")
    parser.add_argument("--what", nargs="+", choices=PARTS, default=["training", "translating", "tiles", "starting"])
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 4], help="of the training steps")
    parser.add_argument("--rounds", type=int, default=9, help="turns that each contender has")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precisions", nargs="+", choices=["fp32", "bf16"], help="default: what the processor has")
    parser.add_argument("--bundle", help="whose generator translates; for int8 one that was quantised")
    parser.add_argument("--to", help="a JSON file, with a page beside it; what it holds of other parts stays")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.precisions:
        from i2i.devices import multiplies_bf16

        arguments.precisions = ["fp32", "bf16"] if arguments.device == "cuda" or multiplies_bf16() else ["fp32"]
    if "int8" in arguments.what and not arguments.bundle:
        parser.error("--what int8: expected --bundle, of the U-Net that the others run, after `i2i quantize`")
    return arguments


# --- the turns --------------------------------------------------------------------------------------------------------


class Contender:
    """A process that does `count` units of its work at a word, and says how long they took."""

    def __init__(self, name: str, arguments: argparse.Namespace, **job: object) -> None:
        bf16 = name.endswith(IN_BF16)
        job |= {"who": name.removesuffix(IN_BF16), "peer": arguments.peer, "device": arguments.device, "bf16": bf16}
        command = [sys.executable, __file__, "--work", json.dumps(job)]
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.check: list[float] = []

    def answer(self) -> dict[str, object]:
        """Its next line of JSON; its other lines are passed over."""
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"{self.name}: ended with status {self.process.wait()}")

    def turn(self, count: int) -> float:
        """Seconds for each unit."""
        assert self.process.stdin
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return float(self.answer()["seconds"]) / count  # type: ignore[arg-type]

    def leave(self) -> int:
        """MiB of memory that it took at most."""
        assert self.process.stdin
        self.process.stdin.write("0\n")
        self.process.stdin.flush()
        return int(self.answer()["peak_mib"])  # type: ignore[call-overload]


def race(names: list[str], arguments: argparse.Namespace, seconds: float, **job: object) -> dict[str, dict]:
    """Each contender's times; they take turns of about so many seconds."""
    what = str(job["what"])
    contenders = [Contender(name, arguments, **job) for name in names]
    for contender in contenders:
        contender.check = contender.answer()["check"]  # type: ignore[assignment]
    refuse_unequal(contenders, what)
    counts = {contender.name: max(1, round(seconds / contender.turn(2))) for contender in contenders}
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(arguments.rounds):
        for contender in contenders[number % len(names) :] + contenders[: number % len(names)]:
            times[contender.name].append(contender.turn(counts[contender.name]))
    first = times[names[0]]
    rows = {}
    for contender in contenders:
        own = times[contender.name]
        ratios = [base / time_ for base, time_ in zip(first, own, strict=True)]
        rows[contender.name] = {
            "seconds": statistics.median(own),
            "ratio": statistics.median(ratios),
            "least": min(ratios),
            "greatest": max(ratios),
            "peak_mib": contender.leave(),
        }
        if what == "translating" and contender.check:
            rows[contender.name]["decibels"] = decibels(contender.check, contenders[0].check)
    return rows


def decibels(found: list[float], expected: list[float]) -> float | None:
    """PSNR of outputs whose range is 2; None if they are equal."""
    squares = [(one - other) ** 2 for one, other in zip(found, expected, strict=True)]
    return 10 * math.log10(4 * len(squares) / sum(squares)) if any(squares) else None


def refuse_unequal(contenders: list[Contender], what: str) -> None:
    """End here where a contender computes something else than the first."""
    first = torch.tensor(contenders[0].check)
    for contender in contenders[1:]:
        if not contender.check:  # the limit computes nothing that could be compared
            continue
        found = torch.tensor(contender.check)
        scale = first.abs() if what == "training" else torch.tensor(2.0)
        difference = ((found - first).abs() / scale).max().item()
        most = (ROUNDED if contender.name.endswith(IN_BF16) else TOLERANCE)[what]
        if difference > most and contender.name != "i2i int8":
            raise SystemExit(
                f"{contender.name} and {contenders[0].name} differ by {difference:.2g} before anything is timed; "
                f"expected at most {most}; no speeds are compared"
            )
        print(f"{what}: {contender.name} differs from {contenders[0].name} by {difference:.1g}", file=sys.stderr)


def training(arguments: argparse.Namespace, batch: int) -> dict[str, object]:
    names = ["peer", "plain"] if arguments.peer else ["plain"]
    names += in_precisions(arguments, dict.fromkeys(arguments.precisions, ("",)))
    rows = race(names, arguments, 4.0, what="training", batch=batch, size=256)
    return table(rows, batch, 256, STEP_GFLOP * batch)


def levers(arguments: argparse.Namespace, batch: int, precision: str) -> dict[str, object]:
    """A step as it comes, then without each of its levers."""
    without = (f"without {lever}" for lever in LEVERS[precision])
    names = [*in_precisions(arguments, {precision: ("", *without)}), "plain"]
    rows = race(names, arguments, 4.0, what="training", batch=batch, size=256)
    return table(rows, batch, 256, STEP_GFLOP * batch)


def translating(
    arguments: argparse.Namespace, size: int, batch: int, engines: dict[str, Sequence[str]]
) -> dict[str, object]:
    from i2i.engines import availability

    missing = availability()
    own = {precision: [name for name in engines[precision] if not missing[name]] for precision in arguments.precisions}
    names = [*(["peer"] if arguments.peer else []), "plain", *in_precisions(arguments, own)]
    rows = race(names, arguments, 1.0, what="translating", batch=batch, size=size, bundle=arguments.bundle)
    return table(rows, batch, size, FORWARD_GFLOP * batch * (size / 256) ** 2)


def in_precisions(arguments: argparse.Namespace, own: dict[str, Sequence[str]]) -> list[str]:
    """Ours, in each precision, with the limit of each behind them."""
    ending = {"fp32": "", "bf16": IN_BF16}
    ours = [f"i2i {name}".strip() + ending[precision] for precision, names in own.items() for name in names]
    return [*ours, *(LIMIT + ending[precision] for precision, names in own.items() if names)]


def table(rows: dict[str, dict], batch: int, size: int, gflop: float) -> dict[str, object]:
    for name, row in rows.items():
        limit = rows.get(LIMIT + IN_BF16 * name.endswith(IN_BF16)) or rows[LIMIT + IN_BF16]
        row |= {"images_per_second": batch / row["seconds"], "of_limit": row["ratio"] / limit["ratio"]}
    return {"batch": batch, "size": size, "gflop": gflop, "contenders": rows}


# --- in the process of a contender ------------------------------------------------------------------------------------


def work(job: SimpleNamespace) -> None:
    """Say what the first steps give, then take turns."""
    torch.manual_seed(0)
    device = torch.device(job.device)
    make = convolutions_alone if job.who == LIMIT else {"training": trainer, "translating": generator_of}[job.what]
    unit, check = make(job, device)
    print(json.dumps({"check": check}), flush=True)
    unit()
    for line in sys.stdin:
        if int(line) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            if device.type == "cuda":
                peak = torch.cuda.max_memory_allocated() // 2**20
            print(json.dumps({"peak_mib": peak}), flush=True)
            return
        unit()  # untimed: the others have had the caches
        if device.type == "cuda":
            torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(int(line)):
            unit()
        if device.type == "cuda":
            torch.cuda.synchronize()
        print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


Unit = Callable[[], object]


def trainer(job: SimpleNamespace, device: torch.device) -> tuple[Unit, list[float]]:
    """A step of training with dropout, and the losses of the first steps without."""
    make = {"peer": peer_step, "plain": plain_step}.get(job.who, own_step)
    images, targets = pictures(job.batch, 256, device, seed=1), pictures(job.batch, 256, device, seed=2)
    checked = make(job, device, dropout=False)
    check = [loss for _ in range(CHECKED_STEPS) for loss in checked(images, targets)]
    del checked
    step = make(job, device, dropout=True)
    return lambda: step(images, targets), check


Step = Callable[[Tensor, Tensor], list[float]]
"""From inputs and targets to the losses: G's adversarial and L1 term, D's on real and on fake images."""


def peer_step(job: SimpleNamespace, device: torch.device, *, dropout: bool) -> Step:
    sys.path.insert(0, job.peer)
    from models.pix2pix_model import Pix2PixModel

    options = {"isTrain": True, "gpu_ids": [], "checkpoints_dir": ".", "name": ".", "preprocess": "", "device": device}
    options |= {"input_nc": CHANNELS, "output_nc": CHANNELS, "ngf": WIDTH, "ndf": WIDTH, "netG": "unet_256"}
    options |= {"netD": "basic", "n_layers_D": 3, "norm": "batch", "no_dropout": not dropout, "init_type": "normal"}
    options |= {"init_gain": 0.02, "gan_mode": "vanilla", "lr": 2e-4, "beta1": 0.5, "lambda_L1": 100.0}
    model = Pix2PixModel(SimpleNamespace(direction="AtoB", **options))
    start_alike(model.netG, model.netD)
    model.netG.to(device).train()
    model.netD.to(device).train()

    def step(images: Tensor, targets: Tensor) -> list[float]:
        model.set_input({"A": images, "B": targets, "A_paths": [], "B_paths": []})
        model.optimize_parameters()
        return [loss.item() for loss in (model.loss_G_GAN, model.loss_G_L1, model.loss_D_real, model.loss_D_fake)]

    return step


def plain_step(job: SimpleNamespace, device: torch.device, *, dropout: bool) -> Step:
    G, D = PlainUNet(dropout).to(device), plain_patchgan().to(device)
    start_alike(G, D)
    of_G, of_D = (torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999)) for network in (G, D))

    def judged(x: Tensor, y: Tensor, real: bool) -> Tensor:
        logits = D(torch.cat([x, y], dim=1))
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))

    def step(x: Tensor, y: Tensor) -> list[float]:
        fake = G(x)
        D.requires_grad_(True)
        of_fake, of_real = judged(x, fake.detach(), False), judged(x, y, True)
        of_D.zero_grad()
        ((of_fake + of_real) / 2).backward()
        of_D.step()
        D.requires_grad_(False)
        fooled, distance = judged(x, fake, True), 100 * F.l1_loss(fake, y)
        of_G.zero_grad()
        (fooled + distance).backward()
        of_G.step()
        return [loss.item() for loss in (fooled, distance, of_real, of_fake)]

    return step


def own_step(job: SimpleNamespace, device: torch.device, *, dropout: bool) -> Step:
    from i2i.allocator import keep_pages
    from i2i.data.samples import Batch
    from i2i.layers import convolutions
    from i2i.training.loop import Step as OwnStep
    from i2i.training.setup import make_fabric, make_method, make_state

    config = own_config(job.batch, job.device, "bf16" if job.bf16 else "fp32", {} if dropout else {"dropout": []})
    left_out = job.who.removeprefix("i2i").removeprefix(" without ")
    if left_out != "allocator":
        keep_pages()  # as `run_training` does while it lasts
    if left_out == "winograd":
        convolutions.WINOGRAD_TILES = 10**9
    if left_out == "channels-last":
        Batch.channels_last = lambda batch: batch
    if left_out == "products":
        convolutions.WEIGHTS_OUTWEIGH = dict.fromkeys(convolutions.WEIGHTS_OUTWEIGH, 10**9)
        convolutions.THIN = 10**9
    method, fabric = make_method(config), make_fabric(config)
    start_alike(method.networks()["generator"], method.networks()["discriminator"])
    state = make_state(config, method, fabric.device)
    if left_out == "fused Adam":
        for optimizer in state.optimizers.values():
            optimizer.param_groups[0]["fused"] = False
    take = OwnStep(config, method, state, fabric)

    def step(images: Tensor, targets: Tensor) -> list[float]:
        terms = take(Batch(images, targets))
        names = ("generator.adversarial", "generator.reconstruction", "discriminator.real", "discriminator.fake")
        losses = [float(terms[name]) for name in names]
        return [*losses[:2], *(2 * loss for loss in losses[2:])]  # ours has D's weight of 1/2 in its terms

    return step


def own_config(batch: int, device: str, precision: str, generator: dict[str, object]) -> "Config":
    """The recipe `pix2pix-pytorch` for 8-bit images of 256 pixels, with more settings of its generator."""
    from i2i.config import overlay
    from i2i.methods.recipes import find_recipe

    side = {"channels": CHANNELS, "dtype": "uint8"}
    training = {"images": 10**9, "batch": batch, "device": device, "precision": precision}
    changes = {"data": {"input": side, "target": side}, "generator": {"depth": 8, **generator}, "training": training}
    return overlay(find_recipe("pix2pix-pytorch"), changes)


def generator_of(job: SimpleNamespace, device: torch.device) -> tuple[Unit, list[float]]:
    """A generator under running statistics and without dropout, and a part of its output."""
    images = pictures(job.batch, job.size, device, seed=1)
    run = peer_generator(job) if job.who == "peer" else None
    if job.who == "plain":
        network = PlainUNet(dropout=False)
        take_weights(network, job)
        run = network.to(device).eval()
    if run is None:
        run = own_generator(job, device)
    with torch.inference_mode():
        check = run(images)[:, :, ::16, ::16].flatten().tolist()

    def unit() -> object:
        with torch.inference_mode():
            return run(images)

    return unit, check


def peer_generator(job: SimpleNamespace) -> nn.Module:
    sys.path.insert(0, job.peer)
    from models import networks

    network = networks.UnetGenerator(CHANNELS, CHANNELS, 8, WIDTH, nn.BatchNorm2d, use_dropout=False)
    take_weights(network, job)
    return network.to(job.device).eval()


def own_generator(job: SimpleNamespace, device: torch.device) -> Callable[[Tensor], Tensor]:
    from i2i.allocator import keep_pages
    from i2i.engines import Job, choose
    from i2i.layers.modes import prepare

    keep_pages()  # as `i2i translate` and the service's workers do
    network = own_network()
    take_weights(network, job)
    prepare(network, statistics="running", dropout=False)
    bundle = Path(job.bundle) if job.bundle else None
    chosen = choose(job.who.removeprefix("i2i "), Job(network.to(device), device, job.bf16, bundle))
    return chosen.network


def own_network() -> nn.Module:
    from i2i.generators import build_generator

    return build_generator("unet", in_channels=CHANNELS, out_channels=CHANNELS, width=WIDTH, dropout=[2, 3, 4])


def take_weights(network: nn.Module, job: SimpleNamespace) -> None:
    """Of the bundle if there is one, else those that all begin with, with statistics as if of a training."""
    if job.bundle:
        from i2i.bundle import load_bundle

        copy_by_order(load_bundle(Path(job.bundle)).generator.state_dict(), network)
        return
    first = PlainUNet(dropout=False)  # whose statistics all have: those of each one's own training step drift apart
    start_alike(first)
    with torch.no_grad():
        for seed in range(3):
            first(pictures(2, 256, torch.device("cpu"), seed=10 + seed))
    copy_by_order(first.state_dict(), network)


def start_alike(*networks: nn.Module) -> None:
    """The same weights for networks of the same layers in the same order, whatever their names."""
    for number, network in enumerate(networks):
        random = torch.Generator().manual_seed(number)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                noise = 0.02 * torch.randn(parameter.shape, generator=random).to(parameter.device)
                is_scale = parameter.ndim == 1 and name.endswith("weight")
                parameter.copy_(noise + 1 if is_scale else noise)


def copy_by_order(state: dict[str, Tensor], network: nn.Module) -> None:
    own = network.state_dict()
    network.load_state_dict(dict(zip(own, state.values(), strict=True)))


def pictures(batch: int, size: int, device: torch.device, seed: int) -> Tensor:
    """Smooth noise in [-1, 1], (N, 3, H, W)."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(batch, CHANNELS, size // 16, size // 16, generator=random) * 2 - 1
    return F.interpolate(coarse, size=(size, size), mode="bicubic").clamp(-1, 1).to(device)


class PlainUNet(nn.Module):
    """U-Net as the port has it, without its skip connections' nesting."""

    def __init__(self, dropout: bool) -> None:
        super().__init__()
        widths = [CHANNELS, *(WIDTH * min(2**level, 8) for level in range(8))]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level in range(8):
            normed = 0 < level < 7
            layers = [nn.Conv2d(widths[level], widths[level + 1], 4, 2, 1, bias=False)]
            self.down.append(nn.Sequential(*layers, *([nn.BatchNorm2d(widths[level + 1])] if normed else [])))
        for level in reversed(range(8)):
            k_in, k = widths[level + 1] * (1 if level == 7 else 2), widths[level]
            layers = [nn.ReLU(True), nn.ConvTranspose2d(k_in, k, 4, 2, 1, bias=level == 0)]
            layers += [nn.BatchNorm2d(k)] if level else [nn.Tanh()]
            self.up.append(nn.Sequential(*layers, *([nn.Dropout(0.5)] if dropout and 4 <= level <= 6 else [])))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, 3, H, W)."""
        features = []
        for level, stage in enumerate(self.down):
            x = stage(F.leaky_relu(x, 0.2) if level else x)
            features.append(x)
        x = features.pop()
        for stage in self.up[:-1]:
            x = torch.cat([features.pop(), stage(x)], dim=1)
        return self.up[-1](x)


def plain_patchgan() -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(2 * CHANNELS, WIDTH, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for k_in, k, stride in ((WIDTH, 2 * WIDTH, 2), (2 * WIDTH, 4 * WIDTH, 2), (4 * WIDTH, 8 * WIDTH, 1)):
        layers += [nn.Conv2d(k_in, k, 4, stride, 1, bias=False), nn.BatchNorm2d(k), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(8 * WIDTH, 1, 4, 1, 1))


# --- the limit --------------------------------------------------------------------------------------------------------

Shape = tuple[bool, int, int, int, int, int]
"""Whether transposed, channels in and out, side of the input, stride, and how often a step goes forward through it."""


def shapes(size: int, training: bool) -> list[Shape]:
    widths = [CHANNELS, *(WIDTH * min(2**level, 8) for level in range(8))]
    found: list[Shape] = [(False, widths[i], widths[i + 1], size >> i, 2, 1) for i in range(8)]
    for i in reversed(range(8)):
        found.append((True, widths[i + 1] * (1 if i == 7 else 2), widths[i], size >> (i + 1), 2, 1))
    if training:
        found += [(False, 6, 64, size, 2, 3), (False, 64, 128, size // 2, 2, 3), (False, 128, 256, size // 4, 2, 3)]
        found += [(False, 256, 512, size // 8, 1, 3), (False, 512, 1, size // 8 - 1, 1, 3)]
    return found


def convolutions_alone(job: SimpleNamespace, device: torch.device) -> tuple[Unit, list[float]]:
    """Every convolution of a step, or of a forward pass, in the faster of two layouts; nothing is checked."""
    backward = job.what == "training"
    calls: list[tuple[Unit, int]] = []
    for transposed, k_in, k, side, stride, times in shapes(job.size, backward):
        by_layout = [
            passes(transposed, k_in, k, side, stride, job.batch, layout, device, job.bf16)
            for layout in (torch.contiguous_format, torch.channels_last)
        ]
        at_image = side == job.size
        counts = [times, 0, 0]
        if backward:  # no gradient of the image but D's of what G made; none of D's weights while G learns
            counts = [times, times if not at_image else times - 1 and 1, 2 if times > 1 else 1]
        for ways, count in zip(zip(*by_layout, strict=True), counts, strict=True):
            if count:
                calls.append((min(ways, key=best), count))

    def unit() -> None:
        with torch.inference_mode():
            for call, count in calls:
                for _ in range(count):
                    call()

    return unit, []


def passes(
    transposed: bool,
    k_in: int,
    k: int,
    side: int,
    stride: int,
    batch: int,
    layout: torch.memory_format,
    device: torch.device,
    bf16: bool,
) -> list[Unit]:
    """Forward, to the input's gradient and to the weights', of one convolution."""
    of = {"device": device, "dtype": torch.bfloat16 if bf16 else torch.float32}
    x = torch.randn(batch, k_in, side, side, **of).contiguous(memory_format=layout)
    shape = (k_in, k, 4, 4) if transposed else (k, k_in, 4, 4)
    w = torch.randn(shape, **of).contiguous(memory_format=layout)
    geometry = ([stride] * 2, [1, 1], [1, 1], transposed, [0, 0], 1)
    y = torch.convolution(x, w, None, *geometry)
    back = torch.ops.aten.convolution_backward
    return [
        lambda: torch.convolution(x, w, None, *geometry),
        lambda: back(y, x, w, None, *geometry, [True, False, False]),
        lambda: back(y, x, w, None, *geometry, [False, True, False]),
    ]


@torch.inference_mode()
def best(function: Unit, count: int = 3) -> float:
    """Seconds of the fastest of a few calls."""
    function()
    times = []
    for _ in range(count):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return min(times)


# --- tiles ------------------------------------------------------------------------------------------------------------


def tiles(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """A large file, read, translated in tiles and written, against the network alone on batches of eight such tiles."""
    from i2i.translator import load
    from i2i.translator.tiling import translate_tiled

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        save_own(folder / "bundle")
        write_picture(folder / "image.tif", TILED)
        translator = load(folder / "bundle", device=arguments.device)
        rows, counted = [], {}

        def count(_: int, of: int) -> None:
            counted["tiles"] = of

        for engine in ENGINES_TILED:
            translator.use(engine)
            eight = pictures(8, 256, torch.device(arguments.device), seed=1)
            images_a_second, ratios = [], []
            for turn in range(arguments.rounds + 1):
                started = time.perf_counter()
                for _ in range(4):
                    translator.predict(eight)
                alone = 32 / (time.perf_counter() - started)
                started = time.perf_counter()
                translate_tiled(translator, folder / "image.tif", folder / "out.tif", progress=count)
                tiled = counted["tiles"] / (time.perf_counter() - started)
                if turn:  # the first warms up
                    images_a_second.append(alone)
                    ratios.append(tiled / alone)
            rows.append(
                {
                    "engine": engine,
                    "tiles": counted["tiles"],
                    "batches_of_eight": statistics.median(images_a_second),
                    "ratio": statistics.median(ratios),
                    "least": min(ratios),
                    "greatest": max(ratios),
                }
            )
        return rows


def save_own(folder: Path) -> None:
    """A bundle of the network that the others run too."""
    from i2i.bundle import BundleConfig, save_bundle
    from i2i.config import Translation
    from i2i.images import ImageSpec

    network = own_network()
    take_weights(network, SimpleNamespace(bundle=None))
    policy = Translation(statistics="running", dropout=False, resize="native")
    described = BundleConfig(network.description, ImageSpec(3), ImageSpec(3), (256, 256), translation=policy)
    save_bundle(folder, network, described, "card")


def write_picture(path: Path, side: int) -> None:
    from i2i.images import write_image

    shown = pictures(1, side, torch.device("cpu"), seed=1)[0].add(1).mul(127.5).byte()
    write_image(path, shown.movedim(0, -1).contiguous().numpy())


# --- starting ---------------------------------------------------------------------------------------------------------


def starting() -> dict[str, float]:
    """Median seconds of whole processes; the translation is by the paper's network, 218 MB, and an image of 256²."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        save_own(folder / "bundle")
        write_picture(folder / "image.png", 256)
        return processes(folder)


def processes(folder: Path) -> dict[str, float]:
    translate = ["translate", str(folder / "bundle"), str(folder / "image.png"), "--to", str(folder / "out.png")]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import torch": [sys.executable, "-c", "import torch"],
        "i2i --help": [sys.executable, "-m", "i2i", "--help"],
        "i2i train --help": [sys.executable, "-m", "i2i", "train", "--help"],
        "i2i translate": [sys.executable, "-m", "i2i", *translate],
    }
    result = {}
    for name, command in commands.items():
        times = []
        for _ in range(7):
            (folder / "out.png").unlink(missing_ok=True)
            started = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            times.append(time.perf_counter() - started)
        result[name] = statistics.median(times)
    return result


# --- telling ----------------------------------------------------------------------------------------------------------


def made(arguments: argparse.Namespace) -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    facts = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    cpu, flags = facts.get("model name", platform.processor()), facts.get("flags", "").split()
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if flag in flags]
    device = torch.cuda.get_device_name() if arguments.device == "cuda" else f"{cpu}, {os.cpu_count()} cores"
    return {
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{device}, {', '.join(known)}",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}",
        "turns": str(arguments.rounds),
    }


PARTS: dict[str, Callable[[argparse.Namespace], object]] = {
    "training": lambda arguments: [training(arguments, batch) for batch in arguments.batch],
    "levers": lambda arguments: [
        levers(arguments, batch, p) for p in arguments.precisions for batch in arguments.batch
    ],
    "translating": lambda arguments: [translating(arguments, *shape, ENGINES) for shape in SHAPES],
    "int8": lambda arguments: [translating(arguments, *shape, INT8) for shape in SHAPES],
    "tiles": tiles,
    "starting": lambda _: starting(),
}
"""What can be measured; the first four are tables of contenders."""

TITLES = {"training": "Training", "levers": "Levers", "translating": "Translating", "int8": "In 8-bit integers"}


def page(result: dict) -> str:
    lines = ["# Speed", ""]
    for what, facts in result["made"].items():
        lines.append(f"- {what}: {', '.join(f'{key} {value}' for key, value in facts.items())}")
    lines.append("")
    for what, title in TITLES.items():
        for each in result.get(what, []):
            lines += [
                f"## {title}, {each['size']} pixels, batch {each['batch']}",
                "",
                "| | against the first | least to greatest | images/s | of the limit | peak MiB | dB |",
                "|---|---|---|---|---|---|---|",
            ]
            for name, row in each["contenders"].items():
                equal = f"{row['decibels']:.0f}" if row.get("decibels") else ""
                lines.append(
                    f"| {name} | {row['ratio']:.2f} | {row['least']:.2f} to {row['greatest']:.2f} | "
                    f"{row['images_per_second']:.2f} | {row['of_limit']:.0%} | {row['peak_mib']} | {equal} |"
                )
            lines.append("")
    if "tiles" in result:
        lines += [
            f"## Tiles of 256 pixels of a file of {TILED}x{TILED}, read and written",
            "",
            "| engine | tiles/s, to the network alone in batches of eight | least to greatest | that, images/s |",
            "|---|---|---|---|",
        ]
        for row in result["tiles"]:
            lines.append(
                f"| {row['engine']} | {row['ratio']:.2f} | {row['least']:.2f} to {row['greatest']:.2f} | "
                f"{row['batches_of_eight']:.2f} |"
            )
        lines.append("")
    if "starting" in result:
        lines += ["## Starting", "", "| process | seconds |", "|---|---|"]
        lines += [f"| `{name}` | {seconds:.2f} |" for name, seconds in result["starting"].items()]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
