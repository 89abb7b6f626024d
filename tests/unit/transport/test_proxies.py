"""Which proxy stands before a destination, and that its password is seen by nobody."""

import pytest

from dragoman.errors import ConfigurationError
from dragoman.transport.destination import destination_of
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.proxies import Proxies, Proxy, proxy_of, tunnel_refused, tunnel_request

SECRET = "p%40ss-very-secret"
OPENAI = destination_of("https://api.openai.com/v1")
PLAIN = destination_of("http://api.example:8080/v1")


@pytest.mark.parametrize(
    ("environ", "secure", "plain"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://a:1"}, "a:1", None),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}, "a:1", None),
        ({"https_proxy": "", "HTTPS_PROXY": "http://b:2"}, "b:2", None),
        ({"http_proxy": "http://a:1"}, None, "a:1"),
        ({"HTTP_PROXY": "http://caller:1"}, None, None),
        ({"ALL_PROXY": "a:1"}, "a:1", "a:1"),
        ({"all_proxy": "http://a", "http_proxy": "http://b"}, "a:80", "b:80"),
        ({"HTTPS_PROXY": "http://[::1]:3128/"}, "[::1]:3128", None),
    ],
)
def test_the_environment_names_a_proxy_by_scheme(
    environ: dict[str, str], secure: str | None, plain: str | None
) -> None:
    proxies = Proxies(environ=environ)

    found = [proxies.to(OPENAI), proxies.to(PLAIN)]

    assert [proxy and proxy.address for proxy in found] == [secure, plain]


@pytest.mark.parametrize(
    ("exempt", "url", "direct"),
    [
        ("*", "https://api.example", True),
        ("api.example", "https://api.example", True),
        ("API.example", "https://api.Example", True),
        ("example", "https://api.example", True),
        (".example", "https://api.example", True),
        ("*.example", "https://api.example", True),
        ("ample", "https://api.example", False),
        ("other, example", "https://api.example", True),
        ("other example", "https://api.example", True),
        ("api.example:443", "https://api.example", True),
        ("api.example:444", "https://api.example", False),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.0.0.0/8", "https://api.example", False),
        ("10.0.0.0/nonsense", "https://10.1.2.3", False),
        ("::1", "https://[::1]", True),
        ("[::1]:444", "https://[::1]:444", True),
        ("[::1]:444", "https://[::1]", False),
        ("fe80::/10", "https://[fe80::1]", True),
        (", ,", "https://api.example", False),
        ("", "https://api.example", False),
    ],
)
def test_no_proxy_names_what_is_reached_directly(exempt: str, url: str, direct: bool) -> None:
    proxies = Proxies(environ={"ALL_PROXY": "http://a:1", "NO_PROXY": exempt})

    assert (proxies.to(destination_of(url)) is None) is direct


def test_a_proxy_that_was_given_takes_everything() -> None:
    proxies = Proxies(proxy="http://a:1", environ={"HTTPS_PROXY": "http://b:2", "NO_PROXY": "*"})

    assert [proxies.to(OPENAI), proxies.to(PLAIN)] == [Proxy("a", 1), Proxy("a", 1)]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"socks5://me:{SECRET}@a:1", "SOCKS"),
        (f"socks5h://me:{SECRET}@a:1", "SOCKS"),
        (f"https://me:{SECRET}@a:1", "scheme is not http"),
        (f"http://me:{SECRET}@a:seven", "malformed"),
        (f"http://me:{SECRET}@a:0", "malformed"),
        (f"http://me:{SECRET}@", "malformed"),
        (f"http://me:{SECRET}@[::1", "malformed"),
    ],
)
def test_a_proxy_we_cannot_use_is_refused_by_its_setting(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^proxy: .*{says}") as given:
        Proxies(proxy=url)
    with pytest.raises(ConfigurationError, match=f"^ALL_PROXY: .*{says}") as found:
        Proxies(environ={"ALL_PROXY": url}).to(OPENAI)

    assert [given.value.param, found.value.param] == ["proxy", "ALL_PROXY"]
    assert SECRET not in str(given.value) + str(found.value)


def test_a_proxy_we_cannot_use_hurts_nobody_who_does_not_need_it() -> None:
    proxies = Proxies(environ={"ALL_PROXY": "socks5://a:1", "NO_PROXY": "api.example"})

    assert proxies.to(PLAIN) is None


def test_the_proxy_is_asked_for_host_and_port_with_its_credentials() -> None:
    proxy = proxy_of(f"http://me:{SECRET}@a:1", "proxy")

    sent = ClientConnection().send(tunnel_request(proxy, PLAIN))

    assert sent == (
        b"CONNECT api.example:8080 HTTP/1.1\r\nHost: api.example:8080\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Proxy-Authorization: Basic bWU6cEBzcy12ZXJ5LXNlY3JldA==\r\n\r\n"
    )


def test_a_proxy_shows_neither_name_nor_password() -> None:
    proxy = proxy_of(f"http://me:{SECRET}@a:1", "proxy")

    assert repr(proxy) == "Proxy('a:1')"
    assert f"{proxy}" == "Proxy('a:1')"


def test_a_refusal_names_the_proxy_and_what_it_said() -> None:
    error = tunnel_refused(Proxy("a", 1), OPENAI, 407)

    assert error.attempt_class == "not_sent"
    assert error.message == (
        "api.openai.com:443: the proxy a:1 refused to connect"
        " (407; its credentials are missing or wrong)"
    )
