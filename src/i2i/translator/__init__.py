"""A bundle in use: one image, many samples, whole folders."""

from i2i.translator.translator import Translator, load

__all__ = ["Translator", "load"]
