"""`langchain-openai`, pointed at the gateway."""

from typing import Any

import openai
import pytest

from tests.acceptance.clients.engines import TOOL, Answer, Engine
from tests.doors import Door

langchain = pytest.importorskip(
    "langchain_openai", reason="langchain-openai stands in the extra `clients`"
)


def chat(door: Door, model: str) -> Any:
    # It asks for the usage of a stream unasked only where the base URL is OpenAI's.
    return langchain.ChatOpenAI(
        model=model, base_url=door.url, api_key="any", max_retries=0, stream_usage=True
    )


@pytest.fixture
def model(engine: Engine) -> Any:
    return chat(engine.door, engine.model)


def test_a_whole_answer(model: Any, engine: Engine) -> None:
    answer = model.invoke("hi there", **engine.chat)

    assert answer.content == engine.says or engine.says is None
    assert answer.usage_metadata["output_tokens"] > 0
    assert answer.response_metadata["finish_reason"] in ("stop", "length")


def test_a_stream(model: Any, engine: Engine) -> None:
    pieces = list(model.stream("hi there", **engine.chat))

    whole = sum(pieces[1:], pieces[0])
    assert whole.content == engine.says or engine.says is None
    assert whole.response_metadata["finish_reason"] in ("stop", "length")
    assert whole.usage_metadata["output_tokens"] > 0


@pytest.mark.parametrize("streamed", [False, True])
def test_a_call_and_its_result(model: Any, engine: Engine, streamed: bool) -> None:
    calling = model.bind_tools([TOOL], tool_choice="required")
    if streamed:
        pieces = list(calling.stream("hi there", **engine.calling))
        message = sum(pieces[1:], pieces[0])
    else:
        message = calling.invoke("hi there", **engine.calling)
    (call,) = message.tool_calls
    result = {"role": "tool", "tool_call_id": call["id"], "content": "yes"}

    told = model.invoke([("user", "hi there"), message, result], **engine.chat)

    assert (call["name"], set(call["args"])) == ("check", {"ok"})
    assert told.content is not None


@pytest.mark.parametrize(
    ("method", "asked_as"), [("json_schema", "shaping"), ("function_calling", "calling")]
)
def test_an_object(model: Any, engine: Engine, method: str, asked_as: str) -> None:
    shaped = model.with_structured_output(Answer, method=method)

    answer = shaped.invoke("hi there", **getattr(engine, asked_as))

    assert isinstance(answer, Answer)


def test_an_error_is_the_one_of_openais_client(door: Door) -> None:
    with pytest.raises(openai.RateLimitError) as raised:
        chat(door, "sim/fail?status=429").invoke("hi there")

    assert raised.value.code == "rate_limit_exceeded"
