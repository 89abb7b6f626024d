"""What may differ from one Ollama to another, one documented field per quirk.

Each field has a recorded example under `tests/recordings/ollama`, named `quirk-` and like it.
"""

from typing import Final

import msgspec

from dragoman.dialects import dialect


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a server departs."""

    num_ctx: int | None = None
    """The size of the context, in tokens, where the request does not set it; None: the server's.

    A prompt that does not fit is cut from the front, unannounced. One size for all requests, since
    another one has the model loaded again.
    """

    bool_think: bool = False
    """The models think or do not, without levels: any effort is sent as true."""

    emulate_forced_tools: bool = False
    """A tool that must be called is asked for in words; else the request is refused."""


class Profile(dialect.Profile, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the server departs."""


OLLAMA_PROFILE: Final = Profile()
"""A server with its own settings, and the losses told."""
