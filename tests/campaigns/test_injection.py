"""Campaign 37, on the client's side: no text becomes a header, a line of a log, or an event.

Whoever writes the text, a caller or a provider: line breaks, NUL, folds and characters outside
ASCII are carried as what they are, escaped, or refused without being repeated.
"""

import json
import re
from typing import Any, Final

import pytest

import dragoman
from dragoman.dialects import DIALECTS
from dragoman.errors import APIStatusError, ConfigurationError, RemoteProtocolError
from dragoman.models import shared
from tests.campaigns.calls import ANSWER, KEY, WAYS, Way, called
from tests.campaigns.faults import COMPLETE, COMPLETION, DATA, ENDED, NO
from tests.upstream import END, STREAM, Script, Send, Upstream, chunk, whole

EVIL: Final = "x-evil: 1"
NASTY: Final = (
    f"a\r\n{EVIL}",
    f"a\n{EVIL}",
    f"a\r{EVIL}",
    f"a\r\n {EVIL}",
    f"a\r\n\r\nGET /evil HTTP/1.1\r\n{EVIL}",
    f'a"}}\n\ndata: {{"x": "{EVIL}',
    f"a\x00{EVIL}",
    f"a\x85{EVIL}",
    f"a\u2028{EVIL}",
    f"ü 😀 \ud800 {EVIL}",
    f"../{EVIL}/%0d%0a?{EVIL}#",
)

SENT: Final = {
    "accept-encoding",
    "authorization",
    "api-key",
    "content-length",
    "content-type",
    "host",
}
"""The headers of a request to which nobody has added any."""


def asked(way: Way, provider: str = "lab", **fields: Any) -> tuple[Upstream, str]:
    """What an upstream saw of a request that it answered well; and the log."""
    script: Script = ENDED if way.endswith("stream") else [COMPLETE]
    with Upstream(script) as upstream:
        settings = {"base_url": f"{upstream.url}/v1", "api_key": KEY}
        outcome = called(way, {"providers": {provider: settings}, "max_retries": 0}, **fields)
    assert outcome.error is None
    return upstream, outcome.logged


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", NASTY)
def test_what_a_caller_writes_stays_in_the_body(text: str, way: Way) -> None:
    upstream, logged = asked(way, model=f"lab/{text}", user=text, x_new={text: text})

    (seen,) = upstream.requests
    body = json.loads(seen.body)
    written = text.replace("\ud800", "\ufffd")
    assert (body["model"], body["user"], body["x_new"]) == (written, written, {written: written})
    assert (seen.method, seen.target) == ("POST", "/v1/chat/completions")
    assert set(seen.headers) <= SENT
    assert len(logged.splitlines()) == 1


@pytest.mark.parametrize("text", NASTY)
def test_what_a_caller_writes_into_an_address_is_percent_encoded(text: str) -> None:
    upstream, _ = asked(
        "whole", "azure-deployments", model=f"azure-deployments/{text}", extra_query={text: text}
    )

    (seen,) = upstream.requests
    address = (
        r"/v1/openai/deployments/[\w.%-]+/chat/completions\?api-version=[\w-]+&[\w.%+-]+=[\w.%+-]+"
    )
    assert re.fullmatch(address, seen.target, re.ASCII)
    assert set(seen.headers) <= SENT


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", [text for text in NASTY if re.search("[\r\n\0]", text)])
@pytest.mark.parametrize(
    "where", ["api_key", "default_headers", "extra_headers", "a name", "organization", "project"]
)
def test_no_header_is_sent_that_would_be_two(where: str, text: str, way: Way) -> None:
    canary = f"{KEY}{text}"
    settings: dict[str, Any] = {"api_key": KEY, "max_retries": 0}
    fields: dict[str, Any] = {"model": "openai/m"}
    match where:
        case "default_headers":
            settings[where] = {"x-a": canary}
        case "extra_headers":
            fields[where] = {"x-a": canary}
        case "a name":
            fields["extra_headers"] = {canary: "a"}
        case _:
            settings[where] = canary
    with Upstream() as upstream:
        outcome = called(way, {"base_url": f"{upstream.url}/v1", **settings}, **fields)

    assert isinstance(outcome.error, ConfigurationError)
    assert not upstream.sockets
    assert KEY not in str(outcome.error)
    assert EVIL not in str(outcome.error)


def test_a_header_that_is_set_twice_counts_once_whatever_its_spelling() -> None:
    upstream, _ = asked("whole", extra_headers={"Authorization": "Bearer other", "X-A": "1"})

    (seen,) = upstream.requests
    assert seen.headers["authorization"] == "Bearer other"
    assert (seen.headers["x-a"], set(seen.headers) - SENT) == ("1", {"x-a"})


@pytest.mark.parametrize(
    "name",
    ["Connection", "Content-Length", "Host", "TE", "Trailer", "Transfer-Encoding", "Upgrade"],
)
def test_what_frames_a_request_is_nobodys_to_write(name: str) -> None:
    with Upstream() as upstream:
        settings = {"base_url": f"{upstream.url}/v1", "api_key": KEY}
        outcome = called("whole", settings, model="openai/m", extra_headers={name: "x"})

    assert isinstance(outcome.error, ConfigurationError)
    assert not upstream.sockets


# What a provider writes


def head(line: bytes) -> list[Send]:
    """An answer whose head has this line, too."""
    body = json.dumps(COMPLETION).encode()
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    return [Send(b"%b%b\r\nContent-Length: %d\r\n\r\n%b" % (start, line, len(body), body))]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "line",
    [
        b"x-request-id: a\r\n b",
        b"x-request-id: a\r\n\tb",
        b"x-request-id: a\rb",
        b"x-request-id: a\nb",
        b"x-request-id: a\x00b",
        b"x-request-id : a",
        b" x-request-id: a",
        b"x-request\x00-id: a",
        b"x-request-id\xff: a",
        b"Content-Length: 1\r\nTransfer-Encoding: chunked",
    ],
)
def test_a_head_that_others_may_read_otherwise_is_no_answer(line: bytes, way: Way) -> None:
    with Upstream(head(line), head(line)) as upstream:
        settings = {"base_url": f"{upstream.url}/v1", "api_key": KEY, "max_retries": 0}
        outcome = called(way, settings, model="openai/m")

    assert isinstance(outcome.error, RemoteProtocolError)


def test_a_providers_headers_stand_beside_the_answer_and_show_no_value() -> None:
    line = b"X-Request-Id: req\xfc-1\r\nSet-Cookie: crumbs\r\nConnection: x-request-id, keep-alive"
    with Upstream(head(line)) as upstream:
        with dragoman.Client(base_url=f"{upstream.url}/v1", api_key=KEY) as client:
            answer = client.chat.completions.create(
                model="openai/m", messages=[{"role": "user", "content": ""}]
            )

    assert answer.meta.request_id == "reqü-1"
    assert answer.meta.headers["Set-Cookie"] == "crumbs"
    assert "crumbs" not in repr(answer.meta)


def test_the_id_of_a_refusal_is_one_line() -> None:
    with Upstream([whole(NO, status=400, x_request_id="req-1")]) as upstream:
        settings = {"base_url": f"{upstream.url}/v1", "api_key": KEY}
        outcome = called("whole", settings, model="openai/m")

    assert isinstance(outcome.error, APIStatusError)
    assert outcome.error.request_id == "req-1"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("field", [b"event: a\n", b"id: a\r", b"retry: 1\r\n", b"data", b": x\n"])
def test_fields_of_an_event_that_are_not_its_data_say_nothing(field: bytes, way: Way) -> None:
    events = b"".join(field.rstrip() + b"\n" + part + b"\n\n" for part in DATA.split(b"\n\n")[:-1])
    with Upstream([STREAM, chunk(events), END[-1]]) as upstream:
        settings = {"base_url": f"{upstream.url}/v1", "api_key": KEY, "max_retries": 0}
        outcome = called(way, settings, model="openai/m")

    assert "".join(outcome.texts).strip() == ANSWER


@pytest.mark.parametrize("text", NASTY)
def test_whatever_is_said_is_one_event_to_the_next(text: str) -> None:
    dialect = DIALECTS["openai-chat"]
    told = {
        "id": text,
        "created": 1,
        "model": text,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}],
    }
    data = json.dumps(told).encode()
    chunks = list(
        dragoman.translate.stream([b"data: %b\n\ndata: [DONE]\n\n" % data], "openai-chat")
    )
    encoder = dialect.stream_encoder(include_usage=True)

    events = [encoder.encode(one) for one in chunks] + [
        encoder.error(RemoteProtocolError(f"the provider said {text}", param=text))
    ]
    for event in events:
        assert re.fullmatch(rb"data: [^\r\n]+\n\n", event)
        json.loads(event.removeprefix(b"data: "))
    assert isinstance(chunks[0], shared.CreateChatCompletionStreamResponse)
