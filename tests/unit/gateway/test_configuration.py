"""What settings and environment make of a gateway."""

from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.gateway.configuration import configure
from dragoman.settings.secret import Secret


def test_without_a_file_the_usual_variables_are_read() -> None:
    assert configure(environ={"OPENAI_API_KEY": "sk-1", "GROQ_API_KEY": ""}).usable == [
        "openai",
        "openai-responses",
    ]


def test_with_nothing_set_nobody_can_be_asked_but_the_simulator() -> None:
    configuration = configure(environ={})

    assert configuration.usable == []
    assert "sim" in configuration.providers


def test_a_provider_of_the_operators_own_needs_no_key() -> None:
    configuration = configure(
        {"providers": {"lab": {"base_url": "http://lab/v1"}, "openai": {}}}, environ={}
    )

    assert configuration.usable == ["lab"]


def test_openais_other_api_is_where_the_operator_has_the_first() -> None:
    openai = {"base_url": "http://proxy/v1", "api_key": "sk-own", "base_model": "gpt-5-mini"}
    own = {"openai": openai, "openai-responses": {"base_url": "http://other/v1"}}
    environ = {"OPENAI_API_KEY": "sk-usual"}

    shared = configure({"providers": {"openai": openai}}, environ=environ).providers
    apart = configure({"providers": own}, environ=environ).providers

    found = shared["openai-responses"]
    assert (found.row.base_url, found.base_model) == ("http://proxy/v1", "gpt-5-mini")
    assert found.api_key == Secret("sk-own")
    assert apart["openai-responses"].row.base_url == "http://other/v1"
    assert apart["openai-responses"].api_key == Secret("sk-usual")


def test_a_provider_without_an_address_cannot_be_asked_though_its_key_is_set() -> None:
    environ = {"AZURE_OPENAI_API_KEY": "sk-1"}
    settings = {"providers": {"azure": {"base_url": "https://mine.openai.azure.com/openai/v1"}}}

    assert configure(environ=environ).usable == []
    assert configure(settings, environ=environ).usable == ["azure"]


def test_keys_are_looked_up_where_the_settings_say() -> None:
    configuration = configure({"keys": {"ci": {"key": "env:CI"}}}, environ={"CI": "dk-1"})

    assert configuration.keys.name({"api-key": "dk-1"}) == "ci"


def test_a_key_that_is_not_there_is_told_with_file_line_and_key(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text('\n[keys.ci]\nkey = "env:CI"\n')

    with pytest.raises(ConfigurationError) as raised:
        configure(file, environ={})

    assert raised.value.message == (
        f"{file}:3: keys.ci.key: expected the environment variable CI to be set; got nothing"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_loopback_address_needs_no_key(host: str) -> None:
    assert configure({}, environ={}).host(host) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "llm.example", ""])
def test_another_address_needs_one(host: str) -> None:
    keyed = configure({"keys": {"ci": {"key": "dk-1"}}, "gateway": {"host": host}}, environ={})

    assert keyed.host() == keyed.host(host) == host
    with pytest.raises(ConfigurationError, match=r"^--host: expected a loopback address, or a key"):
        configure({}, environ={}).host(host)


def test_an_address_of_the_file_is_told_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text('[gateway]\nport = 1\nhost = "0.0.0.0"\n')

    with pytest.raises(ConfigurationError) as raised:
        configure(file, environ={}).host()

    assert raised.value.message.startswith(f"{file}:3: gateway.host: expected a loopback address")


def test_a_configuration_shows_no_key() -> None:
    configuration = configure(
        {"keys": {"ci": {"key": "dk-canary"}}, "providers": {"openai": {"api_key": "sk-canary"}}},
        environ={},
    )

    assert "canary" not in repr(vars(configuration))
