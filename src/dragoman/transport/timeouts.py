"""The deadlines of a request, under the names that errors and settings use.

All are in seconds, on a monotonic clock. Each bounds one kind of waiting; `total` bounds the whole
request, retries and waits included. The smallest remaining time wins.
"""

import msgspec


class Timeout(msgspec.Struct, frozen=True, kw_only=True):
    """How long each phase may last; the phase that passed is `APITimeoutError.phase`."""

    pool: float = 2.0
    """For a connection of the pool."""

    dns: float = 2.0
    """For the address of the host."""

    connect: float = 3.0
    """For the TCP connection, and for a proxy's answer to CONNECT."""

    tls: float = 5.0
    """For the TLS handshake."""

    write: float = 30.0
    """Between two pieces of the request that the peer takes."""

    first_byte: float = 120.0
    """From the last byte of the request to the head of the answer."""

    first_content: float = 600.0
    """From the last byte of the request to the first content, or to the end of a whole answer.

    Reasoning models are silent long. What only keeps the connection alive is no content.
    """

    between_events: float = 120.0
    """Between two reads of the answer's body."""

    total: float = 1800.0
    """For the whole request."""

    @classmethod
    def of(cls, value: "float | Timeout | None") -> "Timeout":
        """A `Timeout` from what callers pass: one as it is, a number as the bound of the whole.

        A number also replaces the bounds of waiting for the answer, and cuts the others to it.
        """
        if value is None:
            return cls()
        if isinstance(value, Timeout):
            return value
        usual = cls()
        return cls(
            pool=min(value, usual.pool),
            dns=min(value, usual.dns),
            connect=min(value, usual.connect),
            tls=min(value, usual.tls),
            write=min(value, usual.write),
            first_byte=value,
            first_content=value,
            between_events=value,
            total=value,
        )
