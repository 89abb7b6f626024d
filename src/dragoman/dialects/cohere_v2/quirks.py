"""How hosts of Cohere's models differ from its own service, one documented field per quirk.

The defaults are those of Cohere's own service. Each field has a recorded example under
`tests/recordings/cohere_v2`, named like it.
"""

from typing import Final

import msgspec

from dragoman.dialects import dialect
from dragoman.dialects.profiles import OwnFamilies


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a host departs from Cohere's own service."""

    models_path: str | None = "/v1/models?page_size=1000&endpoint=chat"
    """Where the models are listed; None where they are not."""

    families: OwnFamilies = {}
    """Models of one's own, or that take something else: a family by its name, or fields of it
    (`families.py`)."""


class Profile(dialect.Profile, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the host departs from Cohere's own service."""


COHERE_PROFILE: Final = Profile()
"""Cohere's own service, and the losses told."""
