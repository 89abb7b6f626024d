"""Requests to Bedrock are signed with AWS's own credentials, where there is no key."""

from pathlib import Path
from typing import Any, Final

import pytest

from dragoman.client.asking import Options, Targets, asked
from dragoman.client.signing import Unsigned
from dragoman.errors import ConfigurationError
from dragoman.providers.aws import bedrock
from dragoman.providers.aws.credentials import Credentials
from dragoman.settings.file import read
from dragoman.settings.providers import configured
from dragoman.transport.protocol import Request
from tests.aws import Played, concluded, silent

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}
NO_FILES: Final = {"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}
ADDRESS = "https://bedrock-runtime.us-east-1.amazonaws.com"


def asking(environ: dict[str, str], *, provider: str = "bedrock", **settings: Any) -> Request:
    """The request as it is sent, where nobody outside this process has to be asked."""
    fields: Any = {
        "model": f"{provider}/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 16,
    }
    written = read({"providers": {provider: {"base_url": ADDRESS, **settings}}})
    providers = configured(written, environ={**NO_FILES, **environ})
    request = asked(fields, Targets(providers), Options()).message
    if not isinstance(request, Unsigned):
        return request
    played = Played(silent)
    found = concluded(request.identity.looked_for(played.now), played)
    return request.signed(found, at=played.time)


def test_the_pages_vector_is_signed_byte_for_byte() -> None:
    body = (
        b'{"messages":[{"role":"user","content":[{"text":"Hi"}]}],'
        b'"inferenceConfig":{"maxTokens":16}}'
    )

    headers = bedrock.signed(
        "POST",
        f"{ADDRESS}/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
        {"content-type": "application/json"},
        body,
        credentials=Credentials("AKIDEXAMPLE", SECRET, source="the test"),
        at=1795404600,
    )

    assert headers["x-amz-date"] == "20261123T033000Z"
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/bedrock/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=052a2722e4ac2ebaf6602d9b085d4f53216f57663f1e902cbce72191ed2b8e9e"
    )


@pytest.mark.parametrize("provider", ["bedrock", "anthropic-bedrock"])
def test_keys_of_the_environment_sign(provider: str) -> None:
    sent = asking({**KEYS, "AWS_SESSION_TOKEN": "session"}, provider=provider)

    assert sent.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/us-east-1/bedrock/aws4_request" in sent.headers["authorization"]
    assert sent.headers["x-amz-security-token"] == "session"
    assert SECRET not in repr(sent)


def test_a_key_of_bedrocks_own_counts_before_them() -> None:
    sent = asking({**KEYS, "AWS_BEARER_TOKEN_BEDROCK": "token"})

    assert sent.headers["authorization"] == "Bearer token"
    assert "x-amz-date" not in sent.headers


def test_at_an_address_that_is_not_awss_nothing_signs_unless_somebody_says_so() -> None:
    elsewhere = "http://127.0.0.1:8000"

    unsigned = asking({}, base_url=elsewhere)
    signed = asking({**KEYS, "AWS_REGION": "eu-west-1"}, base_url=elsewhere)

    assert "authorization" not in unsigned.headers
    assert "/eu-west-1/bedrock/" in signed.headers["authorization"]


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("https://bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
    ],
)
def test_the_region_is_that_of_the_address(address: str, region: str) -> None:
    sent = asking({**KEYS, "AWS_REGION": "us-west-2"}, base_url=address)

    assert sent.url.startswith(address)
    assert f"/{region}/bedrock/" in sent.headers["authorization"]


CONFIG = "[default]\nregion = us-east-2\n[profile work]\nregion = eu-west-1\n"


@pytest.mark.parametrize(
    ("settings", "environ", "region"),
    [
        ({"region": "eu-north-1"}, {"AWS_REGION": "us-west-2"}, "eu-north-1"),
        ({}, {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-1"}, "us-west-2"),
        ({}, {"AWS_DEFAULT_REGION": "us-west-1"}, "us-west-1"),
        ({}, {}, "us-east-2"),
        ({}, {"AWS_PROFILE": "work"}, "eu-west-1"),
        ({"profile": "work"}, {}, "eu-west-1"),
        ({"profile": "work"}, {"AWS_REGION": "us-west-2"}, "us-west-2"),
        ({"region": "cn-north-1"}, {}, "cn-north-1"),
    ],
)
@pytest.mark.parametrize("provider", ["bedrock", "anthropic-bedrock"])
def test_without_an_address_the_region_tells_it(
    settings: Any, environ: dict[str, str], region: str, provider: str, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(CONFIG)
    written = read({"providers": {provider: settings}})

    providers = configured(written, environ={**NO_FILES, "AWS_CONFIG_FILE": str(config), **environ})

    address = providers[provider].row.base_url or ""
    end = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    assert address == f"https://bedrock-runtime.{region}.{end}"


def test_a_region_of_the_environment_is_enough_where_there_are_no_settings() -> None:
    there = configured(environ={"AWS_REGION": "eu-west-1"})
    damaged = configured(environ={"AWS_REGION": "a/b"})

    assert there["bedrock"].row.base_url == "https://bedrock-runtime.eu-west-1.amazonaws.com"
    assert there["bedrock"].identity is not None
    assert damaged["bedrock"].row.base_url is None


def test_without_any_region_the_setting_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"^providers.bedrock.region: expected an AWS re"):
        configured(read({"providers": {"bedrock": {}}}), environ=NO_FILES)

    with pytest.raises(ConfigurationError, match=r"^providers.bedrock.region: expected an AWS re"):
        Targets(configured(environ={})).of("bedrock/m")


def test_a_region_and_a_profile_that_cannot_be_meant_are_refused_by_name() -> None:
    for settings, key in (
        ({"bedrock": {"region": "a/b"}}, "providers.bedrock.region"),
        ({"bedrock": {"region": "a/b", "base_url": ADDRESS}}, "providers.bedrock.region"),
        ({"bedrock": {"profile": "missing"}}, "providers.bedrock.profile"),
        ({"bedrock": {"profile": "x", "api_key": "k"}}, "providers.bedrock.profile"),
        ({"openai": {"region": "eu-west-1"}}, "providers.openai.region"),
        ({"openai": {"profile": "work"}}, "providers.openai.profile"),
        ({"bedrock": {"credential": "default"}}, "providers.bedrock.credential"),
    ):
        with pytest.raises(ConfigurationError) as wrong:
            configured(read({"providers": settings}), environ=NO_FILES)

        assert wrong.value.param == key


def test_a_profile_that_is_set_counts_before_every_key_of_the_environment(tmp_path: Path) -> None:
    shared = tmp_path / "credentials"
    shared.write_text("[work]\naws_access_key_id = AKWORK\naws_secret_access_key = s\n")
    environ = {**KEYS, **NO_FILES, "AWS_SHARED_CREDENTIALS_FILE": str(shared)}
    environ["AWS_BEARER_TOKEN_BEDROCK"] = "token"

    written = read({"providers": {"bedrock": {"profile": "work", "region": "eu-west-1"}}})
    provider = configured(written, environ=environ)["bedrock"]

    assert provider.api_key is None
    assert repr(provider.identity) == "the AWS profile work"


def test_others_like_it_are_signed_for_in_their_own_region() -> None:
    written = read({"providers": {"frankfurt": {"like": "bedrock", "region": "eu-central-1"}}})

    provider = configured(written, environ=KEYS)["frankfurt"]

    assert provider.row.base_url == "https://bedrock-runtime.eu-central-1.amazonaws.com"
    assert provider.identity is not None


def test_an_address_without_a_region_cannot_be_signed_for() -> None:
    with pytest.raises(ConfigurationError, match="bedrock-runtime") as wrong:
        asking(KEYS, base_url="https://proxy.example")

    assert wrong.value.param == "base_url"


def test_nothing_that_is_kept_shows_a_secret() -> None:
    environ = {**KEYS, "AWS_REGION": "eu-west-1"}
    providers = configured(environ=environ)

    signing = [name for name, one in providers.items() if one.identity]
    assert signing == ["anthropic-bedrock", "bedrock"]
    assert SECRET not in repr(providers)
