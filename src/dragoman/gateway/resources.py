"""What this process has taken of its machine, and what it may: memory and descriptors.

As far as the system tells it: None, where it does not.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

UNLIMITED: Final = 1 << 60
"""Bytes from which a limit of memory is none; version 1 of cgroups has a number for that."""


def resident_bytes() -> int | None:
    """The memory that this process occupies."""
    told: int | None = None
    if sys.platform == "linux":
        with suppress(OSError), open("/proc/self/statm", "rb") as statm:
            told = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return told


def memory_bytes() -> int | None:
    """The memory that there is for this process: the least that a cgroup of it or the machine has.

    It may read a dozen files: asked once, it is good for ever.
    """
    told: int | None = None
    if sys.platform == "linux":
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        told = min([machine, *cgroup_limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))])
    return told


def descriptors_left() -> int | None:
    """How many more files and sockets this process may open."""
    told: int | None = None
    if sys.platform != "win32":
        import resource

        bound, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if bound != resource.RLIM_INFINITY:
            told = bound - _descriptors(bound)
    return told


def _descriptors(bound: int) -> int:
    """How many are open; Linux 6.2 and later tell it without being asked for a list."""
    known = os.stat("/proc/self/fd").st_size if sys.platform == "linux" else 0
    try:
        return known or len(os.listdir("/dev/fd"))
    except OSError:  # such as having none left to list them with
        return bound


def cgroup_limits(membership: Path, root: Path) -> list[int]:
    """What the cgroups that this process is in, and those around them, may occupy."""
    try:
        lines = membership.read_text("utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            folder, name = root, "memory.max"
        elif "memory" in controllers.split(","):
            folder, name = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        inner = folder / path.lstrip("/")
        around = [one for one in inner.parents if one.is_relative_to(folder)]
        found += [limit for one in (inner, *around) if (limit := _limit(one / name)) is not None]
    return found


def _limit(file: Path) -> int | None:
    try:
        told = file.read_text("ascii").strip()
    except OSError:
        return None
    return int(told) if told.isdigit() and int(told) < UNLIMITED else None
