"""Copies what the pages take from npm into src/i2i/pages/vendor: python web/vendor.py [--dev].

With --dev, what their tests and their check need is installed as well. Nothing is done where all stands already.
"""

import hashlib
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
PAGES = WEB.parent / "src" / "i2i" / "pages"
FILES: dict[str, tuple[str, ...]] = runpy.run_path(str(PAGES / "vendored.py"))["FILES"]

_DEV = ("axe-core/axe.min.js", "typescript/package.json")


def is_current(vendor: Path = PAGES / "vendor") -> bool:
    """Whether all files stand there, of the versions that the lock file pins."""
    stamp = vendor / ".versions"
    copied = [vendor / package / Path(file).name for package, files in FILES.items() for file in files]
    return stamp.is_file() and stamp.read_text() == _versions() and all(file.is_file() for file in copied)


def is_installed(dev: bool) -> bool:
    """Whether node_modules holds what the lock file pins."""
    stamp = WEB / "node_modules" / ".versions"
    needed = [f"{package}/{file}" for package, files in FILES.items() for file in files] + list(_DEV if dev else ())
    return (
        stamp.is_file()
        and stamp.read_text() == _versions()
        and all((WEB / "node_modules" / file).is_file() for file in needed)
    )


def make(dev: bool = False) -> None:
    """Install by the lock file and copy, if need be. Raises `OSError` or `CalledProcessError` where that fails."""
    vendor = PAGES / "vendor"
    if is_current(vendor) and (not dev or is_installed(dev)):
        return
    if not is_installed(dev):
        npm = shutil.which("npm")
        if npm is None:
            raise FileNotFoundError("npm was not found; it comes with Node.js")
        sys.stderr.write("fetching what the pages take from npm (once; about 40 MB) …\n")
        install = [npm, "ci", "--ignore-scripts", "--fetch-retries=1", "--loglevel=error"]
        subprocess.run(install if dev else [*install, "--omit=dev"], cwd=WEB, check=True, stdout=sys.stderr)
        (WEB / "node_modules" / ".versions").write_text(_versions())
    fresh = vendor.with_name(".vendor")
    shutil.rmtree(fresh, ignore_errors=True)
    for package, files in FILES.items():
        (fresh / package).mkdir(parents=True)
        for file in files:
            shutil.copyfile(WEB / "node_modules" / package / file, fresh / package / Path(file).name)
        shutil.copyfile(WEB / "licences" / f"{package}.txt", fresh / package / "LICENSE.txt")
    (fresh / ".versions").write_text(_versions())
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def _versions() -> str:
    pinned = [WEB / "package-lock.json", PAGES / "vendored.py", *sorted((WEB / "licences").iterdir())]
    return hashlib.sha256(b"".join(file.read_bytes() for file in pinned)).hexdigest()


if __name__ == "__main__":
    try:
        make(dev="--dev" in sys.argv[1:])
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"i2i: the pages' files from npm could not be made ({error}); running in the browser is left out")
