"""The gateway as an ASGI application: under uvicorn alone, and mounted in Starlette."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import openai
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from dragoman.gateway.asgi import Application, Message, path_of
from tests.background import PATIENCE_SECONDS
from tests.doors import ASKED, CHAT, JSON, Told, as_json, made
from tests.upstream import STREAM, Act, Upstream, event

PLACES = pytest.mark.parametrize("place", ["", "/llm", "/a b/c"])
"""Where it is mounted; served alone where that is empty."""


class Site:
    """A gateway under uvicorn."""

    def __init__(self, told: Told, port: int, place: str) -> None:
        self.entries = told
        self.gateway = told.gateway
        self.port = port
        self.place = place.replace(" ", "%20")

    def begin(
        self, method: str, path: str, fields: Any = None, **headers: str
    ) -> tuple[HTTPConnection, HTTPResponse]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        body = fields if isinstance(fields, bytes) or fields is None else as_json(fields)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, self.place + path, body, {**JSON, **named})
        return connection, connection.getresponse()

    def ask(
        self, method: str, path: str, fields: Any = None, **headers: str
    ) -> tuple[HTTPResponse, bytes]:
        connection, response = self.begin(method, path, fields, **headers)
        body = response.read()
        connection.close()
        return response, body


@contextmanager
def site(place: str = "", settings: Any = None, *, body_bytes: int = 10_000) -> Iterator[Site]:
    told = made(settings)
    application = Application(told.gateway, body_bytes=body_bytes)
    app = Starlette(routes=[Mount(place, application)]) if place else application
    config = uvicorn.Config(app, port=0, log_level="critical", ws="none", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    due = time.monotonic() + PATIENCE_SECONDS
    while not server.started:
        assert time.monotonic() < due
        time.sleep(0.01)
    try:
        yield Site(told, server.servers[0].sockets[0].getsockname()[1], place)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


@PLACES
def test_it_answers_whole_and_streamed(place: str) -> None:
    with site(place) as here:
        whole, said = here.ask("POST", CHAT, ASKED)
        streamed, told = here.ask("POST", f"{CHAT}?x=y", {**ASKED, "stream": True})

    assert whole.status == streamed.status == 200
    assert json.loads(said)["choices"][0]["message"]["content"] == "Say this"
    assert whole.getheader("x-dragoman-target") == "sim/echo"
    assert whole.getheader("content-length") == str(len(said))
    assert streamed.getheader("content-type") == "text/event-stream; charset=utf-8"
    assert told.endswith(b"data: [DONE]\n\n")


@PLACES
@pytest.mark.parametrize("name", ["sim/echo", "sim%2Fecho"])
def test_names_with_slashes_come_as_they_were_written(place: str, name: str) -> None:
    with site(place) as here:
        found, told = here.ask("GET", f"/v1/models/{name}")
        azure, _ = here.ask("POST", f"/openai/deployments/{name}/chat/completions", ASKED)
        head, nothing = here.ask("HEAD", f"/v1/models/{name}")

    assert (found.status, json.loads(told)["id"]) == (200, "sim/echo")
    assert azure.status == 200
    assert (head.status, nothing) == (200, b"")
    assert head.getheader("content-length") == str(len(told))


def test_the_openai_client_is_at_home() -> None:
    with site("/llm") as here:
        base_url = f"http://127.0.0.1:{here.port}/llm/v1"
        with openai.OpenAI(base_url=base_url, api_key="any") as client:
            answer = client.chat.completions.create(
                model="sim/echo", messages=[{"role": "user", "content": "Say this"}]
            )
            with pytest.raises(openai.NotFoundError):
                client.chat.completions.create(
                    model="simm/echo", messages=[{"role": "user", "content": "Hi"}]
                )

    assert answer.choices[0].message.content == "Say this"


BAD: list[tuple[str, str, Any, dict[str, str], int]] = [
    ("POST", "/v1/nothing", ASKED, {}, 404),
    ("GET", CHAT, None, {}, 405),
    ("POST", CHAT, b"{", {}, 400),
    ("POST", CHAT, b"x" * 10_001, {}, 413),
    ("POST", CHAT, ASKED, {"content_type": "text/plain"}, 415),
    ("POST", CHAT, ASKED, {"content_encoding": "gzip"}, 415),
    ("POST", CHAT, ASKED, {"host": "evil.example"}, 403),
    ("POST", CHAT, ASKED, {"origin": "https://evil.example"}, 403),
]


@PLACES
def test_bad_input_is_told_as_everywhere(place: str) -> None:
    with site(place) as here:
        for method, path, fields, headers, status in BAD:
            response, told = here.ask(method, path, fields, **headers)

            assert response.status == status
            assert json.loads(told)["error"].keys() == {"message", "type", "param", "code"}


@PLACES
def test_pieces_come_as_they_are_made_and_a_caller_who_goes_stops_the_provider(place: str) -> None:
    with Upstream([STREAM, event("Oslo"), Act.STALL]) as upstream:
        settings = {"providers": {"lab": {"base_url": f"{upstream.url}/v1"}}}
        with site(place, settings) as here:
            asked = {**ASKED, "model": "lab/tiny", "stream": True}
            connection, response = here.begin("POST", CHAT, asked)
            first = response.readline()
            response.close()
            connection.close()

            assert b"Oslo" in first or b"assistant" in first
            assert upstream.until(lambda account: account.closed == 1)
            assert upstream.sockets[0].by == "caller"

        assert here.entries[0].code == "client_closed"
        assert here.gateway.admission.streams == 0


@PLACES
def test_a_caller_who_goes_before_the_answer_stops_the_provider(place: str) -> None:
    with Upstream([Act.STALL]) as upstream:
        settings = {"providers": {"lab": {"base_url": f"{upstream.url}/v1"}}}
        with site(place, settings) as here:
            connection = HTTPConnection("127.0.0.1", here.port, timeout=PATIENCE_SECONDS)
            body = as_json({**ASKED, "model": "lab/tiny"})
            connection.request("POST", here.place + CHAT, body, JSON)
            assert upstream.until(lambda account: len(account.requests) == 1)
            connection.close()

            assert upstream.until(lambda account: account.closed == 1)

    assert here.entries[0].status == 499
    assert here.gateway.admission.pending == 0


def test_at_the_end_of_the_server_what_is_under_way_is_told_so() -> None:
    with site() as here:
        assert here.gateway.ready

    assert not here.gateway.ready


# What a server could say


def test_without_keys_another_machine_is_refused_by_any_server() -> None:
    scope = http_scope("/v1/models", client=("10.0.0.7", 1))

    assert status_of(scope) == 403
    assert status_of({**scope, "client": ("::1", 1)}) == 200
    assert status_of({**scope, "client": None}) == 200


def test_closing_ends_streams_with_an_error_event() -> None:
    application = Application(made().gateway)
    asked = {**ASKED, "model": "sim/words?n=9&stall_at_event=4", "stream": True}
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = http_scope(CHAT, method="POST", headers=headers)
    sent: list[Message] = []

    async def scene() -> None:
        answering = asyncio.ensure_future(said(application, scope, sent, as_json(asked)))
        while len(sent) < 4:
            await asyncio.sleep(0.01)
        application.close()
        await answering

    asyncio.run(scene())

    told = b"".join(message.get("body", b"") for message in sent)
    assert b"server_shutting_down" in told
    assert b"[DONE]" not in told
    assert not sent[-1].get("more_body")
    assert not application.gateway.ready


def http_scope(path: str, **fields: Any) -> Message:
    headers = [(b"host", b"localhost")]
    usual = {"type": "http", "method": "GET", "path": path, "headers": headers}
    return {**usual, **fields}


def status_of(scope: Message) -> int:
    sent: list[Message] = []
    asyncio.run(said(Application(made().gateway), scope, sent))
    status: int = sent[0]["status"]
    return status


async def said(
    application: Application, scope: Message, sent: list[Message], body: bytes = b""
) -> None:
    asked = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        if asked:
            return asked.pop()
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]  # it never comes

    async def send(message: Message) -> None:
        sent.append(message)

    await application(scope, receive, send)


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ({"path": "/v1/models"}, "/v1/models"),
        ({"path": "/llm/v1/models", "root_path": "/llm"}, "/v1/models"),
        ({"path": "/llm/v1/models", "root_path": "/llm/"}, "/v1/models"),
        ({"path": "/v1/models", "root_path": "/llm"}, "/v1/models"),
        ({"path": "/llmx/v1", "root_path": "/llm"}, "/llmx/v1"),
        ({"path": "/v1/models/a/b", "raw_path": b"/v1/models/a%2Fb?x=y"}, "/v1/models/a%2Fb"),
        ({"path": "/v1/models/é", "raw_path": b"/v1/models/\xc3\xa9"}, "/v1/models/%C3%A9"),
        ({"path": "/v1/models/é?"}, "/v1/models/%C3%A9%3F"),
    ],
)
def test_the_path_is_the_one_below_its_place(scope: Message, path: str) -> None:
    assert path_of(scope) == path


def test_websockets_are_closed_and_other_things_are_not_known() -> None:
    sent: list[Message] = []
    application = Application(made().gateway)

    asyncio.run(said(application, {"type": "websocket"}, sent))

    assert sent == [{"type": "websocket.close", "code": 1000}]
    with pytest.raises(NotImplementedError):
        asyncio.run(said(application, {"type": "pigeon"}, sent))
