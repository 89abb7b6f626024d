"""Ending what waits in another task."""

import asyncio

import pytest

from dragoman.errors import APIConnectionError
from dragoman.gateway.stopping import Stop

WHY = APIConnectionError("enough")


async def waiting(stop: Stop, then: "asyncio.Future[None] | None" = None) -> None:
    with stop:
        await (then or asyncio.get_running_loop().create_future())


def test_what_waits_inside_ends_with_the_error() -> None:
    async def scene() -> "asyncio.Task[None]":
        stop = Stop()
        task = asyncio.ensure_future(waiting(stop))
        await asyncio.sleep(0)
        stop.now(WHY)
        stop.now(APIConnectionError("again"))
        await asyncio.wait([task])
        return task

    task = asyncio.run(scene())

    assert task.exception() is WHY
    assert not task.cancelling()


def test_whoever_enters_later_gets_the_error_at_once() -> None:
    async def scene() -> None:
        stop = Stop()
        stop.now(WHY)
        await waiting(stop)

    with pytest.raises(APIConnectionError, match="enough"):
        asyncio.run(scene())


def test_whoever_is_cancelled_by_others_stays_cancelled() -> None:
    async def scene(*, stopped: bool) -> "asyncio.Task[None]":
        stop = Stop()
        task = asyncio.ensure_future(waiting(stop))
        await asyncio.sleep(0)
        if stopped:
            stop.now(WHY)
        task.cancel()
        await asyncio.wait([task])
        return task

    assert asyncio.run(scene(stopped=False)).cancelled()
    assert asyncio.run(scene(stopped=True)).cancelled()


def test_outside_nothing_is_ended() -> None:
    async def scene() -> str:
        stop = Stop()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        await waiting(stop, done)
        stop.now(WHY)
        await asyncio.sleep(0)
        return "to its end"

    assert asyncio.run(scene()) == "to its end"
