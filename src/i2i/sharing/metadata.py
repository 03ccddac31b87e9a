"""The block of metadata of a bundle's card, completed: what hubs sort, search and compare models by."""

from typing import Any

from i2i.bundle import BundleConfig
from i2i.cards import joined, parted
from i2i.cards.licences import licence_metadata, with_licence_section
from i2i.metrics.bootstrap import LEVEL
from i2i.sharing.privacy import last_part
from i2i.training.validation import measures_of

_PLACEHOLDER = "THIS_FOLDER"


def complete_card(card: str, config: BundleConfig, repository: str, licence: str | None) -> str:
    """A bundle's card for its place on a hub.

    What the card says stays; what is missing is added, and its commands name the place.

    Args:
        card: as it stands in the bundle.
        config: of the bundle.
        repository: "OWNER/NAME".
        licence: to be said in place of the card's; None leaves that.
    """
    said, body = parted(card)
    found = {
        "library_name": "i2i",
        "pipeline_tag": "image-to-image",
        "tags": ["image-to-image", "i2i"],
        "model-index": _model_index(config, repository),
    }
    metadata = {**said, **{key: value for key, value in found.items() if value and key not in said}}
    tags = said.get("tags", [])
    metadata["tags"] = list(dict.fromkeys([*(tags if isinstance(tags, list) else [tags]), *found["tags"]]))
    if licence is not None:
        metadata = {key: value for key, value in metadata.items() if not key.startswith("license")}
        metadata |= licence_metadata(licence)
        body = with_licence_section(body, licence)
    return joined(metadata, body.replace(_PLACEHOLDER, f"hub:{repository}"))


def said_licence(card: str) -> str:
    """The licence that the card's metadata names, or an empty text."""
    metadata, _ = parted(card)
    return str(metadata.get("license_name") or metadata.get("license") or "")


def _model_index(config: BundleConfig, repository: str) -> list[dict[str, Any]]:
    """The scores on the held-out pairs, with their intervals, as hubs know results; empty if there are none.

    https://github.com/huggingface/hub-docs/blob/main/modelcard.md
    """
    measures = measures_of(config.target.measured, config.domains)
    metrics = [
        {
            "type": key,
            "name": measures[key].heading if key in measures else key,
            "value": score["mean"],
            **({"args": {"interval": LEVEL, "low": score["low"], "high": score["high"]}} if _has_bounds(score) else {}),
        }
        for key, score in config.scores.items()
        if isinstance(score, dict) and score.get("mean") is not None
    ]
    if not metrics:
        return []
    data = config.training.get("data", {})
    pairs = last_part(str(data.get("pairs") or "pairs")) if isinstance(data, dict) else "pairs"
    result = {
        "task": {"type": "image-to-image", "name": config.direction or "image-to-image"},
        "dataset": {"type": "image-folder", "name": pairs, "split": "held-out"},
        "metrics": metrics,
    }
    return [{"name": repository.partition("/")[2], "results": [result]}]


def _has_bounds(score: dict[str, Any]) -> bool:
    return score.get("low") is not None and score.get("high") is not None
