"""Opening a connection: address, TCP, a proxy's tunnel, TLS. Each phase has its own deadline.

Until this is done no byte of the request has been written: every failure is `not_sent`.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from math import inf
from typing import Any

from dragoman.errors import Error
from dragoman.transport import resolving
from dragoman.transport.aio.connection import Connection
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.destination import Destination
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.proxies import Proxy, tunnel_failed, tunnel_refused, tunnel_request
from dragoman.transport.tls import Trust, untrusted


async def open_connection(
    connection: Connection,
    destination: Destination,
    proxy: Proxy | None,
    trust: Trust,
    deadlines: Deadlines,
) -> None:
    """Opens it; whoever called aborts it where that fails."""
    host, port = (proxy.host, proxy.port) if proxy else (destination.host, destination.port)
    async with within(deadlines, "dns"):
        addresses = await addresses_of(host, port)
    sock = await connected(addresses, deadlines)
    connection.opened(sock)
    loop = asyncio.get_running_loop()
    async with within(deadlines, "connect"):
        await loop.create_connection(lambda: connection, sock=sock)
    if proxy is not None:
        await tunnel(connection, destination, proxy, deadlines)
    if destination.secure:
        await secure(connection, destination, trust, deadlines)
    if connection.closed:
        raise deadlines.broken(ConnectionResetError("closed by the peer"))


@asynccontextmanager
async def within(deadlines: Deadlines, phase: str) -> AsyncIterator[None]:
    """Bounds a phase, and tells its failures as ours."""
    until = deadlines.begin(phase)
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise deadlines.expired() from None
    except ssl.SSLCertVerificationError as error:
        raise untrusted(deadlines.address, error) from error
    except OSError as error:
        raise deadlines.broken(error) from error


async def addresses_of(host: str, port: int) -> list[resolving.Address]:
    if addresses := resolving.literal(host, port):
        return addresses
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[resolving.Address] | OSError] = loop.create_future()

    def settle(found: list[resolving.Address] | OSError) -> None:
        if not answer.done():
            answer.set_result(found)

    def tell(found: list[resolving.Address] | OSError) -> None:
        with suppress(RuntimeError):  # The loop is closed: nobody waits.
            loop.call_soon_threadsafe(settle, found)

    resolving.look_up(host, port, tell)
    found = await answer
    if isinstance(found, OSError):
        raise found
    return found


async def connected(addresses: list[resolving.Address], deadlines: Deadlines) -> socket.socket:
    """A socket, connected to the first address that answers; the later ones keep their share."""
    deadlines.begin("connect")
    failure: OSError = ConnectionError("it has no address")
    for tried, (family, _, _, _, address) in enumerate(addresses):
        share = deadlines.left() / (len(addresses) - tried)
        try:
            async with asyncio.timeout(share):
                return await connected_to(family, address)
        except OSError as error:
            # asyncio's own text names the call and not the reason.
            failure = OSError(error.errno, os.strerror(error.errno)) if error.errno else error
    if isinstance(failure, TimeoutError):
        raise deadlines.expired()
    raise deadlines.broken(failure) from failure


async def connected_to(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def tunnel(
    connection: Connection, destination: Destination, proxy: Proxy, deadlines: Deadlines
) -> None:
    """Has the proxy connect us; what follows its head is no part of what comes."""
    waiting, connection.http = connection.http, ClientConnection()
    async with within(deadlines, "connect"):
        connection.transport.write(connection.http.send(tunnel_request(proxy, destination)))
        while connection.head is None:
            try:
                await connection.something(inf)
            except Error as error:
                raise tunnel_failed(proxy, destination, error) from error
    status = connection.head.status
    if not 200 <= status < 300:
        raise tunnel_refused(proxy, destination, status)
    connection.http = waiting
    connection.forget()


async def secure(
    connection: Connection, destination: Destination, trust: Trust, deadlines: Deadlines
) -> None:
    loop = asyncio.get_running_loop()
    async with within(deadlines, "tls"):
        if connection.closed:
            raise ConnectionResetError("closed by the peer")
        transport = await loop.start_tls(
            connection.transport, connection, trust.context, server_hostname=destination.host
        )
        if transport is None:
            raise ConnectionResetError("closed by the peer")
    connection.secured(transport)
