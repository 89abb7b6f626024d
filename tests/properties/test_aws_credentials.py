"""What stands in the environment and in the files is found as botocore finds it.

Nobody is asked over a network here, and nothing is refused that botocore would have to ask. Beside
that: whatever the environment, the files and the services say, no error comes of it but ours.
"""

import json
import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.errors import ConfigurationError, Error
from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.aws.resolving import resolved
from dragoman.providers.sigv4 import signed
from dragoman.providers.wishes import Fetched
from tests.aws import Played, concluded, judged, silent, told

Found = tuple[str, str, str | None] | None

values = st.text("abc=%#", min_size=1, max_size=4)


def some(*keys: str) -> st.SearchStrategy[dict[str, str]]:
    """A table that has all of these, as a rule."""
    whole = st.fixed_dictionaries(dict.fromkeys(keys, values))
    return whole | whole | st.dictionaries(st.sampled_from(keys), st.just("") | values)


def merged(*tables: dict[str, str]) -> dict[str, str]:
    return {key: value for table in tables for key, value in table.items()}


names = st.sampled_from(["default", "work", "a b"])
environs = st.builds(
    merged,
    st.just({}) | some("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    st.just({}) | some("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
    st.just({}) | st.fixed_dictionaries({"AWS_PROFILE": names}),
)
settings_of_a_profile = st.builds(
    merged,
    some("aws_access_key_id", "aws_secret_access_key"),
    st.just({}) | some("aws_session_token", "aws_security_token", "Output"),
).map(lambda table: "".join(f"{key} = {value}\n" for key, value in table.items() if value))
titles = st.sampled_from(
    ["default", "profile work", 'profile "a b"', "profile default", "work", "a b", "DEFAULT"]
)
files = st.none() | st.dictionaries(titles, settings_of_a_profile, min_size=1, max_size=4).map(
    lambda table: "".join(f"[{title}]\n{text}" for title, text in table.items())
)


def theirs(
    environ: dict[str, str], profile: str | None, config: str | None, shared: str | None
) -> Found:
    nobody = {"AWS_EC2_METADATA_DISABLED": "true"}
    with tempfile.TemporaryDirectory() as folder:
        try:
            judgement = judged(
                {**environ, **nobody}, Path(folder), config=config, shared=shared, profile=profile
            )
        except BotoCoreError:
            return None
    return judgement.credentials


def ours(
    environ: dict[str, str], profile: str | None, config: str | None, shared: str | None
) -> Found:
    played = Played(silent)
    conversation = resolved(environ, now=played.now, config=config, shared=shared, profile=profile)
    try:
        return told(concluded(conversation, played))
    except ConfigurationError:
        return None


@given(environ=environs, config=files, shared=files, profile=st.none() | names)
@example(
    {"AWS_ACCESS_KEY_ID": "one", "AWS_SECRET_ACCESS_KEY": "two", "AWS_PROFILE": "work"},
    None,
    None,
    None,
)
def test_credentials_are_found_where_botocore_finds_them(
    environ: dict[str, str], config: str | None, shared: str | None, profile: str | None
) -> None:
    expected = theirs(environ, profile, config, shared)

    assert ours(environ, profile, config, shared) == expected


anything = st.text(max_size=12) | st.sampled_from(
    ["/x", "http://localhost/x", "https://[::1", "//", "ipv6", "a\r\nb", "\udcff", "1", "/token"]
)
environs_of_anything = st.dictionaries(
    st.sampled_from(
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_CREDENTIAL_EXPIRATION",
            "AWS_REGION",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_ROLE_ARN",
            "AWS_ROLE_SESSION_NAME",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        ]
    ),
    anything,
    max_size=5,
)
texts = st.none() | st.lists(
    st.sampled_from(["[default]", "[profile", "]", "=", "region", "\n", " ", "a", "\t", "[", "#"])
    | anything
).map("".join)
json_answer = st.fixed_dictionaries(
    {"AccessKeyId": anything, "SecretAccessKey": anything},
    optional={"Token": anything, "Expiration": anything | st.just("2099-01-01T00:00:00Z")},
).map(lambda answer: json.dumps(answer).encode())
answers = st.none() | st.builds(
    Fetched, st.sampled_from([200, 200, 200, 404, 500]), st.binary(max_size=20) | json_answer
)


@given(
    environ=environs_of_anything,
    config=texts,
    shared=texts,
    answers=st.lists(answers, min_size=1, max_size=4),
)
def test_whatever_is_said_credentials_come_of_it_or_one_of_our_errors(
    environ: dict[str, str],
    config: str | None,
    shared: str | None,
    answers: list[Fetched | None],
) -> None:
    said = iter(answers)
    played = Played(lambda _: next(said, None), files={"/token": "jwt", "1": "\udcff", "a": "b"})
    conversation = resolved(environ, now=played.now, config=config, shared=shared)

    try:
        found = concluded(conversation, played)
    except Error:
        return
    assert isinstance(found, Credentials)
    headers = signed(
        "GET", "https://h/", {}, b"", credentials=found, region="r", service="s", at=played.time
    )
    assert all(value.isprintable() and value.isascii() for value in headers.values())
