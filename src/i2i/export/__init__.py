"""Taking models to other formats, and in from other projects."""

from i2i.export.exporting import Exported, export_bundle
from i2i.export.importing import import_bundle

__all__ = ["Exported", "export_bundle", "import_bundle"]
