"""Log probabilities, which not every event tells with the bytes of the tokens."""

from typing import Any

import msgspec

from dragoman.models import shared
from dragoman.wire import openai_responses as wire


def logprobs(likely: Any) -> shared.CreateChatCompletionResponseChoicesLogprobs | None:
    """The tokens of a piece of text; None where they cannot be read."""
    try:
        tokens = msgspec.convert(likely, list[wire.Logprob], from_attributes=True)
    except msgspec.ValidationError:
        return None
    content = [
        shared.ChatCompletionTokenLogprob(
            bytes=token.bytes,
            logprob=token.logprob,
            token=token.token,
            top_logprobs=[
                shared.ChatCompletionTokenTopLogprob(
                    bytes=other.bytes, logprob=other.logprob, token=other.token
                )
                for other in token.top_logprobs or ()
                if other.logprob is not None
            ],
        )
        for token in tokens
        if token.logprob is not None
    ]
    if not content:
        return None
    return shared.CreateChatCompletionResponseChoicesLogprobs(content=content, refusal=None)


def told(
    likely: shared.CreateChatCompletionResponseChoicesLogprobs | None,
) -> list[dict[str, Any]]:
    """The tokens as callers are told; one without bytes of its own has an empty list of them."""
    tokens = (likely.content if likely is not None else None) or ()
    return [
        {**_token(token), "top_logprobs": [_token(other) for other in token.top_logprobs]}
        for token in tokens
    ]


def _token(
    token: shared.ChatCompletionTokenLogprob | shared.ChatCompletionTokenTopLogprob,
) -> dict[str, Any]:
    return {"token": token.token, "bytes": token.bytes or [], "logprob": token.logprob}
