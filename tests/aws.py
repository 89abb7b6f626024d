"""Looking for AWS credentials without AWS: services played from a script, botocore as the judge.

The same script answers our conversation, in this process, and botocore, over a loopback socket;
what each of them asked and found is told in the same form.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import botocore.session
import msgspec
import pytest

from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.wishes import Conversation, Fetch, Fetched, Outcome, Read, Wait, Wish

T = TypeVar("T")

NOW = 1795521600.0
"""24 November 2026, 12:00 UTC."""

TOLD_HEADERS = (
    "authorization",
    "metadata-flavor",
    "x-amz-date",
    "x-amz-security-token",
    "x-aws-ec2-metadata-token",
    "x-aws-ec2-metadata-token-ttl-seconds",
    "x-goog-user-project",
)


@dataclass(frozen=True)
class Asked:
    """A request as far as it matters."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, Any]
    """What the body tells, be it a form or JSON."""


class Answered(Fetched, frozen=True):
    """An answer with headers, which only others read."""

    headers: dict[str, str] = msgspec.field(default_factory=dict)


Script = Callable[[Asked], Fetched | None]


@dataclass
class Played:
    """Carries out wishes: requests by the script, files from a dict, waiting by its own clock."""

    script: Script
    files: Mapping[str, str] = field(default_factory=dict)
    time: float = NOW
    fetches: list[Fetch] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def carry_out(self, wish: Wish) -> Outcome:
        match wish:
            case Fetch():
                self.fetches.append(wish)
                self.asked.append(asked(wish.method, wish.url, wish.headers, wish.body))
                return self.script(self.asked[-1])
            case Read(path):
                return self.files.get(path)
            case Wait(until):
                self.waits.append(until - self.time)
                self.time = until
                return None
            case _:
                raise AssertionError("AWS needs no other")


def concluded(conversation: Conversation[T], played: Played) -> T:
    """What a conversation comes to; raises what it raises."""
    outcome: Outcome = None
    while True:
        try:
            wish = conversation.send(outcome)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # typeshed: Any
        outcome = played.carry_out(wish)


def asked(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Asked:
    parts = urlsplit(url)
    lowered = {name.lower(): value for name, value in headers.items()}
    return Asked(
        method,
        parts.path + (f"?{parts.query}" if parts.query else ""),
        {name: lowered[name] for name in TOLD_HEADERS if name in lowered},
        json.loads(body) if body.startswith(b"{") else dict(parse_qsl(body.decode())),
    )


def silent(_: Asked) -> None:
    """Nobody is there."""


def told(credentials: Credentials) -> tuple[str, str, str | None]:
    return credentials.access_key_id, credentials.secret_access_key, credentials.session_token


@dataclass(frozen=True)
class Judged:
    """What botocore found, and what it asked for it."""

    credentials: tuple[str, str, str | None] | None
    expires_at: float | None
    asked: list[Asked]


@contextmanager
def service(script: Script, heard: list[Asked]) -> Iterator[str]:
    """The script on a loopback socket, whose URL this gives; silence is a 500."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            heard.append(asked(self.command, self.path, dict(self.headers), body))
            answer = script(heard[-1]) or Fetched(500, b"")
            with suppress(ConnectionError):  # whoever asked may have gone
                self.send_response(answer.status)
                for name, value in (answer.headers if isinstance(answer, Answered) else {}).items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

        do_PUT = do_POST = do_GET  # noqa: N815  # http.server's own naming

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def judged(
    environ: Mapping[str, str],
    folder: Path,
    *,
    script: Script = silent,
    config: str | None = None,
    shared: str | None = None,
    profile: str | None = None,
) -> Judged:
    """What botocore finds with this environment, in which `{service}` stands for the script's URL.

    Its errors are raised as they are.
    """
    heard: list[Asked] = []
    files = {"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": shared}
    with pytest.MonkeyPatch.context() as patch, service(script, heard) as url:
        for name in list(os.environ):
            if name.startswith("AWS_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        for name, text in files.items():
            path = folder / name
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text, encoding="utf-8")
            patch.setenv(name, str(path))
        for name, value in environ.items():
            patch.setenv(name, value.replace("{service}", url))
        found = botocore.session.Session(profile=profile).get_credentials()
        if found is None:
            return Judged(None, None, heard)
        frozen = found.get_frozen_credentials()
        end = getattr(found, "_expiry_time", None)
        return Judged(
            (frozen.access_key, frozen.secret_key, frozen.token or None),
            end and end.timestamp(),
            heard,
        )
