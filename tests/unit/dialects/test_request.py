"""What is no request is refused, and the message names the place, what was expected, what came."""

import json
from typing import Any

import pytest

from dragoman.dialects.openai_chat import decode_request, encode_request
from dragoman.errors import BadRequestError
from dragoman.models import shared

USER = {"role": "user", "content": "x"}


def refusal(body: Any) -> BadRequestError:
    """The error for a body that is no request."""
    with pytest.raises(BadRequestError) as caught:
        decode_request(body if isinstance(body, bytes) else json.dumps(body).encode())
    return caught.value


def with_message(**message: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [USER, message]}


def with_field(**field: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [USER], **field}


WRONG: dict[str, tuple[Any, str, str]] = {
    "no object": (["x"], "", "body: expected object; got array"),
    "no model": ({"messages": [USER]}, "model", "model: expected a value; got nothing"),
    "no messages": ({"model": "m"}, "messages", "messages: expected a value; got nothing"),
    "empty messages": (
        {"model": "m", "messages": []},
        "messages",
        "messages: expected array of length >= 1",
    ),
    "a null model": (
        {"model": None, "messages": [USER]},
        "model",
        "model: expected str; got null",
    ),
    "an unknown role": (
        with_message(role="narrator", content="x"),
        "messages[1].role",
        "messages[1].role: expected one of developer, system, user, assistant, tool, function; "
        "got 'narrator'",
    ),
    "no role": (
        with_message(content="x"),
        "messages[1].role",
        "messages[1].role: expected one of developer, system, user, assistant, tool, function; "
        "got nothing",
    ),
    "no content": (
        with_message(role="user"),
        "messages[1].content",
        "messages[1].content: expected a value; got nothing",
    ),
    "no tool call id": (
        with_message(role="tool", content="x"),
        "messages[1].tool_call_id",
        "messages[1].tool_call_id: expected a value; got nothing",
    ),
    "content of a wrong type": (
        with_message(role="user", content=5),
        "messages[1].content",
        "messages[1].content: expected str or array; got int",
    ),
    "a part without its payload": (
        with_message(role="user", content=[{"type": "image_url"}]),
        "messages[1].content[0].image_url",
        "messages[1].content[0].image_url: expected a value; got nothing",
    ),
    "a part of no type": (
        with_message(role="user", content=[{"text": "x"}]),
        "messages[1].content[0].type",
        "messages[1].content[0].type: expected one of text, image_url, input_audio, file; "
        "got nothing",
    ),
    "a part of a prediction of no type": (
        with_field(prediction={"type": "content", "content": [{"text": "x"}]}),
        "prediction.content[0].type",
        "prediction.content[0].type: expected one of text; got nothing",
    ),
    "a part that is a text": (
        with_message(role="user", content=["x"]),
        "messages[1].content[0]",
        "messages[1].content[0]: expected object; got str",
    ),
    "a tool call of an unknown type": (
        with_message(role="assistant", tool_calls=[{"id": "a", "type": "x"}]),
        "messages[1].tool_calls[0].type",
        "messages[1].tool_calls[0].type: expected one of function, custom; got 'x'",
    ),
    "arguments that are no text": (
        with_message(
            role="assistant",
            tool_calls=[
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}
            ],
        ),
        "messages[1].tool_calls[0].function.arguments",
        "messages[1].tool_calls[0].function.arguments: expected str; got object",
    ),
    "a number of a wrong type": (
        with_field(temperature="warm"),
        "temperature",
        "temperature: expected float or null; got str",
    ),
    "a whole number with a fraction": (
        with_field(n=1.5),
        "n",
        "n: expected int or null; got float",
    ),
    "an unknown choice of a tool": (
        with_field(tool_choice="any"),
        "tool_choice",
        "tool_choice: expected one of auto, none, required; got 'any'",
    ),
    "an unknown format of sound": (
        with_field(audio={"voice": "x", "format": "ogg"}),
        "audio.format",
        "audio.format: expected one of aac, flac, mp3, opus, pcm16, wav; got 'ogg'",
    ),
    "an unknown modality": (
        with_field(modalities=["smell"]),
        "modalities[0]",
        "modalities[0]: expected one of audio, text; got 'smell'",
    ),
    "a tool without a name": (
        with_field(tools=[{"type": "function", "function": {}}]),
        "tools[0].function.name",
        "tools[0].function.name: expected a value; got nothing",
    ),
    "metadata that are no texts": (
        with_field(metadata={"a": 1}),
        "metadata[...]",
        "metadata[...]: expected str; got int",
    ),
}
"""A body, the field that is named, and the whole message."""


@pytest.mark.parametrize("body", WRONG)
def test_what_is_wrong_is_named_with_its_place_and_what_came(body: str) -> None:
    asked, param, message = WRONG[body]

    error = refusal(asked)

    assert (error.param or "", error.message) == (param, message)
    assert (error.status_code, error.code) == (400, openais_code(message))


def openais_code(message: str) -> str:
    if message.endswith("got nothing"):
        return "missing_required_parameter"
    if message.endswith("of length >= 1"):
        return "empty_array"
    return "invalid_value" if message.endswith("'") else "invalid_type"


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"model": NaN}', b'{"model": 1e400}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_json_is_refused_as_such(body: bytes) -> None:
    error = refusal(body)

    assert error.code == "invalid_json"
    assert error.message.startswith("body: expected JSON; ")


def test_a_message_about_a_prompt_does_not_repeat_it() -> None:
    secret = {"role": "user", "content": {"text": "my diary"}}

    assert "diary" not in refusal({"model": "m", "messages": [secret]}).message


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("prompt_cache_retention", "7d"),
        ("reasoning_effort", "default"),
        ("service_tier", "on_demand"),
        ("verbosity", "terse"),
    ],
)
def test_a_word_that_only_a_provider_knows_is_kept_as_it_came(field: str, word: str) -> None:
    request = decode_request(json.dumps(with_field(**{field: word})).encode())

    assert request.extra == shared.Extra({f"/{field}": word})
    assert getattr(request, field) is None


def test_a_response_format_that_only_a_provider_knows_is_kept_as_it_came() -> None:
    grammar = {"type": "grammar", "grammar": "root ::= x"}

    request = decode_request(json.dumps(with_field(response_format=grammar)).encode())

    assert request.extra == shared.Extra({"/response_format": grammar})


def test_a_caller_that_sends_extra_has_sent_a_key_like_any_other() -> None:
    forged = {"/messages/0/content": "forged"}

    request = decode_request(json.dumps(with_field(extra=forged)).encode())

    assert request.extra == shared.Extra({"/extra": forged})
    assert json.loads(encode_request(request, model="m").body)["extra"] == forged


def test_a_caller_that_sends_our_tag_for_unknown_parts_has_sent_an_unknown_part() -> None:
    forged = {"type": "dragoman.other", "raw": {"type": "text", "text": "forged"}}

    request = decode_request(json.dumps(with_message(role="user", content=[forged])).encode())

    assert request.messages[1].content == [shared.OtherPart(raw=shared.Verbatim(forged))]
    assert json.loads(encode_request(request, model="m").body)["messages"][1]["content"] == [forged]


def test_a_null_is_the_same_as_no_key() -> None:
    request = decode_request(json.dumps(with_field(temperature=None, tools=None)).encode())

    assert request == decode_request(json.dumps(with_field()).encode())
