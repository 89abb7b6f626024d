"""The rarer pieces of a message, from what providers send to what we say.

What a provider sends in another shape and we can read is read; what our types have no room
for (citations without an offset, a file as annotation, a tier of the provider's own) is left
out, and stays in `response.raw`. What is of no shape that we can read raises `MistypedError`,
with its place within the message or, for log probabilities, within the choice.
"""

from typing import Any, Final, get_args

import msgspec

from dragoman.models import shared
from dragoman.wire import openai_chat as wire
from dragoman.wire import reading

SERVICE_TIERS: Final[frozenset[str]] = frozenset(get_args(shared.ServiceTier))

KINDS: Final = {bool: "bool", int: "int", float: "float", list: "array"}
"""What JSON calls a value that is neither a text nor an object."""

DETAIL_KEYS: Final = tuple(shared.ReasoningDetail.__struct_fields__)


def text(content: Any) -> str:
    """The content as text: parts are joined, and JSON that came parsed is written again."""
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "".join(part["text"] for part in content if isinstance(part.get("text"), str))
    if isinstance(content, dict):
        return reading.write(content).decode()
    if isinstance(content, str):
        return content
    raise reading.MistypedError(f"expected str or null; got {KINDS[type(content)]}", "content")


def function(call: wire.Function | None) -> tuple[str | None, str | None]:
    """The name and the arguments as text; a server that parsed them has them written again."""
    if call is None:
        return None, None
    arguments = call.arguments
    if arguments is None or isinstance(arguments, str):
        return call.name, arguments
    return call.name, reading.write(arguments).decode()


def audio(piece: wire.Audio) -> shared.ChatCompletionStreamResponseDeltaAudio | None:
    """A piece of the spoken answer; None for Snowflake's object of empty values."""
    if not (piece.id or piece.data or piece.transcript or piece.expires_at):
        return None
    return shared.ChatCompletionStreamResponseDeltaAudio(
        data=piece.data or None,
        expires_at=None if piece.expires_at is None else int(piece.expires_at),
        id=piece.id or None,
        transcript=piece.transcript or None,
    )


def annotations(entries: list[Any]) -> list[shared.ChatCompletionResponseMessageAnnotation]:
    """Citations of web pages that say what part of the text they are about."""
    found = []
    for entry in entries:
        citation = entry.get("url_citation") if isinstance(entry, dict) else None
        if isinstance(citation, dict) and isinstance(citation.get("url"), str):
            start, end = citation.get("start_index"), citation.get("end_index")
            if isinstance(start, int | float) and isinstance(end, int | float):
                title = citation.get("title")
                found.append(
                    shared.ChatCompletionResponseMessageAnnotation(
                        url_citation=shared.UrlCitation(
                            end_index=int(end),
                            start_index=int(start),
                            title=title if isinstance(title, str) else "",
                            url=citation["url"],
                        )
                    )
                )
    return found


def reasoning_details(entries: list[dict[str, Any]]) -> list[shared.ReasoningDetail]:
    """The reasoning as it must go back."""
    try:
        return msgspec.convert(
            [{key: entry[key] for key in DETAIL_KEYS if key in entry} for entry in entries],
            list[shared.ReasoningDetail],
        )
    except msgspec.ValidationError as error:
        raise reading.mistyped(error).within("reasoning_details") from None


def native_content(value: Any) -> shared.NativeContent | None:
    """The blocks of the provider that another Dragoman asked, where they have our form."""
    try:
        return msgspec.convert(value, shared.NativeContent | None)
    except msgspec.ValidationError:
        return None


def logprobs(value: Any) -> shared.CreateChatCompletionResponseChoicesLogprobs | None:
    """Log probabilities in the form of 2024; None for the older form and for none at all."""
    if not isinstance(value, dict):
        return None
    content = _tokens(value.get("content"), "logprobs.content")
    refusal = _tokens(value.get("refusal"), "logprobs.refusal")
    if content is None and refusal is None:
        return None
    return shared.CreateChatCompletionResponseChoicesLogprobs(content=content, refusal=refusal)


def _tokens(entries: Any, path: str) -> list[shared.ChatCompletionTokenLogprob] | None:
    if not isinstance(entries, list):
        return None
    completed = [
        {**_token(entry), "top_logprobs": _top(entry.get("top_logprobs"))}
        for entry in entries
        if isinstance(entry, dict)
    ]
    try:
        return msgspec.convert(completed, list[shared.ChatCompletionTokenLogprob])
    except msgspec.ValidationError as error:
        raise reading.mistyped(error).within(path) from None


def _top(entries: Any) -> list[dict[str, Any]]:
    return [_token(entry) for entry in entries] if isinstance(entries, list) else []


def _token(entry: Any) -> dict[str, Any]:
    known = entry if isinstance(entry, dict) else {}
    return {
        "bytes": known.get("bytes"),
        "logprob": known.get("logprob"),
        "token": known.get("token"),
    }


def service_tier(tier: str | None) -> shared.ServiceTier | None:
    """The tier, where OpenAI's schema knows it."""
    return tier if tier in SERVICE_TIERS else None  # type: ignore[return-value] # checked


def metadata(value: Any) -> dict[str, str] | None:
    """The stored pairs, where they are texts."""
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        return None
    return value or None


def moderation(value: Any) -> shared.Moderation | None:
    """The verdicts, where they have the form of OpenAI's schema."""
    try:
        return msgspec.convert(value, shared.Moderation) if value else None
    except msgspec.ValidationError:
        return None


def finish_details(value: dict[str, Any] | None) -> str | None:
    """What gpt-4-vision-preview said in place of a finish reason."""
    word = (value or {}).get("type")
    return word if isinstance(word, str) else None
