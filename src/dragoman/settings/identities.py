"""What signs for a provider that has no key, as settings and environment say; and AWS's regions.

Nothing is looked for here but the region, in AWS's files, where settings name the provider and
nothing else says it. A token of Google's or Microsoft's goes to no address of somebody else's,
unless the operator says so by `credential`.
"""

import os.path
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from dragoman.errors import ConfigurationError
from dragoman.providers.identity import Identity
from dragoman.providers.provider import Provider
from dragoman.settings.checking import key_of, mistake
from dragoman.settings.providers import ConfiguredProvider
from dragoman.settings.secret import Secret

if TYPE_CHECKING:
    from dragoman.settings.provider import ProviderSettings

GOOGLE: Final = ".googleapis.com"
"""How the names of Google's own hosts end."""

DEFAULT: Final = "default"
"""The `credential` that is looked for."""


def identified(
    row: Provider,
    key: Secret | None,
    environ: Mapping[str, str],
    *,
    wanted: "ProviderSettings | None",
) -> ConfiguredProvider:
    """The provider with what signs for it; `wanted` is None where the settings do not name it.

    Raises `ConfigurationError` for settings that cannot work; those whose provider nobody named are
    no mistake here, since most who have AWS's variables set never ask AWS.
    """
    if row.signing == "aws" and row.base_url is None:
        row = _in_region(row, environ, wanted)
    identity: Identity[Any] | None = None
    if key is None and row.base_url is not None and not row.base_url.startswith("sim:"):
        identity = _identity(row, row.base_url, environ, wanted)
    return ConfiguredProvider(row=row, api_key=key, identity=identity)


def _identity(
    row: Provider, base_url: str, environ: Mapping[str, str], wanted: "ProviderSettings | None"
) -> Identity[Any] | None:
    profile = wanted.profile if wanted else None
    region = wanted.region if wanted else None
    credential = wanted.credential if wanted else None
    match row.signing:
        case "aws":
            return _of_aws(base_url, environ, profile, region)
        case "google":
            at_home = (urlsplit(base_url).hostname or "").endswith(GOOGLE)
            if credential is None and not at_home:
                return None
            from dragoman.providers.google.identity import GoogleIdentity

            key = f"{key_of('providers', row.name)}.credential"
            if credential in (None, DEFAULT):
                return GoogleIdentity(environ)
            if not isinstance(credential, str):
                raise mistake(key, "a path, or 'default'", type(credential).__name__)
            return GoogleIdentity(environ, path=credential, key=key)
        case "azure" if credential is not None:
            from dragoman.providers.azure import AzureIdentity

            if credential == DEFAULT:
                return AzureIdentity(None)
            if not callable(getattr(credential, "get_token", None)):
                key = f"{key_of('providers', row.name)}.credential"
                expected = "a credential of azure-identity, or 'default'"
                raise mistake(key, expected, type(credential).__name__)
            return AzureIdentity(credential)
    return None


def _of_aws(
    base_url: str, environ: Mapping[str, str], profile: str | None, region: str | None
) -> Identity[Any] | None:
    """AWS's credentials, where it is known for which region they would sign, or they are there."""
    from dragoman.providers.aws import bedrock, regions
    from dragoman.providers.aws.identity import AwsIdentity
    from dragoman.providers.aws.resolving import KEY_ID

    region = region or bedrock.region_in(base_url)
    if region is None:
        region = next((environ[name] for name in regions.VARIABLES if environ.get(name)), None)
    if region or profile or environ.get(KEY_ID):
        return AwsIdentity(environ, profile=profile, region=region)
    return None


def _in_region(
    row: Provider, environ: Mapping[str, str], wanted: "ProviderSettings | None"
) -> Provider:
    """The row with Bedrock's address in the region of the environment, or of the profile."""
    from dragoman.providers.aws import bedrock
    from dragoman.providers.aws.profiles import CONFIG_FILE, SHARED_FILE, name_of, profile_of
    from dragoman.providers.aws.regions import region_of

    chosen = profile_of(None, config=None, shared=None)
    if wanted is None:
        with suppress(ConfigurationError):
            if region := region_of(environ, chosen):
                return msgspec.structs.replace(row, base_url=bedrock.address(region))
        return row
    key = key_of("providers", row.name)
    if region_of(environ, chosen) is None:
        config, shared = (
            text_in(environ.get(variable) or usual)
            for variable, usual in (CONFIG_FILE, SHARED_FILE)
        )
        whose = f"{key}.profile" if wanted.profile else "AWS_PROFILE"
        name = wanted.profile or name_of(environ)
        chosen = profile_of(name, config=config, shared=shared, key=whose)
    region = region_of(environ, chosen)
    if region is None:
        expected = "an AWS region, here, in AWS_REGION or in the profile"
        raise mistake(f"{key}.region", expected, "nothing")
    return msgspec.structs.replace(row, base_url=bedrock.address(region))


def text_in(path: str) -> str | None:
    """What this file holds, `~` being the user's home; None where it cannot be read."""
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return None
