"""Every recorded request in Claude's dialect, read as a caller's and sent on as ours.

What comes out means what went in, or the losses tell the difference.
"""

import json
import re
from urllib.parse import unquote

import pytest

from dragoman.dialects import anthropic_messages
from dragoman.errors import BadRequestError
from tests import corpus
from tests.judge.claude_requests import meaning

ASKED = [record for record in corpus.records("anthropic-messages") if record.request.get("body")]
NO_REQUEST = "bc5e6ef805076b37"
"""Its only message is a text; Anthropic refused it, and so do we."""

TOLD_UNDER = {
    "thinking": ("/reasoning_effort", "/thinking"),
    "effort": ("/reasoning_effort",),
    "max_tokens": ("/max_completion_tokens",),
}
"""The fields of ours that tell a loss of Claude's."""


def model_of(record: corpus.Record) -> str:
    """The model, which hosts have in the path."""
    named = re.search(r"/models?/([^/]+?)(:\w+Predict|/invoke.*)?$", record.request["path"])
    model: str = record.request["body"].get("model") or (unquote(named[1]) if named else "")
    return model


@corpus.each(record for record in ASKED if record.id != NO_REQUEST)
def test_a_request_that_is_read_and_sent_on_means_the_same(record: corpus.Record) -> None:
    body = record.request["body"]

    request = anthropic_messages.decode_request(json.dumps(body).encode())
    encoded = anthropic_messages.encode_request(request, model=model_of(record))

    asked, sent = meaning(body), meaning(json.loads(encoded.body))
    if "effort" not in asked:
        sent.pop("effort", None)  # it stands for a budget
    different = {key for key in {*asked, *sent} if asked.get(key) != sent.get(key)}
    told = [loss.pointer for loss in encoded.losses]
    untold = {
        key
        for key in different
        if not any(one.startswith(TOLD_UNDER.get(key, (f"/{key}",))) for one in told)
    }
    assert untold == set()


@corpus.each(record for record in ASKED if record.id == NO_REQUEST)
def test_what_is_no_request_is_refused_by_name(record: corpus.Record) -> None:
    with pytest.raises(BadRequestError) as refused:
        anthropic_messages.decode_request(json.dumps(record.request["body"]).encode())

    assert refused.value.param == "messages[0]"
