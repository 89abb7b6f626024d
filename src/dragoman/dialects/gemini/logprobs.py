"""Log probabilities, which Gemini keeps in two lists beside the text."""

from typing import Any

from dragoman.models import shared
from dragoman.streaming.writing import Logprobs


def logprobs(result: Any) -> Logprobs | None:
    """Those of the tokens in this piece; None where there are none."""
    chosen = _list(result, "chosenCandidates")
    if not chosen:
        return None
    top = _list(result, "topCandidates")
    content = []
    for place, entry in enumerate(chosen):
        token, logprob = _token(entry)
        likely = _list(top[place], "candidates") if place < len(top) else []
        content.append(
            shared.ChatCompletionTokenLogprob(
                bytes=None,
                logprob=logprob,
                token=token,
                top_logprobs=[
                    shared.ChatCompletionTokenTopLogprob(bytes=None, logprob=near, token=word)
                    for word, near in map(_token, likely)
                ],
            )
        )
    return Logprobs(content=content, refusal=None)


def _token(entry: Any) -> tuple[str, float]:
    """A token and its logarithm, which is left out where it is 0."""
    known = entry if isinstance(entry, dict) else {}
    token, logprob = known.get("token"), known.get("logProbability")
    if isinstance(logprob, bool) or not isinstance(logprob, int | float):
        logprob = 0
    return token if isinstance(token, str) else "", float(logprob)


def _list(holder: Any, key: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []
