"""How far what an exported file gives is from what the translator gives, on images made for the purpose."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2i.export.served import file_channels, file_dtype
from i2i.graphs import Array, Run
from i2i.images import ImageSpec, Raster, conform, encode, restore
from i2i.images.conform import opacity
from i2i.translator import Translator

TOLERANCE = 1e-4
"""Share of the value range that an engine may differ by; of whole numbers at least one level, as they are rounded."""

_LARGEST = 512
"""Side of the images compared, at most: larger ones would only take longer."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Parity:
    """The differences over all samples of all images, in `unit`.

    Attributes:
        images: how many were compared.
        sizes: (batch, height, width) of each run.
        unit: "levels" of whole numbers, the values' own unit if they have one, or "class": 1 where it is another one.
        max_difference: the largest.
        mean_difference: over all samples.
        differing: share of the samples that differ at all.
        psnr_db: by the value range; None where nothing differs, and of classes.
        of_tolerance: the largest as a share of what is let pass: faithful up to 1.
    """

    images: int
    sizes: tuple[tuple[int, int, int], ...]
    unit: str
    max_difference: float
    mean_difference: float
    differing: float
    psnr_db: float | None
    of_tolerance: float


def measure(translator: Translator, run: Run) -> Parity:
    """Compare `run` with the translator on noise and on smooth images, alone and in batches, of even and odd sizes.

    Args:
        translator: of which `run` is to be the same, its policy included.
        run: (N, H, W, C) as the input's files have it to (N, H', W', C') as the target's do.

    Raises:
        RuntimeError: the output has another shape or type.
    """
    target, sizes = translator.config.target, _sizes(translator)
    runs = []
    for number, size in enumerate(sizes):
        given = sample_images(translator.config.input, *size, seed=number)
        runs.append(_differences(translator, given, run(given)))
    difference, of_range, of_tolerance = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    error = np.square(of_range).mean()
    return Parity(
        images=sum(count for count, _, _ in sizes),
        sizes=sizes,
        unit="class" if target.is_labels else target.unit or ("" if target.dtype == "float32" else "levels"),
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        differing=float((difference > 0).mean()),
        psnr_db=float(-10 * np.log10(error)) if 0 < error < np.inf and not target.is_labels else None,
        of_tolerance=float(of_tolerance.max()),
    )


def translate(translator: Translator, images: Array) -> Array:
    """What the translator makes of (N, H, W, C) as files have it, one by one."""
    target = translator.config.target
    return np.stack([restore(translator.translate(_pixels(translator, image)), target) for image in images])


def sample_images(spec: ImageSpec, count: int, height: int, width: int, *, seed: int) -> Array:
    """(N, H, W, C) as files of `spec` have it, noise and smooth images in turn, with values beyond the range and gaps.

    Where transparency is a mask it is the last channel.
    """
    random = np.random.default_rng(seed)
    images = [_sample(spec, height, width, random, (seed + number) % 2 == 0) for number in range(count)]
    return np.stack(images).astype(file_dtype(spec))


def _sizes(translator: Translator) -> tuple[tuple[int, int, int], ...]:
    """Of the training images, one and two; of no multiple; larger; smaller than what the network takes.

    None is of a few pixels: of an image that hardly varies, its own statistics make rounding errors visible.
    """
    height, width = (max(min(side, _LARGEST) // translator.config.scale, 2) for side in translator.config.size)
    odd = (2, height * 3 // 4 | 1, width // 2 + 1)
    return (1, height, width), (2, height, width), odd, (1, height + 3, width), (1, 5, 17)


def _sample(spec: ImageSpec, height: int, width: int, random: np.random.Generator, is_noise: bool) -> Numbers:
    channels = file_channels(spec, as_input=True)
    if is_noise:
        shares = random.random((height, width, channels))
    else:
        rows, columns = np.linspace(0, 1, height)[:, None, None], np.linspace(0, 1, width)[:, None]
        down, across, start = random.uniform(0.5, 2, (3, channels))
        shares = (1 + np.sin(2 * np.pi * (down * rows + across * columns + start))) / 2
    return _labels(spec, shares) if spec.is_labels else _values(spec, shares)


def _labels(spec: ImageSpec, shares: Numbers) -> Numbers:
    positions = (shares[:, :, 0] * (len(spec.classes) - 1)).round().astype(np.intp)
    if spec.coding == "colour":  # each the nearest to some class, as of a map that was saved as JPEG
        colours = np.array([each.colour for each in spec.classes], np.float64)[positions]
        return (colours + 60 * shares - 30).round().clip(0, 255)
    values = np.array([each.value for each in spec.classes], np.float64)[positions][:, :, None]
    if spec.objects:  # two of each class, one left and one right, where the type has room for their numbers
        numbered = values * spec.objects + 1 + (np.arange(shares.shape[1])[:, None] > shares.shape[1] // 2)
        values = np.where((values > 0) & (numbered <= np.iinfo(spec.dtype).max), numbered, values)
    return _with_gaps(values, spec.nodata)


def _values(spec: ImageSpec, shares: Numbers) -> Numbers:
    low, high = spec.spans().T
    values = low + (shares[:, :, : spec.channels] * 1.1 - 0.05) * (high - low)
    if spec.dtype != "float32":
        limits = np.iinfo(spec.dtype)
        values = values.round().clip(limits.min, limits.max)
    values = _with_gaps(values, (*spec.nodata, np.nan) if spec.dtype == "float32" else spec.nodata)
    if spec.alpha != "mask":
        return values
    return np.concatenate([values, (shares[:, :, -1:] > 0.1) * opacity(spec)], axis=2)


def _with_gaps(values: Numbers, blanks: tuple[float, ...]) -> Numbers:
    """Blank in a corner, and in one row of the first channel alone."""
    if blanks:
        height, width = values.shape[:2]
        values[: height // 3, : width // 4] = blanks[0]
        values[-1, width // 2 :, 0] = blanks[-1]
    return values


def _pixels(translator: Translator, image: Array) -> Array:
    """As the translator takes them."""
    spec = translator.config.input
    names = (*(str(channel) for channel in range(spec.channels)), "alpha") if spec.alpha == "mask" else ()
    return translator.enlarge(conform(Raster(image, names), spec, "image"))


def _differences(translator: Translator, given: Array, found: Array) -> tuple[Numbers, Numbers, Numbers]:
    """Of all samples in a row: by how much they differ, as a share of the value range, and of what is let pass."""
    target, expected = translator.config.target, translate(translator, given)
    if (found.shape, found.dtype) != (expected.shape, expected.dtype):
        raise RuntimeError(f"gives {found.dtype} of {found.shape}, expected {expected.dtype} of {expected.shape}")
    if target.is_labels:
        other = (found != expected).any(axis=-1)
        strain = np.where(other, np.where(_is_undecided(translator, given), 1.0, np.inf), 0.0)
        return other.ravel().astype(np.float64), other.ravel().astype(np.float64), strain.ravel()
    low, high = target.spans().T
    allowed = np.maximum(TOLERANCE * (high - low), 0 if target.dtype == "float32" else 1)
    difference = np.abs(found.astype(np.float64) - expected)
    difference[np.isnan(found) & np.isnan(expected)] = 0
    difference[np.isnan(difference)] = np.inf
    return difference.ravel(), (difference / (high - low)).ravel(), (difference / allowed).ravel()


def _is_undecided(translator: Translator, given: Array) -> NDArray[np.bool_]:
    """(N, H, W): where the two best classes are as near to each other as an engine's rounding."""
    spec = translator.config.input
    planes = [translator.predict(encode(_pixels(translator, image), spec)[None])[0] for image in given]
    best = [plane.topk(min(2, len(plane)), dim=0).values for plane in planes]
    return np.stack([((each[0] - each[-1]) <= 2 * TOLERANCE).numpy() for each in best])
