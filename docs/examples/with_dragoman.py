"""What a program asks of a client. Run it against the simulator: dragoman sim --port 8089."""

import asyncio
import sys

from dragoman import (
    APITimeoutError,
    AsyncClient as AsyncOpenAI,
    BadRequestError,
    NotFoundError,
    Client as OpenAI,
    RateLimitError,
)
from pydantic import BaseModel

MODEL = "openai/sim"
HI = [{"role": "user", "content": "What is the weather in Oslo?"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}]


class Place(BaseModel):
    city: str
    people: int


def answers(client):
    response = client.chat.completions.create(model=f"{MODEL}/echo", messages=HI, temperature=0)
    print(response.object, response.model, response.choices[0].finish_reason)
    print(response.choices[0].message.content, response.usage.total_tokens)
    print(sorted(response.to_dict()), response.choices[0].to_json(indent=None))

    options = {"include_usage": True}
    with client.chat.completions.create(
        model=f"{MODEL}/echo", messages=HI, stream=True, stream_options=options
    ) as stream:
        for chunk in stream:
            said = [choice.delta.content for choice in chunk.choices]
            print(said, chunk.usage and chunk.usage.completion_tokens)

    asked = client.chat.completions.create(model=f"{MODEL}/echo", messages=HI, tools=TOOLS)
    (call,) = asked.choices[0].message.tool_calls
    print(asked.choices[0].finish_reason, call.type, call.function.name, call.function.arguments)
    result = {"role": "tool", "tool_call_id": call.id, "content": "4 degrees"}
    turns = [*HI, asked.choices[0].message, result]
    told = client.chat.completions.create(model=f"{MODEL}/echo", messages=turns, tools=TOOLS)
    print(told.choices[0].message.content)

    parsed = client.chat.completions.parse(
        model=f"{MODEL}/echo", messages=HI, response_format=Place
    )
    print(repr(parsed.choices[0].message.parsed))


def head_and_models(client):
    raw = client.chat.completions.with_raw_response.create(model=f"{MODEL}/echo", messages=HI)
    print(raw.status_code, raw.headers["Content-Type"], raw.request_id[:8], raw.retries_taken)
    print(raw.parse().choices[0].message.content)
    print([model.id for model in client.models.list()])


def errors(client):
    for model, n in (("echo", 0), ("nobody", 1), ("fail?status=429&retry_after=1", 1)):
        try:
            client.with_options(max_retries=1).chat.completions.create(
                model=f"{MODEL}/{model}", messages=HI, n=n
            )
        except (BadRequestError, NotFoundError, RateLimitError) as error:
            print(type(error).__name__, error.status_code, error.code, error.type, error.param)
            print(error.request_id[:8], error.response.headers.get("retry-after"))
    try:
        client.with_options(timeout=0.2, max_retries=0).chat.completions.create(
            model=f"{MODEL}/echo?first=60s", messages=HI
        )
    except APITimeoutError as error:
        print(type(error).__name__)


async def on_a_loop(base_url):
    async with AsyncOpenAI(base_url=base_url, api_key="any") as client:
        stream = await client.chat.completions.create(
            model=f"{MODEL}/echo", messages=HI, stream=True
        )
        print("".join([chunk.choices[0].delta.content or "" async for chunk in stream]))
        print(len((await client.models.list()).data))


if __name__ == "__main__":
    with OpenAI(base_url=sys.argv[1], api_key="any") as client:
        answers(client)
        head_and_models(client)
        errors(client)
    asyncio.run(on_a_loop(sys.argv[1]))
