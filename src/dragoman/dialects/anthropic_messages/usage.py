"""Usage, counted as the hub counts: what was cached lies inside the prompt.

Anthropic's `input_tokens` hold neither what was read from the cache nor what was written to it;
`output_tokens` hold the thinking. `iterations` describe parts of the same numbers, and are not
added.
"""

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import anthropic_messages as wire


def completion_usage(usage: wire.Usage) -> shared.CompletionUsage:
    """The one reading of a usage object, for whole and streamed answers."""
    read, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    of_prompt = {}
    if read is not None:
        of_prompt["cached_tokens"] = counted(read)
    if written is not None:
        of_prompt["cache_write_tokens"] = counted(written)
    of_completion = {}
    details = usage.output_tokens_details
    if details is not None and details.thinking_tokens is not None:
        of_completion["reasoning_tokens"] = counted(details.thinking_tokens)
    return adding_up(
        counted(usage.input_tokens) + counted(written) + counted(read),
        counted(usage.output_tokens),
        of_prompt,
        of_completion,
    )


def latest(earlier: wire.Usage | None, later: wire.Usage | None) -> wire.Usage | None:
    """What is known after both: each says what was used so far, and nothing is added."""
    if earlier is None or later is None:
        return later or earlier
    return wire.Usage(
        *(
            getattr(earlier, field) if getattr(later, field) is None else getattr(later, field)
            for field in wire.Usage.__struct_fields__
        )
    )


def counted(number: wire.Count) -> int:
    """A count of tokens, 0 where there is none."""
    return max(0, int(number or 0))
