"""Generators as graphs that other engines run, kept from one day to the next.

A conversion takes seconds, so graphs are kept in `$XDG_CACHE_HOME/i2i/graphs` (by default `~/.cache/i2i/graphs`), under
a name that depends on all that is in them: weights, policy, versions. The folder may be deleted at any time.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from i2i.engines.engine import EngineFailure, Job, Network
from i2i.engines.folding import fold
from i2i.engines.parity import compared, first_line
from i2i.generators import Generator
from i2i.graphs import GRAPH_FORMATS

LIMIT = 4 * 2**30
"""Bytes that the kept graphs may take together; those that were not used for longest go first."""

Load = Callable[[Path, Job], Callable[[Tensor], Tensor]]
"""From a graph's file to what runs it."""

_log = logging.getLogger("i2i")


def graphs_folder() -> Path:
    """Where graphs are kept."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "i2i" / "graphs"


def converted(job: Job, load: Load) -> Network:
    """The job's network, run from a graph: the one that was kept, if it is whole, else a new one.

    Raises:
        EngineFailure: it can't be converted, gives something else, or was not kept and the job is not patient.
    """
    folder = graphs_folder()
    if not job.keeps or not (job.patient or any(folder.glob("*.onnx"))):
        return _passing(job, load, fold(job.generator) if job.patient else None)
    network = fold(job.generator)
    graph = folder / f"{_name(network)}.onnx"
    if graph.is_file():
        try:
            found = _loaded(job, load, graph)
            os.utime(graph)
            return found
        except (EngineFailure, OSError) as error:
            _log.info("%s: %s; it is made anew", graph, error)
    if not job.patient:
        return _passing(job, load, None)
    try:
        _keep(network, graph)
    except OSError as error:
        _log.info("%s: can't be written (%s); the conversion is not kept", graph, error.strerror or error)
        return _passing(job, load, network)
    return _loaded(job, load, graph)


def write_graph(network: Generator, path: Path) -> None:
    """Write a folded generator as an ONNX file of any batch, height and width. Raises `EngineFailure`."""
    side = max(-(-network.smallest // network.multiple), 2) * network.multiple
    example = torch.zeros(2, network.in_channels, side, side)
    try:
        with torch.no_grad():
            GRAPH_FORMATS["onnx"].write(network, example, {0: "batch", 2: "height", 3: "width"}, path, {})
    except OSError:
        raise
    except Exception as error:  # exporters raise whatever their parts meet
        raise EngineFailure(f"it can't be converted ({first_line(error)})") from error


def digest(network: nn.Module) -> str:
    """A name for the weights and buffers of a network."""
    state = hashlib.blake2b(digest_size=20)
    for name, tensor in network.state_dict().items():
        state.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        state.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return state.hexdigest()


def _name(network: Generator) -> str:
    """Depends on all that a graph holds: weights, layers as the policy left them, the condition, and what wrote it."""
    versions = {name: version(name) for name in ("i2i", "torch", "onnx", "onnxscript")}
    told = None if network.held is None else network.held.tolist()
    facts = json.dumps([digest(network), type(network).__qualname__, repr(network), versions, *[told] * bool(told)])
    return hashlib.blake2b(facts.encode(), digest_size=20).hexdigest()


def _loaded(job: Job, load: Load, graph: Path) -> Network:
    try:
        run = load(graph, job)
    except Exception as error:  # engines raise whatever their parts meet
        raise EngineFailure(f"can't read the graph ({first_line(error)})") from error
    return compared(job, run)


def _passing(job: Job, load: Load, network: Generator | None) -> Network:
    """From a graph that is not kept."""
    if network is None:
        raise EngineFailure("would have to be converted first, which takes longer than it saves")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        graph = Path(folder) / "graph.onnx"
        write_graph(network, graph)
        return _loaded(job, load, graph)


def _keep(network: Generator, graph: Path) -> None:
    """Write a graph under a name of this process's own and then give it its place; make room for it."""
    graph.parent.mkdir(parents=True, exist_ok=True)
    _log.info("converting the network, once for these weights; kept in %s", graph.parent)
    with TemporaryDirectory(dir=graph.parent, prefix=".") as folder:
        draft = Path(folder) / graph.name
        write_graph(network, draft)
        draft.replace(graph)
    _make_room(graph)


def _make_room(newest: Path) -> None:
    """Delete what was not used for longest until all graphs are within `LIMIT`; the newest stays."""
    known = {path: path.stat() for path in newest.parent.glob("*.onnx")}
    total = sum(status.st_size for status in known.values())
    for path, status in sorted(known.items(), key=lambda item: item[1].st_mtime):
        if total <= LIMIT:
            break
        if path != newest:
            path.unlink(missing_ok=True)
            total -= status.st_size
