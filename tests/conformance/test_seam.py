"""The seam: what a client does is the same over our transports and over httpx2's.

Each test runs four times, and none knows over which of them. What only one of them promises is
tested beside it (`tests/unit/transport`); the adapter's own limits stand at the end.
"""

import gzip
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import httpx2
import pytest

import dragoman.transport
from docs.examples.httpx2_transport import AsyncHttpx2Transport, Httpx2Transport
from dragoman import Client, Timeout
from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    Error,
    InternalServerError,
    NotFoundError,
    RemoteProtocolError,
)
from dragoman.transport import AsyncTransport, Request, Transport
from tests.scripted import Act as Scripted
from tests.scripted import ScriptedServer
from tests.served import echo, serving, streaming
from tests.upstream import (
    END,
    STREAM,
    Act,
    Pause,
    Script,
    Send,
    Step,
    Upstream,
    chunk,
    event,
    events,
    half,
    whole,
)
from tests.ways import SAID, WAYS, OnALoop, Way, ours_on_a_loop, over_httpx2_on_a_loop

ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Oslo."}, "finish_reason": "stop"}
    ],
}
WHOLE = whole(ANSWER)
BUSY = whole({"error": {"message": "busy"}}, status=503)
FAILED = whole({"error": {"message": "boom"}}, status=500)
UNFRAMED = Send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
BIG = bytes(16 * 1024 * 1024)
SECRET = "sk-very-secret"

each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def request(url: str, *, body: bytes = b"{}", headers: dict[str, str] | None = None) -> Request:
    return Request(method="POST", url=url, headers=headers or {}, body=body)


def bare(chunk: Send) -> Send:
    """What a chunk carries, for a body that only the close ends."""
    return Send(chunk.data.partition(b"\r\n")[2].removesuffix(b"\r\n"))


def failed(way: Way, *scripts: Script, **fields: Any) -> tuple[Error, Upstream]:
    """What a whole answer is refused with, and the account of who refused it."""
    with Upstream(*scripts) as up, way(up.url) as asker:
        with pytest.raises(Error) as caught:
            asker.create(**fields)
    return caught.value, up


# Answers


@each_way
def test_a_whole_answer_is_a_response(way: Way) -> None:
    with Upstream([WHOLE]) as up, way(up.url) as asker:
        response = asker.create()

    (seen,) = up.requests
    assert response.choices[0].message.content == "Oslo."
    assert (seen.method, seen.target) == ("POST", "/v1/chat/completions")
    assert seen.headers["authorization"] == "Bearer sk-canary"
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["content-length"] == str(len(seen.body))


@each_way
def test_a_stream_is_told_to_its_end(way: Way) -> None:
    with Upstream([STREAM, *events(3), *END]) as up, way(up.url) as asker:
        heard = asker.rest(asker.create(stream=True))

    assert heard == ("word0 word1 word2 ", ["stop"], None)


@each_way
def test_a_stream_is_told_as_it_comes_and_closing_it_stops_the_provider(way: Way) -> None:
    with Upstream([STREAM, *events(1), Act.STALL, *events(9)]) as up, way(up.url) as asker:
        stream = asker.create(stream=True)
        first = asker.first(stream)
        asker.close(stream)

        assert up.until(lambda up: up.closed == 1)
    assert first == "word0 "
    assert (up.sockets[0].by, up.billed) == ("caller", 1)


@each_way
def test_connections_are_used_again(way: Way) -> None:
    with Upstream([WHOLE], [STREAM, *events(1), *END], [WHOLE]) as up, way(up.url) as asker:
        asker.create()
        asker.rest(asker.create(stream=True))
        asker.create()

    assert len(up.sockets) == 1


@each_way
def test_a_connection_that_went_stale_is_passed_over(way: Way) -> None:
    with ScriptedServer([WHOLE.data], [WHOLE.data]) as server, way(server.url) as asker:
        asker.create()
        assert server.closed.acquire(timeout=10)

        assert asker.create().meta.attempts == 1


@each_way
def test_a_compressed_answer_is_read_all_the_same(way: Way) -> None:
    packed = gzip.compress(WHOLE.data.partition(b"\r\n\r\n")[2])
    with Upstream([whole(packed, content_encoding="gzip")]) as up, way(up.url) as asker:
        assert asker.create().choices[0].message.content == "Oslo."


@each_way
def test_header_names_are_in_lower_case_and_repeated_ones_joined(way: Way) -> None:
    head = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 5\r\n\r\nhello"
    with Upstream([Send(head)]) as up, way(up.url) as asker:
        fetched = asker.fetch(request(up.url))

    assert dict(fetched.headers) == {"x-a": "1, 2", "content-length": "5"}
    assert (fetched.status, fetched.body, fetched.ended_by_close) == (200, b"hello", False)


@each_way
def test_an_answer_says_whether_only_the_close_ends_it(way: Way) -> None:
    scripts: list[list[Step]] = [
        [UNFRAMED, Send(b"hello"), Act.CLOSE],
        [STREAM, *END],
        [Send(b"HTTP/1.1 204 No Content\r\n\r\n")],
    ]
    with Upstream(*scripts) as up, way(up.url) as asker:
        told = [asker.fetch(request(up.url)).ended_by_close for _ in scripts]

    assert told == [True, False, False]


@each_way
def test_our_server_and_whoever_asks_it_understand_each_other(way: Way) -> None:
    with serving(echo) as (server, _):
        url = f"http://127.0.0.1:{server.port}/x"
        with way(url) as asker:
            echoed = [asker.fetch(request(url, body=body)).body for body in (b"hi", BIG[:999_000])]
    with serving(streaming(b"one", b"two")) as (server, _):
        url = f"http://127.0.0.1:{server.port}/x"
        with way(url) as asker:
            streamed = asker.fetch(request(url))

    assert echoed == [b"POST /x hi", b"POST /x " + BIG[:999_000]]
    assert (streamed.body, streamed.ended_by_close) == (b"onetwo", False)


@pytest.mark.parametrize("way", [ours_on_a_loop, over_httpx2_on_a_loop])
@pytest.mark.parametrize("script", [[Act.STALL], [STREAM, Act.STALL]])
@pytest.mark.parametrize("stream", [True, False])
def test_a_cancelled_task_lets_go_of_its_connection(
    way: Callable[[str], AbstractContextManager[OnALoop]], script: list[Step], stream: bool
) -> None:
    with Upstream(script, [WHOLE]) as up, way(up.url) as asker:
        asker.cancelled(once=lambda: bool(up.requests), stream=stream)
        assert up.until(lambda up: up.closed == 1)

        assert asker.create().choices[0].message.content == "Oslo."
    assert up.sockets[0].by == "caller"


# Failures, and what is tried again


@each_way
def test_a_status_that_is_no_success_is_raised_and_not_asked_for_again(way: Way) -> None:
    no = {"error": {"message": "No such model", "type": "x", "param": None, "code": None}}
    error, up = failed(way, [whole(no, status=404)], [WHOLE], max_retries=2)

    assert isinstance(error, NotFoundError)
    assert (error.message, error.body, len(up.requests)) == ("No such model", no, 1)


@each_way
def test_a_redirect_is_an_answer_and_is_not_followed(way: Way) -> None:
    error, up = failed(way, [whole(b"", status=307, location="/elsewhere")], [WHOLE], max_retries=2)

    assert (type(error).__name__, len(up.requests)) == ("APIStatusError", 1)


@each_way
def test_a_busy_provider_is_asked_again(way: Way) -> None:
    with Upstream([BUSY], [WHOLE]) as up, way(up.url) as asker:
        assert asker.create(max_retries=2).meta.attempts == 2


@each_way
def test_a_failing_provider_is_asked_again_once(way: Way) -> None:
    error, up = failed(way, [FAILED], [FAILED], [WHOLE], max_retries=2)

    assert isinstance(error, InternalServerError)
    assert (error.attempts, len(up.requests)) == (2, 2)


@each_way
@pytest.mark.parametrize("end", [Act.CLOSE, Act.RESET])
def test_a_connection_that_ends_before_its_answer_is_ambiguous(way: Way, end: Act) -> None:
    error, up = failed(way, [end], [WHOLE])

    assert isinstance(error, APIConnectionError)
    assert (error.attempt_class, error.code, len(up.requests)) == ("ambiguous", None, 1)


@each_way
def test_what_is_ambiguous_is_risked_once_where_nothing_is_kept(way: Way) -> None:
    with Upstream([Act.RESET], [WHOLE]) as up, way(up.url) as asker:
        assert asker.create(max_retries=2).meta.attempts == 2
    error, kept = failed(way, [Act.RESET], [WHOLE], max_retries=2, store=True)

    assert (error.attempts, len(kept.requests)) == (1, 1)


@each_way
def test_a_refused_connection_was_not_sent(way: Way) -> None:
    with Upstream() as gone:
        pass
    with way(gone.url) as asker, pytest.raises(APIConnectionError) as caught:
        asker.create()

    assert caught.value.attempt_class == "not_sent"


@each_way
def test_an_unknown_host_was_not_sent(way: Way) -> None:
    with way("http://nowhere.invalid") as asker, pytest.raises(APIConnectionError) as caught:
        asker.create()

    assert caught.value.attempt_class == "not_sent"


@each_way
@pytest.mark.parametrize("end", [Act.CLOSE, Act.RESET])
@pytest.mark.parametrize("last", [[half(event("x"))], [event(None)], [event(None), END[1]]])
def test_a_stream_that_is_cut_fails_after_what_came_and_is_never_asked_for_again(
    way: Way, last: Sequence[Step], end: Act
) -> None:
    with Upstream([STREAM, *events(2), *last, end], [WHOLE]) as up, way(up.url) as asker:
        stream = asker.create(stream=True, max_retries=2)
        first = asker.first(stream)
        heard = asker.rest(stream)

    assert first == "word0 "
    assert heard.text in "word1 "
    assert heard.finish_reasons == []
    assert isinstance(heard.error, APIConnectionError)
    assert (heard.error.code, heard.error.attempt_class) == ("stream_truncated", "content")
    assert len(up.requests) == 1


@each_way
def test_a_stream_that_is_cut_before_its_content_is_asked_for_again(way: Way) -> None:
    with Upstream([STREAM, Act.CLOSE], [STREAM, *events(1), *END]) as up, way(up.url) as asker:
        stream = asker.create(stream=True, max_retries=2)

        assert asker.rest(stream).text == "word0 "
    assert stream.meta.attempts == 2


@each_way
@pytest.mark.parametrize("framing", [b"Content-Length: 11\r\n\r\nhello", b"\r\n5\r\nhello\r\n"])
def test_a_whole_answer_that_is_cut_was_started(way: Way, framing: bytes) -> None:
    if framing.startswith(b"\r\n"):
        framing = b"Transfer-Encoding: chunked\r\n" + framing
    error, _ = failed(way, [Send(b"HTTP/1.1 200 OK\r\n" + framing), Act.CLOSE])

    assert isinstance(error, APIConnectionError)
    assert (error.code, error.attempt_class) == ("stream_truncated", "started")


@each_way
@pytest.mark.parametrize("terminated", [True, False])
def test_a_body_that_the_close_ends_needs_the_terminator(way: Way, terminated: bool) -> None:
    told = map(bare, [*events(1), *(END[:2] if terminated else ())])
    with Upstream([UNFRAMED, *told, Act.CLOSE]) as up, way(up.url) as asker:
        heard = asker.rest(asker.create(stream=True))

    assert heard.text == "word0 "
    assert heard.finish_reasons == (["stop"] if terminated else [])
    assert (heard.error is None) is terminated


@each_way
def test_a_body_over_the_limit_is_refused_and_left(way: Way) -> None:
    with Upstream([STREAM, *events(1), Act.STALL]) as up, way(up.url) as asker:
        with pytest.raises(RemoteProtocolError, match="at most 10 bytes"):
            asker.fetch(request(up.url), limit=10)

        assert up.until(lambda up: up.closed == 1)


@each_way
@pytest.mark.parametrize(
    "headers", [{"X-A": f"{SECRET}\r\nX-B: 2"}, {"X A": SECRET}, {"Content-Length": SECRET}]
)
def test_a_request_that_http_cannot_carry_is_refused_without_its_values(
    way: Way, headers: dict[str, str]
) -> None:
    with Upstream([WHOLE]) as up, way(up.url) as asker:
        with pytest.raises(ConfigurationError) as caught:
            asker.fetch(request(up.url, headers=headers))
        asker.create()

    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert [seen.target for seen in up.requests] == ["/v1/chat/completions"]


# Deadlines


@each_way
@pytest.mark.parametrize(
    ("script", "timeout", "phase", "attempt_class"),
    [
        ([Act.STALL], Timeout(first_byte=0.05), "first_byte", "ambiguous"),
        ([Act.STALL], Timeout(total=0.05), "total", "ambiguous"),
        ([STREAM, Act.STALL], Timeout(between_events=0.05), "between_events", "started"),
        ([Act.STALL], Timeout(first_content=0.05), "first_content", "ambiguous"),
        ([STREAM, Act.STALL], Timeout(total=0.1), "total", "started"),
    ],
)
def test_silence_is_a_timeout_that_names_its_phase(
    way: Way, script: list[Step], timeout: Timeout, phase: str, attempt_class: str
) -> None:
    error, up = failed(way, script, timeout=timeout)

    assert isinstance(error, APITimeoutError)
    assert (error.phase, error.attempt_class) == (phase, attempt_class)
    assert up.sockets[0].by == "caller"


@each_way
def test_a_stream_that_falls_silent_fails_after_what_came(way: Way) -> None:
    timeout = Timeout(between_events=0.1)
    with Upstream([STREAM, *events(2), Act.STALL]) as up, way(up.url) as asker:
        heard = asker.rest(asker.create(stream=True, timeout=timeout))

    assert heard.text == "word0 word1 "
    assert isinstance(heard.error, APITimeoutError)
    assert (heard.error.phase, heard.error.attempt_class) == ("between_events", "content")


@each_way
def test_once_content_has_come_nobody_waits_for_the_first(way: Way) -> None:
    late: list[Step] = [STREAM, *events(1), Pause(0.5), *events(1), *END]
    with Upstream(late) as up, way(up.url) as asker:
        heard = asker.rest(asker.create(stream=True, timeout=Timeout(first_content=0.4)))

    assert (heard.text, heard.error) == ("word0 word0 ", None)


@each_way
def test_a_place_that_nobody_leaves_is_a_timeout_of_the_pool(way: Way) -> None:
    with Upstream([STREAM, *events(1), Act.STALL]) as up, way(up.url, limit=1) as asker:
        busy = asker.create(stream=True)
        with pytest.raises(APITimeoutError) as caught:
            asker.create(timeout=Timeout(pool=0.05))
        asker.close(busy)

    assert (caught.value.phase, caught.value.attempt_class) == ("pool", "not_sent")


@each_way
def test_a_server_that_takes_no_more_of_the_request_is_a_timeout_of_writing(way: Way) -> None:
    given_up = threading.Event()
    with ScriptedServer([given_up], hears_bodies=False) as server, way(server.url) as asker:
        with pytest.raises(APITimeoutError) as caught:
            asker.fetch(request(server.url, body=BIG), timeout=Timeout(write=0.1))
        given_up.set()

    assert (caught.value.phase, caught.value.attempt_class) == ("write", "ambiguous")


@each_way
def test_no_handshake_is_a_timeout_and_was_not_sent(way: Way) -> None:
    with ScriptedServer([Scripted.STALL], hears_bodies=False) as server:
        url = server.url.replace("http:", "https:")
        with way(url) as asker, pytest.raises(APITimeoutError) as caught:
            asker.fetch(request(url), timeout=Timeout(connect=0.2, tls=0.2))

    assert caught.value.phase in ("tls", "connect")
    assert caught.value.attempt_class == "not_sent"


@each_way
def test_no_time_left_means_not_sent(way: Way) -> None:
    with Upstream([WHOLE]) as up, way(up.url) as asker, pytest.raises(APITimeoutError) as caught:
        asker.fetch(request(up.url), timeout=Timeout.of(0))

    assert (caught.value.attempt_class, up.requests) == ("not_sent", [])


@each_way
def test_the_total_ends_a_stream_that_never_falls_silent(way: Way) -> None:
    keep_alives: list[Step] = [chunk(b": keep-alive\n\n"), Pause(0.01)] * 300
    error, up = failed(way, [STREAM, *keep_alives], timeout=Timeout(total=0.2), stream=True)

    assert isinstance(error, APITimeoutError)
    assert (error.phase, error.attempt_class) == ("total", "started")
    assert not up.requests[0].finished


# The adapter


def test_the_names_for_transports_of_ones_own_are_these() -> None:
    assert dragoman.transport.__all__ == [
        "BODY_LIMIT",
        "Answer",
        "AsyncAnswer",
        "AsyncTransport",
        "Request",
        "Transport",
    ]


def test_the_adapter_keeps_the_promise_as_type_checkers_see_it() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=ANSWER)

    http = httpx2.MockTransport(answer)
    transport: Transport = Httpx2Transport(http)
    later: AsyncTransport = AsyncHttpx2Transport(http)
    with Client(base_url="http://lab/v1", api_key="k", transport=transport) as client:
        response = client.chat.completions.create(model="openai/m", messages=[SAID])
    transport.close()
    later.close()

    assert response.choices[0].message.content == "Oslo."


@pytest.mark.parametrize("name", ["over httpx2", "over httpx2, on a loop"])
def test_over_httpx2_what_nobody_can_read_is_told_as_a_cut(name: str) -> None:
    error, _ = failed(WAYS[name], [STREAM, Send(b"5z\r\nhello\r\n0\r\n\r\n")])

    assert isinstance(error, APIConnectionError)
    assert (error.code, error.attempt_class) == ("stream_truncated", "started")
