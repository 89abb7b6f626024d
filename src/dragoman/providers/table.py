"""Every provider we know; a new one that speaks a known dialect is a row.

Source: the providers' reference pages and recorded traffic, as of November 2026.
"""

from collections.abc import Mapping
from typing import Final

from dragoman.dialects.openai_chat.quirks import OPENAI
from dragoman.providers.provider import Provider

ROWS: Final = (
    Provider(
        name="openai",
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        quirks=OPENAI,
    ),
    Provider(name="sim", base_url="sim:", quirks=OPENAI),
)

PROVIDERS: Final[Mapping[str, Provider]] = {row.name: row for row in ROWS}
"""The rows by name."""
