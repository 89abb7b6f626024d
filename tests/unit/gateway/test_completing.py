"""Whole answers over a connection that is at hand: nothing is different when it goes otherwise."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import pytest

from dragoman.gateway.configuration import Configuration, configure
from dragoman.gateway.service import shutting_down
from dragoman.transport.timeouts import Timeout
from tests.gateways import HI, ByModel, Door, ask, begin, error_in, lab, running, until
from tests.plain import Caller, Heard
from tests.upstream import END, STREAM, Act, Pause, Script, Send, event, whole

USAGE: Final = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}

ANSWER: Final[dict[str, Any]] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m-1",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Good day", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": USAGE,
    "of_their_own": {"kept": 1.50},
}
GOOD: Final = whole(ANSWER)
BODY: Final = json.dumps(ANSWER).encode()


@contextmanager
def warm(
    script: Script, *, timeout: Timeout | None = None
) -> Iterator[tuple[ByModel, Door, Caller]]:
    """A gateway with an idle connection to an upstream that plays this script next."""
    scripts: dict[str, Script] = {"warm": [GOOD], "m": script, "again": [GOOD]}
    with ByModel(scripts) as upstream, running(lab(upstream, exact=True)) as door:
        if timeout is not None:
            configuration = door.gateway.configuration
            configuration.options = msgspec.structs.replace(configuration.options, timeout=timeout)
        with Caller(door.port) as caller:
            assert question(caller, "warm").body == BODY
            yield upstream, door, caller


def question(caller: Caller, model: str = "m") -> Heard:
    return ask(caller, {"model": f"lab/{model}", "messages": HI})


def test_an_answer_that_comes_at_once_keeps_its_bytes() -> None:
    with warm([GOOD]) as (upstream, door, caller):
        heard = question(caller)

        assert (heard.status, heard.body) == (200, BODY)
        assert heard.headers["x-dragoman-target"] == "lab/m"
        assert heard.headers["x-dragoman-attempts"] == "1"
        assert heard.headers["content-type"] == "application/json"
        assert len(upstream.sockets) == 1
        entry = door.entries[-1]
        assert heard.headers["x-request-id"] == entry.id
        assert (entry.status, entry.target, entry.attempts) == (200, "lab/m", 1)
        assert (entry.prompt_tokens, entry.completion_tokens) == (3, 4)


@pytest.mark.parametrize("cut", [1, 20, GOOD.data.index(b"\r\n\r\n") + 4, len(GOOD.data) - 1])
def test_an_answer_that_comes_in_two_pieces_keeps_them_too(cut: int) -> None:
    pieces: Script = [Send(GOOD.data[:cut]), Pause(0.05), Send(GOOD.data[cut:])]
    with warm(pieces) as (upstream, door, caller):
        heard = question(caller)
        after = question(caller, "again")

        assert (heard.status, heard.body, after.body) == (200, BODY, BODY)
        assert len(upstream.sockets) == 1
        assert door.entries[1].completion_tokens == 4


def test_an_answer_whose_usage_does_not_add_up_is_put_right() -> None:
    wrong = {**ANSWER, "usage": {**USAGE, "total_tokens": 8}}
    with warm([whole(wrong)]) as (_, _, caller):
        told = json.loads(question(caller).body)

        assert told["usage"]["total_tokens"] == 7
        assert told["of_their_own"] == {"kept": 1.5}


def test_a_stream_that_nobody_asked_for_is_folded() -> None:
    with warm([STREAM, event("Good "), event("day"), *END]) as (_, _, caller):
        told = json.loads(question(caller).body)

        assert told["choices"][0]["message"]["content"] == "Good day"


def test_nonsense_is_the_upstreams_fault() -> None:
    with warm([whole(b"<html>")]) as (_, door, caller):
        heard = question(caller)

        assert heard.status == 502
        assert error_in(heard.body)["type"] == "upstream_error"
        assert door.entries[-1].status == 502


class Once(ByModel):
    """Plays a script to the first request for `m`, and answers the next."""

    def script_of(self, seen: Any) -> Script:
        if json.loads(seen.body)["model"] == "m" and any(b'"m"' in r.body for r in self.requests):
            super().script_of(seen)
            return [GOOD]
        return super().script_of(seen)


@pytest.mark.parametrize(
    "script",
    [
        [whole({"error": {"message": "no"}}, status=500)],
        [whole({"error": {"message": "busy"}}, status=429, retry_after="0")],
        [Act.CLOSE],
        [Act.RESET],
        [Send(GOOD.data[:-5]), Act.CLOSE],
        [Send(GOOD.data[:-5]), Act.RESET],
        [Send(b"HTTP/1.1 200 OK\r\n"), Act.CLOSE],
    ],
)
def test_an_attempt_that_fails_is_made_again(script: Script) -> None:
    with (
        Once({"warm": [GOOD], "m": script}) as upstream,
        running(lab(upstream, exact=True)) as door,
        Caller(door.port) as caller,
    ):
        question(caller, "warm")
        heard = question(caller)

        assert (heard.status, heard.body) == (200, BODY)
        assert heard.headers["x-dragoman-attempts"] == "2"
        assert [json.loads(seen.body)["model"] for seen in upstream.requests] == ["warm", "m", "m"]


@pytest.mark.parametrize("first", [[], [Send(GOOD.data[:30])], [Send(GOOD.data[:-5])]])
def test_a_caller_who_leaves_has_the_connection_closed(first: Script) -> None:
    with warm([*first, Act.STALL]) as (upstream, door, caller):
        begin(caller, {"model": "lab/m", "messages": HI})
        assert upstream.until(lambda up: len(up.requests) == 2)
        caller.socket.close()

        assert upstream.until(lambda up: up.closed == 1)
        assert until(lambda: len(door.entries) == 2)
        assert door.entries[-1].status == 499


def test_what_is_under_way_ends_with_an_error_when_the_gateway_stops() -> None:
    with warm([Act.STALL]) as (upstream, door, caller):
        begin(caller, {"model": "lab/m", "messages": HI})
        assert upstream.until(lambda up: len(up.requests) == 2)
        door.background.run(stop(door))
        heard = caller.answer()

        assert heard.status == 503
        assert error_in(heard.body)["code"] == shutting_down().code
        assert upstream.until(lambda up: up.closed == 1)


async def exchanged(door: Door, fresh: Configuration) -> None:
    old, door.gateway.configuration = door.gateway.configuration, fresh
    old.close()


async def stop(door: Door) -> None:
    door.gateway.stop()


@pytest.mark.parametrize(
    ("phase", "first"),
    [
        ("first_byte", []),
        ("first_content", []),
        ("between_events", [Send(GOOD.data[:-5])]),
        ("total", [Send(GOOD.data[:-5])]),
    ],
)
def test_every_deadline_holds(phase: str, first: Script) -> None:
    timeout = msgspec.structs.replace(Timeout(), **{phase: 0.3})
    with warm([*first, Act.STALL], timeout=timeout) as (upstream, door, caller):
        door.gateway.configuration.options = msgspec.structs.replace(
            door.gateway.configuration.options, max_retries=0
        )
        heard = question(caller)

        assert heard.status == 504
        assert upstream.until(lambda up: up.closed >= 1)


def test_the_next_request_under_the_same_head_is_judged_by_the_settings_of_its_time() -> None:
    keyed = {"keys": {"ci": {"key": "dk-1"}}}
    with warm([GOOD]) as (upstream, door, caller):
        fresh = configure({**lab(upstream, exact=True), **keyed}, environ={})
        door.background.run(exchanged(door, fresh))
        heard = question(caller)

        assert heard.status == 401
        assert len(upstream.requests) == 1


def test_another_key_on_the_same_connection_is_looked_at() -> None:
    keys = {"ci": {"key": "dk-1"}, "dev": {"key": "dk-2"}}
    with (
        ByModel({"m": [GOOD]}) as upstream,
        running({**lab(upstream, exact=True), "keys": keys}) as door,
        Caller(door.port) as caller,
    ):
        fields = {"model": "lab/m", "messages": HI}
        statuses = [
            ask(caller, fields, f"Authorization: Bearer {key}").status
            for key in ("dk-1", "dk-1", "dk-2", "dk-3", "dk-1")
        ]

        assert statuses == [200, 200, 200, 401, 200]
        assert [entry.key for entry in door.entries] == ["ci", "ci", "dev", None, "ci"]
