"""`openai` for Python, pointed at the gateway: whatever it does with OpenAI, it does here."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, AzureOpenAI, OpenAI

from tests.acceptance.clients.engines import HI, TOOL, Answer, Engine
from tests.doors import Door, opened


def client_of(door: Door, **options: Any) -> OpenAI:
    return OpenAI(base_url=door.url, api_key="any", **{"max_retries": 0, **options})


@pytest.fixture
def client(engine: Engine) -> Iterator[OpenAI]:
    with client_of(engine.door) as client:
        yield client


def create(client: OpenAI, **fields: Any) -> Any:
    """An answer, whatever its type: fields of all kinds are tried."""
    return client.chat.completions.create(**{"messages": HI, **fields})


def test_a_whole_answer(client: OpenAI, engine: Engine) -> None:
    answer = create(client, model=engine.model, **engine.chat)

    (choice,) = answer.choices
    assert answer.object == "chat.completion"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert choice.message.role == "assistant"
    assert choice.message.content == engine.says or engine.says is None
    assert answer._request_id == engine.door.entries[-1].id


def test_a_stream(client: OpenAI, engine: Engine) -> None:
    with create(client, model=engine.model, stream=True, **engine.chat) as stream:
        chunks = list(stream)

    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert said == engine.says or engine.says is None
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")
    assert [chunk.usage for chunk in chunks] == [None] * len(chunks)


def test_a_stream_with_usage(client: OpenAI, engine: Engine) -> None:
    options = {"include_usage": True}

    *chunks, last = create(
        client, model=engine.model, stream=True, stream_options=options, **engine.chat
    )

    assert [chunk.usage for chunk in chunks] == [None] * len(chunks)
    assert (last.choices, last.usage.completion_tokens > 0) == ([], True)


def test_a_whole_answer_and_a_stream_on_a_loop(engine: Engine) -> None:
    async def asked() -> tuple[Any, list[Any]]:
        async with AsyncOpenAI(base_url=engine.door.url, api_key="any") as client:
            ask: Any = client.chat.completions.create
            whole = await ask(model=engine.model, messages=HI, **engine.chat)
            stream = await ask(model=engine.model, messages=HI, stream=True, **engine.chat)
            return whole, [chunk async for chunk in stream]

    whole, chunks = asyncio.run(asked())

    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert streamed == whole.choices[0].message.content


def test_a_raw_response_shows_the_head(client: OpenAI, engine: Engine) -> None:
    ask: Any = client.chat.completions.with_raw_response.create

    raw = ask(model=engine.model, messages=HI, **engine.chat)

    assert (raw.status_code, raw.retries_taken) == (200, 0)
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["x-dragoman-target"] == engine.model
    assert raw.request_id == engine.door.entries[-1].id
    assert raw.parse().object == "chat.completion"


def test_an_object_is_parsed(client: OpenAI, engine: Engine) -> None:
    parse: Any = client.chat.completions.parse

    answer = parse(model=engine.model, messages=HI, response_format=Answer, **engine.shaping)

    assert isinstance(answer.choices[0].message.parsed, Answer)


def test_the_clients_own_fold_of_a_stream_is_parsed(client: OpenAI, engine: Engine) -> None:
    open_stream: Any = client.chat.completions.stream

    with open_stream(
        model=engine.model, messages=HI, response_format=Answer, **engine.shaping
    ) as stream:
        answer = stream.get_final_completion()

    assert isinstance(answer.choices[0].message.parsed, Answer)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_call_and_its_result(client: OpenAI, engine: Engine, streamed: bool) -> None:
    asked = {"model": engine.model, "tools": [TOOL], "tool_choice": "required", **engine.calling}
    if streamed:
        open_stream: Any = client.chat.completions.stream
        with open_stream(messages=HI, **asked) as stream:
            message = stream.get_final_completion().choices[0].message
    else:
        message = create(client, **asked).choices[0].message
    (call,) = message.tool_calls
    result = {"role": "tool", "tool_call_id": call.id, "content": "yes"}

    turns = [*HI, message.to_dict(), result]
    told = create(client, model=engine.model, messages=turns, **engine.chat)

    assert (call.function.name, call.function.arguments[:1]) == ("check", "{")
    assert told.choices[0].message.content is not None


def test_models_are_listed_and_found(door: Door) -> None:
    client = client_of(door)
    names = [model.id for model in client.models.list()]

    found = [client.models.retrieve(name) for name in names]

    assert [(model.id, model.object) for model in found] == [(name, "model") for name in names]
    assert "sim/echo" in names


# Azure's client, whose paths are its own


def azure(door: Door, **options: Any) -> AzureOpenAI:
    return AzureOpenAI(
        azure_endpoint=door.root, api_key="any", api_version="2024-10-21", max_retries=0, **options
    )


def test_azures_client_asks_for_a_deployment(client: OpenAI, engine: Engine) -> None:
    by_model = create(azure(engine.door), model=engine.model, **engine.chat)
    by_option = create(
        azure(engine.door, azure_deployment=engine.model), model="any", **engine.chat
    )

    assert by_model.choices == by_option.choices
    assert {entry.target for entry in engine.door.entries[-2:]} == {engine.model}


def test_azures_client_lists_and_finds_models(door: Door) -> None:
    client = azure(door)

    assert client.models.retrieve("sim/echo") in client.models.list().data


def test_azures_client_shows_its_key_in_its_own_header() -> None:
    with opened({"keys": {"team": {"key": "any"}}}) as door:
        answer = create(azure(door), model="sim/echo")

    assert answer.choices[0].message.content == "hi there"
    assert door.entries[0].key == "team"


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "invalid_api_key"), ({"Authorization": ""}, "missing_api_key")],
)
def test_a_wrong_key_is_an_error_of_authentication(headers: dict[str, str], code: str) -> None:
    with opened({"keys": {"team": {"key": "right"}}}) as door, client_of(door) as client:
        with pytest.raises(openai.AuthenticationError) as raised:
            client.with_options(default_headers=headers).models.list()

    assert (raised.value.status_code, raised.value.code) == (401, code)
    assert raised.value.request_id == door.entries[0].id
