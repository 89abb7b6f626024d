"""Opening a connection: address, TCP, a proxy's tunnel, TLS. Each phase has its own deadline.

Until this is done no byte of the request has been written: every failure is `not_sent`.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from typing import Any

from dragoman.errors import Error
from dragoman.transport.aio.connection import Connection
from dragoman.transport.attempt import Attempt
from dragoman.transport.destination import Destination
from dragoman.transport.failures import broken
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.proxies import Proxy, tunnel_failed, tunnel_refused, tunnel_request
from dragoman.transport.tls import Trust, untrusted

Address = tuple[socket.AddressFamily, tuple[Any, ...]]


async def open_connection(
    connection: Connection,
    destination: Destination,
    proxy: Proxy | None,
    trust: Trust,
    attempt: Attempt,
) -> None:
    """Opens it; whoever called aborts it where that fails."""
    host, port = (proxy.host, proxy.port) if proxy else (destination.host, destination.port)
    async with within(attempt, "dns"):
        addresses = await addresses_of(host, port)
    sock = await connected(addresses, attempt)
    connection.opened(sock)
    loop = asyncio.get_running_loop()
    async with within(attempt, "connect"):
        await loop.create_connection(lambda: connection, sock=sock)
    if proxy is not None:
        await tunnel(connection, destination, proxy, attempt)
    if destination.secure:
        await secure(connection, destination, trust, attempt)
    if connection.closed:
        raise broken(attempt.address, "connect", ConnectionResetError("closed by the peer"))


@asynccontextmanager
async def within(attempt: Attempt, phase: str) -> AsyncIterator[None]:
    """Bounds a phase, and tells its failures as ours."""
    since = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(attempt.until(phase, since)):
            yield
    except TimeoutError:
        raise attempt.passed(phase, since) from None
    except ssl.SSLCertVerificationError as error:
        raise untrusted(attempt.address, error) from error
    except OSError as error:
        raise broken(attempt.address, phase, error) from error


async def addresses_of(host: str, port: int) -> list[Address]:
    try:
        # A literal address needs no thread to wait in.
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


async def connected(addresses: list[Address], attempt: Attempt) -> socket.socket:
    """A socket, connected to the first address that answers; the later ones keep their share."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    until = attempt.until("connect", since)
    failure: OSError = ConnectionError("it has no address")
    for tried, (family, address) in enumerate(addresses):
        share = (until - loop.time()) / (len(addresses) - tried)
        try:
            async with asyncio.timeout(share):
                return await connected_to(family, address)
        except OSError as error:
            # asyncio's own text names the call and not the reason.
            failure = OSError(error.errno, os.strerror(error.errno)) if error.errno else error
    if isinstance(failure, TimeoutError):
        raise attempt.passed("connect", since)
    raise broken(attempt.address, "connect", failure) from failure


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
    connection: Connection, destination: Destination, proxy: Proxy, attempt: Attempt
) -> None:
    """Has the proxy connect us; what follows its head is no part of what comes."""
    waiting, connection.http = connection.http, ClientConnection()
    async with within(attempt, "connect"):
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
    connection: Connection, destination: Destination, trust: Trust, attempt: Attempt
) -> None:
    loop = asyncio.get_running_loop()
    async with within(attempt, "tls"):
        if connection.closed:
            raise ConnectionResetError("closed by the peer")
        transport = await loop.start_tls(
            connection.transport, connection, trust.context, server_hostname=destination.host
        )
        if transport is None:
            raise ConnectionResetError("closed by the peer")
    connection.secured(transport)
