"""A caller's request in Cohere's dialect, as the hub has it.

What the hub has no field for is kept by its place (`extra`), parts and tools of other types as
they came (`OtherPart`), so that a target that knows them gets them back.
"""

from typing import Any, Final

from dragoman.dialects.cohere_v2.parameters import BUDGETS, UNNAMED
from dragoman.dialects.cohere_v2.turns import Turns, texts
from dragoman.dialects.given import NUMBER, Given, unknown
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

CHOICES: Final[dict[str, Any]] = {"REQUIRED": "required", "NONE": "none"}


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
    fields = {**_plain(given), **_tools(given, extra)}
    fields["response_format"] = _format(given, extra)
    fields["reasoning_effort"] = _effort(given, extra)
    if (k := given.take("k", NUMBER)) is not None:
        extra["/top_k"] = k
    _leave(given, extra)
    return shared.CreateChatCompletionRequest(
        messages=turns.messages, extra=extra or None, **fields
    )


def _plain(given: Given) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "model": given.must("model", str),
        "max_completion_tokens": given.take("max_tokens", int),
        "temperature": given.take("temperature", NUMBER),
        "top_p": given.take("p", NUMBER),
        "frequency_penalty": given.take("frequency_penalty", NUMBER),
        "presence_penalty": given.take("presence_penalty", NUMBER),
        "seed": given.take("seed", int),
        "logprobs": given.take("logprobs", bool),
        "stop": texts(given, "stop_sequences") or None,
    }
    if given.take("stream", bool):
        fields["stream"] = True
        fields["stream_options"] = shared.ChatCompletionStreamOptions(include_usage=True)
    return fields


def _tools(given: Given, extra: shared.Extra) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    strict = given.take("strict_tools", bool) or None
    offered = given.take("tools", list)
    if offered:
        fields["tools"] = [
            _tool(Given(tool, f"/tools/{position}"), strict, extra)
            for position, tool in enumerate(offered)
        ]
    choice = given.take("tool_choice", str)
    if choice is not None:
        if choice not in CHOICES:
            raise unknown("/tool_choice", tuple(CHOICES), choice)
        fields["tool_choice"] = CHOICES[choice]
    return fields


def _tool(given: Given, strict: bool | None, extra: shared.Extra) -> shared.Tool:
    if given.rest.get("type") not in (None, "function"):
        return shared.OtherPart(raw=shared.Verbatim(dict(given.rest)))
    given.take("type", str)
    inner = Given(given.must("function", dict), given.place("function"))
    function = shared.FunctionObject(
        name=inner.must("name", str),
        description=inner.take("description", str),
        parameters=inner.take("parameters", dict),
        strict=strict,
    )
    _leave(inner, extra)
    _leave(given, extra)
    return shared.ChatCompletionTool(function=function)


def _format(given: Given, extra: shared.Extra) -> shared.ResponseFormat | None:
    wanted = given.take("response_format", dict)
    if wanted is None:
        return None
    format = Given(wanted, "/response_format")
    kind = format.must("type", str)
    if kind not in ("text", "json_object"):
        raise unknown("/response_format/type", ("text", "json_object"), kind)
    schema: dict[str, Any] | None = None
    if kind == "json_object":
        # `schema` is the older name; both were seen to be taken.
        schema = format.take("json_schema" if "json_schema" in format.rest else "schema", dict)
    _leave(format, extra)
    if kind == "text":
        return shared.ResponseFormatText()
    if schema is None:
        return shared.ResponseFormatJsonObject()
    title = schema.get("title")
    name = title if isinstance(title, str) and title else UNNAMED
    return shared.ResponseFormatJsonSchema(json_schema=shared.JSONSchema(name=name, schema=schema))


def _effort(given: Given, extra: shared.Extra) -> Any:
    """The level of effort that thinking stands for; without a budget, one that has none."""
    own = given.take("thinking", dict)
    if own is None:
        return None
    thinking = Given(own, "/thinking")
    kind = thinking.must("type", str)
    budget = thinking.take("token_budget", int)
    _leave(thinking, extra)
    if kind == "disabled":
        return "none"
    if kind != "enabled":
        raise unknown("/thinking/type", ("enabled", "disabled"), kind)
    if budget is None:
        return "xhigh"
    return next((effort for effort, most in BUDGETS.items() if budget <= most), "xhigh")


def _leave(given: Given, extra: shared.Extra) -> None:
    for key, left in given.rest.items():
        if left is not None:
            extra[given.place(key)] = left
