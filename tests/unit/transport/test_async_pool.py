"""Connections kept on an event loop: which are used again, who waits, and what is left behind."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from dragoman.errors import APIConnectionError, APITimeoutError
from dragoman.transport.asynchronous import AsyncioAnswer, AsyncioTransport
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout
from tests.scripted import Act, ScriptedServer

PATIENT = Timeout()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"
BREAK = b"break the connection"


class Account:
    """What a server says to each request, and what it has seen."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.opened: list[asyncio.Transport] = []
        self.heard: list[int] = []
        """For each request, the number of its connection."""
        self.closed = 0
        self.url = ""

    async def all_closed(self) -> bool:
        while self.closed < len(self.opened):
            await asyncio.sleep(0.005)
        return True


class Peer(asyncio.Protocol):
    """Takes each read for a request."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._number = len(self._account.opened)
        self._account.opened.append(self._transport)

    def data_received(self, data: bytes) -> None:
        self._account.heard.append(self._number)
        if self._account.answer == BREAK:
            self._transport.abort()
        self._transport.write(self._account.answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._account.closed += 1


@asynccontextmanager
async def serving(answer: bytes = OK) -> AsyncIterator[Account]:
    account = Account(answer)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(account), "127.0.0.1", 0)
    account.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield account
    finally:
        server.close()
        for transport in account.opened:
            transport.abort()


def request(url: str) -> Request:
    return Request(method="POST", url=url, headers={}, body=b"{}")


async def sent(transport: AsyncioTransport, url: str, timeout: Timeout = PATIENT) -> AsyncioAnswer:
    return await transport.send(request(url), timeout=timeout)


async def asked(transport: AsyncioTransport, url: str, timeout: Timeout = PATIENT) -> bytes:
    answer = await sent(transport, url, timeout)
    return await answer.read()


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [(OK, [0, 0, 0]), (EMPTY, [0, 0, 0]), (LAST, [0, 1, 2]), (OK + b"surplus", [0, 1, 2])],
)
def test_a_connection_is_used_again_where_its_answer_left_it_clean(
    answer: bytes, numbers: list[int]
) -> None:
    async def thrice() -> list[int]:
        transport = AsyncioTransport()
        async with serving(answer) as account:
            for _ in range(3):
                await asked(transport, account.url)
            return account.heard

    assert asyncio.run(thrice()) == numbers


def test_an_answer_without_a_body_needs_no_reading() -> None:
    async def twice() -> list[int]:
        transport = AsyncioTransport(limit_per_host=1)
        async with serving(EMPTY) as account:
            await sent(transport, account.url)
            await sent(transport, account.url)
            return account.heard

    assert asyncio.run(twice()) == [0, 0]


def test_an_answer_that_came_whole_may_be_closed_unread() -> None:
    async def twice() -> tuple[list[int], bytes]:
        transport = AsyncioTransport(limit_per_host=1)
        async with serving(OK) as account:
            (await sent(transport, account.url)).close()
            return account.heard, await asked(transport, account.url)

    assert asyncio.run(twice()) == ([0, 0], b"hello")


def test_the_newest_connection_is_used_first_and_the_old_ones_are_closed() -> None:
    async def aging() -> tuple[list[int], int, int]:
        transport = AsyncioTransport(idle_seconds=0.2)
        async with serving() as account:
            answers = [await sent(transport, account.url) for _ in range(3)]
            for answer in answers:
                await answer.read()
            for _ in range(6):
                await asyncio.sleep(0.05)
                await asked(transport, account.url)
            kept = len(account.opened) - account.closed
            await account.all_closed()
            return account.heard[3:], kept, account.closed

    assert asyncio.run(aging()) == ([2] * 6, 1, 3)


@pytest.mark.parametrize("farewell", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
def test_a_connection_that_went_stale_is_replaced_before_anything_is_written(
    farewell: bytes,
) -> None:
    async def stale() -> tuple[list[int], list[int]]:
        transport = AsyncioTransport()
        async with serving() as account:
            await asked(transport, account.url)
            account.opened[0].write(farewell)
            account.opened[0].close()
            await asyncio.sleep(0)  # closed there, and not yet noticed here
            await asked(transport, account.url)
            at_once = list(account.heard)
            account.opened[1].write(farewell)
            account.opened[1].close()
            await asyncio.sleep(0.02)  # noticed
            await asked(transport, account.url)
            return at_once, account.heard

    assert asyncio.run(stale()) == ([0, 1], [0, 1, 2])


def test_a_connection_that_breaks_after_the_request_was_written_is_not_tried_again() -> None:
    async def broken() -> tuple[str, list[int]]:
        transport = AsyncioTransport()
        async with serving() as account:
            await asked(transport, account.url)
            account.answer = BREAK
            with pytest.raises(APIConnectionError) as caught:
                await asked(transport, account.url)
            return caught.value.attempt_class, account.heard

    assert asyncio.run(broken()) == ("ambiguous", [0, 0])


def test_who_finds_every_connection_taken_waits_in_line() -> None:
    async def in_line() -> tuple[list[int], list[int]]:
        transport = AsyncioTransport(limit_per_host=1)
        order: list[int] = []

        async def one(number: int) -> None:
            answer = await sent(transport, account.url)
            order.append(number)
            await answer.read()

        async with serving() as account:
            await asyncio.gather(*[one(number) for number in range(5)])
            return order, account.heard

    assert asyncio.run(in_line()) == ([0, 1, 2, 3, 4], [0] * 5)


def test_waiting_for_a_connection_has_its_deadline() -> None:
    async def waited() -> tuple[str, str, list[int]]:
        transport = AsyncioTransport(limit_per_host=1)
        async with serving(BEGUN) as account:
            first = await sent(transport, account.url)
            with pytest.raises(APITimeoutError) as caught:
                await sent(transport, account.url, Timeout(pool=0.02))
            first.close()
            (await sent(transport, account.url)).close()
            return caught.value.phase, caught.value.attempt_class, account.heard

    assert asyncio.run(waited()) == ("pool", "not_sent", [0, 1])


def test_other_hosts_do_not_wait() -> None:
    async def both() -> bytes:
        transport = AsyncioTransport(limit_per_host=1)
        async with serving(BEGUN) as busy, serving(OK) as free:
            answer = await sent(transport, busy.url)
            heard = await asked(transport, free.url)
            answer.close()
            return heard

    assert asyncio.run(both()) == b"hello"


@pytest.mark.parametrize("answer", [b"", BEGUN])
def test_thousands_of_cancels_leave_the_pool_whole(answer: bytes) -> None:
    # Some wait for their turn, some connect, some wait for a head, some are in the body.
    async def cancelled() -> tuple[bool, list[bytes]]:
        transport = AsyncioTransport(limit_per_host=4)
        async with serving(answer) as account:
            for turn in range(100):
                tasks = [asyncio.create_task(asked(transport, account.url)) for _ in range(20)]
                for _ in range(turn % 11):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            gone = await account.all_closed()
            account.answer = OK
            asking = [asked(transport, account.url) for _ in range(20)]
            return gone, await asyncio.gather(*asking)

    assert asyncio.run(cancelled()) == (True, [b"hello"] * 20)


def test_cancels_never_lose_a_place_in_the_line() -> None:
    async def survived() -> list[bytes]:
        transport = AsyncioTransport(limit_per_host=2)
        async with serving() as account:
            for turn in range(200):
                tasks = [asyncio.create_task(asked(transport, account.url)) for _ in range(10)]
                for _ in range(turn % 7):
                    await asyncio.sleep(0)
                for task in tasks[turn % 3 :: 2]:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            return await asyncio.gather(*[asked(transport, account.url) for _ in range(10)])

    assert asyncio.run(survived()) == [b"hello"] * 10


def test_one_transport_serves_several_loops_in_turn() -> None:
    transport = AsyncioTransport()

    async def twice() -> tuple[list[int], int]:
        async with serving() as account:
            await asked(transport, account.url)
            await asked(transport, account.url)
            return account.heard, len(transport._pools)

    assert [asyncio.run(twice()) for _ in range(3)] == [([0, 0], 1)] * 3


def test_a_loop_that_ends_takes_its_idle_connections_along() -> None:
    transport = AsyncioTransport()

    with ScriptedServer([OK, Act.STALL]) as server:
        asyncio.run(asked(transport, server.url))

        assert server.gone.wait(10)


def test_close_ends_what_is_idle_and_leaves_what_is_read() -> None:
    async def closed() -> tuple[int, bytes, bool]:
        transport = AsyncioTransport()
        async with serving() as account:
            reading = await sent(transport, account.url)
            await asked(transport, account.url)
            transport.close()
            transport.close()
            await asyncio.sleep(0.02)
            return account.closed, await reading.read(), await account.all_closed()

    assert asyncio.run(closed()) == (1, b"hello", True)


def test_close_needs_no_event_loop() -> None:
    transport = AsyncioTransport()
    with ScriptedServer([OK]) as server:
        asyncio.run(asked(transport, server.url))

    transport.close()


FORKED = """
import asyncio, os, sys
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout

transport = AsyncioTransport()

async def asked():
    request = Request(method="POST", url=sys.argv[1], headers={}, body=b"{}")
    answer = await transport.send(request, timeout=Timeout())
    return await answer.read()

parent = asyncio.new_event_loop()
parent.run_until_complete(asked())
child = os.fork()
if not child:
    os._exit(parent.run_until_complete(asked()) != b"hello")
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
parent.run_until_complete(asked())
parent.run_until_complete(parent.shutdown_asyncgens())
parent.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_after_a_fork_the_child_opens_its_own_and_the_parent_goes_on() -> None:
    async def forked() -> tuple[int | None, list[int]]:
        async with serving() as account:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", FORKED, account.url, stdout=subprocess.DEVNULL
            )
            return await process.wait(), account.heard

    assert asyncio.run(forked()) == (0, [0, 1, 0])
