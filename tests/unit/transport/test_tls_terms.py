"""What is agreed under TLS by both transports: who the peer is, who we are, and which protocol."""

import asyncio
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import truststore

from dragoman.errors import APIConnectionError
from dragoman.transport import Request
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.timeouts import Timeout
from dragoman.transport.tls import default_context
from tests.scripted import Act, ScriptedServer, Step

CERTIFICATE = Path(__file__).parent / "localhost.pem"
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

Fetch = Callable[..., bytes]


def blocking(url: str, **settings: Any) -> bytes:
    transport = BlockingTransport(**settings)
    return transport.send(request(url), timeout=Timeout.of(10)).read()


def on_a_loop(url: str, **settings: Any) -> bytes:
    async def fetched() -> bytes:
        transport = AsyncioTransport(**settings)
        answer = await transport.send(request(url), timeout=Timeout.of(10))
        return await answer.read()

    return asyncio.run(fetched())


both = pytest.mark.parametrize("fetch", [blocking, on_a_loop])


def request(url: str) -> Request:
    return Request(method="POST", url=url, headers={}, body=b"{}")


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@both
def test_a_certificate_for_another_host_is_not_trusted_and_nothing_was_sent(fetch: Fetch) -> None:
    script: list[Step] = [CONNECTED, Act.SECURE, Act.HEAR, HELLO]
    with ScriptedServer(script, inner_context=server_context()) as proxy:
        with pytest.raises(APIConnectionError, match="Hostname mismatch") as caught:
            fetch("https://api.invalid", proxy=proxy.url, ssl_context=trusting())

    assert caught.value.attempt_class == "not_sent"
    assert [heard.split(b" ")[0] for heard in proxy.heard] == [b"CONNECT"]


@both
def test_a_client_certificate_is_shown_to_whoever_asks_for_one(fetch: Fetch) -> None:
    asking = server_context()
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_verify_locations(CERTIFICATE)
    showing = trusting()
    showing.load_cert_chain(CERTIFICATE)

    with ScriptedServer([HELLO], context=asking) as server:
        assert fetch(server.url, ssl_context=showing) == b"hello"
    with ScriptedServer([HELLO], context=asking) as server:
        with pytest.raises(APIConnectionError):
            fetch(server.url, ssl_context=trusting())
    assert server.heard == []


def test_no_http_2_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    offering = server_context()
    offering.set_alpn_protocols(["h2", "http/1.1"])
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = offering.wrap_bio(there, back, server_side=True)
    client = default_context().wrap_bio(back, there, server_hostname="localhost")

    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue

    assert server.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_openssl_knows_no_authorities_the_system_is_asked(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", platform)

    assert isinstance(default_context(), truststore.SSLContext)


@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_authorities_that_the_environment_names_decide_everywhere(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    expected = ssl.create_default_context().get_ca_certs()
    monkeypatch.setattr(sys, "platform", platform)

    context = default_context()
    assert not isinstance(context, truststore.SSLContext)
    assert context.get_ca_certs() == expected
