"""Bundles on a hub: pushed, pulled."""

from i2i.sharing.pulling import pull_bundle
from i2i.sharing.pushing import Parcel, Pushed, pack, push, push_bundle

__all__ = ["Parcel", "Pushed", "pack", "pull_bundle", "push", "push_bundle"]
