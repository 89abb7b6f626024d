"""Requests, responses and telling of answers for Hypothesis, generated from the hub's types.

A field that is added to a type is generated without anyone writing a line. What the types
leave open and `tests/data/chat-completions.schema.json` does not, stands in `BOUNDS`; what it
does not know at all (images in tool messages, parts of unknown types) is in no request made
here. Responses are in the normal form: as a response of ours always is.
"""

import functools
import json
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from dragoman.models import shared
from tests.samples import OTHER_TAG, is_constant

texts = st.text(max_size=6)
words = st.text(min_size=1, max_size=6)
counts = st.integers(0, 2**40)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, json_values, max_size=3)

Strategy = st.SearchStrategy[Any]


@st.composite
def usages(draw: st.DrawFn) -> shared.CompletionUsage:
    """Usage that adds up, with any of the details."""
    prompt, completion = draw(counts), draw(counts)
    cached = draw(st.integers(0, prompt))
    of_prompt = {
        "cached_tokens": cached,
        "cache_write_tokens": draw(st.integers(0, prompt - cached)),
    }
    of_prompt |= {
        name: draw(st.integers(0, prompt))
        for name in ("audio_tokens", "image_tokens", "text_tokens")
    }
    of_completion = {
        name: draw(st.integers(0, completion))
        for name in shared.CompletionTokensDetails.__struct_fields__
    }
    return shared.CompletionUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=msgspec.convert(
            draw(some_of(of_prompt)) or None, shared.PromptTokensDetails | None
        ),
        completion_tokens_details=msgspec.convert(
            draw(some_of(of_completion)) or None, shared.CompletionTokensDetails | None
        ),
    )


def some_of(values: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A part of these values."""
    names = st.lists(st.sampled_from(sorted(values)), unique=True)
    return names.map(lambda chosen: {name: values[name] for name in chosen})


BOUNDS: dict[tuple[type[msgspec.Struct], str], Strategy] = {
    (shared.CreateChatCompletionRequest, "extra"): st.none(),
    (shared.CreateChatCompletionRequest, "frequency_penalty"): st.floats(-2, 2),
    (shared.CreateChatCompletionRequest, "n"): st.integers(1, 128),
    (shared.CreateChatCompletionRequest, "presence_penalty"): st.floats(-2, 2),
    (shared.CreateChatCompletionRequest, "temperature"): st.floats(0, 2),
    (shared.CreateChatCompletionRequest, "top_logprobs"): st.integers(0, 20),
    (shared.CreateChatCompletionRequest, "top_p"): st.floats(0, 1),
    (shared.ImageURL, "detail"): st.sampled_from(["auto", "low", "high"]),
    # Of a response: what is empty is as good as missing, and is never in one.
    (shared.ChatCompletionMessageCustomToolCallCustom, "name"): words,
    (shared.ChatCompletionMessageToolCallFunction, "arguments"): words.filter(str.strip),
    (shared.ChatCompletionMessageToolCallFunction, "name"): words,
    (shared.ChatCompletionResponseMessageAudio, "expires_at"): counts,
    (shared.ChatCompletionResponseMessageAudio, "id"): words,
    (shared.ChatCompletionResponseMessageFunctionCall, "name"): words,
    (shared.ChatCompletionResponseMessage, "reasoning_content"): words,
    (shared.ChatCompletionResponseMessage, "refusal"): st.none() | words,
    (shared.CreateChatCompletionResponse, "created"): st.integers(1, 2**40),
    (shared.CreateChatCompletionResponse, "id"): words,
    (shared.CreateChatCompletionResponse, "model"): words,
    (shared.CreateChatCompletionResponse, "system_fingerprint"): words,
    (shared.CreateChatCompletionResponse, "usage"): st.none() | usages(),
    (shared.CreateChatCompletionResponseChoices, "index"): st.integers(0, 200),
    (shared.CreateChatCompletionResponseChoices, "native_finish_reason"): words,
}
"""What a field may hold, where its type allows more than the schema or than the normal form."""


@functools.cache
def struct(kind: type[msgspec.Struct]) -> Strategy:
    """Instances of this type: all that is required, and a few of the fields that are not."""
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    required = {f.name: of_field(kind, f) for f in shape.fields if f.required}
    optional = {
        f.name: of_field(kind, f) for f in shape.fields if not f.required and not is_constant(f)
    }

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        names = draw(st.lists(st.sampled_from(sorted(optional)), max_size=6)) if optional else []
        values = {name: draw(required[name]) for name in required}
        return kind(**values, **{name: draw(optional[name]) for name in dict.fromkeys(names)})

    return build()


def of_field(kind: type[msgspec.Struct], field: inspect.Field) -> Strategy:
    bound = BOUNDS.get((kind, field.name))
    return of(field.type) if bound is None else bound


def of(kind: inspect.Type) -> Strategy:
    """Values of this type; lists and dictionaries are never empty, as little as in the schema."""
    match kind:
        case inspect.UnionType(types=types):
            return st.one_of([of(member) for member in types if not is_other(member)])
        case inspect.StructType(cls=cls):
            return struct(cls)
        case inspect.ListType(item_type=inspect.UnionType(types=types)):
            items = [member for member in types if not is_other(member)]
            return st.lists(st.one_of([of(item) for item in items]), min_size=1, max_size=3)
        case inspect.ListType(item_type=item_type):
            return st.lists(of(item_type), min_size=1, max_size=3)
        case inspect.DictType(value_type=value_type):
            return st.dictionaries(words, of(value_type), min_size=1, max_size=3)
        case inspect.LiteralType(values=values):
            return st.sampled_from(sorted(values, key=str))
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(-(2**63), 2**63 - 1)
        case inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case inspect.StrType():
            return texts
        case inspect.AnyType():
            return json_values
        case inspect.RawType():
            return json_values.map(lambda value: msgspec.Raw(json.dumps(value).encode()))
    raise NotImplementedError(f"no strategy for {kind}")


def is_other(kind: inspect.Type) -> bool:
    """Whether this is a member that the schema does not know where it stands."""
    return isinstance(kind, inspect.StructType) and kind.tag == OTHER_TAG


def without_tool_images(request: shared.CreateChatCompletionRequest) -> Any:
    """The same request with text in place of images in tool messages, which are ours alone."""
    text = shared.ChatCompletionRequestMessageContentPartText(text="x")
    image = shared.ChatCompletionRequestMessageContentPartImage
    told: list[Any] = []
    for message in request.messages:
        if isinstance(message, shared.ChatCompletionRequestToolMessage) and isinstance(
            message.content, list
        ):
            parts = [text if isinstance(part, image) else part for part in message.content]
            message = msgspec.structs.replace(message, content=parts)
        told.append(message)
    return msgspec.structs.replace(request, messages=told)


requests = struct(shared.CreateChatCompletionRequest).map(without_tool_images)
"""Requests that the schema allows."""


def in_normal_form(
    response: shared.CreateChatCompletionResponse,
) -> shared.CreateChatCompletionResponse:
    """The same response as ours are: choices sorted, content null or a text."""
    by_index = {choice.index: choice for choice in response.choices}
    choices = [choice_in_normal_form(by_index[index]) for index in sorted(by_index)]
    return msgspec.structs.replace(response, choices=choices)


def choice_in_normal_form(
    choice: shared.CreateChatCompletionResponseChoices,
) -> shared.CreateChatCompletionResponseChoices:
    message, logprobs, reason = choice.message, choice.logprobs, choice.finish_reason
    beside = message.tool_calls or message.refusal or message.audio or message.function_call
    calls = [
        msgspec.structs.replace(call, id=f"call_{number}{call.id}")
        for number, call in enumerate(message.tool_calls or ())
    ]
    if calls and reason in ("stop", "function_call"):
        reason = "tool_calls"
    if logprobs is not None and logprobs.content is None and logprobs.refusal is None:
        logprobs = None
    native = choice.native_finish_reason if choice.native_finish_reason != reason else None
    return msgspec.structs.replace(
        choice,
        finish_reason=reason,
        logprobs=logprobs,
        native_finish_reason=native,
        message=msgspec.structs.replace(
            message,
            content=message.content or (None if beside else ""),
            tool_calls=calls or None,
        ),
    )


responses = struct(shared.CreateChatCompletionResponse).map(in_normal_form)
"""Responses of ours."""

Telling = tuple[str, dict[str, Any]]
"""A method of `ChunkWriter`, and what it is told."""


def telling(method: str, **told: Strategy) -> st.SearchStrategy[Telling]:
    return st.tuples(st.just(method), st.fixed_dictionaries(told))


indexes = st.integers(0, 2)
maybe = st.none() | texts
logprobs = st.none() | struct(shared.CreateChatCompletionResponseChoicesLogprobs)

tellings = st.lists(
    telling("text", index=indexes, text=texts, logprobs=logprobs)
    | telling("refusal", index=indexes, text=texts, logprobs=logprobs)
    | telling(
        "reasoning",
        index=indexes,
        text=maybe,
        details=st.none() | st.lists(struct(shared.ReasoningDetail), min_size=1, max_size=2),
    )
    | telling(
        "annotations",
        index=indexes,
        annotations=st.lists(
            struct(shared.ChatCompletionResponseMessageAnnotation), min_size=1, max_size=2
        ),
    )
    | telling("audio", index=indexes, audio=struct(shared.ChatCompletionStreamResponseDeltaAudio))
    | telling("extra_content", index=indexes, extra_content=objects)
    | telling("native_content", index=indexes, native_content=struct(shared.NativeContent))
    | telling("function_call", index=indexes, name=maybe, arguments=maybe)
    | telling(
        "tool_call",
        index=indexes,
        place=st.none() | st.integers(0, 2),
        id=st.sampled_from([None, "", "a", "b"]),
        name=st.sampled_from([None, "", "f", "g"]),
        arguments=st.sampled_from([None, "", "{}", "{"]),
        custom=st.booleans(),
        extra_content=st.none() | objects,
    )
    | telling("choice", index=indexes)
    | telling(
        "finish", index=indexes, reason=of(inspect.type_info(shared.FinishReason)), native=maybe
    )
    | telling("usage", usage=usages())
    | telling("served", service_tier=st.sampled_from([None, "flex"]), system_fingerprint=maybe)
    | telling("about", metadata=st.none() | st.just({"a": "b"})),
    max_size=20,
)
"""Whatever a decoder may tell the writer, in any order."""


def objects_of(
    kind: inspect.Type, value: Any, pointer: str = ""
) -> Iterator[tuple[str, frozenset[str]]]:
    """The objects of a JSON value that the hub has a type for: pointer, and the keys it knows."""
    match kind:
        case inspect.UnionType(types=types):
            for member in types:
                if isinstance(value, dict) and isinstance(member, inspect.StructType):
                    if member.tag_field is None or value.get(member.tag_field) == member.tag:
                        yield from objects_of(member, value, pointer)
                elif isinstance(value, list) and isinstance(member, inspect.ListType):
                    yield from objects_of(member, value, pointer)
        case inspect.ListType(item_type=item_type):
            for place, item in enumerate(value):
                yield from objects_of(item_type, item, f"{pointer}/{place}")
        case inspect.StructType(fields=fields, tag_field=tag_field):
            known = {field.encode_name for field in fields}
            yield pointer, frozenset(known | {tag_field} if tag_field else known)
            for field in fields:
                if field.encode_name in value:
                    yield from objects_of(
                        field.type, value[field.encode_name], f"{pointer}/{field.encode_name}"
                    )


def parts_of(request: Any) -> list[tuple[str, list[Any]]]:
    """The lists of a request's JSON that parts or tools of unknown types may stand in."""
    return [
        (f"/messages/{place}/content", message["content"])
        for place, message in enumerate(request["messages"])
        if isinstance(message.get("content"), list)
    ] + ([("/tools", request["tools"])] if "tools" in request else [])
