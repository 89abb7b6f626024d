"""The gateway as a caller meets it: over a socket, by OpenAI's paths."""

import asyncio
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from dragoman.gateway.configuration import configure
from dragoman.gateway.entry import Entry
from dragoman.gateway.service import Gateway
from dragoman.transport.serving import serve
from tests.background import Background

JSON = {"Content-Type": "application/json"}


class Door:
    """A gateway in a thread of its own."""

    def __init__(self, gateway: Gateway, port: int, entries: list[Entry]) -> None:
        self.gateway = gateway
        self.port = port
        self.entries = entries

    def ask(
        self, method: str, path: str, fields: Any = None, headers: dict[str, str] = JSON
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = json.dumps(fields) if fields is not None else None
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        told = response.read()
        connection.close()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, told


@pytest.fixture
def door() -> Iterator[Door]:
    entries: list[Entry] = []
    with Background() as background:
        gateway = background.run(made(entries))
        server = background.run(
            serve(gateway.handle, host="127.0.0.1", port=0, refusal=gateway.refused)
        )
        yield Door(gateway, server.port, entries)
        background.run(server.close(grace_seconds=1))


async def made(entries: list[Entry]) -> Gateway:
    await asyncio.sleep(0)
    return Gateway(configure({}, environ={}), tell=entries.append)


ASKED = {"model": "sim/echo", "messages": [{"role": "user", "content": "Say this"}]}


def test_a_whole_answer_tells_where_it_came_from(door: Door) -> None:
    status, headers, body = door.ask("POST", "/v1/chat/completions", ASKED)

    assert status == 200
    assert json.loads(body)["choices"][0]["message"]["content"] == "Say this"
    assert headers["x-dragoman-target"] == "sim/echo"
    assert headers["x-dragoman-request-id"] == door.entries[0].id


def test_a_stream_ends_with_done(door: Door) -> None:
    _, headers, body = door.ask("POST", "/v1/chat/completions", {**ASKED, "stream": True})

    assert headers["content-type"].startswith("text/event-stream")
    assert body.endswith(b"data: [DONE]\n\n")


def test_a_stream_that_fails_ends_with_an_error_and_no_done(door: Door) -> None:
    asked = {**ASKED, "model": "sim/words?n=9&cut_at_event=4", "stream": True}

    _, _, body = door.ask("POST", "/v1/chat/completions", asked)

    last = body.rstrip().rpartition(b"data: ")[2]
    assert json.loads(last)["error"]["code"] == "stream_truncated"
    assert b"[DONE]" not in body
