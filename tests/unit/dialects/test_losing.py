"""What may be lost where the caller allows no loss."""

import json
from typing import Any

import pytest

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import Encoded
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import UnsupportedParameterError
from tests.unit.dialects.targets import TARGETS

SCHEMA = {
    "type": "object",
    "properties": {"sea": {"type": "string"}},
    "required": ["sea"],
    "additionalProperties": False,
}
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Which sea?"}]}


def sent(dialect: str, **json_schema: Any) -> Encoded:
    """The request for an answer of this schema, to a newest model, where nothing may be lost."""
    model, profile = list(TARGETS[dialect].values())[-1]
    wanted = {"type": "json_schema", "json_schema": {"schema": SCHEMA, **json_schema}}
    request = decode_request(json.dumps({**ASKED, "response_format": wanted}).encode())
    strictly = type(profile)(quirks=profile.quirks, on_loss="refuse")
    return DIALECTS[dialect].encode_request(request, model=model, profile=strictly)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_name_of_a_schema_is_never_why_a_request_is_refused(dialect: str) -> None:
    encoded = sent(dialect, name="seas", strict=True)

    assert b"sea" in encoded.body
    assert {loss.pointer for loss in encoded.losses} <= {"/response_format/json_schema/name"}


@pytest.mark.parametrize("dialect", ["gemini", "ollama"])
def test_a_name_that_is_lost_is_told_and_the_description_is_why(dialect: str) -> None:
    assert [loss.kind for loss in sent(dialect, name="seas").losses] == ["dropped"]
    with pytest.raises(UnsupportedParameterError) as refused:
        sent(dialect, name="seas", description="Of the world")
    assert refused.value.param == "response_format.json_schema.description"
