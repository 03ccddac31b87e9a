"""How busy this machine is: processor, memory, graphics cards."""

import shutil
import subprocess
import time
from typing import Any

import psutil

_GIB = 2**30
_FRESH_SECONDS = 2.0


class Machine:
    """Measures, at most every two seconds."""

    def __init__(self) -> None:
        self._load: dict[str, Any] = {}
        self._at = 0.0
        self._nvidia = shutil.which("nvidia-smi")
        psutil.cpu_percent()  # counts from here on

    def load(self) -> dict[str, Any]:
        """Shares in per cent, memory in GiB: "processor", "cores", "memory_used", "memory", "graphics" (cards)."""
        if time.monotonic() - self._at > _FRESH_SECONDS:
            memory = psutil.virtual_memory()
            self._load = {
                "processor": psutil.cpu_percent(),
                "cores": psutil.cpu_count() or 1,
                "memory_used": (memory.total - memory.available) / _GIB,
                "memory": memory.total / _GIB,
                "graphics": self._graphics(),
            }
            self._at = time.monotonic()
        return self._load

    def _graphics(self) -> list[dict[str, Any]]:
        """Of each card that NVIDIA's own tool tells of."""
        if self._nvidia is None:
            return []
        query = ["--query-gpu=name,utilization.gpu,memory.used,memory.total", "--format=csv,noheader,nounits"]
        try:
            told = subprocess.run([self._nvidia, *query], capture_output=True, text=True, timeout=2, check=True).stdout
        except (OSError, subprocess.SubprocessError):
            return []
        return [card for line in told.splitlines() if (card := parse_card(line)) is not None]


def parse_card(line: str) -> dict[str, Any] | None:
    """A line "name, busy %, MiB used, MiB in all"; None where the tool does not know."""
    name, *numbers = (cell.strip() for cell in line.rsplit(",", 3))
    try:
        busy, used, total = (float(number) for number in numbers)
    except ValueError:
        return None
    return {"name": name, "busy": busy, "memory_used": used / 1024, "memory": total / 1024}
