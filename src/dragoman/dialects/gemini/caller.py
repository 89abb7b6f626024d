"""The other side: answers as callers of Gemini's dialect expect them."""

from typing import Any, Final

from dragoman.dialects.dialect import EncodedError
from dragoman.dialects.gemini.blocks import FORMAT
from dragoman.dialects.gemini.finishing import FINISH_REASONS as OWN_WORDS
from dragoman.errors import APIStatusError, APITimeoutError, ConfigurationError, Error
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading

FINISH_REASONS: Final[dict[shared.FinishReason, str]] = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "function_call": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
}

STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""Google's word for a status; others are `UNKNOWN`, or of the caller `INVALID_ARGUMENT`."""


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """The body of a whole answer."""
    candidates = [
        _candidate(choice.index, _parts(choice.message), choice.finish_reason, choice)
        for choice in response.choices
    ]
    told = _answer(response.id, response.model, candidates, response.usage)
    return reading.write(told)


class StreamEncoder:
    """Chunks in, Gemini's events out; one per stream.

    Calls are told whole, so they wait for their last piece; what a candidate ended with waits
    for the usage, which stands in the same event.
    """

    def __init__(self, *, include_usage: bool) -> None:
        self._include_usage = include_usage
        self._first: Chunk | None = None
        self._calls: dict[int, dict[int, dict[str, Any]]] = {}
        self._ended: list[dict[str, Any]] = []

    def encode(self, chunk: Chunk) -> bytes:
        """The events of this chunk; empty for what is held back."""
        self._first = self._first or chunk
        said = b"".join(self._said(choice) for choice in chunk.choices)
        if chunk.usage is not None:
            said += self._last(chunk.usage if self._include_usage else None)
        return said

    def end(self) -> bytes:
        """What was held back; Gemini has no terminator."""
        return self._last(None)

    def error(self, error: Error) -> bytes:
        """The event that tells a failure in the middle of the stream."""
        return sse.encode(encode_error(error).body)

    def _said(self, choice: shared.CreateChatCompletionStreamResponseChoices) -> bytes:
        delta, index = choice.delta, choice.index
        for piece in delta.tool_calls or ():
            self._hear_call(self._calls.setdefault(index, {}), piece)
        if choice.finish_reason is not None:
            parts = [_call(**call) for _, call in sorted(self._calls.pop(index, {}).items())]
            self._ended.append(_candidate(index, parts, choice.finish_reason, choice))
            return b""
        text = (delta.content or "") + (delta.refusal or "")
        parts = _thoughts(delta.reasoning_content, delta.reasoning_details)
        parts += [{"text": text}] if text else []
        return self._event([_candidate(index, parts, None, None)], None) if parts else b""

    @staticmethod
    def _hear_call(
        calls: dict[int, dict[str, Any]], piece: shared.ChatCompletionMessageToolCallChunk
    ) -> None:
        nothing: dict[str, Any] = {"id": None, "name": "", "pieces": [], "extra_content": None}
        call = calls.setdefault(piece.index, nothing)
        call["id"] = call["id"] or piece.id
        call["extra_content"] = call["extra_content"] or piece.extra_content
        if piece.function is not None:
            call["name"] = call["name"] or piece.function.name
            call["pieces"].append(piece.function.arguments or "")
        elif piece.custom is not None:
            call["name"] = call["name"] or piece.custom.name
            call["pieces"].append(piece.custom.input or "")

    def _last(self, usage: shared.CompletionUsage | None) -> bytes:
        ended, self._ended = self._ended, []
        return self._event(ended, usage) if ended or usage is not None else b""

    def _event(
        self, candidates: list[dict[str, Any]], usage: shared.CompletionUsage | None
    ) -> bytes:
        assert self._first is not None
        told = _answer(self._first.id, self._first.model, candidates, usage)
        return sse.encode(reading.write(told))


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """An encoder for one stream."""
    return StreamEncoder(include_usage=include_usage)


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error; of the provider's own body, nothing is repeated."""
    status_code = _status_of(error)
    fallback = "UNKNOWN" if status_code >= 500 else "INVALID_ARGUMENT"
    told: dict[str, Any] = {
        "code": status_code,
        "message": error.message,
        "status": STATUSES.get(status_code, fallback),
    }
    seconds = error.retry_after if isinstance(error, APIStatusError) else None
    if seconds is not None:
        delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds:g}s"}
        told["details"] = [delay]
    return EncodedError(
        status_code=status_code,
        headers={"content-type": "application/json"},
        body=reading.write({"error": told}),
    )


def _status_of(error: Error) -> int:
    match error:
        case APIStatusError(status_code=529):
            return 503
        case APIStatusError():
            # A redirect that is not followed is no answer to a caller.
            return error.status_code if 400 <= error.status_code < 600 else 502
        case APITimeoutError():
            return 504
        case ConfigurationError():
            return 500
    return 502 if error.type == "upstream_error" else 400


def _answer(
    id: str, model: str, candidates: list[dict[str, Any]], usage: shared.CompletionUsage | None
) -> dict[str, Any]:
    told: dict[str, Any] = {"candidates": candidates} if candidates else {}
    if usage is not None:
        told["usageMetadata"] = _usage(usage)
    return {**told, "modelVersion": model, "responseId": id}


def _candidate(
    index: int,
    parts: list[dict[str, Any]],
    reason: shared.FinishReason | None,
    choice: Any,
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if parts:
        told["content"] = {"role": "model", "parts": parts}
    if reason is not None:
        native = choice.native_finish_reason
        known = native in OWN_WORDS
        told["finishReason"] = native if known else FINISH_REASONS[reason]
    return {**told, "index": index}


def _parts(message: shared.ChatCompletionResponseMessage) -> list[dict[str, Any]]:
    native = message.native_content
    if native is not None and native.format == FORMAT:
        return native.content
    thoughts = _thoughts(message.reasoning_content, message.reasoning_details)
    text = (message.content or "") + (message.refusal or "")
    spoken = [{"text": text}] if text else []
    if spoken and thoughts and "thought" not in thoughts[-1]:
        spoken = [{**thoughts.pop(), "text": text}]
    calls = []
    for call in message.tool_calls or ():
        if isinstance(call, shared.ChatCompletionMessageToolCall):
            function = call.function
            calls.append(_call(call.id, function.name, [function.arguments], call.extra_content))
        else:
            custom = call.custom
            calls.append(_call(call.id, custom.name, [custom.input], None))
    return [*thoughts, *spoken, *calls]


def _thoughts(text: str | None, details: list[shared.ReasoningDetail] | None) -> list[Any]:
    """Thoughts with their signatures; a signature without a thought is that of the text."""
    told: list[dict[str, Any]] = []
    for detail in details or ():
        if detail.format == FORMAT and detail.text is not None:
            part: dict[str, Any] = {"text": detail.text}
            if detail.text:
                part["thought"] = True
            if detail.signature is not None:
                part["thoughtSignature"] = detail.signature
            if len(part) > 1:
                told.append(part)
    if text and not any("thought" in part for part in told):
        told.insert(0, {"text": text, "thought": True})
    return told


def _call(
    id: str | None, name: str, pieces: list[str], extra_content: dict[str, Any] | None
) -> dict[str, Any]:
    """A call; arguments that are no JSON object stand whole under `_raw`."""
    text = "".join(pieces)
    try:
        args = reading.read_untyped(text.encode(errors="surrogatepass")) if text.strip() else {}
    except reading.UnreadableError:
        args = None
    told = {"id": id, "name": name, "args": args if isinstance(args, dict) else {"_raw": text}}
    google = (extra_content or {}).get("google")
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    part: dict[str, Any] = {"functionCall": told}
    return {**part, "thoughtSignature": signature} if signature else part


def _usage(usage: shared.CompletionUsage) -> dict[str, Any]:
    """Ours as Gemini's: thoughts stand beside the answer, and what is 0 is left out."""
    of_prompt, of_completion = usage.prompt_tokens_details, usage.completion_tokens_details
    thoughts = (of_completion.reasoning_tokens if of_completion else None) or 0
    told = {
        "promptTokenCount": usage.prompt_tokens,
        "cachedContentTokenCount": (of_prompt.cached_tokens if of_prompt else None) or 0,
        "candidatesTokenCount": usage.completion_tokens - thoughts,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": usage.total_tokens,
    }
    optional = ("cachedContentTokenCount", "thoughtsTokenCount")
    return {key: count for key, count in told.items() if count or key not in optional}
