"""AWS regions: which one is meant, and under which name its services stand."""

import re
from collections.abc import Mapping
from typing import Final

from dragoman.errors import ConfigurationError
from dragoman.providers.aws.profiles import Profile

VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""In this order; botocore knows the second only, every other program of AWS's both."""

LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")

SUFFIXES: Final = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
}
"""By how a region's name starts; the partitions of botocore 1.44.5."""


def region_of(environ: Mapping[str, str], profile: Profile) -> str | None:
    """The region that the environment names, else the profile; None where neither does.

    Raises `ConfigurationError` for a name that could not stand in that of a host.
    """
    for variable in VARIABLES:
        if environ.get(variable):
            return checked(environ[variable], key=variable)
    written = profile.get("region")
    return checked(written, key=f"{profile}: region") if written else None


def checked(region: str, *, key: str) -> str:
    """The region itself; `key` names the setting it comes from.

    Raises `ConfigurationError` where it is none: it becomes a part of the host that is asked.
    """
    if not LABEL.fullmatch(region):
        raise ConfigurationError(
            f"{key}: expected a region such as us-east-1; got {region!r}", param=key
        )
    return region


def dns_suffix(region: str) -> str:
    """What the names of a region's services end with: `amazonaws.com` nearly everywhere."""
    for start, suffix in SUFFIXES.items():
        if region.startswith(start):
            return suffix
    return "amazonaws.com"
