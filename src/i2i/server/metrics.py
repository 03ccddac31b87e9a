"""What a monitoring system is told at /metrics, in the text format of Prometheus."""

import contextlib

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from i2i.server.pool import Pool

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The numbers of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "i2i_requests", "Requests answered.", ("method", "path", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "i2i_request_seconds", "From a request's first byte to the last of its answer.", ("path",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._batch = Histogram(
            "i2i_batch_images", "Images in one forward.", buckets=(1, 2, 4, 8, 16, 32, 64), registry=self.registry
        )
        self._model = Histogram(
            "i2i_forward_seconds", "Of one forward.", buckets=_SECONDS, registry=self.registry
        )  # fmt: skip
        self._waiting = Gauge("i2i_waiting", "Images that no worker has yet.", registry=self.registry)
        self._running = Gauge("i2i_running", "Images that a worker has.", registry=self.registry)
        self._workers = Gauge("i2i_workers", "Workers that are ready.", registry=self.registry)
        self._restarts = Gauge(
            "i2i_worker_restarts", "Workers that died and were started again.", registry=self.registry
        )
        self._memory = Gauge(
            "i2i_resident_bytes", "Resident memory, pages shared with others included.", ("process",),
            registry=self.registry,
        )  # fmt: skip

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """One was answered; `path` as the service knows it, names in braces."""
        self._requests.labels(method, path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def batch(self, images: int, seconds: float) -> None:
        """One forward was done."""
        self._batch.observe(images)
        self._model.observe(seconds)

    def text(self, pool: Pool) -> bytes:
        """All of it, as of now."""
        processes = pool.processes()
        self._waiting.set(pool.waiting)
        self._running.set(pool.running)
        self._workers.set(len(processes))
        self._restarts.set(pool.restarts)
        self._memory.clear()
        for name, process in (("front", None), *((f"worker-{n}", pid) for n, pid in enumerate(processes))):
            with contextlib.suppress(psutil.Error):
                self._memory.labels(name).set(psutil.Process(process).memory_info().rss)
        return generate_latest(self.registry)
