"""What OpenAI answers with a 400, judged before anything is said.

Structure is judged when a request is decoded; here are ranges, fields that need each other, and
tool results that answer no call. What belongs to the choice of a tool is judged in
`dragoman.simulator.calls`.

Reference: https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Final

from dragoman.models import shared
from dragoman.simulator.refusals import refused, shown

RANGES: Final[tuple[tuple[str, int, int | None], ...]] = (
    ("n", 1, 128),
    ("temperature", 0, 2),
    ("top_p", 0, 1),
    ("frequency_penalty", -2, 2),
    ("presence_penalty", -2, 2),
    ("top_logprobs", 0, 20),
    ("max_completion_tokens", 1, None),
    ("max_tokens", 1, None),
)
"""Fields with the least and the most they may be."""

STOPS_LIMIT: Final = 4


def check(request: shared.CreateChatCompletionRequest) -> None:
    """Raises `BadRequestError` for a request that is wrong as it stands."""
    for field, low, high in RANGES:
        value = getattr(request, field)
        if value is not None:
            in_range(field, value, low, high)
    stop(request)
    if request.top_logprobs is not None and not request.logprobs:
        raise refused("top_logprobs", "logprobs to be true beside it", "no logprobs")
    if request.stream_options is not None and not request.stream:
        raise refused("stream_options", "stream to be true beside it", "no stream")
    if "audio" in (request.modalities or ()):
        raise refused(
            "modalities",
            "text alone, the simulator has no voice",
            "'audio'",
            code="unsupported_value",
        )
    answered(request.messages)


def in_range(field: str, value: float, low: int, high: int | None) -> None:
    """The codes are OpenAI's: `integer_below_min_value`, `decimal_above_max_value` and so on."""
    kind = "integer" if isinstance(value, int) else "decimal"
    wanted = f"{low} or more" if high is None else f"{low} to {high}"
    got = str(value) if isinstance(value, int) else f"{value:g}"
    if high is not None and value > high:
        raise refused(field, wanted, got, code=f"{kind}_above_max_value")
    if not value >= low:
        raise refused(field, wanted, got, code=f"{kind}_below_min_value")


def stop(request: shared.CreateChatCompletionRequest) -> None:
    """One to four texts, none of them empty: an empty one stands before every answer."""
    texts = stops(request)
    if request.stop is not None and not texts:
        raise refused("stop", "at least one text", "none", code="empty_array")
    if len(texts) > STOPS_LIMIT:
        raise refused(
            "stop", f"at most {STOPS_LIMIT} texts", str(len(texts)), code="array_above_max_length"
        )
    if "" in texts:
        raise refused("stop", "no empty text", "''")


def stops(request: shared.CreateChatCompletionRequest) -> list[str]:
    """The texts that end the answer."""
    return [request.stop] if isinstance(request.stop, str) else request.stop or []


def answered(messages: list[shared.ChatCompletionRequestMessage]) -> None:
    """Tool messages follow the calls that they answer, and answer all of them."""
    calls: set[str] = set()
    open_calls: set[str] = set()
    place = ""
    for position, message in enumerate(messages):
        if isinstance(message, shared.ChatCompletionRequestToolMessage):
            if message.tool_call_id not in calls:
                raise refused(
                    f"messages[{position}].tool_call_id",
                    "the id of a tool call in the assistant message before the tool messages",
                    shown(message.tool_call_id),
                )
            open_calls.discard(message.tool_call_id)
            continue
        all_answered(open_calls, place)
        calls = ids_called(message)
        open_calls, place = set(calls), f"messages[{position}].tool_calls"
    all_answered(open_calls, place)


def ids_called(message: shared.ChatCompletionRequestMessage) -> set[str]:
    """The ids of the tool calls that this message makes."""
    if not isinstance(message, shared.ChatCompletionRequestAssistantMessage):
        return set()
    return {call.id for call in message.tool_calls or ()}


def all_answered(open_calls: set[str], place: str) -> None:
    """Raises where a tool call was left without its tool message."""
    if open_calls:
        raise refused(
            place,
            "to be followed by tool messages responding to each tool_call_id",
            f"no answer to {', '.join(map(shown, sorted(open_calls)))}",
        )
