"""`with_raw_response`: an answer together with its HTTP head, as users of `openai` ask for it.

Nothing is read otherwise: status and headers are those that stand in `meta` of every answer.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, overload

from dragoman.models import shared

if TYPE_CHECKING:
    from dragoman.client.asynchronous import AsyncCompletions
    from dragoman.client.streamed import AsyncStream, Stream
    from dragoman.client.sync import Completions


class Answered(Protocol):
    """A response, or the stream of one."""

    @property
    def meta(self) -> shared.Meta: ...


T = TypeVar("T", bound=Answered, covariant=True)


class RawResponse(Generic[T]):
    """The head of an answer, and the answer."""

    def __init__(self, answer: T) -> None:
        self._answer = answer

    @property
    def status_code(self) -> int | None:
        """The HTTP status."""
        return self._answer.meta.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by names in any case."""
        return self._answer.meta.headers

    @property
    def request_id(self) -> str | None:
        """The provider's own id of the request; None where it gave none."""
        return self._answer.meta.request_id

    @property
    def retries_taken(self) -> int:
        """How many attempts failed before this answer came."""
        return self._answer.meta.attempts - 1

    def parse(self) -> T:
        """The answer: a response, or a stream, which is to be read or closed."""
        return self._answer

    def __repr__(self) -> str:
        return f"RawResponse(status_code={self.status_code}, headers={self.headers!r})"


class RawCompletions:
    """`client.chat.completions.with_raw_response`."""

    def __init__(self, completions: "Completions") -> None:
        self._completions = completions

    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **fields: Any
    ) -> RawResponse[shared.CreateChatCompletionResponse]: ...

    @overload
    def create(self, *, stream: Literal[True], **fields: Any) -> "RawResponse[Stream]": ...

    @overload
    def create(
        self, *, stream: bool | None = None, **fields: Any
    ) -> "RawResponse[shared.CreateChatCompletionResponse | Stream]": ...

    def create(self, *, stream: bool | None = None, **fields: Any) -> Any:
        """As `create`, with the head of the answer beside it."""
        return RawResponse(self._completions.create(stream=stream, **fields))

    def parse(self, **fields: Any) -> RawResponse[shared.CreateChatCompletionResponse]:
        """As `parse`, with the head of the answer beside it."""
        return RawResponse(self._completions.parse(**fields))


class AsyncRawCompletions:
    """`client.chat.completions.with_raw_response`, awaited."""

    def __init__(self, completions: "AsyncCompletions") -> None:
        self._completions = completions

    @overload
    async def create(
        self, *, stream: Literal[False] | None = None, **fields: Any
    ) -> RawResponse[shared.CreateChatCompletionResponse]: ...

    @overload
    async def create(
        self, *, stream: Literal[True], **fields: Any
    ) -> "RawResponse[AsyncStream]": ...

    @overload
    async def create(
        self, *, stream: bool | None = None, **fields: Any
    ) -> "RawResponse[shared.CreateChatCompletionResponse | AsyncStream]": ...

    async def create(self, *, stream: bool | None = None, **fields: Any) -> Any:
        """As `create`, with the head of the answer beside it."""
        return RawResponse(await self._completions.create(stream=stream, **fields))

    async def parse(self, **fields: Any) -> RawResponse[shared.CreateChatCompletionResponse]:
        """As `parse`, with the head of the answer beside it."""
        return RawResponse(await self._completions.parse(**fields))
