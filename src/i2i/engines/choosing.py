"""Which engine runs a generator: the one asked for, or by "auto" the fastest that is worth its preparation."""

from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from i2i.engines import compiled, eager, int8, onnxruntime, openvino, packed
from i2i.engines.engine import Engine, EngineFailure, Job, Network, draws_noise
from i2i.errors import ConfigError, nearest

EngineName = Literal["auto", "eager", "packed", "compiled", "onnxruntime", "openvino", "int8"]

ENGINES: dict[str, Engine] = {
    "eager": cast(Engine, eager),
    "packed": cast(Engine, packed),
    "compiled": cast(Engine, compiled),
    "onnxruntime": cast(Engine, onnxruntime),
    "openvino": cast(Engine, openvino),
    "int8": cast(Engine, int8),
}

FEW = 8
"""Images below which "auto" prepares nothing: until then eager torch is done first."""

MANY = 2000
"""Images from which "auto" waits for a conversion."""

_FASTEST = ("openvino", "packed", "onnxruntime", "eager")
"""What "auto" tries, by the speeds in docs/decisions/0012-engines.md."""


@dataclass(frozen=True)
class Chosen:
    """An engine with a network that is ready to run.

    Attributes:
        name: of the engine.
        network: what it made of the job's generator.
        passed_over: faster engines that "auto" could not take, each with the reason.
    """

    name: str
    network: Network
    passed_over: dict[str, str]

    def describe(self) -> str:
        """Such as "packed engine, equal to eager but for 4e-07; not openvino: openvino is not installed"."""
        difference = self.network.difference
        equal = f", equal to eager but for {difference:.1g}" if difference else ""
        others = "".join(f"; not {name}: {reason}" for name, reason in self.passed_over.items())
        return f"{self.name} engine{equal}{others}"


def availability() -> dict[str, str | None]:
    """Each engine with the reason why it can't be used on this machine, in one line; None if it can."""
    return {name: engine.unavailable() for name, engine in ENGINES.items()}


def choose(name: EngineName, job: Job, images: int | None = None) -> Chosen:
    """Build the job's network by one of the engines.

    "auto" takes only what computes as eager torch does, compared on a small input: eager for fewer than `FEW` images,
    else OpenVINO if its graph was kept from another day or there are `MANY` images, else packed.

    Args:
        name: of the engine, or "auto".
        job: what is to be run.
        images: about how many of the size of the training images are to come; None if nobody knows.

    Raises:
        ConfigError: there is no such engine, it is not available here, or it can't take the job.
    """
    check_engine(name)
    if name != "auto":
        return Chosen(name, _build(name, job), {})
    passed_over: dict[str, str] = {}
    hurried = replace(job, patient=images is not None and images >= MANY)
    for candidate in _candidates(job, images):
        reason = ENGINES[candidate].unavailable() or ENGINES[candidate].refusal(job)
        try:
            if reason is None:
                return Chosen(candidate, ENGINES[candidate].build(hurried), passed_over)
        except EngineFailure as error:
            reason = str(error)
        passed_over[candidate] = reason
    raise AssertionError("eager takes every job")


def check_engine(name: str) -> EngineName:
    """The name, if an engine has it. Raises `ConfigError`."""
    if name not in get_args(EngineName):
        raise ConfigError(f"engine: there is no '{name}'; {nearest(name, get_args(EngineName))}")
    return cast(EngineName, name)


def _candidates(job: Job, images: int | None) -> tuple[str, ...]:
    few = images is not None and images < FEW
    return ("eager",) if few or job.device.type != "cpu" or draws_noise(job.generator) else _FASTEST


def _build(name: str, job: Job) -> Network:
    engine = ENGINES[name]
    reason = engine.unavailable() or engine.refusal(job)
    try:
        if reason is None:
            return engine.build(job)
    except EngineFailure as error:
        reason = str(error)
    raise ConfigError(f"engine '{name}': {reason}; or use auto, which takes what can be had")
