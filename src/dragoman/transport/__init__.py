"""HTTP towards providers, behind the `Transport` protocol, and towards callers; no chat in it.

Serving is in `serving`, `handling` and `accepted`. What a transport promises stands in
`protocol`. The transports themselves are not imported here, so that whoever only names the types
wakes no network.
"""

from dragoman.transport.protocol import Answer, Request, Transport

__all__ = ["Answer", "Request", "Transport"]
