"""Bundles as ONNX graphs for the browser: each made once, by a process of its own, when it is first asked for."""

import asyncio
import sys
from pathlib import Path

from i2i.server.problems import Problem


class Graphs:
    """The graphs that have been made.

    Args:
        folder: in which they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, asyncio.Task[Path]] = {}

    async def of(self, name: str, bundle: str, direction: str | None, to_domain: str = "") -> Path:
        """The file of a bundle's graph. Raises `Problem` with the reason where it can't be exported."""
        if name not in self._made:
            self._made[name] = asyncio.create_task(self._export(name, bundle, direction, to_domain))
        return await asyncio.shield(self._made[name])

    async def _export(self, name: str, bundle: str, direction: str | None, to_domain: str) -> Path:
        path = self._folder / f"graph-{name}" / "graph.onnx"
        path.parent.mkdir(exist_ok=True)
        words = ["export", bundle, "--to", "onnx", "--out", str(path)]
        words += [] if direction is None else ["--direction", direction]
        words += ["--to-domain", to_domain] if to_domain else []
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "i2i", *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            _, told = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode or not path.is_file():
            lines = told.decode(errors="replace").strip().splitlines() or ["the export failed"]
            reason = lines[-1].removeprefix("i2i: ").replace(str(path.parent), "").replace(bundle, name)
            raise Problem(404, "no_graph", reason)
        return path
