"""Serving over real sockets: what reaches the handler, what comes back, and who is cut when."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from dragoman.errors import APIStatusError
from dragoman.transport import handling
from dragoman.transport.handling import (
    CutOffError,
    Guards,
    Reply,
    Served,
    StreamedReply,
)
from dragoman.transport.serving import Server, listen
from tests.background import PATIENCE_SECONDS, Background
from tests.plain import Caller
from tests.served import SOON, Waiting, called, echo, serving, streaming, until_empty

# Answers


def test_a_request_reaches_the_handler_whole_and_its_reply_comes_back() -> None:
    with called(echo) as caller:
        caller.post("/x?y=1", b"hello")
        heard = caller.answer()

    assert heard.status == 200
    assert heard.headers == {"x-a": "1", "content-length": str(len(heard.body))}
    assert heard.body == b"POST /x?y=1 hello"


def test_a_handler_is_told_who_calls() -> None:
    async def handler(request: Served) -> Reply:
        return Reply(status=200, headers={}, body=request.peer.encode())

    with called(handler) as caller:
        caller.get()

        assert caller.answer().body == b"127.0.0.1"


def test_a_streamed_reply_comes_in_chunks_and_keeps_the_connection() -> None:
    with called(streaming(b"one", b"", b"two")) as caller:
        for _ in "ab":
            caller.get()
            heard = caller.answer()

            assert heard.headers == {"x-a": "1", "transfer-encoding": "chunked"}
            assert (heard.body, heard.whole) == (b"onetwo", True)


def test_each_piece_leaves_at_once() -> None:
    waiting = Waiting(first=b"one")
    with called(waiting) as caller:
        caller.get()

        assert caller.read_until(b"one\r\n").endswith(b"\r\n\r\n3\r\none\r\n")


def test_requests_sent_ahead_are_answered_in_their_order() -> None:
    with called(echo) as caller:
        for path in ("/1", "/2", "/3"):
            caller.get(path)

        assert [caller.answer().body for _ in "123"] == [b"GET /1 ", b"GET /2 ", b"GET /3 "]


def test_a_thousand_requests_in_one_piece_get_a_thousand_answers() -> None:
    with called(echo) as caller:
        caller.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(1000)))

        for number in range(1000):
            assert caller.answer().body == b"GET /%d " % number


def test_who_answers_at_once_may_whatever_has_come_behind_the_request() -> None:
    class AtOnce:
        def writable(self) -> None: ...

        def gone(self) -> None: ...

    def at_once(request: Served, caller: handling.Caller) -> AtOnce:
        caller.respond(Reply(status=200, headers={}, body=request.target.encode()))
        return AtOnce()

    async def read_at_once() -> None:
        (accepted,) = server._connections  # some loops read more at once than is kept ahead
        accepted.data_received(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET " * 50_000)

    with Background() as background:
        server = background.run(listen(at_once, host="127.0.0.1", port=0))
        with Caller(server.port) as caller:
            caller.get("/0")
            assert caller.answer().body == b"/0"
            background.run(read_at_once())

            assert caller.answer().body == b"/1"
            assert caller.answer().status in (400, 414)
        background.run(server.close(grace_seconds=0))


def test_a_request_that_comes_byte_by_byte_is_answered() -> None:
    with called(echo) as caller:
        caller.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello":
            caller.send(bytes([byte]))

        assert caller.answer().body == b"POST /x hello"


def test_a_head_request_is_answered_without_a_body() -> None:
    with called(echo) as caller:
        caller.get("/x", method="HEAD")
        heard = caller.answer(bodiless=True)
        caller.get("/y")

        assert heard.headers["content-length"] == str(len(b"HEAD /x "))
        assert caller.answer().body == b"GET /y "


def test_a_head_request_draws_no_pieces() -> None:
    with called(streaming(error=AssertionError("a piece was drawn"))) as caller:
        for _ in "ab":  # a second one is heard only where the first came to its end
            caller.get("/x", method="HEAD")

            assert caller.answer(bodiless=True).status == 200


def test_a_caller_who_waits_for_it_is_told_to_go_ahead() -> None:
    with called(echo) as caller:
        caller.get("/", "Content-Length: 2", "Expect: 100-continue", method="POST")
        told = caller.answer()
        caller.send(b"hi")

        assert told.status == 100
        assert caller.answer().body == b"POST / hi"


def test_the_connection_is_closed_for_a_caller_who_wants_that() -> None:
    with called(echo) as caller:
        caller.get("/", "Connection: close")

        assert caller.answer().headers["connection"] == "close"
        assert caller.rest() == b""


def test_a_stream_to_an_old_caller_ends_with_the_connection() -> None:
    with called(streaming(b"one", b"two")) as caller:
        caller.send(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")

        assert caller.rest().endswith(b"\r\n\r\nonetwo")


# Failures


def test_a_handler_that_fails_is_answered_with_500_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handler(request: Served) -> Reply:
        raise ZeroDivisionError

    with called(handler) as caller:
        caller.get("/x?key=secret")
        failed = caller.answer()
        caller.get("/x")

        assert (failed.status, failed.body) == (500, b"it failed\n")
        assert caller.answer().status == 500
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


def test_a_failure_is_told_plainly_where_it_cannot_be_told_otherwise() -> None:
    async def handler(request: Served) -> Reply:
        raise ZeroDivisionError

    def refusal(error: APIStatusError) -> Reply:
        raise BrokenPipeError

    with called(handler, refusal=refusal) as caller:
        caller.get("/x")
        failed = caller.answer()
        caller.send(b"nonsense\r\n\r\n")

        assert (failed.status, failed.body) == (500, b"it failed\n")
        assert caller.answer().status == 400


def test_headers_that_cannot_be_sent_are_a_failure_of_the_handler(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handler(request: Served) -> Reply:
        return Reply(status=200, headers={"x-a": "1\r\nx-b: 2"}, body=b"")

    with called(handler) as caller:
        caller.get()

        assert caller.answer().status == 500
    assert len(caplog.records) == 1


def test_pieces_that_fail_cut_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    with called(streaming(b"one", error=ZeroDivisionError())) as caller:
        caller.get()
        heard = caller.answer()

        assert (heard.body, heard.whole) == (b"one", False)
        assert caller.rest() == b""
    assert "ZeroDivisionError" in caplog.text


def test_an_answer_can_be_cut_on_purpose(caplog: pytest.LogCaptureFixture) -> None:
    with called(streaming(b"one", error=CutOffError())) as caller:
        caller.get()
        heard = caller.answer()

        assert (heard.body, heard.whole) == (b"one", False)
        assert caller.rest() == b""
    assert caplog.records == []


def test_an_answer_can_be_broken_off_with_a_reset() -> None:
    with called(streaming(b"one", error=CutOffError(reset=True))) as caller:
        caller.get()
        caller.read_until(b"one\r\n")

        with pytest.raises(ConnectionResetError):
            caller.rest()


def test_all_that_was_written_arrives_before_a_reset() -> None:
    pieces = [b"x" * 50_000] * 40
    with called(streaming(*pieces, error=CutOffError(reset=True))) as caller:
        caller.get()
        caller.read_until(b"\r\n\r\n")
        threading.Event().wait(SOON)  # until so much of it waits in the system, on both sides

        for piece in pieces:
            assert caller.read_until(b"x\r\n") == b"c350\r\n" + piece + b"\r\n"
        with pytest.raises(ConnectionResetError):
            caller.rest()


def test_a_reset_does_not_wait_for_a_caller_who_takes_nothing() -> None:
    pieces = [b"x" * 50_000] * 40
    handler = streaming(*pieces, error=CutOffError(reset=True))
    with serving(handler, guards=Guards(stall_seconds=SOON)) as (server, background):
        with Caller(server.port) as caller:
            caller.get()
            caller.read_until(b"\r\n\r\n")
            background.run(until_empty(server))

            assert server.connections == 0


def test_all_that_was_written_leaves_before_a_cut() -> None:
    pieces = [b"x" * 50_000] * 40
    with called(streaming(*pieces, error=CutOffError())) as caller:
        caller.get()

        assert caller.answer() == (
            200,
            {"x-a": "1", "transfer-encoding": "chunked"},
            b"".join(pieces),
            False,
        )


# Callers who go away


@pytest.mark.parametrize("how", ["fin", "half", "reset"])
@pytest.mark.parametrize("first", [None, b"one"], ids=["before the head", "in the stream"])
def test_the_handler_is_cancelled_when_its_caller_goes_away(how: str, first: bytes | None) -> None:
    waiting = Waiting(first=first)
    with called(waiting) as caller:
        caller.get()
        assert waiting.reached.wait(PATIENCE_SECONDS)
        match how:
            case "fin":
                caller.socket.close()
            case "half":
                caller.socket.shutdown(1)
            case _:
                caller.reset()

        assert waiting.cancelled.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("how", ["half", "reset"])
def test_pieces_are_closed_when_their_caller_goes_away_while_they_wait_to_be_taken(
    how: str,
) -> None:
    closed, blocked = threading.Event(), threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
                blocked.set()
        finally:
            closed.set()

    kept = endless()  # so that no garbage collector does the server's work

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={}, pieces=kept)

    with called(handler) as caller:
        caller.get()
        assert blocked.wait(PATIENCE_SECONDS)
        if how == "reset":
            caller.reset()
        else:
            caller.socket.shutdown(1)

        # Sooner than a caller is cut who only takes nothing.
        assert closed.wait(PATIENCE_SECONDS)


def test_a_caller_who_breaks_off_leaves_no_noise_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    closed = threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={}, pieces=endless())

    with called(handler) as caller:
        caller.get()
        caller.read_until(b"x")
        caller.reset()

        assert closed.wait(PATIENCE_SECONDS)
    assert caplog.records == []


def test_a_caller_who_leaves_between_requests_is_no_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(echo) as (server, _):
        with Caller(server.port) as caller:
            caller.get()
            caller.answer()
        with Caller(server.port) as caller:
            caller.get()

            assert caller.answer().status == 200
    assert caplog.records == []


# Closing


def test_closing_lets_an_answer_come_to_its_end() -> None:
    go_on = threading.Event()

    async def told() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.to_thread(go_on.wait, PATIENCE_SECONDS)
        yield b"two"

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={}, pieces=told())

    with serving(handler) as (server, background), Caller(server.port) as caller:
        caller.get()
        caller.read_until(b"one\r\n")
        port = server.port
        closing = background.run(begun(server.close()))
        with pytest.raises(ConnectionRefusedError):
            Caller(port)
        go_on.set()

        assert caller.rest() == b"3\r\ntwo\r\n0\r\n\r\n"
        background.run(asyncio.wait_for(closing, PATIENCE_SECONDS))


async def begun(coroutine: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """This coroutine, up to where it waits."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)
    return task


async def retired(server: Server) -> None:
    server.retire()


def test_a_server_that_retires_answers_each_connection_once_more() -> None:
    with serving(echo) as (server, background):
        with Caller(server.port) as fresh, Caller(server.port) as used:
            used.get()
            used.answer()
            background.run(retired(server))

            with Caller(server.port) as later:
                for caller in (fresh, used, later):
                    caller.get()
                    assert caller.answer().headers["connection"] == "close"
                    assert caller.rest() == b""


def test_closing_closes_idle_connections_at_once() -> None:
    with serving(echo) as (server, background):
        with Caller(server.port) as fresh, Caller(server.port) as used:
            used.get()
            used.answer()
            background.run(server.close())

            assert (fresh.rest(), used.rest()) == (b"", b"")


def test_what_is_left_after_the_grace_is_cut_and_has_cleaned_up() -> None:
    waiting = Waiting(first=b"one")
    with serving(waiting) as (server, background), Caller(server.port) as caller:
        caller.get()
        caller.read_until(b"one\r\n")
        background.run(server.close(grace_seconds=0))

        assert waiting.cancelled.is_set()
        assert caller.rest() == b""


def test_closing_waits_until_what_was_cut_has_cleaned_up() -> None:
    cleaned = threading.Event()

    async def handler(request: Served) -> Reply:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(SOON)
            cleaned.set()
        return await echo(request)

    with serving(handler) as (server, background), Caller(server.port) as caller:
        caller.get()
        while not server.tasks:
            background.run(asyncio.sleep(0))
        background.run(asyncio.sleep(0))
        background.run(server.close(grace_seconds=0))

        assert cleaned.is_set()


def test_an_answer_that_begins_while_closing_says_that_it_is_the_last() -> None:
    reached, go_on = threading.Event(), threading.Event()

    async def handler(request: Served) -> Reply:
        reached.set()
        await asyncio.to_thread(go_on.wait, PATIENCE_SECONDS)
        return await echo(request)

    with serving(handler) as (server, background), Caller(server.port) as caller:
        caller.get()
        assert reached.wait(PATIENCE_SECONDS)
        closing = background.run(begun(server.close()))
        go_on.set()

        assert caller.answer().headers["connection"] == "close"
        background.run(asyncio.wait_for(closing, PATIENCE_SECONDS))


def test_nothing_secret_is_shown_of_a_request() -> None:
    request = Served(
        method="POST",
        target="/x?key=secret",
        headers={"authorization": "secret"},
        body=b"secret",
        peer="127.0.0.1",
    )

    assert repr(request) == "Served(method='POST', path='/x')"
    assert "secret" not in str(request.__rich_repr__())


def test_the_log_is_quiet_as_long_as_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with called(echo) as caller:
        caller.get()
        caller.answer()

    assert [record for record in caplog.records if record.name != "asyncio"] == []
