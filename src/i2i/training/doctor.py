"""Tells what ails a training while it runs: each finding once, when it appears."""

import logging

from i2i.errors import RunError
from i2i.runs import Finding, RunFiles, RunReader, examine

logger = logging.getLogger(__name__)


class Doctor:
    """Looks at a run's files after each validation. What has passed and comes back is told again."""

    def __init__(self, folder: RunFiles) -> None:
        self._folder = folder
        self._reader = RunReader(folder.path)
        self._told: set[str] = set()

    def look(self) -> list[Finding]:
        """The findings that were not there at the last look; each is logged in a line."""
        try:
            found = examine(self._reader.read())
        except RunError:  # the folder was taken away; whoever writes there next says so
            return []
        fresh = [finding for finding in found if finding.check not in self._told]
        self._told = {finding.check for finding in found}
        for finding in fresh:
            logger.warning(f"image {finding.images_seen}: {finding.severity}: {finding.summary}; {finding.advice}")
        return fresh
