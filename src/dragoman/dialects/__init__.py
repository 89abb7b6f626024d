"""Pure translators between a dialect and the hub, one module each.

Adding a dialect means adding a module here and one in `wire`, and a line to this dict.
"""

from typing import Final

from dragoman.dialects import openai_chat
from dragoman.dialects.dialect import Dialect

DIALECTS: Final[dict[str, Dialect]] = {
    "openai-chat": openai_chat,
}
"""Every dialect by its key."""
