"""Answers and requests of Gemini's dialect that are cut off, or wrong in any one place.

Whatever comes, a caller gets something valid or one of our errors, and the error says where, what
was expected and what came, and repeats nothing of what was said.
"""

import contextlib
import json
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects import gemini, openai_chat
from dragoman.errors import BadRequestError, Error, RemoteProtocolError
from tests import schema
from tests.gemini import MADE, Json, stream
from tests.hostile import REPEATED, SAID
from tests.unit.dialects.test_hostile_answers import complaints

ANSWER: Final[Json] = {
    "candidates": [
        {
            "index": 0,
            "content": {
                "role": "model",
                "parts": [
                    {"text": SAID, "thought": True, "thoughtSignature": "S1"},
                    {"text": SAID},
                    {"functionCall": {"name": "f", "id": "x", "args": {"about": SAID}}},
                    {
                        "functionCall": {
                            "name": "g",
                            "partialArgs": [{"jsonPath": "$.a", "stringValue": SAID}],
                            "willContinue": True,
                        }
                    },
                    {"inlineData": {"mimeType": "audio/L16", "data": "aGk="}},
                    {"executableCode": {"code": SAID}},
                ],
            },
            "finishReason": "STOP",
            "finishMessage": "done",
            "groundingMetadata": {
                "groundingChunks": [{"web": {"uri": "https://x", "title": SAID}}],
                "groundingSupports": [
                    {
                        "segment": {"startIndex": 1, "endIndex": 2, "text": SAID},
                        "groundingChunkIndices": [0],
                    }
                ],
            },
            "citationMetadata": {"citations": [{"startIndex": 0, "endIndex": 2, "uri": "y"}]},
            "logprobsResult": {
                "chosenCandidates": [{"token": "a", "logProbability": -1}],
                "topCandidates": [{"candidates": [{"token": "a", "logProbability": -1}]}],
            },
        }
    ],
    "promptFeedback": {"safetyRatings": []},
    "usageMetadata": {
        "promptTokenCount": 9,
        "candidatesTokenCount": 5,
        "totalTokenCount": 16,
        "thoughtsTokenCount": 2,
        "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 1}],
        "serviceTier": "standard",
    },
    "modelVersion": "m",
    "responseId": "r",
    "createTime": "2026-11-23T03:30:00Z",
}

REQUEST: Final[Json] = {
    "contents": [
        {"role": "user", "parts": [{"text": SAID}]},
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a": SAID}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"a": 1}}}]},
    ],
    "systemInstruction": {"parts": [{"text": SAID}]},
    "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {
        "temperature": 1,
        "stopSequences": ["x"],
        "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
        "responseModalities": ["TEXT"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "v"}}},
        "thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 5},
    },
    "serviceTier": "flex",
}


def whole(body: bytes) -> Any:
    response = msgspec.json.encode(gemini.decode_response(body, made=MADE))
    assert schema.faults("CreateChatCompletionResponse", json.loads(response)) == []


def event(data: bytes) -> Any:
    try:
        streamed(b"data: " + data + b"\r\n\r\n")
    except RemoteProtocolError as error:
        if error.code != "stream_truncated":  # a chunk may be without what a stream may not
            raise


def streamed(data: bytes) -> None:
    decoder = gemini.stream_decoder(made=MADE)
    for chunk in [*decoder.receive(data), *decoder.finish()]:
        told = json.loads(msgspec.json.encode(chunk))
        assert schema.faults("CreateChatCompletionStreamResponse", told) == []
    if decoder.error is not None:
        raise decoder.error


def asked(body: bytes) -> Any:
    request = gemini.decode_request(body, model="m")
    openai_chat.encode_request(request, model="m")
    gemini.encode_request(request, model="gemini-3-flash")


@pytest.mark.parametrize("place", [whole, event])
def test_one_wrong_value_in_an_answer_is_read_past_or_named(place: Callable[[bytes], Any]) -> None:
    assert complaints(ANSWER, place) == []


def test_one_wrong_value_in_a_request_is_no_crash_and_in_a_conversation_named() -> None:
    found = complaints(REQUEST, asked)

    assert [one for one in found if one.startswith(("contents", "system"))] == []


def test_a_whole_answer_cut_off_anywhere_is_no_answer() -> None:
    body = json.dumps(ANSWER).encode()

    for length in range(len(body)):
        with pytest.raises(Error) as caught:
            whole(body[:length])
        assert REPEATED not in str(caught.value)


@given(data=st.binary(max_size=200), start=st.sampled_from([b"", b"[", b"data: ", b'data: {"']))
def test_any_bytes_are_an_answer_or_an_error_of_ours(data: bytes, start: bytes) -> None:
    for place in (streamed, whole):
        with contextlib.suppress(Error):
            place(start + data)


@pytest.mark.parametrize("depth", [*range(900, 1010, 7), 5_000, 100_000])
def test_what_is_nested_too_deeply_is_no_crash(depth: int) -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        deep = opening * depth + b"1" + closing * depth
        call = b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":'
        for body in (deep, call + deep + b'}}}]},"finishReason":"STOP"}]}'):
            for place in (whole, event):
                with contextlib.suppress(Error):
                    place(body)


@given(place=st.integers(min_value=0, max_value=2000), byte=st.integers(0, 255))
def test_a_byte_that_is_another_is_no_crash(place: int, byte: int) -> None:
    body = bytearray(stream(ANSWER))
    body[place % len(body)] = byte

    with contextlib.suppress(Error):
        streamed(bytes(body))


@pytest.mark.parametrize("depth", [400, 600, 900, 20_000])
def test_a_schema_that_nests_too_deeply_is_refused(depth: int) -> None:
    schema = "[" * depth + "]" * depth
    body = '{"contents":[],"tools":[{"functionDeclarations":[{"name":"f","parameters":SCHEMA}]}]}'

    with contextlib.suppress(BadRequestError):
        gemini.decode_request(body.replace("SCHEMA", schema).encode())
