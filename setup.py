"""Copies what the pages take from npm into the package when it is built or installed where there is npm."""

import runpy
import shutil
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithPages(build_py):
    """Makes src/i2i/pages/vendor first; without npm, or without a network, i2i is whole but for what a page runs."""

    def run(self) -> None:
        """See the class."""
        script = Path(__file__).resolve().parent / "web" / "vendor.py"
        if script.is_file() and shutil.which("npm"):
            try:
                runpy.run_path(str(script))["make"]()
            except (OSError, subprocess.CalledProcessError) as error:
                self.warn(f"the pages' files from npm are left out: {error}")
        super().run()


setup(cmdclass={"build_py": BuildWithPages})
