"""From a recipe's name, the common flags and free settings to one configuration."""

from collections.abc import Mapping, Sequence
from typing import Any

from i2i.config import Config, Tree, overlay, parse_settings
from i2i.errors import ConfigError, nearest
from i2i.methods.recipes import find_recipe

FLAGS: dict[str, tuple[str, ...]] = {
    "pairs": ("data.pairs",),
    "layout": ("data.layout",),
    "direction": ("data.direction",),
    "task": ("data.task",),
    "size": ("data.size",),
    "images": ("training.images",),
    "batch": ("training.batch",),
    "width": ("generator.width", "discriminator.width"),
    "budget": ("distill.budget",),
    "search": ("distill.search_images",),
    "seed": ("training.seed",),
    "device": ("training.device",),
    "precision": ("training.precision",),
}
"""The flags that mean the same everywhere, and the settings that each stands for."""

PHOTOS: Tree = {"data": {"layout": "photos", "resize": "none"}}
"""With a task, photos are not stretched: what it does to them has a scale of its own (a blur, a grain, a block)."""


def compose(
    recipe: str | None, flags: Mapping[str, Any], config: Mapping[str, Any] | None = None, settings: Sequence[str] = ()
) -> Config:
    """Lay a configuration tree, then `group.key=value` settings, then flags that are not None over a recipe.

    A configuration tree may itself name a recipe; the `recipe` given here goes before it.

    Raises:
        ConfigError: an unknown recipe, key or value.
    """
    config = config or {}
    return lay(find_recipe(recipe or str(config.get("recipe", "pix2pix"))), flags, config, settings)


def lay(base: Config, flags: Mapping[str, Any], config: Mapping[str, Any], settings: Sequence[str]) -> Config:
    """`base` with a configuration tree, settings and flags laid over it as `compose` does."""
    composed = base
    said = ((config, "--config"), (parse_settings(settings), "--set"), (_tree(flags), "flags"))
    if any(changes.get("data", {}).get("task") for changes, _ in said):
        composed = overlay(composed, PHOTOS, "task")
    for changes, source in said:
        composed = overlay(composed, {k: v for k, v in changes.items() if k != "recipe"}, source)
    return composed


def _tree(flags: Mapping[str, Any]) -> Tree:
    tree: Tree = {}
    for flag, value in flags.items():
        if flag not in FLAGS:
            raise ConfigError(f"{flag}: is no flag; {nearest(flag, FLAGS)}; other settings go into config")
        for setting in FLAGS[flag] if value is not None else ():
            group, key = setting.split(".")
            tree.setdefault(group, {})[key] = value
    return tree
