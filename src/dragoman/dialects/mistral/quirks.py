"""What may differ from one model or host of Mistral's to another, one documented field per quirk.

Each field has a recorded example under `tests/recordings/mistral`, named `quirk-` and like it.
"""

from typing import Final

import msgspec

from dragoman.dialects import dialect


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a host departs from Mistral's own service."""

    reasoning_replay: bool = False
    """Earlier reasoning goes back, as chunks before the text (Magistral); else it is left out."""

    answer_after_tool: bool = False
    """Between a result of a tool and what the user says, an answer `OK` is put (older models)."""


class Profile(dialect.Profile, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the host departs from Mistral's own service."""


MISTRAL_PROFILE: Final = Profile()
"""Mistral's own service, and the losses told."""
