"""The errors that a user can meet.

    I2IError
    ├── InputError          something of the user's that is read
    │   ├── ImageError      one image file: missing, empty, truncated, too large, of an unknown kind
    │   └── PairsError      a folder of pairs: none found, no partner, halves of different size
    ├── ConfigError         a setting: unknown key, value out of range, settings that exclude each other
    ├── BundleError         a bundle: missing weights, newer format, weights of another architecture
    │   └── HubError        one on a hub: no such repository, no access, no network, no bundle in it
    ├── RunError            a run folder: made by another configuration, damaged checkpoint
    ├── StorageError        something could not be written: disk full, no permission, already there
    ├── ServiceError        an i2i service: not reached, no key, busy for too long
    ├── MissingWeightsError pretrained feature weights that a measure needs and that are not here
    └── TrainingDiverged    a loss or a weight is no longer a finite number

Each message is one line: the file or the setting, what was found, what was expected, what to do.
The command line prints it without a traceback and leaves with status 2.
"""

import difflib
from collections.abc import Iterable


class I2IError(Exception):
    """Base of every error that i2i raises on purpose."""


class InputError(I2IError):
    """Something of the user's could not be used as it is."""


class ImageError(InputError):
    """One image file could not be read."""


class PairsError(InputError):
    """A folder holds no usable image pairs."""


class ConfigError(I2IError):
    """A setting is unknown, out of range, or contradicts another."""


class BundleError(I2IError):
    """A bundle can't be loaded."""


class HubError(BundleError):
    """A bundle can't be had from a hub, or not be brought there."""


class RunError(I2IError):
    """A run folder can't be continued or read."""


class StorageError(I2IError):
    """Something could not be written; what stood there before is untouched."""


class ServiceError(I2IError):
    """A service over HTTP can't be reached, or does not serve."""


class MissingWeightsError(I2IError):
    """A measure needs pretrained weights that are not on this machine."""


class TrainingDiverged(I2IError):  # noqa: N818 - an event of the training, named as people speak of it
    """A loss or a weight became NaN or infinite; the last good checkpoint stands."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"expected one of {', '.join(known)}"


_LISTED = 5
"""Names listed in a message before it says 'and N more'."""


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
