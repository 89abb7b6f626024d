"""How the hosts of Claude differ from Anthropic's own service, one documented field per quirk.

The defaults are those of Anthropic's own service. Each field has a recorded example under
`tests/recordings/anthropic_messages`, named `quirk-` and like it.
"""

from typing import Final

import msgspec

from dragoman.dialects import dialect
from dragoman.dialects.profiles import OwnFamilies


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a host departs from Anthropic's own service."""

    path: str = "/v1/messages"
    """The path below the base URL; `{model}` stands for the percent-encoded model."""

    stream_path: str | None = None
    """The path where a stream is asked for; None where it is the same."""

    models_path: str | None = "/v1/models?limit=1000"
    """Where the models are listed; None where they are not."""

    model_in_path: bool = False
    """The path names the model, and the body does not (Vertex, Bedrock)."""

    stream_in_path: bool = False
    """The path says that a stream is asked for, and the body does not (Bedrock)."""

    version: str | None = None
    """The one `anthropic-version` to send; None: the older or the newer, by model family."""

    older_version: str = "2023-06-01"
    """The version for models that take sampling parameters."""

    newer_version: str = "2026-10-21"
    """The version for models that refuse them, as it does itself."""

    version_in_body: bool = False
    """The version, and beta features, stand in the body (`anthropic_version`)."""

    url_sources: bool = True
    """Whether images may be given by address; else they are refused (Vertex, Bedrock)."""

    emulate_forced_tools: bool = False
    """Models that refuse a forced tool are told in words to answer by calling it."""

    automatic_cache: bool = False
    """`prompt_cache_options.mode` `implicit` asks for a breakpoint at the end of the prompt."""

    web_search: bool = False
    """`web_search_options` asks for Anthropic's own web search; else it is left out."""

    families: OwnFamilies = {}
    """Models of one's own, or that take something else: a family by its name, or fields of it
    (`dialects.claude`)."""


class Profile(dialect.Profile, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the host departs from Anthropic's own service."""


ANTHROPIC_PROFILE: Final = Profile()
"""Anthropic's own service, and the losses told."""
