"""What is read in the measurements: one whole answer, and the chunks of a stream.

Made up, in the shape in which OpenAI's own service answers: a whole answer is indented, a
chunk is not, and carries tier, fingerprint, a null usage and padding. What right results are
is said here from the same texts, by hand, without asking what is measured.
"""

import json
from typing import Final

ID: Final = "chatcmpl-CfXr7ZkQm2vB9dT4wLh0sNaYpUeJ6"
MODEL: Final = "gpt-4.1-2025-04-14"
CREATED: Final = 1764000000
FINGERPRINT: Final = "fp_d38c7f4fa7"

PARAGRAPHS: Final = (
    "Late November in Lisbon is mild and a little wet. Daytime highs sit near 17 C, nights fall "
    "to about 11 C, and it rains on roughly every third day, mostly in short, heavy showers that "
    "come in from the Atlantic and are over within the hour.",
    "For a long weekend I would plan the outdoor parts around the mornings: Belem on Friday, when "
    "the forecast is driest, the castle and the Alfama on Saturday, and the tile museum or the "
    "Gulbenkian on Sunday, when a front is expected to pass. Trams are crowded after ten, so an "
    "early start saves you most of the queueing. If you would rather stay dry altogether, the "
    "aquarium and the coach museum fill half a day each.",
    'Pack a light rain jacket rather than an umbrella ("the wind takes them", as people here say), '
    "shoes with some grip for the wet limestone pavements, and one warmer layer for the evening.",
    "Let me look up the current forecast for those three days, hour by hour, so that the plan can "
    "be adjusted: I will check precipitation, wind and the time of sunset, and then come back to "
    "you with a proposal for each day, including which tickets are worth buying ahead.",
)
TEXT: Final = "\n\n".join(PARAGRAPHS)
ARGUMENTS: Final = (
    '{"location":"Lisbon, Portugal","from":"2025-11-28","to":"2025-11-30","unit":"celsius",'
    '"hourly":true,"fields":["precipitation","wind_speed","sunset"]}'
)
CALL_ID: Final = "call_q8Jr2LxT0bVnWc5KzYh7PdGm"
FUNCTION: Final = "get_weather_forecast"

USAGE: Final = {
    "prompt_tokens": 412,
    "completion_tokens": 331,
    "total_tokens": 743,
    "prompt_tokens_details": {"cached_tokens": 256, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 0,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}

TOOL_CALLS: Final = [
    {
        "id": CALL_ID,
        "type": "function",
        "function": {"name": FUNCTION, "arguments": ARGUMENTS},
    }
]

WHOLE: Final = json.dumps(
    {
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": TEXT,
                    "tool_calls": TOOL_CALLS,
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
        "usage": USAGE,
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    },
    indent=2,
    ensure_ascii=False,
).encode()
"""A whole answer: text, a tool call, and usage with all its details."""

WHOLE_RESULT: Final[dict[str, object]] = {
    "choices": [
        {
            "finish_reason": "tool_calls",
            "index": 0,
            "logprobs": None,
            "message": {
                "content": TEXT,
                "refusal": None,
                "role": "assistant",
                "tool_calls": TOOL_CALLS,
            },
        }
    ],
    "created": CREATED,
    "id": ID,
    "model": MODEL,
    "object": "chat.completion",
    "service_tier": "default",
    "system_fingerprint": FINGERPRINT,
    "usage": USAGE,
}

FIRST_DELTA: Final[dict[str, object]] = {"role": "assistant", "content": "", "refusal": None}

WORDS: Final = [f" {word}" for word in TEXT.split()]
"""The pieces in which a stream tells the text."""


def chunk(delta: dict[str, object] | None, finish_reason: str | None = None) -> bytes:
    """A chunk as OpenAI sends it; the one with the usage where `delta` is None."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return json.dumps(
        {
            "id": ID,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": MODEL,
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
            "choices": [] if delta is None else [choice],
            "usage": USAGE if delta is None else None,
            "obfuscation": "k3Vw9TzLq",
        },
        separators=(",", ":"),
    ).encode()


def chunk_result(content: str) -> dict[str, object]:
    """The chunk that we make of one with this content."""
    return {
        "choices": [{"delta": {"content": content}, "finish_reason": None, "index": 0}],
        "created": CREATED,
        "id": ID,
        "model": MODEL,
        "object": "chat.completion.chunk",
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }


def event(data: bytes) -> bytes:
    """A server-sent event with these data."""
    return b"data: " + data + b"\n\n"


def stream(length: int) -> tuple[list[bytes], str]:
    """The chunks of a stream of this many, and the text that they tell."""
    words = [WORDS[position % len(WORDS)] for position in range(length - 3)]
    said = [chunk({"content": word}) for word in words]
    return [chunk(FIRST_DELTA), *said, chunk({}, "stop"), chunk(None)], "".join(words)


def stream_result(text: str) -> dict[str, object]:
    """The response that a stream with this text adds up to."""
    message = {"content": text, "refusal": None, "role": "assistant"}
    choice = {"finish_reason": "stop", "index": 0, "logprobs": None, "message": message}
    return {**WHOLE_RESULT, "choices": [choice]}
