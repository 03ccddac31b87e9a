"""The C library's memory allocator, told to keep what it has been given, and to take it in huge pages.

glibc gives every large block back to the kernel as soon as it is freed, and gets it again page by page, zeroed. A
training step allocates and frees all its gradients and activations, hundreds of megabytes, and translating an image all
its features: up to a third of the time. What is kept still lies in pages of 4 KiB, more than a processor has addresses
at hand for; where the kernel gives pages of 2 MiB to who asks, a training step is a tenth faster again (decision 11).
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

_MADV_HUGEPAGE = 14  # from mman.h
_HUGE_PAGE = 2**21

_lock = threading.Lock()
_users = 0


@contextmanager
def kept_pages() -> Iterator[None]:
    """Inside, freed memory stays with the process, and new memory comes in huge pages; at the end all of it goes back.

    Results are the same to the bit; memory in use is rounded up to huge pages, up to a fifth more. It holds for the
    whole process, so that of several at once the last to leave ends it. Nothing is done where there is no glibc, or
    where somebody has tuned the allocator by its environment variables.
    """
    if not _is_glibc() or _is_tuned():
        yield
        return
    _enter()
    _grow_in_huge_pages(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    try:
        yield
    finally:
        _leave()


@cache
def keep_pages() -> None:
    """Freed memory stays with the process until it ends: for a program of our own that translates, and need not shrink.

    In pages as they come: huge ones gain nothing there.
    """
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


def _grow_in_huge_pages(size: int) -> None:
    """Mark the next `size` bytes that the heap will grow through: addresses alone, no memory until it is written to.

    Nothing happens where so many addresses are not to be had, or where the kernel has no huge pages to give.
    """
    library = ctypes.CDLL(None)
    library.malloc.argtypes, library.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    block = library.malloc(size)
    if block:
        start = -(-block // _HUGE_PAGE) * _HUGE_PAGE
        library.madvise(start, (block + size - start) // _HUGE_PAGE * _HUGE_PAGE, _MADV_HUGEPAGE)
        library.free(block)


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"


def _is_tuned() -> bool:
    """By the variables that glibc reads at its start; those that set other things don't count."""
    own = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")
    return "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "") or any(name in os.environ for name in own)
