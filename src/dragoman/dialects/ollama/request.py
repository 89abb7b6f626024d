"""A caller's request in Ollama's dialect, as the hub has it.

Who says nothing of `stream` gets one. What the hub has no field for is kept by its place (`extra`),
Ollama's own options under `options`; tools of other types as they came (`OtherPart`).
"""

from typing import Any, Final

from dragoman.dialects.given import CHOICE, NUMBER, Given, mistyped, unknown
from dragoman.dialects.ollama.parameters import UNNAMED
from dragoman.dialects.ollama.turns import Turns
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

LEVELS: Final = ("low", "medium", "high", "max")

THINKS: Final = "medium"
"""The level of effort that `think: true` stands for."""

SHARED_OPTIONS: Final = ("top_k", "min_p")
"""Options that others know, too, under these names."""

UNBOUNDED: Final = -1
"""What `num_predict` is where nothing bounds the answer."""


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
    fields: dict[str, Any] = {
        "model": given.must("model", str),
        "logprobs": given.take("logprobs", bool),
        "top_logprobs": given.take("top_logprobs", int),
        "reasoning_effort": _effort(given),
        "response_format": _format(given),
        "tools": _tools(given, extra),
        **_options(given, extra),
    }
    if given.take("stream", bool) is not False:
        fields["stream"] = True
        fields["stream_options"] = shared.ChatCompletionStreamOptions(include_usage=True)
    _leave(given, extra)
    return shared.CreateChatCompletionRequest(
        messages=turns.messages, extra=extra or None, **fields
    )


def _effort(given: Given) -> Any:
    think = given.rest.pop("think", None)
    if think is None:
        return None
    if isinstance(think, bool):
        return THINKS if think else "none"
    if not isinstance(think, str):
        raise mistyped("/think", "bool or str", think)
    if think not in LEVELS:
        raise unknown("/think", LEVELS, think)
    return think


def _format(given: Given) -> shared.ResponseFormat | None:
    wanted = given.take("format", CHOICE)
    if not wanted:
        return None
    if isinstance(wanted, str):
        if wanted != "json":
            raise unknown("/format", ("json",), wanted)
        return shared.ResponseFormatJsonObject()
    schema = shared.JSONSchema(name=UNNAMED, schema=wanted)
    return shared.ResponseFormatJsonSchema(json_schema=schema)


def _options(given: Given, extra: shared.Extra) -> dict[str, Any]:
    """How tokens are drawn; what the hub has no field for stays among the options."""
    options = Given(given.take("options", dict) or {}, "/options")
    bound = options.rest.get("num_predict")
    if bound == UNBOUNDED or bound is None:
        options.rest.pop("num_predict", None)
        bound = None
    fields: dict[str, Any] = {
        "temperature": options.take("temperature", NUMBER),
        "top_p": options.take("top_p", NUMBER),
        "seed": options.take("seed", int),
        "presence_penalty": options.take("presence_penalty", NUMBER),
        "frequency_penalty": options.take("frequency_penalty", NUMBER),
        "stop": options.take("stop", list) or None,
    }
    for position, text in enumerate(fields["stop"] or ()):
        if not isinstance(text, str):
            raise mistyped(f"{options.place('stop')}/{position}", "str", text)
    if not isinstance(bound, int) or bound >= 0:  # below, it is a word of Ollama's own
        fields["max_completion_tokens"] = options.take("num_predict", int)
    for name in SHARED_OPTIONS:
        if (value := options.take(name, NUMBER)) is not None:
            extra[f"/{name}"] = value
    if left := {key: value for key, value in options.rest.items() if value is not None}:
        extra["/options"] = left
    return fields


def _tools(given: Given, extra: shared.Extra) -> list[shared.Tool] | None:
    offered = given.take("tools", list)
    return [
        _tool(Given(tool, f"/tools/{position}"), extra)
        for position, tool in enumerate(offered or ())
    ] or None


def _tool(given: Given, extra: shared.Extra) -> shared.Tool:
    if given.rest.get("type") not in (None, "function"):
        return shared.OtherPart(raw=shared.Verbatim(dict(given.rest)))
    given.take("type", str)
    inner = Given(given.must("function", dict), given.place("function"))
    function = shared.FunctionObject(
        name=inner.must("name", str),
        description=inner.take("description", str),
        parameters=inner.take("parameters", dict),
    )
    _leave(inner, extra)
    _leave(given, extra)
    return shared.ChatCompletionTool(function=function)


def _leave(given: Given, extra: shared.Extra) -> None:
    for key, left in given.rest.items():
        if left is not None:
            extra[given.place(key)] = left
