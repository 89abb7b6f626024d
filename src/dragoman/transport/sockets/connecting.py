"""Blocking sockets that keep deadlines: looking up, connecting, TLS, and waiting.

The sockets themselves never block: each call is tried first, and what cannot be done at once is
waited for. `ssl` is imported with the first connection that needs it.

Reference: https://docs.python.org/3/library/ssl.html#notes-on-non-blocking-sockets
"""

import queue
import select
import socket
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from dragoman.transport import resolving
from dragoman.transport.deadlines import Deadlines

if TYPE_CHECKING:
    import ssl

    from dragoman.transport.tls import Trust

PLAIN: Final[tuple[type[OSError], ...]] = (BlockingIOError,)
"""What a call raises that cannot be done at once, without TLS."""

WINDOWS_SLICE_SECONDS: Final = 1.0
"""There, Ctrl-C is heard only between two waits."""


def connected(host: str, port: int, deadlines: Deadlines) -> socket.socket:
    """A connection to the first of the host's addresses that takes one.

    Each address is given its share of the time left, so that a dead one leaves some to the next.
    """
    addresses = addresses_of(host, port, deadlines)
    deadlines.begin("connect")
    failure: OSError = OSError("the host has no address")
    for untried, (family, kind, protocol, _, address) in zip(
        range(len(addresses), 0, -1), addresses, strict=True
    ):
        share = deadlines.left() / untried
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            failure = error  # No IPv6 here, or no descriptor left.
            continue
        try:
            sock.settimeout(share)
            sock.connect(address)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    if isinstance(failure, TimeoutError):
        raise deadlines.expired() from failure
    raise deadlines.broken(failure) from failure


def addresses_of(host: str, port: int, deadlines: Deadlines) -> list[resolving.Address]:
    """The addresses of a host, in the order in which the system wants them tried."""
    deadlines.begin("dns")
    if addresses := resolving.literal(host, port):
        return addresses
    told: queue.SimpleQueue[list[resolving.Address] | OSError] = queue.SimpleQueue()
    resolving.look_up(host, port, told.put)
    while True:
        try:
            found = told.get(timeout=deadlines.left())
        except queue.Empty:
            continue
        if isinstance(found, OSError):
            raise deadlines.broken(found) from found
        return found


def secured(sock: socket.socket, host: str, trust: "Trust", deadlines: Deadlines) -> socket.socket:
    """The connection under TLS, the host's certificate checked; whatever fails closes it."""
    import ssl

    from dragoman.transport.tls import untrusted

    deadlines.begin("tls")
    with ExitStack() as opened:
        opened.callback(sock.close)
        try:
            tls = trust.context.wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False
            )
            opened.callback(tls.close)
            shake_hands(tls, deadlines)
        except ssl.SSLCertVerificationError as error:
            raise untrusted(deadlines.address, error) from error
        except OSError as error:
            raise deadlines.broken(error) from error
        opened.pop_all()
    return tls


def shake_hands(tls: "ssl.SSLSocket", deadlines: Deadlines) -> None:
    blocked = blocked_by(tls)
    while True:
        try:
            return tls.do_handshake()
        except blocked as error:
            wait(tls, deadlines, writing=wants_to_write(error, otherwise=False))


def blocked_by(sock: socket.socket) -> tuple[type[OSError], ...]:
    """What a call raises that cannot be done at once."""
    if type(sock) is socket.socket:
        return PLAIN
    import ssl

    return (ssl.SSLWantReadError, ssl.SSLWantWriteError)


def wants_to_write(blocked: OSError, *, otherwise: bool) -> bool:
    """Whether the call waits for writing. Under TLS a read may, and a write may not."""
    if isinstance(blocked, BlockingIOError):
        return otherwise
    import ssl

    return isinstance(blocked, ssl.SSLWantWriteError)


def wait(sock: socket.socket, deadlines: Deadlines, *, writing: bool) -> bool:
    """Waits until there is something to read, or, if `writing`, until something can be written.

    Whether there is something to read; an end or a failure is.
    """
    while True:
        found = ready(sock, deadlines.left(), writing=writing)
        if found is not None:
            return found


if sys.platform == "win32":

    def ready(sock: socket.socket, seconds: float, *, writing: bool) -> bool | None:
        """As `wait`; None where nothing was ready in time."""
        check_open(sock)
        writers = [sock] if writing else []
        seconds = min(seconds, WINDOWS_SLICE_SECONDS)
        readable, writable, failed = select.select([sock], writers, [sock], seconds)
        return bool(readable or failed) if readable or writable or failed else None

else:

    def ready(sock: socket.socket, seconds: float, *, writing: bool) -> bool | None:
        """As `wait`; None where nothing was ready in time."""
        check_open(sock)
        poller = select.poll()  # `select` knows no descriptor over 1,023.
        poller.register(sock, select.POLLIN | select.POLLOUT if writing else select.POLLIN)
        found = poller.poll(seconds * 1000)
        return bool(found[0][1] & ~select.POLLOUT) if found else None


def check_open(sock: socket.socket) -> None:
    if sock.fileno() < 0:
        raise ConnectionAbortedError("closed by another thread")
