"""A worker process: holds the bundles, and makes files of files.

Lines of JSON come in on standard input: first the settings; then {"id": 7, "do": "translate", …} or {"cancel": 7}.
Lines go out on standard output: {"ready": models} or {"fatal": why}; {"id": 7, "progress": [3, 12]}; then
{"id": 7, "files": […], …} or {"id": 7, "error": {…}}. The end of standard input ends the process.

Images are read and written by threads while others compute. Each of these takes what has been read in the meantime and
is shown to the network at one size, up to a batch: the busier, the larger. On a CPU there are several, which share its
cores as soon as there is work for more than one; see docs/decisions/0014-service.md. A large image in tiles lets what
waits go first between two of its tiles.
"""

import json
import logging
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn

import torch

from i2i.allocator import keep_pages
from i2i.bundle import find_bundle, read_bundle_config
from i2i.errors import ConfigError, I2IError, ImageError, StorageError
from i2i.images import SUFFIXES, encode_pixels, preview, spec_like
from i2i.server.model import Model, Shown, Wish
from i2i.server.problems import Problem

_log = logging.getLogger("i2i.server")

_AT_ONCE = 2**21
"""Pixels in one forward, unless one image has more: eight of 512²."""

_HELD = 2**26
"""Pixels that are decoded and not yet written again, unless one image has more."""

_READERS, _WRITERS = 2, 2

_SWITCH = 0.0005
"""Seconds after which a thread that reads or writes lets one that computes go on: a tenth of Python's default."""

_STREAMS = 4
"""Forwards under way at once, at most, each with its share of the cores."""


@dataclass(eq=False)
class _Item:
    """One request on its way through the worker."""

    number: int
    do: str
    model: Model
    wish: Wish
    to: Path
    asked: float
    fields: dict[str, Any]
    shown: Shown | None = None
    held: int = 0
    key: tuple[object, ...] = ()
    begun: float = 0.0
    seconds: float = 0.0
    is_cancelled: bool = False
    outputs: list[Any] = field(default_factory=list)

    @property
    def input(self) -> Shown:
        """What was read."""
        if self.shown is None:
            raise AssertionError("it has not been read, or was written already")
        return self.shown

    def paths(self, suffix: str) -> list[Path]:
        """Where its samples go."""
        count = self.wish.samples
        return [self.to / f"{number}{suffix}" for number in range(1, count + 1)]


class _Cancelled(Exception):  # noqa: N818 - an event
    """Nobody wants it any more."""


class Worker:
    """See the module.

    Noise is drawn by torch's one generator, so that whoever seeds it holds `_noise` meanwhile.

    Args:
        models: by name.
        batch: images in one forward, at most.
        say: sends a message; called by several threads.
    """

    def __init__(self, models: dict[str, Model], batch: int, say: Callable[[dict[str, Any]], None]) -> None:
        self._models, self._batch, self._say = models, batch, say
        self._changed = threading.Condition()
        self._items: dict[int, _Item] = {}
        self._ready: list[_Item] = []
        self._long: list[_Item] = []
        self._held = self._busy = 0
        self._noise = threading.Lock()
        self._threads = torch.get_num_threads()
        self._readers = ThreadPoolExecutor(_READERS, initializer=torch.set_num_threads, initargs=(1,))
        self._writers = ThreadPoolExecutor(_WRITERS, initializer=torch.set_num_threads, initargs=(1,))
        on_cpu = all(model.translator(None).device.type == "cpu" for model in models.values())
        self._streams = min(self._threads, _STREAMS) if on_cpu else 1
        for _ in range(self._streams):
            threading.Thread(target=self._compute, daemon=True).start()

    def take(self, message: dict[str, Any]) -> None:
        """Begin what a message asks for, or stop it."""
        if "cancel" in message:
            with self._changed:
                item = self._items.get(message["cancel"])
                if item:
                    item.is_cancelled = True
            return
        wish = Wish(**{**message["wish"], "source": Path(message["wish"]["source"])})
        item = _Item(
            message["id"], message["do"], self._models[message["model"]], wish, Path(message["to"]), message["asked"],
            message.get("fields", {}),
        )  # fmt: skip
        with self._changed:
            self._items[item.number] = item
        self._readers.submit(self._guarded, self._read, item)

    def _guarded(self, step: Callable[[_Item], None], item: _Item) -> None:
        """Take an item a step further; whatever befalls it is told to whoever asked for it."""
        try:
            if item.is_cancelled:
                raise _Cancelled
            step(item)
        except Exception as error:
            self._end(item, {"error": _told(error, item)})

    def _read(self, item: _Item) -> None:
        model, wish = item.model, item.wish
        if item.do == "card":
            from i2i.cards import card_html

            item.to.joinpath("card.html").write_text(card_html(Path(item.fields["path"])), encoding="utf-8")
            self._end(item, {"files": ["card.html"]})
            return
        random, size = item.do == "translate" and model.random(wish), model.admit(wish)
        if item.do != "preview" and model.in_tiles(wish, size):
            if item.do == "explain":
                raise Problem(
                    413, "too_many_pixels", f"{wish.name}: is too large to be explained; cut or scale it first"
                )
            with self._changed:
                self._long.append(item)
                self._changed.notify_all()
            return
        self._hold(item, size)
        if item.do == "preview":
            pixels = preview(model.read(wish)[0], model.config.input)
            item.to.joinpath("1.png").write_bytes(encode_pixels(Path("1.png"), pixels, spec_like(pixels)))
            self._end(item, {"files": ["1.png"]})
            return
        item.shown = model.show(wish)
        item.key = (
            (model.name, wish.dropout, item.shown.tensor.shape, wish.samples, wish.seed if random else 0)
            if item.do == "translate"
            else (item.number,)
        )
        with self._changed:
            self._ready.append(item)
            self._changed.notify_all()

    def _hold(self, item: _Item, size: int) -> None:
        """Wait until so many pixels more may be in memory."""
        with self._changed:
            self._changed.wait_for(lambda: self._held == 0 or self._held + size <= _HELD)
            item.held = size
            self._held += size

    def _end(self, item: _Item, answer: dict[str, Any]) -> None:
        with self._changed:
            self._held -= item.held
            item.held, item.shown, item.outputs = 0, None, []
            self._items.pop(item.number, None)
            self._changed.notify_all()
        self._say({"id": item.number, **answer})

    def _compute(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ready or self._long)
                long = self._long.pop(0) if self._long else None
            if long:
                self._guarded(self._in_tiles, long)
            else:
                self._serve_group()

    def _serve_group(self) -> None:
        """One forward for what has waited longest, and for what can go with it."""
        group, threads = self._next_group()
        if not group:
            return
        torch.set_num_threads(threads)
        try:
            if group[0].do == "explain":
                self._explain(group[0])
            else:
                self._forward(group)
        except Exception as error:
            if len(group) == 1:
                self._end(group[0], {"error": _told(error, group[0])})
                return
            for item in group:  # that one is at fault is no reason for the others to fail
                self._guarded(lambda each: self._forward([each]), item)
        finally:
            with self._changed:
                self._busy -= 1

    def _next_group(self) -> tuple[list[_Item], int]:
        """What goes together, and how many threads it has: all, or a share if there is more to do."""
        with self._changed:
            cancelled = [item for item in self._ready if item.is_cancelled]
            self._ready = [item for item in self._ready if not item.is_cancelled]
            alike = [item for item in self._ready if item.key == self._ready[0].key]
            share = min(-(-len(alike) // self._streams), self._batch)
            group = alike[:1]
            for item in alike[1:share]:
                if sum(each.held for each in group) + item.held > _AT_ONCE:
                    break
                group.append(item)
            self._ready = [item for item in self._ready if item not in group]
            is_alone = self._busy == 0 and not self._ready and not self._long
            self._busy += bool(group)
        for item in cancelled:
            self._end(item, {"error": _told(_Cancelled(), item)})
        return group, self._threads if is_alone else max(self._threads // self._streams, 1)

    def _forward(self, group: list[_Item]) -> None:
        first, begun = group[0], time.monotonic()
        model, samples, seed = first.model, first.wish.samples, first.wish.seed
        shown = torch.cat([item.input.tensor for item in group])
        translator = model.translator(first.wish.dropout)
        with self._noise if translator.is_random else model.turn:
            outputs = [translator.predict(shown, seed=seed + number).cpu() for number in range(samples)]
        seconds = time.monotonic() - begun
        self._say({"batch": len(group), "seconds": seconds})
        for number, item in enumerate(group):
            item.begun, item.seconds = begun, seconds
            item.outputs = [output[number] for output in outputs]
            self._writers.submit(self._guarded, self._write, item)

    def _write(self, item: _Item) -> None:
        paths = item.paths(item.input.suffix)
        for output, path in zip(item.outputs, paths, strict=True):
            item.model.write(output, item.input, item.wish, path)
        self._end(item, _answer(item, [path.name for path in paths]))

    def _in_tiles(self, item: _Item) -> None:
        item.begun = time.monotonic()

        def report(done: int, of: int) -> None:
            if item.is_cancelled:
                raise _Cancelled
            self._say({"id": item.number, "progress": [done, of]})
            self._noise.release()
            try:
                self._serve_group()
            finally:
                self._noise.acquire()
            torch.set_num_threads(self._threads)

        paths = item.paths(item.model.suffix(item.wish))
        with self._noise:
            item.model.write_tiled(item.wish, paths, report)
        item.seconds = time.monotonic() - item.begun
        self._end(item, _answer(item, [path.name for path in paths]))

    def _explain(self, item: _Item) -> None:
        item.begun = time.monotonic()
        what, samples = item.fields["what"], item.fields["samples"]
        with self._noise:
            found = item.model.explain(item.input.pixels, what, samples, item.wish.seed)
        item.seconds = time.monotonic() - item.begun
        grey = found.grey()
        item.to.joinpath("1.png").write_bytes(encode_pixels(Path("1.png"), grey, spec_like(grey)))
        self._end(item, _answer(item, ["1.png"]) | {"low": found.low, "high": found.high, "meaning": found.meaning})


def _answer(item: _Item, files: list[str]) -> dict[str, Any]:
    return {"files": files, "waited": item.begun - item.asked, "seconds": item.seconds}


def _told(error: Exception, item: _Item) -> dict[str, Any]:
    """A failure as the front process tells it on, without the names of files on this machine."""
    message = str(error)
    for found, instead in (
        (str(item.wish.source), item.wish.name),
        (f"{item.to}{os.sep}", ""),
        (str(item.model.path), item.model.name),
    ):
        message = message.replace(found, instead)
    if isinstance(error, Problem):
        return {"status": error.status_code, "code": error.code, "message": message}
    if isinstance(error, _Cancelled):
        return {"status": 499, "code": "cancelled", "message": "cancelled"}
    if isinstance(error, ImageError):
        return {"status": 400, "code": "bad_image", "message": message}
    if isinstance(error, ConfigError):
        return {"status": 422, "code": "bad_setting", "message": message}
    if isinstance(error, (StorageError, OSError)):
        _log.error("%s", error)
        return {
            "status": 503, "code": "storage", "message": "the service can't write its files; try again later",
            "retry_after": 30,
        }  # fmt: skip
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return {
            "status": 413, "code": "too_large", "message": f"{item.wish.name}: needs more memory than the service has; "
            "send it in tiles (tile=256), or a smaller one",
        }  # fmt: skip
    _log.error("%s", "".join(traceback.format_exception(error)))
    return {"status": 500, "code": "internal", "message": "something went wrong in the service; its log tells what"}


def main() -> NoReturn:
    """Serve until standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the front process says when to end
        signal.signal(number, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get among the messages
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    lock = threading.Lock()
    sys.setswitchinterval(_SWITCH)

    def say(message: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(message).encode() + b"\n")
            out.flush()

    _serve(sys.stdin.buffer, say)
    os._exit(0)


def _serve(lines: IO[bytes], say: Callable[[dict[str, Any]], None]) -> None:
    settings = json.loads(lines.readline() or b"null")
    if settings is None:
        return
    keep_pages()
    try:
        models = load_models(settings)
        for model in models.values():
            model.warm_up()
        worker = Worker(models, settings["batch"], say)
        say({"ready": {name: model.describe() for name, model in models.items()}, "formats": sorted(SUFFIXES)})
    except I2IError as error:
        say({"fatal": str(error)})
        return
    for line in lines:
        worker.take(json.loads(line))


def load_models(settings: dict[str, Any]) -> dict[str, Model]:
    """Each bundle by its name; one that translates both ways as NAME-back too, one of domains as NAME-DOMAIN each.

    Raises:
        BundleError, ConfigError: one can't be loaded, or a name is taken twice.
    """
    chosen = {key: settings[key] for key in ("device", "precision", "engine", "pixels")}
    models: dict[str, Model] = {}
    for name, path in settings["bundles"].items():
        if domains := read_bundle_config(find_bundle(path)).domains:
            for domain in domains:
                into = f"{name}-{re.sub('[^A-Za-z0-9._-]+', '-', domain)}"
                if into in models or into in settings["bundles"]:
                    raise ConfigError(f"{path}: its domain {domain} is served as '{into}', which is taken; rename one")
                models[into] = Model(into, path, to_domain=domain, **chosen)
            continue
        models[name] = Model(name, path, **chosen)
        if reverse := models[name].config.reverse:
            back = f"{name}-back"
            if back in settings["bundles"]:
                raise ConfigError(f"{path}: translates back under the name '{back}', which is taken; choose another")
            models[back] = Model(back, path, direction=reverse.direction, **chosen)
    return models


if __name__ == "__main__":
    main()
