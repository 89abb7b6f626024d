"""A caller's request in Anthropic's dialect, as the hub has it.

What the hub has no field for is kept by its place (`extra`), parts and tools of other types as
they came (`OtherPart`), so that a target that knows them gets them back.
"""

from typing import Any, Final

from dragoman.dialects.anthropic_messages.turns import Turns, cache_control
from dragoman.dialects.claude_schemas import UNNAMED
from dragoman.dialects.given import NUMBER, Given, mistyped, unknown
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")

BUDGETS: Final = ((4096, "low"), (12_000, "medium"), (24_000, "high"))
"""The level that a budget of at most so many tokens stands for; above, `xhigh`."""

TIERS: Final[dict[str, shared.ServiceTier]] = {"auto": "auto", "standard_only": "default"}

CHOICES: Final = ("auto", "any", "tool", "none")


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
    system = given.take("system", (str, list))
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
        **_plain(given),
        **_tools(given, extra),
        **_thinking(given, extra),
        **_person(given, extra),
    }
    if (betas := given.take("anthropic_beta", list)) is not None:
        extra["/betas"] = betas
    for key, left in given.rest.items():
        extra[given.place(key)] = left
    return shared.CreateChatCompletionRequest(
        messages=turns.messages, extra=extra or None, **fields
    )


def _plain(given: Given) -> dict[str, Any]:
    hosted = given.rest.pop("anthropic_version", None) is not None
    fields: dict[str, Any] = {
        # A host whose path names the model says so by the version in the body.
        "model": (given.take("model", str) or "") if hosted else given.must("model", str),
        "max_completion_tokens": given.must("max_tokens", int),
        "temperature": given.take("temperature", NUMBER),
        "top_p": given.take("top_p", NUMBER),
        "stop": _texts(given, "stop_sequences") or None,
    }
    if given.take("stream", bool):
        fields["stream"] = True
        fields["stream_options"] = shared.ChatCompletionStreamOptions(include_usage=True)
    tier = given.take("service_tier", str)
    if tier is not None:
        if tier not in TIERS:
            raise unknown("/service_tier", tuple(TIERS), tier)
        fields["service_tier"] = TIERS[tier]
    return fields


def _texts(given: Given, key: str) -> list[str]:
    texts: list[str] = given.take(key, list) or []
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise mistyped(f"{given.place(key)}/{position}", "str", text)
    return texts


def _person(given: Given, extra: shared.Extra) -> dict[str, Any]:
    metadata = given.take("metadata", dict)
    if metadata is None:
        return {}
    about = Given(metadata, "/metadata")
    id = about.take("user_id", str)
    for key, left in about.rest.items():
        extra[about.place(key)] = left
    return {} if id is None else {"safety_identifier": id}


def _thinking(given: Given, extra: shared.Extra) -> dict[str, Any]:
    """Effort and format; what the caller says of effort counts before a budget."""
    fields: dict[str, Any] = {}
    thinking = given.take("thinking", dict)
    if thinking is not None:
        fields["reasoning_effort"] = _effort_of(Given(thinking, "/thinking"))
    output = given.take("output_config", dict)
    format = given.take("output_format", dict)
    where = "/output_format"
    if output is not None:
        config = Given(output, "/output_config")
        effort = config.take("effort", str)
        if effort is not None and effort not in EFFORTS:
            raise unknown("/output_config/effort", EFFORTS, effort)
        if effort is not None and fields.get("reasoning_effort") != "none":
            fields["reasoning_effort"] = effort
        inner = config.take("format", dict)
        if inner is not None:
            format, where = inner, "/output_config/format"
        if config.rest:
            extra["/output_config"] = config.rest
    if format is not None:
        wanted = Given(format, where)
        kind = wanted.must("type", str)
        if kind != "json_schema":
            raise unknown(f"{where}/type", ("json_schema",), kind)
        schema = wanted.must("schema", dict)
        fields["response_format"] = shared.ResponseFormatJsonSchema(
            json_schema=shared.JSONSchema(name=UNNAMED, schema=schema, strict=True)
        )
    return fields


def _effort_of(thinking: Given) -> str | None:
    kind = thinking.must("type", str)
    match kind:
        case "disabled":
            return "none"
        case "between_tools":
            return "low"
        case "adaptive":
            return "medium"
        case "enabled":
            budget = thinking.must("budget_tokens", int)
            return next((effort for most, effort in BUDGETS if budget <= most), "xhigh")
    words = ("disabled", "enabled", "adaptive", "between_tools")
    raise unknown("/thinking/type", words, kind)


def _tools(given: Given, extra: shared.Extra) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    offered = given.take("tools", list)
    if offered:
        fields["tools"] = [
            _tool(Given(tool, f"/tools/{position}"), extra) for position, tool in enumerate(offered)
        ]
    choice = given.take("tool_choice", dict)
    if choice is None:
        return fields
    chosen = Given(choice, "/tool_choice")
    kind = chosen.must("type", str)
    if kind not in CHOICES:
        raise unknown("/tool_choice/type", CHOICES, kind)
    if kind == "tool":
        named = shared.ChosenName(name=chosen.must("name", str))
        fields["tool_choice"] = shared.ChatCompletionNamedToolChoice(function=named)
    else:
        fields["tool_choice"] = "required" if kind == "any" else kind
    if chosen.take("disable_parallel_tool_use", bool):
        fields["parallel_tool_calls"] = False
    return fields


def _tool(given: Given, extra: shared.Extra) -> shared.Tool:
    kind = given.rest.get("type")
    if kind not in (None, "custom"):
        return shared.OtherPart(raw=shared.Verbatim(dict(given.rest)))
    given.rest.pop("type", None)
    function = shared.FunctionObject(
        name=given.must("name", str),
        description=given.take("description", str),
        parameters=given.take("input_schema", dict),
        strict=given.take("strict", bool),
    )
    control = cache_control(given)
    for key, left in given.rest.items():
        extra[given.place(key)] = left
    return shared.ChatCompletionTool(function=function, cache_control=control)
