"""Every recorded request in Converse, asked in OpenAI's words or read, and sent on as ours.

What goes out means what was recorded, or the losses tell the difference.
"""

import json
import re
from typing import Any
from urllib.parse import unquote

import botocore.session
import pytest
from botocore.validate import ParamValidator

from dragoman.dialects import bedrock_converse
from dragoman.dialects.openai_chat import decode_request
from dragoman.models import shared
from tests import corpus
from tests.judge.converse_requests import asked, meaning

TOLD_UNDER = {
    "outputConfig": ("/response_format",),
    "inferenceConfig": ("/max_completion_tokens", "/temperature", "/top_p", "/stop"),
    "toolChoice": ("/tool_choice", "/response_format"),
}
"""The fields of ours that tell a loss of Bedrock's."""


MODEL = botocore.session.get_session().get_service_model("bedrock-runtime")


def complaints(body: dict[str, Any], model: str) -> str:
    """What AWS's own client would say of this request."""
    shape = MODEL.operation_model("Converse").input_shape
    report: str = ParamValidator().validate({**body, "modelId": model}, shape).generate_report()
    return report


def in_our_words(body: dict[str, Any], model: str) -> shared.CreateChatCompletionRequest:
    return decode_request(json.dumps(asked(body, model)).encode())


def as_a_callers(body: dict[str, Any], model: str) -> shared.CreateChatCompletionRequest:
    return bedrock_converse.decode_request(json.dumps(body).encode())


def asks(record: corpus.Record) -> bool:
    return bool((record.request.get("body") or {}).get("messages"))


@corpus.each(record for record in corpus.records("bedrock-converse") if asks(record))
@pytest.mark.parametrize("way", ["asked in our words", "read as a caller's"])
def test_a_request_that_is_sent_on_means_the_same(record: corpus.Record, way: str) -> None:
    ways = {"asked in our words": in_our_words, "read as a caller's": as_a_callers}
    body = record.request["body"]
    named = re.search(r"/model/(.+)/converse", record.request["path"])
    assert named is not None
    model = unquote(named[1])

    request = ways[way](body, model)
    encoded = bedrock_converse.encode_request(request, model=model)

    assert complaints(json.loads(encoded.body), model) == ""
    recorded, sent = meaning(body), meaning(json.loads(encoded.body))
    if "maxTokens" not in (body.get("inferenceConfig") or {}):
        sent.get("inferenceConfig", {}).pop("maxTokens", None)  # Claude's answers are bounded
    different = {
        key for key in {*recorded, *sent} if (recorded.get(key) or None) != (sent.get(key) or None)
    }
    told = [loss.pointer for loss in encoded.losses]
    untold = {
        key
        for key in different
        if not any(one.startswith(TOLD_UNDER.get(key, (f"/{key}",))) for one in told)
    }
    assert untold == set()
