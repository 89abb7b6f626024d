"""The page about the settings file says what the file may say."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from dragoman.settings.file import TABLES, read
from dragoman.settings.gateway import GatewaySettings, KeySettings
from dragoman.settings.model import ModelSettings, Target
from dragoman.settings.provider import ProviderSettings

PAGE = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "kind", [ProviderSettings, ModelSettings, Target, GatewaySettings, KeySettings]
)
def test_every_key_stands_on_the_page_with_type_and_meaning(kind: type[msgspec.Struct]) -> None:
    for name in kind.__struct_fields__:
        assert re.search(rf"^\| `{name}` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE), name


def test_every_table_stands_on_the_page() -> None:
    titles = re.findall(r"^## `\[(\w+)(?:\.NAME)?\]`$", PAGE, re.MULTILINE)

    assert sorted(titles) == sorted(TABLES)


def test_the_example_on_the_page_is_a_settings_file() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    settings = read(tomllib.loads(example))

    assert settings.target("echo") == "sim/echo"
    assert set(settings.models) == {"echo", "fast"}
