"""Usage, counted as the hub counts: what was cached lies inside the prompt.

Bedrock's `inputTokens` hold neither what was read from the cache nor what was written to it; its
`totalTokens` hold all. It does not count the reasoning apart.
"""

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import bedrock_converse as wire


def completion_usage(usage: wire.Usage) -> shared.CompletionUsage:
    """The one reading of a usage object, for whole and streamed answers."""
    read, written = usage.cache_read_input_tokens, usage.cache_write_input_tokens
    prompt = _counted(usage.input_tokens) + _counted(written) + _counted(read)
    completion = _counted(usage.output_tokens)
    if read is not None and written is not None:
        # As nearly all usage is; `adding_up` would give the same, and takes three times as long.
        return shared.CompletionUsage(
            completion_tokens=completion,
            prompt_tokens=prompt,
            prompt_tokens_details=shared.PromptTokensDetails(
                cache_write_tokens=_counted(written), cached_tokens=_counted(read)
            ),
            total_tokens=prompt + completion,
        )
    details = {"cached_tokens": read, "cache_write_tokens": written}
    return adding_up(
        prompt,
        completion,
        {name: _counted(count) for name, count in details.items() if count is not None},
        {},
    )


def _counted(number: wire.Count) -> int:
    """A count of tokens, 0 where there is none."""
    return max(0, int(number)) if number else 0
