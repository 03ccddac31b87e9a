"""Images larger than memory: how much of it a translation in tiles takes, and whether its seams can be found.

    python benchmarks/large_image.py --to benchmarks/results/large-image.json

Memory: a tiny U-Net, normalised by the image at hand, translates an image of 20,000 x 20,000 pixels in a process of its
own; its largest resident set is what the operating system says. Seams: networks trained for a minute to sharpen
photographs translate one of 1,024 x 1,536, in tiles and without. Told is by how much more neighbouring pixels differ
across the borders of tiles than the same pixels do in the output of the whole: 1 where there is no seam.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from skimage import data

from i2i.bundle import BundleConfig, save_bundle
from i2i.config import Translation
from i2i.generators import build_generator
from i2i.images import Header, ImageSpec, Metadata
from i2i.images.windows import write_bands
from i2i.layers.initialise import initialise
from i2i.layers.modes import prepare
from i2i.translator import Translator, load
from i2i.translator.tiles import lay_tiles
from i2i.translator.tiling import translate_pixels_tiled, translate_tiled

MEMORY = {"name": "unet", "in_channels": 1, "out_channels": 1, "width": 4, "depth": 4}
SEAMS = {
    "U-Net of 8 halvings, batch normalisation": {"name": "unet", "width": 8, "depth": 8},
    "U-Net of 5 halvings, batch normalisation": {"name": "unet", "width": 8, "depth": 5},
    "ResNet of 3 blocks, instance normalisation": {"name": "resnet", "width": 8, "blocks": 3, "norm": "instance"},
}
SIZE = (1024, 1536)
TILE, OVERLAPS = 256, (0, 32, 64, 128)


def main() -> None:
    arguments = parse()
    if arguments.translate:
        translate_tiled(load(arguments.translate[0]), *map(Path, arguments.translate[1:]), progress=show)
        return
    result = {"made": made()}
    with tempfile.TemporaryDirectory() as folder:
        result["memory"] = memory(Path(folder), arguments.side)
        result["seams"] = {name: seams(Path(folder), network, arguments.steps) for name, network in SEAMS.items()}
    text = json.dumps(result, indent=1) + "\n"
    if arguments.to:
        Path(arguments.to).write_text(text)
    print(text)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", help="a JSON file")
    parser.add_argument("--side", type=int, default=20_000, help="of the large image, in pixels")
    parser.add_argument("--steps", type=int, default=400, help="for which each network is trained")
    parser.add_argument("--translate", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def memory(folder: Path, side: int) -> dict[str, object]:
    source, to = folder / "large.tif", folder / "translated.tif"
    write_bands(
        source, Header(side, side, 1, "uint16"), Metadata(), (landscape(top, side) for top in range(0, side, 500))
    )
    torch.manual_seed(0)
    network = build_generator(**MEMORY)
    initialise(network)
    bundle = save(folder / "bundle", network, MEMORY, ImageSpec(1, "uint16"))
    before = time.monotonic()
    subprocess.run([sys.executable, __file__, "--translate", bundle, source, to], check=True)
    return {
        "image": f"{side}x{side}, 1 channel uint16, {round(source.stat().st_size / 2**20)} MiB of deflated TIFF",
        "samples_mib": round(side * side * 2 / 2**20),
        "network": f"U-Net, width {MEMORY['width']}, {MEMORY['depth']} halvings, batch statistics, tiles of {TILE}",
        "peak_resident_mib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**10),
        "seconds": round(time.monotonic() - before),
    }


def landscape(top: int, side: int) -> np.ndarray:
    """Rows of hills under noise, 500 at most, (rows, side, 1) uint16."""
    y, x = np.mgrid[top : min(top + 500, side), :side].astype(np.float32)
    hills = np.sin(y / 97) * np.cos(x / 61) + np.sin((x + y) / 1733)
    noise = np.random.default_rng(top).normal(0, 200, hills.shape).astype(np.float32)
    return (20_000 + 8_000 * hills + noise).astype(np.uint16)[:, :, None]


def seams(folder: Path, arguments: dict[str, object], steps: int) -> dict[str, float]:
    """Of a network, by overlap: the differences across borders over those that the untiled output has there."""
    arguments = {"in_channels": 1, "out_channels": 1, **arguments}
    torch.manual_seed(0)
    network = build_generator(**arguments)
    initialise(network)
    train(network, steps)
    translator = load(save(folder / "trained", network, arguments, ImageSpec(1)))
    pixels = blurred(mosaic(data.camera()))
    whole = translator.translate(pixels)
    found = {"cut apart, each by its own statistics": visibility(cut_apart(translator, pixels), whole, borders(0, 256))}
    for overlap in OVERLAPS:
        tiled = translate_pixels_tiled(translator, pixels, tile=TILE, overlap=overlap)
        found[f"overlap {overlap}"] = visibility(tiled, whole, borders(overlap, network.multiple))
    return found


def cut_apart(translator: Translator, pixels: np.ndarray) -> np.ndarray:
    output = np.empty_like(pixels)
    rows, columns = (lay_tiles(length, TILE, 0, TILE).spans() for length in SIZE)
    for (top, bottom), (left, right) in product(rows, columns):
        output[top:bottom, left:right] = translator.translate(pixels[top:bottom, left:right])
    return output


def borders(overlap: int, multiple: int) -> list[list[int]]:
    """Rows and columns in the middle of each overlap."""
    axes = [lay_tiles(length, TILE, overlap, multiple) for length in SIZE]
    return [[(start + end) // 2 for (_, end), (start, _) in pairwise(axis.spans())] for axis in axes]


def visibility(output: np.ndarray, whole: np.ndarray, places: list[list[int]]) -> float:
    """Mean absolute difference of neighbours across the borders over that of the untiled output; the worse way."""

    def steps(image: np.ndarray, axis: int) -> float:
        differences = np.abs(np.diff(image.astype(np.float32), axis=axis)).mean(axis=(1 - axis, 2))
        return float(differences[np.array(places[axis]) - 1].mean())

    return round(max(steps(output, axis) / steps(whole, axis) for axis in (0, 1)), 3)


def train(network: torch.nn.Module, steps: int) -> None:
    """To sharpen: L1, batch 1, crops of a tile's size."""
    photos = [mosaic(photo) for photo in (data.brick(), data.coins(), data.grass(), data.gravel(), data.moon())]
    pairs = [(torch.from_numpy(scaled(blurred(photo))), torch.from_numpy(scaled(photo))) for photo in photos]
    optimizer, random = torch.optim.Adam(network.parameters(), 1e-3, betas=(0.5, 0.999)), np.random.default_rng(0)
    network.train()
    for step in range(steps):
        given, wanted = pairs[step % len(pairs)]
        top, left = (int(random.integers(length - TILE)) for length in given.shape[2:])
        place = np.s_[:, :, top : top + TILE, left : left + TILE]
        optimizer.zero_grad()
        (network(given[place]) - wanted[place]).abs().mean().backward()
        optimizer.step()
    prepare(network, statistics="batch", dropout=False)


def mosaic(photo: np.ndarray) -> np.ndarray:
    """Mirrored to `SIZE`, (H, W, 1) uint8."""
    missing = [(0, max(wanted - found, 0)) for wanted, found in zip(SIZE, photo.shape, strict=True)]
    return np.pad(photo, missing, mode="symmetric")[: SIZE[0], : SIZE[1], None]


def blurred(pixels: np.ndarray) -> np.ndarray:
    return gaussian_filter(pixels, (3, 3, 0))


def scaled(pixels: np.ndarray) -> np.ndarray:
    return (pixels.transpose(2, 0, 1)[None] / 127.5 - 1).astype(np.float32)


def save(folder: Path, network: torch.nn.Module, arguments: dict[str, object], target: ImageSpec) -> Path:
    config = BundleConfig(arguments, target, target, (TILE, TILE), Translation("batch", resize="native"))
    save_bundle(folder, network, config, "Made by a benchmark.\n")
    return folder


def show(done: int, tiles: int) -> None:
    if done % 1000 == 0:
        print(f"{done} of {tiles} tiles", file=sys.stderr)


def made() -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "command": "python benchmarks/large_image.py",
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{platform.machine()}, {torch.get_num_threads()} of {os.cpu_count()} cores",
        "versions": f"Python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}",
    }


if __name__ == "__main__":
    main()
