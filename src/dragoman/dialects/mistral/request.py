"""A caller's request in Mistral's dialect, as the hub has it.

What the hub has no field for is kept by its place (`extra`), parts and tools of other types as
they came (`OtherPart`), so that a target that knows them gets them back. Log probabilities are
refused: those of Mistral have the numbers of tokens, which nobody else tells.
"""

from typing import Any, Final

from dragoman.dialects.given import CHOICE, CONTENT, NUMBER, Given, mistyped, unknown
from dragoman.dialects.mistral.parameters import TIERS
from dragoman.dialects.mistral.turns import Turns
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

CHOICES: Final[dict[str, Any]] = {
    "auto": "auto",
    "none": "none",
    "any": "required",
    "required": "required",
}

FORMATS: Final = ("text", "json_object", "json_schema")

OWN_TIERS: Final[dict[str, Any]] = {own: tier for tier, own in TIERS.items()}


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
    for position, message in enumerate(given.must("messages", list)):
        turns.hear(message, f"/messages/{position}")
    if not turns.messages:
        raise BadRequestError(
            "messages: expected array of length >= 1",
            status_code=400,
            code="empty_array",
            param="messages",
        )
    fields = {**_plain(given), **_words(given), **_tools(given, extra), **_metadata(given, extra)}
    fields["response_format"] = _format(given, extra)
    fields["prediction"] = _prediction(given, extra)
    if given.rest.get("safe_prompt") is False:
        del given.rest["safe_prompt"]  # which is what it is anyway
    _leave(given, extra)
    return shared.CreateChatCompletionRequest(
        messages=turns.messages, extra=extra or None, **fields
    )


def _plain(given: Given) -> dict[str, Any]:
    for field in ("logprobs", "prompt_logprobs"):
        if given.take(field, bool):
            raise BadRequestError(
                f"{field}: expected false, answers cannot tell them here; got true",
                status_code=400,
                code="unsupported_parameter",
                param=field,
            )
    fields: dict[str, Any] = {
        "model": given.must("model", str),
        "max_completion_tokens": given.take("max_tokens", int),
        "temperature": given.take("temperature", NUMBER),
        "top_p": given.take("top_p", NUMBER),
        "frequency_penalty": given.take("frequency_penalty", NUMBER),
        "presence_penalty": given.take("presence_penalty", NUMBER),
        "seed": given.take("random_seed", int),
        "n": given.take("n", int),
        "parallel_tool_calls": given.take("parallel_tool_calls", bool),
        "prompt_cache_key": given.take("prompt_cache_key", str),
        "stop": given.take("stop", CONTENT),
    }
    for position, text in enumerate(fields["stop"] or ()):
        if not isinstance(text, str):
            raise mistyped(f"/stop/{position}", "str", text)
    fields["stop"] = fields["stop"] or None
    if given.take("stream", bool):
        fields["stream"] = True
        fields["stream_options"] = shared.ChatCompletionStreamOptions(include_usage=True)
    return fields


def _words(given: Given) -> dict[str, Any]:
    """Fields of one word out of several."""
    effort, tier = given.take("reasoning_effort", str), given.take("service_tier", str)
    if effort is not None and effort not in EFFORTS:
        raise unknown("/reasoning_effort", EFFORTS, effort)
    if tier is not None and tier not in OWN_TIERS:
        raise unknown("/service_tier", tuple(OWN_TIERS), tier)
    return {"reasoning_effort": effort, "service_tier": tier and OWN_TIERS[tier]}


def _tools(given: Given, extra: shared.Extra) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    offered = given.take("tools", list)
    if offered:
        fields["tools"] = [
            _tool(Given(tool, f"/tools/{position}"), extra) for position, tool in enumerate(offered)
        ]
    if (choice := given.take("tool_choice", CHOICE)) is not None:
        fields["tool_choice"] = _choice(choice, extra)
    return fields


def _tool(given: Given, extra: shared.Extra) -> shared.Tool:
    if given.rest.get("type") not in (None, "function"):
        return shared.OtherPart(raw=shared.Verbatim(dict(given.rest)))
    given.take("type", str)
    inner = Given(given.must("function", dict), given.place("function"))
    function = shared.FunctionObject(
        name=inner.must("name", str),
        description=inner.take("description", str),
        parameters=inner.take("parameters", dict),
        strict=inner.take("strict", bool),
    )
    _leave(inner, extra)
    _leave(given, extra)
    return shared.ChatCompletionTool(function=function)


def _choice(choice: str | dict[str, Any], extra: shared.Extra) -> Any:
    if isinstance(choice, str):
        if choice not in CHOICES:
            raise unknown("/tool_choice", tuple(CHOICES), choice)
        return CHOICES[choice]
    given = Given(choice, "/tool_choice")
    kind = given.take("type", str)
    if kind not in (None, "function"):
        raise unknown(given.place("type"), ("function",), kind)
    named = Given(given.must("function", dict), given.place("function"))
    told = shared.ChatCompletionNamedToolChoice(
        function=shared.ChosenName(name=named.must("name", str))
    )
    _leave(named, extra)
    _leave(given, extra)
    return told


def _metadata(given: Given, extra: shared.Extra) -> dict[str, Any]:
    """Pairs of texts; what is none is kept in its place."""
    told = given.take("metadata", dict) or {}
    texts = {key: value for key, value in told.items() if isinstance(value, str)}
    _leave(Given({k: v for k, v in told.items() if k not in texts}, "/metadata"), extra)
    return {"metadata": texts or None}


def _format(given: Given, extra: shared.Extra) -> shared.ResponseFormat | None:
    wanted = given.take("response_format", dict)
    if wanted is None:
        return None
    format = Given(wanted, "/response_format")
    kind = format.take("type", str) or "text"
    if kind not in FORMATS:
        raise unknown(format.place("type"), FORMATS, kind)
    told: shared.ResponseFormat = shared.ResponseFormatText()
    if kind == "json_object":
        told = shared.ResponseFormatJsonObject()
    elif kind == "json_schema":
        schema = Given(format.must("json_schema", dict), format.place("json_schema"))
        told = shared.ResponseFormatJsonSchema(
            json_schema=shared.JSONSchema(
                name=schema.must("name", str),
                description=schema.take("description", str),
                schema=schema.must("schema", dict),
                strict=schema.take("strict", bool),
            )
        )
        _leave(schema, extra)
    _leave(format, extra)
    return told


def _prediction(given: Given, extra: shared.Extra) -> shared.PredictionContent | None:
    wanted = given.take("prediction", dict)
    if wanted is None:
        return None
    inside = Given(wanted, "/prediction")
    kind = inside.take("type", str)
    if kind not in (None, "content"):
        raise unknown(inside.place("type"), ("content",), kind)
    told = shared.PredictionContent(content=inside.take("content", str) or "", type="content")
    _leave(inside, extra)
    return told


def _leave(given: Given, extra: shared.Extra) -> None:
    for key, left in given.rest.items():
        if left is not None:
            extra[given.place(key)] = left
