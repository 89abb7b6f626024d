"""Every recorded request in Responses' dialect, read as a caller's and sent on as ours.

What comes out means what went in, or the losses tell the difference. What rests on something that
the provider keeps is refused by name.
"""

import json
from typing import Any

import pytest

from dragoman.dialects import openai_responses
from dragoman.errors import BadRequestError
from tests import corpus
from tests.judge.responses_requests import meaning

ASKED = [record for record in corpus.records("openai-responses") if record.request.get("body")]

STATEFUL = ("background", "conversation", "previous_response_id", "prompt")

STATELESS = [one for one in ASKED if not any(one.request["body"].get(key) for key in STATEFUL)]

TOLD_UNDER = {
    "input": ("/messages",),
    "max_output_tokens": ("/max_completion_tokens",),
    "reasoning": ("/reasoning", "/reasoning_effort"),
}
"""The fields of ours that tell a loss of Responses'."""

MAY_BE_LOST = ("phase", "annotations")
"""What an item may lose, besides all reasoning."""


@corpus.each(STATELESS)
def test_a_request_that_is_read_and_sent_on_means_the_same(record: corpus.Record) -> None:
    body = record.request["body"]

    request = openai_responses.decode_request(json.dumps(body).encode())
    encoded = openai_responses.encode_request(request, model=body["model"])

    asked, sent = meaning(body), meaning(json.loads(encoded.body))
    if "effort" in asked.get("reasoning", {}) and "summary" not in asked["reasoning"]:
        sent.get("reasoning", {}).pop("summary", None)  # without it no reasoning could be read
    different = {key for key in {*asked, *sent} if asked.get(key) != sent.get(key)}
    told = [loss.pointer for loss in encoded.losses]
    untold = {
        key: (asked.get(key), sent.get(key))
        for key in different
        if not any(one.startswith(TOLD_UNDER.get(key, (f"/{key}",))) for one in told)
    }
    assert untold == {}
    assert what_must_stay(asked["input"]) == what_must_stay(sent["input"])


def what_must_stay(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in item.items() if key not in MAY_BE_LOST}
        for item in items
        if item.get("type") != "reasoning"
    ]


@corpus.each(record for record in ASKED if record not in STATELESS)
def test_what_rests_on_something_kept_is_refused_by_name(record: corpus.Record) -> None:
    body = record.request["body"]

    with pytest.raises(BadRequestError) as refused:
        openai_responses.decode_request(json.dumps(body).encode())

    assert body[refused.value.param or ""]
    assert refused.value.code == "unsupported_parameter"
