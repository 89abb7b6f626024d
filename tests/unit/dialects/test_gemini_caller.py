"""Callers who speak Gemini's dialect: what they ask, and what they are answered."""

import json
from typing import Any

import pytest

from dragoman.dialects import gemini, openai_chat
from dragoman.errors import APITimeoutError, BadRequestError, RateLimitError, RemoteProtocolError
from dragoman.streaming.made import Made
from tests.gemini import MADE, Json, choice


def asked(body: Any, model: str | None = "gpt-5.1") -> Json:
    """The request of the hub, as JSON."""
    return gemini.decode_request(json.dumps(body).encode(), model=model).to_dict()


def messages(*contents: Json) -> list[Json]:
    told: list[Json] = asked({"contents": list(contents)})["messages"]
    return told


USER = {"role": "user", "parts": [{"text": "Oslo?"}]}

WORKED = {
    "contents": [
        {"parts": [{"text": "Go"}]},
        {"role": "model", "parts": [
            {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "Sg=="}]},
        {"role": "function", "parts": [
            {"functionResponse": {"name": "f", "response": {"output": "ok"}}}]},
    ],
    "system_instruction": {"parts": [{"text": "Terse."}]},
    "tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": {
        "type": "OBJECT", "properties": {"x": {"type": "INTEGER", "nullable": True}}}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {
        "maxOutputTokens": 64, "temperature": 0.5, "stopSequences": ["Z"],
        "responseMimeType": "application/json", "thinkingConfig": {"thinkingBudget": 0},
    },
}  # fmt: skip
"""The worked example of the provider page."""


def test_a_request_is_understood_in_either_spelling() -> None:
    assert asked(WORKED) == {
        "model": "gpt-5.1",
        "messages": [
            {"role": "system", "content": "Terse."},
            {"role": "user", "content": "Go"},
            {"role": "assistant", "tool_calls": [
                {"id": "call_1_0", "type": "function", "function": {
                    "name": "f", "arguments": '{"x":1}'},
                 "extra_content": {"google": {"thought_signature": "Sg=="}}}]},
            {"role": "tool", "tool_call_id": "call_1_0", "content": "ok"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d",
            "parameters": {"type": "object", "properties": {"x": {"type": ["integer", "null"]}}}}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_object"},
        "reasoning_effort": "none",
        "max_completion_tokens": 64,
        "temperature": 0.5,
        "stop": ["Z"],
    }  # fmt: skip


def test_what_stands_inside_arguments_and_results_keeps_its_spelling() -> None:
    called = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a_b": 1}}}]}
    result = {"function_response": {"name": "f", "response": {"c_d": {"e_f": 2}}}}

    told = messages(USER, called, {"role": "user", "parts": [result]})

    assert told[1]["tool_calls"][0]["function"]["arguments"] == '{"a_b":1}'
    assert told[2]["content"] == '{"c_d":{"e_f":2}}'


def test_results_come_before_what_the_user_says_beside_them() -> None:
    called = {"functionCall": {"name": "f", "id": "x"}}
    answered = {"functionResponse": {"name": "f", "id": "x", "response": {"error": "no"}}}
    unasked = {"functionResponse": {"name": "g", "response": {}}}

    request = gemini.decode_request(
        json.dumps(
            {
                "contents": [
                    USER,
                    {"role": "model", "parts": [called]},
                    {"role": "user", "parts": [{"text": "Well?"}, answered, unasked]},
                ]
            }
        ).encode(),
        model="m",
    )

    *_, tool, user = request.to_dict()["messages"]
    assert (tool["role"], tool["content"], tool["is_error"]) == ("tool", "no", True)
    assert [part["text"][:5] for part in user["content"]] == ["Well?", '{"fun']


def test_media_are_parts_of_the_hub_and_others_go_along_whole() -> None:
    (message,) = messages(
        {
            "parts": [
                {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
                {"inlineData": {"mimeType": "audio/mpeg", "data": "aGk="}},
                {"inlineData": {"mimeType": "application/pdf", "data": "aGk="}},
                {"fileData": {"mimeType": "image/png", "fileUri": "https://a.PNG?b"}},
                {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://a"}},
            ]
        }
    )

    assert message["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk="}},
        {"type": "image_url", "image_url": {"url": "https://a.PNG?b"}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://a"}},
    ]


def test_what_only_gemini_knows_reaches_gemini_and_is_lost_elsewhere() -> None:
    body = {
        "contents": [USER],
        "safetySettings": [{"category": "x", "threshold": "y"}],
        "continuationToken": "tok",
        "tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f"}]}],
        "toolConfig": {
            "functionCallingConfig": {"mode": "VALIDATED"},
            "includeServerSideToolInvocations": True,
        },
        "generationConfig": {"topK": 3},
        "unheardOf": 1,
    }
    request = gemini.decode_request(json.dumps(body).encode(), model="m")

    again = gemini.encode_request(request, model="gemini-3-flash")
    other = openai_chat.encode_request(request, model="m")

    told = json.loads(again.body)
    tools = sorted(told.pop("tools"), key=str)
    assert {**told, "tools": tools} == {
        **{key: value for key, value in body.items() if key != "unheardOf"},
        "tools": sorted(body["tools"], key=str),  # type: ignore[call-overload] # of dicts
    }
    assert [loss.pointer for loss in again.losses] == ["/unheardOf"]
    assert json.loads(other.body)["safety_settings"]


@pytest.mark.parametrize(
    ("config", "effort"),
    [
        ({"thinkingBudget": 0}, "none"),
        ({"thinkingBudget": 1024}, "low"),
        ({"thinkingBudget": 8000}, "medium"),
        ({"thinkingBudget": 9000}, "high"),
        ({"thinkingBudget": -1}, None),
        ({"thinkingLevel": "MINIMAL"}, "minimal"),
        ({"includeThoughts": True}, None),
    ],
)
def test_how_hard_to_think_is_an_effort(config: Json, effort: str | None) -> None:
    body = {"contents": [USER], "generationConfig": {"thinkingConfig": config}}

    assert asked(body).get("reasoning_effort") == effort


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"contents":[]}', "messages"),
        (b'{"contents":[{"parts":[7]}]}', "contents[0].parts[0]"),
        (b'{"contents":7}', "contents[0]"),
        (b'{"contents":[{"parts":[{"text":"a"}]}],"tools":7}', "tools[0]"),
        (b'{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"seed":"x"}}', "seed"),
    ],
)
def test_a_mistake_is_named(body: bytes, param: str | None) -> None:
    with pytest.raises(BadRequestError) as caught:
        gemini.decode_request(body, model="m")

    assert caught.value.param == param


def test_the_path_or_the_body_names_the_model() -> None:
    body = {"model": "models/a", "contents": [USER]}

    assert asked(body, model=None)["model"] == "a"
    assert asked(body, model="b")["model"] == "b"
    assert asked({"contents": [USER]}, model=None)["model"] == ""


ANSWER = {
    "id": "chatcmpl-in1", "object": "chat.completion", "created": 1795404600, "model": "gpt-5.1",
    "choices": [{"index": 0, "finish_reason": "tool_calls", "logprobs": None, "message": {
        "role": "assistant", "content": "Look", "refusal": None, "reasoning_content": "Hm.",
        "tool_calls": [{"id": "call_A", "type": "function", "function": {
            "name": "f", "arguments": '{"x":1}'}}]}}],
    "usage": {"prompt_tokens": 50, "completion_tokens": 12, "total_tokens": 62,
        "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 5}},
}  # fmt: skip


def test_an_answer_is_told_in_parts() -> None:
    response = openai_chat.decode_response(json.dumps(ANSWER).encode(), made=MADE)

    assert json.loads(gemini.encode_response(response)) == {
        "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
            {"text": "Hm.", "thought": True},
            {"text": "Look"},
            {"functionCall": {"id": "call_A", "name": "f", "args": {"x": 1}}},
        ]}}],
        "usageMetadata": {"promptTokenCount": 50, "cachedContentTokenCount": 40,
            "candidatesTokenCount": 7, "thoughtsTokenCount": 5, "totalTokenCount": 62},
        "modelVersion": "gpt-5.1",
        "responseId": "chatcmpl-in1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "native", "word"),
    [
        ("stop", None, "STOP"),
        ("length", None, "MAX_TOKENS"),
        ("content_filter", None, "SAFETY"),
        ("content_filter", "RECITATION", "RECITATION"),
        ("stop", "eos", "STOP"),
    ],
)
def test_why_an_answer_ended_is_told_in_geminis_words(
    reason: str, native: str | None, word: str
) -> None:
    ended = {"finish_reason": reason, "native_finish_reason": native}
    told = {"choices": [{"message": {"role": "assistant", "content": "Hi"}, **ended}]}
    response = openai_chat.decode_response(json.dumps(told).encode(), made=MADE)

    (candidate,) = json.loads(gemini.encode_response(response))["candidates"]

    assert candidate["finishReason"] == word


@pytest.mark.parametrize(
    "parts",
    [
        [{"text": "a", "thought": True, "thoughtSignature": "S1"}, {"text": "b"}],
        [{"text": "a"}, {"functionCall": {"id": "x", "name": "f", "args": {"a": 1}}}],
        [{"text": "a", "thought": True}, {"text": "b", "thoughtSignature": "S2"}],
        [{"executableCode": {"code": "1"}}, {"text": "b"}],
    ],
)
def test_what_gemini_said_is_told_as_it_was_said(parts: list[Json]) -> None:
    said = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    response = gemini.decode_response(json.dumps(said).encode(), made=MADE)

    (candidate,) = json.loads(gemini.encode_response(response))["candidates"]

    assert candidate["content"]["parts"] == parts
    assert choice(*candidate["content"]["parts"]) == choice(*parts)


STREAM = (
    b'data: {"id":"chatcmpl-in1","object":"chat.completion.chunk","created":1795404600,'
    b'"model":"gpt-5.1","choices":[{"index":0,"delta":%s,"finish_reason":%s}],"usage":null}\n\n'
)
USAGE = (
    b'data: {"id":"chatcmpl-in1","object":"chat.completion.chunk","created":1795404600,"model":'
    b'"gpt-5.1","choices":[],"usage":{"prompt_tokens":50,"completion_tokens":12,"total_tokens":62,'
    b'"prompt_tokens_details":{"cached_tokens":40}}}\n\ndata: [DONE]\n\n'
)


def test_a_stream_is_told_in_events_with_the_end_and_the_usage_in_the_last() -> None:
    call = (
        b'{"tool_calls":[{"index":0,"id":"call_A","function":{"name":"f","arguments":"{\\"x\\""}}]}'
    )
    rest = b'{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}'
    decoder = openai_chat.stream_decoder(made=Made(created=1, id="i"))
    chunks = decoder.receive(
        STREAM % (b'{"role":"assistant","content":""}', b"null")
        + STREAM % (b'{"content":"Look"}', b"null")
        + STREAM % (call, b"null")
        + STREAM % (rest, b"null")
        + STREAM % (b"{}", b'"tool_calls"')
        + USAGE
    )
    encoder = gemini.stream_encoder(include_usage=True)

    said = b"".join(encoder.encode(chunk) for chunk in [*chunks, *decoder.finish()])

    first, last = [json.loads(line[6:]) for line in said.split(b"\n\n") if line]
    assert encoder.end() == b""
    assert first == {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Look"}]}, "index": 0}],
        "modelVersion": "gpt-5.1",
        "responseId": "chatcmpl-in1",
    }
    assert last == {
        "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
            {"functionCall": {"id": "call_A", "name": "f", "args": {"x": 1}}}]}}],
        "usageMetadata": {"promptTokenCount": 50, "cachedContentTokenCount": 40,
            "candidatesTokenCount": 12, "totalTokenCount": 62},
        "modelVersion": "gpt-5.1",
        "responseId": "chatcmpl-in1",
    }  # fmt: skip


def test_errors_have_googles_words() -> None:
    busy = gemini.encode_error(RateLimitError("wait", status_code=429, retry_after=1.5))
    late = gemini.encode_error(APITimeoutError("late", phase="total"))
    broken = gemini.stream_encoder(include_usage=True).error(RemoteProtocolError("odd"))

    assert json.loads(busy.body)["error"] == {
        "code": 429,
        "message": "wait",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}],
    }
    assert (late.status_code, json.loads(late.body)["error"]["status"]) == (
        504,
        "DEADLINE_EXCEEDED",
    )
    assert json.loads(broken[6:])["error"]["code"] == 502
