"""What a process has taken of its machine, and what it may."""

import os
import sys
from pathlib import Path

import pytest

from dragoman.gateway import resources

MIB = 1 << 20

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells none of it")


@posix
def test_each_file_that_is_open_leaves_one_descriptor_less() -> None:
    before = resources.descriptors_left()
    with open(os.devnull):
        after = resources.descriptors_left()

    assert before is not None
    assert after == before - 1


@posix
def test_what_is_occupied_is_less_than_there_is() -> None:
    there, taken = resources.memory_bytes(), resources.resident_bytes()

    assert there is not None
    assert there > 64 * MIB
    assert taken is None or 4 * MIB < taken < there


def limits(folder: Path, membership: str, files: dict[str, str]) -> list[int]:
    (folder / "cgroup").write_text(membership)
    for name, text in files.items():
        file = folder / "sys" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return resources.cgroup_limits(folder / "cgroup", folder / "sys")


def test_a_cgroup_and_those_around_it_bound_the_memory(tmp_path: Path) -> None:
    files = {
        "memory.max": "4294967296\n",
        "app/memory.max": "max\n",
        "app/one/memory.max": "536870912\n",
    }

    assert limits(tmp_path, "0::/app/one\n", files) == [512 * MIB, 4096 * MIB]


def test_a_cgroup_of_version_one_does_likewise(tmp_path: Path) -> None:
    membership = "9:name=systemd:/\n4:memory:/app\n2:cpu,cpuacct:/other\n0::/\n"
    files = {
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "memory/app/memory.limit_in_bytes": "268435456\n",
        "other/memory.max": "1\n",
    }

    assert limits(tmp_path, membership, files) == [256 * MIB]


def test_where_there_are_no_cgroups_the_machine_counts(tmp_path: Path) -> None:
    assert resources.cgroup_limits(tmp_path / "none", tmp_path) == []
