import ctypes
import json
import os
import platform
import subprocess
import sys

import pytest

from i2i.allocator import kept_pages

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="tunes glibc's allocator alone")

STEPS = """
import json, resource, sys
from i2i.allocator import keep_pages, kept_pages

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def step(mib=64):
    "Pages that the kernel hands out while so much is allocated, written and freed, twice."
    before = faults()
    for _ in range(2):
        b"1" * (mib * 2**20)
    return faults() - before

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

told = {}
"""


def told_by(script):
    """What a fresh process tells, as this one's heap is full of holes."""
    result = subprocess.run(
        [sys.executable, "-c", STEPS + script + "\nprint(json.dumps(told))"],
        env={name: value for name, value in os.environ.items() if "MALLOC" not in name},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def test_freed_memory_is_used_again_without_the_kernel_and_given_back_at_the_end():
    told = told_by(
        """
with kept_pages():
    step(100)
    told["kept"] = step()
    held = resident()
told["given back"] = held - resident()
told["after"] = step()
"""
    )
    assert told["kept"] < 10
    assert told["given back"] > 50 * 2**20
    assert told["after"] > 30  # 2 MiB each where pages are huge


def test_afterwards_blocks_of_a_few_megabytes_are_as_quick_as_they_would_have_been_without():
    """glibc learns to keep such blocks as it frees them, until it is told anything."""
    told = told_by(
        """
def often(mib=4):
    step(mib)
    before = faults()
    for _ in range(20):
        step(mib)
    return faults() - before

told["never"] = often()
with kept_pages():
    step(100)
told["after"] = often()
"""
    )
    assert told["after"] <= told["never"] + 1000


def test_of_two_that_overlap_the_last_ends_it():
    told = told_by(
        """
one, other = kept_pages(), kept_pages()
one.__enter__()
other.__enter__()
one.__exit__(None, None, None)
step(100)
told["kept"] = step()
other.__exit__(None, None, None)
told["after"] = step()
"""
    )
    assert told["kept"] < 10
    assert told["after"] > 30  # 2 MiB each where pages are huge


def test_a_program_of_our_own_keeps_its_pages_whatever_ends_within():
    told = told_by(
        """
keep_pages()
keep_pages()
with kept_pages():
    step(100)
told["kept"] = step()
"""
    )
    assert told["kept"] < 10


@pytest.mark.parametrize(
    ("name", "value"), [("MALLOC_MMAP_MAX_", "65536"), ("GLIBC_TUNABLES", "glibc.malloc.mmap_max=9")]
)
def test_what_the_user_has_tuned_stays(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_: pytest.fail("the allocator was touched"))
    with kept_pages():
        pass
