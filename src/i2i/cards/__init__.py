"""Model cards: their Markdown with its block of metadata, and as a page that stands alone."""

from i2i.cards.front_matter import joined, parted
from i2i.cards.page import card_html

__all__ = ["card_html", "joined", "parted"]
