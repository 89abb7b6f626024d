"""Azure, asked with tokens of azure-identity; a managed identity on loopback gives them."""

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ServiceRequestError
from azure.identity import ManagedIdentityCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential

from dragoman import AsyncClient
from dragoman.client.azure_tokens import acquired, acquired_later
from dragoman.errors import APIConnectionError, ConfigurationError, Error
from dragoman.providers.azure import SCOPE
from dragoman.settings.file import read
from dragoman.settings.providers import configured
from tests.gateways import until
from tests.signing import HI, WAYS, Clock, House, Way, by_async_client, by_client, by_gateway


class Microsoft(House):
    """The first token that it gives is `token-1`."""

    def credentials(self, number: int, until: float) -> Any:
        return {
            "access_token": f"token-{number}",
            "expires_on": str(int(until)),
            "resource": "https://cognitiveservices.azure.com",
            "token_type": "Bearer",
        }


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())  # azure-identity has one of its own


@pytest.fixture
def house(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Microsoft]:
    """One whose environment leads to its managed identity, and to nobody else."""
    with Microsoft(clock) as house:
        monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "managedidentitycredential")
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{house.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-1")
        monkeypatch.delenv("AZURE_OPENAI_API_KEY", raising=False)
        yield house


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = WAYS[request.param]
    return found


def azure(house: House, credential: Any = "default") -> dict[str, Any]:
    at = {"base_url": house.url, "credential": credential}
    return {"azure": at, "azure-deployments": at}


@pytest.mark.parametrize("provider", ["azure", "azure-deployments"])
def test_the_default_credential_gives_a_token_once(
    house: Microsoft, clock: Clock, way: Way, provider: str
) -> None:
    with way(azure(house), clock) as ask:
        said = [ask(model=f"{provider}/m") for _ in range(3)]

    assert said == ["Noon."] * 3
    assert house.keys() == ["token-1"] * 3
    assert len(house.given) == 1
    assert "cognitiveservices.azure.com" in house.given[0].path


def test_a_token_is_replaced_before_its_end(house: Microsoft, clock: Clock, way: Way) -> None:
    with way(azure(house), clock) as ask:
        ask(model="azure/m")
        clock.move(minutes=54)
        ask(model="azure/m")
        clock.move(minutes=2)
        ask(model="azure/m")
        assert until(lambda: len(house.given) == 2)
        assert until(lambda: bool(ask(model="azure/m")) and house.keys()[-1] == "token-2")

    assert house.keys()[:2] == ["token-1", "token-1"]


def test_a_gateway_signs_what_it_relays(house: Microsoft, clock: Clock) -> None:
    relayed = {name: {**at, "exact": True} for name, at in azure(house).items()}

    with by_gateway(relayed, clock) as ask:
        said = [ask(model="azure/m", unheard_of=number) for number in range(2)]

    assert said == ["Noon."] * 2
    assert house.keys() == ["token-1"] * 2
    assert [one.form["unheard_of"] for one in house.signed] == [0, 1]


def test_a_credential_of_ones_own_is_asked_and_left_open(house: Microsoft, clock: Clock) -> None:
    with ManagedIdentityCredential() as credential:
        with by_client(azure(house, credential), clock) as ask:
            ask(model="azure/m")
        again = credential.get_token(SCOPE)

    assert house.keys() == ["token-1"]
    assert again.token == "token-1"


def test_a_credential_of_ones_own_is_awaited_by_an_asynchronous_client(house: Microsoft) -> None:
    async def asked() -> str:
        async with (
            AsyncManagedIdentityCredential() as credential,
            AsyncClient(providers=azure(house, credential)) as client,
        ):
            create: Any = client.chat.completions.create
            answer = await create(model="azure/m", messages=HI)
            return str(answer.choices[0].message.content)

    assert asyncio.run(asked()) == "Noon."
    assert house.keys() == ["token-1"]


class Awaited:
    async def get_token(self, *scopes: str) -> AccessToken:
        return AccessToken("token-1", 0)


class Blocking:
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def get_token(self, *scopes: str) -> AccessToken:
        if self._error is not None:
            raise self._error
        return AccessToken("token-1", 0)


def test_a_credential_of_the_other_kind_is_refused(house: Microsoft, clock: Clock) -> None:
    with by_client(azure(house, Awaited()), clock) as ask:
        with pytest.raises(ConfigurationError, match=r"azure\.identity, which is not awaited"):
            ask(model="azure/m")
    with by_async_client(azure(house, Blocking()), clock) as ask:
        with pytest.raises(ConfigurationError, match=r"azure\.identity\.aio, which does not bl"):
            ask(model="azure/m")


def test_whoever_is_given_no_token_is_told_which_places_were_tried(
    house: Microsoft, clock: Clock, way: Way
) -> None:
    house.open = False

    with way(azure(house), clock) as ask, pytest.raises(Error) as caught:
        ask(model="azure/m")

    message = caught.value.message
    assert message.startswith("credential: expected a token; got none: ")
    assert "ManagedIdentityCredential: " in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (ServiceRequestError("no route"), APIConnectionError),
        (ZeroDivisionError("hush"), ConfigurationError),
    ],
)
def test_what_fails_besides_is_an_error_of_ours(failure: Exception, kind: type[Error]) -> None:
    with pytest.raises(kind) as caught:
        acquired(Blocking(failure), SCOPE)

    assert caught.value.message.endswith(f"got {type(failure).__name__}")


@pytest.mark.parametrize("missing", ["azure.identity", "azure.identity.aio", "aiohttp"])
def test_without_azure_identity_the_extra_is_named(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # as where it is not installed
    expected = r"^credential: expected azure-identity, .*: pip install 'dragoman\[azure\]'$"

    def ask() -> None:
        if missing == "azure.identity":
            acquired(None, SCOPE)
        else:
            asyncio.run(acquired_later(None, SCOPE))

    with pytest.raises(ConfigurationError, match=expected):
        ask()


def test_a_key_signs_as_before_and_without_either_nothing_does() -> None:
    at = {"base_url": "https://mine.openai.azure.com"}
    environ = {"AZURE_OPENAI_API_KEY": "key-1"}

    keyed = configured(read({"providers": {"azure": at}}), environ=environ)["azure"]
    bare = configured(read({"providers": {"azure": at}}), environ={})["azure"]
    told = {"providers": {"azure": {**at, "credential": "default"}}}
    proven = configured(read(told), environ=environ)["azure"]

    assert (keyed.api_key is not None, keyed.identity) == (True, None)
    assert (bare.api_key, bare.identity) == (None, None)
    assert proven.api_key is None
    assert repr(proven.identity) == "an Azure credential"


@pytest.mark.parametrize("credential", ["mine", 1])
def test_a_credential_that_cannot_be_meant_is_refused_by_name(credential: Any) -> None:
    settings = {"providers": {"azure": {"base_url": "https://h", "credential": credential}}}

    with pytest.raises(ConfigurationError) as wrong:
        configured(read(settings), environ={})

    assert wrong.value.message == (
        "providers.azure.credential: expected a credential of azure-identity, or 'default'; "
        f"got {type(credential).__name__}"
    )
