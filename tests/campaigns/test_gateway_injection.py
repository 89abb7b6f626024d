"""Campaign 37, through the gateway: no text becomes a header, a line of the log, or an event.

Whoever writes it, a caller or an upstream. Only headers that are meant to cross do, either way, and
the key that is shown to the upstream comes back to nobody.
"""

import json
import re
from typing import Any, Final
from urllib.parse import quote

import pytest

from dragoman.gateway.entry import as_json, for_people
from tests.gateways import HI, KEY, ByModel, ask, lab, running, until
from tests.plain import Caller, Heard
from tests.upstream import END, STREAM, Script, Seen, Send, chunk, event, whole

EVIL: Final = "x-evil: 1"

NASTY: Final = (
    f"a\r\n{EVIL}",
    f"a\n{EVIL}",
    f"a\r{EVIL}",
    f"a\r\n {EVIL}",
    f"a\r\n\r\nHTTP/1.1 200 OK\r\n{EVIL}",
    f'a"}}\n\ndata: {{"x": "{EVIL}',
    f"a\x00{EVIL}",
    f"a\x1b[31m{EVIL}",
    f"a\x85{EVIL}",
    f"a\u2028{EVIL}",
    f"ü 😀 {EVIL}",
    f"../{EVIL}/%0d%0a?{EVIL}#",
)

TOLD: Final = {
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "retry-after",
    "transfer-encoding",
    "x-accel-buffering",
    "x-dragoman-attempts",
    "x-dragoman-losses",
    "x-dragoman-request-id",
    "x-dragoman-target",
    "x-request-id",
    "x-should-retry",
}
"""The headers of an answer."""

SENT: Final = {"accept-encoding", "authorization", "content-length", "content-type", "host"}
"""The headers of a request to an upstream."""

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def said(text: str) -> dict[str, Any]:
    """An answer with this in each of its texts."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {
        "id": text,
        "created": 1,
        "model": text,
        "system_fingerprint": text,
        "service_tier": text,
        "choices": [{"index": 0, **choice}],
    }


class Saying(ByModel):
    """Says the same back that it was told in `user`: whole, as a stream, or as an error."""

    def script_of(self, seen: Seen) -> Script:
        super().script_of(seen)
        body = json.loads(seen.body)
        text = body.get("user", "")
        match body["model"]:
            case "stream":
                choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop"}
                told = {"id": text, "created": 1, "model": text, "choices": [choice]}
                return [STREAM, chunk(b"data: %b\n\n" % json.dumps(told).encode()), *END]
            case "error":
                error = {"message": text, "type": text, "code": text, "param": text}
                return [whole({"error": error}, status=400)]
            case "failing":
                choice = {"index": 0, "delta": {"content": "a"}}
                told = {"id": "c", "created": 1, "model": "m", "choices": [choice]}
                events = [told, {"error": {"message": text, "code": text}}]
                data = b"".join(b"data: %b\n\n" % json.dumps(one).encode() for one in events)
                return [STREAM, chunk(data), *END]
        return [whole(said(text))]


def check(heard: Heard, entries: list[Any]) -> None:
    """No header and no line of the log is anybody's text."""
    assert set(heard.headers) <= TOLD
    assert not [value for value in heard.headers.values() if CONTROL.search(value)]
    assert all(value.isascii() for value in heard.headers.values())
    assert "x-evil" not in heard.headers
    assert KEY.encode() not in heard.body
    for entry in entries:
        for line in (as_json(entry), for_people(entry)):
            assert len(line.splitlines()) == 1
            assert not CONTROL.search(line)
            assert KEY not in line


def asked(fields: Any, *headers: str, path: str = "/v1/chat/completions") -> tuple[Heard, Saying]:
    """The answer to this request, which is checked, and what the upstream saw of it."""
    with Saying({}) as upstream, running(lab(upstream), max_retries=0) as door:
        with Caller(door.port) as caller:
            heard = ask(caller, fields, *headers, path=path)
        assert until(lambda: len(door.entries) == 1)
        check(heard, door.entries)
    return heard, upstream


@pytest.mark.parametrize("text", NASTY)
def test_what_stands_in_a_models_name_stays_there(text: str) -> None:
    heard, upstream = asked({"model": f"lab/{text}", "messages": HI, "x_new": {text: text}})

    (seen,) = upstream.requests
    body = json.loads(seen.body)
    assert (body["model"], body["x_new"]) == (text, {text: text})
    assert heard.headers["x-dragoman-target"] == quote(f"lab/{text}", safe="/:@?&=+.-_~,")
    assert set(seen.headers) <= SENT
    assert seen.target == "/v1/chat/completions"


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("where", ["a provider", "a field", "a role"])
def test_what_is_refused_is_no_header_and_no_line(where: str, text: str) -> None:
    fields: dict[str, Any] = {
        "a provider": {"model": f"{text}/m", "messages": HI},
        "a field": {"model": "lab/m", "messages": HI, "temperature": text},
        "a role": {"model": "lab/m", "messages": [{"role": text, "content": "Hi"}]},
    }[where]

    heard, upstream = asked(fields)

    assert heard.status in (400, 404)
    assert upstream.requests == []


@pytest.mark.parametrize("text", NASTY)
def test_what_stands_in_a_path_is_no_header_and_no_line(text: str) -> None:
    for path in (f"/{quote(text)}", f"/openai/deployments/{quote(text, safe='')}/chat/completions"):
        heard, _ = asked({"messages": HI}, path=path)

        assert heard.status in (400, 404)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("model", ["m", "stream", "error", "failing"])
def test_what_an_upstream_says_is_data(model: str, text: str) -> None:
    streamed = model in ("stream", "failing")

    heard, _ = asked({"model": f"lab/{model}", "messages": HI, "user": text, "stream": streamed})

    if not streamed:
        json.loads(heard.body)
        return
    *events, rest = heard.body.split(b"\n\n")
    assert rest == b""
    assert all(re.fullmatch(rb"data: [^\r\n]+", event) for event in events)
    assert (events[-1] == b"data: [DONE]") is (model == "stream")


def head(*lines: str) -> Script:
    """An answer whose head has these lines, too."""
    body = json.dumps(said("!")).encode()
    start = ["HTTP/1.1 200 OK", "Content-Type: application/json", *lines]
    return [Send("\r\n".join([*start, f"Content-Length: {len(body)}", "", ""]).encode() + body)]


def test_an_upstreams_headers_do_not_cross() -> None:
    lines = (
        "Set-Cookie: a=b",
        "X-Evil: 1",
        "X-Request-Id: theirs",
        "Access-Control-Allow-Origin: *",
        "Connection: x-evil, keep-alive",
        "Authorization: Bearer theirs",
        "OpenAI-Organization: org",
        "Content-Security-Policy: none",
        "X-Dragoman-Target: theirs",
        "Trailer: x-evil",
    )
    with ByModel({"m": head(*lines)}) as upstream, running(lab(upstream)) as door:
        with Caller(door.port) as caller:
            heard = ask(caller, {"model": "lab/m", "messages": HI})

    check(heard, door.entries)
    assert heard.headers["x-request-id"] == heard.headers["x-dragoman-request-id"]
    assert heard.headers["x-dragoman-target"] == "lab/m"


def test_a_callers_headers_do_not_cross() -> None:
    heard, upstream = asked(
        {"model": "lab/m", "messages": HI},
        "Cookie: a=b",
        "Authorization: Bearer callers-own",
        "Api-Key: callers-own",
        "X-Evil: 1",
        "X-Request-Id: theirs",
        "OpenAI-Organization: org",
        "X-Forwarded-For: 10.0.0.1",
        "Connection: x-evil, keep-alive",
        "Accept-Encoding: gzip",
        "Idempotency-Key: k",
    )

    (seen,) = upstream.requests
    assert heard.status == 200
    assert set(seen.headers) <= SENT
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert b"theirs" not in heard.body
    assert "theirs" not in heard.headers.values()


@pytest.mark.parametrize(
    "line",
    [
        "X-A: a\r\n b",
        "X-A: a\rb",
        "X-A: a\nb",
        "X-A: a\x00b",
        "X-A : a",
        "X\x00A: a",
        "Host: localhost",
        "Content-Length: 1",
        "Transfer-Encoding: chunked",
    ],
)
def test_a_head_that_others_may_read_otherwise_is_refused(line: str) -> None:
    with ByModel({"m": [whole(said("!"))]}) as upstream, running(lab(upstream)) as door:
        with Caller(door.port) as caller:
            heard = ask(caller, {"model": "lab/m", "messages": HI}, line)

        assert heard.status == 400
        assert upstream.requests == []
        check(heard, door.entries)


@pytest.mark.parametrize(
    "value", ["refuse\tplease", "REPORT", "", "x" * 9000, "ü", "report, refuse"]
)
def test_a_header_of_ours_with_another_value_is_refused(value: str) -> None:
    heard, upstream = asked({"model": "lab/m", "messages": HI}, f"x-dragoman-on-loss: {value}")

    assert heard.status == 400
    assert json.loads(heard.body)["error"]["param"] == "x-dragoman-on-loss"
    assert upstream.requests == []


@pytest.mark.parametrize("count", [1, 30])
def test_what_was_lost_is_told_in_a_header_that_has_no_text_of_others(count: int) -> None:
    tools = [{"type": f"new\r\n{EVIL} ü{number}", "x": {}} for number in range(count)]
    with Saying({}) as upstream, running(lab(upstream), max_retries=0) as door:
        with Caller(door.port) as caller:
            fields = {"model": "lab/m", "messages": HI, "store": True, "metadata": {EVIL: "\r\n"}}
            heard = ask(caller, {**fields, "tools": tools})
        assert until(lambda: len(door.entries) == 1)
        check(heard, door.entries)

    assert len(heard.headers.get("x-dragoman-losses", "")) <= 2048 + 20


def test_the_key_of_an_upstream_comes_back_to_nobody() -> None:
    told = {"error": {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}}
    failure = {"error": {"message": f"no such key as {KEY}"}}
    scripts: dict[str, Script] = {
        "whole": [whole(told, status=401)],
        "plain": [whole(f"Bearer {KEY} is wrong".encode(), status=403)],
        "late": [
            STREAM,
            event("word"),
            chunk(b"data: %b\n\n" % json.dumps(failure).encode()),
            *END,
        ],
        "stream": [STREAM, chunk(b"data: %b\n\n" % json.dumps(failure).encode()), *END],
    }
    with ByModel(scripts) as upstream, running(lab(upstream), max_retries=0) as door:
        for model in scripts:
            with Caller(door.port) as caller:
                stream = model in ("stream", "late")
                heard = ask(caller, {"model": f"lab/{model}", "messages": HI, "stream": stream})

            check(heard, door.entries)
        assert len(upstream.requests) == len(scripts)
