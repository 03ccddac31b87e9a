"""Images of earlier steps, for a discriminator to see again (Shrivastava et al. 2017, §2.3).

https://arxiv.org/abs/1612.07828, as CycleGAN has it (Zhu et al. 2017, §4).
"""

from typing import Any

import torch
from torch import Tensor


class ImagePool:
    """Keeps up to `size` images. What comes out is chosen by torch's global random state.

    Args:
        size: of the pool; 0 for none.
    """

    def __init__(self, size: int = 50) -> None:
        self.size = size
        self.images: list[Tensor] = []

    def exchange(self, images: Tensor) -> Tensor:
        """For each of (N, C, H, W) itself, or with probability ½ one of the pool, whose place it takes.

        While the pool is not full, each is itself and is kept.
        """
        return images if not self.size else torch.stack([self._exchange(image) for image in images.detach()])

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if torch.rand(()) < 0.5:
            return image
        place = int(torch.randint(self.size, ()))
        earlier, self.images[place] = self.images[place].to(image), image.clone()
        return earlier

    def state_dict(self) -> dict[str, Any]:
        """The images, as a checkpoint keeps them."""
        return {"images": [image.cpu() for image in self.images]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.images = list(state["images"])
