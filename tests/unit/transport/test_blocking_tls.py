"""The blocking transport under TLS and behind proxies."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from dragoman.errors import APIConnectionError, APITimeoutError
from dragoman.transport import Request
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.timeouts import Timeout
from tests.scripted import Act, ScriptedServer, Step

TIMEOUT = 10.0
PATIENT = Timeout.of(TIMEOUT)

OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"Content-Length: 11\r\n\r\n"
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
SECRET = "very-secret"
CERTIFICATE = Path(__file__).parent / "localhost.pem"


def request(url: str, *, body: bytes = b"{}") -> Request:
    return Request(method="POST", url=url, headers={}, body=body)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_https_trusts_what_ssl_cert_file_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with ScriptedServer([OK, LONG, b"hello world"], context=server_context()) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)

        assert answer.read() == b"hello world"


def test_a_certificate_nobody_vouches_for_was_not_sent_and_names_the_setting() -> None:
    script = [OK, LONG]
    with (
        ScriptedServer(script, context=server_context()) as server,
        pytest.raises(APIConnectionError, match="SSL_CERT_FILE") as caught,
    ):
        BlockingTransport().send(request(server.url), timeout=PATIENT)

    assert (caught.value.attempt_class, server.heard) == ("not_sent", [])


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def test_a_context_that_is_given_decides_whom_to_trust() -> None:
    transport = BlockingTransport(ssl_context=trusting())
    with ScriptedServer([OK, LONG, b"hello world"], context=server_context()) as server:
        answer = transport.send(request(server.url), timeout=PATIENT)

        assert answer.read() == b"hello world"


def test_a_connection_under_tls_is_used_again() -> None:
    script: list[Step] = [OK, LONG, b"hello world", Act.HEAR, OK, LONG, b"once again!"]
    transport = BlockingTransport(ssl_context=trusting())
    with ScriptedServer(script, context=server_context()) as server:
        bodies = [transport.send(request(server.url), timeout=PATIENT).read() for _ in range(2)]

    assert bodies == [b"hello world", b"once again!"]


def test_large_bodies_pass_under_tls() -> None:
    large = bytes(3_000_000)
    script = [OK, b"Content-Length: 3000000\r\n\r\n", large]
    transport = BlockingTransport(ssl_context=trusting())
    with ScriptedServer(script, context=server_context()) as server:
        answer = transport.send(request(server.url, body=large), timeout=PATIENT)

        assert answer.read() == large
    assert server.heard[0].endswith(large)


def test_closing_under_tls_is_seen_by_the_server_at_once() -> None:
    transport = BlockingTransport(ssl_context=trusting())
    with ScriptedServer([OK, LONG, b"hello", Act.STALL], context=server_context()) as server:
        transport.send(request(server.url), timeout=PATIENT).close()

        assert server.gone.wait(TIMEOUT)


def test_a_server_that_speaks_no_tls_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sent = request(f"https://127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=answered_without_tls, args=[listener]).start()
        with pytest.raises(APIConnectionError, match="in the TLS handshake") as caught:
            BlockingTransport().send(sent, timeout=PATIENT)

    assert caught.value.attempt_class == "not_sent"


def answered_without_tls(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(OK + LONG)


@pytest.mark.parametrize("in_environ", [True, False])
def test_a_proxy_is_asked_to_connect_and_then_carries_everything(in_environ: bool) -> None:
    script: list[Step] = [CONNECTED, Act.HEAR, OK, LONG, b"hello world"]
    script += [Act.HEAR, OK, LONG, b"once again!"]
    with ScriptedServer(script) as proxy:
        url = proxy.url.replace("//", f"//me:{SECRET}@")
        transport = BlockingTransport(
            proxy=None if in_environ else url, environ={"http_proxy": url} if in_environ else None
        )
        bodies = [
            transport.send(request("http://api.invalid/v1"), timeout=PATIENT).read()
            for _ in range(2)
        ]

    assert bodies == [b"hello world", b"once again!"]
    asked, *sent = proxy.heard
    assert asked.startswith(b"CONNECT api.invalid:80 HTTP/1.1\r\nHost: api.invalid:80\r\n")
    assert b"Proxy-Authorization: Basic " in asked
    assert [one.startswith(b"POST /v1 HTTP/1.1\r\n") for one in sent] == [True, True]
    assert not any(b"Proxy-Authorization" in one for one in sent)


def test_tls_goes_through_a_proxy_and_is_checked_against_the_host() -> None:
    script: list[Step] = [CONNECTED, Act.SECURE, Act.HEAR, OK, LONG, b"hello world"]
    with ScriptedServer(script, inner_context=server_context()) as proxy:
        transport = BlockingTransport(proxy=proxy.url, ssl_context=trusting())
        answer = transport.send(request("https://localhost:1/v1"), timeout=PATIENT)

        assert answer.read() == b"hello world"
    assert proxy.heard[0].startswith(b"CONNECT localhost:1 HTTP/1.1\r\n")
    assert proxy.heard[1].startswith(b"POST /v1 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "script",
    [
        [b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 502 Bad Gateway\r\n\r\nno"],
        [b"SSH-2.0\r\n\r\n"],
        [Act.RESET],
        [],
    ],
)
def test_a_proxy_that_does_not_connect_was_sent_nothing_and_is_named(script: list[Step]) -> None:
    with ScriptedServer(script) as proxy:
        url = proxy.url.replace("//", f"//me:{SECRET}@")
        with pytest.raises(APIConnectionError, match=f"127.0.0.1:{proxy.port}") as caught:
            BlockingTransport(proxy=url).send(request("http://api.invalid"), timeout=PATIENT)

    assert caught.value.attempt_class == "not_sent"
    assert "api.invalid:80" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_proxy_that_does_not_answer_is_a_timeout_of_connecting() -> None:
    timeout = Timeout(connect=0.05)
    with ScriptedServer([Act.STALL]) as proxy, pytest.raises(APITimeoutError) as caught:
        BlockingTransport(proxy=proxy.url).send(request("http://api.invalid"), timeout=timeout)

    assert (caught.value.phase, caught.value.attempt_class) == ("connect", "not_sent")
