"""Photos to make pairs of."""

import numpy as np

from i2i.images import Pixels


def stream(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def draw_photo(height: int, width: int, seed: int = 0) -> Pixels:
    """Shades, a bright box and some texture; not to be written to."""
    random = np.random.default_rng(seed)
    shades = np.linspace(40, 160, height)[:, None, None] + np.linspace(0, 50, width)[None, :, None]
    photo = shades * random.uniform(0.5, 1.1, 3) + random.normal(0, 6, (height, width, 3))
    photo[height // 4 : height // 2, width // 4 : width // 2] = random.integers(150, 256, 3)
    photo = photo.clip(0, 255).astype(np.uint8)
    photo.flags.writeable = False
    return photo
