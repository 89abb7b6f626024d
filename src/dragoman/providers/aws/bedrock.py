"""Requests to Bedrock, signed: for a region, and for a service that is always the same.

Reference: https://docs.aws.amazon.com/general/latest/gr/bedrock.html
"""

import re
from collections.abc import Mapping
from typing import Final

from dragoman.errors import ConfigurationError
from dragoman.providers import sigv4
from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.aws.regions import dns_suffix

SERVICE: Final = "bedrock"
"""What is signed for, though the host is `bedrock-runtime`."""

_REGION: Final = re.compile(
    r"^https?://([^/]*\.)?bedrock-runtime(-fips)?\.(?P<region>[a-z0-9-]+)\."
)


def address(region: str) -> str:
    """Where the Bedrock of a region is."""
    return f"https://bedrock-runtime.{region}.{dns_suffix(region)}"


def region_in(url: str) -> str | None:
    """The region that this address names; None for one that is not AWS's."""
    found = _REGION.match(url.lower())
    return found["region"] if found else None


def signed(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    at: float,
    region: str | None = None,
) -> dict[str, str]:
    """The headers of this request, with those that sign it; `at` is in seconds since 1970.

    Raises `ConfigurationError` where neither `region` nor the address says for which region.
    """
    region = region or region_in(url)
    if region is None:
        raise ConfigurationError(
            "base_url: expected bedrock-runtime.REGION.amazonaws.com in the address, or `region` "
            "beside it, since AWS's signatures are for a region; got neither",
            param="base_url",
        )
    return sigv4.signed(
        method,
        url,
        headers,
        body,
        credentials=credentials,
        region=region,
        service=SERVICE,
        at=at,
    )
