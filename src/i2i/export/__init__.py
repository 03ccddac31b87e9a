"""Taking models to other formats, and in from other projects."""

from i2i.export.importing import import_bundle

__all__ = ["import_bundle"]
