"""From `provider/model` to a row, and what signs a request there."""

import pytest

from dragoman.errors import NotFoundError
from dragoman.providers.provider import Provider, credentials
from dragoman.providers.routing import routed
from dragoman.providers.table import PROVIDERS


@pytest.mark.parametrize(
    ("asked", "provider", "model"),
    [
        ("openai/gpt-5-mini", "openai", "gpt-5-mini"),
        ("groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        ("openrouter/~anthropic/claude-latest:free", "openrouter", "~anthropic/claude-latest:free"),
        ("ollama/qwen3:8b", "ollama", "qwen3:8b"),
    ],
)
def test_the_first_word_is_the_provider_and_the_rest_its_model(
    asked: str, provider: str, model: str
) -> None:
    assert routed(asked, PROVIDERS) == (PROVIDERS[provider], model)


@pytest.mark.parametrize("asked", ["gpt-5-mini", "openai", "openai/", "/gpt-5-mini", ""])
def test_a_model_without_a_provider_is_not_found(asked: str) -> None:
    with pytest.raises(NotFoundError, match="model: expected provider/model") as raised:
        routed(asked, PROVIDERS)

    assert (raised.value.status_code, raised.value.code) == (404, "model_not_found")
    assert raised.value.param == "model"


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("opnai/gpt-5-mini", "did you mean openai/gpt-5-mini"),
        ("deepsek/deepseek-chat", "did you mean deepseek/deepseek-chat"),
        ("Groq/llama-3.3-70b", "did you mean groq/llama-3.3-70b"),
        ("moonshot-com/kimi-k2", "moonshot-cn/kimi-k2"),
    ],
)
def test_a_provider_that_is_nearly_right_is_suggested(asked: str, meant: str) -> None:
    with pytest.raises(NotFoundError) as raised:
        routed(asked, PROVIDERS)

    assert meant in raised.value.message
    assert repr(asked) in raised.value.message


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    with pytest.raises(NotFoundError) as raised:
        routed("zzz/model", PROVIDERS)

    assert "did you mean" not in raised.value.message


def test_a_key_is_a_bearer_token() -> None:
    assert credentials(PROVIDERS["groq"], "gsk-1") == {"authorization": "Bearer gsk-1"}


@pytest.mark.parametrize("name", ["azure", "azure-deployments"])
def test_azure_has_a_header_of_its_own_for_the_key(name: str) -> None:
    assert credentials(PROVIDERS[name], "k-1") == {"api-key": "k-1"}


@pytest.mark.parametrize("key", [None, ""])
@pytest.mark.parametrize("row", [PROVIDERS["ollama"], PROVIDERS["azure"]], ids=["ollama", "azure"])
def test_nothing_is_signed_without_a_key(row: Provider, key: str | None) -> None:
    assert credentials(row, key) == {}
