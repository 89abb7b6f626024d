"""The settings file: what it may say, and where a mistake in it is."""

import re
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import ConfigurationError
from dragoman.settings.file import read
from dragoman.settings.model import ModelSettings, Target
from dragoman.settings.providers import configured
from dragoman.settings.secret import Secret

WHOLE = """
[providers.openai]
api_key = "env:MINE"

[providers.lab]
dialect = "openai-chat"
base_url = "http://10.0.0.7:8000/v1"

[models.fast]
targets = ["openai/gpt-5-mini", { target = "lab/tiny", weight = 2 }]
fallbacks = ["groq/openai/gpt-oss-20b"]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "dragoman.toml"
    file.write_bytes(text.encode())
    return file


def mistake(file: Any, **options: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        configured(read(file, **options), environ={})
    return raised.value


def test_a_file_says_who_is_asked_and_by_which_names(tmp_path: Path) -> None:
    settings = read(written(tmp_path, WHOLE))

    assert settings.providers["openai"].api_key == Secret("env:MINE")
    assert settings.providers["lab"].base_url == "http://10.0.0.7:8000/v1"
    assert settings.models["fast"] == ModelSettings(
        targets=(Target(target="openai/gpt-5-mini"), Target(target="lab/tiny", weight=2.0)),
        fallbacks=("groq/openai/gpt-oss-20b",),
    )


def test_a_dict_of_the_same_shape_says_the_same(tmp_path: Path) -> None:
    import tomllib

    from_file, from_dict = read(written(tmp_path, WHOLE)), read(tomllib.loads(WHOLE))

    assert from_dict.providers == from_file.providers
    assert from_dict.models == from_file.models


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    settings = read(str(written(tmp_path, "")))

    assert configured(settings, environ={}) == configured(environ={})


LAB = '[providers.lab]\nbase_url = "http://lab"\n'


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        (
            "[ledger]\n",
            1,
            "ledger",
            "expected one of gateway, keys, models, providers; got 'ledger'",
        ),
        ("\n[model.fast]\n", 2, "model", "got 'model'; did you mean models?"),
        ("providers = 5", 1, "providers", "expected a table; got int"),
        ("models = []", 1, "models", "expected a table; got list"),
        ("# one\n[providers]\nlab = 7", 3, "providers.lab", "expected a table; got int"),
        (LAB + "api_key = 5", 3, "providers.lab.api_key", "expected str"),
        (LAB + "api_key = 'env:NO'", 3, "providers.lab.api_key", "environment variable NO"),
        (LAB + "base_uri = ''", 3, "providers.lab.base_uri", "did you mean base_url"),
        ("\n[providers.lab]\n", 2, "providers.lab.base_url", "expected the address"),
        ('[providers."a.b"]\nlike = 5', 2, 'providers."a.b".like', "expected str"),
        ('[providers."a/b"]\n', 1, 'providers."a/b"', "expected a name without /"),
        (LAB + "quirks.thinks = 5", 3, "providers.lab.quirks.thinks", "expected bool; got int"),
        (
            LAB + "[providers.lab.quirks]\nfor_models = [\n ['^a', { thinks = 5 }],\n]",
            5,
            "providers.lab.quirks.for_models[0][1].thinks",
            "expected bool",
        ),
        (
            '[models."a/b"]\ntargets = ["sim/echo"]',
            1,
            'models."a/b"',
            "a name without /; got 'a/b'",
        ),
        ('[models.""]\ntargets = ["sim/echo"]', 1, 'models.""', "a name without /"),
        ("[models.fast]", 1, "models.fast.targets", "expected a value; got nothing"),
        ("[models.fast]\ntargets = []", 2, "models.fast.targets", "at least one target; got none"),
        ("models.fast.targets = 'x'", 1, "models.fast.targets", "expected array; got str"),
        (
            "[models.fast]\ntargets = [\n  'sim/echo',\n  'echo',\n]",
            4,
            "models.fast.targets[1]",
            "expected provider/model; got 'echo'",
        ),
        ("[models.fast]\ntargets = [5]", 2, "models.fast.targets[0]", "or a table; got int"),
        ("[models.fast]\ntargets = ['sim/']", 2, "models.fast.targets[0]", "provider/model"),
        (
            "[models.fast]\ntargets = ['opnai/gpt-4o']",
            2,
            "models.fast.targets[0]",
            "expected a provider that there is; got 'opnai/gpt-4o'; did you mean openai/gpt-4o?",
        ),
        (
            "[models.fast]\ntargets = ['zzz/m']",
            2,
            "models.fast.targets[0]",
            "expected a provider that there is, one of anthropic, ",
        ),
        (
            "[models.fast]\ntargets = [\n  { target = 'sim/echo', weight = 0 },\n]",
            3,
            "models.fast.targets[0].weight",
            "expected a number above 0; got 0",
        ),
        (
            "[[models.fast.targets]]\ntarget = 'sim/echo'\nweight = inf",
            3,
            "models.fast.targets[0].weight",
            "expected a number above 0; got inf",
        ),
        (
            "[[models.fast.targets]]\ntarget = 'sim/echo'\n\n[[models.fast.targets]]\nweight = 1",
            4,
            "models.fast.targets[1].target",
            "expected a value; got nothing",
        ),
        (
            "[models.fast]\ntargets = [{ target = 'sim/echo', wieght = 2 }]",
            2,
            "models.fast.targets[0].wieght",
            "expected one of target, weight; got 'wieght'; did you mean weight?",
        ),
        (
            "[models.fast]\ntargets = ['sim/echo']\nfallbacks = ['sim/echo', 'lub/m']",
            3,
            "models.fast.fallbacks[1]",
            "expected a provider that there is",
        ),
        (
            "[models.fast]\ntargets = ['sim/echo']\nfallbacks = [{ target = 'sim/echo' }]",
            3,
            "models.fast.fallbacks[0]",
            "expected str",
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, says: str
) -> None:
    file = written(tmp_path, text)

    error = mistake(file)

    assert error.param == key
    assert error.message.startswith(f"{file}:{line}: {key}: expected ")
    assert says in error.message


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a = 1\nb", 2, "TOML; Expected '='"),
        ("[a]\n\n[a]\n", 3, "TOML; Cannot declare"),
        ('a = 1\nb = "x', 2, "TOML; "),
        ("a = " + "9" * 5000, None, "TOML; got a number out of range"),
        ("a = " + "[" * 9000, None, "TOML; got values nested too deeply"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(
    tmp_path: Path, text: str, line: int | None, says: str
) -> None:
    file = written(tmp_path, text)

    error = mistake(file)

    where = file if line is None else f"{file}:{line}"
    assert error.message.startswith(f"{where}: expected {says}")
    assert error.param == "settings"


def test_what_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_bytes(b"# one\n# \xff\n")

    assert mistake(file).message.startswith(f"{file}:2: expected a text in UTF-8")


def test_in_a_dict_a_mistake_has_a_key_alone() -> None:
    error = mistake({"models": {"fast": {"targets": ["echo"]}}})

    assert error.message == "models.fast.targets[0]: expected provider/model; got 'echo'"


def test_a_name_that_is_no_text_is_a_mistake_too() -> None:
    error = mistake({"providers": {5: {}}})

    assert re.match(r"providers\.5: expected a name", error.message)


def test_targets_may_name_providers_of_the_file_and_those_beside_it() -> None:
    lab = {"lab": {"base_url": "http://lab"}}
    fast = {"fast": {"targets": ["lab/tiny"]}}

    assert read({"providers": lab, "models": fast}).target("fast") == "lab/tiny"
    assert read({"models": fast}, beside=lab).target("fast") == "lab/tiny"


@pytest.mark.parametrize("path", ["/no/such.toml", "a\0b"])
def test_a_file_that_cannot_be_read_is_named(path: str) -> None:
    error = mistake(path)

    assert error.message.startswith(f"settings: expected a readable file at {path}; got ")


def test_what_is_neither_path_nor_dict_is_refused() -> None:
    assert mistake(5).message == "settings: expected a path or a dict; got int"
