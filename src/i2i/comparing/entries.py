"""What is compared: recipes by name or in a file, each with settings of its own, so that two of one recipe can be.

pix2pix                                       a recipe
pix2pix+loss.reconstruction_weight=10         with a setting
pix2pix+width=32+generator.norm=instance      with several; width, batch and precision as their flags
mine.yaml                                     a file of settings, which may name a recipe
"""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from i2i.config import Config, Tree, overlay, read_tree
from i2i.errors import ConfigError, nearest
from i2i.methods.recipes import RECIPES, find_recipe
from i2i.training.compose import lay

OWN_FLAGS = ("width", "batch", "precision")
"""Flags that an entry may have of its own."""

_SETTING = re.compile(r"\+(?=[a-z_0-9]+(?:\.[a-z_0-9]+)*=)")
_DATA_FLAGS = ("pairs", "layout", "direction", "task", "size", "device")
_LONGEST_NAME = 80
_FIXED = ("training.images", "training.epochs", "training.seed", "training.devices")


@dataclass(frozen=True)
class Entry:
    """A method with its settings.

    Attributes:
        label: as the table calls it.
        folder: name of its runs' folder.
        config: all but how long it trains.
        plain: the recipe alone on the same data: whether these can be learned from by it at all.
    """

    label: str
    folder: str
    config: Config
    plain: Config


def read_entries(
    methods: Sequence[str],
    flags: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
) -> list[Entry]:
    """The entries, in order; each item of `methods` is one or several, parted by commas.

    Args:
        methods: in the notation above.
        flags: of all entries, as for `compose`.
        config: nested settings of all entries.
        settings: `group.key=value` settings of all entries.

    Raises:
        ConfigError: what is wrong with each, in one message; or fewer than two are left, or two are the same.
    """
    texts = [text for item in methods for text in _parted(item)]
    of_training = (config or {}).get("training", {})
    for setting in (*settings, *(f"training.{key}=" for key in of_training if isinstance(of_training, Mapping))):
        _refuse_fixed(setting)
    entries, wrong = [], []
    for text in texts:
        try:
            entries.append(_read(text, flags, config or {}, settings))
        except ConfigError as error:
            wrong.append(str(error))
    if wrong:
        raise ConfigError("; ".join(dict.fromkeys(wrong)))
    labels = [entry.label for entry in entries]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice:
        raise ConfigError(f"--methods {twice}: stands there twice; give one of them a setting that sets it apart")
    if len(entries) < 2:
        raise ConfigError(
            f"--methods {','.join(texts) or 'is empty'}: a comparison needs two at least; such as pix2pix,pix2pixhd or "
            "pix2pix,pix2pix+loss.reconstruction_weight=10"
        )
    return entries


def _parted(text: str) -> list[str]:
    """The parts between commas that stand in no brackets."""
    depth, parts = 0, [""]
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _read(text: str, flags: Mapping[str, Any], config: Mapping[str, Any], settings: Sequence[str]) -> Entry:
    name, *own = _SETTING.split(text)
    base, tree = _base(name)
    try:
        for setting in own:
            _refuse_fixed(setting)
        own_flags = {
            key: _value(value) for key, _, value in (setting.partition("=") for setting in own) if "." not in key
        }
        if unknown := next((flag for flag in own_flags if flag not in OWN_FLAGS), None):
            raise ConfigError(
                f"{unknown}: is no setting of a method; {nearest(unknown, OWN_FLAGS)}; or group.key=value"
            )
        own_settings = [setting for setting in own if "." in setting.partition("=")[0]]
        common = lay(overlay(base, tree, name), flags, config, settings)
        full = lay(common, own_flags, {}, own_settings)
        of_data = {flag: value for flag, value in flags.items() if flag in _DATA_FLAGS}
        said = [setting for setting in (*settings, *own_settings) if setting.startswith("data.")]
        plain = lay(base, of_data, {"data": dict(config).get("data", {})}, said)
    except ConfigError as error:
        raise ConfigError(f"--methods {text}: {error}") from error
    label = "+".join([Path(name).stem if tree else name, *map(_without_folder, own)])
    return Entry(label, _folder(label), full, plain)


def _base(name: str) -> tuple[Config, Tree]:
    """The recipe, and what a file lays over it."""
    if Path(name).suffix in (".yaml", ".yml"):
        tree = read_tree(name)
        named = str(tree.get("recipe", "pix2pix"))
        if named not in RECIPES:
            raise ConfigError(f"{name}: recipe '{named}' is not known; {nearest(named, RECIPES)}")
        return find_recipe(named), tree
    if name not in RECIPES and "+" in name:
        raise ConfigError(f"--methods {name}: expected RECIPE+group.key=value, such as pix2pix+generator.width=32")
    if name not in RECIPES:
        raise ConfigError(
            f"--methods {name}: no such recipe; {nearest(name, RECIPES)}; or a file NAME.yaml of settings"
        )
    return find_recipe(name), {}


def _refuse_fixed(setting: str) -> None:
    """The same for all entries, whatever is compared."""
    key = setting.partition("=")[0].strip()
    if key in _FIXED:
        what = "the budget says how long" if key in ("training.images", "training.epochs") else "is the same for all"
        raise ConfigError(f"{key}: {what}; leave it out (--budget, --seed, --device)")


def _value(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _without_folder(setting: str) -> str:
    """A setting whose value is a path by the file's name alone."""
    key, equals, value = setting.partition("=")
    return f"{key}{equals}{Path(value).name if os.sep in value else value}"


def _folder(label: str) -> str:
    """The label as the name of a folder, different for different labels."""
    name = re.sub(r"[^A-Za-z0-9.=_+-]+", "-", label)
    if name == label and len(name) <= _LONGEST_NAME:
        return name
    mark = hashlib.blake2b(label.encode(), digest_size=3).hexdigest()
    return f"{name[:_LONGEST_NAME]}-{mark}"
