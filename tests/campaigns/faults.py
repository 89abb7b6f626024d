"""What may go wrong with a provider, and what the caller is then told: the table of campaign 12.

A row is a fault of an upstream's script, for whole answers, for streams, or for both. Each attempt
meets the same fault, so that the number of attempts tells what is tried again. The scripts hold
the canary of the answer wherever an answer would stand.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from dragoman import Timeout
from dragoman.errors import AttemptClass
from tests.campaigns.calls import ANSWER, KEY
from tests.upstream import END, STREAM, Act, Pause, Script, Send, Step, chunk, event, half, whole

CAP: Final = 64 * 1024 * 1024
"""Bytes: the cap of an event (`sse.EVENT_LIMIT`), and of a body (`protocol.BODY_LIMIT`)."""

PATIENT: Final = Timeout.of(10)

BRIEF: Final = 0.05
"""Seconds: deadlines that are meant to pass."""


@dataclass(frozen=True)
class Told:
    """What the caller gets: an error by the name of its class, or, with None, an answer."""

    error: str | None = None
    attempt_class: AttemptClass | None = None
    attempts: int = 1
    code: str | None = None
    phase: str | None = None
    says: str = ""
    """A pattern that the message has."""


@dataclass(frozen=True)
class Row:
    """`asked` says for which answers this is a fault."""

    name: str
    asked: Literal["whole", "stream", "both"]
    script: Script
    told: Told
    timeout: Timeout = PATIENT

    def __str__(self) -> str:
        return self.name


def started(says: str, *, code: str | None = "bad_gateway") -> Told:
    return Told("RemoteProtocolError", "started", 2, code, says=says)


def cut(attempt_class: AttemptClass = "started", *, by: str = "APIConnectionError") -> Told:
    attempts = 1 if attempt_class == "content" else 2
    return Told(by, attempt_class, attempts, "stream_truncated", says="end")


def late(phase: str, attempt_class: AttemptClass, attempts: int, says: str) -> Told:
    return Told("APITimeoutError", attempt_class, attempts, "timeout", phase, says)


def refused(leaf: str, status_class: AttemptClass, attempts: int, code: str | None = None) -> Told:
    return Told(leaf, status_class, attempts, code, says="said no")


CHOICE: Final[dict[str, Any]] = {
    "index": 0,
    "message": {"role": "assistant", "content": ANSWER},
    "finish_reason": "stop",
}
COMPLETION: Final[dict[str, Any]] = {"id": "c", "created": 1, "model": "m", "choices": [CHOICE]}
COMPLETE: Final = whole(COMPLETION, tokens=5)
NO: Final = {"error": {"message": "the provider said no"}}
QUOTA: Final = {"error": {"message": "the provider said no", "code": "insufficient_quota"}}
HTML: Final = b"<html><body><h1>the gateway said no</h1></body></html>"
EMPTY: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SSE: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

TEXT: Final = event(f"{ANSWER} ")
ROLE: Final = chunk(
    b'data: {"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":'
    b'{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
)
STOP, DONE, LAST = END
ENDED: Final = [STREAM, ROLE, TEXT, *END]
DATA: Final = b"".join(step.data.split(b"\r\n", 1)[1][:-2] for step in (ROLE, TEXT, STOP, DONE))
"""The events of a good stream, without chunks around them."""


def sized(data: bytes, *, head: bytes = SSE, size: int | None = None) -> Send:
    size = len(data) if size is None else size
    return Send(b"%bContent-Length: %d\r\n\r\n%b" % (head, size, data), tokens=1)


def compressed(events: bytes) -> Send:
    return whole(events, content_encoding="gzip", content_type="text/event-stream")


def repeated(*steps: Step) -> list[Step]:
    """These steps for longer than anybody waits."""
    return [*steps] * 20


def large(head: bytes, before: bytes, after: bytes) -> Script:
    """An answer of over the cap, sent in pieces of a mebibyte."""
    filler = [Send(b"x" * 1024 * 1024)] * (CAP // 1024**2 + 1)
    size = len(before) + sum(len(step.data) for step in filler) + len(after)
    return [Send(b"%bContent-Length: %d\r\n\r\n%b" % (head, size, before)), *filler, Send(after)]


def failing(status: int, told: Told) -> Row:
    return Row(f"says {status}", "both", [whole(NO, status=status)], told)


STATUSES: Final = [
    failing(400, refused("BadRequestError", "client", 1)),
    failing(401, refused("AuthenticationError", "client", 1)),
    failing(403, refused("PermissionDeniedError", "client", 1)),
    failing(404, refused("NotFoundError", "client", 1)),
    failing(408, refused("APIStatusError", "failed", 2)),
    failing(409, refused("ConflictError", "client", 1)),
    failing(413, refused("APIStatusError", "client", 1)),
    failing(422, refused("UnprocessableEntityError", "client", 1)),
    failing(429, refused("RateLimitError", "refused", 3)),
    failing(500, refused("InternalServerError", "failed", 2)),
    failing(503, refused("InternalServerError", "refused", 3)),
    failing(504, refused("InternalServerError", "failed", 2)),
    failing(529, refused("InternalServerError", "refused", 3)),
    Row(
        "says 429 for a spent quota",
        "both",
        [whole(QUOTA, status=429)],
        refused("RateLimitError", "refused", 1, "insufficient_quota"),
    ),
    Row(
        "says 429 and to come back tomorrow",
        "both",
        [whole(NO, status=429, retry_after="86400")],
        refused("RateLimitError", "refused", 1),
    ),
    Row(
        "says 500 and not to try again",
        "both",
        [whole(NO, status=500, x_should_retry="false")],
        refused("InternalServerError", "failed", 1),
    ),
    Row(
        "says 404 in HTML",
        "both",
        [whole(HTML, status=404, content_type="text/html")],
        refused("NotFoundError", "client", 1),
    ),
    Row(
        "says 502 in HTML",
        "both",
        [whole(HTML, status=502, content_type="text/html")],
        refused("InternalServerError", "failed", 2),
    ),
    Row(
        "says 503 and nothing else",
        "both",
        [whole(b"", status=503)],
        Told("InternalServerError", "refused", 3, says="503 without a message"),
    ),
    Row(
        "redirects",
        "both",
        [whole(b"", status=302, location="http://127.0.0.1:1/elsewhere")],
        Told("APIStatusError", "client", 1, says="302"),
    ),
    Row(
        "repeats the key in its refusal",
        "both",
        [whole({"error": {"message": f"the key {KEY} said no"}}, status=401)],
        refused("AuthenticationError", "client", 1),
    ),
    Row(
        "says 401, compressed as nobody asked",
        "both",
        [whole(b"\x0b\x02\x80", status=401, content_encoding="br")],
        Told("AuthenticationError", "client", 1, says="401.*content-encoding br"),
    ),
    Row(
        "says 500 in a body that is over the cap",
        "both",
        large(b"HTTP/1.1 500 \r\n", b"", b"x"),
        Told("InternalServerError", "failed", 2, says=f"500.*at most {CAP} bytes"),
    ),
]
"""It answers, and the answer is no."""

BREAKS: Final = [
    Row(
        "closes without a word",
        "both",
        [Act.CLOSE],
        Told("APIConnectionError", "ambiguous", 2, says="while waiting for the answer"),
    ),
    Row(
        "breaks off without a word",
        "both",
        [Act.RESET],
        Told("APIConnectionError", "ambiguous", 2, says="while waiting for the answer"),
    ),
    Row(
        "closes within its head",
        "both",
        [Send(EMPTY), Act.CLOSE],
        Told("APIConnectionError", "ambiguous", 2, says="while waiting for the answer"),
    ),
    Row(
        "breaks off within its head",
        "both",
        [Send(EMPTY), Act.RESET],
        Told("APIConnectionError", "ambiguous", 2, says="while waiting for the answer"),
    ),
    Row("closes behind its head", "both", [STREAM, Act.CLOSE], cut()),
    Row("breaks off behind its head", "both", [STREAM, Act.RESET], cut()),
    Row("closes in the middle", "whole", [half(COMPLETE), Act.CLOSE], cut()),
    Row("closes before content", "stream", [STREAM, ROLE, Act.CLOSE], cut()),
    Row("breaks off before content", "stream", [STREAM, ROLE, Act.RESET], cut()),
    Row("closes after content", "stream", [STREAM, ROLE, TEXT, Act.CLOSE], cut("content")),
    Row("breaks off after content", "stream", [STREAM, TEXT, Act.RESET], cut("content")),
    Row("closes within an event", "stream", [STREAM, TEXT, half(TEXT), Act.CLOSE], cut("content")),
    Row("closes after its reason", "stream", [STREAM, TEXT, STOP, Act.CLOSE], cut("content")),
    Row("closes after [DONE]", "stream", [STREAM, TEXT, STOP, DONE, Act.CLOSE], cut("content")),
    Row("closes before its length", "whole", [sized(DATA, size=9999), Act.CLOSE], cut()),
    Row("closes before its length", "stream", [sized(DATA, size=9999), Act.CLOSE], cut("content")),
    Row(
        "closes, and only that ends it",
        "stream",
        [Send(SSE + b"\r\n" + DATA[: -len(b"data: [DONE]\n\n")]), Act.CLOSE],
        cut("content", by="RemoteProtocolError"),
    ),
    Row(
        "ends before a reason",
        "stream",
        [STREAM, TEXT, LAST],
        cut("content", by="RemoteProtocolError"),
    ),
    Row("ends without content", "both", [STREAM, LAST], cut(by="RemoteProtocolError")),
]
"""The connection dies."""

SILENCES: Final = [
    Row(
        "is silent",
        "both",
        [Act.STALL],
        late("first_byte", "ambiguous", 2, "waiting for the answer: nothing within 0.05 s"),
        Timeout(first_byte=BRIEF),
    ),
    Row(
        "never ends its head",
        "both",
        [Send(b"HTTP/1.1 200 OK\r\n"), *repeated(Pause(0.01), Send(b"x-a: b\r\n")), Act.STALL],
        late("first_byte", "ambiguous", 2, "waiting for the answer"),
        Timeout(first_byte=BRIEF),
    ),
    Row(
        "is silent behind its head",
        "both",
        [STREAM, Act.STALL],
        late("between_events", "started", 2, "while reading the answer"),
        Timeout(between_events=BRIEF),
    ),
    Row(
        "is silent in the middle",
        "whole",
        [half(COMPLETE), Act.STALL],
        late("between_events", "started", 2, "while reading the answer"),
        Timeout(between_events=BRIEF),
    ),
    Row(
        "is silent after content",
        "stream",
        [STREAM, ROLE, TEXT, Act.STALL],
        late("between_events", "content", 1, "while reading the answer"),
        Timeout(between_events=BRIEF),
    ),
    Row(
        "is silent before content",
        "stream",
        [STREAM, ROLE, Act.STALL],
        late("first_content", "started", 2, "the first content: nothing within 0.05 s"),
        Timeout(first_content=BRIEF),
    ),
    Row(
        "only keeps the connection alive",
        "stream",
        [STREAM, *repeated(chunk(b": still here\n\n"), Pause(0.01)), Act.STALL],
        late("first_content", "started", 2, "the first content: nothing within 0.05 s"),
        Timeout(first_content=BRIEF),
    ),
    Row(
        "takes longer than the whole may",
        "both",
        [Act.STALL],
        late("total", "ambiguous", 1, "the whole request"),
        Timeout(total=BRIEF),
    ),
]
"""Nothing comes, or nothing that counts."""

NONSENSE: Final = [
    Row("speaks no HTTP", "both", [Send(b"SSH-2.0-OpenSSH_9\r\n\r\n")], started("no HTTP/1.1")),
    Row(
        "has a head without end",
        "both",
        [Send(EMPTY), *[Send(b"x-a: %b\r\n" % (b"b" * 1000))] * 40],
        started("head is over 32768 bytes"),
    ),
    Row(
        "says how long it is twice",
        "both",
        [Send(EMPTY + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ")],
        started("Duplicate Content-Length"),
    ),
    Row(
        "has chunks that are none",
        "both",
        [STREAM, Send(b"zz\r\nnothing\r\n")],
        started("chunks of the body"),
    ),
    Row(
        "switches protocols",
        "both",
        [Send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")],
        started("no HTTP/1.1|switch of protocols"),
    ),
    Row("goes on with 1xx", "both", [Send(b"HTTP/1.1 103 \r\n\r\n" * 200)], started("endless 1xx")),
    Row("says 200 in HTML", "both", [whole(HTML, content_type="text/html")], started("HTML")),
    Row("says 204", "whole", [Send(b"HTTP/1.1 204 \r\n\r\n")], started("JSON")),
    Row(
        "says 204",
        "stream",
        [Send(b"HTTP/1.1 204 \r\n\r\n")],
        started("end", code="stream_truncated"),
    ),
    Row("says nothing in 200", "whole", [whole(b"")], started("JSON")),
    Row("says {}", "both", [whole({})], started("choices: expected at least one")),
    Row(
        "says JSON that is cut",
        "both",
        [sized(COMPLETE.data.partition(b"\r\n\r\n")[2][:-9], head=EMPTY)],
        started("JSON"),
    ),
    Row("is shorter than its body", "whole", [whole(COMPLETION), Send(b"{}")], Told()),
    Row(
        "is longer than it says",
        "whole",
        [sized(COMPLETE.data.partition(b"\r\n\r\n")[2], head=EMPTY, size=20)],
        started("JSON"),
    ),
    Row(
        "says gzip and means it not",
        "both",
        [whole(COMPLETION, content_encoding="gzip")],
        started("compressed body is corrupt"),
    ),
    Row(
        "is compressed and cut",
        "whole",
        [whole(gzip.compress(json.dumps(COMPLETION).encode())[:-9], content_encoding="gzip")],
        cut(),
    ),
    Row(
        "is compressed and cut",
        "stream",
        [compressed(gzip.compress(DATA)[:-9])],
        cut("content"),
    ),
    Row(
        "is compressed as nobody asked",
        "both",
        [whole(b"\x0b\x02\x80", content_encoding="br")],
        started("content-encoding br is not taken"),
    ),
    Row(
        "sends an event that is none, first",
        "both",
        [STREAM, chunk(b"data: {nonsense}\n\n")],
        started("expected a chunk in JSON"),
    ),
    Row(
        "sends an event that is none, later",
        "stream",
        [STREAM, TEXT, chunk(b"data: {nonsense}\n\n")],
        Told("RemoteProtocolError", "content", 1, "bad_gateway", says="a chunk in JSON"),
    ),
    Row(
        "sends an event over the cap",
        "both",
        large(SSE, b'data: {"x": "', b'"}\n\n'),
        started(f"events of at most {CAP} bytes"),
    ),
    Row(
        "sends a body over the cap",
        "both",
        large(EMPTY, b'{"x": "', b'"}'),
        started(f"body of at most {CAP} bytes"),
    ),
    Row("fails inside 200", "both", [whole(NO)], refused("InternalServerError", "failed", 2)),
    Row(
        "fails in its first event",
        "both",
        [STREAM, chunk(b'data: {"error": {"message": "said no", "code": 429}}\n\n')],
        refused("RateLimitError", "refused", 3, "rate_limit_exceeded"),
    ),
    Row(
        "fails after content",
        "stream",
        [STREAM, TEXT, chunk(b'data: {"error": {"message": "said no", "code": 503}}\n\n')],
        refused("InternalServerError", "content", 1, "server_is_overloaded"),
    ),
]
"""Something comes that is no answer."""

ODDITIES: Final = [
    Row("goes well", "whole", [COMPLETE], Told()),
    Row("goes well", "stream", ENDED, Told()),
    Row("streams for who asked for a whole", "whole", ENDED, Told()),
    Row("is whole for who asked for a stream", "stream", [COMPLETE], Told()),
    Row("says it is text", "whole", [whole(COMPLETION, content_type="text/plain")], Told()),
    Row("says its events are text", "stream", [sized(DATA, head=b"HTTP/1.1 200 OK\r\n")], Told()),
    Row("says its events are JSON", "stream", [sized(DATA, head=EMPTY)], Told()),
    Row("says [DONE] twice", "both", [STREAM, TEXT, STOP, DONE, DONE, LAST], Told()),
    Row("says no [DONE]", "both", [STREAM, TEXT, STOP, LAST], Told()),
    Row("goes on after [DONE]", "both", [STREAM, TEXT, STOP, DONE, TEXT, LAST], Told()),
    Row("begins with a byte order mark", "both", [sized(b"\xef\xbb\xbf" + DATA)], Told()),
    Row("ends its lines with CRLF", "both", [sized(DATA.replace(b"\n", b"\r\n"))], Told()),
    Row("ends its lines with CR", "both", [sized(DATA.replace(b"\n", b"\r"))], Told()),
    Row("says 103 first", "both", [Send(b"HTTP/1.1 103 \r\nLink: a\r\n\r\n"), *ENDED], Told()),
    Row("says 100 first", "both", [Send(b"HTTP/1.1 100 Continue\r\n\r\n"), *ENDED], Told()),
    Row(
        "compresses, though not asked",
        "both",
        [compressed(gzip.compress(DATA))],
        Told(),
    ),
    Row("is closed after its end", "both", [*ENDED, Act.CLOSE], Told()),
    Row("is broken off after its end", "both", [*ENDED, Pause(0.02), Act.RESET], Told()),
]
"""Odd, and no fault: the answer is taken."""

ROWS: Final[Sequence[Row]] = [*STATUSES, *BREAKS, *SILENCES, *NONSENSE, *ODDITIES]
