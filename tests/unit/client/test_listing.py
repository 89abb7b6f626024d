"""`client.models.list`: carried, retried and refused as a chat completion is."""

import asyncio
import copy
import pickle
from typing import Any

import pytest

from dragoman import AsyncClient, Client
from dragoman.errors import (
    APITimeoutError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
)
from dragoman.models import shared
from dragoman.simulator.models import MODELS
from tests.scripted import Act, ScriptedServer
from tests.unit.client.test_client import BUSY, client_of
from tests.unit.client.test_create import answer

LISTED = answer({"object": "list", "data": [{"id": "m-1"}, {"id": "m-2"}]})


def ids(models: shared.ListModelsResponse) -> list[str]:
    return [model.id for model in models]


def test_the_models_are_asked_for_at_the_providers_address() -> None:
    with ScriptedServer(LISTED) as server, client_of(server) as client:
        models = client.models.list(timeout=5, extra_headers={"x-a": "1"})

    head = server.heard[0].lower()
    assert head.startswith(b"get /v1/models http/1.1\r\n")
    assert b"authorization: bearer sk-canary" in head
    assert b"x-a: 1" in head
    assert ids(models) == ["m-1", "m-2"]


def test_how_the_list_came_about_stands_beside_it() -> None:
    with ScriptedServer(BUSY, LISTED) as server, client_of(server) as client:
        models = client.models.list(timeout=5)

    assert (models.meta.target, models.meta.attempts) == ("openai", 2)
    assert models.meta.status_code == 200
    assert models.meta.headers["X-Request-Id"] == models.meta.request_id == "req-1"
    assert models.raw is not None
    for twin in (copy.deepcopy(models), pickle.loads(pickle.dumps(models))):
        assert (twin, twin.meta) == (models, models.meta)


def test_a_refusal_is_the_error_of_its_status() -> None:
    no = answer({"error": {"message": "not for you"}}, status="403 Forbidden")
    with ScriptedServer(no) as server, client_of(server) as client:
        with pytest.raises(PermissionDeniedError, match="not for you") as raised:
            client.models.list(timeout=5)

    assert (raised.value.attempts, raised.value.request_id) == (1, "req-1")


def test_a_provider_that_says_nothing_is_given_up() -> None:
    with ScriptedServer([Act.STALL]) as server, client_of(server) as client:
        with pytest.raises(APITimeoutError):
            client.models.list(timeout=0.1, max_retries=0)


def test_any_provider_may_be_named() -> None:
    with ScriptedServer(LISTED) as server:
        with Client(providers={"lab": {"base_url": server.url}}) as client:
            assert ids(client.models.list(provider="lab")) == ["m-1", "m-2"]

    assert server.heard[0].startswith(b"GET /models HTTP/1.1\r\n")


def test_an_unknown_provider_is_refused_with_near_names() -> None:
    with Client() as client, pytest.raises(NotFoundError, match="such as groq") as raised:
        client.models.list(provider="grok_")

    assert raised.value.param == "provider"


def test_without_a_key_a_provider_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)

    with Client() as client, pytest.raises(ConfigurationError, match="GROQ_API_KEY"):
        client.models.list(provider="groq")


def test_the_simulator_lists_its_models_in_process() -> None:
    async def listed() -> Any:
        async with AsyncClient() as client:
            return await client.models.list(provider="sim")

    with Client() as client:
        models = client.models.list(provider="sim")

    assert ids(models) == ids(asyncio.run(listed())) == list(MODELS)
    assert models.data[0] == shared.Model(id="echo", created=0, owned_by="dragoman")


def test_the_asynchronous_client_lists_what_the_blocking_one_does() -> None:
    async def listed(url: str) -> Any:
        async with AsyncClient(base_url=url + "/v1", api_key="k") as client:
            return await client.models.list(timeout=5)

    with ScriptedServer(BUSY, LISTED) as server:
        models = asyncio.run(listed(server.url))

    assert ids(models) == ["m-1", "m-2"]
    assert models.meta.attempts == 2
