"""The blocking client.

`Client` holds what is configured and a pool of connections; threads may share one. The module's
`create` and `stream` ask through a client that is made when it is first needed.
"""

import functools
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack, overload

from dragoman.client.asking import asked
from dragoman.client.call import Call
from dragoman.client.carrying import carried
from dragoman.client.configured import Carriers, Configured
from dragoman.client.parsing import format_of, parsed
from dragoman.client.signature import Fields, FieldsAndOptions, FieldsBesideFormat, Message
from dragoman.client.streamed import Stream
from dragoman.models import shared
from dragoman.transport.protocol import Transport
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    from dragoman.client.listing import Models
    from dragoman.client.raw import RawCompletions
    from dragoman.providers.identity import Identity


class Transports(Carriers[Transport]):
    """HTTP, and the simulator; imported when they are needed."""

    def network(self) -> Transport:
        """What speaks HTTP."""
        from dragoman.transport.blocking import BlockingTransport

        return BlockingTransport(
            proxy=self.proxy, environ=self.environ, ssl_context=self.ssl_context
        )

    def network_without_proxy(self) -> Transport:
        """The same, whatever proxies there are."""
        from dragoman.transport.blocking import BlockingTransport

        return BlockingTransport(ssl_context=self.ssl_context)

    def signing(self, identity: "Identity[Any]") -> Transport:
        """What signs for this identity; few are asked without a key."""
        from dragoman.client.looking import Signing

        return Signing(identity, self, now=self.now)

    def simulator(self) -> Transport:
        """What asks the simulator in this process."""
        from dragoman.simulator.in_process import InProcess

        return InProcess()


class Completions:
    """`client.chat.completions`."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    @functools.cached_property
    def with_raw_response(self) -> "RawCompletions":
        """The same calls, giving an answer together with its status and headers."""
        from dragoman.client.raw import RawCompletions  # few ask for it

        return RawCompletions(self)

    @overload
    def create(
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
    def create(
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
    ) -> Stream: ...

    @overload
    def create(
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
    ) -> shared.CreateChatCompletionResponse | Stream: ...

    def create(
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
    ) -> shared.CreateChatCompletionResponse | Stream:
        """One chat completion: a response, or with `stream=True` its chunks.

        `model` is `provider/model`, or a name from the settings; `messages` are plain dicts, hub
        objects, an earlier answer's `message` as it is, or anything with `model_dump`; `fields` are
        the other fields of a request, under OpenAI's names. `extra_body` is added to the request as
        it stands. What is not None changes the client's own `timeout` and `max_retries`, and adds
        to its headers and query.

        Raises the errors of `dragoman.errors`. What failed before its first content may be tried
        again; what has content never is.
        """
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
        return carried(call, self._client.transports.to(call.asked.message))

    def stream(
        self, *, model: str, messages: Iterable[Message], **fields: Unpack[FieldsAndOptions]
    ) -> Stream:
        """The chunks of one chat completion; `create` with `stream=True`."""
        stream: Stream = self.create(model=model, messages=messages, stream=True, **fields)
        return stream

    def parse(
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
        response: shared.CreateChatCompletionResponse = self.create(
            model=model, messages=messages, response_format=format_of(response_format), **fields
        )
        return parsed(response, response_format)


class Chat:
    """`client.chat`."""

    def __init__(self, client: "Client") -> None:
        self.completions = Completions(client)


class Client(Configured[Transport]):
    """A client for every provider; blocking. Close it, or use `with`, when it is done with."""

    @functools.cached_property
    def chat(self) -> Chat:
        """Chat completions."""
        return Chat(self)

    @functools.cached_property
    def models(self) -> "Models":
        """What models a provider has."""
        from dragoman.client.listing import Models  # few ask for it

        return Models(self)

    def _carriers(self, given: Transport | None, proxy: str | None, ssl_context: Any) -> Transports:
        return Transports(given, proxy, ssl_context)

    def close(self) -> None:
        """Close the connections that are idle; may be repeated."""
        self.transports.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@functools.cache
def default() -> Client:
    """The client behind `dragoman.create` and `dragoman.stream`."""
    return Client()


@overload
def create(
    *,
    model: str,
    messages: Iterable[Message],
    stream: Literal[False] | None = None,
    providers: Mapping[str, Any] | None = None,
    transport: Transport | None = None,
    **fields: Unpack[FieldsAndOptions],
) -> shared.CreateChatCompletionResponse: ...


@overload
def create(
    *,
    model: str,
    messages: Iterable[Message],
    stream: Literal[True],
    providers: Mapping[str, Any] | None = None,
    transport: Transport | None = None,
    **fields: Unpack[FieldsAndOptions],
) -> Stream: ...


def create(
    *,
    model: str,
    messages: Iterable[Message],
    stream: bool | None = None,
    providers: Mapping[str, Any] | None = None,
    transport: Transport | None = None,
    **fields: Unpack[FieldsAndOptions],
) -> shared.CreateChatCompletionResponse | Stream:
    """One chat completion; `Client.chat.completions.create` on a client that everyone shares.

    With `providers` (name to settings) or a `transport`, a client of its own is made for this
    call alone; make a `Client` to ask more than once.
    """
    if providers is None and transport is None:
        return default().chat.completions.create(
            model=model, messages=messages, stream=stream, **fields
        )
    client = Client(providers=providers, transport=transport)
    try:
        answer = client.chat.completions.create(
            model=model, messages=messages, stream=stream, **fields
        )
    except BaseException:
        client.close()
        raise
    if isinstance(answer, Stream):
        answer.when_closed(client.close)
    else:
        client.close()
    return answer


def stream(
    *, model: str, messages: Iterable[Message], **fields: Unpack[FieldsAndOptions]
) -> Stream:
    """The chunks of one chat completion; `create` with `stream=True`."""
    return create(model=model, messages=messages, stream=True, **fields)
