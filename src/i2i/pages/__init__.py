"""What the pages of this project share: their look, what they take from others, how they are served."""

from i2i.pages.headers import HEADERS, media_type
from i2i.pages.places import SHARED, VENDOR, find, lacking

__all__ = ["HEADERS", "SHARED", "VENDOR", "find", "lacking", "media_type"]
