"""What stands beside an answer: its status, headers and timings; and `with_raw_response`."""

import asyncio
from typing import Any

import pytest

from dragoman import AsyncClient, Client
from dragoman.client.raw import RawResponse
from dragoman.client.streamed import AsyncStream, Stream
from dragoman.errors import BadRequestError
from dragoman.models import shared
from tests.scripted import ScriptedServer
from tests.unit.client.test_client import BUSY, client_of
from tests.unit.client.test_create import SAID, SPOKEN, STOPPED, WHOLE, answer, events

STREAM = events(*SPOKEN, STOPPED, b"[DONE]")
ASKED: dict[str, Any] = {"model": "openai/gpt-4o", "messages": [SAID], "timeout": 5}


def text(response: shared.CreateChatCompletionResponse) -> str | None:
    return response.choices[0].message.content


def test_a_raw_response_has_the_head_of_the_answer_and_the_answer() -> None:
    with ScriptedServer(answer(WHOLE)) as server, client_of(server) as client:
        raw = client.chat.completions.with_raw_response.create(**ASKED)

    assert (raw.status_code, raw.request_id, raw.retries_taken) == (200, "req-1", 0)
    assert raw.headers["Content-Type"] == raw.headers["content-type"] == "application/json"
    assert text(raw.parse()) == "Oslo."
    assert raw.parse().meta.headers is raw.headers


def test_a_raw_stream_has_its_head_before_it_is_read() -> None:
    with ScriptedServer(STREAM) as server, client_of(server) as client:
        raw = client.chat.completions.with_raw_response.create(**ASKED, stream=True)

        assert isinstance(raw.parse(), Stream)
        assert raw.headers["content-type"] == "text/event-stream"
        assert len(list(raw.parse())) == 3


def test_a_raw_response_tells_the_attempts_before_it() -> None:
    with ScriptedServer(BUSY, answer(WHOLE)) as server, client_of(server) as client:
        assert client.chat.completions.with_raw_response.create(**ASKED).retries_taken == 1


def test_a_raw_response_shows_no_values_of_headers() -> None:
    with ScriptedServer(answer(WHOLE)) as server, client_of(server) as client:
        raw = client.chat.completions.with_raw_response.create(**ASKED)

    assert repr(raw) == (
        "RawResponse(status_code=200, headers=Headers(content-type, x-request-id, content-length))"
    )


def test_a_refusal_is_raised_as_ever() -> None:
    with ScriptedServer() as server, client_of(server) as client:
        with pytest.raises(BadRequestError):
            client.chat.completions.with_raw_response.create(**{**ASKED, "messages": []})


def test_a_raw_response_can_be_parsed_to_a_type() -> None:
    with Client() as client:
        raw = client.chat.completions.with_raw_response.parse(
            model="sim/echo", messages=[SAID], response_format=dict[str, int]
        )

    assert raw.parse().choices[0].message.parsed == {}  # type: ignore[attr-defined] # ours only


def test_the_asynchronous_client_gives_raw_responses_too() -> None:
    async def both() -> tuple[RawResponse[Any], RawResponse[Any], RawResponse[Any], int]:
        async with AsyncClient() as client:
            raw = client.chat.completions.with_raw_response
            asked: dict[str, Any] = {"model": "sim/echo", "messages": [SAID]}
            whole = await raw.create(**asked)
            streamed = await raw.create(**asked, stream=True)
            parsed = await raw.parse(**asked, response_format=dict[str, int])
            return whole, streamed, parsed, len([chunk async for chunk in streamed.parse()])

    whole, streamed, parsed, heard = asyncio.run(both())
    assert whole.status_code == streamed.status_code == parsed.status_code == 200
    assert whole.headers["Content-Type"] == "application/json"
    assert text(whole.parse()) == SAID["content"]
    assert isinstance(streamed.parse(), AsyncStream)
    assert heard > 1


def test_a_whole_answer_has_the_times_of_its_head_and_its_end() -> None:
    with ScriptedServer(answer(WHOLE)) as server, client_of(server) as client:
        timings = client.chat.completions.create(**ASKED).meta.timings

    assert timings.first_content is None
    assert timings.head is not None
    assert timings.total is not None
    assert 0 <= timings.head <= timings.total


def test_a_stream_has_the_time_of_its_end_once_it_is_there() -> None:
    with ScriptedServer(STREAM) as server, client_of(server) as client:
        stream = client.chat.completions.stream(**ASKED)
        before = stream.meta.timings
        list(stream)
        after = stream.meta.timings

    assert before.head is not None
    assert before.first_content is not None
    assert before.head <= before.first_content
    assert before.total is None
    assert after.total is not None
    assert (after.head, after.first_content) == (before.head, before.first_content)
    assert after.total >= before.first_content


def test_a_stream_that_was_left_has_no_time_of_its_end() -> None:
    with ScriptedServer(STREAM) as server, client_of(server) as client:
        with client.chat.completions.stream(**ASKED) as stream:
            next(stream)

    assert stream.meta.timings.total is None


def test_times_count_from_the_question_on() -> None:
    with Client() as client:
        slow = client.chat.completions.create(model="sim/echo?first=50ms", messages=[SAID])

    assert slow.meta.timings.head is not None
    assert slow.meta.timings.head >= 0.05


def test_the_simulator_in_process_has_times_status_and_headers_too() -> None:
    async def asked() -> shared.Meta:
        async with AsyncClient() as client:
            stream = await client.chat.completions.stream(model="sim/echo", messages=[SAID])
            async for _ in stream:
                pass
            return stream.meta

    meta = asyncio.run(asked())
    assert meta.status_code == 200
    assert (meta.request_id or "").startswith("req_sim_")
    assert meta.headers["Content-Type"].startswith("text/event-stream")
    assert None not in (meta.timings.head, meta.timings.first_content, meta.timings.total)


def test_what_no_provider_was_asked_for_has_no_times() -> None:
    meta = shared.Meta()

    assert (meta.status_code, meta.timings, dict(meta.headers)) == (None, shared.Timings(), {})
