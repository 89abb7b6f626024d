"""What callers may write, as type checkers and editors see it.

`dragoman.models.params` has a dict for each type of a request; only those who check types need it,
so that at run time `Any` stands in its place, and signatures can still be inspected. Fields that
the types do not know go along at run time; to a type checker they belong in `extra_body`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol, TypedDict

    from dragoman.models import params, shared
    from dragoman.transport.timeouts import Timeout

    class SupportsModelDump(Protocol):
        """A message of another library, such as those of `openai`."""

        def model_dump(self, *, mode: str, exclude_none: bool) -> Any: ...

    Message = (
        params.ChatCompletionRequestMessage
        | shared.ChatCompletionRequestMessage
        | shared.ChatCompletionResponseMessage
        | SupportsModelDump
    )

    class CallOptions(TypedDict, total=False):
        """What a call changes of its client; `Completions.create` says what each means."""

        timeout: float | Timeout | None
        max_retries: int | None
        extra_headers: Mapping[str, str] | None
        extra_query: Mapping[str, str] | None
        extra_body: Mapping[str, Any] | None

    Fields = params.RequestFields
    Format = params.ResponseFormatJsonSchema

    class FieldsAndOptions(params.RequestFields, CallOptions, total=False):
        """What `stream` hands on to `create`."""

    class FieldsBesideFormat(params.RequestFieldsBesideFormat, CallOptions, total=False):
        """What `parse` hands on, which has the `response_format` from its type."""
else:
    Message = Fields = Format = FieldsAndOptions = FieldsBesideFormat = Any
