"""Compressed bodies: gzip and deflate, undone under caps.

We ask for identity, and callers may send gzip; whatever else names itself a coding is refused by
name. Caps hold while a body comes, not after: no more is decompressed than they allow. Of a body
that is corrupt, what the same read brought before the flaw may be lost.

Reference: RFC 9110 8.4.1, RFC 1950, RFC 1951, RFC 1952
"""

import zlib
from typing import Final

from dragoman.transport.http1.bodies import MalformedError

RATIO_LIMIT: Final = 100
RATIO_FREE: Final = 1024 * 1024
"""Bytes up to which no ratio is asked for: short texts of one letter are no attack."""

MEMBER_LIMIT: Final = 1_000
"""Members of one gzip body; each costs more than its bytes."""

GZIP: Final = 16 + zlib.MAX_WBITS


class Decoder:
    """Decompresses one body.

    `fault` is set once what came before it has been given.
    """

    def __init__(self, coding: str, *, limit: int) -> None:
        self.fault: MalformedError | None = None
        self._gzip = coding in ("gzip", "x-gzip")
        if not self._gzip and coding != "deflate":
            raise MalformedError(f"content-encoding {coding:.40} is not taken", status=415)
        self._limit = limit
        self._members = 0
        self._inflater = zlib.decompressobj(GZIP)
        self._taken = self._given = 0

    @property
    def complete(self) -> bool:
        """Whether the body may end here; one without a byte may."""
        return not self._members or self._inflater.eof

    def receive(self, data: bytes) -> bytes:
        self._taken += len(data)
        pieces: list[bytes] = []
        while data and self.fault is None:
            if self._members == 0 or self._inflater.eof:
                self._begin(data)
            else:
                data = self._inflated(data, pieces)
        return b"".join(pieces)

    def _begin(self, data: bytes) -> None:
        """The inflater for what begins with these data."""
        if self._members and not (self._gzip and data.startswith(b"\x1f")):
            self.fault = MalformedError("the compressed body goes on behind its end")
            return
        self._members += 1
        if self._members > MEMBER_LIMIT:
            self.fault = MalformedError(f"gzip of over {MEMBER_LIMIT} members", status=413)
        window_bits = GZIP
        if not self._gzip:
            # Some servers send deflate without its zlib wrapper, which always begins with an 8.
            window_bits = zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS
        self._inflater = zlib.decompressobj(window_bits)

    def _inflated(self, data: bytes, pieces: list[bytes]) -> bytes:
        """Adds what these data hold to the pieces, as far as it is allowed; gives the rest."""
        allowed = min(max(RATIO_FREE, RATIO_LIMIT * self._taken), self._limit)
        room = allowed - self._given
        try:
            piece = self._inflater.decompress(data, room + 1)
        except zlib.error:
            self.fault = MalformedError("the compressed body is corrupt")
            return b""
        if len(piece) > room:
            self.fault = MalformedError(
                f"decompressed, the body is over {allowed} bytes", status=413
            )
        pieces.append(piece[:room])
        self._given += min(len(piece), room)
        return self._inflater.unused_data
