"""Vertex AI, asked with tokens that a service account is given, or the metadata server gives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import AuthenticationError, ConfigurationError, Error
from dragoman.providers.google.identity import GoogleIdentity
from dragoman.settings.file import read
from dragoman.settings.providers import ConfiguredProvider, configured
from tests.gateways import until
from tests.google import service_account
from tests.signing import WAYS, Clock, House, Way, refused

AT_HOME = "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google"
ELSEWHERE = "http://127.0.0.1:8000"


class GoogleHouse(House):
    """The first token that it gives is `token-1`."""

    def credentials(self, number: int, until: float) -> Any:
        return {"access_token": f"token-{number}", "expires_in": 3599, "token_type": "Bearer"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[GoogleHouse]:
    """One whose environment leads to a service account of its own."""
    with GoogleHouse(clock) as house:
        file = tmp_path / "account.json"
        file.write_text(json.dumps(service_account(house.url)))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        yield house


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = WAYS[request.param]
    return found


def vertex(house: House, **more: Any) -> dict[str, Any]:
    at = {"base_url": house.url, "credential": "default", **more}
    return {"gemini-vertex": at, "anthropic-vertex": at}


@pytest.mark.parametrize("provider", ["gemini-vertex", "anthropic-vertex"])
def test_a_service_account_is_given_a_token_once(
    house: GoogleHouse, clock: Clock, way: Way, provider: str
) -> None:
    with way(vertex(house), clock) as ask:
        said = [ask(model=f"{provider}/m") for _ in range(3)]

    assert said == ["Noon."] * 3
    assert house.keys() == ["token-1"] * 3
    assert [one.path for one in house.given] == ["/token"]


def test_a_token_is_replaced_before_its_end(house: GoogleHouse, clock: Clock, way: Way) -> None:
    with way(vertex(house), clock) as ask:
        ask(model="gemini-vertex/m")
        clock.move(minutes=56)
        ask(model="gemini-vertex/m")
        clock.move(minutes=1)
        ask(model="gemini-vertex/m")
        assert until(lambda: len(house.given) == 2)
        assert until(lambda: bool(ask(model="gemini-vertex/m")) and house.keys()[-1] == "token-2")

    assert house.keys()[:2] == ["token-1", "token-1"]


def test_a_token_that_was_called_back_is_replaced_once(
    house: GoogleHouse, clock: Clock, way: Way
) -> None:
    with way(vertex(house), clock) as ask:
        ask(model="gemini-vertex/m")
        house.refusals = [refused(401)]
        said = ask(model="gemini-vertex/m")
        house.refusals = [refused(401), refused(401)]
        with pytest.raises(AuthenticationError):
            ask(model="gemini-vertex/m")

    assert said == "Noon."
    assert house.keys() == ["token-1", "token-1", "token-2", "token-2", "token-3"]


def test_the_metadata_server_gives_a_token_past_every_proxy(
    house: GoogleHouse, clock: Clock, way: Way, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GCE_METADATA_HOST", house.url.removeprefix("http://"))

    with way(vertex(house), clock) as ask:
        said = ask(model="gemini-vertex/m")

    assert said == "Noon."
    assert house.keys() == ["token-1"]
    assert house.given[0].headers["metadata-flavor"] == "Google"


def test_whoever_is_given_no_token_is_told_who_refused(
    house: GoogleHouse, clock: Clock, way: Way
) -> None:
    house.open = False

    with way(vertex(house), clock) as ask, pytest.raises(Error) as caught:
        ask(model="gemini-vertex/m")

    assert caught.value.message == (
        "credentials from Google's OAuth, for the service account "
        "harbour@project.iam.gserviceaccount.com: expected them, got status 403"
    )


# Who is signed for


def provider_of(settings: dict[str, Any], environ: dict[str, str] | None = None) -> Any:
    written = read({"providers": {"gemini-vertex": settings}})
    found: ConfiguredProvider = configured(written, environ=environ or {})["gemini-vertex"]
    return found


def test_at_googles_own_address_a_token_is_looked_for_and_elsewhere_if_somebody_says_so() -> None:
    at_home = provider_of({"base_url": AT_HOME})
    elsewhere = provider_of({"base_url": ELSEWHERE})
    wanted = provider_of({"base_url": ELSEWHERE, "credential": "default"})
    looks_alike = provider_of({"base_url": "https://googleapis.com.example/v1"})

    assert isinstance(at_home.identity, GoogleIdentity)
    assert isinstance(wanted.identity, GoogleIdentity)
    assert elsewhere.identity is None
    assert looks_alike.identity is None


def test_a_token_of_ones_own_counts_before_everything() -> None:
    provider = provider_of({"base_url": AT_HOME, "api_key": "ya29.mine"})

    assert provider.api_key is not None
    assert provider.identity is None


def test_a_file_may_be_named_in_the_settings(
    house: GoogleHouse, clock: Clock, way: Way, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")

    with way(vertex(house, credential=str(tmp_path / "account.json")), clock) as ask:
        ask(model="gemini-vertex/m")

    assert house.keys() == ["token-1"]


@pytest.mark.parametrize(
    ("settings", "got"),
    [
        ({"credential": 1}, "a path, or 'default'; got int"),
        ({"credential": "x", "api_key": "y"}, "nothing, beside `api_key`; got a value"),
    ],
)
def test_a_credential_that_cannot_be_meant_is_refused_by_name(
    settings: dict[str, Any], got: str
) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        provider_of({"base_url": AT_HOME, **settings})

    assert wrong.value.message == f"providers.gemini-vertex.credential: expected {got}"


def test_only_those_who_sign_take_a_credential() -> None:
    with pytest.raises(ConfigurationError) as wrong:
        read({"providers": {"openai": {"credential": "default"}}})

    assert wrong.value.message == (
        "providers.openai.credential: expected nothing, but at anthropic-vertex, azure, "
        "azure-deployments, gemini-vertex; got a value"
    )
