"""A caller's request in Responses' words, as the hub has it.

What the hub has no field for is kept by its place (`extra`), parts and tools of other types as
they came (`OtherPart`), so that a target that knows them gets them back. What rests on something
kept between requests is refused: nothing is.
"""

from typing import Any, Final, get_args

import msgspec

from dragoman.dialects.given import CONTENT, NUMBER, Given, mistyped, unknown
from dragoman.dialects.openai_responses.hearing import leave, optional
from dragoman.dialects.openai_responses.offering import tool_choice, tools
from dragoman.dialects.openai_responses.parameters import ENCRYPTED, LOGPROBS, STATEFUL
from dragoman.dialects.openai_responses.turns import Turns, unsupported
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.models.request import ReasoningEffort
from dragoman.wire import reading

EFFORTS: Final[tuple[str, ...]] = get_args(ReasoningEffort)
TIERS: Final = get_args(shared.ServiceTier)
VERBOSITIES: Final = ("low", "medium", "high")
RETENTIONS: Final = ("in_memory", "24h")
LIFETIMES: Final = (None, "30m")
FORMATS: Final = ("text", "json_object", "json_schema")

USUAL: Final = {"truncation": "disabled"}
"""What is done anyway."""


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """The request that this body is; raises `BadRequestError` naming the place."""
    try:
        value = reading.read_untyped(body)
    except reading.UnreadableError as error:
        raise BadRequestError(
            f"body: expected JSON; {error}", status_code=400, code="invalid_json"
        ) from None
    try:
        return _request(Given(value, ""))
    except RecursionError:
        raise BadRequestError(
            "body: expected JSON; nested too deeply", status_code=400, code="invalid_value"
        ) from None


def _request(given: Given) -> shared.CreateChatCompletionRequest:
    _refuse(given)
    extra = shared.Extra()
    messages = _messages(given, extra)
    fields = {
        **_plain(given, extra),
        **_sampling(given, extra),
        **_reasoning(given, extra),
        **_text(given, extra),
        "tools": tools(given, extra),
        "tool_choice": tool_choice(given, extra),
    }
    for field, usual in USUAL.items():
        if given.rest.get(field) == usual:
            del given.rest[field]
    leave(given, "", extra)
    return shared.CreateChatCompletionRequest(messages=messages, extra=extra or None, **fields)


def _refuse(given: Given) -> None:
    for field in STATEFUL:
        if given.rest.pop(field, None) not in (None, False):
            reason = "expected a request that says all; nothing is kept between requests"
            raise unsupported(f"/{field}", reason)


def _messages(given: Given, extra: shared.Extra) -> list[Any]:
    turns = Turns(extra)
    instructions = given.take("instructions", str)
    if instructions:
        turns.hear({"role": "system", "content": instructions}, "/instructions")
    said = given.must("input", CONTENT)
    if isinstance(said, str):
        turns.hear({"role": "user", "content": said}, "/input")
    else:
        for position, item in enumerate(said):
            turns.hear(item, f"/input/{position}")
    if not turns.messages:
        raise BadRequestError(
            "input: expected array of length >= 1",
            status_code=400,
            code="empty_array",
            param="input",
        )
    return turns.messages


def _plain(given: Given, extra: shared.Extra) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "model": given.must("model", str),
        "max_completion_tokens": given.take("max_output_tokens", int),
        "parallel_tool_calls": given.take("parallel_tool_calls", bool),
        "metadata": _metadata(given),
        "store": given.take("store", bool) or None,
        "safety_identifier": given.take("safety_identifier", str),
        "service_tier": _word(given, "service_tier", TIERS),
        "user": given.take("user", str),
        "prompt_cache_key": given.take("prompt_cache_key", str),
        "prompt_cache_retention": _word(given, "prompt_cache_retention", RETENTIONS),
        "prompt_cache_options": _known(
            given, "prompt_cache_options", shared.PromptCacheOptions, extra
        ),
        "moderation": _known(given, "moderation", shared.ModerationParam, extra),
    }
    if given.take("stream", bool):
        # Streams of Responses tell their usage to everyone.
        about = Given(given.take("stream_options", dict) or {}, "/stream_options")
        obfuscated = about.take("include_obfuscation", bool)
        leave(about, "/stream_options", extra)
        fields["stream"] = True
        fields["stream_options"] = shared.ChatCompletionStreamOptions(
            include_obfuscation=obfuscated, include_usage=True
        )
    return fields


def _metadata(given: Given) -> dict[str, str] | None:
    pairs: dict[str, Any] | None = given.take("metadata", dict)
    for key, value in (pairs or {}).items():
        if not isinstance(value, str):
            raise mistyped(Given({}, "/metadata").place(key), "str", value)
    return pairs or None


def _known(given: Given, key: str, kind: type[msgspec.Struct], extra: shared.Extra) -> Any:
    """This object, as far as the hub knows it."""
    value = given.take(key, dict)
    if value is None:
        return None
    known = {k: v for k, v in value.items() if k in kind.__struct_fields__}
    if known.get("ttl") not in LIFETIMES:
        del known["ttl"]
    leave(Given({k: v for k, v in value.items() if k not in known}, ""), f"/{key}", extra)
    return optional(Given({key: known}, ""), key, kind)


def _word(given: Given, key: str, words: tuple[str, ...]) -> Any:
    """One of these words; None where there is none, or a newer one, which is left where it is."""
    word = given.take(key, str)
    if word is not None and word not in words:
        given.rest[key] = word
        return None
    return word


def _sampling(given: Given, extra: shared.Extra) -> dict[str, Any]:
    """Temperature, nucleus and log probabilities, which are asked for in two places."""
    included: list[Any] = given.take("include", list) or []
    # Reasoning is always given back in the way that `include` may ask for.
    others = [name for name in included if name not in (ENCRYPTED, LOGPROBS)]
    if others:
        extra["/include"] = others
    top = given.take("top_logprobs", int)
    return {
        "temperature": given.take("temperature", NUMBER),
        "top_p": given.take("top_p", NUMBER),
        "logprobs": True if top or LOGPROBS in included else None,
        "top_logprobs": top or None,
    }


def _reasoning(given: Given, extra: shared.Extra) -> dict[str, Any]:
    """How hard to think; what else is said of it goes along, unless it is done anyway."""
    said = given.take("reasoning", dict)
    if said is None:
        return {}
    reasoning = Given(said, "/reasoning")
    effort = _word(reasoning, "effort", EFFORTS)
    if effort is not None and reasoning.rest.get("summary") == "auto":
        del reasoning.rest["summary"]
    others = {key: left for key, left in reasoning.rest.items() if left is not None}
    if others:
        extra["/reasoning"] = others
    return {"reasoning_effort": effort}


def _text(given: Given, extra: shared.Extra) -> dict[str, Any]:
    """The format of the answer, and how long it should be."""
    said = given.take("text", dict)
    if said is None:
        return {}
    text = Given(said, "/text")
    fields: dict[str, Any] = {"verbosity": _word(text, "verbosity", VERBOSITIES)}
    wanted = text.take("format", dict)
    if wanted is not None:
        fields["response_format"] = _format(Given(wanted, "/text/format"), extra)
    others = {key: left for key, left in text.rest.items() if left is not None}
    if others:
        extra["/text"] = others
    return fields


def _format(given: Given, extra: shared.Extra) -> shared.ResponseFormat:
    kind = given.must("type", str)
    found: shared.ResponseFormat
    match kind:
        case "text":
            found = shared.ResponseFormatText()
        case "json_object":
            found = shared.ResponseFormatJsonObject()
        case "json_schema":
            schema = shared.JSONSchema(
                name=given.must("name", str),
                description=given.take("description", str),
                schema=given.must("schema", dict),
                strict=given.take("strict", bool),
            )
            found = shared.ResponseFormatJsonSchema(json_schema=schema)
        case _:
            raise unknown("/text/format/type", FORMATS, kind)
    leave(given, "/response_format", extra)
    return found
