"""OpenAI Responses, as it appears on the wire.

Types only: nothing here decides anything. Names follow the provider's reference, so that the
two can be read side by side. Sets the provider extends without notice (`type`, `status`,
`service_tier`) are plain `str`; what a value means to us is decided in
`dragoman.dialects.openai_responses`. Items are kept as they came (`msgspec.Raw`), since some go
back unchanged on the next turn; each is read by its type, as items that we do not know have other
things under the same names.

Reference: https://platform.openai.com/docs/api-reference/responses
"""

from typing import Any

import msgspec

Count = int | float | None
"""A number of tokens."""

NOTHING = msgspec.Raw()
"""A value that did not come; never in a union with None, which msgspec refuses."""


class InputTokensDetails(msgspec.Struct, gc=False):
    """Parts of `input_tokens`."""

    cached_tokens: Count = None
    cache_write_tokens: Count = None


class OutputTokensDetails(msgspec.Struct, gc=False):
    """Parts of `output_tokens`."""

    reasoning_tokens: Count = None


class Usage(msgspec.Struct, gc=False):
    """Token counts; what was cached lies inside `input_tokens`, reasoning in `output_tokens`."""

    input_tokens: Count = None
    input_tokens_details: InputTokensDetails | None = None
    output_tokens: Count = None
    output_tokens_details: OutputTokensDetails | None = None
    total_tokens: Count = None


class Kind(msgspec.Struct, gc=False):
    """An item of which nothing is read but what it is."""

    type: str | None = None


class Annotation(msgspec.Struct, gc=False):
    """What a text rests on; the fields of those that have an address."""

    type: str | None = None
    url: str | None = None
    title: str | None = None
    start_index: Count = None
    end_index: Count = None


class TopLogprob(msgspec.Struct, gc=False):
    """One of the most likely tokens at a position; in streams without its bytes."""

    token: str = ""
    logprob: float | None = None
    bytes: list[int] | None = None


class Logprob(msgspec.Struct, gc=False):
    """A token of the answer with its log probability; in streams without its bytes."""

    token: str = ""
    logprob: float | None = None
    bytes: list[int] | None = None
    top_logprobs: list[TopLogprob] | None = None


class Part(msgspec.Struct, gc=False):
    """A part of a message, or of reasoning; the fields of all types we read."""

    type: str | None = None
    text: str | None = None
    refusal: str | None = None
    annotations: list[msgspec.Raw] | None = None
    logprobs: list[Logprob] | None = None


class Message(msgspec.Struct, gc=False):
    """What the model says."""

    content: list[Part] | None = None
    phase: str | None = None
    """Whether it is a remark on the way (`commentary`) or the answer (`final_answer`)."""


class Reasoning(msgspec.Struct, gc=False):
    """What the model thinks: summed up, encrypted or, of open models, as it is."""

    id: str | None = None
    summary: list[Part] | None = None
    content: list[Part] | None = None
    encrypted_content: str | None = None


class Call(msgspec.Struct, gc=False):
    """A call of a function (`arguments`) or of a custom tool (`input`)."""

    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    input: str | None = None


class Response(msgspec.Struct, gc=False):
    """An answer, whole or as far as it is."""

    id: str | None = None
    created_at: int | float | None = None
    model: str | None = None
    status: str | None = None
    output: list[msgspec.Raw] | None = None
    usage: Usage | None = None
    service_tier: str | None = None
    incomplete_details: Any = None
    error: Any = None
    metadata: Any = None
    moderation: Any = None


class Event(msgspec.Struct, gc=False):
    """An event of a stream; what an event that we do not know has under these names is its own."""

    type: str | None = None
    output_index: Any = None
    content_index: Any = None
    summary_index: Any = None
    delta: Any = None
    arguments: Any = None
    input: Any = None
    logprobs: Any = None
    annotation: msgspec.Raw = NOTHING
    item: msgspec.Raw = NOTHING
    response: msgspec.Raw = NOTHING
    error: Any = None


class Model(msgspec.Struct, gc=False):
    """An entry of the list of models."""

    id: str | None = None
    created: Any = None
    owned_by: Any = None


class ModelList(msgspec.Struct, gc=False):
    """The list of models."""

    data: list[Model] | None = None
