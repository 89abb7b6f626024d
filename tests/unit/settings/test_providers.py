"""Providers as an operator writes them down."""

from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import ConfigurationError
from dragoman.providers.table import PROVIDERS
from dragoman.settings.file import read
from dragoman.settings.providers import configured
from dragoman.settings.secret import Secret, resolved


def of(settings: dict[str, Any], **environ: str) -> Any:
    return configured(read({"providers": settings}), environ=environ)


def test_known_providers_are_there_without_settings() -> None:
    assert set(configured(environ={})) == set(PROVIDERS)


def test_a_known_provider_takes_its_key_from_the_usual_variable() -> None:
    openai = configured(environ={"OPENAI_API_KEY": "sk-1"})["openai"]

    assert openai.api_key == Secret("sk-1")


def test_a_known_provider_needs_only_a_key() -> None:
    openai = of({"openai": {"api_key": "env:MINE"}}, MINE="sk-2")["openai"]

    assert openai.api_key == Secret("sk-2")
    assert openai.row == PROVIDERS["openai"]


def test_a_new_provider_shares_the_quirks_of_a_known_one() -> None:
    lab = of({"lab": {"base_url": "http://lab", "like": "openai"}})["lab"]

    assert lab.row.quirks == PROVIDERS["openai"].quirks
    assert (lab.row.name, lab.row.base_url) == ("lab", "http://lab")


def test_a_key_of_a_known_provider_is_not_sent_to_one_that_is_like_it() -> None:
    lab = of({"lab": {"base_url": "http://lab", "like": "openai"}}, OPENAI_API_KEY="sk-1")["lab"]

    assert lab.api_key is None


def test_a_single_quirk_can_be_changed() -> None:
    lab = of({"lab": {"base_url": "http://lab", "quirks": {"developer_role": True}}})["lab"]

    assert lab.row.quirks.developer_role


def test_another_dialect_has_quirks_of_its_own() -> None:
    own = {"dialect": "anthropic-messages", "quirks": {"web_search": True}}

    lab = of({"lab": {"base_url": "http://lab", **own}})["lab"]
    claude = of({"openai": {"like": "anthropic-vertex", "base_url": "http://lab"}})["openai"]

    assert (lab.row.dialect, lab.row.quirks.web_search) == ("anthropic-messages", True)
    assert (claude.row.dialect, claude.row.quirks.models_path) == ("anthropic-messages", None)


def test_a_changed_quirk_holds_for_models_with_quirks_of_their_own() -> None:
    quirks = of({"groq": {"quirks": {"message_names": True}}})["groq"].row.quirks

    assert quirks.message_names
    assert quirks.of("openai/gpt-oss-20b").message_names
    assert quirks.of("openai/gpt-oss-20b").efforts == ("low", "medium", "high")


def test_quirks_of_single_models_can_be_written_down() -> None:
    own = {"for_models": [["^old-", {"max_tokens": "max_completion_tokens"}]]}

    quirks = of({"lab": {"base_url": "http://lab", "quirks": own}})["lab"].row.quirks

    assert quirks.max_tokens == "max_tokens"
    assert quirks.of("old-7b").max_tokens == "max_completion_tokens"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({}, "providers.lab.base_url: expected the address of the provider; got nothing"),
        ({"base_url": 5}, "providers.lab.base_url: expected str or null; got int"),
        (
            {"base_uri": ""},
            "providers.lab.base_uri: expected one of .*; got 'base_uri'; did you mean base_url",
        ),
        (7, "providers.lab: expected a table; got int"),
        (
            {"base_url": "x", "dialect": "openai"},
            "providers.lab.dialect: expected one of .*openai-chat.*; got 'openai'",
        ),
        (
            {"base_url": "x", "like": "vllm", "dialect": "anthropic-messages"},
            "providers.lab.dialect: expected openai-chat, which vllm speaks; got 'anthropic-mess",
        ),
        (
            {
                "base_url": "x",
                "dialect": "anthropic-messages",
                "quirks": {"developer_role": True},
            },
            "quirks.developer_role: expected a quirk; got 'developer_role'",
        ),
        ({"base_url": "x", "like": "opnai"}, "providers.lab.like: expected a known .* openai"),
        (
            {"base_url": "x", "quirks": {"developer_rol": True}},
            "quirks.developer_rol: expected a quirk; got 'developer_rol'; "
            "did you mean developer_role",
        ),
        (
            {"base_url": "x", "quirks": {"for_models": [["(", {}]]}},
            r"quirks.for_models\[0\]\[0\]: expected a regular expression",
        ),
        ({"base_url": "x", "quirks": {"developer_role": 1}}, "quirks.developer_role: expected"),
        ({"base_url": "x", "api_key": 5}, "providers.lab.api_key"),
        (
            {"base_url": "x", "api_key": "env:UNSET"},
            "providers.lab.api_key: expected the environment variable UNSET",
        ),
        (
            {"base_url": "x", "api_key": "file:/no/such"},
            "providers.lab.api_key: expected a readable file at /no/such",
        ),
    ],
)
def test_a_mistake_is_answered_with_its_key_and_what_was_expected(value: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        of({"lab": value})


def test_a_key_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-3\n")

    secret = resolved(Secret(f"file:{tmp_path / 'key'}"), environ={}, key="k")
    assert secret.reveal() == "sk-3"
