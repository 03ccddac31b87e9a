"""Sample types of files to the four that are kept in memory: uint8, uint16, int16 and float32."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2i.errors import ImageError
from i2i.images.spec import Pixels

_KEPT = {"b1": "uint8", "u1": "uint8", "u2": "uint16", "u4": "uint16", "u8": "uint16", "i1": "int16", "i2": "int16",
         "i4": "int16", "i8": "int16", "f2": "float32", "f4": "float32", "f8": "float32"}  # fmt: skip


def kept_dtype(dtype: np.dtype[Any], name: str) -> str:
    """The type in which samples of `dtype` are kept; decided by the type alone, so that a header tells it.

    Whole numbers of 32 and 64 bits are kept in 16 (see `keep`), floats in 32, truth values as 0 and 255.

    Raises:
        ImageError: complex numbers, text, objects.
    """
    kept = _KEPT.get(f"{dtype.kind}{dtype.itemsize}")
    if kept is None:
        raise ImageError(f"{name}: holds samples of type {dtype}; expected whole or real numbers; convert it")
    return kept


def keep(array: NDArray[Any], name: str) -> Pixels:
    """The same values in `kept_dtype`, in this machine's byte order.

    Raises:
        ImageError: as `kept_dtype`, and where a whole number does not fit.
    """
    kept = np.dtype(kept_dtype(array.dtype, name))
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return array.astype(kept, copy=False)
    if array.dtype.itemsize > kept.itemsize:
        _check_fit(array, kept, str(array.dtype), name)
    return array.astype(kept, copy=False)


def rescaled_dtype(dtype: np.dtype[Any], slope: float, intercept: float, name: str) -> str:
    """The type of what `rescale` gives."""
    if (slope, intercept) == (1, 0):
        return kept_dtype(dtype, name)
    whole = dtype.kind in "iu" and slope == int(slope) and intercept == int(intercept)
    return "int16" if whole else "float32"


def rescale(array: NDArray[Any], slope: float, intercept: float, name: str) -> Pixels:
    """value · slope + intercept: int16 where all three are whole numbers, else float32; unchanged by 1 and 0.

    Raises:
        ImageError: as `keep`, and where a whole result is beyond int16.
    """
    if (slope, intercept) == (1, 0):
        return keep(array, name)
    if rescaled_dtype(array.dtype, slope, intercept, name) == "float32":
        return (array.astype(np.float64) * slope + intercept).astype(np.float32)
    whole = array.astype(np.int64) * int(slope) + int(intercept)
    _check_fit(whole, np.dtype(np.int16), "rescaled whole numbers", name)
    return whole.astype(np.int16)


def kept_nodata(value: float, dtype: str) -> tuple[float, ...]:
    """The value that marks no reading as samples of `dtype` have it; none where they can't have it."""
    if dtype == "float32":
        with np.errstate(over="ignore"):
            return (np.nan if np.isnan(value) else float(np.float32(value)),)
    limits = np.iinfo(dtype)
    return (float(value),) if value == np.round(value) and limits.min <= value <= limits.max else ()


def _check_fit(array: NDArray[Any], kept: np.dtype[Any], kind: str, name: str) -> None:
    limits = np.iinfo(kept)
    for value in (int(array.min()), int(array.max())):
        if not limits.min <= value <= limits.max:
            raise ImageError(
                f"{name}: holds the value {value} ({kind}); whole numbers are kept in 16 bits, here {limits.min} to "
                f"{limits.max}; save it as float32 or scale it"
            )
