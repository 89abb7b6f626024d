"""Models that are asked for by a name from the settings."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dragoman import AsyncClient, Client
from dragoman.errors import ConfigurationError, NotFoundError
from dragoman.models import params

SAID: list[params.ChatCompletionRequestUserMessage] = [
    {"role": "user", "content": "Say this again"}
]


def named(**models: Any) -> dict[str, Any]:
    return {"models": models}


FAST = named(fast={"targets": ["sim/echo"]})


def test_a_name_is_answered_by_its_target() -> None:
    with Client(settings=FAST) as client:
        response = client.chat.completions.create(model="fast", messages=SAID)

    assert response.choices[0].message.content == "Say this again"
    assert response.meta.target == "sim/echo"
    assert response.model == "echo"


def test_a_name_is_answered_on_a_loop_and_in_chunks() -> None:
    async def heard() -> str:
        async with AsyncClient(settings=FAST) as client:
            stream = await client.with_options(max_retries=0).chat.completions.create(
                model="fast", messages=SAID, stream=True
            )
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(heard()) == "Say this again"


def test_a_target_may_be_at_a_provider_of_the_arguments() -> None:
    settings = named(fast={"targets": ["mine/echo"]})
    mine = {"mine": {"base_url": "sim:"}}

    with Client(settings=settings, providers=mine) as client:
        response = client.chat.completions.create(model="fast", messages=SAID)

    assert response.meta.target == "mine/echo"


@pytest.mark.parametrize(
    ("model", "key", "says"),
    [
        (
            'targets = ["sim/echo", "sim/hello"]',
            "models.fast.targets",
            "expected one target, since a client asks one and tries no other; got 2",
        ),
        (
            'targets = ["sim/echo"]\nfallbacks = ["sim/hello"]',
            "models.fast.fallbacks",
            "expected no target, since a client asks one and tries no other; got 1",
        ),
    ],
)
def test_a_name_with_more_than_one_target_is_refused_when_it_is_asked(
    tmp_path: Path, model: str, key: str, says: str
) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(f"[models.fast]\n{model}\n")

    with Client(settings=file) as client, pytest.raises(ConfigurationError) as raised:
        client.chat.completions.create(model="fast", messages=SAID)

    line = 2 if key.endswith("targets") else 3
    assert raised.value.message == f"{file}:{line}: {key}: {says}"
    assert raised.value.param == key


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            "fats",
            "model: expected provider/model, such as openai/gpt-5-mini, or one of fast; "
            "got 'fats'; did you mean fast?",
        ),
        (
            "qqqq",
            "model: expected provider/model, such as openai/gpt-5-mini, or one of fast; "
            "got 'qqqq'; the providers are ",
        ),
        ("smi/echo", "or one of fast; got 'smi/echo'; did you mean sim/echo?"),
    ],
)
def test_a_name_that_nobody_gave_is_answered_with_those_there_are(asked: str, says: str) -> None:
    with Client(settings=FAST) as client, pytest.raises(NotFoundError) as raised:
        client.chat.completions.create(model=asked, messages=SAID)

    assert says in raised.value.message


def test_a_provider_of_the_arguments_stands_in_place_of_the_one_in_the_file() -> None:
    settings = {"providers": {"lab": {"base_url": "http://file", "api_key": "env:UNSET"}}}

    client = Client(settings=settings, providers={"lab": {"base_url": "http://argument"}})

    assert client.providers["lab"].row.base_url == "http://argument"
    assert client.providers["lab"].api_key is None
