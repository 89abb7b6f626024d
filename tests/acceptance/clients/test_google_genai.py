"""`google-genai`, pointed at the simulator: it takes what is said in Gemini's dialect.

At the paths of AI Studio as at those of Vertex AI. It takes no `?` in the name of a model, which
is written `%3F` then.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

genai = pytest.importorskip("google.genai", reason="google-genai stands in the extra `clients`")
errors = pytest.importorskip(
    "google.genai.errors", reason="google-genai stands in the extra `clients`"
)
oauth2 = pytest.importorskip(
    "google.oauth2.credentials", reason="google-genai stands in the extra `clients`"
)

CHECK: Any = {
    "name": "check",
    "description": "Checks it.",
    "parameters": {
        "type": "OBJECT",
        "properties": {"ok": {"type": "BOOLEAN"}},
        "required": ["ok"],
    },
}

TOOLS: Any = [{"function_declarations": [CHECK]}]

FORCED: Any = {
    "tools": TOOLS,
    "tool_config": {
        "function_calling_config": {"mode": "ANY", "allowed_function_names": ["check"]}
    },
}


@pytest.fixture(scope="module", params=["AI Studio", "Vertex AI", "Vertex AI, express"])
def client(request: pytest.FixtureRequest, simulator_url: str) -> Iterator[Any]:
    options = {"http_options": {"base_url": f"{simulator_url}/gemini"}}
    match request.param:
        case "AI Studio":
            client = genai.Client(api_key="any", **options)
        case "Vertex AI":
            token = oauth2.Credentials("any")
            place = {"project": "p", "location": "us-central1", "credentials": token}
            client = genai.Client(vertexai=True, **place, **options)
        case _:
            client = genai.Client(vertexai=True, api_key="any", **options)
    with client:
        yield client


def test_a_whole_answer(client: Any) -> None:
    answer = client.models.generate_content(
        model="echo", contents="hi there", config={"system_instruction": "Be brief."}
    )

    assert answer.text == "hi there"
    assert answer.candidates[0].finish_reason.name == "STOP"
    usage = answer.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count) == (4, 2)
    assert (answer.model_version, usage.total_token_count) == ("echo", 6)


def test_a_stream(client: Any) -> None:
    *chunks, last = client.models.generate_content_stream(model="echo", contents="hi there")

    assert "".join(chunk.text for chunk in chunks) == "hi there"
    assert last.candidates[0].finish_reason.name == "STOP"
    assert last.usage_metadata.total_token_count == 4


# It makes a subclass of aiohttp's session, which aiohttp has something against.
@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
def test_an_answer_that_is_awaited(client: Any) -> None:
    async def asked() -> tuple[str, str]:
        asking: Any = {"model": "echo", "contents": "hi there"}
        whole = await client.aio.models.generate_content(**asking)
        stream = await client.aio.models.generate_content_stream(**asking)
        said = [chunk.text or "" async for chunk in stream]
        await client.aio.aclose()
        return whole.text, "".join(said)

    assert asyncio.run(asked()) == ("hi there", "hi there")


def test_a_call(client: Any) -> None:
    asking: Any = {"model": "echo", "contents": "hi", "config": FORCED}
    answer = client.models.generate_content(**asking)
    chunks = list(client.models.generate_content_stream(**asking))
    streamed = [call for chunk in chunks for call in chunk.function_calls or ()]

    (call,) = answer.function_calls
    assert (call.name, call.args) == ("check", {"ok": False})
    assert [(call.name, call.args) for call in streamed] == [("check", {"ok": False})]


def test_a_call_is_answered(client: Any) -> None:
    call = {"id": "1", "name": "check", "args": {"ok": True}}
    result = {"id": "1", "name": "check", "response": {"output": "fine"}}
    talk = [
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "model", "parts": [{"function_call": call}]},
        {"role": "user", "parts": [{"function_response": result}, {"text": "and now"}]},
    ]
    never = {"function_calling_config": {"mode": "NONE"}}
    answer = client.models.generate_content(
        model="echo", contents=talk, config={"tools": TOOLS, "tool_config": never}
    )

    assert answer.text == "and now"


def test_a_chat(client: Any) -> None:
    chat = client.chats.create(model="echo")

    assert [chat.send_message(text).text for text in ("one", "and two")] == ["one", "and two"]


def test_an_answer_of_a_schema(client: Any) -> None:
    schema = {"type": "OBJECT", "properties": {"ok": {"type": "BOOLEAN"}}, "required": ["ok"]}
    config = {"response_mime_type": "application/json", "response_schema": schema}
    answer = client.models.generate_content(model="echo", contents="hi", config=config)

    assert answer.parsed == {"ok": False}


def test_an_answer_that_is_bounded(client: Any) -> None:
    answer = client.models.generate_content(
        model="words%3Fn=9", contents="hi", config={"max_output_tokens": 3}
    )

    assert answer.candidates[0].finish_reason.name == "MAX_TOKENS"
    assert answer.usage_metadata.candidates_token_count == 3


@pytest.mark.parametrize(
    ("status", "error", "word"),
    [
        (400, "ClientError", "INVALID_ARGUMENT"),
        (401, "ClientError", "UNAUTHENTICATED"),
        (403, "ClientError", "PERMISSION_DENIED"),
        (404, "ClientError", "NOT_FOUND"),
        (429, "ClientError", "RESOURCE_EXHAUSTED"),
        (500, "ServerError", "INTERNAL"),
        (503, "ServerError", "UNAVAILABLE"),
        (504, "ServerError", "DEADLINE_EXCEEDED"),
    ],
)
def test_an_error(client: Any, status: int, error: str, word: str) -> None:
    with pytest.raises(getattr(errors, error)) as refused:
        client.models.generate_content(model=f"fail%3Fstatus={status}", contents="hi")

    assert (refused.value.code, refused.value.status) == (status, word)
    assert f"failing with {status}" in refused.value.message


def test_an_error_in_a_stream(client: Any) -> None:
    asking: Any = {"model": "fail%3Fstatus=503%26after=2", "contents": "hi"}
    stream = client.models.generate_content_stream(**asking)
    heard = [next(stream).text, next(stream).text]
    with pytest.raises(errors.ServerError) as failed:
        next(stream)

    assert heard == ["Hello!", " You"]
    assert (failed.value.code, failed.value.status) == (503, "UNAVAILABLE")


def test_an_event_that_cannot_be_read(client: Any) -> None:
    asking: Any = {"model": "echo%3Fmalformed_at_event=1", "contents": "hi there"}
    with pytest.raises(errors.UnknownApiResponseError):
        list(client.models.generate_content_stream(**asking))


def test_the_models(client: Any) -> None:
    names = [model.name.rpartition("/")[2] for model in client.models.list()]

    assert names == ["echo", "hello", "words", "fail"]
    assert client.models.get(model="echo").name.endswith("models/echo")
