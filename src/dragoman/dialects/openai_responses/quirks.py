"""How the hosts of Responses differ from OpenAI's own service, one documented field per quirk.

The defaults are those of OpenAI's own service. Each field has a recorded example under
`tests/recordings/openai_responses`, named `option-` and like it.
"""

from typing import Final

import msgspec

from dragoman.dialects import dialect
from dragoman.dialects.profiles import OwnFamilies


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a host departs from OpenAI's own service."""

    path: str = "/responses"
    """The path below the base URL."""

    models_path: str | None = "/models"
    """Where the models are listed; None where they are not."""

    summaries: bool = True
    """`reasoning_effort` asks for summaries of the reasoning, too; some accounts may not."""

    encrypted_reasoning: bool = True
    """Models that reason are asked for their reasoning, encrypted, to be sent back."""

    web_search: bool = True
    """`web_search_options` offers the web search of the host; else it is left out."""

    families: OwnFamilies = {}
    """Models of one's own, or that take something else: a family by its name, or fields of it
    (`families.py`)."""


class Profile(dialect.Profile, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the host departs from OpenAI's own service."""


RESPONSES_PROFILE: Final = Profile()
"""OpenAI's own service, and the losses told."""
