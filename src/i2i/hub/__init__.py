"""Bundles by their name on a hub, hub:OWNER/NAME or hub:OWNER/NAME@REVISION, fetched when they are needed.

A hub is what huggingface_hub talks to: its host (HF_ENDPOINT), its token (HF_TOKEN, or 'hf auth login'), its cache
(HF_HOME, HF_HUB_CACHE), its offline mode (HF_HUB_OFFLINE).
"""

from i2i.hub.client import explained, prepare_client
from i2i.hub.fetching import fetch
from i2i.hub.names import PREFIX, HubName, is_hub_name
from i2i.hub.sizes import size_text

__all__ = ["PREFIX", "HubName", "explained", "fetch", "is_hub_name", "prepare_client", "size_text"]
