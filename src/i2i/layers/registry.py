"""Building a network from its name and plain arguments, as a configuration or a bundle gives them."""

import inspect
from collections.abc import Mapping
from typing import Any, TypeVar

from torch import nn

from i2i.errors import ConfigError, nearest

Network = TypeVar("Network", bound=nn.Module)


def find(family: str, registry: Mapping[str, type[Network]], name: str) -> type[Network]:
    """The class that `name` stands for; raises `ConfigError` for an unknown one."""
    if name not in registry:
        raise ConfigError(f"{family}: there is no '{name}'; {nearest(name, registry)}")
    return registry[name]


def taken_by(network: type[nn.Module], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that the constructor of `network` has a parameter for."""
    parameters = inspect.signature(network).parameters
    return {name: value for name, value in settings.items() if name in parameters}


def build(family: str, registry: Mapping[str, type[Network]], name: str, arguments: Mapping[str, Any]) -> Network:
    """The network of `family` that `name` stands for in `registry`.

    Raises:
        ConfigError: an unknown name or argument, a missing argument, or a value that the network refuses.
    """
    network = find(family, registry, name)
    parameters = inspect.signature(network).parameters
    for argument in arguments:
        if argument not in parameters:
            raise ConfigError(f"{family} '{name}': has no argument '{argument}'; {nearest(argument, parameters)}")
    for parameter in parameters.values():
        if parameter.default is parameter.empty and parameter.name not in arguments:
            raise ConfigError(f"{family} '{name}': needs the argument '{parameter.name}'; give it a value")
    return network(**arguments)
