"""Requests are signed as botocore signs them, byte for byte.

botocore asks its own clock, so each request is signed at the instant that botocore took.
"""

import calendar
import time
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.sigv4 import presigned, signed

KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ascii_words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=12)
models = st.sampled_from(
    [
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us.amazon.nova-pro-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-x:0",
        "arn:aws:sagemaker:eu-west-1:1:endpoint/a b",
    ]
)
segments = st.one_of(
    words.map(lambda word: quote(word, safe="")),
    models.map(lambda model: quote(model, safe="")),
    ascii_words.map(lambda word: word.replace("?", "").replace("#", "")),
    st.sampled_from(["", ".", "..", "%", "%25", "~", "a b", "é", "ሴ", "converse-stream"]),
)
paths = st.lists(segments, max_size=5).map(lambda found: "/" + "/".join(found))
names = words.map(lambda word: quote(word, safe=""))
pairs = st.tuples(names, st.sampled_from(["", "="]), names).map(
    lambda pair: pair[0] + pair[1] + (pair[2] if pair[1] else "")
)
queries = st.lists(pairs, max_size=5).map("&".join)
hosts = st.sampled_from(
    [
        "https://bedrock-runtime.us-east-1.amazonaws.com",
        "https://Bedrock.Example:443",
        "http://127.0.0.1:8080",
        "http://localhost:80",
        "https://[fd00:ec2::23]:8443",
    ]
)
urls = st.builds(
    lambda host, path, query: host + path + (f"?{query}" if query else ""), hosts, paths, queries
)

tokens = st.text("abcXYZ-09", min_size=1, max_size=8).filter(
    lambda name: name.lower() not in ("date", "host")
)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=15)
usual = st.sampled_from(["Content-Type", "X-Amzn-Trace-Id", "User-Agent", "Accept", "TE", "accept"])
headers = st.dictionaries(tokens | usual, values, max_size=5)
sessions = st.none() | st.text("abc/+=", min_size=1, max_size=20)
places = st.sampled_from([("us-east-1", "bedrock"), ("eu-central-1", "sts"), ("x", "service")])


def theirs(
    signer: Any, method: str, url: str, headers: dict[str, str], body: bytes
) -> tuple[AWSRequest, float]:
    """A request as botocore signs it, and the instant at which it did."""
    request = AWSRequest(method=method, url=url, headers=headers, data=body)
    signer.add_auth(request)
    at = time.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ")
    return request, float(calendar.timegm(at))


@given(
    method=st.sampled_from(["GET", "POST", "put"]),
    url=urls,
    headers=headers,
    body=st.binary(max_size=40),
    session=sessions,
    place=places,
)
@example("GET", "https://h//a/./b/../c//?b=2&a=1&a&b=1", {"A": " x  y "}, b"", "t", ("x", "y"))
@example("GET", "https://h/%2e%2E/..", {"b": "1", "B": " 2 "}, b"", None, ("x", "y"))
def test_headers_are_signed_as_botocore_signs_them(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    session: str | None,
    place: tuple[str, str],
) -> None:
    region, service = place
    signer = SigV4Auth(TheirCredentials(*KEY, session), service, region)
    request, at = theirs(signer, method, url, headers, body)

    ours = signed(
        method,
        url,
        headers,
        body,
        credentials=Credentials(*KEY, session, source="a test"),
        region=region,
        service=service,
        at=at,
    )

    for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
        assert ours.get(name.lower()) == request.headers.get(name)
    assert ours.keys() == {name.lower() for name in request.headers}


plain_names = st.text("abcXYZ-._~09", min_size=1, max_size=8)
plain_queries = st.dictionaries(plain_names, names, max_size=4).map(
    lambda table: "&".join(f"{name}={value}" for name, value in table.items())
)


@given(host=hosts, path=paths, query=plain_queries, headers=headers, session=sessions, place=places)
def test_urls_are_signed_as_botocore_signs_them(
    host: str,
    path: str,
    query: str,
    headers: dict[str, str],
    session: str | None,
    place: tuple[str, str],
) -> None:
    region, service = place
    url = host + path + (f"?{query}" if query else "")
    signer = SigV4QueryAuth(TheirCredentials(*KEY, session), service, region, expires=60)
    request, at = theirs(signer, "GET", url, headers, b"")

    ours = presigned(
        "GET",
        url,
        headers,
        b"",
        credentials=Credentials(*KEY, session, source="a test"),
        region=region,
        service=service,
        at=at,
        expires_seconds=60,
    )

    assert ours == request.url
