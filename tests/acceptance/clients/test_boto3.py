"""`boto3`, pointed at the simulator: Bedrock's Converse, and Claude's own dialect on Bedrock."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

boto3 = pytest.importorskip("boto3", reason="boto3 stands in the extra `clients`")
config = pytest.importorskip("botocore.config", reason="boto3 stands in the extra `clients`")
exceptions = pytest.importorskip(
    "botocore.exceptions", reason="boto3 stands in the extra `clients`"
)

HI: Any = [{"role": "user", "content": [{"text": "hi there"}]}]

CHECK: Any = {
    "toolSpec": {
        "name": "check",
        "description": "Checks it.",
        "inputSchema": {
            "json": {
                "type": "object",
                "properties": {"ok": {"type": "boolean"}},
                "required": ["ok"],
            }
        },
    }
}

FORCED: Any = {"tools": [CHECK], "toolChoice": {"tool": {"name": "check"}}}

CLAUDE: Any = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "hi there"}],
}


@pytest.fixture(scope="module")
def client(simulator_url: str) -> Iterator[Any]:
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=simulator_url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=config.Config(retries={"max_attempts": 0}, proxies={}),
    )
    yield client
    client.close()


def streamed(client: Any, model: str, **fields: Any) -> list[tuple[str, Any]]:
    """The events of a stream, each with its name."""
    with closing(client.converse_stream(modelId=model, messages=HI, **fields)["stream"]) as stream:
        return [told for event in stream for told in event.items()]


def test_a_whole_answer(client: Any) -> None:
    answer = client.converse(modelId="echo", messages=HI, system=[{"text": "Be brief."}])

    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": "hi there"}]}
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"] == {"inputTokens": 4, "outputTokens": 2, "totalTokens": 6}
    assert answer["metrics"] == {"latencyMs": 0}
    assert answer["ResponseMetadata"]["RequestId"].startswith("req_sim_")


def test_a_stream(client: Any) -> None:
    events = streamed(client, "echo")
    deltas = [told["delta"]["text"] for name, told in events if name == "contentBlockDelta"]

    assert events[0] == ("messageStart", {"role": "assistant"})
    assert "".join(deltas) == "hi there"
    assert events[-2] == ("messageStop", {"stopReason": "end_turn"})
    assert events[-1][1] == {
        "usage": {"inputTokens": 2, "outputTokens": 2, "totalTokens": 4},
        "metrics": {"latencyMs": 0},
    }


def test_a_call(client: Any) -> None:
    answer = client.converse(modelId="echo", messages=HI, toolConfig=FORCED)
    (block,) = answer["output"]["message"]["content"]
    events = streamed(client, "echo", toolConfig=FORCED)
    (start,) = [told["start"]["toolUse"] for name, told in events if name == "contentBlockStart"]
    deltas = [told["delta"]["toolUse"] for name, told in events if name == "contentBlockDelta"]
    input = json.loads("".join(delta["input"] for delta in deltas))

    assert (answer["stopReason"], block["toolUse"]["name"]) == ("tool_use", "check")
    assert isinstance(block["toolUse"]["input"]["ok"], bool)
    assert (start["name"], input) == ("check", block["toolUse"]["input"])


def test_a_call_is_answered(client: Any) -> None:
    call = {"toolUse": {"toolUseId": "tooluse_1", "name": "check", "input": {"ok": True}}}
    result = {"toolResult": {"toolUseId": "tooluse_1", "content": [{"text": "fine"}]}}
    talk = [
        *HI,
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    answer = client.converse(modelId="echo", messages=talk, toolConfig={"tools": [CHECK]})

    assert answer["output"]["message"]["content"] == [{"text": "hi there"}]


def test_an_answer_that_is_bounded(client: Any) -> None:
    answer = client.converse(
        modelId="words?n=9", messages=HI, inferenceConfig={"maxTokens": 3, "temperature": 0.5}
    )

    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("max_tokens", 3)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_an_error(client: Any, status: int, error: str) -> None:
    with pytest.raises(getattr(client.exceptions, error)) as refused:
        client.converse(modelId=f"fail?status={status}", messages=HI)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert f"failing with {status}" in refused.value.response["message"]


def test_a_model_that_there_is_not(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="expected one of echo"):
        client.converse(modelId="arn:aws:bedrock:us-east-1::x/y", messages=HI)


def test_an_error_in_a_stream(client: Any) -> None:
    with pytest.raises(exceptions.EventStreamError, match="throttlingException"):
        streamed(client, "fail?status=429&after=3")


def test_a_stream_that_is_cut(client: Any) -> None:
    # botocore lets what urllib3 raises through, while it reads a stream.
    urllib3 = pytest.importorskip("urllib3.exceptions", reason="it comes with boto3")
    with pytest.raises(urllib3.ProtocolError):
        streamed(client, "echo?cut_at_event=2")


def test_claude_in_its_own_dialect(client: Any) -> None:
    body = json.dumps(CLAUDE)
    whole = json.load(client.invoke_model(modelId="echo", body=body)["body"])
    answer = client.invoke_model_with_response_stream(modelId="echo", body=body)
    with closing(answer["body"]) as stream:
        events = [json.loads(event["chunk"]["bytes"]) for event in stream]
    deltas = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]

    assert whole["content"] == [{"type": "text", "text": "hi there"}]
    assert "".join(deltas) == "hi there"
    assert events[-1] == {"type": "message_stop"}


def test_an_error_of_claudes_in_a_stream_is_bedrocks(client: Any) -> None:
    answer = client.invoke_model_with_response_stream(
        modelId="fail?status=429&after=3", body=json.dumps(CLAUDE)
    )
    with (
        closing(answer["body"]) as stream,
        pytest.raises(exceptions.EventStreamError, match="throttlingException"),
    ):
        list(stream)
