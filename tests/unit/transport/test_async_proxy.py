"""Through a proxy on an event loop: what it is told, what it cannot see, and when it says no."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dragoman.errors import APIConnectionError
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout
from tests.scripted import Act, ScriptedServer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CERTIFICATE = Path(__file__).parent / "localhost.pem"


class Relay:
    """A proxy that connects whoever asks to one port, and carries bytes until either side goes."""

    def __init__(self, port: int) -> None:
        self.heard: list[bytes] = []
        """The heads it was sent."""
        self.carried = b""
        """What it has seen pass from the client."""
        self._port = port

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"http://me:word@127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(await reader.readuntil(b"\r\n\r\n"))
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        outward = asyncio.create_task(self._outward(reader, back))
        while data := await there.read(65536):
            writer.write(data)
        writer.close()
        await outward

    async def _outward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.carried += data
            writer.write(data)
        writer.close()


def request(url: str) -> Request:
    return Request(method="POST", url=url, headers={"Authorization": "Bearer k"}, body=b"{}")


@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy_connects_and_then_carries_the_request(secure: bool) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)

    async def carried(relay: Relay, url: str) -> bytes:
        async with relay.serving() as proxy:
            trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
            transport = AsyncioTransport(environ={"ALL_PROXY": proxy}, ssl_context=trusting)
            answer = await transport.send(request(url), timeout=Timeout())
            return await answer.read()

    with ScriptedServer([OK], context=context if secure else None) as server:
        relay = Relay(server.port)
        body = asyncio.run(carried(relay, server.url.replace("127.0.0.1", "localhost")))

    asked = b"CONNECT localhost:%d HTTP/1.1\r\nHost: localhost:%d\r\n" % (server.port, server.port)
    assert (body, relay.heard[0].startswith(asked)) == (b"hello", True)
    assert b"Proxy-Authorization: Basic bWU6d29yZA==\r\n" in relay.heard[0]
    assert b"proxy" not in server.heard[0].lower()
    assert (b"Bearer k" in relay.carried) is not secure


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ([b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"], r"407; its credentials"),
        ([b"HTTP/1.1 502 Bad Gateway\r\n\r\n"], r"refused to connect \(502\)"),
        ([b"nonsense\r\n\r\n"], "did not connect"),
        ([], "did not connect"),
        ([Act.STALL], "while connecting"),
    ],
)
def test_a_proxy_that_does_not_connect_is_named_and_nothing_was_sent(
    script: list[bytes | Act], says: str
) -> None:
    with ScriptedServer(script) as proxy:
        transport = AsyncioTransport(proxy=proxy.url)
        sent = transport.send(request("https://api.example"), timeout=Timeout(connect=0.1))
        with pytest.raises(APIConnectionError, match=says) as caught:
            asyncio.run(sent)

    assert f"127.0.0.1:{proxy.port}" in caught.value.message
    assert caught.value.attempt_class == "not_sent"
