"""The page: one HTML file that stands alone, with every picture inside, no script and no network."""

from collections.abc import Sequence
from typing import Any

from i2i.data.doctor.finding import CHECKS, Finding
from i2i.data.doctor.words import number, percent
from i2i.pages.standalone import standalone_page


def render_page(tree: dict[str, Any], findings: Sequence[Finding], title: str, scope: str) -> str:
    """The page as HTML text.

    Args:
        tree: the diagnosis as plain values.
        findings: with their pictures.
        title: its heading.
        scope: how much was looked at, in words.
    """
    return standalone_page(
        "i2i.data.doctor",
        "report.html",
        diagnosis=tree,
        findings=findings,
        checks=CHECKS,
        title=title,
        scope=scope,
        number=number,
        percent=percent,
    )
