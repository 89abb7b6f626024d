"""Whatever files, environment and services say, a token of Google's comes of it or our error."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import Error
from dragoman.providers.google.identity import VARIABLE, GoogleIdentity
from dragoman.providers.tokens import Token
from dragoman.providers.wishes import Fetched, sendable
from tests.aws import Played, concluded
from tests.google import external, impersonating, service_account, user

URL = "https://google.example"
JSON_FORMAT = {"type": "json", "subject_token_field_name": "token"}

anything: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["/file", "https://h/", "http://localhost", "https://[::1", "a\r\nb", {}, []])
)
whole: list[dict[str, Any]] = [
    service_account(URL),
    user(URL),
    external(URL, {"file": "/file"}),
    external(URL, {"file": "/json", "format": JSON_FORMAT}),
    external(URL, {"url": URL}, **impersonating(URL)),
]
fields = sorted({name for file in whole for name in file} | {"quota_project_id", "headers"})
files = st.builds(
    lambda file, changes: {**file, **changes},
    st.sampled_from(whole),
    st.dictionaries(st.sampled_from(fields), anything, max_size=2),
).map(json.dumps) | st.text(max_size=20)
given_tokens = st.fixed_dictionaries(
    {},
    optional={
        "access_token": anything | st.just("ya29"),
        "expires_in": anything,
        "accessToken": anything | st.just("ya29"),
        "expireTime": anything | st.just("2026-11-24T13:00:00Z"),
        "token": anything | st.just("jwt"),
    },
).map(lambda answer: json.dumps(answer).encode())
answers = st.none() | st.builds(
    Fetched, st.sampled_from([200, 200, 200, 404, 500]), st.binary(max_size=20) | given_tokens
)
environs = st.dictionaries(
    st.sampled_from(["GCE_METADATA_HOST", "NO_GCE_CHECK", "CLOUDSDK_CONFIG"]),
    st.text(max_size=8),
    max_size=2,
)


@given(
    file=st.none() | files,
    environ=environs,
    answers=st.lists(answers, min_size=1, max_size=4),
    text=st.text(max_size=8),
)
def test_whatever_is_said_a_token_comes_of_it_or_one_of_our_errors(
    file: str | None, environ: dict[str, str], answers: list[Fetched | None], text: str
) -> None:
    said = iter(answers)
    files = {"/file": text, "/json": '{"token":"jwt"}'}
    if file is not None:
        files["/credentials"] = file
        environ = {**environ, VARIABLE: "/credentials"}
    played = Played(lambda _: next(said, None), files=files)

    try:
        found = concluded(GoogleIdentity(environ).looked_for(played.now), played)
    except Error:
        return
    assert isinstance(found, Token)
    assert sendable(found.value)
