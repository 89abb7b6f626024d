"""Who may ask the gateway."""

import pytest

from dragoman.errors import APIStatusError, AuthenticationError, PermissionDeniedError
from dragoman.gateway.guarding import Keys, check_json, check_local, host_of, is_loopback

HERE = {"host": "127.0.0.1:4000"}
KEYS = Keys({"ci": "dk-canary-1", "laptop": "dk-canary-2"})


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer dk-canary-2"},
        {"authorization": "bearer  dk-canary-2 "},
        {"api-key": "dk-canary-2"},
    ],
)
def test_a_key_comes_as_openais_or_as_azures_clients_send_it(headers: dict[str, str]) -> None:
    assert KEYS.name(headers) == "laptop"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_api_key"),
        ({"authorization": ""}, "missing_api_key"),
        ({"authorization": "Bearer "}, "missing_api_key"),
        ({"authorization": "Basic dk-canary-1"}, "missing_api_key"),
        ({"authorization": "dk-canary-1"}, "missing_api_key"),
        ({"authorization": "Bearer dk-canary-11"}, "invalid_api_key"),
        ({"authorization": "Bearer DK-CANARY-1"}, "invalid_api_key"),
        ({"authorization": "Bearer wrong", "api-key": "dk-canary-1"}, "invalid_api_key"),
        ({"authorization": "Bearer \u00e9\u00ff"}, "invalid_api_key"),
        ({"api-key": "dk-canary"}, "invalid_api_key"),
    ],
)
def test_no_key_and_another_key_are_refused_without_repeating_it(
    headers: dict[str, str], code: str
) -> None:
    with pytest.raises(AuthenticationError) as raised:
        KEYS.name(headers)

    assert raised.value.code == code
    assert "canary" not in raised.value.message.lower()


def test_keys_are_not_kept_as_they_are() -> None:
    assert "canary" not in repr(vars(KEYS))
    assert KEYS
    assert not Keys({})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "localhost"},
        {"host": "LOCALHOST:4000"},
        {"host": "[::1]:4000"},
        {"host": "127.8.0.1"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://[::1]:3000"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_without_keys_programs_of_this_machine_may_ask(headers: dict[str, str]) -> None:
    check_local("127.0.0.1", {**HERE, **headers})


@pytest.mark.parametrize(
    "headers",
    [
        {"host": ""},
        {"host": "evil.example:4000"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost.evil.example"},
        {"host": "10.0.0.7:4000"},
        {"host": "[2001:db8::1]:4000"},
        {"host": "[::ffff:10.0.0.7]"},
        {"host": "evil@localhost"},
        {"host": "0.0.0.0:4000"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://localhost@evil.example"},
        {"origin": "http://localhost, http://evil.example"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_without_keys_a_foreign_name_or_page_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(PermissionDeniedError) as raised:
        check_local("127.0.0.1", {**HERE, **headers})

    assert raised.value.code == "forbidden_origin"
    assert "evil" not in raised.value.message


@pytest.mark.parametrize(("peer", "let_in"), [("::1", True), ("", True), ("10.0.0.7", False)])
def test_without_keys_another_machine_is_refused_whatever_it_says(peer: str, let_in: bool) -> None:
    try:
        check_local(peer, HERE)
    except PermissionDeniedError:
        assert not let_in
    else:
        assert let_in


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/json;x=y"]
)
def test_a_body_says_that_it_is_json(kind: str) -> None:
    check_json({"content-type": kind})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "text/plain"},
        {"content-type": "text/plain; application/json"},
        {"content-type": "application/jsonp"},
    ],
)
def test_a_body_that_a_page_could_send_unasked_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(APIStatusError) as raised:
        check_json(headers)

    assert (raised.value.status_code, raised.value.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("authority", "host"),
    [("a:1", "a"), ("a", "a"), ("[::1]:1", "::1"), ("[::1]", "::1"), ("", ""), ("[", "")],
)
def test_a_host_is_what_stands_before_the_port(authority: str, host: str) -> None:
    assert host_of(authority) == host


@pytest.mark.parametrize(
    ("host", "so"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("localhost.", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("", False),
        ("notlocalhost", False),
        ("0.0.0.0", False),
        ("::", False),
        ("127.1", False),
    ],
)
def test_loopback_is_this_machine_wherever_one_asks(host: str, so: bool) -> None:
    assert is_loopback(host) is so
