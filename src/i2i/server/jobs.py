"""Work that outlives the request that asked for it: kept for a while, told of as it goes, cancelled."""

import asyncio
import json
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from i2i.server.pool import Pool
from i2i.server.problems import Problem
from i2i.server.settings import Settings

State = Literal["queued", "running", "done", "failed", "cancelled"]

_ENDED = ("done", "failed", "cancelled")
_ALIVE = 15.0
"""Seconds after which a silent stream of events says that it is still there."""


@dataclass(eq=False)
class Job:
    """One job, from when it was taken to when it is forgotten."""

    model: str
    name: str
    seed: int
    folder: Path
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: State = "queued"
    done: int = 0
    of: int = 0
    error: str | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    ended: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> dict[str, Any]:
        """As `GET /v1/jobs/ID` says it."""
        return {"id": self.id, "state": self.state, "done": self.done, "of": self.of, "error": self.error}

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in _ENDED

    def change(self, state: State, error: str | None = None) -> None:
        """Let everybody who listens know."""
        self.state, self.error = state, error
        if self.has_ended:
            self.ended = time.monotonic()
        self._announce()

    def progress(self, done: int, of: int) -> None:
        """So much of it is done."""
        self.state, self.done, self.of = "running", done, of
        self._announce()

    def _announce(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def events(self) -> AsyncIterator[str]:
        """Each change as a server-sent event, from what is now to the last."""
        while True:
            changed = self.changed
            yield f"data: {json.dumps(self.tell())}\n\n"
            if self.has_ended:
                return
            while True:
                try:
                    await asyncio.wait_for(changed.wait(), _ALIVE)
                    break
                except TimeoutError:
                    yield ": still there\n\n"


class Jobs:
    """All jobs: those that are waiting or running, and for a while those that have ended."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool, self._settings = pool, settings
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def unfinished(self) -> int:
        """Jobs that a worker has."""
        return sum(job.state == "running" for job in self._jobs.values())

    def make_room(self) -> None:
        """Forget what has been kept long enough, and the oldest that has ended if there are too many.

        Raises:
            Problem: all that are there are still to be done.
        """
        for job in [job for job in self._jobs.values() if job.has_ended]:
            if time.monotonic() - job.ended > self._settings.keep:
                self._forget(job)
        if len(self._jobs) < self._settings.jobs:
            return
        ended = [job for job in self._jobs.values() if job.has_ended]
        if not ended:
            raise Problem(
                429, "too_many_jobs", f"{len(self._jobs)} jobs are waiting or running already; try again later",
                retry_after=30,
            )  # fmt: skip
        self._forget(min(ended, key=lambda job: job.ended))

    def begin(self, job: Job, message: dict[str, Any]) -> None:
        """Put a job in the queue."""
        self._jobs[job.id] = job
        self._tasks[job.id] = asyncio.create_task(self._run(job, message))

    def find(self, number: str) -> Job:
        """A job by its id. Raises `Problem` where there is none (any more)."""
        if number not in self._jobs:
            raise Problem(
                404, "no_such_job", "there is no such job, or no longer; jobs that are done are kept for a while"
            )
        return self._jobs[number]

    def cancel(self, job: Job) -> None:
        """Stop it, if it has not ended, and forget what it made."""
        if not job.has_ended:
            self._tasks[job.id].cancel()
            job.change("cancelled")
        shutil.rmtree(job.folder, ignore_errors=True)
        job.answer = {}

    def cancel_waiting(self) -> None:
        """Stop those that have not begun."""
        for job in self._jobs.values():
            if job.state == "queued":
                self.cancel(job)

    def cancel_all(self) -> None:
        """Stop all that have not ended."""
        for job in self._jobs.values():
            if not job.has_ended:
                self.cancel(job)

    async def stop(self) -> None:
        """Stop all, and wait until they have."""
        self.cancel_all()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, job: Job, message: dict[str, Any]) -> None:
        try:
            job.answer = await self._pool.run(message, long=True, progress=job.progress)
        except Problem as problem:
            if not job.has_ended:
                job.change("failed", problem.detail)
            shutil.rmtree(job.folder, ignore_errors=True)
            return
        job.done = job.of = max(job.of, 1)
        job.change("done")

    def _forget(self, job: Job) -> None:
        shutil.rmtree(job.folder, ignore_errors=True)
        self._jobs.pop(job.id)
        self._tasks.pop(job.id)
