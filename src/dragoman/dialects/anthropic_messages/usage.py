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
    details = usage.output_tokens_details
    thought = None if details is None else details.thinking_tokens
    prompt = counted(usage.input_tokens) + counted(written) + counted(read)
    completion = counted(usage.output_tokens)
    if thought is None and read is not None and written is not None:
        # As nearly all usage is; `adding_up` would give the same, and takes three times as long.
        return shared.CompletionUsage(
            completion_tokens=completion,
            prompt_tokens=prompt,
            prompt_tokens_details=shared.PromptTokensDetails(
                cache_write_tokens=counted(written), cached_tokens=counted(read)
            ),
            total_tokens=prompt + completion,
        )
    of_prompt = {"cached_tokens": read, "cache_write_tokens": written}
    return adding_up(
        prompt,
        completion,
        {name: counted(count) for name, count in of_prompt.items() if count is not None},
        {} if thought is None else {"reasoning_tokens": counted(thought)},
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
    return max(0, int(number)) if number else 0
