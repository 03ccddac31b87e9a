"""TorchScript, for libtorch: C++, mobile, and Python without i2i. https://pytorch.org/docs/stable/jit.html"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import torch
from torch import Tensor, nn

from i2i.graphs.graph_format import Array, Run, quiet

SUFFIXES = (".pt",)

VARIANT = "TorchScript, traced"

_SOURCES = ".debug_pkl"
"""Ending of the records, in the file, that tell for each operation from which line of which file it comes."""


def engine() -> str:
    """See `GraphFormat`."""
    return f"torch {torch.__version__}"


def write(network: nn.Module, example: Tensor, axes: Mapping[int, str], path: Path, about: Mapping[str, str]) -> None:
    """See `GraphFormat`; a trace, in which every axis may vary that the operations let vary."""
    with quiet(), torch.inference_mode():
        traced = torch.jit.trace(network, (example,), check_trace=False)  # type: ignore[no-untyped-call]
        content: bytes = traced.save_to_buffer(_extra_files=dict(about))  # torch's own writer dies of a full disk
    _strip(content, path)


def runner(path: Path) -> Run:
    """See `GraphFormat`."""
    with quiet():
        network = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]

    def run(image: Array) -> Array:
        with torch.inference_mode():
            output: Array = network(torch.from_numpy(image)).numpy()
        return output

    return run


def _strip(content: bytes, path: Path) -> None:
    """Write the file without what it tells of where on this machine its code comes from."""
    with ZipFile(BytesIO(content)) as whole, ZipFile(path, "w") as stripped:
        for record in whole.infolist():
            if not record.filename.endswith(_SOURCES):
                stripped.writestr(record, whole.read(record))
