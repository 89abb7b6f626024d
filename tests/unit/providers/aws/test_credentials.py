"""Credentials show themselves nowhere."""

import copy
import json
import pickle

import msgspec
import pytest

from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.wishes import Fetch, Fetched, instant

SECRET = "wJalrXUtnFEMI"
TOKEN = "AQoDYXdzEPT"

SESSION = Credentials("AKID", SECRET, TOKEN, expires_at=10_000.0, source="a test")


@pytest.mark.parametrize("shown", [repr, str, "{}".format, "{0!r}".format, "%s".__mod__])
def test_credentials_are_not_printed(shown: object) -> None:
    text = shown(SESSION)  # type: ignore[operator]  # each is a way to print

    assert text == "<AWS credentials of a test>"


@pytest.mark.parametrize("kept", [pickle.dumps, json.dumps, msgspec.json.encode, copy.deepcopy])
def test_credentials_are_not_written_anywhere(kept: object) -> None:
    with pytest.raises(TypeError):
        kept(SESSION)  # type: ignore[operator]  # each is a way to write


def test_credentials_are_equal_to_the_same_and_to_nothing_else() -> None:
    same = Credentials("AKID", SECRET, TOKEN, expires_at=10_000.0, source="a test")
    other = Credentials("AKID", SECRET, "", expires_at=10_000.0, source="a test")

    assert same == SESSION
    assert hash(SESSION) == hash(same)
    assert other != SESSION
    assert other.session_token is None


def test_what_asks_for_them_and_what_answers_is_not_printed() -> None:
    fetch = Fetch(
        method="POST",
        url="https://sts.amazonaws.com/",
        headers={"authorization": TOKEN},
        body=SECRET.encode(),
        timeout_seconds=1.0,
        direct=False,
    )

    assert repr(fetch) == "<POST for credentials>"
    assert str(Fetched(200, SECRET.encode())) == "<200 with 13 bytes>"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T12:00:00Z",
        "2026-11-24T12:00:00",
        "2026-11-24T13:00:00+01:00",
        "2026-11-24T12:00:00.000Z",
        " 2026-11-24T12:00:00.000000001Z\n",
    ],
)
def test_a_time_is_read_as_seconds(text: str) -> None:
    assert instant(text) == 1795521600.0


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", "1795521600"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"nvalid isoformat|must be in"):
        instant(text)
