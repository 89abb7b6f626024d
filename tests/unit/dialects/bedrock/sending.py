"""What Bedrock is sent for a request that is known by the fields that matter to a test."""

import json
from typing import Any, Final, NamedTuple

from dragoman.dialects import bedrock_converse
from dragoman.dialects.bedrock_converse import Profile, Quirks
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat import decode_request

ASKED: Final = [{"role": "user", "content": "When is high water in Brest?"}]

CLAUDE: Final = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA: Final = "us.amazon.nova-2-lite-v1:0"
LLAMA: Final = "us.meta.llama4-maverick-17b-instruct-v1:0"
MISTRAL: Final = "us.mistral.pixtral-large-2502-v1:0"

BEDROCK: Final = Quirks()


class Sent(NamedTuple):
    """The body, path and headers as they go out, and each loss as `kind pointer`."""

    body: dict[str, Any]
    losses: list[str]
    path: str
    headers: dict[str, str]


def sent(
    model: str = CLAUDE,
    *,
    quirks: Quirks = BEDROCK,
    base_model: str | None = None,
    on_loss: OnLoss = "report",
    **fields: Any,
) -> Sent:
    asked = {"model": model, "messages": ASKED, **fields}
    request = decode_request(json.dumps(asked).encode())
    profile = Profile(quirks=quirks, base_model=base_model, on_loss=on_loss)
    encoded = bedrock_converse.encode_request(request, model=model, profile=profile)
    losses = [f"{loss.kind} {loss.pointer}" for loss in encoded.losses]
    return Sent(json.loads(encoded.body), losses, encoded.path, encoded.headers)


def conversation(*messages: dict[str, Any], model: str = CLAUDE, **fields: Any) -> Sent:
    return sent(model, messages=list(messages), **fields)


def part(model: str = CLAUDE, **fields: Any) -> list[dict[str, Any]]:
    """The blocks that a user's part becomes."""
    body = conversation({"role": "user", "content": [fields]}, model=model).body
    blocks: list[dict[str, Any]] = body["messages"][0]["content"]
    return blocks


def file(name: str, type: str = "application/pdf", data: str = "eA==") -> dict[str, Any]:
    return {"type": "file", "file": {"filename": name, "file_data": f"data:{type};base64,{data}"}}


def function(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def called(*ids: str, name: str = "f", arguments: str = "{}") -> dict[str, Any]:
    told = {"name": name, "arguments": arguments}
    calls = [{"id": id, "type": "function", "function": told} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(id: str, content: Any = "5 m", **fields: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content, **fields}


def user(text: str, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": text, **fields}
