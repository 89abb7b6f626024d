"""The asynchronous client.

`AsyncClient` holds what is configured, and a pool of connections for each event loop that it is
used from. It says what `Client` says, and waits otherwise.
"""

import functools
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self, overload

from dragoman.client.asking import Options, asked
from dragoman.client.call import Call
from dragoman.client.carrying_later import carried_later
from dragoman.client.configuration import Settings
from dragoman.client.parsing import format_of, parsed
from dragoman.client.streamed import AsyncStream
from dragoman.models import shared
from dragoman.settings.providers import ConfiguredProvider
from dragoman.transport.protocol import AsyncTransport
from dragoman.transport.timeouts import Timeout


class AsyncTransports:
    """What carries the requests of a client: one for the network, one for the simulator.

    Each is made when it is first needed, so that a client that is only made wakes no network.
    """

    def __init__(self, given: AsyncTransport | None, proxy: str | None, ssl_context: Any) -> None:
        self._given = given
        self._proxy = proxy
        self._ssl_context = ssl_context
        self._environ = dict(os.environ)

    def of(self, url: str) -> AsyncTransport:
        """The transport for this address."""
        if self._given is not None:
            return self._given
        return self._simulator if url.startswith("sim:") else self._network

    def close(self) -> None:
        """Close what was made."""
        for name in ("_simulator", "_network"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @functools.cached_property
    def _network(self) -> AsyncTransport:
        from dragoman.transport.asynchronous import AsyncioTransport

        return AsyncioTransport(
            proxy=self._proxy, environ=self._environ, ssl_context=self._ssl_context
        )

    @functools.cached_property
    def _simulator(self) -> AsyncTransport:
        from dragoman.simulator.in_process_later import AsyncInProcess

        return AsyncInProcess()


class AsyncCompletions:
    """`client.chat.completions`."""

    def __init__(self, client: "AsyncClient") -> None:
        self._client = client

    @overload
    async def create(
        self,
        *,
        model: str,
        messages: Sequence[Any],
        stream: Literal[False] | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> shared.CreateChatCompletionResponse: ...

    @overload
    async def create(
        self,
        *,
        model: str,
        messages: Sequence[Any],
        stream: Literal[True],
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> AsyncStream: ...

    @overload
    async def create(
        self,
        *,
        model: str,
        messages: Sequence[Any],
        stream: bool | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> shared.CreateChatCompletionResponse | AsyncStream: ...

    async def create(
        self,
        *,
        model: str,
        messages: Sequence[Any],
        stream: bool | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **fields: Any,
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
        call = Call(asked(given, self._client.providers, options), options)
        return await carried_later(call, self._client.transports.of(call.asked.message.url))

    async def stream(self, *, model: str, messages: Sequence[Any], **fields: Any) -> AsyncStream:
        """The chunks of one chat completion; `create` with `stream=True`."""
        stream: AsyncStream = await self.create(
            model=model, messages=messages, stream=True, **fields
        )
        return stream

    async def parse(
        self, *, model: str, messages: Sequence[Any], response_format: Any, **fields: Any
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


class AsyncClient:
    """A client for every provider, on event loops. Close it, or use `async with`."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        organization: str | None = None,
        project: str | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int = 2,
        default_headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        ssl_context: Any = None,
        transport: AsyncTransport | None = None,
        settings: Any = None,
        providers: Mapping[str, Any] | None = None,
    ) -> None:
        """The environment is read here and not again.

        `api_key`, `base_url`, `organization` and `project` are those of the provider `openai`;
        `providers` (name to settings) and `settings` (a TOML file's path, or a dict with
        `providers`) are for the others. `timeout` is in seconds for the whole request, or a
        `Timeout` with a bound for each phase. `max_retries` counts attempts after the first.
        `transport` carries everything, in place of HTTP. Raises `ConfigurationError`.
        """
        given = Settings(
            api_key=api_key,
            base_url=base_url,
            organization=organization,
            project=project,
            timeout=timeout,
            max_retries=max_retries,
            default_headers=default_headers,
            settings=settings,
            providers=providers,
        )
        self._hold(
            given.known(os.environ), given.options(), AsyncTransports(transport, proxy, ssl_context)
        )

    def _hold(
        self,
        providers: Mapping[str, ConfiguredProvider],
        options: Options,
        transports: AsyncTransports,
    ) -> None:
        self.providers = providers
        self.options = options
        self.transports = transports
        self.chat = AsyncChat(self)

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> "AsyncClient":
        """A client that asks otherwise, over the same connections."""
        twin = AsyncClient.__new__(AsyncClient)
        options = self.options.changed(
            timeout=timeout, max_retries=max_retries, headers=default_headers
        )
        twin._hold(self.providers, options, self.transports)
        return twin

    def close(self) -> None:
        """Close the connections that are idle; may be repeated."""
        self.transports.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"AsyncClient(base_url={self.providers['openai'].row.base_url!r})"
