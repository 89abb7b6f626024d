"""Campaign 11, on the client's side: whoever goes away lets go of the upstream at once.

The upstream's account says when each socket closed; the abort is taken from the same clock.
"""

import asyncio
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

import pytest

from dragoman import AsyncClient, Client
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.blocking import BlockingTransport
from tests.campaigns.aborting import CHUNKS, SITUATIONS, Situations, half_closed, request
from tests.campaigns.calls import ANSWER, said, until
from tests.campaigns.figures import Figure, quantile, seeds, spread

WAVE: Final = 20
"""Calls at a time, and as many connections as a pool has."""

WAITING: Final = [name for name in SITUATIONS if name != "fine"]

BAR: Final = 0.1
"""Seconds from the abort to the close."""


@dataclass
class Account:
    """When each call was aborted, and what the upstream says of it."""

    upstream: Situations
    aborted: dict[int, float] = field(default_factory=dict)
    situation: dict[int, str] = field(default_factory=dict)
    whole: bool = False
    """All places of the pool are there and usable at the end."""

    def begin(self, situation: str) -> int:
        call = len(self.situation)
        self.situation[call] = situation
        return call

    @property
    def to_close(self) -> list[int]:
        """The calls that had a connection which could not be used again."""
        return [
            call
            for call, situation in self.situation.items()
            if call in self.upstream.calls and situation not in ("in-back-off", "fine")
        ]

    def settled(self) -> bool:
        """All that has to be closed is."""
        return until(
            lambda: all(
                seen.socket.closed for call in self.to_close for seen in self.upstream.calls[call]
            )
        )

    @property
    def seconds(self) -> list[float]:
        """From each abort to its close."""
        return [
            (seen.socket.closed or float("inf")) - self.aborted[call]
            for call in self.to_close
            for seen in self.upstream.calls[call]
        ]

    @property
    def repeated(self) -> int:
        """Requests that were made though their caller had gone."""
        return sum(len(seen) - 1 for seen in self.upstream.calls.values())


# On an event loop


class Later:
    """Asks and goes away, on a loop."""

    def __init__(self, account: Account, seed: int) -> None:
        self.account = account
        self.chance = random.Random(seed)
        self.client = self._client(WAVE)

    def _client(self, limit: int) -> AsyncClient:
        transport = AsyncioTransport(limit_per_host=limit)
        return AsyncClient(transport=transport, **self.account.upstream.settings)

    async def ask(self, client: AsyncClient, call: int, take: int, *, leave: bool) -> None:
        """Takes so many chunks of a stream, and closes it, or waits for more."""
        answer: Any = await client.chat.completions.create(
            **request(self.account.situation[call], call)
        )
        if not hasattr(answer, "close"):
            return
        async with answer:
            taken = 0
            async for _ in answer:
                taken += 1
                if leave and taken == take:
                    self.account.aborted[call] = time.monotonic()
                    break

    async def one(self, situation: str) -> None:
        call = self.account.begin(situation)
        leave = situation == "mid-stream" and self.chance.random() < 0.5
        take = self.chance.randint(1, CHUNKS)
        task = asyncio.create_task(self.ask(self.client, call, take, leave=leave))
        if not leave:
            anywhen = self.chance.random() < 0.2
            while not (anywhen or call in self.account.upstream.calls):
                await asyncio.sleep(0.001)
            await asyncio.sleep(self.chance.random() * 0.004)
            self.account.aborted[call] = time.monotonic()
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def in_line(self) -> None:
        """One holds the only connection; another waits for it, and gives up."""
        narrow = self._client(1)
        holder, waiter = self.account.begin("before-the-head"), self.account.begin("fine")
        holding = asyncio.create_task(self.ask(narrow, holder, 0, leave=False))
        while holder not in self.account.upstream.calls:
            await asyncio.sleep(0.001)
        waiting = asyncio.create_task(self.ask(narrow, waiter, 0, leave=False))
        await asyncio.sleep(0)
        for call, task in ((waiter, waiting), (holder, holding)):
            self.account.aborted[call] = time.monotonic()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert waiter not in self.account.upstream.calls
        narrow.close()

    async def run(self, count: int) -> None:
        for wave in range(0, count, WAVE):
            kinds = self.chance.choices(WAITING, k=min(WAVE, count - wave))
            await asyncio.gather(*[self.one(kind) for kind in kinds])
            if wave % (10 * WAVE) == 0:
                await self.in_line()
        asked = [
            self.client.chat.completions.create(**request("fine", self.account.begin("fine")))
            for _ in range(WAVE)
        ]
        answers = await asyncio.wait_for(asyncio.gather(*asked), 20)
        self.account.whole = [said(answer) for answer in answers] == [ANSWER] * WAVE
        self.client.close()


# Blocking


class GoneError(BaseException):
    """What Ctrl-C raises, under another name."""


def gone(number: int, frame: FrameType | None) -> None:
    raise GoneError


if sys.platform == "win32":
    # There is no signal that a process may send to one of its threads.
    SIGNALLED = False
    interruptible = nullcontext

    def interrupt(thread: int) -> None:
        raise NotImplementedError

else:
    SIGNALLED = True

    @contextmanager
    def interruptible() -> Iterator[None]:
        before = signal.signal(signal.SIGUSR1, gone)
        try:
            yield
        finally:
            signal.signal(signal.SIGUSR1, before)

    def interrupt(thread: int) -> None:
        signal.pthread_kill(thread, signal.SIGUSR1)


class AtOnce:
    """Asks and goes away, blocking: by a signal, by leaving a stream, by closing it elsewhere."""

    def __init__(self, account: Account, seed: int) -> None:
        self.account = account
        self.chance = random.Random(seed)
        transport = BlockingTransport(limit_per_host=1)
        self.client = Client(transport=transport, **account.upstream.settings)

    def stream(self, call: int) -> Any:
        return self.client.chat.completions.create(**request("mid-stream", call))

    def left(self) -> None:
        call = self.account.begin("mid-stream")
        with self.stream(call) as stream:
            for _ in range(self.chance.randint(1, CHUNKS)):
                next(stream)
            self.account.aborted[call] = time.monotonic()

    def closed_elsewhere(self) -> None:
        call = self.account.begin("mid-stream")
        stream = self.stream(call)

        def close() -> None:
            time.sleep(self.chance.random() * 0.004)
            self.account.aborted[call] = time.monotonic()
            stream.close()

        closer = threading.Thread(target=close)
        closer.start()
        with suppress(Exception):
            for _ in stream:
                pass
        closer.join()

    def interrupted(self, situation: str) -> None:
        call = self.account.begin(situation)
        self._interrupted(call, lambda: call in self.account.upstream.calls)

    def interrupted_in_line(self) -> None:
        holder, waiter = self.account.begin("mid-stream"), self.account.begin("fine")
        with self.stream(holder):
            self._interrupted(waiter, lambda: True)
            assert waiter not in self.account.upstream.calls
            self.account.aborted[holder] = time.monotonic()

    def _interrupted(self, call: int, reached: Any) -> None:
        assert threading.current_thread() is threading.main_thread()
        here = threading.get_ident()
        over = threading.Event()

        def interrupt_it() -> None:
            until(reached)
            over.wait(self.chance.random() * 0.004)
            self.account.aborted[call] = time.monotonic()
            while not over.is_set():
                interrupt(here)
                over.wait(1)

        interrupter = threading.Thread(target=interrupt_it)
        try:
            interrupter.start()
            answer: Any = self.client.chat.completions.create(
                **request(self.account.situation[call], call)
            )
            with answer:
                for _ in answer:
                    pass
        except GoneError:
            over.set()
        interrupter.join()

    def run(self, count: int) -> None:
        for _ in range(count):
            way = self.chance.randrange(4 if SIGNALLED else 2)
            if way == 0:
                self.left()
            elif way == 1:
                self.closed_elsewhere()
            elif way == 2 and self.chance.random() < 0.2:
                self.interrupted_in_line()
            else:
                self.interrupted(self.chance.choice(WAITING))
        answer = self.client.chat.completions.create(**request("fine", self.account.begin("fine")))
        self.account.whole = said(answer) == ANSWER
        self.client.close()


# Tests and figures


def aborted_later(count: int, seed: int) -> tuple[Account, int]:
    """What became of so many aborts on a loop; and the sockets that were left half closed."""
    with Situations() as upstream:
        account = Account(upstream)
        asyncio.run(Later(account, seed).run(count))
        account.settled()
        return account, half_closed(upstream.port)


def aborted_at_once(count: int, seed: int) -> tuple[Account, int]:
    """The same, blocking."""
    with Situations() as upstream, interruptible():
        account = Account(upstream)
        AtOnce(account, seed).run(count)
        account.settled()
        return account, half_closed(upstream.port)


@pytest.mark.parametrize("seed", seeds("11"))
@pytest.mark.parametrize("aborted", [aborted_later, aborted_at_once])
def test_whoever_goes_away_lets_go_of_the_upstream_at_once(aborted: Any, seed: int) -> None:
    account, left_over = aborted(100, seed)

    assert account.seconds
    assert max(account.seconds) < 20 * BAR
    assert (account.whole, account.repeated, left_over) == (True, 0, 0)


def figure(ways: str, account: Account, left_over: int, seed: int) -> Figure:
    seconds = account.seconds
    fine = account.whole and not account.repeated and not left_over
    return Figure(
        campaign="11",
        done=f"{len(account.aborted)} calls aborted {ways}: before the head, before content,"
        " mid-stream, mid-body, in back-off, in line for a connection",
        wanted="every socket of the upstream closed within 100 ms, p99 at most 25 ms; the pool"
        " whole; no request after the abort; no socket in CLOSE_WAIT",
        measured=f"{spread(seconds)} ({len(seconds)} sockets); pool"
        f" {'whole' if account.whole else 'NOT WHOLE'}, {account.repeated} requests after the"
        f" abort, {left_over} in CLOSE_WAIT",
        met=fine and max(seconds) <= BAR and quantile(seconds, 0.99) <= BAR / 4,
        seed=seed,
    )


def campaign(count: int, seed: int) -> list[Figure]:
    """The figures of so many aborts, half of them on a loop."""
    later, at_once = aborted_later(count // 2, seed), aborted_at_once(count - count // 2, seed)
    return [
        figure("on a loop, by cancelling or leaving", *later, seed),
        figure("blocking, by a signal, by leaving, by closing in another thread", *at_once, seed),
    ]
