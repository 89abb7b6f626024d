"""What a gateway holds of memory: when it is idle, and for each stream that is open.

What is resident of its process, as the kernel tells it; so this needs Linux. The streams come from
several loopback addresses and go to several, since the connections of one address are bounded on
either side.
"""

import functools
import re
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.clients import Asking
from bench.gateway import family, free_port, started
from bench.holding import address
from bench.importing import NotMeasuredError
from bench.pairs import Bar, WrongAnswerError
from bench.reading import MIB, Reading

REQUESTS: Final = 1000

STREAMS: Final = (1000, 8000)

ADDRESSES: Final = 10
"""So many have the callers, and the provider: each may have 1,024 connections."""

RESERVE: Final = 500
"""Descriptors besides those of the streams."""


def readings(into: ExitStack, *, quick: bool) -> list[Callable[[], list[Reading]]]:
    """Each figure, measured when it is called; that raises `NotMeasuredError`."""
    return [
        functools.partial(idle, into, quick=quick),
        functools.partial(open_streams, into, quick=quick),
    ]


def idle(into: ExitStack, *, quick: bool) -> list[Reading]:
    """A gateway that has just started, and one that has answered."""
    check_linux()
    python = Path(sys.executable)
    upstream = Asking.started(into, None, python, "bench.echo").said()
    port = free_port()
    pid = gateway(into, port, {"lab": f"127.0.0.1:{upstream}"})
    first = resident(pid)
    load = Asking.started(into, None, python, "bench.loading", str(port), "lab/gpt-4o", "create")
    load.told(64 if quick else REQUESTS)
    bar = Bar("at most", 60)
    return [
        Reading("gateway, idle: resident", "MiB", [first / MIB], "after its start", bar),
        Reading(
            f"… after {REQUESTS} requests", "MiB", [resident(pid) / MIB], "64 connections open", bar
        ),
    ]


def open_streams(into: ExitStack, *, quick: bool) -> list[Reading]:
    """By how much a gateway grows with each stream that is open, and said something."""
    check_linux()
    few, many = (50, 200) if quick else STREAMS
    allow_descriptors(2 * many + RESERVE)
    python = Path(sys.executable)
    upstream = Asking.started(into, None, python, "bench.holding", str(ADDRESSES)).said()
    names = {f"lab{n}": f"{address(n)}:{upstream}" for n in range(ADDRESSES)}
    port = free_port()
    pid = gateway(into, port, names)
    models = [f"{name}/held" for name in names]
    staying = Asking.started(
        into, None, python, "bench.staying", str(port), str(ADDRESSES), *models
    )
    held = []
    for count in (few, many):
        staying.told(count)
        held.append(resident(pid))
    staying.told(many)  # ends where one of them has been closed meanwhile
    slope = (held[1] - held[0]) / (many - few)
    return [
        Reading(
            f"… each open stream, between {few} and {many}: resident",
            "KiB",
            [slope / 1024],
            f"{held[0] / MIB:.0f} MiB to {held[1] / MIB:.0f} MiB",
            Bar("at most", 40),
        )
    ]


def gateway(into: ExitStack, port: int, providers: dict[str, str]) -> int:
    """The process of a gateway that listens here, in front of providers at these addresses."""
    folder = Path(into.enter_context(TemporaryDirectory(prefix="bench-gateway-")))
    settings = folder / "dragoman.toml"
    rows = [
        f'[providers.{name}]\nexact = true\nbase_url = "http://{at}/v1"\n'
        for name, at in providers.items()
    ]
    settings.write_text("".join([f"[gateway]\nport = {port}\n", *rows]))
    code = "from dragoman.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", "--settings", str(settings)]
    process, _ = started(into, folder, port, command)
    into.callback(process.kill)  # it would wait for whoever may still come
    return process.pid


def resident(pid: int) -> int:
    """Bytes that are resident of this process and its descendants."""
    return sum(
        1024 * int(found[1])
        for process in family(pid)
        if (found := re.search(r"^Rss: +(\d+) kB$", rollup(process), re.MULTILINE))
    )


def rollup(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError as error:
        raise WrongAnswerError(f"a process has ended: {error}") from None


def check_linux() -> None:
    if not Path("/proc/self/smaps_rollup").exists():
        raise NotMeasuredError("this is not Linux")


if sys.platform != "win32":
    import resource

    def allow_descriptors(count: int) -> None:
        """From here on, processes that are started may have so many, or `NotMeasuredError`."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < count:
            raise NotMeasuredError(f"expected {count} descriptors of a process; got {hard}")
        if soft != resource.RLIM_INFINITY and soft < count:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))

else:

    def allow_descriptors(count: int) -> None:
        raise NotMeasuredError("this is not Linux")
