"""What stands in the environment and in the files is found as botocore finds it.

Nobody is asked over a network here, and nothing is refused that botocore would have to ask.
"""

import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dragoman.errors import ConfigurationError
from dragoman.providers.aws.resolving import resolved
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


@settings(max_examples=60)
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
