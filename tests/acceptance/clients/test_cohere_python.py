"""`cohere` for Python, pointed at the simulator: it takes what is said in Cohere's dialect."""

from collections.abc import Iterator
from typing import Any

import pytest

cohere = pytest.importorskip("cohere", reason="cohere stands in the extra `clients`")

SAID: Any = {"messages": [{"role": "user", "content": "hi there"}]}

CHECK: Any = {
    "type": "function",
    "function": {
        "name": "check",
        "description": "Checks it.",
        "parameters": {
            "type": "object",
            "properties": {"ok": {"type": "boolean"}},
            "required": ["ok"],
        },
    },
}

ONCE: Any = {"max_retries": 0}


@pytest.fixture(scope="module")
def client(simulator_url: str) -> Iterator[Any]:
    with cohere.ClientV2(api_key="any", base_url=f"{simulator_url}/cohere") as client:
        yield client


def test_a_whole_answer(client: Any) -> None:
    answer = client.chat(model="echo", **SAID)

    assert answer.message.content[0].text == "hi there"
    assert (answer.finish_reason, answer.usage.tokens.output_tokens) == ("COMPLETE", 2)


def test_a_stream(client: Any) -> None:
    first, *events, last = client.chat_stream(model="echo", **SAID)
    said = [event.delta.message.content.text for event in events if event.type == "content-delta"]

    assert first.type == "message-start"
    assert "".join(said) == "hi there"
    assert (last.delta.finish_reason, last.delta.usage.tokens.output_tokens) == ("COMPLETE", 2)


def test_a_call(client: Any) -> None:
    forced = {"tools": [CHECK], "tool_choice": "REQUIRED"}
    answer = client.chat(model="echo", **SAID, **forced)
    events = list(client.chat_stream(model="echo", **SAID, **forced))
    (start,) = [event for event in events if event.type == "tool-call-start"]
    pieces = [
        event.delta.message.tool_calls.function.arguments
        for event in events
        if event.type == "tool-call-delta"
    ]

    (call,) = answer.message.tool_calls
    assert (answer.finish_reason, call.function.name) == ("TOOL_CALL", "check")
    assert start.delta.message.tool_calls.function.name == "check"
    assert "".join(pieces) == call.function.arguments == '{"ok":false}'
    assert events[-1].delta.finish_reason == "TOOL_CALL"


def test_a_call_is_answered(client: Any) -> None:
    call = {
        "id": "check_1",
        "type": "function",
        "function": {"name": "check", "arguments": '{"ok":true}'},
    }
    talk = [
        *SAID["messages"],
        {"role": "assistant", "tool_calls": [call], "tool_plan": "I check it."},
        {"role": "tool", "tool_call_id": "check_1", "content": "fine"},
        {"role": "user", "content": "and now"},
    ]
    answer = client.chat(model="echo", messages=talk, tools=[CHECK], tool_choice="NONE")

    assert answer.message.content[0].text == "and now"


def test_an_answer_that_is_bounded(client: Any) -> None:
    answer = client.chat(model="words?n=9", max_tokens=3, **SAID)

    assert (answer.finish_reason, answer.usage.tokens.output_tokens) == ("MAX_TOKENS", 3)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "BadRequestError"),
        (401, "UnauthorizedError"),
        (403, "ForbiddenError"),
        (404, "NotFoundError"),
        (422, "UnprocessableEntityError"),
        (429, "TooManyRequestsError"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailableError"),
        (504, "GatewayTimeoutError"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error(client: Any, status: int, error: str, stream: bool) -> None:
    ask = client.chat_stream if stream else client.chat
    with pytest.raises(getattr(cohere, error)) as refused:
        list(ask(model=f"fail?status={status}", request_options=ONCE, **SAID))

    message = f"this is the simulator, failing with {status} as it was asked to"
    assert refused.value.status_code == status
    assert refused.value.body == {"message": message}


def test_an_error_in_a_stream_is_told_by_its_last_event(client: Any) -> None:
    *_, last = client.chat_stream(model="fail?status=503&after=3", **SAID)

    assert (last.type, last.delta.finish_reason) == ("message-end", "ERROR")
    assert "failing with 503" in last.delta.error


def test_the_models(client: Any) -> None:
    assert [model.name for model in client.models.list().models] == [
        "echo",
        "hello",
        "words",
        "fail",
    ]
    assert client.models.get("echo").endpoints == ["chat"]
