"""Credentials for the token of another identity: STS, `AssumeRoleWithWebIdentity`.

This is how a pod of EKS, or a job of a CI service, becomes an AWS role. The request needs no
signature; the token in it is the proof. STS answers in XML, of which a few elements are read:
a document type, and with it every entity, is refused before anything is parsed. Addresses of one's
own (`AWS_ENDPOINT_URL_STS`) and those of FIPS are not asked.

Reference: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from dragoman.errors import ConfigurationError
from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.aws.profiles import Profile
from dragoman.providers.aws.regions import dns_suffix
from dragoman.providers.wishes import (
    LIMIT,
    Conversation,
    Fetch,
    Fetched,
    answered,
    instant,
    refusal,
    sendable,
    text_of,
    transient,
    unusable,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

VARIABLES: Final = {
    "web_identity_token_file": "AWS_WEB_IDENTITY_TOKEN_FILE",
    "role_arn": "AWS_ROLE_ARN",
    "role_session_name": "AWS_ROLE_SESSION_NAME",
}

SOURCE: Final = "STS"
VERSION: Final = "2011-06-15"
TIMEOUT_SECONDS: Final = 10.0
ATTEMPTS: Final = 3

PASSING: Final = frozenset({"IDPCommunicationError", "Throttling", "ThrottlingException"})
"""Codes of a 400 that is another answer a while later."""

CODE: Final = re.compile(r"[A-Za-z.]{1,64}")


def of_web_identity(
    environ: Mapping[str, str],
    profile: Profile,
    *,
    region: str | None,
    now: Callable[[], float],
) -> Conversation[Credentials | None]:
    """Those of the role that the token stands for; None where no token file is named.

    Of each setting the environment's counts before the profile's; an empty `environ` leaves the
    profile. Without a `region`, the global service is asked. `now` tells seconds since 1970. Raises
    `ConfigurationError` where a setting is missing, the file cannot be read or STS refuses, and
    `APIConnectionError` where STS fails.
    """
    settings = {key: environ.get(variable, profile.get(key)) for key, variable in VARIABLES.items()}
    path = settings["web_identity_token_file"]
    if not path:
        return None
    if not settings["role_arn"]:
        raise ConfigurationError(
            "AWS_ROLE_ARN: expected the role that the web identity takes; got nothing",
            param="AWS_ROLE_ARN",
        )
    for key, variable in VARIABLES.items():
        if not sendable(settings[key]):
            raise ConfigurationError(f"{variable}: expected printable ASCII", param=variable)
    token = yield from text_of(path, key=VARIABLES["web_identity_token_file"])
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": VERSION,
        "RoleArn": settings["role_arn"],
        "RoleSessionName": settings["role_session_name"] or f"dragoman-{int(now())}",
        "WebIdentityToken": token,
    }
    fetch = Fetch(
        method="POST",
        url=endpoint(region),
        headers={
            "accept": "text/xml",
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        },
        body=urlencode(form).encode(),
        timeout_seconds=TIMEOUT_SECONDS,
        direct=False,
    )
    answer = yield from answered(fetch, attempts=ATTEMPTS, now=now, transient=_passing)
    if answer is None or answer.status != 200:
        code = None if answer is None else _code(answer)
        passing = None if answer is None else _passing(answer)
        raise refusal(answer, source=SOURCE, code=code, passing=passing)
    found = _credentials(answer)
    if found is None:
        raise unusable(SOURCE, "an answer that holds none")
    if found.expires_at is not None and found.expires_at <= now():
        raise unusable(SOURCE, "some that have expired")
    return found


def endpoint(region: str | None) -> str:
    """Where the STS of a region is; None stands for the global one."""
    if region is None:
        return "https://sts.amazonaws.com/"
    return f"https://sts.{region}.{dns_suffix(region)}/"


def _passing(answer: Fetched) -> bool:
    return transient(answer) or (answer.status == 400 and _code(answer) in PASSING)


def _credentials(answer: Fetched) -> Credentials | None:
    """What this answer holds; None where it cannot be read, or a part is missing."""
    root = _parsed(answer.body)
    if root is None:
        return None
    texts = [
        (root.findtext(f"{{*}}AssumeRoleWithWebIdentityResult/{{*}}Credentials/{{*}}{name}") or "")
        for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    ]
    key_id, secret, token, expiration = map(str.strip, texts)
    try:
        expires_at = instant(expiration)
    except ValueError:
        return None
    if not all(part and sendable(part) for part in (key_id, secret, token)):
        return None
    return Credentials(key_id, secret, token, expires_at=expires_at, source=SOURCE)


def _code(answer: Fetched) -> str | None:
    """AWS's code of a refusal; None where there is none that could be shown."""
    root = _parsed(answer.body)
    code = None if root is None else root.findtext("{*}Error/{*}Code")
    return code if code and CODE.fullmatch(code) else None


def _parsed(body: bytes) -> "Element | None":
    """The root of this document; None for what is none, or is none of STS's."""
    from xml.etree import ElementTree  # only those who ask STS need it

    # STS writes neither document types nor comments nor CDATA, and all of them start so. As text,
    # so that no declaration of another encoding hides one.
    try:
        text = body.decode()
        if len(body) > LIMIT or "<!" in text:
            return None
        return ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError):
        return None
