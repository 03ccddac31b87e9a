"""Sketch to CAD, the embedded data: drawings of machine parts, as a hand sketches them and as CAD prints them.

geometry, constraints, constructions     curves, relations between them, ways to make relations exact
drawing, plates, rounds, profiles        parts made of these; compose picks one for a seed
sketchgraphs, splines                    real drawings instead
linework | strokes, hand                 the ink of the target | of the input
ink, pairs                               ink to pixels, pixels to files
"""

from i2i.data.sketches.compose import compose
from i2i.data.sketches.constraints import Constraint
from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.pairs import render_pair, sketch_pair, write_pairs
from i2i.data.sketches.sketchgraphs import read_sketchgraphs

__all__ = ["Constraint", "Drawing", "compose", "read_sketchgraphs", "render_pair", "sketch_pair", "write_pairs"]
