"""Numbers as people write them."""

from collections.abc import Sized


def counted(things: Sized | int, word: str) -> str:
    """ "1 file", "3 files"."""
    number = things if isinstance(things, int) else len(things)
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """ "12 %", "0.3 %", "under 0.1 %"."""
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{100 * share:.{1 if 0 < share < 0.1 else 0}f} %"


def number(value: float) -> str:
    """A value of an image: whole numbers as such, others to four digits."""
    return f"{value:.0f}" if value == int(value) else f"{value:.4g}"
