"""Names that lead where a script says, and addresses that swallow what is sent to them.

The library asks the system through `socket.getaddrinfo`; here the script answers in its place.
"""

import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, TypeAlias

import pytest

from tests.background import PATIENCE_SECONDS

Known: TypeAlias = Sequence[int] | threading.Event | None
"""Ports on loopback; an event to wait for, after which there is no such name; or no such name."""

ASKED: Final = socket.getaddrinfo


class Resolver:
    """Tells each name's answers one after the other, and the last again and again."""

    def __init__(self, **names: Sequence[Known]) -> None:
        self.asked: Counter[str] = Counter()
        self.waited: Counter[str] = Counter()
        """Look-ups that have come back from waiting for their event."""
        self._names = {f"{name}.test": known for name, known in names.items()}

    def __call__(
        self, host: str, port: int, *_: object, flags: int = 0, **__: object
    ) -> list[tuple[Any, ...]]:
        known = self._names.get(host)
        if known is None:
            return list(ASKED(host, port, type=socket.SOCK_STREAM, flags=flags))
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        found = known[min(self.asked[host], len(known) - 1)]
        self.asked[host] += 1
        if isinstance(found, threading.Event):
            found.wait(PATIENCE_SECONDS)
            self.waited[host] += 1
        if found is None or isinstance(found, threading.Event):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", number)) for number in found
        ]


@contextmanager
def resolving(**names: Sequence[Known]) -> Iterator[Resolver]:
    """Inside, `NAME.test` leads where its answers say."""
    resolver = Resolver(**names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolver)
        yield resolver


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that takes no connection and refuses none: its queue is full.

    Only Linux leaves whoever comes waiting; elsewhere it refuses.
    """
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        stack.enter_context(socket.create_connection(full.getsockname(), PATIENCE_SECONDS))
        yield full.getsockname()[1]
