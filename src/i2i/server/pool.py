"""The workers: started, given work, watched, and started again when they die. No torch here."""

import asyncio
import contextlib
import itertools
import json
import logging
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from i2i.server.problems import Problem, of_worker, stopping
from i2i.server.settings import Settings

_log = logging.getLogger("i2i.server")

COMMAND = (sys.executable, "-m", "i2i.server.worker")

AHEAD = 3
"""Batches that a worker is given at once: one read, one computed, one written."""

_LONGEST_LINE = 2**24
_TRIES = 2
_STARTS = 3
"""Workers that may end, one after the other, before the first is ready."""
_BACKOFF = (0.2, 30.0)
_LIVED = 60.0
"""Seconds after which a worker that dies is no longer thought to die at its start."""

Progress = Callable[[int, int], None]


@dataclass(eq=False)
class _Task:
    """Something for a worker, and who waits for it."""

    message: dict[str, Any]
    answer: asyncio.Future[dict[str, Any]]
    is_long: bool
    progress: Progress | None
    asked: float = field(default_factory=time.monotonic)
    tries: int = 0


@dataclass(eq=False)
class _Worker:
    """A process, and what it has been given."""

    process: Process
    started: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    is_ready: bool = False
    tasks: dict[int, _Task] = field(default_factory=dict)

    def send(self, message: dict[str, Any]) -> None:
        """One line of JSON into its standard input."""
        if self.process.stdin and not self.process.stdin.is_closing():
            self.process.stdin.write(json.dumps(message).encode() + b"\n")

    def count(self, *, long: bool) -> int:
        return sum(task.is_long == long for task in self.tasks.values())


class Pool:
    """Gives work to whichever worker has least to do.

    A worker that dies is started again, after a pause that grows; what it had is given once to another, and is then
    answered with 503, so that an image that kills workers does not kill them for ever.

    Attributes:
        models: what is served, by name, as `GET /v1/models` tells it; empty until a worker has read the bundles.
        formats: endings of the names of images that are read.
        failure: why no worker can start, once that is known.
        restarts: workers started again so far.

    Args:
        settings: how many, of what.
        on_batch: called with (images, seconds) of each forward.
        command: that starts a worker.
    """

    def __init__(
        self,
        settings: Settings,
        on_batch: Callable[[int, float], None] | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._settings, self._command = settings, command
        self._numbers = itertools.count(1)
        self._waiting: deque[_Task] = deque()
        self._workers: list[_Worker] = []
        self._supervisors: list[asyncio.Task[None]] = []
        self._ready, self._failed = asyncio.Event(), asyncio.Event()
        self._is_stopping = False
        self._seconds_each = 0.1
        self.models: dict[str, dict[str, Any]] = {}
        self.formats: list[str] = []
        self.failure: str | None = None
        self.restarts = 0
        self._on_batch = on_batch

    async def start(self) -> None:
        """Start all workers, and return while they read the bundles."""
        self._supervisors = [asyncio.create_task(self._supervise()) for _ in range(self._settings.workers)]
        self._supervisors.append(asyncio.create_task(self._watch()))

    async def until_ready(self) -> None:
        """Wait until a worker can be given work, or none will ever be."""
        waits = [asyncio.create_task(event.wait()) for event in (self._ready, self._failed)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    def refuse(self) -> None:
        """Do nothing more: whoever waits is answered with 503."""
        self._is_stopping = True
        for task in [*self._waiting, *(task for worker in self._workers for task in worker.tasks.values())]:
            _fail(task, stopping())

    async def stop(self) -> None:
        """End the workers."""
        self.refuse()
        processes = [worker.process for worker in self._workers]
        for process in processes:
            with contextlib.suppress(OSError):
                if process.stdin:
                    process.stdin.close()
        ends = [asyncio.create_task(process.wait()) for process in processes]
        if ends:
            await asyncio.wait(ends, timeout=3)
        for process in processes:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        if ends:
            await asyncio.wait(ends)
        for supervisor in self._supervisors:
            supervisor.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)

    @property
    def is_ready(self) -> bool:
        """Whether some worker can be given work."""
        return any(worker.is_ready for worker in self._workers)

    @property
    def waiting(self) -> int:
        """Tasks that no worker has yet."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """Tasks that a worker has."""
        return sum(len(worker.tasks) for worker in self._workers)

    def processes(self) -> list[int]:
        """Process ids of the workers that are ready."""
        return [worker.process.pid for worker in self._workers if worker.is_ready]

    def soon(self) -> float:
        """Seconds until what is there now may be done."""
        return min((self.waiting + self.running + 1) * self._seconds_each / self._settings.workers, 60.0)

    async def run(
        self, message: dict[str, Any], *, long: bool = False, progress: Progress | None = None
    ) -> dict[str, Any]:
        """Have a worker do something. Whoever no longer wants it cancels the call, and the work with it.

        Args:
            message: what; see `i2i.server.worker`.
            long: a job, of which a worker has one at a time beside its other work.
            progress: called with (done, of how many).

        Returns:
            What the worker answered, and `waited`, the seconds before it began to compute.

        Raises:
            Problem: it can't be done.
        """
        if self._is_stopping:
            raise stopping()
        task = _Task(message, asyncio.get_running_loop().create_future(), long, progress)
        self._waiting.append(task)
        self._dispatch()
        try:
            return await task.answer
        finally:
            if not task.answer.done() or task.answer.cancelled():
                self._drop(task)

    def _dispatch(self) -> None:
        """Give what waits, in its order, to the workers that have room."""
        ready = [worker for worker in self._workers if worker.is_ready]
        held: list[_Task] = []
        while self._waiting and ready:
            task = self._waiting.popleft()
            room = 1 if task.is_long else AHEAD * self._settings.batch
            worker = min(ready, key=lambda each: (each.count(long=task.is_long), len(each.tasks)))
            if worker.count(long=task.is_long) >= room:
                held.append(task)
                if not task.is_long:
                    break
                continue
            number = next(self._numbers)
            if not worker.tasks:
                worker.heard = time.monotonic()
            worker.tasks[number] = task
            task.tries += 1
            task.message["asked"] = task.asked
            worker.send({"id": number, **task.message})
        self._waiting.extendleft(reversed(held))

    def _drop(self, task: _Task) -> None:
        with contextlib.suppress(ValueError):
            self._waiting.remove(task)
        for worker in self._workers:
            for number, each in worker.tasks.items():
                if each is task:
                    worker.send({"cancel": number})

    async def _supervise(self) -> None:
        """Keep one worker alive."""
        pause, longest = _BACKOFF
        while not self._is_stopping:
            worker = await self._spawn()
            await self._listen(worker)
            worker.is_ready = False
            await worker.process.wait()
            self._workers.remove(worker)
            if self._is_stopping:
                return
            if not self.models and not self.failure and self.restarts >= _STARTS:
                self.failure = "the workers end while they read the bundles; what they said stands above"
            if not self.models and self.failure:
                self._failed.set()
                return
            _log.warning(
                "worker %d ended with status %s; starting another", worker.process.pid, worker.process.returncode
            )
            self.restarts += 1
            self._rescue(worker)
            if time.monotonic() - worker.started > _LIVED:
                pause = _BACKOFF[0]
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    async def _spawn(self) -> _Worker:
        settings = self._settings
        threads = str(settings.worker_threads)
        environment = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads} | os.environ
        if settings.threads or settings.workers > 1:
            environment |= {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, env=environment, limit=_LONGEST_LINE
        )  # fmt: skip
        worker = _Worker(process)
        self._workers.append(worker)
        told = asdict(settings)
        worker.send({key: told[key] for key in ("bundles", "device", "precision", "engine", "batch", "pixels")})
        return worker

    async def _listen(self, worker: _Worker) -> None:
        """Take the worker's answers until it ends."""
        lines = worker.process.stdout
        while lines and (line := await lines.readline()):
            worker.heard = time.monotonic()
            message = json.loads(line)
            if "ready" in message:
                self.models = self.models or message["ready"]
                self.formats = message["formats"]
                worker.is_ready = True
                self._ready.set()
                self._dispatch()
            elif "fatal" in message:
                self.failure = message["fatal"]
                if self.models:  # else it is told by whoever started the service
                    _log.error("worker %d: %s", worker.process.pid, self.failure)
            else:
                self._take(worker, message)

    def _take(self, worker: _Worker, message: dict[str, Any]) -> None:
        if "batch" in message and self._on_batch:
            self._on_batch(message["batch"], message["seconds"])
        task = worker.tasks.get(message.get("id", 0))
        if task is None:
            return
        if "progress" in message:
            if task.progress and not task.answer.done():
                task.progress(*message["progress"])
            return
        del worker.tasks[message["id"]]
        if "error" in message:
            _fail(task, of_worker(message["error"]))
        elif not task.answer.done():
            self._seconds_each += 0.1 * (message.get("seconds_each", self._seconds_each) - self._seconds_each)
            task.answer.set_result(message)
        self._dispatch()

    def _rescue(self, worker: _Worker) -> None:
        """Give the work of a worker that died to another, once."""
        tasks = [task for task in worker.tasks.values() if not task.answer.done()]
        worker.tasks.clear()
        for task in tasks:
            if task.tries >= _TRIES:
                _fail(
                    task, Problem(503, "worker_died", "a worker died over this twice; try again later", retry_after=10)
                )
        self._waiting.extendleft(reversed([task for task in tasks if not task.answer.done()]))
        self._dispatch()

    async def _watch(self) -> None:
        """End workers that hang: with work, and silent for three times what an image may take."""
        patience = 3 * self._settings.timeout
        while True:
            await asyncio.sleep(min(patience / 4, 5.0))
            for worker in self._workers:
                if worker.is_ready and worker.tasks and time.monotonic() - worker.heard > patience:
                    _log.error("worker %d has been silent for %.0f s; ending it", worker.process.pid, patience)
                    with contextlib.suppress(ProcessLookupError):
                        worker.process.kill()


def _fail(task: _Task, problem: Problem) -> None:
    if not task.answer.done():
        task.answer.set_exception(problem)
