"""A provider that costs next to nothing: it answers every request with the same bytes.

    python -m bench.echo      prints its port, and serves until it is ended

It knows as much of HTTP as its two clients need, so that what is measured is theirs.
"""

import asyncio
import json
import sys
from typing import Any, Final

STREAM: Final = 1000
"""So many chunks have content."""

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
    return json.dumps({**HEAD, **fields}, separators=(",", ":")).encode()


class Echo(asyncio.Protocol):
    """Answers; streams event by event, as a model would."""

    body = whole()
    pieces = tuple(b"%x\r\n%b\r\n" % (len(event), event) for event in events())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.heard = b""

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, blank, rest = self.heard.partition(b"\r\n\r\n")
        if not blank:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self.heard = rest[length:]
        if b'"stream":true' in rest[:length]:
            self.running = asyncio.get_running_loop().create_task(self.stream())
            return
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(self.body), self.body)
        )

    async def stream(self) -> None:
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for piece in self.pieces:
            self.transport.write(piece)
            await asyncio.sleep(0)
        self.transport.write(b"0\r\n\r\n")


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
