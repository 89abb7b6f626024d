"""What the blocking and the asynchronous client have in common: all but the waiting."""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from dragoman.client.asking import Options, Targets
from dragoman.client.configuration import Arguments
from dragoman.client.signing import Clock, Unsigned
from dragoman.settings.providers import ConfiguredProvider
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    from dragoman.providers.identity import Identity
    from dragoman.settings.file import Settings


class Closeable(Protocol):
    """What either kind of transport is, seen from here."""

    def close(self) -> None: ...


C = TypeVar("C", bound=Closeable)


class Carriers(ABC, Generic[C]):
    """What carries the requests of a client: for the network, for the simulator.

    Each is made when it is first needed, so that a client that is only made wakes no network.
    """

    def __init__(self, given: C | None, proxy: str | None, ssl_context: Any) -> None:
        self._given = given
        self._made: dict[str, C] = {}
        self._signing: dict[Identity[Any], C] = {}
        self.proxy = proxy
        self.ssl_context = ssl_context
        self.environ = dict(os.environ)
        self.now: Clock = time.time
        """When signatures are made, and what they are made with is old."""

    def to(self, request: Request) -> C:
        """What carries this request, and signs it before, where that is still to be done."""
        if not isinstance(request, Unsigned):
            return self.of(request.url)
        identity = request.identity
        if identity not in self._signing:
            self._signing.setdefault(identity, self.signing(identity))
        return self._signing[identity]

    def of(self, url: str) -> C:
        """What carries requests to this address."""
        if url.startswith("sim:"):
            return self._once("simulator", self.simulator)
        return self._once("network", self.network)

    def direct(self) -> C:
        """What carries requests that no proxy may see: to services of the machine."""
        return self._once("direct", self.network_without_proxy)

    def _once(self, name: str, make: Callable[[], C]) -> C:
        if self._given is not None:
            return self._given
        if name not in self._made:
            self._made.setdefault(name, make())
        return self._made[name]

    def close(self) -> None:
        """Close what was made here; what was given is its giver's to close."""
        for carrier in self._made.values():
            carrier.close()

    @abstractmethod
    def network(self) -> C:
        """What speaks HTTP."""

    @abstractmethod
    def network_without_proxy(self) -> C:
        """The same, whatever proxies there are."""

    @abstractmethod
    def signing(self, identity: "Identity[Any]") -> C:
        """What signs for this identity, and looks for what that takes."""

    @abstractmethod
    def simulator(self) -> C:
        """What asks the simulator in this process."""


class Configured(ABC, Generic[C]):
    """A client without its voice: its providers, its options, and what carries its requests."""

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
        transport: C | None = None,
        settings: Any = None,
        providers: Mapping[str, Any] | None = None,
    ) -> None:
        """The environment is read here and not again.

        `api_key`, `base_url`, `organization` and `project` are those of the provider `openai`, in
        place of its usual variables; `settings` (a TOML file's path, or a dict of its shape) and
        `providers` (name to settings, in place of those) are for the others. `timeout` is in
        seconds for the whole request, or a `Timeout` with a bound for each phase. `max_retries`
        counts attempts after the first. `transport` carries everything, in place of HTTP. Raises
        `ConfigurationError`.
        """
        given = Arguments(
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
        written = given.written()
        self.settings: Settings | None = written[0]
        self.providers: Mapping[str, ConfiguredProvider] = given.known(written, os.environ)
        self.targets = Targets(self.providers, self.settings)
        self.options: Options = given.options()
        self.transports: Carriers[C] = self._carriers(transport, proxy, ssl_context)

    @abstractmethod
    def _carriers(self, given: C | None, proxy: str | None, ssl_context: Any) -> Carriers[C]:
        """What carries the requests of this kind of client."""

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A client that asks otherwise, over the same connections."""
        twin = type(self).__new__(type(self))
        twin.settings = self.settings
        twin.providers = self.providers
        twin.targets = self.targets
        twin.options = self.options.changed(
            timeout=timeout, max_retries=max_retries, headers=default_headers
        )
        twin.transports = self.transports
        return twin

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.providers['openai'].row.base_url!r})"
