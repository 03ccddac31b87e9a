"""Methods side by side: each trained for an equal budget, all scored on the same images, one table and one page."""

from i2i.comparing.budget import Budget
from i2i.comparing.result import Comparison
from i2i.comparing.side_by_side import compare

__all__ = ["Budget", "Comparison", "compare"]
