"""Whether there is room for one more request."""

import asyncio
import functools
from collections.abc import Callable, Coroutine

import pytest

from dragoman.errors import APIStatusError
from dragoman.gateway.admission import Admission
from dragoman.gateway.strain import Strain


def on_a_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    @functools.wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run


async def settled() -> None:
    """Whoever can go on has gone on to its next wait."""
    for _ in range(5):
        await asyncio.sleep(0)


def code_of(task: "asyncio.Task[None]") -> str | None:
    error = task.exception()
    assert isinstance(error, APIStatusError)
    assert error.status_code == 503
    assert error.should_retry
    assert error.retry_after in (1, 2, 3)
    return error.code


@on_a_loop
async def test_requests_are_let_in_up_to_the_bound_and_then_wait() -> None:
    admission = Admission(pending_limit=4)
    for _ in range(4):
        await admission.enter()

    waiting = asyncio.ensure_future(admission.enter())
    await settled()
    assert not waiting.done()
    admission.leave()
    await waiting

    assert admission.pending == 4


@on_a_loop
async def test_the_newest_that_waits_is_let_in_first() -> None:
    admission = Admission(pending_limit=8)
    for _ in range(8):
        await admission.enter()
    older, newer = (asyncio.ensure_future(admission.enter()) for _ in range(2))
    await settled()

    admission.leave()
    await settled()

    assert newer.done()
    assert not older.done()
    admission.leave()
    await older


@on_a_loop
async def test_where_the_queue_is_full_the_oldest_is_refused() -> None:
    admission = Admission(pending_limit=4)
    for _ in range(4):
        await admission.enter()
    oldest = asyncio.ensure_future(admission.enter())
    await settled()
    newest = asyncio.ensure_future(admission.enter())
    await settled()

    assert code_of(oldest) == "overloaded"
    assert not newest.done()
    admission.leave()
    await newest


@on_a_loop
async def test_whoever_waits_too_long_is_refused_and_takes_no_place() -> None:
    admission = Admission(pending_limit=4)
    for _ in range(4):
        await admission.enter()

    waiting = asyncio.ensure_future(admission.enter())
    await asyncio.wait([waiting])

    assert code_of(waiting) == "overloaded"
    for _ in range(4):
        admission.leave()
    assert admission.pending == 0


@on_a_loop
async def test_where_nobody_may_wait_the_answer_comes_at_once() -> None:
    admission = Admission(pending_limit=1)
    await admission.enter()

    waiting = asyncio.ensure_future(admission.enter())
    await settled()

    assert code_of(waiting) == "overloaded"


@on_a_loop
async def test_whoever_goes_while_waiting_takes_no_place() -> None:
    admission = Admission(pending_limit=4)
    for _ in range(4):
        await admission.enter()
    gone = asyncio.ensure_future(admission.enter())
    await settled()

    gone.cancel()
    await asyncio.wait([gone])
    admission.leave()

    assert gone.cancelled()
    assert admission.pending == 3


@on_a_loop
async def test_whoever_goes_just_as_it_is_let_in_gives_its_place_back() -> None:
    admission = Admission(pending_limit=4)
    for _ in range(4):
        await admission.enter()
    gone = asyncio.ensure_future(admission.enter())
    await settled()

    admission.leave()
    gone.cancel()
    await asyncio.wait([gone])

    assert gone.cancelled()
    assert admission.pending == 3


def test_more_streams_than_the_bound_are_not_begun() -> None:
    admission = Admission(stream_limit=2)
    admission.streams = 1
    admission.check_stream()
    admission.streams = 2

    with pytest.raises(APIStatusError, match="as many requests"):
        admission.check_stream()


@on_a_loop
async def test_where_no_stream_may_be_begun_whole_answers_still_are_given() -> None:
    admission = Admission(stream_limit=2)
    admission.streams = 2

    await admission.enter()

    assert (admission.streams, admission.pending) == (2, 1)


def short_of_memory() -> Strain:
    strain = Strain()
    strain.takes, strain.why = 1000, "memory"
    return strain


@on_a_loop
async def test_a_process_short_of_something_refuses_what_is_too_large_for_it() -> None:
    admission = Admission(strain=short_of_memory())
    await admission.enter(1000)

    refused = asyncio.ensure_future(admission.enter(1001))
    await asyncio.wait([refused])

    assert code_of(refused) == "overloaded"
    assert "short of memory" in str(refused.exception())
    assert admission.pending == 1
