"""What the gateway costs beside nginx: a request of 2.4 kB each way, a chunk of 300 B.

Callers and provider are processes of their own and are not counted. Counted is the processor time
of every thread of the proxy's processes, as the kernel's scheduler tells it; so this needs Linux.
"""

import functools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.clients import Asking
from bench.importing import NotMeasuredError
from bench.pairs import Bar, Row, Run, WrongAnswerError

ROWS: Final = (
    ("relayed", "create", Bar("at most", 2.5)),
    ("logged", "create", None),
    ("translated", "create", None),
    ("relayed", "stream", Bar("at most", 2)),
    ("translated", "stream", None),
    ("anthropic", "stream", Bar("at most", 4)),
)
"""The provider of each row, what is asked of it, and what that may cost."""

NAMED: Final = {
    "anthropic": "translated chunk (Anthropic → chat)",
    "logged": "relayed request, a line in the log for each",
}

REQUESTS: Final = {"create": 20_000, "stream": 64}

PATIENCE_SECONDS: Final = 10


def rows(into: ExitStack, *, quick: bool) -> list[Callable[[], Row]]:
    """Each row, made when it is called; raises `NotMeasuredError`."""
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if nginx is None or not Path("/proc/self/schedstat").exists():
        raise NotMeasuredError("nginx is not installed, or this is not Linux")
    made = functools.partial(row, into, nginx, quick=quick)
    return [functools.partial(made, how, what, bar) for how, what, bar in ROWS]


def row(into: ExitStack, nginx: str, how: str, what: str, bar: Bar | None, *, quick: bool) -> Row:
    """The gateway beside nginx."""
    python = Path(sys.executable)
    upstream = Asking.started(into, None, python, "bench.echo").said()
    requests = REQUESTS[what] // (100 if quick and what == "create" else 1)

    def run(subject: "subprocess.Popen[str]", port: int, model: str) -> Run:
        if what == "stream" and not quick:
            model += "-paced"
        load = Asking.started(into, None, python, "bench.loading", str(port), model, what)
        if not quick:
            load.told(max(64, requests // 10))  # warms up

        def once() -> float:
            before = processor_seconds(subject.pid)
            units = load.told(requests)
            return (processor_seconds(subject.pid) - before) / units

        return once

    log = "requests" if how == "logged" else "failures"
    gateway, port = gateway_of(into, upstream, log=log)
    front, front_port = nginx_of(into, nginx, upstream)
    unit = "request" if what == "create" else "chunk"
    named = NAMED.get(how, f"{how} {unit}")
    return Row(
        f"gateway, {named} ÷ nginx",
        run(gateway, port, f"{how}/gpt-4o"),
        run(front, front_port, "gpt-4o"),
        bar,
    )


def gateway_of(
    into: ExitStack, upstream: str, *, log: str = "requests"
) -> tuple["subprocess.Popen[str]", int]:
    """A gateway that listens, in front of this provider."""
    folder = Path(into.enter_context(TemporaryDirectory(prefix="bench-gateway-")))
    port = free_port()
    settings = folder / "dragoman.toml"
    settings.write_text(
        f'[gateway]\nport = {port}\nlog = "{log}"\n'
        f'[providers.relayed]\nexact = true\nbase_url = "http://127.0.0.1:{upstream}/v1"\n'
        f'[providers.logged]\nexact = true\nbase_url = "http://127.0.0.1:{upstream}/v1"\n'
        f'[providers.translated]\nbase_url = "http://127.0.0.1:{upstream}/v1"\n'
        f'[providers.anthropic]\napi_key = "k"\nbase_url = "http://127.0.0.1:{upstream}"\n'
    )
    code = "from dragoman.cli import main; main()"
    return started(
        into, folder, port, [sys.executable, "-c", code, "serve", "--settings", str(settings)]
    )


def nginx_of(into: ExitStack, nginx: str, upstream: str) -> tuple["subprocess.Popen[str]", int]:
    """nginx as `nginx.conf` says, in front of this provider."""
    folder = Path(into.enter_context(TemporaryDirectory(prefix="bench-nginx-")))
    port = free_port()
    written = Path(__file__).with_name("nginx.conf").read_text()
    (folder / "nginx.conf").write_text(
        written.replace("UPSTREAM", upstream).replace("PORT", str(port))
    )
    return started(into, folder, port, [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")])


def started(
    into: ExitStack,
    folder: Path,
    port: int,
    command: list[str],
    *,
    environ: Mapping[str, str] | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> tuple["subprocess.Popen[str]", int]:
    """The process, once it listens."""
    with open(folder / "out", "w") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=out,
            stderr=out,
            text=True,
            env={**os.environ, **(environ or {})},
        )
    into.enter_context(process)
    into.callback(process.terminate)
    until = time.monotonic() + patience_seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, port
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                said = (folder / "out").read_text()[-1000:]
                raise WrongAnswerError(f"{command[0]}: {said}") from None
            time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def processor_seconds(pid: int) -> float:
    """What all threads of this process and its children have used."""
    return sum(
        int((task / "schedstat").read_text().split()[0]) / 1e9
        for process in family(pid)
        for task in Path(f"/proc/{process}/task").iterdir()
    )


def family(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))
