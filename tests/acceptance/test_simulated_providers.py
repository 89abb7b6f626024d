"""Our own client at every door of the simulator: whichever dialect is spoken, it hears the same."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

import dragoman
from dragoman.errors import (
    APIConnectionError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RemoteProtocolError,
)
from dragoman.models import shared
from dragoman.simulator.models import MODELS
from dragoman.simulator.server import simulate
from tests.background import Background

VERTEX: Final = "/v1/projects/p/locations/l"

PROVIDERS: Final[dict[str, dict[str, str]]] = {
    "openai": {"base_url": "/v1"},
    "anthropic": {"base_url": "/anthropic", "base_model": "claude-3-5-haiku"},
    "anthropic-bedrock": {"base_url": "", "base_model": "claude-3-5-haiku"},
    "anthropic-vertex": {"base_url": VERTEX, "base_model": "claude-3-5-haiku"},
    "bedrock": {"base_url": "", "base_model": "claude-3-5-haiku"},
    "gemini": {"base_url": "/v1beta"},
    "gemini-vertex": {"base_url": f"{VERTEX}/publishers/google"},
    "cohere": {"base_url": "/cohere"},
    "openai-responses": {"base_url": "/v1"},
    "mistral": {"base_url": "/mistral/v1"},
    "ollama-native": {"base_url": ""},
}
"""The paths of their base URLs; what a model is like, where its name decides what may be asked."""

LISTING: Final = (
    "openai",
    "anthropic",
    "gemini",
    "gemini-vertex",
    "cohere",
    "mistral",
    "ollama-native",
)

CHECK: Final[Any] = {
    "type": "function",
    "function": {
        "name": "check",
        "parameters": {
            "type": "object",
            "properties": {"ok": {"type": "boolean"}, "why": {"type": "string"}},
            "required": ["ok", "why"],
        },
    },
}

ASKED: Final[dict[str, dict[str, Any]]] = {
    "an echo": {"model": "echo"},
    "a bounded one": {"model": "echo", "max_tokens": 2},
    "one that is stopped": {"model": "echo", "stop": [" again"]},
    "a call": {"model": "echo", "tools": [CHECK]},
    "no words": {"model": "words?n=0"},
}


UNSAID: Final = {"openai-responses": ("stop", "max_tokens")}
"""What a dialect has no word for, or takes no bound as small as ours of: there, it is not asked."""


@pytest.fixture(scope="module", params=["in process", "behind a socket"])
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    """What base URLs begin with."""
    if request.param == "in process":
        yield "sim:"
        return
    with Background() as background:
        server = background.run(simulate(host="127.0.0.1", port=0))
        yield f"http://127.0.0.1:{server.port}"
        background.run(server.close(grace_seconds=0))


@pytest.fixture(scope="module")
def client(place: str) -> Iterator[dragoman.Client]:
    providers = {
        name: {**settings, "api_key": "any", "base_url": place + settings["base_url"]}
        for name, settings in PROVIDERS.items()
    }
    with dragoman.Client(providers=providers, max_retries=0) as client:
        yield client


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(client: dragoman.Client, provider: str, model: str, **fields: Any) -> Any:
    messages: Any = [{"role": "user", "content": "Say this again"}]
    return client.chat.completions.create(model=f"{provider}/{model}", messages=messages, **fields)


def streamed(
    client: dragoman.Client, provider: str, model: str, **fields: Any
) -> shared.CreateChatCompletionResponse:
    usage = {"stream": True, "stream_options": {"include_usage": True}}
    return dragoman.fold(list(ask(client, provider, model, **usage, **fields)))


def said(response: shared.CreateChatCompletionResponse) -> Any:
    """All that one answer has in common with another: ids of calls are its own."""
    choices = msgspec.to_builtins(response.choices)
    for choice in choices:
        for call in choice["message"].get("tool_calls") or ():
            assert call.pop("id")
    usage = response.usage
    assert usage is not None
    return choices, (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)


@pytest.mark.parametrize("fields", ASKED.values(), ids=ASKED)
def test_whatever_dialect_is_spoken_the_answer_is_the_same(
    client: dragoman.Client, provider: str, fields: dict[str, Any]
) -> None:
    fields = {key: fields[key] for key in fields if key not in UNSAID.get(provider, ())}
    whole = ask(client, provider, **fields)
    openais = said(ask(client, "sim", **fields))

    assert said(whole) == openais
    assert said(streamed(client, provider, **fields)) == openais
    assert whole.meta.request_id.startswith("req_sim_")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", ["cut_at_byte=20", "cut_at_event=1", "reset_at_event=1"])
def test_a_broken_connection_is_one(
    client: dragoman.Client, provider: str, fault: str, stream: bool
) -> None:
    with pytest.raises(APIConnectionError) as caught:
        list(ask(client, provider, f"words?n=9&{fault}", stream=stream))

    assert "reset" in fault or caught.value.code == "stream_truncated"


@pytest.mark.parametrize("stream", [True, False])
def test_an_event_that_cannot_be_read_is_the_providers_mistake(
    client: dragoman.Client, provider: str, stream: bool
) -> None:
    with pytest.raises(RemoteProtocolError):
        list(ask(client, provider, "words?n=9&malformed_at_event=3", stream=stream))


def test_silence_is_a_timeout(client: dragoman.Client, provider: str) -> None:
    with pytest.raises(dragoman.errors.APITimeoutError):
        list(ask(client, provider, "echo?stall_at_event=1", stream=True, timeout=0.1))


def test_an_error_is_told_whole_and_in_a_stream(client: dragoman.Client, provider: str) -> None:
    with pytest.raises(RateLimitError) as whole:
        ask(client, provider, "fail?status=429&retry_after=2")
    with pytest.raises(InternalServerError) as inside:
        list(ask(client, provider, "fail?status=503&after=3", stream=True))

    assert (whole.value.code, whole.value.retry_after) == ("rate_limit_exceeded", 2)
    assert "failing with 429" in whole.value.message
    assert "failing with 503" in inside.value.message


def test_a_model_that_there_is_not_is_not_found(client: dragoman.Client, provider: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        ask(client, provider, "gpt-6")

    assert "expected one of echo, hello, words, fail" in caught.value.message


@pytest.mark.parametrize("listing", LISTING)
def test_the_models_are_listed(client: dragoman.Client, listing: str) -> None:
    models = client.models.list(provider=listing)

    assert [model.id for model in models] == list(MODELS)
