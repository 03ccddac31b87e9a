"""Run folders, read back: their files, their curves, and what ails the training. Light: nothing here needs torch."""

from i2i.runs.files import RunFiles
from i2i.runs.finding import Finding, Severity
from i2i.runs.record import Record, RunReader
from i2i.runs.rules import examine

__all__ = ["Finding", "Record", "RunFiles", "RunReader", "Severity", "examine"]
