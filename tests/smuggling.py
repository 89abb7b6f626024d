"""Requests that a proxy and the server behind it may read differently, mutated by a seed.

`attack(seed, number)` is one of them, always the same for the same two. Each begins as one of the
known classes, in which one side goes by `Content-Length` and the other by `Transfer-Encoding`, or
by nothing, or each waits for the other's `Expect`; then lines and chunks are bent in the ways that
parsers disagree about. Its own targets begin with `/a<number>-`, so that whoever hears one knows
where it came from.

What is to become of it is not said here: either side may refuse it, or read it as it likes, as
long as both read the same.

Reference: https://portswigger.net/web-security/request-smuggling and its
https://portswigger.net/research/http1-must-die (0.CL, Expect)
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

CRLF: Final = b"\r\n"

CHUNKED: Final = b"Transfer-Encoding: chunked"


@dataclass
class Message:
    """A request in lines, so that it can be bent; `breaks` has the end of each line."""

    lines: list[bytes]
    body: bytes = b""
    breaks: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.breaks = self.breaks or [CRLF] * (len(self.lines) + 1)

    def __bytes__(self) -> bytes:
        ends = [*self.breaks, *[CRLF] * (len(self.lines) + 1 - len(self.breaks))]
        head = b"".join(line + end for line, end in zip([*self.lines, b""], ends, strict=False))
        return head + self.body

    def find(self, chance: random.Random, *names: bytes) -> int:
        """The place of a field of these names; that of any line where there is none."""
        found = [at for at, line in enumerate(self.lines) if line.lower().startswith(names)]
        return chance.choice(found or range(len(self.lines)))

    def framing(self, chance: random.Random) -> int:
        """The place of a field that frames the body, mostly."""
        names = (b"content-length", b"transfer-encoding", b"expect", b"host", b"connection")
        return self.find(chance, *names[: chance.choice((1, 2, 2, 3, 5))])


def attack(seed: int, number: int, known: Sequence[bytes] = ()) -> bytes:
    """The attack of this number; some are made of the `known` requests."""
    chance = random.Random(f"{seed}/{number}")
    if known and chance.random() < 0.2:
        message = cut(chance.choice(known))
    else:
        message = chance.choice(CLASSES)(chance, b"/a%d-" % number)
    for _ in range(chance.choice((0, 0, 1, 1, 1, 2, 2, 3))):
        chance.choice(MUTATIONS)(chance, message)
    return bytes(message)


def cut(data: bytes) -> Message:
    head, _, body = data.partition(b"\r\n\r\n")
    return Message(head.split(CRLF), body)


# Classes


def head(start: bytes, *fields: bytes) -> list[bytes]:
    return [start + b" HTTP/1.1", b"Host: a.example", *fields]


def smuggled(chance: random.Random, place: bytes) -> bytes:
    """A request inside another: whole, or one that would swallow what comes next."""
    start = b"GET %bs HTTP/1.1\r\nHost: a.example\r\n" % place
    return start + chance.choice(
        (b"\r\n", b"X-A: ", b"Content-Length: 40\r\n\r\n", b"Content-Length: 9999\r\n\r\nx=")
    )


def length(body: bytes) -> bytes:
    return b"Content-Length: %d" % len(body)


def cl_te(chance: random.Random, place: bytes) -> Message:
    body = b"0\r\n\r\n" + smuggled(chance, place)
    fields = [length(body), CHUNKED]
    chance.shuffle(fields)
    return Message(head(b"POST %bo" % place, *fields), body)


def te_cl(chance: random.Random, place: bytes) -> Message:
    inside = smuggled(chance, place)
    size = b"%x\r\n" % len(inside)
    fields = [b"Content-Length: %d" % len(size), CHUNKED]
    chance.shuffle(fields)
    return Message(head(b"POST %bo" % place, *fields), size + inside + b"\r\n0\r\n\r\n")


def te_te(chance: random.Random, place: bytes) -> Message:
    message = chance.choice((cl_te, te_cl))(chance, place)
    message.lines.insert(
        chance.randrange(2, len(message.lines) + 1),
        chance.choice(
            (
                b"Transfer-Encoding: identity",
                b"Transfer-Encoding: xchunked",
                b"Transfer-Encoding : chunked",
                b"Transfer-Encoding:\x0bchunked",
                b"X: x\nTransfer-Encoding: chunked",
                b" Transfer-Encoding: chunked",
                b"Transfer-Encoding: chunked, identity",
                b"Transfer-encoding: cow",
                b"Transfer_Encoding: chunked",
            )
        ),
    )
    if chance.random() < 0.5:
        message.lines.remove(CHUNKED)
    return message


def cl_0(chance: random.Random, place: bytes) -> Message:
    """The server behind may think that there is no body."""
    body = smuggled(chance, place)
    method = chance.choice((b"POST", b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"PUT"))
    return Message(head(b"%b %bo" % (method, place), length(body)), body)


def zero_cl(chance: random.Random, place: bytes) -> Message:
    """The proxy may think that there is none."""
    inside = smuggled(chance, place)
    bent = chance.choice(
        (
            b"Content-Length : %d",
            b"Content-Length:\r\n %d",
            b" Content-Length: %d",
            b"Content_Length: %d",
            b"Content-Length: %d\r",
            b"Content-Length:\x0b%d",
            b"Content-Length: 0%d",
            b"Content-Length: +%d",
        )
    )
    method = chance.choice((b"GET", b"POST"))
    return Message(head(b"%b %bo" % (method, place), bent % len(inside)), inside)


def expecting(chance: random.Random, place: bytes) -> Message:
    message = chance.choice((cl_0, cl_te, te_cl, zero_cl))(chance, place)
    message.lines.insert(
        2,
        chance.choice(
            (
                b"Expect: 100-continue",
                b"Expect: y 100-continue",
                b"Expect:\r\n 100-continue",
                b"Expect: 100-continue\r\nExpect: 100-continue",
                b"Expect: 100-Continue, 100-continue",
            )
        ),
    )
    return message


def hop_by_hop(chance: random.Random, place: bytes) -> Message:
    """The field that frames the body is named as one that is not passed on."""
    message = chance.choice((cl_0, cl_te, te_cl))(chance, place)
    names = (b"content-length", b"transfer-encoding", b"host", b"close, x", b"expect", b"Upgrade")
    message.lines.insert(2, b"Connection: " + chance.choice(names))
    return message


def other_protocol(chance: random.Random, place: bytes) -> Message:
    """HTTP/2, by its preface or by an upgrade."""
    if chance.random() < 0.3:
        return Message([b"PRI * HTTP/2.0"], b"SM\r\n\r\n" + smuggled(chance, place))
    message = chance.choice((cl_0, cl_te))(chance, place)
    fields = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
    message.lines[2:2] = fields
    return message


def pipelined(chance: random.Random, place: bytes) -> Message:
    """Nothing wrong: some requests at once, of which each gets its answer."""
    posts = [
        b"POST %b%d HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" % (place, n) for n in b"ab"
    ]
    body = b"3\r\nabc\r\n0\r\n\r\n" + b"".join(posts * chance.choice((0, 1)))
    return Message(
        head(b"POST %bo" % place, CHUNKED), body + b"GET %bs HTTP/1.1\r\nHost: a\r\n\r\n" % place
    )


CLASSES: Final[Sequence[Callable[[random.Random, bytes], Message]]] = (
    cl_te,
    te_cl,
    te_te,
    cl_0,
    cl_0,
    zero_cl,
    expecting,
    hop_by_hop,
    other_protocol,
    pipelined,
)


# Mutations


BLANKS: Final = (b" ", b"\t", b"  ", b"\x0b", b"\x0c", b"\x00", b"\xa0", b"\r", b"\x1f", b",")

NUMBERS: Final = (
    b"+%b",
    b"-%b",
    b"0%b",
    b"0x%b",
    b"%b.0",
    b"%b,%b",
    b"%b, 0",
    b"%b ",
    b"1%b",
    b'"%b"',
)

EXTENSIONS: Final = (
    b";a=b",
    b";",
    b" ;a",
    b' ;a="\r\n',
    b";a\n",
    b";\r",
    b"\t",
    b";a=" + b"x" * 300,
    b"\x00",
    b"g",
)


def other_case(chance: random.Random, message: Message) -> None:
    at = message.framing(chance)
    message.lines[at] = bytes(
        byte ^ 0x20 if chr(byte).isalpha() and chance.random() < 0.4 else byte
        for byte in message.lines[at]
    )


def blank_added(chance: random.Random, message: Message) -> None:
    """Before the name, behind it, before the value, behind it."""
    at = message.framing(chance)
    name, colon, value = message.lines[at].partition(b":")
    blank = chance.choice(BLANKS)
    message.lines[at] = chance.choice(
        (
            blank + name + colon + value,
            name + blank + colon + value,
            name + colon + blank + value.lstrip(),
            name + colon + value + blank,
        )
    )


def twice(chance: random.Random, message: Message) -> None:
    line = message.lines[message.framing(chance)]
    message.lines.insert(chance.randrange(1, len(message.lines) + 1), line)


def number_bent(chance: random.Random, message: Message) -> None:
    at = message.framing(chance)
    form = chance.choice(NUMBERS)
    message.lines[at] = re.sub(
        rb"[0-9]+", lambda it: form.replace(b"%b", it[0]), message.lines[at], count=1
    )


def folded(chance: random.Random, message: Message) -> None:
    at = message.framing(chance)
    name, colon, value = message.lines[at].partition(b":")
    message.lines[at] = name + colon + b"\r\n " + value


def line_end(chance: random.Random, message: Message) -> None:
    at = chance.randrange(len(message.breaks))
    message.breaks[at] = chance.choice(
        (b"\n", b"\r", b"\r\r\n", b"\n\r\n", b"\r\n\r\n", b"\x00\r\n")
    )


def moved(chance: random.Random, message: Message) -> None:
    line = message.lines.pop(message.framing(chance))
    message.lines.insert(chance.randrange(len(message.lines) + 1), line)


def left_out(chance: random.Random, message: Message) -> None:
    if len(message.lines) > 2:
        del message.lines[message.framing(chance)]


def version(chance: random.Random, message: Message) -> None:
    other = chance.choice((b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1", b"HTTP/1.1 "))
    message.lines[0] = message.lines[0].replace(b"HTTP/1.1", other)


def target(chance: random.Random, message: Message) -> None:
    form = chance.choice((b" http://a.example/", b" //", b" /../", b" /%2e%2e/", b"  /", b" /?"))
    message.lines[0] = message.lines[0].replace(b" /", form, 1)


def extended(chance: random.Random, message: Message) -> None:
    """A chunk's size says more than a size."""
    extra = chance.choice(EXTENSIONS)
    message.body = re.sub(rb"^([0-9a-f]+)\r\n", lambda it: it[1] + extra + CRLF, message.body)


def body_line_end(chance: random.Random, message: Message) -> None:
    places = [it.start() for it in re.finditer(rb"\r\n", message.body)]
    if places:
        at = chance.choice(places)
        other = chance.choice((b"\n", b"\r", b"", b"\r\r\n", b"xx"))
        message.body = message.body[:at] + other + message.body[at + 2 :]


def trailing(chance: random.Random, message: Message) -> None:
    message.body += chance.choice(
        (b"X", b"\r\n", b"\n", b"\x00", b"0\r\n\r\n", b"GET / HTTP/1.1\r\n")
    )


def shortened(chance: random.Random, message: Message) -> None:
    message.body = message.body[: -chance.randrange(1, 8)]


def trailer(chance: random.Random, message: Message) -> None:
    field = chance.choice((b"Content-Length: 5", b"X-T: 1", b"Host: b", b"Transfer-Encoding: x"))
    message.body = message.body.replace(b"0\r\n\r\n", b"0\r\n" + field + b"\r\n\r\n", 1)


def byte(chance: random.Random, message: Message) -> None:
    at = message.framing(chance)
    line = bytearray(message.lines[at])
    if line:
        line[chance.randrange(len(line))] = chance.randrange(256)
    message.lines[at] = bytes(line)


MUTATIONS: Final[Sequence[Callable[[random.Random, Message], None]]] = (
    other_case,
    blank_added,
    blank_added,
    twice,
    number_bent,
    folded,
    line_end,
    moved,
    left_out,
    version,
    target,
    extended,
    extended,
    body_line_end,
    trailing,
    shortened,
    trailer,
    byte,
)
