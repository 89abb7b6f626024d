"""Answers to callers of Converse: what they hear is what was said."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser

import dragoman
from dragoman.dialects import bedrock_converse, openai_chat
from dragoman.errors import BadRequestError, ConfigurationError, RemoteProtocolError, status_error
from dragoman.streaming import eventstream
from tests import corpus
from tests.judge import converse
from tests.unit.dialects.bedrock.saying import MADE

RECORDS = [record for record in corpus.records("bedrock-converse") if not record.refused]

REASONING = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}

ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "logprobs": None,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "refusal": None,
                "content": "Noon.",
                "reasoning_content": "Hm.",
                "reasoning_details": [{**REASONING, "text": "Hm.", "signature": "Sg=="}],
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": "[1"}},
                    {"id": "b", "type": "custom", "custom": {"name": "g", "input": "x"}},
                ],
            },
        }
    ],
    "usage": {
        "prompt_tokens": 110,
        "completion_tokens": 5,
        "total_tokens": 115,
        "prompt_tokens_details": {"cached_tokens": 100},
    },
}


def chunks_of(record: corpus.Record) -> list[Any]:
    decoder = bedrock_converse.stream_decoder(made=MADE)
    return [*decoder.receive(record.sent), *decoder.finish()]


def encoded(chunks: list[Any]) -> bytes:
    encoder = bedrock_converse.stream_encoder(include_usage=False)
    return b"".join(encoder.encode(chunk) for chunk in chunks) + encoder.end()


@corpus.each(record for record in RECORDS if not record.streamed)
def test_an_answer_of_bedrocks_comes_out_as_it_came(record: corpus.Record) -> None:
    response = bedrock_converse.decode_response(record.sent, made=MADE)

    again = bedrock_converse.encode_response(response)

    assert converse.said(again) == converse.said(record.sent)


@corpus.each(record for record in RECORDS if record.streamed)
def test_a_stream_of_bedrocks_comes_out_as_it_came(record: corpus.Record) -> None:
    again, came = (
        converse.said_stream(encoded(chunks_of(record))),
        converse.said_stream(record.sent),
    )

    again.choices[0].url_citations[:] = came.choices[0].url_citations  # they have no place
    assert again == came


class Body:
    """A body as AWS's client reads one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> Iterator[bytes]:
        yield self._data


def parsed(operation: str, body: Any, status: int = 200, headers: Any = None) -> dict[str, Any]:
    """What AWS's own client makes of this answer."""
    model = botocore.session.get_session().get_service_model("bedrock-runtime")
    shape = model.operation_model(operation).output_shape
    answer = {"status_code": status, "headers": headers or {}, "body": body, "context": {}}
    told: dict[str, Any] = create_parser("rest-json").parse(
        {**answer, "context": {"operation_name": operation}}, shape
    )
    return told


def test_awss_own_client_understands_a_whole_answer_and_an_error() -> None:
    response = openai_chat.decode_response(json.dumps(ANSWER).encode(), made=MADE)
    error = bedrock_converse.encode_error(status_error("No", status_code=404))

    told = parsed("Converse", bedrock_converse.encode_response(response))
    refused = parsed("Converse", error.body, error.status_code, error.headers)

    assert [next(iter(block)) for block in told["output"]["message"]["content"]] == [
        "reasoningContent",
        "text",
        "toolUse",
        "toolUse",
    ]
    assert told["usage"]["cacheReadInputTokens"] == 100
    assert refused["Error"]["Code"] == "ResourceNotFoundException"
    assert refused["Error"]["Message"] == "No"


@corpus.each(record for record in RECORDS if record.streamed)
def test_awss_own_client_understands_a_stream(record: corpus.Record) -> None:
    chunks = chunks_of(record)

    events = list(parsed("ConverseStream", Body(encoded(chunks)))["stream"])

    kinds = [next(iter(event)) for event in events]
    assert [kinds[0], *kinds[-2:]] == ["messageStart", "messageStop", "metadata"]
    deltas = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    said = "".join(delta.get("text", "") for delta in deltas)
    assert said == (dragoman.fold(chunks).choices[0].message.content or "")


def test_an_answer_of_others_is_written_as_bedrock_would() -> None:
    response = openai_chat.decode_response(json.dumps(ANSWER).encode(), made=MADE)

    assert json.loads(bedrock_converse.encode_response(response)) == {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "Sg=="}}},
                    {"text": "Noon."},
                    {"toolUse": {"toolUseId": "a", "name": "f", "input": {"_raw": "[1"}}},
                    {"toolUse": {"toolUseId": "b", "name": "g", "input": {"input": "x"}}},
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {
            "inputTokens": 10,
            "outputTokens": 5,
            "totalTokens": 115,
            "cacheReadInputTokens": 100,
        },
        "metrics": {"latencyMs": 0},
    }


def piece(**delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"} | {
        "choices": [choice]
    }


def test_calls_that_alternate_stay_apart() -> None:
    def call(index: int, **fields: Any) -> dict[str, Any]:
        return piece(tool_calls=[{"index": index, **fields}])

    told = [
        piece(role="assistant", content="So:"),
        call(0, id="a", type="function", function={"name": "f", "arguments": '{"x"'}),
        call(1, id="b", type="function", function={"name": "g", "arguments": ""}),
        call(0, function={"arguments": ":1}"}),
        call(1, function={"arguments": "{}"}),
        piece() | {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    ]
    sse = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in told)
    decoder = openai_chat.stream_decoder(made=MADE)
    chunks = [*decoder.receive(sse + b"data: [DONE]\n\n"), *decoder.finish()]

    again = bedrock_converse.stream_decoder(made=MADE)
    response = dragoman.fold([*again.receive(encoded(chunks)), *again.finish()])

    calls = [one.to_dict()["function"] for one in response.choices[0].message.tool_calls or []]
    assert calls == [{"name": "f", "arguments": '{"x":1}'}, {"name": "g", "arguments": "{}"}]
    assert response.choices[0].message.content == "So:"


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, None, (400, "ValidationException")),
        (401, None, (403, "UnrecognizedClientException")),
        (429, "rate_limit_exceeded", (429, "ThrottlingException")),
        (429, "insufficient_quota", (400, "ServiceQuotaExceededException")),
        (500, None, (500, "InternalServerException")),
        (502, None, (424, "ModelErrorException")),
        (529, None, (503, "ServiceUnavailableException")),
    ],
)
def test_an_error_has_bedrocks_status_and_name(
    status: int, code: str | None, told: tuple[int, str]
) -> None:
    encoded = bedrock_converse.encode_error(status_error("No", status_code=status, code=code))

    assert (encoded.status_code, encoded.headers["x-amzn-errortype"]) == told
    assert json.loads(encoded.body) == {"message": "No"}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (status_error("No", status_code=429), "throttlingException"),
        (RemoteProtocolError("No"), "modelStreamErrorException"),
        (ConfigurationError("No"), "internalServerException"),
    ],
)
def test_an_error_in_a_stream_is_an_exception(error: dragoman.Error, kind: str) -> None:
    encoder = bedrock_converse.stream_encoder(include_usage=True)

    (message,) = eventstream.Splitter().receive(encoder.error(error))

    assert message.headers[":exception-type"] == kind
    assert json.loads(message.payload) == {"message": "No"}


def read(**fields: Any) -> dict[str, Any]:
    body = {"messages": [{"role": "user", "content": [{"text": "x"}]}], **fields}
    told: dict[str, Any] = bedrock_converse.decode_request(json.dumps(body).encode()).to_dict()
    return told


def test_a_request_is_read_as_the_hub_has_it() -> None:
    told = read(
        system=[{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
        inferenceConfig={"maxTokens": 5, "temperature": 0.5, "topP": 0.9, "stopSequences": ["X"]},
        toolConfig={
            "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}],
            "toolChoice": {"tool": {"name": "f"}},
        },
        serviceTier={"type": "flex"},
        requestMetadata={"team": "Brest"},
        guardrailConfig={"guardrailIdentifier": "g"},
    )

    mark = {"type": "ephemeral", "ttl": "1h"}
    assert told.pop("messages")[0]["content"] == [
        {"type": "text", "text": "Be brief.", "cache_control": mark}
    ]
    assert told == {
        "model": "",
        "max_completion_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["X"],
        "tools": [
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "service_tier": "flex",
        "metadata": {"team": "Brest"},
        "guardrailConfig": {"guardrailIdentifier": "g"},
    }


def test_documents_are_files_and_results_messages_of_their_own() -> None:
    document = {"format": "md", "name": "notes", "source": {"bytes": "eA=="}}
    result = {"toolUseId": "a", "content": [{"text": "5 m"}], "status": "error"}

    told = read(
        messages=[
            {"role": "user", "content": [{"text": "x"}, {"document": document}]},
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "a", "name": "f", "input": {"n": 1}}}],
            },
            {"role": "user", "content": [{"toolResult": result}, {"text": "So?"}]},
        ]
    )["messages"]

    assert [message["role"] for message in told] == ["user", "assistant", "tool", "user"]
    assert told[0]["content"][1]["file"] == {
        "filename": "notes.md",
        "file_data": "data:text/markdown;base64,eA==",
    }
    assert told[1]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"n":1}'}
    assert told[2] == {
        "role": "tool",
        "tool_call_id": "a",
        "content": "Error: 5 m",
        "is_error": True,
    }


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": []}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": "x"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [7]}]}, "messages[0].content[0]"),
        ({"inferenceConfig": {"maxTokens": "5"}}, "inferenceConfig.maxTokens"),
        ({"inferenceConfig": {"stopSequences": [1]}}, "inferenceConfig.stopSequences[0]"),
        ({"toolConfig": {"toolChoice": {"none": {}}}}, "toolConfig.toolChoice"),
        ({"toolConfig": {"tools": [{"toolSpec": {}}]}}, "toolConfig.tools[0].toolSpec.inputSchema"),
        ({"serviceTier": {"type": "reserved"}}, "serviceTier.type"),
        ({"requestMetadata": {"a": 1}}, "requestMetadata.a"),
    ],
)
def test_what_is_no_request_is_refused_by_its_place(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        read(**fields)

    assert refused.value.param == param
