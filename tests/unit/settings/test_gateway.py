"""`[gateway]` and `[keys.NAME]`: what they may say, and where a mistake in them is."""

from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.settings.file import read
from dragoman.settings.gateway import GatewaySettings
from dragoman.settings.secret import Secret


def test_a_file_without_the_tables_means_this_machine() -> None:
    settings = read({})

    assert settings.gateway == GatewaySettings(host="127.0.0.1", port=4000, drain_seconds=30.0)
    assert settings.keys == {}


def test_a_file_says_where_to_listen_and_who_may_ask(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(
        '[gateway]\nhost = "0.0.0.0"\nport = 0\ndrain_seconds = 5\nmemory_limit = 1\n'
        'log = "failures"\n'
        '[keys.ci]\nkey = "env:CI"\n'
    )

    settings = read(file)

    assert settings.gateway == GatewaySettings(
        host="0.0.0.0", port=0, drain_seconds=5.0, memory_limit=1, log="failures"
    )
    assert settings.keys["ci"].key == Secret("env:CI")
    assert "env:CI" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        ("gateway = 5", 1, "gateway", "expected a table; got int"),
        ("[gateway]\nhst = ''", 2, "gateway.hst", "did you mean host?"),
        ("[gateway]\nport = '4000'", 2, "gateway.port", "expected int"),
        ("[gateway]\nport = 70000", 2, "gateway.port", "a port from 0 to 65535; got 70000"),
        ("[gateway]\n\nport = -1", 3, "gateway.port", "a port from 0 to 65535; got -1"),
        ("[gateway]\ndrain_seconds = -1", 2, "gateway.drain_seconds", "0 or more seconds; got -1"),
        ("[gateway]\ndrain_seconds = inf", 2, "gateway.drain_seconds", "got inf"),
        ("[gateway]\ndrain_seconds = nan", 2, "gateway.drain_seconds", "got nan"),
        ("[gateway]\nmemory_limit = 0", 2, "gateway.memory_limit", "a number of bytes; got 0"),
        ("[gateway]\nmemory_limit = '1 GB'", 2, "gateway.memory_limit", "expected int or null"),
        ("[gateway]\nlog = 'none'", 2, "gateway.log", "requests or failures; got 'none'"),
        ("[keys]\nci = 'dk-1'", 2, "keys.ci", "expected a table; got str"),
        ("[keys.ci]\n", 1, "keys.ci.key", "expected a value; got nothing"),
        ("[keys.ci]\nkey = 5", 2, "keys.ci.key", "expected str"),
        ("[keys.ci]\nkey = ''", 2, "keys.ci.key", "expected a key; got an empty one"),
        ("[keys.ci]\nkye = 'a'", 2, "keys.ci.kye", "did you mean key?"),
        ("[keys.'a/b']\nkey = 'a'", 1, 'keys."a/b"', "a name without /"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, says: str
) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(text)

    with pytest.raises(ConfigurationError) as raised:
        read(file)

    assert raised.value.message.startswith(f"{file}:{line}: {key}: ")
    assert says in raised.value.message
    assert raised.value.param == key
