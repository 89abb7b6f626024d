"""A provider that costs next to nothing: it answers every request with the same bytes.

Asked at Claude's path, it streams as Claude does.

    python -m bench.echo      prints its port, and serves until it is ended

It knows as much of HTTP as its clients need, and waits in blocking calls, so that it leaves the
caches of the core that they share as it found them.
"""

import json
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Any, Final

STREAM: Final = 1000
"""So many chunks have content."""

PACE_SECONDS: Final = 0.005
"""Between the events of a model whose name says `paced`; else whoever reads gets many at once."""

HEAD: Final = {"id": "chatcmpl-1", "created": 1, "model": "gpt-4o-2024-08-06"}


def whole() -> bytes:
    """An answer of about 2.4 kB."""
    message = {"role": "assistant", "content": "One word after another. " * 84, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 420, "total_tokens": 429}
    return written(object="chat.completion", choices=[choice], usage=usage)


def events() -> list[bytes]:
    """The events of a stream, each of about 300 bytes."""
    deltas: list[dict[str, Any]] = [{"content": f"word {n} "} for n in range(STREAM)]
    told: list[tuple[dict[str, Any], str | None]] = [(delta, None) for delta in deltas]
    told.append(({}, "stop"))
    return [
        b"data: "
        + written(
            object="chat.completion.chunk",
            service_tier="default",
            system_fingerprint="fp_44709d6fcb",
            choices=[{"index": 0, "delta": d, "logprobs": None, "finish_reason": reason}],
            obfuscation="aB3dE6fG9hI2jK5",
        )
        + b"\n\n"
        for d, reason in told
    ] + [b"data: [DONE]\n\n"]


def written(**fields: Any) -> bytes:
    return compact({**HEAD, **fields})


def compact(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def claudes_events() -> list[bytes]:
    """The events of a stream as Claude sends it; an event of a piece of text has 120 bytes."""
    usage = {"input_tokens": 9, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5"}
    told: list[dict[str, Any]] = [
        {
            "type": "message_start",
            "message": {**message, "content": [], "stop_reason": None, "usage": usage},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": f"word {n} "},
            }
            for n in range(STREAM)
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": STREAM},
        },
        {"type": "message_stop"},
    ]
    return [b"event: %b\ndata: %b\n\n" % (one["type"].encode(), compact(one)) for one in told]


WHOLE: Final = whole()

ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(WHOLE), WHOLE)
)
STREAM_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def chunked(told: list[bytes]) -> tuple[bytes, ...]:
    return (*(b"%x\r\n%b\r\n" % (len(event), event) for event in told), b"0\r\n\r\n")


PIECES: Final = chunked(events())
CLAUDES_PIECES: Final = chunked(claudes_events())


def answer(wire: socket.socket) -> None:
    """Answers what comes on one connection; streams event by event, as a model would."""
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    heard = b""
    with wire, suppress(ConnectionError):
        while data := wire.recv(65536):
            heard += data
            head, blank, rest = heard.partition(b"\r\n\r\n")
            if not blank:
                continue
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(rest) < length:
                continue
            heard = rest[length:]
            if b'"stream":true' not in rest[:length]:
                wire.sendall(ANSWER)
                continue
            wire.sendall(STREAM_HEAD)
            pause = PACE_SECONDS if b"paced" in rest[:length] else 0.0
            for piece in CLAUDES_PIECES if b"/v1/messages" in head else PIECES:
                wire.sendall(piece)
                if pause:
                    time.sleep(pause)


def serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        wire, _ = listener.accept()
        threading.Thread(target=answer, args=(wire,), daemon=True).start()


if __name__ == "__main__":
    serve()
