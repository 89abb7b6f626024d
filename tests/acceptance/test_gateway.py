"""The gateway as a caller meets it: over a socket, by OpenAI's paths."""

import json
from collections.abc import Iterator

import pytest

from tests.doors import ASKED, Door, opened


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as door:
        yield door


def test_a_whole_answer_tells_where_it_came_from(door: Door) -> None:
    status, headers, body = door.ask("POST", "/v1/chat/completions", ASKED)

    assert status == 200
    assert json.loads(body)["choices"][0]["message"]["content"] == "Say this"
    assert headers["x-dragoman-target"] == "sim/echo"
    assert headers["x-dragoman-request-id"] == door.entries[0].id


def test_a_stream_ends_with_done(door: Door) -> None:
    _, headers, body = door.ask("POST", "/v1/chat/completions", {**ASKED, "stream": True})

    assert headers["content-type"].startswith("text/event-stream")
    assert body.endswith(b"data: [DONE]\n\n")


def test_a_stream_that_fails_ends_with_an_error_and_no_done(door: Door) -> None:
    asked = {**ASKED, "model": "sim/words?n=9&cut_at_event=4", "stream": True}

    _, _, body = door.ask("POST", "/v1/chat/completions", asked)

    last = body.rstrip().rpartition(b"data: ")[2]
    assert json.loads(last)["error"]["code"] == "stream_truncated"
    assert b"[DONE]" not in body
