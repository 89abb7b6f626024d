"""The addresses of a host, as the system knows them.

The system's look-up may take as long as it likes, and cannot be given up. So each has a thread of
its own, which is left to itself where nobody waits any more: a pool of threads would be full of
such, and a program would wait for them at its end. Nothing is kept; the system does that.
"""

import socket
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

Address: TypeAlias = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives them."""


def literal(host: str, port: int) -> list[Address]:
    """The address that this is, where it is one and no name: that needs no look-up."""
    try:
        return addresses(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        return []


def look_up(host: str, port: int, tell: Callable[[list[Address] | OSError], None]) -> None:
    """Tells the addresses of a host, in the order in which the system wants them tried.

    Or why there are none. It is told in another thread, and at any later time.
    """

    def run() -> None:
        try:
            found: list[Address] | OSError = addresses(host, port)
        except OSError as error:
            found = error
        except UnicodeError:
            found = OSError("the host is malformed")
        tell(found)

    try:
        threading.Thread(target=run, name=f"looking up {host}", daemon=True).start()
    except RuntimeError:
        run()  # No more threads, or the interpreter is on its way out: then unbounded.


def addresses(host: str, port: int, flags: int = 0) -> list[Address]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags))
