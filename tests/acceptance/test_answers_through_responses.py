"""Every recorded answer, told to a caller who speaks Responses and sent back on the next turn.

Its events come in good order, and what comes back is what the provider has to get back: what was
said and called, reasoning with its signatures, and the items or blocks that were kept.
"""

import json
from typing import Any

import dragoman
from dragoman.dialects import DIALECTS, openai_responses
from dragoman.dialects.openai_responses.items import FORMAT
from dragoman.errors import Error
from dragoman.streaming.made import Made
from tests import corpus
from tests.judge.responses_events import faults

MADE = Made(created=1795404600, id="chatcmpl-GEN1", model="asked")

ASKED = {"role": "user", "content": "x"}

KEPT = ("refusal", "tool_calls", "native_content", "extra_content")
"""What comes back as it was."""

RECORDS = [
    record
    for record in corpus.records(*(file for files in corpus.SPEAKING.values() for file in files))
    if not record.refused
]


def chunks(record: corpus.Record) -> list[Any]:
    """The answer in chunks; none where it is an error."""
    decoder = DIALECTS[record.spoken].stream_decoder(made=MADE)
    try:
        if record.streamed:
            return [*decoder.receive(record.sent), *decoder.finish()]
        decoder.hear_whole(record.sent)
        return list(decoder.finish())
    except Error:
        return []


@corpus.each(RECORDS)
def test_an_answer_told_in_events_comes_back_as_it_was(record: corpus.Record) -> None:
    heard = chunks(record)
    if not heard or not any(choice.finish_reason for one in heard for choice in one.choices):
        return
    encoder = openai_responses.stream_encoder(include_usage=True)

    told = b"".join(encoder.encode(chunk) for chunk in heard) + encoder.end()
    last = json.loads(told.decode().rstrip().splitlines()[-1].removeprefix("data: "))
    body = {"model": "m", "input": [ASKED, *last["response"]["output"]]}
    back = openai_responses.decode_request(json.dumps(body).encode()).to_dict()["messages"][1:]

    message = dragoman.fold(heard).choices[0].message.to_dict()
    if function := message.get("function_call"):  # deprecated, and comes back as a call of a tool
        made = {"id": f"call_{heard[0].id}", "type": "function"}
        message["tool_calls"] = [{**made, "function": function}]
    assert faults(told) == []
    assert what_matters(back[0] if back else {}) == what_matters(message)


def what_matters(message: dict[str, Any]) -> dict[str, Any]:
    """What has to come back."""
    told = {key: message[key] for key in KEPT if message.get(key) is not None}
    told["content"] = message.get("content") or ""
    told["reasoning_details"] = [detail(one) for one in message.get("reasoning_details") or []]
    return told


def detail(one: dict[str, Any]) -> dict[str, Any]:
    """A detail; OpenAI's are numbered anew, and no two items have the same id."""
    own = ("index", "id") if one.get("format") == FORMAT else ()
    return {key: value for key, value in one.items() if key not in own}
