"""The asynchronous client.

`AsyncClient` holds what is configured, and a pool of connections for each event loop that it is
used from. It says what `Client` says, and waits otherwise.
"""

import functools
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack, overload

from dragoman.client.asking import asked
from dragoman.client.call import Call
from dragoman.client.carrying_later import carried_later
from dragoman.client.configured import Carriers, Configured
from dragoman.client.parsing import format_of, parsed
from dragoman.client.signature import Fields, FieldsAndOptions, FieldsBesideFormat, Message
from dragoman.client.streamed import AsyncStream, Done
from dragoman.models import shared
from dragoman.transport.protocol import AsyncTransport
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    from dragoman.client.listing import AsyncModels
    from dragoman.client.raw import AsyncRawCompletions
    from dragoman.providers.identity import Identity


class AsyncTransports(Carriers[AsyncTransport]):
    """HTTP, and the simulator; imported when they are needed."""

    def network(self) -> AsyncTransport:
        """What speaks HTTP."""
        from dragoman.transport.asynchronous import AsyncioTransport

        return AsyncioTransport(
            proxy=self.proxy, environ=self.environ, ssl_context=self.ssl_context
        )

    def network_without_proxy(self) -> AsyncTransport:
        """The same, whatever proxies there are."""
        from dragoman.transport.asynchronous import AsyncioTransport

        return AsyncioTransport(ssl_context=self.ssl_context)

    def signing(self, identity: "Identity[Any]") -> AsyncTransport:
        """What signs for this identity; few are asked without a key."""
        from dragoman.client.looking_later import SigningLater

        return SigningLater(identity, self, now=self.now)

    def simulator(self) -> AsyncTransport:
        """What asks the simulator in this process."""
        from dragoman.simulator.in_process_later import AsyncInProcess

        return AsyncInProcess()


class AsyncCompletions:
    """`client.chat.completions`."""

    def __init__(self, client: "AsyncClient") -> None:
        self._client = client

    @functools.cached_property
    def with_raw_response(self) -> "AsyncRawCompletions":
        """The same calls, giving an answer together with its status and headers."""
        from dragoman.client.raw import AsyncRawCompletions  # few ask for it

        return AsyncRawCompletions(self)

    @overload
    async def create(
        self,
        *,
        model: str,
        messages: Iterable[Message],
        stream: Literal[False] | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **fields: Unpack[Fields],
    ) -> shared.CreateChatCompletionResponse: ...

    @overload
    async def create(
        self,
        *,
        model: str,
        messages: Iterable[Message],
        stream: Literal[True],
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **fields: Unpack[Fields],
    ) -> AsyncStream: ...

    @overload
    async def create(
        self,
        *,
        model: str,
        messages: Iterable[Message],
        stream: bool | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **fields: Unpack[Fields],
    ) -> shared.CreateChatCompletionResponse | AsyncStream: ...

    async def create(
        self,
        *,
        model: str,
        messages: Iterable[Message],
        stream: bool | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **fields: Unpack[Fields],
    ) -> shared.CreateChatCompletionResponse | AsyncStream:
        """As `Client.chat.completions.create`; being cancelled lets go of the connection."""
        options = self._client.options.changed(
            timeout=timeout, max_retries=max_retries, headers=extra_headers, query=extra_query
        )
        given = {
            "model": model,
            "messages": list(messages),
            "stream": stream,
            **fields,
            **(extra_body or {}),
        }
        client = self._client
        call = Call(asked(given, client.targets, options), options)
        return await carried_later(call, self._client.transports.to(call.asked.message))

    async def stream(
        self, *, model: str, messages: Iterable[Message], **fields: Unpack[FieldsAndOptions]
    ) -> AsyncStream:
        """The chunks of one chat completion; `create` with `stream=True`."""
        stream: AsyncStream = await self.create(
            model=model, messages=messages, stream=True, **fields
        )
        return stream

    async def parse(
        self,
        *,
        model: str,
        messages: Iterable[Message],
        response_format: Any,
        **fields: Unpack[FieldsBesideFormat],
    ) -> shared.CreateChatCompletionResponse:
        """One chat completion whose content is a value of the type `response_format`.

        A msgspec Struct, a dataclass, a TypedDict or a pydantic class. The value is
        `choices[0].message.parsed`; None where the model refused. Raises `RemoteProtocolError`
        for a text that is no such value.
        """
        response: shared.CreateChatCompletionResponse = await self.create(
            model=model, messages=messages, response_format=format_of(response_format), **fields
        )
        return parsed(response, response_format)


class AsyncChat:
    """`client.chat`."""

    def __init__(self, client: "AsyncClient") -> None:
        self.completions = AsyncCompletions(client)


class AsyncClient(Configured[AsyncTransport]):
    """A client for every provider, on event loops. Close it, or use `async with`."""

    @functools.cached_property
    def chat(self) -> AsyncChat:
        """Chat completions."""
        return AsyncChat(self)

    @functools.cached_property
    def models(self) -> "AsyncModels":
        """What models a provider has."""
        from dragoman.client.listing import AsyncModels  # few ask for it

        return AsyncModels(self)

    def _carriers(
        self, given: AsyncTransport | None, proxy: str | None, ssl_context: Any
    ) -> AsyncTransports:
        return AsyncTransports(given, proxy, ssl_context)

    def close(self) -> Done:
        """Close the connections that are idle; may be repeated, and awaited."""
        self.transports.close()
        return Done()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
