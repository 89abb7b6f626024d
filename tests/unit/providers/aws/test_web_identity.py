"""Credentials from STS for the token of another identity, from a service that is played."""

import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import APIConnectionError, ConfigurationError, Error
from dragoman.providers.aws.profiles import profile_of
from dragoman.providers.aws.web_identity import endpoint, of_web_identity
from dragoman.providers.wishes import Fetched
from tests.aws import NOW, Asked, Played, concluded, judged, told

TOKEN = "eyJhbGciOi.a+b/c==&d"
ENVIRON = {
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/token",
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/Bedrock+Caller",
    "AWS_ROLE_SESSION_NAME": "pod@node",
}
ANSWER = """\
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>system:serviceaccount:a:b</SubjectFromWebIdentityToken>
    <Audience>sts.amazonaws.com</Audience>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/Bedrock+Caller/pod@node</Arn>
      <AssumedRoleId>AROA:pod@node</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>AQoDYXdzEE0a8ANXXXX&amp;NO1ewxE5TijQyp+IEXAMPLE==</SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <Expiration>2026-11-24T13:00:00Z</Expiration>
      <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
    <Provider>arn:aws:iam::123456789012:oidc-provider/x</Provider>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>ad4156e9</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>
"""
FOUND = (
    "ASgeIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY",
    "AQoDYXdzEE0a8ANXXXX&NO1ewxE5TijQyp+IEXAMPLE==",
)
NOBODY = profile_of(None, config=None, shared=None)


def playing(*answers: Fetched | None) -> Played:
    left = list(answers)
    return Played(
        lambda _: left.pop(0) if len(left) > 1 else left[0], files={"/var/token": f"{TOKEN}\n"}
    )


def refused(code: str, status: int = 400) -> Fetched:
    text = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>hush, hush</Message></Error></ErrorResponse>"
    )
    return Fetched(status, text.encode())


def test_the_token_is_given_for_the_credentials_of_its_role() -> None:
    played = playing(Fetched(200, ANSWER.encode()))

    found = concluded(of_web_identity(ENVIRON, NOBODY, region="eu-west-1", now=played.now), played)

    (fetch,) = played.fetches
    assert found is not None
    assert told(found) == FOUND
    assert found.expires_at == NOW + 3600
    assert (fetch.method, fetch.url) == ("POST", "https://sts.eu-west-1.amazonaws.com/")
    assert fetch.headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
    assert not fetch.direct
    assert parse_qs(fetch.body.decode()) == {
        "Action": ["AssumeRoleWithWebIdentity"],
        "Version": ["2011-06-15"],
        "RoleArn": [ENVIRON["AWS_ROLE_ARN"]],
        "RoleSessionName": ["pod@node"],
        "WebIdentityToken": [TOKEN],
    }


def test_sts_is_asked_as_botocore_asks_it(tmp_path: Path) -> None:
    def script(_: Asked) -> Fetched:
        far = re.sub("2026-11-24", "2099-01-01", ANSWER)
        return Fetched(200, far.encode())

    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    environ = {**ENVIRON, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    theirs = judged(
        {**environ, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL_STS": "{service}"},
        tmp_path,
        script=script,
    )

    played = Played(script, files={environ["AWS_WEB_IDENTITY_TOKEN_FILE"]: TOKEN})
    ours = concluded(of_web_identity(environ, NOBODY, region="eu-west-1", now=played.now), played)

    assert ours is not None
    assert told(ours) == theirs.credentials
    assert ours.expires_at == theirs.expires_at
    assert played.asked == theirs.asked


def test_a_session_without_a_name_gets_one() -> None:
    played = playing(Fetched(200, ANSWER.encode()))
    environ = {**ENVIRON, "AWS_ROLE_SESSION_NAME": ""}

    concluded(of_web_identity(environ, NOBODY, region=None, now=played.now), played)

    assert played.asked[0].form["RoleSessionName"] == "dragoman-1795521600"


def test_a_profile_may_name_the_token() -> None:
    config = "[profile ci]\nweb_identity_token_file = /var/token\nrole_arn = arn:x\n"
    played = playing(Fetched(200, ANSWER.encode()))

    concluded(
        of_web_identity(
            {"AWS_ROLE_ARN": "arn:environment"},
            profile_of("ci", config=config, shared=None),
            region=None,
            now=played.now,
        ),
        played,
    )

    assert played.asked[0].form["RoleArn"] == "arn:environment"


@pytest.mark.parametrize("environ", [{}, {"AWS_ROLE_ARN": "arn:x"}])
def test_without_a_token_nobody_is_asked(environ: dict[str, str]) -> None:
    played = playing(None)

    assert concluded(of_web_identity(environ, NOBODY, region=None, now=played.now), played) is None
    assert played.asked == []


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"AWS_ROLE_ARN": ""}, "AWS_ROLE_ARN"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/missing"}, "AWS_WEB_IDENTITY_TOKEN_FILE"),
    ],
)
def test_what_is_missing_is_refused_by_name(changes: dict[str, str], key: str) -> None:
    played = playing(None)

    with pytest.raises(ConfigurationError, match=f"^{key}: expected") as caught:
        concluded(
            of_web_identity({**ENVIRON, **changes}, NOBODY, region=None, now=played.now), played
        )

    assert caught.value.param == key


def test_a_region_has_its_own_service() -> None:
    assert [endpoint(region) for region in (None, "us-east-1", "cn-north-1")] == [
        "https://sts.amazonaws.com/",
        "https://sts.us-east-1.amazonaws.com/",
        "https://sts.cn-north-1.amazonaws.com.cn/",
    ]


@pytest.mark.parametrize(
    ("answer", "attempts", "kind", "says"),
    [
        (refused("AccessDenied", 403), 1, ConfigurationError, "status 403 AccessDenied$"),
        (refused("ExpiredTokenException"), 1, ConfigurationError, "400 ExpiredTokenException$"),
        (refused("IDPCommunicationError"), 3, APIConnectionError, "400 IDPCommunicationError$"),
        (refused("hush hush"), 1, ConfigurationError, "status 400$"),
        (Fetched(302, b""), 1, ConfigurationError, "status 302$"),
        (Fetched(503, b"hush"), 3, APIConnectionError, "status 503$"),
        (None, 3, APIConnectionError, "no answer$"),
    ],
)
def test_a_refusal_tells_its_code_and_nothing_else(
    answer: Fetched | None, attempts: int, kind: type[Error], says: str
) -> None:
    played = playing(answer)

    with pytest.raises(kind, match=f"from STS.*{says}") as caught:
        concluded(of_web_identity(ENVIRON, NOBODY, region=None, now=played.now), played)

    assert len(played.asked) == attempts
    assert caught.value.retryable is (attempts == 3)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        ANSWER[:-20],
        re.sub("<SessionToken>.*</SessionToken>", "", ANSWER),
        re.sub("<AccessKeyId>.*</AccessKeyId>", "<AccessKeyId/>", ANSWER),
        re.sub("<Expiration>.*</Expiration>", "<Expiration>soon</Expiration>", ANSWER),
        re.sub("Credentials>", "Others>", ANSWER),
        f"<!DOCTYPE x>{ANSWER}",
        ANSWER + " " * 70_000,
        "<a>" * 20_000,
        "<a>" * 8_000 + "</a>" * 8_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "\x00",
    ],
)
def test_what_is_no_answer_of_sts_gives_no_credentials(text: str) -> None:
    played = playing(Fetched(200, text.encode()))

    with pytest.raises(APIConnectionError, match="holds none"):
        concluded(of_web_identity(ENVIRON, NOBODY, region=None, now=played.now), played)


def test_no_entity_is_expanded() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
        '<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ) + ANSWER.replace("&amp;", "&b;&x;")

    for body in (bomb.encode(), bomb.encode("utf-16"), bomb.encode("utf-7")):
        played = playing(Fetched(200, body))
        with pytest.raises(APIConnectionError, match="holds none"):
            concluded(of_web_identity(ENVIRON, NOBODY, region=None, now=played.now), played)


def test_no_declared_encoding_hides_an_entity() -> None:
    hidden = '<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE a+AD4-' + ANSWER
    played = playing(Fetched(200, hidden.encode()))

    with pytest.raises(APIConnectionError, match="holds none"):
        concluded(of_web_identity(ENVIRON, NOBODY, region=None, now=played.now), played)


def test_credentials_that_have_ended_are_none() -> None:
    played = playing(Fetched(200, ANSWER.replace("T13:", "T11:").encode()))

    with pytest.raises(APIConnectionError, match="expired"):
        concluded(of_web_identity(ENVIRON, NOBODY, region=None, now=played.now), played)


@given(
    status=st.sampled_from([200, 400, 403, 500]),
    body=st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.tuples(st.integers(0, len(ANSWER)), st.text("<>/&;![]x", max_size=5)).map(
        lambda at: (ANSWER[: at[0]] + at[1] + ANSWER[at[0] :]).encode()
    ),
)
def test_whatever_is_answered_no_other_error_comes_of_it(status: int, body: bytes) -> None:
    played = playing(Fetched(status, body))

    try:
        found = concluded(of_web_identity(ENVIRON, NOBODY, region=None, now=played.now), played)
    except (APIConnectionError, ConfigurationError):
        return
    assert found is not None
    assert all(told(found))
