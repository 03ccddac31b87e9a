"""With what a comparison was made: versions, the machine, the commit of a working copy."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import torch

from i2i.devices import pick_device


def made(device: str) -> dict[str, str]:
    """In words: "software", "machine", and "commit" where i2i runs out of a working copy."""
    place = pick_device(device)
    chip = torch.cuda.get_device_name(place) if place.type == "cuda" else _processor()
    threads = f"{torch.get_num_threads()} threads on {os.cpu_count()} cores"
    software = f"i2i {version('i2i')}, torch {torch.__version__}, Python {platform.python_version()}"
    commit = _commit()
    return {"software": software, "machine": f"{chip}, {threads}"} | ({"commit": commit} if commit else {})


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str:
    """Of the working copy that this package lies in; empty where it is installed elsewhere."""
    source = Path(__file__).parent.parent
    root = source.parent.parent
    if not ((root / ".git").exists() and source == root / "src" / "i2i"):
        return ""
    try:
        told = [_git(root, "rev-parse", "--short", "HEAD"), _git(root, "status", "--porcelain", "--untracked-files=no")]
    except (OSError, subprocess.SubprocessError):
        return ""
    return told[0] + (" with changes" if told[1] else "")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
