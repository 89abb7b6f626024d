"""`instructor`, pointed at the gateway."""

from typing import Any

import pytest
from openai import OpenAI

from tests.acceptance.clients.engines import HI, Answer, Engine
from tests.doors import Door

instructor = pytest.importorskip("instructor", reason="instructor stands in the extra `clients`")

MODES = {"TOOLS": "calling", "JSON_SCHEMA": "shaping"}
"""How it has an object said, and as what that has to be asked."""


def client_of(door: Door, mode: str) -> Any:
    client = OpenAI(base_url=door.url, api_key="any", max_retries=0)
    return instructor.from_openai(client, mode=getattr(instructor.Mode, mode))


@pytest.mark.parametrize("mode", MODES)
def test_an_object_and_the_answer_it_stands_in(engine: Engine, mode: str) -> None:
    create = client_of(engine.door, mode).chat.completions.create_with_completion

    answer, completion = create(
        model=engine.model,
        messages=HI,
        response_model=Answer,
        max_retries=0,
        **getattr(engine, MODES[mode]),
    )

    assert isinstance(answer, Answer)
    assert completion.usage.completion_tokens > 0


@pytest.mark.parametrize("mode", MODES)
def test_an_object_piece_by_piece(engine: Engine, mode: str) -> None:
    create = client_of(engine.door, mode).chat.completions.create_partial

    *_, last = create(
        model=engine.model,
        messages=HI,
        response_model=Answer,
        max_retries=0,
        **getattr(engine, MODES[mode]),
    )

    assert type(last.ok) is bool


def test_an_answer_without_an_object(engine: Engine) -> None:
    create = client_of(engine.door, "TOOLS").chat.completions.create

    answer = create(model=engine.model, messages=HI, response_model=None, **engine.chat)

    assert answer.choices[0].message.content == engine.says or engine.says is None
