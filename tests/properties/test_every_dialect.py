"""What holds for every dialect: usage adds up, and a whole answer is the fold of its stream.

Both are tried with values made from types: of the wire for usage; of the hub for answers, which are
told to a caller in the dialect, whole and streamed, and read again as if a provider had told them.
What a dialect does besides is in the properties of its own.
"""

import importlib
import json
from collections.abc import Callable
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.dialects import DIALECTS, MODULES
from dragoman.errors import ConfigurationError
from dragoman.models import shared
from dragoman.streaming.folding import fold
from tests.properties.test_responses import MADE, steps, written
from tests.properties.test_usage import shortcomings
from tests.strategies import in_normal_form, responses, struct

Counting = Callable[[Any], shared.CompletionUsage | None]


def counting(dialect: str) -> Counting:
    """The one function of a dialect that reads usage."""
    home = "response" if dialect == "ollama" else "usage"
    found: Counting = importlib.import_module(f"{MODULES[dialect]}.{home}").completion_usage
    return found


def counted(dialect: str) -> st.SearchStrategy[Any]:
    """What its providers may count, made from the type that the function takes."""
    return struct(next(iter(get_type_hints(counting(dialect)).values())))


def plain(response: shared.CreateChatCompletionResponse) -> shared.CreateChatCompletionResponse:
    """As much of a response as every dialect can say: one answer of text, reasoning and calls."""
    choice = response.choices[0]
    calls = [
        replace(
            call,
            id=f"call_{number}",
            extra_content=None,
            function=replace(call.function, arguments=compact({call.function.arguments: number})),
        )
        for number, call in enumerate(choice.message.tool_calls or ())
        if isinstance(call, shared.ChatCompletionMessageToolCall)
    ]
    message = shared.ChatCompletionResponseMessage(
        content=choice.message.content,
        refusal=None,
        reasoning_content=choice.message.reasoning_content,
        tool_calls=list[shared.ToolCall](calls) or None,
    )
    choice = replace(choice, index=0, message=message, logprobs=None)
    return in_normal_form(replace(response, choices=[choice]))


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def spoken_to_callers(dialect: str) -> bool:
    try:
        DIALECTS[dialect].stream_encoder(include_usage=True)
    except ConfigurationError:
        return False
    return True


def said(response: shared.CreateChatCompletionResponse) -> list[Any]:
    """What a caller is told, read off the JSON."""
    message = json.loads(msgspec.json.encode(response))["choices"][0]["message"]
    calls = [call["function"] for call in message.get("tool_calls", ())]
    return [message["content"] or "", message.get("reasoning_content", ""), calls]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_whatever_a_provider_counts_adds_up(dialect: str, data: st.DataObject) -> None:
    usage = counting(dialect)(data.draw(counted(dialect)))

    assert usage is None or shortcomings(usage) == []


@pytest.mark.parametrize("dialect", [one for one in DIALECTS if spoken_to_callers(one)])
@given(response=responses.map(plain), step=steps)
def test_a_whole_answer_is_the_fold_of_its_stream(
    dialect: str, response: shared.CreateChatCompletionResponse, step: int
) -> None:
    speaking = DIALECTS[dialect]
    whole = speaking.decode_response(speaking.encode_response(response), made=MADE)

    encoder = speaking.stream_encoder(include_usage=True)
    stream = b"".join(map(encoder.encode, written(response, step))) + encoder.end()
    decoder = speaking.stream_decoder(made=MADE)
    streamed = fold([*decoder.receive(stream), *decoder.finish()])

    assert streamed == whole
    assert said(whole) == said(response)
