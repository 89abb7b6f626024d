"""The files that AWS's programs share."""

import pytest

from dragoman.errors import ConfigurationError
from dragoman.providers.aws.profiles import name_of, profile_of

CONFIG = """\
[default]
region = eu-west-1
s3 =
  signature_version = s3v4
[profile work]
Region = us-east-1
aws_access_key_id = OF-CONFIG
# a comment
[profile "with blank"]
region = eu-central-1
[preview]
region = nowhere
[profile of two words]
region = nowhere
[profile "open]
region = nowhere
"""
SHARED = """\
[work]
aws_access_key_id = OF-SHARED
aws_secret_access_key = a%b=c#d
[profile odd]
aws_access_key_id = ODD
"""


@pytest.mark.parametrize(
    ("name", "region"),
    [(None, "eu-west-1"), ("work", "us-east-1"), ("with blank", "eu-central-1")],
)
def test_a_profile_has_what_stands_under_its_name(name: str | None, region: str) -> None:
    assert profile_of(name, config=CONFIG, shared=SHARED).get("region") == region


def test_of_two_settings_the_one_of_the_credentials_file_counts() -> None:
    profile = profile_of("work", config=CONFIG, shared=SHARED)

    assert profile.get("aws_access_key_id") == "OF-SHARED"
    assert profile.get("aws_secret_access_key") == "a%b=c#d"
    assert profile.get("aws_session_token") is None


@pytest.mark.parametrize("name", ["preview", "of", "of two words", "open", "odd", "missing"])
def test_a_profile_that_is_named_has_to_be_there(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"expected a profile .*{name}"):
        profile_of(name, config=CONFIG, shared=SHARED)


def test_the_profile_that_is_not_named_may_be_missing() -> None:
    assert profile_of(None, config=None, shared="").get("region") is None


@pytest.mark.parametrize("text", ["hush", "[a]\nhush\n", "[a]\n[a]\n", "[a]\nx=1\nx=2\n"])
def test_a_file_that_cannot_be_read_is_told_without_its_lines(text: str) -> None:
    with pytest.raises(ConfigurationError, match="AWS credentials file: expected") as caught:
        profile_of(None, config=CONFIG, shared=text)

    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_profile_is_printed_by_its_name_alone() -> None:
    assert repr(profile_of("work", config=CONFIG, shared=SHARED)) == "the profile work"


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, None),
        ({"AWS_PROFILE": ""}, None),
        ({"AWS_PROFILE": "a"}, "a"),
        ({"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"}, "b"),
    ],
)
def test_the_environment_names_the_profile(environ: dict[str, str], name: str | None) -> None:
    assert name_of(environ) == name
