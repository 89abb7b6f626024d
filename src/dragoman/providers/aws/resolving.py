"""Which credentials are AWS's here: the places where they may be, in botocore's order.

    environment > web identity > credentials file > config file > container > instance

What stands in a profile and would have to be asked of somebody else (`role_arn` with another
profile, IAM Identity Center, `login_session`, `credential_process`) is refused by name where
botocore would ask it, and never passed over: the next place may hold somebody else's. Two old
files (`AWS_CREDENTIAL_FILE` and boto's own) are not looked at.

A key for Bedrock alone (`bearer_token`) counts before all of these.

Reference: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from collections.abc import Callable, Mapping
from typing import Final

from dragoman.errors import ConfigurationError
from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.aws.metadata import RELATIVE_URI, of_container, of_instance
from dragoman.providers.aws.profiles import Profile, name_of, profile_of
from dragoman.providers.aws.regions import region_of
from dragoman.providers.aws.web_identity import VARIABLES, of_web_identity
from dragoman.providers.wishes import Absent, Conversation, instant, sendable

BEARER_VARIABLE: Final = "AWS_BEARER_TOKEN_BEDROCK"

KEY_ID: Final = "AWS_ACCESS_KEY_ID"
SECRET: Final = "AWS_SECRET_ACCESS_KEY"
TOKENS: Final = ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN")
"""The first is the older name, which botocore prefers."""
EXPIRATION: Final = "AWS_CREDENTIAL_EXPIRATION"


def resolved(
    environ: Mapping[str, str],
    *,
    now: Callable[[], float],
    config: str | None = None,
    shared: str | None = None,
    profile: str | None = None,
) -> Conversation[Credentials]:
    """The credentials that a program of AWS's would use here.

    `config` and `shared` are the texts of the files that `profiles` names, None where there are
    none. `profile` is one that the operator asked for, which goes before what the environment
    holds; None leaves the choice to the environment. `now` tells seconds since 1970. Raises
    `ConfigurationError` where there are none, which names each place and why it had none, or where
    something has to be set otherwise, and `APIConnectionError`, of an attempt that was not sent,
    where a service that has them fails.
    """
    if profile:
        chosen = profile_of(profile, config=config, shared=shared, key="profile")
    else:
        chosen = profile_of(name_of(environ), config=config, shared=shared)
    own = {} if profile else environ
    if found := of_environment(own):
        return found
    if chosen.get("role_arn") is not None and chosen.get("web_identity_token_file") is None:
        raise _unsupported(chosen, "role_arn")
    region = region_of(environ, chosen)
    if found := (yield from of_web_identity(own, chosen, region=region, now=now)):
        return found
    if found := of_profile(chosen):
        return found
    if found := (yield from of_container(environ, now=now)):
        return found
    last = yield from of_instance(environ, chosen, now=now)
    if not isinstance(last, Absent):
        return last
    unset = [] if profile else [KEY_ID, VARIABLES["web_identity_token_file"]]
    reasons = [
        *(f"{variable} is not set" for variable in unset),
        f"{chosen} holds no key" if config or shared else "there are no AWS files",
        f"{RELATIVE_URI} is not set",
        last.why,
    ]
    raise ConfigurationError(f"AWS credentials: expected some; got none: {'; '.join(reasons)}")


def bearer_token(environ: Mapping[str, str]) -> str | None:
    """The key for Bedrock alone, sent as a bearer token and not signed with; None without one."""
    return environ.get(BEARER_VARIABLE) or None


def of_environment(environ: Mapping[str, str]) -> Credentials | None:
    """Those of the variables; None where `AWS_ACCESS_KEY_ID` is not set.

    Raises `ConfigurationError` for a key without its secret, for what no header could carry, and
    for an end that is no time.
    """
    key_id, secret = environ.get(KEY_ID), environ.get(SECRET)
    if not key_id:
        return None
    if not secret:
        raise ConfigurationError(
            f"{SECRET}: expected the secret of {KEY_ID}; got nothing", param=SECRET
        )
    token = next((environ[name] for name in TOKENS if environ.get(name)), None)
    for name, value in ((KEY_ID, key_id), (SECRET, secret), (TOKENS[1], token)):
        _check(value, name)
    expires_at = None
    if end := environ.get(EXPIRATION):
        try:
            expires_at = instant(end)
        except ValueError:
            raise ConfigurationError(
                f"{EXPIRATION}: expected a time such as 2026-11-24T12:00:00Z", param=EXPIRATION
            ) from None
    return Credentials(key_id, secret, token, expires_at=expires_at, source="the environment")


def of_profile(profile: Profile) -> Credentials | None:
    """Those that stand in the profile itself; None where it has none.

    Raises `ConfigurationError` for a key without its secret, for what no header could carry, and
    for what is not supported.
    """
    for key in ("sso_account_id", "sso_role_name"):
        if profile.get(key) is not None:
            raise _unsupported(profile, key)
    if found := _written(profile, profile.shared):
        return found
    for key in ("login_session", "credential_process"):
        if profile.get(key) is not None:
            raise _unsupported(profile, key)
    return _written(profile, profile.config)


def _written(profile: Profile, settings: Mapping[str, str]) -> Credentials | None:
    if "aws_access_key_id" not in settings:
        return None
    key_id, secret = settings["aws_access_key_id"], settings.get("aws_secret_access_key")
    if not (key_id and secret):
        key = "aws_secret_access_key" if key_id else "aws_access_key_id"
        raise ConfigurationError(f"{profile}: {key}: expected a value; got nothing", param=key)
    names = (name.lower() for name in TOKENS)
    token = next((settings[name] for name in names if name in settings), None)
    for value in (key_id, secret, token):
        _check(value, str(profile))
    return Credentials(key_id, secret, token, source=str(profile))


def _check(value: str | None, name: str) -> None:
    if not sendable(value):
        raise ConfigurationError(
            f"{name}: expected printable ASCII; got a line break or another character", param=name
        )


def _unsupported(profile: Profile, key: str) -> ConfigurationError:
    return ConfigurationError(
        f"{profile}: {key}: not supported; let `aws configure export-credentials` put what it "
        "stands for into the environment",
        param=key,
    )
