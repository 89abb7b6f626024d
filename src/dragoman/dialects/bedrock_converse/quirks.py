"""How a target of this dialect may differ, one documented field per quirk.

The defaults are those of Bedrock itself. Each field has a recorded example under
`tests/recordings/bedrock_converse`, named `quirk-` and like it.
"""

from typing import Final

import msgspec

from dragoman.dialects import dialect
from dragoman.dialects.profiles import OwnFamilies


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a target departs from Bedrock as everybody has it."""

    emulate_forced_tools: bool = False
    """Models that refuse a forced tool are told in words to answer by calling it."""

    families: OwnFamilies = {}
    """Models of one's own, or that take something else: a family by its name, or fields of it
    (`families.py`)."""


class Profile(dialect.Profile, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the target departs."""


BEDROCK_PROFILE: Final = Profile()
"""Bedrock itself, and the losses told."""
