"""What an importer gives."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class ImportedGenerator:
    """A generator of another project in our terms: `build_generator(name, **arguments).load_state_dict(state)`.

    Attributes:
        name: the architecture, a key of `GENERATORS`.
        arguments: what it is built from, as JSON can hold it.
        state: its weights by our keys, on the CPU.
    """

    name: str
    arguments: dict[str, Any]
    state: dict[str, Tensor]
