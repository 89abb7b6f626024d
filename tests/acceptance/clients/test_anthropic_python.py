"""`anthropic` for Python, pointed at the simulator: it takes what is said in Claude's dialect.

So do its clients for Claude on Bedrock and on Vertex, at the paths of these.
"""

from collections.abc import Iterator
from typing import Any

import pytest

anthropic = pytest.importorskip("anthropic", reason="anthropic stands in the extra `clients`")

SAID: Any = {"max_tokens": 50, "messages": [{"role": "user", "content": "hi there"}]}

CHECK: Any = {
    "name": "check",
    "description": "Checks it.",
    "input_schema": {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
    },
}


@pytest.fixture(scope="module")
def client(simulator_url: str) -> Iterator[Any]:
    url = f"{simulator_url}/anthropic"
    with anthropic.Anthropic(api_key="any", base_url=url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module", params=["anthropic", "bedrock", "vertex"])
def hosted(request: pytest.FixtureRequest, client: Any, simulator_url: str) -> Iterator[Any]:
    """A client of Claude, wherever that is hosted."""
    if request.param == "anthropic":
        yield client
    elif request.param == "bedrock":
        keys = {"aws_access_key": "any", "aws_secret_key": "any", "aws_region": "us-east-1"}
        with anthropic.AnthropicBedrock(base_url=simulator_url, max_retries=0, **keys) as bedrock:
            yield bedrock
    else:
        place = {"region": "us-east5", "project_id": "p", "access_token": "any"}
        url = f"{simulator_url}/v1"
        with anthropic.AnthropicVertex(base_url=url, max_retries=0, **place) as vertex:
            yield vertex


def test_a_whole_answer(hosted: Any) -> None:
    message = hosted.messages.create(model="echo", **SAID)

    assert message.content[0].text == "hi there"
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 2)


def test_an_answer_has_the_id_of_its_request(client: Any) -> None:
    assert client.messages.create(model="echo", **SAID)._request_id.startswith("req_sim_")


def test_a_stream(hosted: Any) -> None:
    with hosted.messages.stream(model="echo", **SAID) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()

    assert text == message.content[0].text == "hi there"
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 2)


def test_a_call(hosted: Any) -> None:
    forced = {"tools": [CHECK], "tool_choice": {"type": "tool", "name": "check"}}

    message = hosted.messages.create(model="echo", **SAID, **forced)
    with hosted.messages.stream(model="echo", **SAID, **forced) as stream:
        streamed = stream.get_final_message()

    for told in (message, streamed):
        (block,) = told.content
        assert (told.stop_reason, block.type, block.name) == ("tool_use", "tool_use", "check")
        assert isinstance(block.input["ok"], bool)


def test_a_call_is_answered(client: Any) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "check", "input": {"ok": True}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "fine"}
    talk = [
        *SAID["messages"],
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result, {"type": "text", "text": "and now"}]},
    ]

    message = client.messages.create(
        model="echo",
        max_tokens=50,
        messages=talk,
        tools=[CHECK],
        tool_choice={"type": "none"},
    )
    assert message.content[0].text == "and now"


def test_an_answer_that_is_bounded(client: Any) -> None:
    message = client.messages.create(
        model="words?n=9", max_tokens=3, messages=SAID["messages"], system="Be brief."
    )

    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 3)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (529, "OverloadedError"),
    ],
)
def test_an_error(client: Any, status: int, error: str) -> None:
    with pytest.raises(anthropic.APIStatusError) as refused:
        client.messages.create(model=f"fail?status={status}", **SAID)

    assert refused.value.status_code == status
    assert error in [kind.__name__ for kind in (type(refused.value), *type(refused.value).__mro__)]
    assert refused.value.body["error"]["type"].endswith("_error")


def test_an_error_in_a_stream(client: Any) -> None:
    with pytest.raises(anthropic.APIStatusError) as failed:
        with client.messages.stream(model="fail?status=500&after=4", **SAID) as stream:
            stream.until_done()

    assert failed.value.body["error"]["type"] == "api_error"


def test_a_host_tells_errors_as_its_own(hosted: Any) -> None:
    with pytest.raises(anthropic.RateLimitError, match="failing with 429"):
        hosted.messages.create(model="fail?status=429", **SAID)
    with pytest.raises(anthropic.APIStatusError, match="failing with 500"):
        with hosted.messages.stream(model="fail?status=500&after=4", **SAID) as stream:
            stream.until_done()


def test_the_models(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["echo", "hello", "words", "fail"]
    assert client.models.retrieve("words?n=3").id == "words?n=3"
