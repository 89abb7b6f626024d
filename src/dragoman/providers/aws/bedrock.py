"""Requests to Bedrock, signed: the region stands in the address, the service is always the same.

Reference: https://docs.aws.amazon.com/general/latest/gr/bedrock.html
"""

import re
from collections.abc import Mapping
from typing import Final

from dragoman.errors import ConfigurationError
from dragoman.providers import sigv4
from dragoman.providers.aws.credentials import Credentials

SERVICE: Final = "bedrock"
"""What is signed for, though the host is `bedrock-runtime`."""

_REGION: Final = re.compile(
    r"^https?://([^/]*\.)?bedrock-runtime(-fips)?\.(?P<region>[a-z0-9-]+)\."
)


def signed(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    at: float,
) -> dict[str, str]:
    """The headers of this request, with those that sign it; `at` is in seconds since 1970.

    Raises `ConfigurationError` for an address that names no region.
    """
    found = _REGION.match(url.lower())
    if found is None:
        raise ConfigurationError(
            "base_url: expected bedrock-runtime.REGION.amazonaws.com in the address, since AWS's "
            "signatures are for a region; got another",
            param="base_url",
        )
    return sigv4.signed(
        method,
        url,
        headers,
        body,
        credentials=credentials,
        region=found["region"],
        service=SERVICE,
        at=at,
    )
