"""The images of earlier steps."""

import torch

from i2i.methods.pool import ImagePool


def numbered(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers).view(-1, 1, 1, 1).expand(-1, 2, 3, 3)


def shown(pool: ImagePool, steps: range, batch: int = 1) -> list[float]:
    found = []
    for step in steps:
        torch.manual_seed(step)
        found += pool.exchange(numbered(*[step * batch + k for k in range(batch)]))[:, 0, 0, 0].tolist()
    return found


def test_until_it_is_full_every_image_is_itself() -> None:
    pool = ImagePool(5)
    assert shown(pool, range(5)) == [0, 1, 2, 3, 4]
    assert [float(image[0, 0, 0]) for image in pool.images] == [0, 1, 2, 3, 4]


def test_then_half_are_earlier_ones_whose_place_they_take() -> None:
    pool = ImagePool(50)
    found = shown(pool, range(1050))
    itself = sum(value == step for step, value in enumerate(found) if step >= 50)
    assert 440 < itself < 560  # of 1000, by halves
    earlier = [value for step, value in enumerate(found) if step >= 50 and value != step]
    assert len(set(earlier)) == len(earlier), "an image that was shown again left the pool"
    assert len(pool.images) == 50
    assert not {float(image[0, 0, 0]) for image in pool.images} & set(earlier)


def test_what_it_holds_goes_through_a_checkpoint() -> None:
    straight, stopped, resumed = ImagePool(3), ImagePool(3), ImagePool(3)
    first = shown(straight, range(10), batch=2)
    assert shown(stopped, range(4), batch=2) == first[:8]
    resumed.load_state_dict(stopped.state_dict())
    assert shown(resumed, range(4, 10), batch=2) == first[8:]


def test_it_keeps_what_was_shown_not_what_becomes_of_it() -> None:
    pool, image = ImagePool(1), torch.zeros(1, 1, 2, 2, requires_grad=True)
    given = pool.exchange(image)
    with torch.no_grad():
        image += 1
    assert not given.requires_grad
    assert float(pool.images[0].sum()) == 0


def test_without_a_size_it_gives_what_it_takes() -> None:
    images = torch.randn(2, 1, 2, 2)
    assert ImagePool(0).exchange(images) is images
