"""Credentials of a container and of an instance, from services that are played."""

import json
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import APIConnectionError, ConfigurationError, Error
from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.aws.metadata import of_container, of_instance
from dragoman.providers.aws.profiles import profile_of
from dragoman.providers.wishes import Absent, Fetched
from tests.aws import NOW, Asked, Played, concluded, judged, silent, told

SECRETS = {"AccessKeyId": "ASIA1", "SecretAccessKey": "hush/hush", "Token": "tok=="}
FOUND = ("ASIA1", "hush/hush", "tok==")
TOMORROW = "2026-11-25T12:00:00Z"
RELATIVE = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/uuid?x=1"}
NOBODY = profile_of(None, config=None, shared=None)


def body(**changes: Any) -> bytes:
    return json.dumps({**SECRETS, "Expiration": TOMORROW, **changes}).encode()


def instance(asked: Asked) -> Fetched | None:
    """An EC2 instance with a role, and version 2 of its service only."""
    if asked.path == "/latest/api/token":
        return Fetched(200, b"imds-token") if asked.method == "PUT" else Fetched(405, b"")
    if asked.headers.get("x-aws-ec2-metadata-token") != "imds-token":
        return Fetched(401, b"")
    return {
        "/latest/meta-data/iam/security-credentials/": Fetched(200, b"my-role"),
        "/latest/meta-data/iam/security-credentials/my-role": Fetched(200, body(Code="Success")),
    }.get(asked.path, Fetched(404, b""))


# Containers


def test_a_container_of_ecs_asks_the_address_of_all_tasks() -> None:
    played = Played(lambda _: Fetched(200, body(RoleArn="arn:aws:iam::1:role/x")))

    found = concluded(of_container(RELATIVE, now=played.now), played)

    (fetch,) = played.fetches
    assert found is not None
    assert told(found) == FOUND
    assert found.expires_at == NOW + 86400
    assert fetch.url == "http://169.254.170.2/v2/credentials/uuid?x=1"
    assert fetch.headers == {"accept": "application/json"}
    assert fetch.direct


def test_a_pod_of_eks_sends_the_token_of_its_file_each_time() -> None:
    played = Played(lambda _: Fetched(200, body()), files={"/var/token": "jwt\n"})
    environ = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/var/token",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another",
    }

    concluded(of_container(environ, now=played.now), played)
    played.files = {"/var/token": "newer"}
    concluded(of_container(environ, now=played.now), played)

    assert [one.headers["authorization"] for one in played.asked] == ["jwt", "newer"]


def test_a_container_asks_as_botocore_does(tmp_path: Path) -> None:
    def script(asked: Asked) -> Fetched:
        return Fetched(200, body())

    environ = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "{service}/v1/credentials?a=b",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic abc",
    }
    theirs = judged(environ, tmp_path, script=script)

    played = Played(script)
    url = environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"].format(service="http://127.0.0.1:1")
    ours = concluded(
        of_container({**environ, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url}, now=played.now), played
    )

    assert ours is not None
    assert told(ours) == theirs.credentials
    assert ours.expires_at == theirs.expires_at
    assert played.asked == theirs.asked


def test_no_container_is_asked_where_the_environment_names_none() -> None:
    played = Played(silent)

    assert concluded(of_container({}, now=played.now), played) is None
    assert played.fetches == []


@pytest.mark.parametrize(
    "url",
    [
        "https://anywhere.example/x",
        "http://127.0.0.1:8080/x",
        "http://127.9.9.9/x",
        "http://[::1]/x",
        "HTTP://LOCALHOST/x",
        "http://169.254.170.2/x",
        "http://[fd00:ec2::23]/x",
    ],
)
def test_a_container_may_be_asked_by_tls_or_nearby(url: str) -> None:
    played = Played(lambda _: Fetched(200, body()))

    concluded(of_container({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}, now=played.now), played)

    assert [fetch.url for fetch in played.fetches] == [url]


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://anywhere.example/x"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1@anywhere.example/x"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost.anywhere.example/x"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "ftp://127.0.0.1/"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[::1/"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "/relative"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@anywhere.example/"},
        {**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nx: y"},
        {**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "é"},
        {**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/missing"},
        {**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/empty"},
        {**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/lines"},
    ],
)
def test_a_container_that_cannot_be_meant_is_refused_by_name(environ: dict[str, str]) -> None:
    played = Played(silent, files={"/empty": " \n", "/lines": "a\nb"})

    with pytest.raises(ConfigurationError, match=r"^AWS_CONTAINER_"):
        concluded(of_container(environ, now=played.now), played)

    assert played.fetches == []


def test_a_service_that_fails_is_asked_three_times_in_three_seconds() -> None:
    played = Played(silent)

    with pytest.raises(APIConnectionError, match="no answer") as caught:
        concluded(of_container(RELATIVE, now=played.now), played)

    assert len(played.fetches) == 3
    assert played.waits == [1.0, 1.0]
    assert caught.value.attempt_class == "not_sent"
    assert caught.value.retryable


def test_a_service_that_fails_for_a_moment_is_believed_then() -> None:
    answers = iter([Fetched(503, b""), None, Fetched(200, body())])
    played = Played(lambda _: next(answers))

    found = concluded(of_container(RELATIVE, now=played.now), played)

    assert found is not None


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (Fetched(403, b"hush/hush"), ConfigurationError, "status 403$"),
        (Fetched(429, b"hush/hush"), APIConnectionError, "status 429$"),
        (Fetched(500, b"hush/hush"), APIConnectionError, "status 500$"),
        (Fetched(200, b"hush/hush"), APIConnectionError, "holds none"),
        (Fetched(200, b"[" * 100_000), APIConnectionError, "holds none"),
        (Fetched(200, b"[" * 60_000), APIConnectionError, "holds none"),
        (Fetched(200, b'{"AccessKeyId":"\xff"}'), APIConnectionError, "holds none"),
        (Fetched(200, b'{"code":"x","message":"y"}'), APIConnectionError, "holds none"),
        (Fetched(200, body(AccessKeyId="")), APIConnectionError, "holds none"),
        (Fetched(200, body(SecretAccessKey=1)), APIConnectionError, "holds none"),
        (Fetched(200, body(Expiration="soon")), APIConnectionError, "holds none"),
        (Fetched(200, body(x="y" * 70_000)), APIConnectionError, "holds none"),
        (Fetched(200, body(Expiration="2026-11-24T11:59:59Z")), APIConnectionError, "expired"),
    ],
)
def test_an_answer_without_credentials_is_an_error_that_shows_none_of_it(
    answer: Fetched, kind: type[Error], says: str
) -> None:
    played = Played(lambda _: answer)

    with pytest.raises(kind, match=f"container's service.*{says}") as caught:
        concluded(of_container(RELATIVE, now=played.now), played)

    assert "hush" not in str(caught.value)


def test_a_service_of_ones_own_may_give_credentials_without_an_end() -> None:
    played = Played(lambda _: Fetched(200, b'{"AccessKeyId":"A","SecretAccessKey":"B"}'))

    found = concluded(of_container(RELATIVE, now=played.now), played)

    assert found is not None
    assert (told(found), found.expires_at) == (("A", "B", None), None)


# Instances


def test_an_instance_is_asked_for_a_token_a_role_and_its_credentials() -> None:
    played = Played(instance)

    found = concluded(of_instance({}, NOBODY, now=played.now), played)

    assert isinstance(found, Credentials)
    assert told(found) == FOUND
    assert [(one.method, one.path) for one in played.asked] == [
        ("PUT", "/latest/api/token"),
        ("GET", "/latest/meta-data/iam/security-credentials/"),
        ("GET", "/latest/meta-data/iam/security-credentials/my-role"),
    ]
    assert {fetch.url[:23] for fetch in played.fetches} == {"http://169.254.169.254/"}
    assert all(fetch.direct and fetch.timeout_seconds == 1.0 for fetch in played.fetches)


def test_an_instance_is_asked_as_botocore_asks_it(tmp_path: Path) -> None:
    far = Fetched(200, body(Code="Success", Expiration="2099-01-01T00:00:00Z"))

    def script(asked: Asked) -> Fetched | None:
        return far if asked.path.endswith("/my-role") else instance(asked)

    theirs = judged({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{service}/"}, tmp_path, script=script)

    played = Played(script)
    environ = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1/"}
    ours = concluded(of_instance(environ, NOBODY, now=played.now), played)

    assert isinstance(ours, Credentials)
    assert told(ours) == theirs.credentials
    assert ours.expires_at == theirs.expires_at
    assert played.asked == theirs.asked


@pytest.mark.parametrize(
    "token",
    [
        None,
        Fetched(404, b""),
        Fetched(403, b""),
        Fetched(400, b""),
        Fetched(500, b""),
        Fetched(200, b""),
        Fetched(200, b"a\r\nx: y"),
        Fetched(200, b"\xff"),
        Fetched(200, b"x" * 70_000),
    ],
)
def test_where_no_token_is_given_nothing_more_is_asked(token: Fetched | None) -> None:
    played = Played(lambda _: token)

    assert isinstance(concluded(of_instance({}, NOBODY, now=played.now), played), Absent)
    assert len(played.asked) == 1


@pytest.mark.parametrize("role", [Fetched(404, b"<html>"), Fetched(200, b" \n")])
def test_an_instance_without_a_role_has_no_credentials(role: Fetched) -> None:
    played = Played(lambda asked: instance(asked) if asked.method == "PUT" else role)

    assert isinstance(concluded(of_instance({}, NOBODY, now=played.now), played), Absent)


@pytest.mark.parametrize(
    "answer",
    [
        Fetched(404, b""),
        Fetched(200, b'{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume"}'),
        Fetched(200, body(Token=None)),
        Fetched(200, body(Expiration=None)),
        Fetched(200, b"x" * 100),
    ],
)
def test_a_role_without_credentials_gives_none(answer: Fetched) -> None:
    played = Played(lambda one: answer if one.path.endswith("/my-role") else instance(one))

    assert isinstance(concluded(of_instance({}, NOBODY, now=played.now), played), Absent)


@pytest.mark.parametrize("place", ["credentials/", "my-role"])
@pytest.mark.parametrize("answer", [None, Fetched(500, b""), Fetched(429, b"")])
def test_a_service_that_is_there_and_fails_may_answer_later(
    place: str, answer: Fetched | None
) -> None:
    played = Played(lambda one: answer if one.path.endswith(place) else instance(one))

    with pytest.raises(APIConnectionError, match="instance's service") as caught:
        concluded(of_instance({}, NOBODY, now=played.now), played)

    assert caught.value.retryable


def test_the_name_of_a_role_stays_within_its_path() -> None:
    def script(one: Asked) -> Fetched | None:
        if one.path.endswith("credentials/"):
            return Fetched(200, b"../../user data?x=\xe9#\nsecond")
        return instance(one)

    played = Played(script)

    assert isinstance(concluded(of_instance({}, NOBODY, now=played.now), played), Absent)
    assert played.asked[-1].path == (
        "/latest/meta-data/iam/security-credentials/..%2F..%2Fuser%20data%3Fx=%C3%A9%23"
    )


def test_credentials_about_to_end_are_asked_for_again_in_five_minutes() -> None:
    answer = Fetched(200, body(Expiration="2026-11-24T12:10:00Z"))
    played = Played(lambda one: answer if one.path.endswith("/my-role") else instance(one))

    found = concluded(of_instance({}, NOBODY, now=played.now), played)

    assert isinstance(found, Credentials)
    assert found.expires_at == NOW + 20 * 60


@pytest.mark.parametrize(
    ("environ", "config", "url"),
    [
        ({}, None, "http://169.254.169.254/latest"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, None, "http://[fd00:ec2::254]/latest"),
        (
            {},
            "[default]\nec2_metadata_service_endpoint_mode = ipv6\n",
            "http://[fd00:ec2::254]/latest",
        ),
        (
            {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://h:81/"},
            "[default]\nec2_metadata_service_endpoint = http://other\n",
            "http://h:81/latest",
        ),
        ({}, "[default]\nec2_metadata_service_endpoint = http://h\n", "http://h/latest"),
    ],
)
def test_the_service_of_an_instance_may_be_elsewhere(
    environ: dict[str, str], config: str | None, url: str
) -> None:
    played = Played(silent)
    profile = profile_of(None, config=config, shared=None)

    concluded(of_instance(environ, profile, now=played.now), played)

    assert played.fetches[0].url == f"{url}/api/token"


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "h:81"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://[::1"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv5"},
    ],
)
def test_a_service_that_cannot_be_meant_is_refused_by_name(environ: dict[str, str]) -> None:
    played = Played(silent)

    with pytest.raises(ConfigurationError, match=r"^AWS_EC2_METADATA_SERVICE_ENDPOINT"):
        concluded(of_instance(environ, NOBODY, now=played.now), played)


def test_an_instance_is_not_asked_where_that_is_forbidden() -> None:
    played = Played(instance)
    environ = {"AWS_EC2_METADATA_DISABLED": "TRUE"}

    assert isinstance(concluded(of_instance(environ, NOBODY, now=played.now), played), Absent)
    assert played.asked == []
