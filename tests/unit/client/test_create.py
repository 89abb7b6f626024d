"""`dragoman.create` against a server that plays a script."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import dragoman
from dragoman.client.streamed import Stream
from dragoman.errors import (
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    Error,
    InternalServerError,
    NotFoundError,
    RemoteProtocolError,
    UnsupportedParameterError,
)
from dragoman.models import params
from tests.scripted import ScriptedServer
from tests.upstream import Pause, Send, Upstream, chunk

SAID: params.ChatCompletionRequestUserMessage = {
    "role": "user",
    "content": "Capital of Norway?",
}
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
WHOLE = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m-1",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Oslo."}, "finish_reason": "stop"}
    ],
}


def answer(body: Any, *, status: str = "200 OK", type: str = "application/json") -> list[bytes]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nX-Request-Id: req-1\r\n"
    return [head.encode() + b"Content-Length: %d\r\n\r\n" % len(text) + text]


def events(*datas: Any, cut: bool = False, closed: bool = False) -> list[bytes]:
    """An answer in server-sent events: chunked, or ended by the close of the connection."""
    body = b"".join(
        b"data: " + (d if isinstance(d, bytes) else json.dumps(d).encode()) + b"\n\n" for d in datas
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    if closed:
        return [head + b"\r\n" + body]
    last = b"" if cut else b"0\r\n\r\n"
    return [head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n" + last]


def piece(delta: dict[str, Any], finish_reason: str | None = None, **rest: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "c-1", "created": 1, "model": "m-1", "choices": [choice], **rest}


SPOKEN = [piece({"role": "assistant", "content": ""}), piece({"content": "Oslo."})]
STOPPED = piece({}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})


def ask(server: ScriptedServer, **fields: Any) -> Any:
    lab = {"base_url": server.url + "/v1", "api_key": "sk-canary", **fields.pop("settings", {})}
    fields = {"model": "lab/m", "messages": [SAID], "timeout": 5, "max_retries": 0, **fields}
    return dragoman.create(providers={"lab": lab}, **fields)


def texts(chunks: Iterator[Any]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def test_a_request_is_sent_as_the_provider_wants_it() -> None:
    with ScriptedServer(answer(WHOLE)) as server:
        ask(server, max_completion_tokens=9, top_k=4, store=True)

    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1")
    assert b"authorization: bearer sk-canary" in head.lower()
    assert json.loads(body) == {"model": "m", "messages": [SAID], "max_tokens": 9, "top_k": 4}


def test_what_the_request_lost_stands_beside_the_answer() -> None:
    with ScriptedServer(answer(WHOLE)) as server:
        response = ask(server, store=True)

    assert [(loss.pointer, loss.kind) for loss in response.losses] == [("/store", "dropped")]
    assert response.meta.request_id == "req-1"
    assert json.loads(response.raw) == WHOLE


def test_without_a_key_no_key_is_sent() -> None:
    with ScriptedServer(answer(WHOLE)) as server:
        ask(server, settings={"api_key": None})

    assert b"authorization" not in server.heard[0].lower()


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_stream_that_is_said_to_be_json_may_be_cut_in_its_first_word(at: int) -> None:
    said = b"".join(b"data: %b\n\n" % json.dumps(one).encode() for one in [*SPOKEN, STOPPED])
    head = Send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    end = Send(b"0\r\n\r\n")
    with Upstream([head, chunk(said[:at]), Pause(0.05), chunk(said[at:]), end]) as upstream:
        lab = {"base_url": upstream.url, "api_key": "sk-canary"}
        chunks = dragoman.create(
            providers={"lab": lab}, model="lab/m", messages=[SAID], stream=True, max_retries=0
        )

        assert texts(chunks) == "Oslo."


def test_a_stream_is_told_as_it_comes() -> None:
    with ScriptedServer(events(*SPOKEN, STOPPED, b"[DONE]")) as server:
        chunks = list(ask(server, stream=True))

    assert texts(iter(chunks)) == "Oslo."
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_message_cut_after_its_end_is_still_cut() -> None:
    heard = []
    with ScriptedServer(events(*SPOKEN, STOPPED, b"[DONE]", cut=True)) as server:
        with pytest.raises(APIConnectionError) as raised:
            heard.extend(ask(server, stream=True))

    assert raised.value.code == "stream_truncated"
    assert raised.value.attempt_class == "content"
    assert [choice.finish_reason for chunk in heard for choice in chunk.choices] == [None, None]


def test_a_body_that_the_close_ends_needs_the_terminator() -> None:
    with ScriptedServer(events(*SPOKEN, STOPPED, closed=True)) as server:
        with pytest.raises(RemoteProtocolError) as raised:
            list(ask(server, stream=True))

    assert raised.value.code == "stream_truncated"


def test_a_body_that_the_close_ends_is_complete_with_the_terminator() -> None:
    with ScriptedServer(events(*SPOKEN, STOPPED, b"[DONE]", closed=True)) as server:
        assert texts(ask(server, stream=True)) == "Oslo."


def test_an_error_in_the_middle_comes_after_what_was_said() -> None:
    failure = {"error": {"message": "overloaded", "type": "server_error", "code": 503}}
    heard = []
    with ScriptedServer(events(*SPOKEN, failure)) as server:
        with pytest.raises(InternalServerError) as raised:
            heard.extend(ask(server, stream=True))

    assert texts(iter(heard)) == "Oslo."
    assert raised.value.status_code == 503
    assert not raised.value.retryable


def test_a_whole_answer_to_a_stream_request_is_told_in_chunks() -> None:
    with ScriptedServer(answer(WHOLE)) as server:
        chunks = list(ask(server, stream=True))

    assert texts(iter(chunks)) == "Oslo."
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_stream_that_answers_a_whole_request_is_folded() -> None:
    with ScriptedServer(events(*SPOKEN, STOPPED, b"[DONE]")) as server:
        response = ask(server)

    assert response.choices[0].message.content == "Oslo."
    assert response.usage.total_tokens == 5


def test_an_error_inside_a_200_is_an_error() -> None:
    failure = {"error": {"code": 502, "message": "Provider returned error"}, "choices": None}
    with ScriptedServer(answer(failure), answer(failure)) as server:
        for streamed in (False, True):
            with pytest.raises(InternalServerError) as raised:
                list(ask(server, stream=streamed))
            assert (raised.value.status_code, raised.value.code) == (502, "bad_gateway")


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"", b'{"choices": [', b"[]", b"null"])
def test_what_is_no_answer_is_the_providers_mistake(body: bytes) -> None:
    with ScriptedServer(answer(body)) as server, pytest.raises(RemoteProtocolError):
        ask(server)


def test_a_status_that_is_no_success_is_raised_with_what_it_says() -> None:
    no = {"error": {"message": "No such model", "type": "x", "param": None, "code": None}}
    with ScriptedServer(answer(no, status="404 Not Found")) as server:
        with pytest.raises(NotFoundError, match="No such model") as raised:
            ask(server, stream=True)

    assert raised.value.request_id == "req-1"
    assert raised.value.body == no
    assert raised.value.response.status_code == 404
    assert raised.value.response.headers["X-Request-ID"] == "req-1"
    assert "req-1" not in repr(raised.value.response)


def test_a_redirect_is_not_followed() -> None:
    with ScriptedServer(answer(b"", status="302 Found")) as server:
        with pytest.raises(Error, match="base_url has to name the address itself"):
            ask(server)

    assert len(server.heard) == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_a_page_where_an_answer_was_expected_is_called_one(streamed: bool) -> None:
    page = answer(b"<html>Welcome!</html>", type="text/html; charset=utf-8")
    with ScriptedServer(page) as server:
        with pytest.raises(RemoteProtocolError, match="HTML; is the address the right one"):
            ask(server, stream=streamed)


def test_a_refusal_counts_though_its_body_cannot_be_read() -> None:
    head = b"HTTP/1.1 401 \r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\n"
    with ScriptedServer([head, b"\x0b\x02\x80"]) as server:
        with pytest.raises(AuthenticationError, match="content-encoding br is not taken") as raised:
            ask(server)

    assert raised.value.body is None


@pytest.mark.parametrize(
    ("fields", "error", "says"),
    [
        ({"messages": []}, BadRequestError, "messages: expected array of length >= 1"),
        (
            {"messages": [{"role": "narrator", "content": ""}]},
            BadRequestError,
            r"messages\[0\]\.role: expected one of developer, .*; got 'narrator'",
        ),
        ({"temperature": "hot"}, BadRequestError, "temperature: expected float or null; got str"),
        ({"model": "labb/m"}, NotFoundError, "lab/m"),
        ({"model": "m"}, NotFoundError, "provider/model"),
        ({"seed": object()}, BadRequestError, "JSON"),
        ({"temperature": float("nan")}, BadRequestError, "JSON"),
        ({"top_k": [float("inf")]}, BadRequestError, "JSON"),
        ({"seed": ENDLESS}, BadRequestError, "JSON"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_sent(
    fields: dict[str, Any], error: type[Error], says: str
) -> None:
    with ScriptedServer() as server, pytest.raises(error, match=says):
        ask(server, **fields)

    assert server.heard == []


def test_what_must_not_be_lost_is_refused_before_anything_is_sent() -> None:
    with ScriptedServer() as server, pytest.raises(UnsupportedParameterError) as raised:
        ask(server, n=2, settings={"quirks": {"single_choice": True}})

    assert raised.value.param == "n"
    assert server.heard == []


def test_the_callers_own_objects_are_never_changed() -> None:
    asked = [{"role": "developer", "content": "Be brief."}, dict(SAID)]
    kept = json.dumps(asked)
    with ScriptedServer(answer(WHOLE)) as server:
        ask(server, messages=asked)

    assert json.dumps(asked) == kept


def test_a_lone_surrogate_is_replaced_and_the_rest_kept() -> None:
    with ScriptedServer(answer(WHOLE)) as server:
        ask(server, messages=[{"role": "user", "content": "a\ud83db"}])

    body = server.heard[0].partition(b"\r\n\r\n")[2]
    assert json.loads(body)["messages"][0]["content"] == "a\ufffdb"


def test_a_stream_shows_neither_key_nor_text() -> None:
    with ScriptedServer(events(*SPOKEN, STOPPED, b"[DONE]")) as server:
        with ask(server, stream=True) as stream:
            shown = repr(stream) + repr(stream.meta)

    assert isinstance(stream, Stream)
    assert "sk-canary" not in shown
    assert "Oslo" not in shown


def test_an_error_after_content_tells_how_many_attempts_there_were() -> None:
    busy = answer({"error": {"message": "busy"}}, status="503 Busy")
    with ScriptedServer(busy, events(*SPOKEN, cut=True)) as server:
        with pytest.raises(APIConnectionError) as raised:
            list(ask(server, stream=True, max_retries=1))

    assert raised.value.attempts == 2


def test_a_key_that_a_provider_repeats_is_hidden_in_the_message() -> None:
    no = {"error": {"message": "Incorrect API key provided: sk-canary."}}
    with ScriptedServer(answer(no, status="401 Unauthorized")) as server:
        with pytest.raises(AuthenticationError) as raised:
            ask(server)

    assert str(raised.value) == "Incorrect API key provided: <secret>."
    assert raised.value.body == no


def test_no_error_shows_the_key_or_the_prompt() -> None:
    with ScriptedServer(answer({"detail": "no"}, status="500 Oops")) as server:
        with pytest.raises(InternalServerError) as raised:
            ask(server)

    assert "sk-canary" not in str(raised.value)
    assert "Norway" not in str(raised.value)
