"""Usage, counted as the hub counts: images lie inside the prompt.

Cohere's `tokens.input_tokens` hold the provider's own template and what was cached, and not the
images: recorded answers have 501 of the one beside 518 of the other. `billed_units` are far fewer,
and count only where there is nothing else; their `input_tokens` hold the images.
"""

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import cohere_v2 as wire


def completion_usage(usage: wire.Usage) -> shared.CompletionUsage | None:
    """The one reading of a usage object, whole or streamed; None where it says nothing."""
    tokens, images = usage.tokens, None
    if tokens is None or (tokens.input_tokens is None and tokens.output_tokens is None):
        tokens = usage.billed_units
    else:
        images = tokens.image_tokens
    if tokens is None:
        return None
    of_prompt = {"cached_tokens": usage.cached_tokens, "image_tokens": images}
    thought = tokens.reasoning_tokens
    return adding_up(
        counted(tokens.input_tokens) + counted(images),
        counted(tokens.output_tokens),
        {name: counted(count) for name, count in of_prompt.items() if count is not None},
        {} if thought is None else {"reasoning_tokens": counted(thought)},
    )


def counted(number: wire.Count) -> int:
    """A count of tokens, 0 where there is none."""
    return max(0, int(number)) if number else 0
