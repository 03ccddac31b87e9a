"""Images made smaller for a page."""

import numpy as np

from i2i.images import shrunk


def test_shrinking_keeps_the_shape_and_never_enlarges() -> None:
    assert shrunk(np.zeros((100, 400, 3), np.uint8), 100).shape == (25, 100, 3)
    assert shrunk(np.zeros((1, 400, 1), np.uint8), 100).shape == (1, 100, 1)
    small = np.zeros((50, 20, 3), np.uint8)
    assert shrunk(small, 100) is small
