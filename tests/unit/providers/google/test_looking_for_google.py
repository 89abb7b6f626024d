"""Google's tokens: from which places, by which requests; google-auth is the judge."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.auth import identity_pool, jwt
from google.auth.compute_engine import _metadata
from google.auth.transport.requests import Request
from google.oauth2 import credentials as of_user
from google.oauth2 import service_account as of_account

from dragoman.errors import APIConnectionError, ConfigurationError, Error
from dragoman.providers.google.granting import SCOPE
from dragoman.providers.google.identity import GoogleIdentity
from dragoman.providers.google.service_account import ServiceAccount
from dragoman.providers.tokens import Token
from dragoman.providers.wishes import Fetched
from tests.aws import NOW, Asked, Played, Script, concluded, service, silent
from tests.google import EMAIL, external, google, impersonating, public_key, service_account, user

URL = "https://google.example"
FILE = "/file.json"
HERE = {"GOOGLE_APPLICATION_CREDENTIALS": FILE}
GCLOUD = "~/.config/gcloud/application_default_credentials.json"


def found(
    file: Any = None,
    *,
    script: Script = google,
    environ: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
) -> tuple[Token, Played]:
    """What an identity finds, where this is in the file that the environment names."""
    text = file if isinstance(file, str) else json.dumps(file)
    named = {} if file is None else {FILE: text}
    played = Played(script, files={**named, **(files or {})})
    identity = GoogleIdentity((HERE if environ is None and file is not None else environ) or {})
    return concluded(identity.looked_for(played.now), played), played


# As google-auth does it


def theirs_of_account(info: Any, request: Any) -> Any:
    made: Any = of_account.Credentials
    found = made.from_service_account_info(info, scopes=[SCOPE])
    found.refresh(request)
    return found.token


def theirs_of_user(info: Any, request: Any) -> Any:
    made: Any = of_user.Credentials
    names = ("refresh_token", "client_id", "client_secret", "token_uri")
    found = made(None, **{name: info[name] for name in names})
    found.refresh(request)
    return found.token


def theirs_of_other_house(info: Any, request: Any) -> Any:
    made: Any = identity_pool.Credentials
    found = made.from_info(info, scopes=[SCOPE])
    found.refresh(request)
    return found.token


def told(asked: Asked) -> Asked:
    """What does not change from one second to the next."""
    form = {
        name: value
        for name, value in asked.form.items()
        if name != "assertion" and value is not None
    }
    return Asked(asked.method, asked.path, asked.headers, form)


SOURCES: dict[str, Any] = {
    "text": {"file": "{folder}/jwt"},
    "json": {
        "file": "{folder}/json",
        "format": {"type": "json", "subject_token_field_name": "token"},
    },
    "url": {
        "url": "{url}/subject",
        "headers": {"metadata-flavor": "x"},
        "format": {"type": "json", "subject_token_field_name": "token"},
    },
}


def placed(value: Any, **names: str) -> Any:
    text = json.dumps(value)
    for name, said in names.items():
        text = text.replace(f"{{{name}}}", said)
    return json.loads(text)


@pytest.mark.parametrize(
    ("theirs", "file"),
    [
        (theirs_of_account, lambda url: service_account(url)),
        (theirs_of_user, lambda url: user(url)),
        (theirs_of_other_house, lambda url: external(url, SOURCES["text"])),
        (theirs_of_other_house, lambda url: external(url, SOURCES["json"])),
        (theirs_of_other_house, lambda url: external(url, SOURCES["url"])),
        (
            theirs_of_other_house,
            lambda url: external(url, SOURCES["text"], **impersonating(url)),
        ),
        (
            theirs_of_other_house,
            lambda url: external(
                url,
                SOURCES["text"],
                **impersonating(url),
                service_account_impersonation={"token_lifetime_seconds": 600},
            ),
        ),
    ],
)
def test_a_file_leads_to_the_token_that_google_auth_gets_by_the_same_requests(
    theirs: Callable[[Any, Any], Any], file: Callable[[str], Any], tmp_path: Path
) -> None:
    texts = {f"{tmp_path}/jwt": "jwt-read", f"{tmp_path}/json": '{"token":"jwt-in-json"}'}
    for path, text in texts.items():
        Path(path).write_text(text)
    asked: list[Asked] = []
    with service(google, asked) as url:
        info = placed(file("{url}"), url=url, folder=str(tmp_path))
        expected = theirs(info, Request())

    token, played = found(info, files=texts)

    assert token.value == expected
    assert [told(one) for one in played.asked] == [told(one) for one in asked]


def test_a_service_account_signs_what_google_auth_would_sign() -> None:
    asked: list[Asked] = []
    with service(google, asked) as url:
        theirs_of_account(service_account(url), Request())
    theirs = asked[0].form["assertion"]

    _, played = found(service_account(URL))
    ours = played.asked[0].form["assertion"]

    decode: Any = jwt.decode
    header: Any = jwt.decode_header
    claims = {**decode(theirs, verify=False), "iat": int(NOW), "exp": int(NOW) + 3600}
    assert decode(ours, verify=False) == claims
    assert header(ours) == header(theirs)


def test_the_signature_of_a_service_account_is_its_keys() -> None:
    played = Played(google, files={FILE: json.dumps(service_account(URL))}, time=time.time())
    concluded(GoogleIdentity(HERE).looked_for(played.now), played)

    decode: Any = jwt.decode
    claims = decode(played.asked[0].form["assertion"], certs=public_key())

    assert claims["iss"] == EMAIL


def test_the_metadata_server_is_asked_as_google_auth_asks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Asked] = []
    with service(google, asked) as url:
        monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", url.removeprefix("http://"))
        theirs: Any = _metadata.get_service_account_token
        theirs(Request(), scopes=[SCOPE])

    token, played = found(environ={"GCE_METADATA_HOST": "metadata.example"})

    assert token.value == "ya29.metadata"
    assert token.expires_at == NOW + 3600
    assert played.asked == asked
    assert played.fetches[0].url.startswith("http://metadata.example/computeMetadata/")
    assert played.fetches[0].direct


# In which order


def test_the_places_are_looked_at_in_order() -> None:
    files = {FILE: json.dumps(service_account(URL)), GCLOUD: json.dumps(user(f"{URL}/gcloud"))}

    in_order = [
        found(environ=HERE, files=files)[1],
        found(environ={}, files=files)[1],
        found(environ={})[1],
    ]

    assert [played.fetches[0].url.partition("?")[0] for played in in_order] == [
        f"{URL}/token",
        f"{URL}/gcloud/token",
        "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token",
    ]


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"CLOUDSDK_CONFIG": "/gcloud"}, "/gcloud/application_default_credentials.json"),
        ({"APPDATA": "C:/data"}, "C:/data/gcloud/application_default_credentials.json"),
    ],
)
def test_gclouds_file_may_be_elsewhere(environ: dict[str, str], path: str) -> None:
    token, _ = found(environ=environ, files={path: json.dumps(user(URL))})

    assert token.value == "ya29.token"


def test_a_file_that_the_operator_names_counts_alone() -> None:
    played = Played(google, files={"/mine": json.dumps(user(f"{URL}/mine"))})
    identity = GoogleIdentity(HERE, path="/mine", key="providers.gemini-vertex.credential")

    concluded(identity.looked_for(played.now), played)

    assert played.fetches[0].url == f"{URL}/mine/token"


def test_what_pays_is_sent_with_the_token() -> None:
    token, _ = found(user(URL, quota_project_id="purse"))

    headers = GoogleIdentity({}).signed("POST", URL, {}, b"", by=token, at=NOW)

    assert headers["x-goog-user-project"] == "purse"


@pytest.mark.parametrize(
    ("environ", "script", "why"),
    [
        ({}, silent, "Google's metadata server gave no answer"),
        ({}, lambda _: Fetched(404, b""), "Google's metadata server gave status 404"),
        (
            {"NO_GCE_CHECK": "true"},
            google,
            "Google's metadata server is not asked, since NO_GCE_CHECK says so",
        ),
    ],
)
def test_where_there_are_none_each_place_is_told_and_why(
    environ: dict[str, str], script: Script, why: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        found(environ=environ, script=script)

    assert caught.value.message == (
        "Google's credentials: expected some; got none: "
        f"GOOGLE_APPLICATION_CREDENTIALS is not set; there is no file {GCLOUD}; {why}"
    )


# What is wrong


def says(status: int, body: bytes) -> Script:
    return lambda asked: Fetched(status, body)


JWT = {"/jwt": "jwt-hush"}
OTHER_HOUSE = external(URL, {"file": "/jwt"})


@pytest.mark.parametrize(
    ("file", "script", "kind", "said"),
    [
        (user(URL), silent, APIConnectionError, "gcloud's user: expected them, got no answer"),
        (
            user(URL),
            says(400, b'{"error":"invalid_grant","error_description":"hush"}'),
            ConfigurationError,
            "got status 400 invalid_grant$",
        ),
        (user(URL), says(400, b'{"error":"hush\\n"}'), ConfigurationError, "got status 400$"),
        (user(URL), says(400, b"hush"), ConfigurationError, "got status 400$"),
        (user(URL), says(503, b"hush"), APIConnectionError, "got status 503$"),
        (user(URL), says(200, b"hush"), APIConnectionError, "holds none"),
        (user(URL), says(200, b"[" * 60_000), APIConnectionError, "holds none"),
        (user(URL), says(200, b'{"access_token":""}'), APIConnectionError, "holds none"),
        (user(URL), says(200, b'{"access_token":"a\\nb"}'), APIConnectionError, "holds none"),
        (
            user(URL),
            says(200, b'{"access_token":"hush","expires_in":"soon"}'),
            APIConnectionError,
            "holds none",
        ),
        (
            user(URL),
            says(200, b'{"access_token":"hush","expires_in":' + b"9" * 400 + b"}"),
            APIConnectionError,
            "holds none",
        ),
        (
            service_account(URL),
            says(400, b'{"error":"invalid_grant"}'),
            ConfigurationError,
            f"Google's OAuth, for the service account {EMAIL}: .* invalid_grant$",
        ),
        (OTHER_HOUSE, says(401, b'{"error":"invalid_target"}'), ConfigurationError, "Google's STS"),
        (
            {**OTHER_HOUSE, **impersonating(URL)},
            lambda asked: google(asked) if asked.path == "/sts" else Fetched(403, b"hush"),
            ConfigurationError,
            "Google's IAM: expected them, got status 403$",
        ),
        (
            {**OTHER_HOUSE, **impersonating(URL)},
            lambda asked: google(asked) if asked.path == "/sts" else Fetched(200, b"{}"),
            APIConnectionError,
            "Google's IAM: expected them, got an answer that holds none",
        ),
        (
            external(URL, {"url": f"{URL}/subject"}),
            says(404, b"hush"),
            ConfigurationError,
            "the url of credential_source: expected them, got status 404$",
        ),
    ],
)
def test_whoever_refuses_or_fails_is_named_and_nothing_he_says_is_shown(
    file: Any, script: Script, kind: type[Error], said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        found(file, script=script, files=JWT)

    assert "hush" not in caught.value.message
    assert caught.value.retryable == (kind is APIConnectionError)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("no json, hush", "expected credentials in JSON; got none$"),
        ("\udcff", "expected credentials in JSON; got none$"),
        ('{"x":' + "[" * 60_000, "expected credentials in JSON; got none$"),
        ("[]", "expected credentials in JSON; got Expected `object`"),
        ({"type": "service_account"}, "missing required field `client_email`"),
        ({**user(URL), "refresh_token": 1}, r"got Expected `str`, got `int` - at `\$.refresh_to"),
        ({"type": "gdch_service_account"}, "type: expected service_account, external_account or"),
        ({**service_account(URL), "private_key": "hush"}, "private_key: expected an RSA key"),
        (user("http://google.example"), "token_uri: expected a URL with https; got another$"),
        (user("https://[::1"), "token_uri: expected a URL$"),
        (service_account("ftp://h"), "token_uri: expected a URL$"),
        (external(URL, {"url": "subject"}), "credential_source: url: expected a URL$"),
        (external("http://h", {"file": "/jwt"}), "token_url: expected a URL with https"),
        (
            external(URL, {"file": "/jwt"}, **impersonating("http://h")),
            "service_account_impersonation_url: expected a URL with https",
        ),
        (external(URL, {}), "credential_source: expected file or url; got neither$"),
        (external(URL, {"file": "/missing"}), "credential_source: expected a readable file at /mi"),
        (external(URL, {"file": "/empty"}), "credential_source: expected a token in the file /em"),
        (
            external(URL, {"file": "/jwt", "format": {"type": "json"}}),
            "credential_source: expected a token in the file /jwt; got none$",
        ),
        (external(URL, {"environment_id": "aws1"}), "credential_source: environment_id: not supp"),
        (external(URL, {"executable": {}}), "credential_source: executable: not supported"),
        (external(URL, {"certificate": {}}), "credential_source: certificate: not supported"),
        (external(URL, {"file": "/jwt"}, client_id="x"), "client_id: not supported"),
        (
            external(URL, {"file": "/jwt"}, workforce_pool_user_project="x"),
            "workforce_pool_user_project: not supported",
        ),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_name(file: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        found(file, files={**JWT, "/empty": " \n"})

    assert caught.value.message.startswith("GOOGLE_APPLICATION_CREDENTIALS: ")
    assert "hush" not in caught.value.message


def test_a_file_that_is_not_there_is_named_by_whoever_named_it() -> None:
    played = Played(google)
    identity = GoogleIdentity({}, path="/missing", key="providers.gemini-vertex.credential")

    with pytest.raises(ConfigurationError, match=r"^GOOGLE_APPLICATION_.*at /file.json$"):
        found(environ=HERE)
    with pytest.raises(ConfigurationError, match=r"^providers.gemini-vertex.cred.*at /missing$"):
        concluded(identity.looked_for(played.now), played)


def test_a_metadata_server_that_cannot_be_meant_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"^GCE_METADATA_HOST: expected a URL$"):
        found(environ={"GCE_METADATA_HOST": "["})


def test_an_endpoint_on_this_machine_needs_no_tls() -> None:
    token, _ = found(user("http://127.0.0.1:8080"))

    assert token.value == "ya29.token"


def test_without_google_auth_only_a_service_account_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)  # as where it is not installed

    others = [found(user(URL))[0], found(OTHER_HOUSE, files=JWT)[0], found(environ={})[0]]
    with pytest.raises(ConfigurationError) as caught:
        found(service_account(URL))

    assert [token.value for token in others] == ["ya29.token", "ya29.sts", "ya29.metadata"]
    assert caught.value.message == (
        "GOOGLE_APPLICATION_CREDENTIALS: expected google-auth, which signs with a service "
        "account's key: pip install 'dragoman[google]'"
    )


def test_a_file_does_not_show_its_key() -> None:
    account = ServiceAccount(EMAIL, "hush")

    assert "hush" not in repr(account)
    assert "hush" not in str(account.__rich_repr__())
