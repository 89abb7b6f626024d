"""nginx and HAProxy, as our own processes: a proxy in front of a server, on a port of its own.

    with FRONTS["nginx"](server.port) as port:
        ...  # whoever asks this port is answered by the server, by way of nginx

Both keep their connections to the server and share them between callers, which is what smuggling
lives on; both are told to let through what they can. Each request that one passes on carries an
`x-front-id` of its own: one without was never a request to the proxy.

A socket that is bound and never listens holds the port until they share it.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

PATIENCE_SECONDS: Final = 10

SO_REUSEPORT: Final[int | None] = getattr(socket, "SO_REUSEPORT", None)
"""None on Windows."""

KILLED: Final = -9
"""What a process has returned that did not end by itself."""

NGINX: Final = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 1000000000;
    ignore_invalid_headers off;
    underscores_in_headers on;
    merge_slashes off;
    upstream ours {{
        server 127.0.0.1:{behind};
        keepalive 8;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{
            proxy_pass http://ours;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Front-Id $request_id;
        }}
    }}
}}
"""

HAPROXY: Final = """
global
    nbthread 1
    maxconn 500
defaults
    mode http
    option accept-invalid-http-request
    option accept-invalid-http-response
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    http-reuse always
frontend callers
    bind 127.0.0.1:{port}
    unique-id-format %[uuid()]
    unique-id-header X-Front-Id
    default_backend ours
backend ours
    server ours 127.0.0.1:{behind}
"""


def program(name: str) -> str | None:
    """Where this program is; the system's own are not on everybody's path."""
    if SO_REUSEPORT is None:
        return None
    places = [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"]
    return shutil.which(name, path=os.pathsep.join(places))


def nginx(behind: int) -> AbstractContextManager[int]:
    """The port of an nginx that passes everything on to this port."""
    return running("nginx", "-e", "error.log", "-p", "./", "-c", config=NGINX, behind=behind)


def haproxy(behind: int) -> AbstractContextManager[int]:
    """The port of an HAProxy that passes everything on to this port."""
    return running("haproxy", "-db", "-f", config=HAPROXY, behind=behind)


FRONTS: Final[dict[str, Callable[[int], AbstractContextManager[int]]]] = {
    "nginx": nginx,
    "haproxy": haproxy,
}


def each_front(argument: str = "front", *, indirect: bool = False) -> pytest.MarkDecorator:
    """Runs a test with the name of each front; skips it by name where there is none."""
    rows = [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                program(name) is None, reason=f"{name} is not on this machine"
            ),
        )
        for name in FRONTS
    ]
    return pytest.mark.parametrize(argument, rows, indirect=indirect, scope="module")


@contextmanager
def running(name: str, *options: str, config: str, behind: int) -> Iterator[int]:
    """This program from its first connection on; what it says is told where it ends by itself."""
    executable = program(name)
    assert executable is not None
    with tempfile.TemporaryDirectory(prefix="front-") as folder, reserved() as port:
        Path(folder, "config").write_text(config.format(behind=behind, port=port))
        process = subprocess.Popen(
            [executable, *options, "config"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            until_it_listens(process, port)
            yield port
            assert process.poll() is None, f"{name} has ended by itself"
        finally:
            process.kill()
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
            if process.returncode != KILLED:
                print(said)  # noqa: T201  # pytest shows it with the failure


@contextmanager
def reserved() -> Iterator[int]:
    with socket.socket() as holder:
        assert SO_REUSEPORT is not None
        holder.setsockopt(socket.SOL_SOCKET, SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def until_it_listens(process: subprocess.Popen[str], port: int) -> None:
    due = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < due:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    raise AssertionError(f"{process.args!r} does not listen")
