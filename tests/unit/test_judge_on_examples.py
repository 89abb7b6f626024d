"""The judge on the worked examples of the provider pages: it agrees, and notices what is altered.

Each example is a provider's answer and ours to it (of a stream: the fold of what we emit).
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests import judge

Json = dict[str, Any]


class Example(NamedTuple):
    provider: str
    ours: Json

    def said(self) -> judge.Heard:
        raw = self.provider.encode()
        return judge.said(raw) if raw.startswith(b"{") else judge.said_stream(raw)


def sse(*lines: str) -> str:
    return "".join(f"{line}\n\n" for line in lines)


def response(message: Json, finish_reason: str, usage: Json | None = None, **keys: Any) -> Json:
    choice = {
        "index": 0,
        "finish_reason": finish_reason,
        "logprobs": None,
        "message": {"role": "assistant", "content": "", "refusal": None, **message},
    }
    counted = {"usage": usage} if usage else {}
    return (
        {"object": "chat.completion", "created": 1795404600, "choices": [choice]} | counted | keys
    )


# openai-chat 7

SPARSE = Example(
    '{"choices":[{"message":{"role":"assistant","content":"Oslo."},"finish_reason":"stop"}],'
    '"usage":{"prompt_tokens":21,"completion_tokens":3}}',
    response(
        {"content": "Oslo."},
        "stop",
        {"prompt_tokens": 21, "completion_tokens": 3, "total_tokens": 24},
        id="chatcmpl-GEN1",
        model="gpt-5-mini",
    ),
)

OPENAI_CHUNK = (
    'data: {"id":"chatcmpl-u1","object":"chat.completion.chunk","created":1795404600,'
    '"model":"gpt-5-mini-2025-08-07","service_tier":"default","system_fingerprint":null,'
    '"choices":[%s],"usage":%s,"obfuscation":"x9Qe"}'
)
OPENAI_USAGE = (
    '{"prompt_tokens":21,"completion_tokens":75,"total_tokens":96,'
    '"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
    '"completion_tokens_details":{"reasoning_tokens":64,"audio_tokens":0,'
    '"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}'
)
OPENAI_STREAM = Example(
    sse(
        OPENAI_CHUNK
        % (
            '{"index":0,"delta":{"role":"assistant","content":"","refusal":null},'
            '"finish_reason":null}',
            "null",
        ),
        OPENAI_CHUNK % ('{"index":0,"delta":{"content":"Oslo."},"finish_reason":null}', "null"),
        OPENAI_CHUNK % ('{"index":0,"delta":{},"finish_reason":"stop"}', "null"),
        OPENAI_CHUNK % ("", OPENAI_USAGE),
        "data: [DONE]",
    ),
    response(
        {"content": "Oslo."},
        "stop",
        json.loads(OPENAI_USAGE),
        id="chatcmpl-u1",
        model="gpt-5-mini-2025-08-07",
    ),
)

# openai-compatible 7.2

XAI = Example(
    '{"id":"x1","object":"chat.completion","created":1795404600,"model":"grok-4","choices":[{'
    '"index":0,"message":{"role":"assistant","content":"42","reasoning_content":"Think.",'
    '"refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,'
    '"completion_tokens":2,"total_tokens":122,"completion_tokens_details":{'
    '"reasoning_tokens":100},"num_sources_used":0}}',
    response(
        {"content": "42", "reasoning_content": "Think."},
        "stop",
        {
            "prompt_tokens": 20,
            "completion_tokens": 102,
            "total_tokens": 122,
            "completion_tokens_details": {"reasoning_tokens": 100},
        },
        id="x1",
        model="grok-4",
    ),
)

# openai-compatible 7.3

MESSY_CHUNK = (
    'data: {"id":"q1","object":"chat.completion.chunk","created":1795404600,"model":"qwen-x",'
    '"choices":[{"index":0,"delta":%s,"finish_reason":%s}]%s}'
)
MESSY = Example(
    sse(
        ": keep-alive",
        MESSY_CHUNK % ('{"role":"assistant","content":"","reasoning_content":"Go."}', "null", ""),
        MESSY_CHUNK
        % (
            '{"content":null,"tool_calls":[{"id":"call_q","type":"function","function":{'
            '"name":"f","arguments":"{\\"a\\""}}]}',
            "null",
            "",
        ),
        MESSY_CHUNK
        % (
            '{"tool_calls":[{"index":0,"id":"","type":"function","function":{"name":"",'
            '"arguments":":1}"}}]}',
            '"stop"',
            ',"usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11,'
            '"prompt_cache_hit_tokens":4}',
        ),
        "data: [DONE]",
    ),
    response(
        {
            "content": None,
            "reasoning_content": "Go.",
            "tool_calls": [
                {
                    "id": "call_q",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"a":1}'},
                }
            ],
        },
        "tool_calls",
        {
            "prompt_tokens": 5,
            "completion_tokens": 6,
            "total_tokens": 11,
            "prompt_tokens_details": {"cached_tokens": 4},
        },
        id="q1",
        model="qwen-x",
    ),
)

# azure-openai 7.2 and 7.3

AZURE = Example(
    '{"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},'
    '"finish_reason":"content_filter","index":0,"logprobs":null,"message":{'
    '"role":"assistant"}}],"created":1795404600,"id":"chatcmpl-az1",'
    '"model":"o4-mini-2025-04-16","object":"chat.completion","prompt_filter_results":[{'
    '"prompt_index":0,"content_filter_results":{}}],"system_fingerprint":"fp_1","usage":{'
    '"completion_tokens":4,"prompt_tokens":9,"total_tokens":13}}',
    response(
        {},
        "content_filter",
        {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
        id="chatcmpl-az1",
        model="o4-mini-2025-04-16",
    ),
)

AZURE_CHUNK = (
    'data: {"choices":[{"content_filter_results":{},"delta":%s,"finish_reason":%s,"index":0,'
    '"logprobs":null}],"created":1795404600,"id":"chatcmpl-az2","model":"gpt-4o-2024-11-20",'
    '"object":"chat.completion.chunk","system_fingerprint":"fp_2"}'
)
AZURE_STREAM = Example(
    sse(
        'data: {"choices":[],"created":0,"id":"","model":"","object":"",'
        '"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"jailbreak":{'
        '"filtered":false,"detected":false}}}]}',
        AZURE_CHUNK % ('{"content":"","refusal":null,"role":"assistant"}', "null"),
        AZURE_CHUNK % ('{"content":"Two"}', "null"),
        AZURE_CHUNK % ("{}", '"stop"'),
        'data: {"choices":[{"content_filter_offsets":{"check_offset":44,"start_offset":44,'
        '"end_offset":47},"content_filter_results":{"violence":{"filtered":false,'
        '"severity":"safe"}},"finish_reason":null,"index":0}],"created":0,"id":"","model":"",'
        '"object":""}',
        "data: [DONE]",
    ),
    response({"content": "Two"}, "stop", id="chatcmpl-az2", model="gpt-4o-2024-11-20"),
)

EXAMPLES = pytest.mark.parametrize(
    "example",
    [
        pytest.param(SPARSE, id="sparse"),
        pytest.param(OPENAI_STREAM, id="openai stream"),
        pytest.param(XAI, id="xai"),
        pytest.param(MESSY, id="messy stream"),
        pytest.param(AZURE, id="azure"),
        pytest.param(AZURE_STREAM, id="azure stream"),
    ],
)


@EXAMPLES
def test_what_we_answer_is_what_was_said(example: Example) -> None:
    assert judge.heard(json.dumps(example.ours).encode()) == example.said()


UNHEARD = (
    "role",
    "object",
    "type",
    "logprobs",
    "audio_tokens",
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
)
"""Keys that the judge leaves to the schema (`type` decides how a tool call is read at all)."""


def altered(value: Any, key: str = "") -> Iterator[Any]:
    """`value` with one leaf changed, once for each leaf the judge should listen to."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from ({**value, name: other} for other in altered(inner, name))
        case list():
            for n, inner in enumerate(value):
                yield from ([*value[:n], other, *value[n + 1 :]] for other in altered(inner))
            if value:
                yield value[1:]
                yield [*value, value[-1]]
        case _ if key in UNHEARD:
            return
        case int():
            yield value + 1
        case str():
            yield value.replace("1", "2") if key == "arguments" else value + "x"
        case None:
            yield ""


@EXAMPLES
def test_an_altered_answer_is_noticed(example: Example) -> None:
    told = {key: value for key, value in example.ours.items() if f'"{key}"' in example.provider}

    for part in altered(told):
        ours = {**example.ours, **part}
        assert judge.heard(json.dumps(ours).encode()) != example.said(), ours


def test_an_error_inside_a_200_is_told_as_what_it_is() -> None:
    sent = (
        b'{"id":"gen-1","error":{"code":502,"message":"Provider returned error","metadata":{'
        b'"provider_name":"X","raw":"upstream reset"}},"choices":null}'
    )

    with pytest.raises(judge.NoAnswer):
        judge.said(sent)
    assert judge.said_error(200, sent) == judge.SaidError(
        "Provider returned error", 502, "upstream_error", None, None
    )
