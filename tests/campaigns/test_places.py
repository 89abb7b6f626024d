"""Campaign 12, its other half: what fails before a provider has been asked.

No name, nobody there, nobody to trust, a proxy in between that will not, or a mistake of whoever
asks: told as the table says, with as many attempts as the network saw.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from dragoman import Timeout
from tests.background import PATIENCE_SECONDS
from tests.campaigns.calls import KEY, WAYS, Way, called, without_pauses
from tests.campaigns.faults import BRIEF, Told, late
from tests.campaigns.judging import differences, leaks
from tests.campaigns.resolver import resolving
from tests.scripted import ScriptedServer
from tests.upstream import Act, Script, Upstream, whole

CERTIFICATE = Path(__file__).parents[1] / "unit" / "transport" / "localhost.pem"

Settings = dict[str, Any]


def lab(url: str, **settings: Any) -> Settings:
    return {"providers": {"lab": {"base_url": url, "api_key": KEY}}, **settings}


@contextmanager
def no_such_name() -> Iterator[Settings]:
    with resolving(nowhere=[None]):
        yield lab("http://nowhere.test/v1")


@contextmanager
def no_word_from_the_resolver() -> Iterator[Settings]:
    over = threading.Event()
    with resolving(slow=[over]):
        yield lab("http://slow.test/v1", timeout=Timeout(dns=BRIEF))
        over.set()


@contextmanager
def nobody_listens() -> Iterator[Settings]:
    with Upstream() as closed:
        pass
    yield lab(f"{closed.url}/v1")


@contextmanager
def nobody_vouches() -> Iterator[Settings]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with ScriptedServer(*[[]] * 3, context=context) as server:
        yield lab(f"{server.url}/v1")


@contextmanager
def greeted(greeting: bytes) -> Iterator[str]:
    """A server that says this to whoever comes, whatever they say, and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections: list[socket.socket] = []

        def greet() -> None:
            with suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])
                    connections[-1].sendall(greeting)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        # Closing it does not wake who waits for it; somebody who comes does.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_SECONDS)
        for connection in connections:
            connection.close()


@contextmanager
def no_tls_spoken() -> Iterator[Settings]:
    with greeted(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        yield lab(f"https://{address}/v1")


@contextmanager
def no_handshake() -> Iterator[Settings]:
    with greeted(b"") as address:
        yield lab(f"https://{address}/v1", timeout=Timeout(tls=BRIEF))


def proxied(*script: Any, **settings: Any) -> Callable[[], Any]:
    @contextmanager
    def place() -> Iterator[Settings]:
        with Upstream(*[list[Any](script)] * 4) as proxy:
            url = proxy.url.replace("//", f"//me:{KEY}@")
            yield lab("http://lab.test/v1", proxy=url, **settings)
            assert {seen.method for seen in proxy.requests} == {"CONNECT"}

    return place


def settings(**given: Any) -> Callable[[], Any]:
    @contextmanager
    def place() -> Iterator[Settings]:
        yield given

    return place


@dataclass(frozen=True)
class Place:
    name: str
    made: Callable[[], Any]
    told: Told
    asked: Sequence[tuple[str, Any]] = ()
    """Fields of the request that are not the usual ones."""


def unsent(says: str) -> Told:
    return Told("APIConnectionError", "not_sent", 3, says=says)


def mistake(says: str) -> Told:
    return Told("ConfigurationError", "client", 0, says=says)


def model(name: str) -> Sequence[tuple[str, Any]]:
    return [("model", name)]


LAB: Final = settings(**lab("http://127.0.0.1:1/v1"))
NO: Final[Script] = [whole(b"no", status=403)]
WHO: Final[Script] = [whole(b"who?", status=407)]

PLACES: Final = [
    Place("no such name", no_such_name, unsent("nowhere.test:80: while looking up its address")),
    Place(
        "no word from the resolver",
        no_word_from_the_resolver,
        late("dns", "not_sent", 3, "looking up its address: nothing within 0.05 s"),
    ),
    Place("nobody listens", nobody_listens, unsent("while connecting: Connection refused")),
    Place("nobody vouches", nobody_vouches, unsent("not trusted.*SSL_CERT_FILE may name a file")),
    Place("no TLS is spoken", no_tls_spoken, unsent("in the TLS handshake")),
    Place("no handshake", no_handshake, late("tls", "not_sent", 3, "in the TLS handshake")),
    Place("the proxy refuses", proxied(*NO), unsent(r"proxy 127\S+ refused to connect \(403\)")),
    Place("the proxy asks who", proxied(*WHO), unsent("its credentials are missing or wrong")),
    Place("the proxy closes", proxied(Act.CLOSE), unsent("the proxy .* did not connect")),
    Place(
        "the proxy is silent",
        proxied(Act.STALL, timeout=Timeout(connect=BRIEF)),
        late("connect", "not_sent", 3, "lab.test:80 by proxy 127.* while connecting"),
    ),
    Place(
        "the proxy is of another kind",
        settings(**lab("http://lab.test/v1", proxy=f"socks5://me:{KEY}@127.0.0.1:1")),
        mistake("proxy: SOCKS proxies are not supported; name one that takes CONNECT"),
    ),
    Place(
        "no such provider, but a near one",
        LAB,
        Told("NotFoundError", "client", 0, "model_not_found", says="did you mean openai/gpt-5"),
        model("opneai/gpt-5"),
    ),
    Place(
        "no such provider, and none near",
        LAB,
        Told("NotFoundError", "client", 0, "model_not_found", says="the providers are .*openai"),
        model("xyzzy/gpt-5"),
    ),
    Place(
        "no provider at all",
        LAB,
        Told("NotFoundError", "client", 0, "model_not_found", says="expected provider/model"),
        model("gpt-5"),
    ),
    Place(
        "no key", settings(), mistake("OPENAI_API_KEY to be set; got neither"), model("openai/m")
    ),
    Place(
        "a key with a line break",
        settings(providers={"lab": {"base_url": "http://127.0.0.1:1", "api_key": f"{KEY}\n"}}),
        mistake("the value of header 'authorization' holds a character"),
    ),
    Place("a scheme of another kind", settings(**lab("ftp://a/v1")), mistake("scheme")),
    Place("no host", settings(**lab("http:///v1")), mistake("its host is missing")),
    Place(
        "no time",
        settings(**lab("http://127.0.0.1:1", timeout=0)),
        late("total", "not_sent", 1, "time is up"),
    ),
    Place(
        "a request without messages",
        LAB,
        Told(
            "BadRequestError",
            "client",
            0,
            "empty_array",
            says="messages: expected array of length >= 1",
        ),
        [("messages", [])],
    ),
    Place(
        "a field of the wrong type",
        LAB,
        Told("BadRequestError", "client", 0, "invalid_type", says="temperature: expected"),
        [("temperature", "warm")],
    ),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_what_fails_before_anyone_was_asked_is_told_as_the_table_says(
    place: Place, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with place.made() as given, without_pauses():
        outcome = called(way, {"max_retries": 2, **given}, **dict(place.asked))

    assert [*differences(outcome, place.told), *leaks(outcome)] == []
