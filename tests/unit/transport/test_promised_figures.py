"""The figures that are promised, and the clock they are kept by."""

import ast
from pathlib import Path

from dragoman.transport.handling import Guards
from dragoman.transport.timeouts import Timeout

ROOM = Path(__file__).parents[3] / "src" / "dragoman" / "transport"

WALL_CLOCK = {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}


def test_the_usual_deadlines_are_the_promised_ones() -> None:
    assert Timeout() == Timeout(
        pool=2,
        dns=2,
        connect=3,
        tls=5,
        write=30,
        first_byte=120,
        first_content=600,
        between_events=120,
        total=1800,
    )


def test_the_usual_guards_are_the_promised_ones() -> None:
    assert Guards() == Guards(
        head_seconds=10,
        body_grace_seconds=10,
        body_bytes_per_second=500,
        body_seconds=300,
        idle_seconds=75,
        stall_seconds=60,
        linger_seconds=2,
        body_bytes=64 * 1024 * 1024,
        connections_per_address=1024,
    )


def test_no_duration_is_taken_from_a_clock_that_may_be_set() -> None:
    asked = {
        f"{path.name}: {ast.unparse(node)}"
        for path in ROOM.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if ast.unparse(node) in WALL_CLOCK or "datetime" in ast.dump(node)
    }

    assert asked == set()
