"""A caller's request in Converse, as the hub has it.

The path names the model and says whether a stream is asked for; the body does neither, and so the
model is empty here. What the hub has no field for is kept by its place (`extra`), parts and tools
of other kinds as they came (`OtherPart`), so that a target that knows them gets them back.
"""

from typing import Any, Final

from dragoman.dialects.bedrock_converse.turns import Turns, pairs
from dragoman.dialects.given import NUMBER, Given, mistyped, unknown
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

TIERS: Final[dict[str, shared.ServiceTier]] = {
    "default": "default",
    "flex": "flex",
    "priority": "priority",
}

CHOICES: Final = ("auto", "any", "tool")


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """The request that this body is; raises `BadRequestError` naming the place."""
    try:
        value = reading.read_untyped(body)
    except reading.UnreadableError as error:
        raise BadRequestError(
            f"body: expected JSON; {error}", status_code=400, code="invalid_json"
        ) from None
    given = Given(value, "")
    extra = shared.Extra()
    turns = Turns(extra)
    system = given.take("system", list)
    if system:
        turns.instructions(system)
    for position, message in enumerate(given.must("messages", list)):
        turns.hear(message, f"/messages/{position}")
    if not turns.messages:
        raise BadRequestError(
            "messages: expected array of length >= 1",
            status_code=400,
            code="empty_array",
            param="messages",
        )
    fields = {
        **_inference(given, extra),
        **_tools(given, extra),
        **_format(given),
        **_metadata(given),
        **_tier(given),
    }
    for key, left in given.rest.items():
        if left is not None:
            extra[given.place(key)] = left
    return shared.CreateChatCompletionRequest(
        model="", messages=turns.messages, extra=extra or None, **fields
    )


def _inference(given: Given, extra: shared.Extra) -> dict[str, Any]:
    config = given.take("inferenceConfig", dict)
    if config is None:
        return {}
    inside = Given(config, "/inferenceConfig")
    stops = inside.take("stopSequences", list)
    for position, text in enumerate(stops or ()):
        if not isinstance(text, str):
            raise mistyped(f"{inside.place('stopSequences')}/{position}", "str", text)
    fields = {
        "max_completion_tokens": inside.take("maxTokens", int),
        "temperature": inside.take("temperature", NUMBER),
        "top_p": inside.take("topP", NUMBER),
        "stop": stops or None,
    }
    if inside.rest:
        extra["/inferenceConfig"] = inside.rest
    return fields


def _tools(given: Given, extra: shared.Extra) -> dict[str, Any]:
    config = given.take("toolConfig", dict)
    if config is None:
        return {}
    inside = Given(config, "/toolConfig")
    fields: dict[str, Any] = {}
    offered = pairs(inside.take("tools", list) or [], "/toolConfig/tools")
    if offered:
        fields["tools"] = [
            _tool(tool, mark, f"/tools/{position}", extra)
            for position, (tool, mark) in enumerate(offered)
        ]
    choice = inside.take("toolChoice", dict)
    if choice is not None:
        fields["tool_choice"] = _choice(choice)
    if inside.rest:
        extra["/toolConfig"] = inside.rest
    return fields


def _choice(choice: dict[str, Any]) -> Any:
    kind = next(iter(choice), "")
    if kind not in CHOICES:
        raise unknown("/toolConfig/toolChoice", CHOICES, kind)
    if kind != "tool":
        return "required" if kind == "any" else kind
    name = Given(choice["tool"], "/toolConfig/toolChoice/tool").must("name", str)
    return shared.ChatCompletionNamedToolChoice(function=shared.ChosenName(name=name))


def _tool(
    given: Given, mark: shared.CacheControl | None, at: str, extra: shared.Extra
) -> shared.Tool:
    if "toolSpec" not in given.rest:
        kind = next(iter(given.rest), "")
        raw = {"type": kind, kind: given.rest.get(kind)}
        return shared.OtherPart(raw=shared.Verbatim(raw))
    spec = Given(given.rest["toolSpec"], given.place("toolSpec"))
    schema = Given(spec.must("inputSchema", dict), spec.place("inputSchema"))
    function = shared.FunctionObject(
        name=spec.must("name", str),
        description=spec.take("description", str),
        parameters=schema.take("json", dict),
        strict=spec.take("strict", bool),
    )
    for key, left in spec.rest.items():
        extra[f"{at}/function/{key}"] = left
    return shared.ChatCompletionTool(function=function, cache_control=mark)


def _format(given: Given) -> dict[str, Any]:
    output = given.rest.get("outputConfig")
    match output:
        case {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": dict(told)}}}:
            where = "/outputConfig/textFormat/structure/jsonSchema"
        case _:
            return {}
    given.take("outputConfig", dict)
    wanted = Given(told, where)
    text = wanted.must("schema", str)
    try:
        schema = reading.read_untyped(text.encode(errors="replace"))
    except reading.UnreadableError:
        schema = None
    if not isinstance(schema, dict):
        raise mistyped(wanted.place("schema"), "object", text)
    described = shared.JSONSchema(
        name=wanted.take("name", str) or "output",
        description=wanted.take("description", str),
        schema=schema,
        strict=True,
    )
    return {"response_format": shared.ResponseFormatJsonSchema(json_schema=described)}


def _metadata(given: Given) -> dict[str, Any]:
    told = given.take("requestMetadata", dict)
    for key, value in (told or {}).items():
        if not isinstance(value, str):
            raise mistyped(f"/requestMetadata/{key}", "str", value)
    return {"metadata": told} if told else {}


def _tier(given: Given) -> dict[str, Any]:
    tier = given.take("serviceTier", dict)
    if tier is None:
        return {}
    word = Given(tier, "/serviceTier").must("type", str)
    if word not in TIERS:
        raise unknown("/serviceTier/type", tuple(TIERS), word)
    return {"service_tier": TIERS[word]}
