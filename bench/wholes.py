"""A whole answer of about 2.4 kB in every dialect: text and a call.

Made up, in the shape of recorded answers: what each service says besides (echoes of the request,
durations, details of the usage) is there. Those of services that do not indent their answers say
more, so that all are of about one size. What the response must be is said by hand.
"""

import json
from typing import Any, Final, NamedTuple

from bench import answers


class Whole(NamedTuple):
    """An answer in a dialect, and the response that it must become."""

    body: bytes
    response: dict[str, Any]


def whole(said: dict[str, Any], *, indent: int | None = None, **response: Any) -> Whole:
    """This answer, where the response has these fields besides the choice that all have."""
    separators = None if indent else (",", ":")
    body = json.dumps(said, indent=indent, separators=separators, ensure_ascii=False).encode()
    message = {
        "content": answers.TEXT if indent else LONGER,
        "refusal": None,
        "role": "assistant",
        "tool_calls": answers.TOOL_CALLS,
    }
    choice = {"finish_reason": "tool_calls", "index": 0, "logprobs": None, "message": message}
    of_all = {"choices": [choice], "created": 1, "id": "chatcmpl-made", "object": "chat.completion"}
    return Whole(body, {**of_all, **response})


def counted(prompt: dict[str, int] | None = None, **details: int) -> dict[str, Any]:
    """The usage: the same counts in all, with details of the prompt, or of the completion."""
    usage: dict[str, Any] = {"prompt_tokens": 412, "completion_tokens": 331, "total_tokens": 743}
    if prompt:
        usage["prompt_tokens_details"] = prompt
    if details:
        usage["completion_tokens_details"] = details
    return usage


LONGER: Final = "\n\n".join((*answers.PARAGRAPHS, *answers.PARAGRAPHS[1:3]))
INPUT: Final = json.loads(answers.ARGUMENTS)

CLAUDE: Final = whole(
    {
        "model": "claude-opus-5-5",
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "content": [
            {"type": "text", "text": LONGER},
            {
                "type": "tool_use",
                "id": answers.CALL_ID,
                "name": answers.FUNCTION,
                "input": INPUT,
                "caller": {"type": "direct"},
            },
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 156,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 256,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 331,
            "service_tier": "standard",
        },
    },
    id="msg_01XFDUDYJgAACzvnptvVoYEL",
    model="claude-opus-5-5",
    service_tier="default",
    usage=counted({"cached_tokens": 256, "cache_write_tokens": 0}),
)

BEDROCK: Final = whole(
    {
        "metrics": {"latencyMs": 5810},
        "output": {
            "message": {
                "content": [
                    {"text": LONGER},
                    {
                        "toolUse": {
                            "toolUseId": answers.CALL_ID,
                            "name": answers.FUNCTION,
                            "input": INPUT,
                        }
                    },
                ],
                "role": "assistant",
            }
        },
        "stopReason": "tool_use",
        "usage": {
            "cacheReadInputTokenCount": 256,
            "cacheReadInputTokens": 256,
            "cacheWriteInputTokenCount": 0,
            "cacheWriteInputTokens": 0,
            "inputTokens": 156,
            "outputTokens": 331,
            "serverToolUsage": {},
            "totalTokens": 743,
        },
    },
    model="asked-for",
    usage=counted({"cached_tokens": 256, "cache_write_tokens": 0}),
)

COHERE: Final = whole(
    {
        "id": "f201af17-e24a-4396-8f6a-98e8bf9c3432",
        "message": {
            "role": "assistant",
            "content": [{"type": "text", "text": LONGER}],
            "tool_calls": answers.TOOL_CALLS,
        },
        "finish_reason": "TOOL_CALL",
        "usage": {
            "billed_units": {"input_tokens": 119, "output_tokens": 52},
            "tokens": {"input_tokens": 412, "output_tokens": 331},
            "cached_tokens": 256,
        },
    },
    id="f201af17-e24a-4396-8f6a-98e8bf9c3432",
    model="asked-for",
    usage=counted({"cached_tokens": 256}),
)

GEMINI: Final = whole(
    {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": answers.TEXT},
                        {
                            "functionCall": {
                                "name": answers.FUNCTION,
                                "args": INPUT,
                                "id": answers.CALL_ID,
                            },
                        },
                    ],
                    "role": "model",
                },
                "finishReason": "STOP",
                "index": 0,
                "finishMessage": "Model generated function call(s).",
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 412,
            "candidatesTokenCount": 331,
            "totalTokenCount": 743,
            "cachedContentTokenCount": 256,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 412}],
            "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 256}],
        },
        "modelVersion": "gemini-3-flash",
        "responseId": "M-KTafbzB_msqtsP6qSAmAk",
    },
    indent=2,
    id="M-KTafbzB_msqtsP6qSAmAk",
    model="gemini-3-flash",
    usage=counted({"cached_tokens": 256}),
)

MISTRAL: Final = whole(
    {
        "id": "5b46b778fc2949dfb9da30b76b712027",
        "created": answers.CREATED,
        "model": "mistral-medium-latest",
        "usage": {
            "prompt_tokens": 412,
            "total_tokens": 743,
            "completion_tokens": 331,
            "prompt_tokens_details": {"cached_tokens": 256},
            "service_tier": "standard",
        },
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": answers.CALL_ID,
                            "function": {"name": answers.FUNCTION, "arguments": answers.ARGUMENTS},
                            "index": 0,
                        }
                    ],
                    "content": LONGER,
                },
            }
        ],
    },
    id="5b46b778fc2949dfb9da30b76b712027",
    created=answers.CREATED,
    model="mistral-medium-latest",
    usage=counted({"cached_tokens": 256}),
)

OLLAMA: Final = whole(
    {
        "model": "qwen3.6:latest",
        "created_at": "2025-11-24T16:00:00.335586Z",
        "message": {
            "role": "assistant",
            "content": LONGER,
            "tool_calls": [
                {
                    "id": answers.CALL_ID,
                    "function": {"index": 0, "name": answers.FUNCTION, "arguments": INPUT},
                }
            ],
        },
        "done": True,
        "done_reason": "stop",
        "total_duration": 1735248334,
        "load_duration": 139246000,
        "prompt_eval_count": 412,
        "prompt_eval_duration": 247164000,
        "eval_count": 331,
        "eval_duration": 1337032000,
    },
    created=answers.CREATED,
    model="qwen3.6:latest",
    usage=counted(),
)

RESPONSES: Final = whole(
    {
        "id": "resp_021dd22f4df1ded20069cbcbde7a3c819a82f835d55bbbc0a9",
        "object": "response",
        "created_at": answers.CREATED,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": answers.MODEL,
        "output": [
            {
                "id": "msg_021dd22f4df1ded20069cbcbdf31f8819a977fa3aace7d566d",
                "type": "message",
                "status": "completed",
                "content": [
                    {
                        "type": "output_text",
                        "annotations": [],
                        "logprobs": [],
                        "text": answers.TEXT,
                    }
                ],
                "role": "assistant",
            },
            {
                "id": "fc_021dd22f4df1ded20069cbcbe01c60819a8c4ef8b1d1c3a5e7",
                "type": "function_call",
                "status": "completed",
                "arguments": answers.ARGUMENTS,
                "call_id": answers.CALL_ID,
                "name": answers.FUNCTION,
            },
        ],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": 412,
            "input_tokens_details": {"cached_tokens": 256},
            "output_tokens": 331,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 743,
        },
        "user": None,
        "metadata": {},
    },
    indent=2,
    id="resp_021dd22f4df1ded20069cbcbde7a3c819a82f835d55bbbc0a9",
    created=answers.CREATED,
    model=answers.MODEL,
    service_tier="default",
    usage=counted({"cached_tokens": 256}, reasoning_tokens=0),
)

WHOLES: Final = {
    "anthropic-messages": CLAUDE,
    "bedrock-converse": BEDROCK,
    "cohere-v2": COHERE,
    "gemini": GEMINI,
    "mistral": MISTRAL,
    "ollama": OLLAMA,
    "openai-responses": RESPONSES,
}
"""The answers by the key of their dialect; `openai-chat`, with a bar of its own, is apart."""
