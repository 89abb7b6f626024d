"""A way to ask at each door of the simulator, and what its streams are made of.

Events are taken apart here as their callers would, without the code of the simulator.
"""

import base64
import binascii
import json
import struct
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import msgspec


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """How one door is asked."""

    dialect: str

    whole: str
    """The target that a whole answer is asked at; `{model}` for the model."""

    body: Callable[[str], dict[str, Any]]
    """The body that says this text; the model, and whether it streams, are added."""

    content_type: str = "text/event-stream; charset=utf-8"
    """Of a stream."""

    id_header: str = "x-request-id"

    stream: str | None = None
    """The target that a stream is asked at; None where it is the same, and the body says so."""

    terminator: bool = True
    """Whether the last event of a stream says that it is the last."""

    required: bool = False
    """Whether a stream that lacks it cannot be read to its end."""

    data: Callable[[bytes], Any]
    """What an event tells; raises `JSONDecodeError` for one that cannot be read."""

    def target(self, model: str, *, stream: bool) -> str:
        """The target of this request."""
        target = self.stream if stream and self.stream else self.whole
        return target.replace("{model}", quote(model, safe=""))

    def asking(self, model: str, text: str, *, stream: bool, **fields: Any) -> bytes:
        """The body of this request."""
        body = self.body(text)
        if "{model}" not in self.whole:
            body["model"] = model
        if stream and self.stream is None:
            body["stream"] = True
        return json.dumps({**body, **fields}).encode()


def of_sse(event: bytes) -> Any:
    """The data of a server-sent event."""
    assert event.endswith(b"\n\n")
    (data,) = [line[6:] for line in event.splitlines() if line.startswith(b"data: ")]
    return None if data == b"[DONE]" else json.loads(data)


def of_array(event: bytes) -> Any:
    """An element of an array, with what stands around it."""
    told = event.strip()
    return None if told == b"]" else json.loads(told[1:])


def of_frame(event: bytes) -> Any:
    """The payload of a message of AWS's, whose checksums are looked at."""
    total, headers, prelude = struct.unpack_from("!III", event)
    (whole,) = struct.unpack_from("!I", event, total - 4)
    assert len(event) == total
    assert (prelude, whole) == (binascii.crc32(event[:8]), binascii.crc32(event[:-4]))
    return json.loads(event[12 + headers : -4])


def of_chunk(event: bytes) -> Any:
    """What a model said, as Bedrock hands it on."""
    told = of_frame(event)
    return json.loads(base64.b64decode(told["bytes"])) if "bytes" in told else told


def of_line(event: bytes) -> Any:
    """What a line tells."""
    assert event.endswith(b"\n")
    return json.loads(event)


def spoken(text: str) -> dict[str, Any]:
    """A body whose messages have a role and a text."""
    return {"messages": [{"role": "user", "content": text}]}


def of_claude(version: str) -> Callable[[str], dict[str, Any]]:
    """Anthropic's body on another host."""
    return lambda text: {"anthropic_version": version, "max_tokens": 99, **spoken(text)}


def in_parts(text: str) -> dict[str, Any]:
    """Gemini's body."""
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


STUDIO: Final = "/v1beta/models/{model}:"
VERTEX: Final = "/v1/projects/p/locations/us-east5/publishers"
FRAMES: Final = "application/vnd.amazon.eventstream"

VISITS: Final = {
    "openai-chat": Visit(
        dialect="openai-chat", whole="/v1/chat/completions", body=spoken, data=of_sse
    ),
    "anthropic-messages": Visit(
        dialect="anthropic-messages",
        whole="/v1/messages",
        body=lambda text: {"max_tokens": 99, **spoken(text)},
        id_header="request-id",
        data=of_sse,
    ),
    "claude on bedrock": Visit(
        dialect="anthropic-messages",
        whole="/model/{model}/invoke",
        stream="/model/{model}/invoke-with-response-stream",
        body=of_claude("bedrock-2023-05-31"),
        content_type=FRAMES,
        id_header="x-amzn-requestid",
        data=of_chunk,
    ),
    "claude on vertex": Visit(
        dialect="anthropic-messages",
        whole=f"{VERTEX}/anthropic/models/{{model}}:rawPredict",
        body=of_claude("vertex-2023-10-16"),
        data=of_sse,
    ),
    "claude on vertex, another path": Visit(
        dialect="anthropic-messages",
        whole=f"{VERTEX}/anthropic/models/{{model}}:streamRawPredict",
        body=of_claude("vertex-2023-10-16"),
        data=of_sse,
    ),
    "bedrock-converse": Visit(
        dialect="bedrock-converse",
        whole="/model/{model}/converse",
        stream="/model/{model}/converse-stream",
        body=lambda text: {"messages": [{"role": "user", "content": [{"text": text}]}]},
        content_type=FRAMES,
        id_header="x-amzn-requestid",
        data=of_frame,
    ),
    "gemini": Visit(
        dialect="gemini",
        whole=f"{STUDIO}generateContent",
        stream=f"{STUDIO}streamGenerateContent?alt=sse",
        body=in_parts,
        terminator=False,
        data=of_sse,
    ),
    "gemini, an array": Visit(
        dialect="gemini",
        whole=f"{STUDIO}generateContent",
        stream=f"{STUDIO}streamGenerateContent",
        body=in_parts,
        content_type="application/json; charset=utf-8",
        required=True,
        data=of_array,
    ),
    "gemini on vertex": Visit(
        dialect="gemini",
        whole=f"{VERTEX}/google/models/{{model}}:generateContent",
        stream=f"{VERTEX}/google/models/{{model}}:streamGenerateContent?alt=sse",
        body=in_parts,
        terminator=False,
        data=of_sse,
    ),
    "cohere-v2": Visit(
        dialect="cohere-v2",
        whole="/v2/chat",
        body=spoken,
        id_header="x-debug-trace-id",
        data=of_sse,
    ),
    "openai-responses": Visit(
        dialect="openai-responses",
        whole="/v1/responses",
        body=lambda text: {"input": text},
        required=True,
        data=of_sse,
    ),
    "mistral": Visit(
        dialect="mistral",
        whole="/mistral/v1/chat/completions",
        body=spoken,
        id_header="mistral-correlation-id",
        data=of_sse,
    ),
    "ollama": Visit(
        dialect="ollama",
        whole="/api/chat",
        body=lambda text: {"stream": False, **spoken(text)},
        content_type="application/x-ndjson",
        required=True,
        data=of_line,
    ),
}
"""Each under a name of its own."""
