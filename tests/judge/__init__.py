"""What was said: a provider's own text and our answer, both read with `json` alone.

The judge of the law that a response is the fold of its chunks. `said` reads a whole body,
`said_stream` the bytes of a stream and `said_error` a refusal, as the provider pages say they are
to be understood; `heard` reads what we made of it, as it stands. When nothing was lost and nothing
invented, the two are equal. Nothing is imported from what is judged, and no code is shared with
it: for every rule there is a second opinion here, in the plainest code, with the whole text at
hand. Those three are of the OpenAI dialect; `EARS` has them for every dialect.

Left to others: whether our JSON is valid (`tests.schema`) and whether our chunks come in good
order (`tests.shape`).

Authority: the provider pages, README.md sections 3 to 6, openai-compatible.md sections 3 to 5,
azure-openai.md sections 4 and 5, and above them the recorded traffic.
"""

from collections.abc import Callable
from typing import NamedTuple

from tests.judge import claude, cohere, converse, gemini, mistral, ollama, responses
from tests.judge.ours import heard
from tests.judge.providers import said, said_stream
from tests.judge.refusals import SaidError, said_error
from tests.judge.words import Choice, Heard, NoAnswer, ToolCall, Usage


class Ears(NamedTuple):
    """How a dialect is understood."""

    said: Callable[[bytes], Heard]
    """What a whole answer says; raises `NoAnswer`."""

    said_stream: Callable[[bytes], Heard]
    """What a stream says whose HTTP message ended, complete; raises `NoAnswer`."""

    said_error: Callable[[int | None, bytes], SaidError]
    """What a refusal says."""


EARS = {
    "anthropic-messages": Ears(claude.said, claude.said_stream, claude.said_error),
    "bedrock-converse": Ears(converse.said, converse.said_stream, converse.said_error),
    "cohere-v2": Ears(cohere.said, cohere.said_stream, cohere.said_error),
    "gemini": Ears(gemini.said, gemini.said_stream, gemini.said_error),
    "mistral": Ears(mistral.said, mistral.said_stream, mistral.said_error),
    "ollama": Ears(ollama.said, ollama.said_stream, ollama.said_error),
    "openai-chat": Ears(said, said_stream, said_error),
    "openai-responses": Ears(responses.said, responses.said_stream, responses.said_error),
}
"""By the key of the dialect."""

__all__ = [
    "EARS",
    "Choice",
    "Ears",
    "Heard",
    "NoAnswer",
    "SaidError",
    "ToolCall",
    "Usage",
    "heard",
    "said",
    "said_error",
    "said_stream",
]
