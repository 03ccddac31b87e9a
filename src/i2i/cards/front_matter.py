"""The block of metadata at the head of a model card: YAML between two lines of ---, which model hubs read."""

import re
from typing import Any

import yaml

_BLOCK = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def parted(card: str) -> tuple[dict[str, Any], str]:
    """A card as its metadata and its Markdown; a block that is no mapping in YAML counts as text."""
    text = card.replace("\r\n", "\n").removeprefix("\ufeff")
    block = _BLOCK.match(text)
    if block is None:
        return {}, text
    try:
        metadata = yaml.safe_load(block[1]) or {}
    except yaml.YAMLError:
        return {}, text
    if not isinstance(metadata, dict):
        return {}, text
    return metadata, text[block.end() :].lstrip("\n")


def joined(metadata: dict[str, Any], body: str) -> str:
    """The card of which `parted` gives these again."""
    block = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True, width=110)
    return f"---\n{block}---\n\n{body}"
