"""What providers of Gemini's dialect do otherwise, one documented field per quirk.

The defaults are those of AI Studio. Source: the reference pages of AI Studio and of Vertex AI,
and recorded traffic.
"""

from typing import Final

import msgspec

from dragoman.dialects import dialect
from dragoman.dialects.profiles import OwnFamilies


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider departs from AI Studio."""

    call_ids: bool = True
    """Whether calls and their results carry ids whatever the model; else from Gemini 3 on."""

    media_types: bool = False
    """Whether a file by its address must say its type (Vertex); else the type may be missing."""

    labels: bool = False
    """Whether `metadata` is sent as labels (Vertex), where its keys and values may be some."""

    service_tiers: bool = True
    """Whether the body may name a service tier; Vertex has headers for it."""

    json_schema: bool = True
    """Whether JSON Schema is known at all; else every schema is made one of OpenAPI's."""

    families: OwnFamilies = {}
    """Models of one's own, or that take something else: a family by its name, or fields of it
    (`families.py`)."""


class Profile(dialect.Profile, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the provider departs from AI Studio."""


AI_STUDIO: Final = Profile()
"""AI Studio, and the losses told."""
