"""The C library's memory allocator, told to keep what it has been given.

glibc gives every large block back to the kernel as soon as it is freed, and gets it again page by page, zeroed. A
training step allocates and frees all its gradients and activations, hundreds of megabytes, and translating an image all
its features: up to a third of the time.
"""

import ctypes
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

# mallopt's parameters, from malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -2, -3, -4
# As glibc starts, but for the thresholds, which it raises itself as large blocks are freed, and no more once it is told
# anything: to where it would have ended.
_GIVES_BACK = {_TRIM_THRESHOLD: 2**26, _TOP_PAD: 2**17, _MMAP_THRESHOLD: 2**25, _MMAP_MAX: 65536}
_KEEPS_ALL = {_TRIM_THRESHOLD: -1, _TOP_PAD: 2**26, _MMAP_MAX: 0}

_lock = threading.Lock()
_users = 0


@contextmanager
def kept_pages() -> Iterator[None]:
    """Inside, freed memory stays with the process; at the end, and from then on, it goes back to the kernel.

    Results are the same to the bit. It holds for the whole process, so that of several at once the last to leave ends
    it. Nothing is done where there is no glibc, or where somebody has tuned the allocator by its environment variables.
    """
    if not _is_glibc() or _is_tuned():
        yield
        return
    _enter()
    try:
        yield
    finally:
        _leave()


@cache
def keep_pages() -> None:
    """As inside `kept_pages`, from now until the process ends: for a program of our own, which then need not shrink."""
    if _is_glibc() and not _is_tuned():
        _enter()


def _enter() -> None:
    global _users
    with _lock:
        if _users == 0:
            _set(_KEEPS_ALL)
        _users += 1


def _leave() -> None:
    global _users
    with _lock:
        _users -= 1
        if _users == 0:
            _set(_GIVES_BACK)
            ctypes.CDLL(None).malloc_trim(0)


def _set(parameters: dict[int, int]) -> None:
    library = ctypes.CDLL(None)
    for parameter, value in parameters.items():
        library.mallopt(parameter, value)


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"


def _is_tuned() -> bool:
    """By the variables that glibc reads at its start; those that set other things don't count."""
    own = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")
    return "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "") or any(name in os.environ for name in own)
