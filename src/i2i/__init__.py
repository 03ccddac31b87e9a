"""Image-to-image translation: from a folder of image pairs to a trained, measured translator.

    import i2i

    run = i2i.train("pairs/", to="run/", direction="left-to-right")
    output = i2i.load(run.bundle)("photo.png")
    print(i2i.evaluate(run.bundle, "pairs/").verdict())

Importing this loads nothing heavy; each name arrives with its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from i2i.comparing import Comparison, compare
    from i2i.errors import I2IError
    from i2i.evaluation import Evaluation, evaluate
    from i2i.export import Exported, export_bundle
    from i2i.methods.recipes import RECIPES
    from i2i.training import Run, train
    from i2i.translator import Translator, load

__version__ = "0.1.0"

_HOMES = {
    "Comparison": "i2i.comparing",
    "Evaluation": "i2i.evaluation",
    "Exported": "i2i.export",
    "I2IError": "i2i.errors",
    "RECIPES": "i2i.methods.recipes",
    "Run": "i2i.training",
    "Translator": "i2i.translator",
    "compare": "i2i.comparing",
    "evaluate": "i2i.evaluation",
    "export_bundle": "i2i.export",
    "load": "i2i.translator",
    "train": "i2i.training",
}

__all__ = [
    "RECIPES",
    "Comparison",
    "Evaluation",
    "Exported",
    "I2IError",
    "Run",
    "Translator",
    "compare",
    "evaluate",
    "export_bundle",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'i2i' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
