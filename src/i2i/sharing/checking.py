"""Whether a bundle is whole, before it is given to others or taken from them."""

from pathlib import Path

from i2i.bundle import CRITIC, REVERSE_CRITIC, WEIGHTS, BundleConfig, load_bundle, load_discriminator


def checked_weights(folder: Path, config: BundleConfig) -> list[str]:
    """The files of weights of a bundle, each loaded once. Raises `BundleError` of the first that can't be."""
    files = []
    for direction in config.directions:
        translator = load_bundle(folder, direction)
        files.append(translator.weights)
        if load_discriminator(folder, direction) is not None:
            files.append(CRITIC if translator.weights == WEIGHTS else REVERSE_CRITIC)
    return files
