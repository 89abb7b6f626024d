"""`openai` for Python, asking for responses: it takes what the simulator says in that dialect.

What is said is held against the types of the client, too, which it does not do by itself.
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
import openai
import pydantic
import pytest
from openai import AsyncOpenAI, OpenAI
from openai._models import construct_type_unchecked
from openai._types import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent

from dragoman.dialects import openai_responses
from tests import corpus
from tests.acceptance.test_answers_through_responses import chunks as chunks_of
from tests.judge.responses_events import events_of

HI = "hi there"

EVENT_TYPE: Any = ResponseStreamEvent

EVENT: Any = pydantic.TypeAdapter(EVENT_TYPE)

CHECK: Any = {
    "type": "function",
    "name": "check",
    "description": "Checks it.",
    "parameters": {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    },
    "strict": True,
}

CUSTOM: Any = {"type": "custom", "name": "note"}


class Verdict(pydantic.BaseModel):
    """What the answer is parsed as."""

    ok: bool
    why: str


@pytest.fixture(scope="module")
def client(simulator_url: str) -> Iterator[OpenAI]:
    with OpenAI(api_key="any", base_url=f"{simulator_url}/v1", max_retries=0) as client:
        yield client


def create(client: OpenAI, model: str = "echo", **fields: Any) -> Any:
    """An answer, as its types say it is."""
    response: Any = client.responses.create(**{"model": model, "input": HI, **fields})
    Response.model_validate(response.to_dict())
    return response


def events(client: OpenAI, model: str = "echo", **fields: Any) -> list[Any]:
    """All events of a stream, as their types say they are."""
    stream: Iterable[Any] = client.responses.create(
        **{"model": model, "input": HI, "stream": True, **fields}
    )
    told = list(stream)
    for event in told:
        EVENT.validate_python(event.to_dict())
    assert [event.sequence_number for event in told] == list(range(len(told)))
    return told


RECORDS = [
    record
    for record in corpus.records(*(file for files in corpus.SPEAKING.values() for file in files))
    if not record.refused
][::10]
"""Each tenth recorded answer: it takes long to hold one against these types."""


@corpus.each(RECORDS)
def test_an_answer_of_any_provider_is_what_the_types_say(record: corpus.Record) -> None:
    chunks = chunks_of(record)
    if not chunks:
        return
    encoder = openai_responses.stream_encoder(include_usage=True)
    state = ResponseStreamState[Any](input_tools=omit, text_format=omit)

    for event in events_of(b"".join(map(encoder.encode, chunks)) + encoder.end()):
        EVENT.validate_python(event)
        state.handle_event(construct_type_unchecked(type_=EVENT_TYPE, value=event))


def test_a_whole_answer(client: OpenAI) -> None:
    response = create(client, instructions="Brief.", metadata={"a": "b"}, temperature=0.5)

    assert response.output_text == HI
    assert (response.status, response.object) == ("completed", "response")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)
    assert response._request_id.startswith("req_sim_")


def test_a_stream(client: OpenAI) -> None:
    told = events(client)

    assert [event.type.removeprefix("response.") for event in told] == [
        *("created", "in_progress", "output_item.added", "content_part.added"),
        *("output_text.delta", "output_text.delta"),
        *("output_text.done", "content_part.done", "output_item.done", "completed"),
    ]
    assert "".join(event.delta for event in told[4:6]) == HI
    assert told[-1].response.output_text == HI
    assert told[-1].response.usage.output_tokens == 2


def test_a_stream_that_the_client_puts_together(client: OpenAI) -> None:
    with client.responses.stream(model="echo", input=HI) as stream:
        *_, last = stream
        response = stream.get_final_response()

    assert last.type == "response.completed"
    assert response.output_text == HI


def test_a_stream_heard_in_an_event_loop(simulator_url: str) -> None:
    async def heard() -> str:
        async with AsyncOpenAI(api_key="any", base_url=f"{simulator_url}/v1") as client:
            async with client.responses.stream(model="echo", input=HI) as stream:
                return (await stream.get_final_response()).output_text

    assert asyncio.run(heard()) == HI


def test_a_call_and_its_answer(client: OpenAI) -> None:
    forced: Any = {"tools": [CHECK], "tool_choice": "required"}
    whole = create(client, **forced)
    told = events(client, **forced)

    (call,) = whole.output
    (streamed,) = told[-1].response.output
    pieces = [event.delta for event in told if event.type.endswith("arguments.delta")]
    assert (call.type, call.name, call.arguments) == ("function_call", "check", '{"ok":false}')
    assert "".join(pieces) == streamed.arguments == call.arguments
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "fine"}
    talk = [
        {"role": "user", "content": HI},
        *whole.output,
        result,
        {"role": "user", "content": "x"},
    ]
    assert create(client, input=talk, tools=[CHECK], tool_choice="none").output_text == "x"


def test_a_call_that_the_client_puts_together_and_parses(client: OpenAI) -> None:
    tool: Any = openai.pydantic_function_tool(Verdict, name="judge")
    with client.responses.stream(
        model="echo", input=HI, tools=[tool], tool_choice={"type": "function", "name": "judge"}
    ) as stream:
        response: Any = stream.get_final_response()

    (call,) = response.output
    assert (call.type, call.name) == ("function_call", "judge")
    assert isinstance(call.parsed_arguments, Verdict)


def test_a_call_of_a_custom_tool(client: OpenAI) -> None:
    forced: Any = {"tools": [CUSTOM], "tool_choice": {"type": "custom", "name": "note"}}
    whole = create(client, **forced)
    told = events(client, **forced)

    (call,) = whole.output
    (streamed,) = told[-1].response.output
    assert (call.type, call.name) == ("custom_tool_call", "note")
    assert streamed.input == call.input


def test_an_answer_that_is_parsed(client: OpenAI) -> None:
    whole = client.responses.parse(model="echo", input=HI, text_format=Verdict)
    with client.responses.stream(model="echo", input=HI, text_format=Verdict) as stream:
        streamed = stream.get_final_response()

    assert isinstance(whole.output_parsed, Verdict)
    assert streamed.output_parsed == whole.output_parsed


def test_log_probabilities(client: OpenAI) -> None:
    wanted: Any = {"top_logprobs": 2, "include": ["message.output_text.logprobs"]}
    whole = create(client, **wanted)
    told = events(client, **wanted)

    tokens = whole.output[0].content[0].logprobs
    pieces = [token for event in told[4:6] for token in event.logprobs]
    assert "".join(token.token for token in tokens) == HI
    assert [token.token for token in pieces] == [token.token for token in tokens]
    assert all(token.top_logprobs[0].token == token.token for token in tokens)


def test_an_answer_that_is_bounded(client: OpenAI) -> None:
    whole = create(client, "words?n=99", max_output_tokens=16)
    last = events(client, "words?n=99", max_output_tokens=16)[-1]

    for response in (whole, last.response):
        assert response.status == "incomplete"
        assert response.incomplete_details.reason == "max_output_tokens"
        assert response.usage.output_tokens == 16
    assert last.type == "response.incomplete"


def test_what_is_kept_nowhere_is_refused_by_name(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        create(client, previous_response_id="resp_1")

    assert (refused.value.param, refused.value.code) == (
        "previous_response_id",
        "unsupported_parameter",
    )


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error(
    client: OpenAI, status: int, error: type[openai.APIStatusError], stream: bool
) -> None:
    with pytest.raises(error) as refused:
        client.responses.create(model=f"fail?status={status}", input=HI, stream=stream)

    assert refused.value.status_code == status
    assert f"failing with {status}" in refused.value.message


def test_a_failure_in_the_middle_of_a_stream_is_a_response_that_failed(client: OpenAI) -> None:
    last = events(client, "fail?status=429&after=5")[-1]

    assert (last.type, last.response.status) == ("response.failed", "failed")
    assert last.response.error.code == "rate_limit_exceeded"
    assert "failing with 429" in last.response.error.message
    with (
        client.responses.stream(model="fail?status=429&after=5", input=HI) as stream,
        pytest.raises(RuntimeError, match="Didn't receive"),
    ):
        stream.get_final_response()


def test_a_failure_before_the_first_event_is_an_error_event(client: OpenAI) -> None:
    (event,) = events(client, "fail?status=429&after=0")

    assert (event.type, event.code) == ("error", "rate_limit_exceeded")
    assert "failing with 429" in event.message


def test_a_stream_that_is_cut_is_no_answer(client: OpenAI) -> None:
    # Older clients hand on what their own HTTP client raises.
    with (
        pytest.raises((openai.APIConnectionError, httpx2.RemoteProtocolError)),
        client.responses.stream(model="words?n=9&cut_at_event=6", input=HI) as stream,
    ):
        stream.get_final_response()
