"""Answers of a provider that speaks as OpenAI's document says: handed on as they came.

Whoever speaks the caller's own dialect, and exactly, needs no translation; each answer is checked
all the same. One that breaks the document, or whose usage does not add up, is put right: what is
missing is set, and what we do not know stays where it was.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from dragoman.dialects.openai_chat.families import SAMPLING_FIELDS
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import official, reading

FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
COMPLETION: Final = msgspec.json.Decoder(official.Completion)

SAID_OTHERWISE: Final = frozenset(
    {*SAMPLING_FIELDS, "max_tokens", "n", "reasoning_effort", "stop", "verbosity"}
)
"""Fields that models which reason do not all take as they are."""


class Message(msgspec.Struct):
    """Of a message, what is read of it."""

    role: str


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class Loosely(msgspec.Struct):
    """Of a request that is handed on, what is looked into; the rest is the provider's to judge."""

    messages: list[Message]
    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None


LOOSELY: Final = msgspec.json.Decoder(Loosely)

VERBATIM: Final = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))
"""Reads what is written again: numbers keep their digits."""

READ_BY_POLICY: Final = ("response_format", "tools")
"""Fields that are written again, so that nothing is judged by one value and sent as another."""


def loosely(body: bytes, error: BadRequestError) -> Loosely:
    """A request in which this is wrong, for a provider that may know better.

    Raises the error where it is about a field of the request itself.
    """
    if error.param is None or not ("." in error.param or "[" in error.param):
        raise error
    try:
        return LOOSELY.decode(body)
    except reading.UNREADABLE:
        raise error from None


def goes_as_it_is(fields: Iterable[str]) -> bool:
    """Whether nothing that these fields say has to be said to a model that reasons otherwise."""
    return SAID_OTHERWISE.isdisjoint(fields)


def fields_of(body: bytes) -> dict[str, msgspec.Raw]:
    """The fields of a request that has been decoded; of one that comes twice, the last."""
    try:
        return FIELDS.decode(body)
    except reading.UNREADABLE:  # a byte order mark, say
        plain = reading.read_untyped(body)
        return {key: msgspec.Raw(reading.write(value)) for key, value in plain.items()}


def relayed_body(fields: dict[str, msgspec.Raw], *, model: msgspec.Raw, stream: bool) -> bytes:
    """The same request for this model, whose name is JSON; a stream is to tell its usage.

    Whatever is not read here keeps its bytes.
    """
    fields["model"] = model
    if stream:
        options = fields.get("stream_options", b"null")
        told = {**(VERBATIM.decode(options) or {}), "include_usage": True}
        fields["stream_options"] = msgspec.Raw(msgspec.json.encode(told))
    for field in READ_BY_POLICY:
        if field in fields:
            fields[field] = msgspec.Raw(msgspec.json.encode(VERBATIM.decode(fields[field])))
    return msgspec.json.encode(fields)


def obeys(body: bytes) -> official.Completion | None:
    """The answer that this body is, where nothing about it has to be put right."""
    try:
        answer = COMPLETION.decode(body)
    except reading.UNREADABLE:
        return None
    if answer.error is not None or not answer.choices or not adds_up(answer.usage):
        return None
    return answer


def adds_up(usage: official.Usage | msgspec.UnsetType | None) -> bool:
    """Whether there is no usage, or one in which every count has its place."""
    if usage is None or usage is msgspec.UNSET:
        return True
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    if usage.total_tokens != prompt + completion or prompt < 0 or completion < 0:
        return False
    of_prompt, of_completion = usage.prompt_tokens_details, usage.completion_tokens_details
    if of_prompt is not msgspec.UNSET:
        shared_out = of_prompt.cached_tokens + of_prompt.cache_write_tokens
        if shared_out > prompt or not _inside(of_prompt, prompt):
            return False
    return of_completion is msgspec.UNSET or _inside(of_completion, completion)


def _inside(details: msgspec.Struct, parent: int) -> bool:
    counts: tuple[int, ...] = msgspec.structs.astuple(details)
    return min(counts) >= 0 and max(counts) <= parent


def put_right(body: bytes, answer: shared.CreateChatCompletionResponse) -> bytes:
    """This body, said as `answer` says it; what `answer` has no field for stays where it was."""
    return reading.write(beside(reading.read_untyped(body), answer))


def beside(came: Any, told: Any) -> Any:
    """What is told, as plain objects, and beside it what came that it has no field for."""
    if isinstance(told, list) and isinstance(came, list):
        places = {one.get("index"): one for one in came if isinstance(one, dict)}
        return [
            beside(
                places.get(getattr(one, "index", ...), came[at] if at < len(came) else None), one
            )
            for at, one in enumerate(told)
        ]
    if not isinstance(told, msgspec.Struct):
        return told
    said: dict[str, Any] = msgspec.to_builtins(told)
    if not isinstance(came, dict):
        return said
    names = zip(told.__struct_encode_fields__, told.__struct_fields__, strict=True)
    own = {name: getattr(told, field) for name, field in names}
    known = {key: beside(came.get(key), own[key]) if key in own else said[key] for key in said}
    return known | {key: value for key, value in came.items() if key not in own | said}
