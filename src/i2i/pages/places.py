"""Where the files of the pages lie."""

from pathlib import Path

from i2i.pages.vendored import FILES

_HERE = Path(__file__).parent

SHARED = _HERE / "shared"
"""Style sheet and modules that several pages use, served under /shared/."""

VENDOR = _HERE / "vendor"
"""What is taken from npm, served under /vendor/PACKAGE/FILE; it may be absent, see `lacking`."""


def find(root: Path, path: str) -> Path | None:
    """The file that a page asks for by its `path` below `root`; None where there is none, or it lies elsewhere."""
    if "\0" in path or "\\" in path:
        return None
    root = root.resolve()
    file = (root / path).resolve()
    return file if file.is_relative_to(root) and file.is_file() else None


def lacking(package: str) -> list[str]:
    """Which files of a package from npm ("onnxruntime-web", "uplot") are not in this installation.

    They are copied when i2i is installed where there is npm, or by `scripts/pages`.
    """
    names = [Path(file).name for file in FILES[package]]
    return [name for name in names if not (VENDOR / package / name).is_file()]
