"""Requests to Bedrock are signed with AWS's own credentials, where there is no key."""

from typing import Any

import pytest

from dragoman.client.asking import Options, Targets, asked
from dragoman.errors import ConfigurationError
from dragoman.providers.aws import bedrock
from dragoman.providers.aws.credentials import Credentials
from dragoman.settings.file import read
from dragoman.settings.providers import configured
from dragoman.transport.protocol import Request

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}
ADDRESS = "https://bedrock-runtime.us-east-1.amazonaws.com"


def asking(
    environ: dict[str, str], *, provider: str = "bedrock", address: str = ADDRESS
) -> Request:
    fields: Any = {
        "model": f"{provider}/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 16,
    }
    settings = read({"providers": {provider: {"base_url": address}}})
    providers = configured(settings, environ=environ)
    return asked(fields, Targets(providers), Options()).message


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


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"},
        {**KEYS, "AWS_SESSION_TOKEN": "of\ntwo lines"},
    ],
)
def test_without_keys_that_can_be_used_nothing_signs(environ: dict[str, str]) -> None:
    assert "authorization" not in asking(environ).headers


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("https://bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
    ],
)
def test_the_region_is_that_of_the_address(address: str, region: str) -> None:
    assert f"/{region}/bedrock/" in asking(KEYS, address=address).headers["authorization"]


def test_an_address_without_a_region_cannot_be_signed_for() -> None:
    with pytest.raises(ConfigurationError, match="bedrock-runtime") as wrong:
        asking(KEYS, address="https://proxy.example")

    assert wrong.value.param == "base_url"


def test_others_are_asked_as_before() -> None:
    providers = configured(environ=KEYS)

    assert [name for name, one in providers.items() if one.aws] == ["anthropic-bedrock", "bedrock"]
    assert SECRET not in repr(providers)
