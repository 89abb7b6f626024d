"""The gateway in front of Bedrock: what comes in AWS's frames goes out as events of OpenAI's."""

import json
from typing import Any

import pytest

from tests.gateways import HI, ask, running
from tests.plain import Caller, Heard
from tests.scripted import ScriptedServer
from tests.unit.client.test_bedrock import FRAMES, MODEL, SAID, WHOLE, answer
from tests.unit.dialects.bedrock.saying import START, added, exception


def heard(sent: list[bytes], **fields: Any) -> Heard:
    """What a caller of the gateway hears, where Bedrock answers so."""
    with ScriptedServer(sent) as server:
        settings = {"providers": {"bedrock": {"base_url": server.url, "api_key": "token"}}}
        with running(settings) as door, Caller(door.port) as caller:
            return ask(caller, {"model": MODEL, "messages": HI, **fields})


@pytest.mark.parametrize("type", [FRAMES, "application/json"])
def test_frames_become_events(type: str) -> None:
    came = heard(answer(SAID, type=type), stream=True, stream_options={"include_usage": True})

    events = [line.removeprefix(b"data: ") for line in came.body.split(b"\n\n") if line]
    assert events[-1] == b"[DONE]"
    told = [json.loads(event) for event in events[:-1]]
    texts = [one["choices"][0]["delta"].get("content", "") for one in told if one["choices"]]
    assert "".join(texts) == "Noon."
    assert told[-1]["usage"]["total_tokens"] == 8


@pytest.mark.parametrize(("sent", "type"), [(WHOLE, "application/json"), (SAID, FRAMES)])
def test_a_whole_answer_is_one_however_it_came(sent: bytes, type: str) -> None:
    came = heard(answer(sent, type=type))

    assert json.loads(came.body)["choices"][0]["message"]["content"] == "Noon."


def test_an_exception_in_the_middle_ends_the_stream_without_done() -> None:
    said = START + added(0, text="No") + exception("throttlingException", message="Slower")

    came = heard(answer(said), stream=True)

    last = came.body.rstrip().rpartition(b"data: ")[2]
    assert json.loads(last)["error"]["code"] == "rate_limit_exceeded"
    assert b"[DONE]" not in came.body
