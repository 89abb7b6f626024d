"""Whose credentials count, in which order; the judge of all of it is botocore."""

import json

import pytest

from dragoman.errors import ConfigurationError
from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.aws.resolving import bearer_token, resolved
from dragoman.providers.wishes import Fetched
from tests.aws import NOW, Asked, Played, Script, concluded, silent, told

KEYS = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "secret-env"}
SHARED = "[default]\naws_access_key_id = AKSHARED\naws_secret_access_key = secret-shared\n"
CONFIG = "[default]\naws_access_key_id = AKCONFIG\naws_secret_access_key = secret-config\n"
WEB = {
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/token",
    "AWS_ROLE_ARN": "arn:aws:iam::1:role/x",
    "AWS_REGION": "eu-west-1",
}
CONTAINER = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}


def answer(asked: Asked) -> Fetched:
    """Every service is there, and names itself in the key."""
    if asked.method == "PUT":
        return Fetched(200, b"token")
    if asked.path.endswith("security-credentials/"):
        return Fetched(200, b"role")
    name = "AKCONTAINER" if asked.path == "/x" else "AKINSTANCE"
    found = {"AccessKeyId": name, "SecretAccessKey": "s", "Token": "t"}
    return Fetched(200, json.dumps({**found, "Expiration": "2026-11-25T12:00:00Z"}).encode())


def sts(_: Asked) -> Fetched:
    return Fetched(
        200,
        b"<r><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKWEB</AccessKeyId>"
        b"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        b"<Expiration>2026-11-25T12:00:00Z</Expiration></Credentials>"
        b"</AssumeRoleWithWebIdentityResult></r>",
    )


def everywhere(asked: Asked) -> Fetched:
    return sts(asked) if asked.method == "POST" else answer(asked)


def found(
    environ: dict[str, str],
    *,
    config: str | None = None,
    shared: str | None = None,
    profile: str | None = None,
) -> Credentials:
    played = Played(everywhere, files={"/var/token": "jwt"})
    return concluded(
        resolved(environ, now=played.now, config=config, shared=shared, profile=profile), played
    )


def test_the_places_are_looked_at_in_order() -> None:
    in_order = [
        found({**KEYS, **WEB, **CONTAINER}, config=CONFIG, shared=SHARED),
        found({**WEB, **CONTAINER}, config=CONFIG, shared=SHARED),
        found(CONTAINER, config=CONFIG, shared=SHARED),
        found(CONTAINER, config=CONFIG),
        found(CONTAINER),
        found({}),
    ]

    assert [(one.access_key_id, one.source) for one in in_order] == [
        ("AKENV", "the environment"),
        ("AKWEB", "STS"),
        ("AKSHARED", "the profile default"),
        ("AKCONFIG", "the profile default"),
        ("AKCONTAINER", "the container's service"),
        ("AKINSTANCE", "the instance's service"),
    ]


def test_a_profile_that_the_operator_asked_for_counts_before_the_environment() -> None:
    one = found({**KEYS, **WEB}, shared=SHARED, profile="default")

    assert one.access_key_id == "AKSHARED"


def test_a_profile_that_the_environment_names_counts_after_its_keys() -> None:
    shared = SHARED.replace("default", "work")

    with_keys = found({**KEYS, "AWS_PROFILE": "work"}, shared=shared)
    without = found({"AWS_PROFILE": "work"}, shared=shared)

    assert [with_keys.access_key_id, without.access_key_id] == ["AKENV", "AKSHARED"]


def test_keys_of_the_environment_may_be_of_a_session_and_end() -> None:
    one = found(
        {**KEYS, "AWS_SESSION_TOKEN": "t", "AWS_CREDENTIAL_EXPIRATION": "2026-11-24T12:00:05Z"}
    )

    assert told(one) == ("AKENV", "secret-env", "t")
    assert one.expires_at == NOW + 5


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKENV"}, "AWS_SECRET_ACCESS_KEY"),
        ({**KEYS, "AWS_CREDENTIAL_EXPIRATION": "soon"}, "AWS_CREDENTIAL_EXPIRATION"),
        ({**KEYS, "AWS_SECRET_ACCESS_KEY": "secret\r"}, "AWS_SECRET_ACCESS_KEY"),
        ({**KEYS, "AWS_SESSION_TOKEN": "\udcff"}, "AWS_SESSION_TOKEN"),
        ({**WEB, "AWS_ROLE_ARN": "arn:\udcff"}, "AWS_ROLE_ARN"),
        ({"AWS_PROFILE": "missing"}, "AWS_PROFILE"),
        ({"AWS_REGION": "a/b"}, "AWS_REGION"),
    ],
)
def test_a_variable_that_cannot_be_meant_is_refused_by_name(
    environ: dict[str, str], key: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^{key}: expected") as caught:
        found(environ)

    assert caught.value.param == key


@pytest.mark.parametrize("key", ["aws_access_key_id", "aws_secret_access_key"])
def test_half_a_key_in_a_file_is_refused_by_name(key: str) -> None:
    lines = [line.partition("=")[0] + "=" if key in line else line for line in SHARED.splitlines()]

    with pytest.raises(ConfigurationError, match=f"the profile default: {key}: expected"):
        found({}, shared="\n".join(lines))


@pytest.mark.parametrize(
    "setting",
    [
        "role_arn = arn:aws:iam::1:role/x\nsource_profile = other",
        "sso_account_id = 1\nsso_role_name = x\nsso_session = y",
        "login_session = arn:aws:iam::1:user/x",
        "credential_process = /bin/get --secret hush",
    ],
)
def test_what_is_not_supported_is_refused_by_name_before_anybody_is_asked(setting: str) -> None:
    key = setting.partition(" ")[0]

    with pytest.raises(ConfigurationError, match=f"profile default: {key}: not supp") as caught:
        found(CONTAINER, config=f"{CONFIG}{setting}\n")

    assert "hush" not in str(caught.value)


def test_a_command_for_credentials_is_not_needed_where_the_file_has_them() -> None:
    one = found({}, config="[default]\ncredential_process = /bin/get\n", shared=SHARED)

    assert one.access_key_id == "AKSHARED"


def instance_says(answer: Fetched | None, role: bytes = b"role") -> Script:
    """An instance's service: what it says of the token, or of the role once it gave one."""

    def script(asked: Asked) -> Fetched | None:
        if asked.method == "PUT" or asked.path == "/x":
            return answer
        return Fetched(200, role) if asked.path.endswith("credentials/") else Fetched(404, b"")

    return script


@pytest.mark.parametrize(
    ("environ", "script", "why"),
    [
        ({}, silent, "the instance's service gave no answer"),
        ({}, instance_says(Fetched(404, b"")), "the instance's service gave status 404"),
        ({}, instance_says(Fetched(200, b"")), "the instance's service gave no token"),
        ({}, instance_says(Fetched(200, b"t"), role=b""), "the instance has no role"),
        ({}, instance_says(Fetched(200, b"t")), "the instance's role has no credentials"),
        (
            {"AWS_EC2_METADATA_DISABLED": "true"},
            silent,
            "the instance's service is not asked, since AWS_EC2_METADATA_DISABLED says so",
        ),
    ],
)
def test_where_there_are_none_each_place_is_told_and_why(
    environ: dict[str, str], script: Script, why: str
) -> None:
    played = Played(script)

    with pytest.raises(ConfigurationError) as caught:
        concluded(resolved(environ, now=played.now), played)

    assert caught.value.message == (
        "AWS credentials: expected some; got none: AWS_ACCESS_KEY_ID is not set; "
        "AWS_WEB_IDENTITY_TOKEN_FILE is not set; there are no AWS files; "
        f"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set; {why}"
    )


def test_a_profile_without_a_key_is_told_and_what_was_not_looked_at_is_not() -> None:
    played = Played(silent)
    config = "[profile work]\nregion = eu-west-1\n"

    with pytest.raises(ConfigurationError) as caught:
        concluded(resolved(KEYS, now=played.now, config=config, profile="work"), played)

    assert caught.value.message == (
        "AWS credentials: expected some; got none: the profile work holds no key; "
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set; "
        "the instance's service gave no answer"
    )


def test_a_profile_that_the_operator_asked_for_and_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"^profile: expected .* got 'missing'"):
        found({}, profile="missing")


@pytest.mark.parametrize(
    ("environ", "token"),
    [
        ({}, None),
        ({"AWS_BEARER_TOKEN_BEDROCK": ""}, None),
        ({"AWS_BEARER_TOKEN_BEDROCK": "k"}, "k"),
    ],
)
def test_bedrock_has_keys_of_its_own(environ: dict[str, str], token: str | None) -> None:
    assert bearer_token(environ) == token
