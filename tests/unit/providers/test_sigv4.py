"""Signature Version 4: documented examples, to the byte."""

import hashlib
from urllib.parse import quote

import pytest

from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.sigv4 import presigned, signed

EXAMPLE = Credentials(
    "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", source="the documentation"
)
IN_SESSION = Credentials(
    EXAMPLE.access_key_id, EXAMPLE.secret_access_key, "a/session+token==", source="a test"
)

AT_2015 = 1440938160.0
"""30 August 2015, 12:36, when all of AWS's own examples are signed."""

AT_2026 = 1795404600.9


def signature(headers: dict[str, str]) -> str:
    return headers["authorization"].rpartition("Signature=")[2]


def test_a_request_to_bedrock_is_signed_as_documented() -> None:
    model = quote("anthropic.claude-sonnet-4-5-20250929-v1:0", safe="")
    body = (
        b'{"messages":[{"role":"user","content":[{"text":"Hi"}]}],'
        b'"inferenceConfig":{"maxTokens":16}}'
    )

    headers = signed(
        "POST",
        f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{model}/converse",
        {"content-type": "application/json"},
        body,
        credentials=EXAMPLE,
        region="us-east-1",
        service="bedrock",
        at=AT_2026,
    )

    assert headers == {
        "content-type": "application/json",
        "x-amz-date": "20261123T033000Z",
        "authorization": "AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20261123/us-east-1/bedrock/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=052a2722e4ac2ebaf6602d9b085d4f53216f57663f1e902cbce72191ed2b8e9e",
    }


def test_a_request_to_iam_is_signed_as_documented() -> None:
    """The worked example of the AWS General Reference."""
    headers = signed(
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        b"",
        credentials=EXAMPLE,
        region="us-east-1",
        service="iam",
        at=AT_2015,
    )

    assert signature(headers) == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"


def test_the_plainest_request_is_signed_as_published() -> None:
    """`get-vanilla` of AWS's test suite."""
    headers = signed(
        "get",
        "https://example.amazonaws.com",
        {},
        b"",
        credentials=EXAMPLE,
        region="us-east-1",
        service="service",
        at=AT_2015,
    )

    assert signature(headers) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"


def to_bedrock(
    *, url: str = "https://b.example/x", credentials: Credentials = EXAMPLE, **headers: str
) -> dict[str, str]:
    return signed(
        "POST",
        url,
        {name.replace("_", "-"): value for name, value in headers.items()},
        b"{}",
        credentials=credentials,
        region="eu-west-1",
        service="bedrock",
        at=AT_2026,
    )


def test_the_token_of_a_session_is_sent_and_signed() -> None:
    headers = to_bedrock(credentials=IN_SESSION)

    assert headers["x-amz-security-token"] == "a/session+token=="
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in headers["authorization"]


def test_a_request_signed_before_is_signed_anew() -> None:
    first = to_bedrock(credentials=IN_SESSION)

    again = to_bedrock(
        credentials=IN_SESSION,
        Authorization=first["authorization"],
        X_Amz_Date="20200101T000000Z",
        X_Amz_Security_Token="old",
    )

    assert again == first


def test_what_may_change_on_the_way_is_sent_and_not_signed() -> None:
    headers = to_bedrock(User_Agent="dragoman", TraceParent="00-1-2-00", accept="*/*")

    assert headers["user-agent"] == "dragoman"
    assert "SignedHeaders=accept;host;x-amz-date," in headers["authorization"]


@pytest.mark.parametrize("url", ["/model/x", "https:///x", "https://h:port/", "https://[::1/"])
def test_a_url_that_leads_nowhere_cannot_be_signed(url: str) -> None:
    with pytest.raises(ValueError, match=r"host|[Pp]ort|IPv6"):
        to_bedrock(url=url)


def test_a_signed_url_carries_its_signature_in_the_query() -> None:
    url = presigned(
        "GET",
        "https://b.example/x?b=2&a=1",
        {},
        b"",
        credentials=IN_SESSION,
        region="eu-west-1",
        service="bedrock",
        at=AT_2026,
        expires_seconds=60,
    )

    start, _, found = url.rpartition("&X-Amz-Signature=")
    assert start == (
        "https://b.example/x?b=2&a=1&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Feu-west-1%2Fbedrock%2Faws4_request"
        "&X-Amz-Date=20261123T033000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
        "&X-Amz-Security-Token=a%2Fsession%2Btoken%3D%3D"
    )
    assert len(bytes.fromhex(found)) == hashlib.sha256().digest_size
