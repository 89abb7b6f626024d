"""What a caller may take of a server: time, bytes, connections, and memory by not reading."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from dragoman.errors import APIStatusError
from dragoman.transport.handling import Guards, Reply, Served, StreamedReply
from tests.background import PATIENCE_SECONDS
from tests.plain import Caller
from tests.served import SOON, Waiting, called, echo, send_for_ever, serving, until_empty

# Back-pressure


def test_no_more_is_drawn_than_the_caller_takes() -> None:
    drawn = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal drawn
        while True:
            drawn += 1
            yield b"x" * 65536
            await asyncio.sleep(0)

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={}, pieces=endless())

    async def settled() -> int:
        before = -1
        while before != drawn:
            before = drawn
            await asyncio.sleep(0.1)
        return drawn

    with serving(handler) as (server, background), Caller(server.port) as caller:
        caller.get()

        assert background.run(settled()) < 1000


def test_pieces_that_never_wait_leave_others_their_turn() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b""

    async def handler(request: Served) -> Reply | StreamedReply:
        if request.path == "/endless":
            return StreamedReply(status=200, headers={}, pieces=endless())
        return await echo(request)

    with serving(handler) as (server, _):
        with Caller(server.port) as greedy, Caller(server.port) as other:
            greedy.get("/endless")
            greedy.read_until(b"\r\n\r\n")
            other.get("/x")

            assert other.answer().body == b"GET /x "


def test_a_caller_who_takes_nothing_is_cut() -> None:
    closed = threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={}, pieces=endless())

    with called(handler, guards=Guards(stall_seconds=SOON)) as caller:
        caller.get()

        assert closed.wait(PATIENCE_SECONDS)


def test_a_caller_who_takes_no_last_bytes_is_cut() -> None:
    async def until_the_system_takes_no_more() -> AsyncIterator[bytes]:
        (connection,) = server._connections
        while not connection._transport.get_write_buffer_size():
            yield b"x" * 4096

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={}, pieces=until_the_system_takes_no_more())

    with serving(handler, guards=Guards(stall_seconds=SOON)) as (server, background):
        with Caller(server.port) as caller:
            caller.get("/", "Connection: close")
            caller.read_until(b"\r\n\r\n")
            background.run(until_empty(server))

            assert server.connections == 0


@pytest.mark.parametrize("fields", [[], ["Connection: close"]], ids=["kept", "the last"])
def test_a_caller_who_takes_a_little_now_and_then_is_not_cut(fields: list[str]) -> None:
    body = b"x" * 20_000_000

    async def handler(request: Served) -> Reply:
        return Reply(status=200, headers={}, body=body)

    with called(handler, guards=Guards(stall_seconds=4 * SOON)) as caller:
        caller.get("/", *fields)
        for _ in range(8):
            threading.Event().wait(SOON)
            caller.read(2_000_000)

        assert caller.answer().body == body


def test_a_caller_who_takes_the_last_bytes_slowly_gets_them_all() -> None:
    body = b"x" * 20_000_000

    async def handler(request: Served) -> Reply:
        return Reply(status=200, headers={}, body=body)

    with called(handler, guards=Guards(idle_seconds=SOON)) as caller:
        caller.get("/", "Connection: close")
        head = caller.read_until(b"\r\n\r\n")
        threading.Event().wait(3 * SOON)

        assert head.startswith(b"HTTP/1.1 200")
        assert len(caller.rest()) == len(body)


# Guards


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
def test_a_head_that_does_not_begin_is_not_waited_for(sent: bytes) -> None:
    with called(echo, guards=Guards(head_seconds=SOON)) as caller:
        caller.send(sent)

        assert caller.rest() == b""


def test_a_head_that_begins_and_does_not_come_is_refused() -> None:
    with called(echo, guards=Guards(head_seconds=SOON)) as caller:
        caller.send(b"GET / HTTP/1.1\r\nHo")
        heard = caller.answer()

        assert (heard.status, heard.headers["connection"]) == (408, "close")
        assert caller.rest() == b""


def test_the_first_byte_of_a_head_does_not_buy_more_time_than_a_head_has() -> None:
    with called(echo, guards=Guards(head_seconds=SOON, idle_seconds=60)) as caller:
        caller.get()
        caller.answer()
        caller.send(b"G")

        assert caller.answer().status == 408
        assert caller.rest() == b""


def test_an_idle_connection_is_closed() -> None:
    with called(echo, guards=Guards(idle_seconds=SOON, head_seconds=60)) as caller:
        caller.get()
        caller.answer()

        assert caller.rest() == b""


def test_a_body_that_does_not_come_is_answered_with_408() -> None:
    with called(echo, guards=Guards(body_grace_seconds=SOON)) as caller:
        caller.get("/", "Content-Length: 5", method="POST")
        heard = caller.answer()

        assert (heard.status, heard.headers["connection"]) == (408, "close")
        assert caller.rest() == b""


@pytest.mark.parametrize("with_head", [True, False])
def test_a_body_that_comes_fast_enough_has_its_time(with_head: bool) -> None:
    guards = Guards(body_grace_seconds=SOON, body_bytes_per_second=10)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n"
    with called(echo, guards=guards) as caller:
        caller.send(head + b"x" * 100 if with_head else head)
        threading.Event().wait(SOON / 2)
        caller.send(b"" if with_head else b"x" * 100)
        threading.Event().wait(2 * SOON)
        caller.send(b"x")

        assert caller.answer().status == 200


def test_a_body_has_an_end_however_fast_it_comes() -> None:
    guards = Guards(body_grace_seconds=60, body_seconds=SOON)
    with called(echo, guards=guards) as caller:
        caller.get("/", "Content-Length: 50", method="POST")
        caller.send(b"x" * 40)

        assert caller.answer().status == 408


def test_time_for_the_body_does_not_bound_the_answer() -> None:
    async def slow(request: Served) -> Reply:
        await asyncio.sleep(3 * SOON)
        return await echo(request)

    guards = Guards(
        head_seconds=SOON, body_grace_seconds=SOON, body_seconds=SOON, idle_seconds=SOON
    )
    with called(slow, guards=guards) as caller:
        caller.post("/", b"hi")

        assert caller.answer().body == b"POST / hi"


def test_a_body_over_the_limit_is_refused_and_the_refusal_can_be_read() -> None:
    with called(echo, guards=Guards(body_bytes=1000)) as caller:
        caller.get("/", "Content-Length: 30000000", method="POST")
        caller.send(b"x" * 30_000_000)

        assert caller.answer().status == 413
        assert caller.rest() == b""


def test_a_caller_who_was_refused_and_goes_on_is_cut() -> None:
    guards = Guards(body_bytes=1000, linger_seconds=SOON)
    with called(echo, guards=guards) as caller:
        caller.get("/", "Content-Length: 1001", method="POST")
        caller.answer()

        assert caller.rest() == b""
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(caller)


def test_what_is_no_request_is_refused_in_the_dialect_of_the_server() -> None:
    def refusal(error: APIStatusError) -> Reply:
        return Reply(status=error.status_code, headers={"x-a": "no"}, body=b"no")

    with serving(echo, refusal=refusal) as (server, _), Caller(server.port) as caller:
        caller.send(b"GET / HTTP/1.1\r\n\r\n")
        heard = caller.answer()

        assert (heard.status, heard.headers["x-a"], heard.body) == (400, "no", b"no")
        assert heard.headers["connection"] == "close"
        assert caller.rest() == b""


def test_a_caller_who_floods_while_an_answer_is_owed_is_cut() -> None:
    waiting = Waiting()
    with called(waiting) as caller:
        caller.get()
        assert waiting.reached.wait(PATIENCE_SECONDS)
        caller.send(b"x" * 64 * 1024)
        assert not waiting.cancelled.is_set()
        caller.send(b"x")

        assert waiting.cancelled.wait(PATIENCE_SECONDS)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(caller)


def test_a_caller_who_floods_and_reads_nothing_is_cut_at_once() -> None:
    closed, blocked = threading.Event(), threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
                blocked.set()
        finally:
            closed.set()

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={}, pieces=endless())

    with called(handler) as caller:
        caller.get()
        assert blocked.wait(PATIENCE_SECONDS)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(caller, b"x" * 4096)

        assert closed.wait(PATIENCE_SECONDS)


def test_one_connection_too_many_from_an_address_is_closed_unheard() -> None:
    # The other deadlines are longer than the patience of the test: they close nothing here.
    guards = Guards(connections_per_address=1, head_seconds=60)
    with serving(echo, guards=guards) as (server, _):
        with Caller(server.port) as first, Caller(server.port) as second:
            first.get()
            first.answer()

            assert second.rest() == b""
            first.get()
            assert first.answer().status == 200


def test_a_connection_that_is_gone_makes_room_for_another() -> None:
    guards = Guards(connections_per_address=1)
    with serving(echo, guards=guards) as (server, _):
        for _ in range(3):
            with Caller(server.port) as caller:
                caller.get("/", "Connection: close")
                assert caller.answer().status == 200
                caller.rest()
