"""`pydantic-ai`, pointed at the gateway."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from openai import AsyncOpenAI

from tests.acceptance.clients.engines import PARAMETERS, Answer, Engine, simulator
from tests.doors import Door

pydantic_ai = pytest.importorskip("pydantic_ai", reason="pydantic-ai stands in the extra `clients`")

T = TypeVar("T")

OWN = {"stop": "stop_sequences"}
"""What it has a name of its own for."""


def asked(door: Door, model: str, ask: Callable[[Any], Awaitable[T]]) -> T:
    """What comes of asking with this model, on a loop and a client that are closed afterwards."""
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def run() -> T:
        async with AsyncOpenAI(base_url=door.url, api_key="any", max_retries=0) as client:
            return await ask(OpenAIChatModel(model, provider=OpenAIProvider(openai_client=client)))

    return asyncio.run(run())


def settings(engine: Engine, asked_as: str) -> Any:
    return {OWN.get(key, key): value for key, value in getattr(engine, asked_as).items()}


def ran(engine: Engine, asked_as: str, **options: Any) -> Any:
    """The result of an agent that is greeted."""

    async def ask(model: Any) -> Any:
        agent = pydantic_ai.Agent(model, model_settings=settings(engine, asked_as), **options)
        return await agent.run("hi there")

    return asked(engine.door, engine.model, ask)


def test_a_whole_answer(engine: Engine) -> None:
    result = ran(engine, "chat")

    assert result.output == engine.says or engine.says is None
    assert result.usage.output_tokens > 0


def test_a_stream(engine: Engine) -> None:
    async def said(model: Any) -> tuple[str, int]:
        agent = pydantic_ai.Agent(model, model_settings=settings(engine, "chat"))
        async with agent.run_stream("hi there") as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
            return "".join(pieces), result.usage.output_tokens

    text, output_tokens = asked(engine.door, engine.model, said)

    assert text == engine.says or engine.says is None
    assert output_tokens > 0


def test_a_call(engine: Engine) -> None:
    from pydantic_ai.direct import model_request
    from pydantic_ai.messages import ModelRequest
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.tools import ToolDefinition

    check = ToolDefinition(name="check", parameters_json_schema=dict(PARAMETERS))

    async def ask(model: Any) -> Any:
        return await model_request(
            model,
            [ModelRequest.user_text_prompt("hi there")],
            model_settings=settings(engine, "calling"),
            model_request_parameters=ModelRequestParameters(
                function_tools=[check], allow_text_output=False
            ),
        )

    (call,) = asked(engine.door, engine.model, ask).tool_calls
    assert (call.tool_name, set(call.args_as_dict())) == ("check", {"ok"})


def test_an_agent_tells_the_result_of_a_call_to_the_simulator(door: Door) -> None:
    checked: list[bool] = []

    def check(ok: bool) -> str:
        checked.append(ok)
        return "checked"

    result = ran(simulator(door), "chat", tools=[check])

    assert len(checked) == 1
    assert type(result.output) is str


@pytest.mark.parametrize(
    ("way", "asked_as"), [("NativeOutput", "shaping"), ("ToolOutput", "calling")]
)
def test_an_object(engine: Engine, way: str, asked_as: str) -> None:
    result = ran(engine, asked_as, output_type=getattr(pydantic_ai, way)(Answer))

    assert isinstance(result.output, Answer)


def test_an_error_shows_its_status_and_body(door: Door) -> None:
    with pytest.raises(pydantic_ai.ModelHTTPError) as raised:
        asked(door, "sim/ecko", lambda model: pydantic_ai.Agent(model).run("hi there"))

    assert raised.value.status_code == 404
    assert raised.value.body["code"] == "model_not_found"
