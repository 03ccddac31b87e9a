"""Images that are no photographs: 16-bit depth, 5 channels to one, 3 channels to 12; measured in their own unit.

    python benchmarks/any_image.py ../shared/data/rgb2depth16 --to runs/any-image

PAIRS is a set in the layout trainA (photos), trainB (uint16 depth in millimetres; 0 and 65535 are no reading), testA,
testB. From it two more sets are made, float32 TIFF files:

    5 to 1    red, green, blue, luma and the strength of edges → depth in metres, NaN where there is no reading
    3 to 12   photo → depth in metres, blurred by Gaussians of σ 0, 1, 2, 4 … 22 pixels (one a channel), NaN likewise

Each is trained, evaluated on the test split and translated; `results.json` and `results.md` say what came out.
"""

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from i2i.images import Raster, read_raster, write_raster

SIGMAS = (0, *range(2, 24, 2))
NO_READING = (0, 65535)


def main() -> None:
    arguments = parse()
    source, to = Path(arguments.pairs), Path(arguments.to)
    make_sets(source, to)
    rows = {
        "photo to uint16 depth": (source, ["data.target.nodata=[0,65535]", "data.target.unit=mm"]),
        "5 channels to depth": (to / "5-to-1", ["data.target.unit=m"]),
        "photo to 12 channels": (to / "3-to-12", ["data.target.unit=m"]),
    }
    results = {
        name: measure(arguments, pairs, to / name.replace(" ", "-"), said) for name, (pairs, said) in rows.items()
    }
    (to / "results.json").write_text(json.dumps({"made": made(arguments), "rows": results}, indent=1) + "\n")
    (to / "results.md").write_text(table(arguments, results))
    print((to / "results.md").read_text())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs")
    parser.add_argument("--to", required=True)
    for name, default in {"size": "96x128", "width": 16, "images": 4000, "batch": 4, "seed": 0}.items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    return parser.parse_args()


def make_sets(source: Path, to: Path) -> None:
    for split in ("train", "test"):
        for photo in sorted((source / f"{split}A").iterdir()):
            depth = next((source / f"{split}B").glob(f"{photo.stem}.*"))
            colour, metres = read_raster(photo).pixels.astype(np.float32) / 255, metres_of(read_raster(depth).pixels)
            write(to / "5-to-1", split, photo.stem, five_channels(colour), metres)
            write(to / "3-to-12", split, photo.stem, colour, twelve_channels(metres))


def metres_of(depth: np.ndarray) -> np.ndarray:
    return np.where(np.isin(depth, NO_READING), np.nan, depth / 1000).astype(np.float32)


def five_channels(colour: np.ndarray) -> np.ndarray:
    luma = colour @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.concatenate([colour, luma[:, :, None], ndimage.gaussian_gradient_magnitude(luma, 1)[:, :, None]], axis=2)


def twelve_channels(metres: np.ndarray) -> np.ndarray:
    known = np.isfinite(metres[:, :, 0])
    filled = np.where(known, metres[:, :, 0], 0)
    blurred = [
        ndimage.gaussian_filter(filled, s) / np.maximum(ndimage.gaussian_filter(known * 1.0, s), 1e-3) for s in SIGMAS
    ]
    return np.where(known[:, :, None], np.stack(blurred, axis=2), np.nan).astype(np.float32)


def write(folder: Path, split: str, name: str, given: np.ndarray, wanted: np.ndarray) -> None:
    for side, pixels in (("A", given), ("B", wanted)):
        file = folder / f"{split}{side}" / f"{name}.tif"
        if not file.exists():
            write_raster(file, Raster(pixels.astype(np.float32)))


def measure(arguments: argparse.Namespace, pairs: Path, run: Path, settings: list[str]) -> dict[str, object]:
    command = ["train", str(pairs), "--to", str(run)]
    for flag in ("size", "width", "images", "batch", "seed"):
        command += [f"--{flag}", str(getattr(arguments, flag))]
    i2i(*command, *(part for setting in settings for part in ("--set", setting)))
    scores = run / "scores.json"
    if not scores.exists():  # the test split is read once
        i2i("evaluate", str(run), str(pairs), "--lpips", "none", "--json", str(scores))
    i2i("translate", str(run), str(pairs / "testA"), "--to", str(run / "translated"))
    written = [read_raster(path).pixels for path in sorted((run / "translated").glob("[!.]*"))]
    found = json.loads(scores.read_text())
    return found | {
        "bundle": {
            side: json.loads((run / "bundle" / "config.json").read_text())[side] for side in ("input", "target")
        },
        "written": {
            "files": sorted({path.suffix for path in (run / "translated").glob("[!.]*")}),
            "type": sorted({str(pixels.dtype) for pixels in written}),
            "shape": sorted({str(pixels.shape) for pixels in written}),
            "least": float(min(pixels.min() for pixels in written)),
            "greatest": float(max(pixels.max() for pixels in written)),
        },
    }


def i2i(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "i2i", *command], check=True)


def table(arguments: argparse.Namespace, results: dict[str, dict]) -> str:
    lines = ["| set | row | L1 | RMSE | PSNR, dB |", "|---|---|---|---|---|"]
    for name, found in results.items():
        unit = found["measures"]["l1"]["unit"]
        for row, values in found["rows"].items():
            cells = [interval(values[key]) if key in values else "-" for key in ("l1", "rmse", "psnr")]
            lines.append(f"| {name} ({unit}) | {row} | {' | '.join(cells)} |")
    lines += ["", "| set | written | type | shape | values |", "|---|---|---|---|---|"]
    for name, found in results.items():
        out = found["written"]
        values = f"{out['least']:.4g} to {out['greatest']:.4g}"
        lines.append(
            f"| {name} | {', '.join(out['files'])} | {', '.join(out['type'])} | {', '.join(out['shape'])} | {values} |"
        )
    facts = [f"- {key}: {value}" for key, value in made(arguments).items()]
    protocol = [f"- {line}" for line in next(iter(results.values()))["protocol"].splitlines()]
    return "\n".join([*lines, "", *facts, "", "Protocol of the first:", "", *protocol]) + "\n"


def interval(value: dict) -> str:
    decimals = 3 if value["mean"] < 10 else 1
    mean = f"{value['mean']:.{decimals}f}"
    return mean if value["low"] is None else f"{mean} [{value['low']:.{decimals}f}, {value['high']:.{decimals}f}]"


def made(arguments: argparse.Namespace) -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "pairs": Path(arguments.pairs).name,
        "settings": ", ".join(f"{k} {v}" for k, v in vars(arguments).items() if k not in ("to", "pairs")),
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
    }


if __name__ == "__main__":
    main()
