"""HTTP towards providers, behind the `Transport` protocol, and towards callers; no chat in it.

The names below are public, for transports of one's own. Serving is in `serving`, `handling` and
`accepted`. What a transport promises stands in `protocol`. The transports themselves are not
imported here, so that whoever only names the types wakes no network.
"""

from dragoman.transport.protocol import (
    BODY_LIMIT,
    Answer,
    AsyncAnswer,
    AsyncTransport,
    Request,
    Transport,
)

__all__ = ["BODY_LIMIT", "Answer", "AsyncAnswer", "AsyncTransport", "Request", "Transport"]
