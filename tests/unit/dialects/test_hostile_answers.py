"""Answers that are cut off anywhere, or of the wrong shape in any one place.

Whatever comes, a caller gets something valid or one of our errors, and the error says where, what
was expected and what came, and repeats nothing of what was said.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from dragoman.errors import APIStatusError, BadRequestError, Error, RemoteProtocolError
from dragoman.models import shared
from tests import hostile
from tests.hostile import REPEATED, SAID
from tests.spoken import DONE, event

USAGE: Final = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "total_tokens": 14,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 2},
}
CALL: Final = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "f", "arguments": json.dumps({"about": SAID})},
}
LOGPROB: Final = {"token": "he", "logprob": -0.5, "bytes": [104, 101], "top_logprobs": []}
CITATION: Final = {"url": "https://x.example", "title": SAID, "start_index": 0, "end_index": 2}
MESSAGE: Final = {
    "role": "assistant",
    "content": SAID,
    "refusal": SAID,
    "reasoning_content": SAID,
    "reasoning_details": [{"type": "reasoning.text", "text": SAID, "index": 0}],
    "annotations": [{"type": "url_citation", "url_citation": CITATION}],
    "audio": {"id": "audio_1", "data": "AAAA", "expires_at": 9, "transcript": SAID},
    "function_call": {"name": "f", "arguments": SAID},
    "tool_calls": [CALL, {"index": 1, "id": "call_2", "custom": {"name": "g", "input": SAID}}],
    "extra_content": {"google": {"thought_signature": "c2ln"}},
}
MODERATION: Final = {"input": {"type": "error", "code": "x", "message": "m"}, "output": None}


def answer(message: str) -> dict[str, Any]:
    """An answer, or a chunk, in which every field is there that we read."""
    choice = {
        "index": 0,
        message: MESSAGE,
        "logprobs": {"content": [LOGPROB], "refusal": None},
        "finish_reason": "stop",
        "native_finish_reason": "eos",
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1764000000,
        "model": "m",
        "choices": [choice],
        "usage": USAGE,
        "service_tier": "default",
        "system_fingerprint": "fp_1",
        "metadata": {"k": "v"},
        "moderation": MODERATION,
        "x_groq": {"id": "req_1", "usage": USAGE},
    }


REQUEST: Final[dict[str, Any]] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": SAID, "name": "n"},
        {"role": "user", "content": [{"type": "text", "text": SAID}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": SAID},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {}}},
    "stop": ["x"],
    "temperature": 1,
    "max_tokens": 5,
    "logit_bias": {"5": 1},
    "stream": True,
    "stream_options": {"include_usage": True},
    "metadata": {"k": "v"},
}

OTHERS: Final[list[Any]] = [None, True, 7, -1, -1.5, 10**30, SAID, "", [], {}, [None], {"a": 1}]
"""Each kind of JSON value, to stand where another belongs."""

COMPLAINT = re.compile(r"(?P<path>\S+): expected .+", re.DOTALL)
GOT = re.compile(r"; got .+|of length >= 1$")


def places(value: Any, path: str = "") -> Iterator[str]:
    """The path of everything inside: `choices[0].index`."""
    inside: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inside = [(f"{path}.{key}" if path else key, inner) for key, inner in value.items()]
    elif isinstance(value, list):
        inside = [(f"{path}[{position}]", inner) for position, inner in enumerate(value)]
    for place, inner in inside:
        yield place
        yield from places(inner, place)


def with_other(value: Any, path: str, other: Any) -> Any:
    """The same value with another thing at this path."""
    changed = json.loads(json.dumps(value))
    *outer, last = [int(t) if t.isdigit() else t for t in re.findall(r"[^.\[\]]+", path)]
    holder = changed
    for token in outer:
        holder = holder[token]
    holder[last] = other
    return changed


def misplaced(error: Error, path: str) -> str | None:
    """What is wrong with the complaint about something at this path; None where nothing is."""
    text = str(error)
    if REPEATED in text:
        return f"repeats what was said: {text}"
    if isinstance(error, APIStatusError) and not isinstance(error, BadRequestError):
        return None  # it read as an error of the provider's, which speaks for itself
    if text.endswith("the stream ended without any"):
        return None  # a chunk may be without choices, a stream may not
    said = COMPLAINT.match(text)
    if said is None or not GOT.search(text):
        return f"does not say where, what was expected and what came: {text}"
    where = said["path"].removesuffix("[...]")  # some value of an object whose keys are free
    if error.param != said["path"] or not (where.startswith(path) or path.startswith(where)):
        return f"is about {error.param}: {text}"
    return None


def complaints(value: Any, place: hostile.Place) -> list[str]:
    """Whatever is wrong with how we take this value, once for each place and kind."""
    found = []
    for path in places(value):
        for other in OTHERS:
            try:
                place(json.dumps(with_other(value, path, other)).encode())
            except Error as error:
                if wrong := misplaced(error, path):
                    found.append(f"{path} = {other!r}: {wrong}")
    return found


def test_one_wrong_value_in_an_answer_is_read_past_or_named() -> None:
    assert complaints(answer("message"), hostile.whole) == []


def test_one_wrong_value_in_a_chunk_is_read_past_or_named() -> None:
    assert complaints(answer("delta"), hostile.event) == []


def test_one_wrong_value_in_a_request_is_sent_along_or_named() -> None:
    assert complaints(REQUEST, hostile.asked) == []


def test_a_whole_answer_cut_off_anywhere_is_no_answer() -> None:
    body = json.dumps(answer("message")).encode()

    for length in range(len(body)):
        error = hostile.refused(hostile.whole, body[:length])
        assert isinstance(error, RemoteProtocolError)
        assert str(error).startswith("expected JSON; ")


@pytest.mark.parametrize("ended_by_close", [True, False])
def test_a_stream_cut_off_anywhere_ends_only_when_it_had_ended(ended_by_close: bool) -> None:
    said = [
        {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": piece}}]}
        for piece in (SAID[:20], SAID[20:])
    ]
    finish = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    begun = b"".join(event(chunk) for chunk in said)
    stream = begun + finish + DONE
    end = len(stream) - 2 if ended_by_close else len(begun + finish) - 2
    # Two line feeds end an event; at the end of the message it counts without them. What has
    # begun of the next one then makes no difference to a message that is complete.

    for length in range(len(stream) + 1):
        chunks, error = hostile.heard([stream[:length]], ended_by_close=ended_by_close)

        content = "".join(
            choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"]
        )
        finished = any(choice["finish_reason"] for chunk in chunks for choice in chunk["choices"])
        assert SAID.startswith(content)
        assert finished is (error is None)
        if length < end:
            assert error is not None
            assert error.code == "stream_truncated"
            assert REPEATED not in str(error)
    assert error is None


@pytest.mark.parametrize("name", hostile.WITHIN)
def test_whatever_is_nested_as_deeply_as_can_just_be_read_is_no_crash(name: str) -> None:
    # It is written with more frames on the stack than it was read with: about 990 levels of it
    # can be read and not be written again. Where that is depends on the interpreter.
    for depth in (*range(900, 1010), 5_000, 200_000):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            hostile.refused(hostile.WITHIN[name], opening * depth + b"1" + closing * depth)


def test_a_request_that_contains_itself_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object"}
    schema["properties"] = schema
    tool = shared.ChatCompletionTool(function=shared.FunctionObject(name="f", parameters=schema))
    message = shared.ChatCompletionRequestUserMessage(content="hi")
    request = shared.CreateChatCompletionRequest(model="m", messages=[message], tools=[tool])

    with pytest.raises(BadRequestError, match="nested too deeply"):
        hostile.DIALECT.encode_request(request, model="m")
