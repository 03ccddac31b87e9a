"""A bundle's card as one page that stands alone: no script, nothing fetched, readable by day and by night."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2i.bundle import CARD, examples, find_bundle, read_bundle_config
from i2i.cards.front_matter import parted
from i2i.cards.markdown import to_html
from i2i.errors import BundleError, ImageError
from i2i.hub import HubName, is_hub_name
from i2i.images import Pixels, preview
from i2i.pages.standalone import standalone_page
from i2i.translator import load
from i2i.translator.folder import read_input

SHOWN = 4
"""Examples, at most: each is translated."""


@dataclass(frozen=True)
class Example:
    """An input of the bundle beside what it is translated to, 8 bits."""

    name: str
    images: dict[str, Pixels]


def card_html(path: str | os.PathLike[str], *, pictures: bool = True) -> str:
    """The card of a bundle or a run as an HTML page.

    Args:
        path: of the bundle, or its name on a hub.
        pictures: translate the first of its examples, on the CPU, and show them.

    Raises:
        BundleError: no bundle, or one without a card.
    """
    folder = find_bundle(path)
    file = folder / CARD
    try:
        metadata, body = parted(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{file}: can't be read ({error}); a bundle has its card there, in Markdown") from error
    title, text = _headed(body)
    shown, unreadable = _examples(folder) if pictures else ([], [])
    return standalone_page(
        "i2i.cards",
        "card.html",
        title=title or _name(path, folder),
        facts=_facts(metadata, folder),
        card=to_html(text),
        examples=shown,
        unreadable=unreadable,
    )


def _examples(folder: Path) -> tuple[list[Example], list[str]]:
    """The first examples translated, and of those that can't be the reasons."""
    chosen = examples(folder)[:SHOWN]
    if not chosen:
        return [], []
    translator = load(folder, device="cpu")
    specs = translator.config
    shown, unreadable = [], []
    for file in chosen:
        try:
            given = read_input(translator, file)
        except ImageError as error:
            unreadable.append(str(error).replace(f"{folder}{os.sep}", ""))
            continue
        made = translator.translate(given)
        pictures = {"input": preview(given, specs.input), "output": preview(made, specs.target.measured)}
        shown.append(Example(file.name, pictures))
    return shown, unreadable


def _headed(body: str) -> tuple[str, str]:
    """A first heading, if it begins with one, and what follows."""
    first, _, rest = body.partition("\n")
    return (first.removeprefix("# ").strip(), rest) if first.startswith("# ") else ("", body)


def _name(path: str | os.PathLike[str], folder: Path) -> str:
    if is_hub_name(path):
        return HubName.read(path).name
    full = folder.resolve()
    return full.parent.name if full.name == "bundle" else full.name


def _facts(metadata: dict[str, Any], folder: Path) -> dict[str, str]:
    """What stands in a line below the title."""
    config = read_bundle_config(folder)
    licence = metadata.get("license_name") or metadata.get("license")
    height, width = config.size
    facts = {
        "input": config.input.describe(),
        "output": config.target.describe(),
        "trained at": f"{width}x{height} pixels",
        "recipe": config.recipe,
        "licence": str(licence) if licence else "not given",
    }
    return {name: fact for name, fact in facts.items() if fact}
