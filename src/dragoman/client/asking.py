"""From what a caller writes to what is sent: the part that blocking and asynchronous share.

What is written enters by one door: it becomes JSON and is decoded strictly. Nothing here waits.
"""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dragoman.client.signing import Unsigned
from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import Dialect, Encoded, OnLoss, Profile
from dragoman.dialects.openai_chat.caller import usage_asked
from dragoman.dialects.openai_chat.request import written
from dragoman.errors import ConfigurationError
from dragoman.exchange.wishes import Attempted
from dragoman.models import shared
from dragoman.providers.provider import Provider, credentials, profile_of
from dragoman.providers.routing import routed
from dragoman.settings.providers import ConfiguredProvider
from dragoman.settings.secret import Secret
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    import logging

    from dragoman.settings.file import Settings


NAMES_KEPT: Final = 1024
"""Models whose target is remembered; whoever asks may make up any number of names."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a client asks; a call may change each of them for itself."""

    timeout: Timeout = Timeout()
    """The deadlines."""

    max_retries: int = 2
    """Further attempts after the first, at most."""

    headers: Mapping[str, str] = {}
    """Headers sent besides our own, their names in lower case, as ours are."""

    query: Mapping[str, str] = {}
    """What is added to the query of the URL."""

    def changed(
        self,
        *,
        timeout: "float | Timeout | None" = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> "Options":
        """With what is not None; headers and query are added to those there are."""
        if all(change is None for change in (timeout, max_retries, headers, query)):
            return self
        return Options(
            timeout=self.timeout if timeout is None else Timeout.of(timeout),
            max_retries=self.max_retries if max_retries is None else max_retries,
            headers={**self.headers, **lowered(headers or {})},
            query={**self.query, **(query or {})},
        )


class Sendable(msgspec.Struct, frozen=True, kw_only=True):
    """What is ready to be carried, whatever is asked."""

    target: str
    """`provider/model`, or the provider alone."""

    dialect: Dialect
    """What the provider speaks."""

    profile: Profile
    """What it does otherwise."""

    encoded: Encoded
    """The request in its dialect, with the losses."""

    message: Request
    """The HTTP request; its repr shows no key and no prompt."""

    key: Secret | None
    """The key that signs it; None where nothing does, or the provider's `identity`."""

    @property
    def stateless(self) -> bool:
        """Whether asking twice does no harm."""
        return True


class Asked(Sendable, frozen=True, kw_only=True):
    """A request for a chat completion that is ready to be carried."""

    model: str
    """The provider's own name for the model."""

    stream: bool = False
    """Whether the caller wants the answer in chunks."""

    include_usage: bool = False
    """Whether the last chunk is to tell the usage."""

    exact: bool = False
    """Whether the answer keeps its bytes, where they say what they should."""

    kept: bool = False
    """Whether the provider keeps the answer, so that asking twice makes two of it."""

    @property
    def stateless(self) -> bool:
        return not self.kept


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked, and in which words; the same for every request to it."""

    name: str
    """`provider/model`."""

    provider: ConfiguredProvider
    model: str
    """The provider's own name for the model."""

    dialect: Dialect
    profile: Profile


class Targets:
    """Who is meant by a model; worked out once for each name that is asked for."""

    def __init__(
        self, providers: Mapping[str, ConfiguredProvider], settings: "Settings | None" = None
    ) -> None:
        self._providers = providers
        self._settings = settings
        self._known: dict[str, Target] = {}

    def of(self, model: str) -> Target:
        """The target that a caller means by this model; raises as `aimed` does."""
        target = self._known.get(model)
        if target is None:
            if len(self._known) >= NAMES_KEPT:
                self._known.clear()
            target = self._known[model] = aimed(model, self._providers, self._settings)
        return target


def asked(fields: Mapping[str, Any], targets: Targets, options: Options) -> Asked:
    """The request that these fields are, for the provider that their model names."""
    request = DIALECTS["openai-chat"].decode_request(written(fields))
    return directed(request, targets.of(request.model), options)


def aimed(
    model: str,
    providers: Mapping[str, ConfiguredProvider],
    settings: "Settings | None" = None,
    *,
    on_loss: OnLoss = "report",
) -> Target:
    """The target that a caller means by this model.

    Raises `NotFoundError` where there is none, `ConfigurationError` where it cannot be asked.
    """
    if settings is None:
        provider, name = routed(model, providers)
    else:
        provider, name = routed(settings.target(model), providers, names=settings.models)
    row = ready(provider)
    return Target(
        name=f"{row.name}/{name}",
        provider=provider,
        model=name,
        dialect=DIALECTS[row.dialect],
        profile=profile_of(row, base_model=provider.base_model, on_loss=on_loss),
    )


def directed(
    request: shared.CreateChatCompletionRequest, target: Target, options: Options
) -> Asked:
    """This request, said in the words of its target."""
    encoded = target.dialect.encode_request(request, model=target.model, profile=target.profile)
    return Asked(
        target=target.name,
        model=target.model,
        stream=bool(request.stream),
        include_usage=usage_asked(request),
        kept=bool(request.store),
        dialect=target.dialect,
        profile=target.profile,
        encoded=encoded,
        message=message(encoded.path, target.provider, options, method="POST", encoded=encoded),
        key=target.provider.api_key,
    )


def ready(provider: ConfiguredProvider) -> Provider:
    """The row of a provider that can be asked; raises `ConfigurationError` for what it lacks."""
    row = provider.row
    if row.base_url is None and row.signing == "aws":
        key = f"providers.{row.name}.region"
        raise ConfigurationError(
            f"{key}: expected an AWS region, here or in AWS_REGION; got nothing", param=key
        )
    if row.base_url is None:
        key = f"providers.{row.name}.base_url"
        raise ConfigurationError(f"{key}: expected the provider's address; got nothing", param=key)
    if provider.lacks_key:
        key = f"providers.{row.name}.api_key"
        raise ConfigurationError(
            f"{key}: expected a key, or {row.key_variable} to be set; got neither", param=key
        )
    return row


def message(
    path: str,
    provider: ConfiguredProvider,
    options: Options,
    *,
    method: str,
    encoded: Encoded | None = None,
) -> Request:
    """The HTTP request for this path of a provider; signed, or to be signed by each attempt."""
    url = (provider.row.base_url or "").rstrip("/") + path
    if options.query:
        from urllib.parse import urlencode  # brings much along, and hardly anyone adds a query

        url += ("&" if "?" in url else "?") + urlencode(dict(options.query), errors="replace")
    key = provider.api_key.reveal() if provider.api_key else None
    headers = {
        **(encoded.headers if encoded else {}),
        **credentials(provider.row, key),
        **provider.headers,
        **options.headers,
    }
    body = encoded.body if encoded else b""
    if provider.identity is not None:
        return Unsigned(
            method=method, url=url, headers=headers, body=body, identity=provider.identity
        )
    return Request(method=method, url=url, headers=headers, body=body)


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """These, their names in lower case; of one that comes in two spellings, the last."""
    return {name.lower(): value for name, value in headers.items()}


@functools.cache
def log() -> "logging.Logger":
    """The logger `dragoman`, which says nothing unless somebody listens."""
    import logging  # brings much along, and is needed when there is something to tell

    logger = logging.getLogger("dragoman")
    logger.addHandler(logging.NullHandler())
    return logger


def recorded(entry: Attempted) -> None:
    """Write an attempt down for whoever listens to the logger; no key, no prompt, no answer."""
    error = entry.error
    if error is None and not log().isEnabledFor(10):  # DEBUG: nearly always, and often
        return
    target, number = entry.attempt.target, entry.attempt.number
    if not target.isprintable():
        target = ascii(target)  # a line break in it would begin a line of somebody else's
    if error is None:
        log().debug("%s: attempt %d answered", target, number)
    else:
        kind = type(error).__name__
        log().info("%s: attempt %d: %s (%s)", target, number, kind, error.attempt_class)
