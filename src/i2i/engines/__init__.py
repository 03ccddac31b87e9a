"""What runs a trained generator: eager torch, and engines that give the same sooner.

from i2i.engines import Job, availability, choose

print(availability())                            # name -> None, or why it can't be had here
chosen = choose("auto", Job(generator), images=100)
outputs = chosen.network(images)                 # (N, C, H, W) in [-1, 1], both
"""

from i2i.engines.choosing import ENGINES, Chosen, EngineName, availability, choose
from i2i.engines.engine import Engine, EngineFailure, Job, Network
from i2i.engines.folding import fold

__all__ = [
    "ENGINES",
    "Chosen",
    "Engine",
    "EngineFailure",
    "EngineName",
    "Job",
    "Network",
    "availability",
    "choose",
    "fold",
]
