"""`ollama` for Python, pointed at the simulator: it takes what is said in Ollama's dialect."""

from collections.abc import Iterator
from typing import Any

import pytest

ollama = pytest.importorskip("ollama", reason="ollama stands in the extra `clients`")

SAID: Any = {"messages": [{"role": "user", "content": "hi there"}]}


def check(ok: bool) -> str:
    """Checks it.

    Args:
        ok: Whether it is.
    """
    return "fine" if ok else "not fine"


@pytest.fixture(scope="module")
def client(simulator_url: str) -> Iterator[Any]:
    with ollama.Client(host=simulator_url) as client:
        yield client


def test_a_whole_answer(client: Any) -> None:
    answer = client.chat(model="echo", **SAID)

    assert (answer.message.role, answer.message.content) == ("assistant", "hi there")
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (2, 2)


def test_a_stream(client: Any) -> None:
    *said, last = client.chat(model="echo", stream=True, **SAID)

    assert "".join(line.message.content for line in said) == "hi there"
    assert (last.done, last.done_reason, last.eval_count) == (True, "stop", 2)
    assert not any(line.done for line in said)


def test_a_call(client: Any) -> None:
    answer = client.chat(model="echo", tools=[check], **SAID)
    *said, last = client.chat(model="echo", tools=[check], stream=True, **SAID)

    for message in (answer.message, said[-1].message):
        (call,) = message.tool_calls
        assert (call.function.name, call.function.arguments) == ("check", {"ok": False})
    assert (last.done_reason, last.message.tool_calls) == ("stop", None)


def test_a_call_is_answered_without_an_id(client: Any) -> None:
    asked = client.chat(model="echo", tools=[check], **SAID).message
    result = {"role": "tool", "tool_name": "check", "content": check(ok=False)}
    talk = [*SAID["messages"], asked, result]

    answer = client.chat(model="echo", messages=talk, tools=[check])

    assert (answer.message.content, answer.message.tool_calls) == ("hi there", None)


def test_an_answer_by_a_schema(client: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}

    answer = client.chat(model="echo", format=schema, **SAID)

    assert answer.message.content == '{"a":0}'


def test_an_answer_that_is_bounded(client: Any) -> None:
    options = ollama.Options(num_predict=3, num_ctx=512, temperature=0, stop=["zebra"])

    answer = client.chat(model="words?n=9", options=options, think=False, keep_alive="1m", **SAID)

    assert (answer.done_reason, answer.eval_count) == ("length", 3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("stream", [False, True])
def test_an_error(client: Any, status: int, stream: bool) -> None:
    with pytest.raises(ollama.ResponseError) as refused:
        list(client.chat(model=f"fail?status={status}", stream=stream, **SAID))

    assert refused.value.status_code == status
    assert refused.value.error == f"this is the simulator, failing with {status} as it was asked to"


def test_an_error_in_a_stream_is_its_last_line(client: Any) -> None:
    lines = client.chat(model="fail?status=503&after=3", stream=True, **SAID)
    said = [next(lines).message.content for _ in range(3)]
    with pytest.raises(ollama.ResponseError) as failed:
        next(lines)

    assert all(said)
    assert "failing with 503" in failed.value.error


def test_the_models(client: Any) -> None:
    assert [model.model for model in client.list().models] == ["echo", "hello", "words", "fail"]
