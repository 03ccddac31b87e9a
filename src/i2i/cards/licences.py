"""Under which licence a translator is given to others: never guessed, said in words and in the card's metadata."""

import re
from typing import Any

HEADING = "## Licence"

KNOWN = (
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bigscience-openrail-m", "bsd", "bsd-2-clause",
    "bsd-3-clause", "bsd-3-clause-clear", "bsl-1.0", "cc", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0",
    "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0",
    "cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0", "creativeml-openrail-m", "ecl-2.0", "epl-1.0",
    "epl-2.0", "etalab-2.0", "eupl-1.1", "eupl-1.2", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "isc", "lgpl", "lgpl-2.1",
    "lgpl-3.0", "mit", "mpl-2.0", "ms-pl", "ncsa", "odbl", "odc-by", "ofl-1.1", "openrail", "openrail++", "osl-3.0",
    "pddl", "postgresql", "unlicense", "wtfpl", "zlib",
)  # fmt: skip
"""Names that model hubs know; any other is given as it is."""


def licence_metadata(licence: str) -> dict[str, Any]:
    """For the card's block; empty where none was given."""
    name = licence.strip()
    if not name:
        return {}
    if name.lower() in KNOWN:
        return {"license": name.lower()}
    return {"license": "other", "license_name": re.sub(r"[^a-z0-9.+]+", "-", name.lower()).strip("-")}


def licence_section(licence: str) -> str:
    """The card's section, which ends it."""
    name = licence.strip()
    said = f"`{name}`." if name else "None was given: ask whoever made it before you use it or pass it on."
    return f"{HEADING}\n\n{said}\n"


def with_licence_section(body: str, licence: str) -> str:
    """The Markdown with this section in place of its own, or at its end."""
    section = licence_section(licence)
    own = re.compile(rf"^{HEADING}[ \t]*$.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if own.search(body):
        return own.sub(lambda _: f"{section}\n", body, count=1).rstrip() + "\n"
    return f"{body.rstrip()}\n\n{section}"
