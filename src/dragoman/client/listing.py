"""`client.models`: the models that a provider has, asked for as everything else is.

Path and meaning are the dialect's; here its request gets the provider's address and signature,
and is carried by the same conversation as a chat completion.
"""

from collections.abc import Mapping

from dragoman.client.asking import Options, Sendable, message, ready
from dragoman.client.call import Carriage
from dragoman.client.carrying import driven
from dragoman.client.carrying_later import driven_later
from dragoman.client.configured import Configured
from dragoman.dialects import DIALECTS
from dragoman.errors import NotFoundError
from dragoman.exchange.wishes import Attempt
from dragoman.models import shared
from dragoman.providers.provider import profile_of
from dragoman.providers.routing import near_names
from dragoman.settings.providers import ConfiguredProvider
from dragoman.transport.protocol import Answer, AsyncAnswer, AsyncTransport, Transport
from dragoman.transport.timeouts import Timeout


class Listing(Carriage):
    """The request for a list of models, on its way."""

    def answered(
        self, answer: Answer | AsyncAnswer, attempt: Attempt, head: float, body: bytes
    ) -> shared.ListModelsResponse:
        """The list that this answer is."""
        models = self.asked.dialect.decode_models(body)
        timings = shared.Timings(head=head, total=self.elapsed())
        return models.with_meta(self.meta(answer, attempt.number, timings, body))


def listing(name: str, providers: Mapping[str, ConfiguredProvider], options: Options) -> Listing:
    """The request for the models of the provider with this name."""
    provider = providers.get(name)
    if provider is None:
        near = near_names(name, providers) or sorted(providers)
        raise NotFoundError(
            f"provider: expected the name of one, such as {', '.join(near)}; got {name!r}",
            status_code=404,
            param="provider",
        )
    row = ready(provider)
    dialect = DIALECTS[row.dialect]
    profile = profile_of(row)
    encoded = dialect.encode_models_request(profile=profile)
    sendable = Sendable(
        target=row.name,
        dialect=dialect,
        profile=profile,
        encoded=encoded,
        message=message(encoded.path, provider, options, method=encoded.method, encoded=encoded),
        key=provider.api_key,
    )
    return Listing(sendable, options)


def _answered(call: Listing, attempt: Attempt, answer: Answer) -> shared.ListModelsResponse:
    head = call.elapsed()
    return call.answered(answer, attempt, head, answer.read())


async def _answered_later(
    call: Listing, attempt: Attempt, answer: AsyncAnswer
) -> shared.ListModelsResponse:
    head = call.elapsed()
    return call.answered(answer, attempt, head, await answer.read())


class Models:
    """`client.models`."""

    def __init__(self, client: Configured[Transport]) -> None:
        self._client = client

    def list(
        self,
        *,
        provider: str = "openai",
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> shared.ListModelsResponse:
        """The models that this provider has, under its own names.

        Raises the errors of `dragoman.errors`, and tries again as `create` does.
        """
        options = self._client.options.changed(
            timeout=timeout, max_retries=max_retries, headers=extra_headers
        )
        call = listing(provider, self._client.providers, options)
        return driven(call, self._client.transports.to(call.asked.message), _answered)


class AsyncModels:
    """`client.models`, awaited."""

    def __init__(self, client: Configured[AsyncTransport]) -> None:
        self._client = client

    async def list(
        self,
        *,
        provider: str = "openai",
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> shared.ListModelsResponse:
        """As `Client.models.list`."""
        options = self._client.options.changed(
            timeout=timeout, max_retries=max_retries, headers=extra_headers
        )
        call = listing(provider, self._client.providers, options)
        transport = self._client.transports.to(call.asked.message)
        return await driven_later(call, transport, _answered_later)
