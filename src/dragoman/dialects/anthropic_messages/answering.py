"""The other side: answers as callers of Anthropic's dialect expect them."""

from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.dialects.anthropic_messages.blocks import FORMAT
from dragoman.dialects.anthropic_messages.finishing import FINISH_REASONS
from dragoman.dialects.dialect import EncodedError
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.wire import reading

Block = dict[str, Any]

STOP_REASONS: Final[dict[str, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}

TIERS: Final = {"default": "standard", "priority": "priority"}

ERROR_TYPES: Final = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""Anthropic's type of an error with this status; of others, below 500 and from there on."""


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """The body of a whole answer; Anthropic has one choice, the first."""
    choice = response.choices[0]
    message = choice.message
    return reading.write(
        {
            "id": message_id(response.id),
            "type": "message",
            "role": "assistant",
            "model": response.model,
            "content": _content(message, response.id),
            **ending(choice.finish_reason, choice.native_finish_reason, message.refusal),
            "usage": {**usage(response.usage), **served(response.service_tier)},
        }
    )


def message_id(id: str) -> str:
    """The id as Anthropic's look."""
    return id if id.startswith("msg_") else f"msg_{id}"


def ending(finish_reason: str, native: str | None, refusal: str | None) -> Block:
    """Why the answer ended; a word of Anthropic's own comes back as it was."""
    word = native if native in FINISH_REASONS else STOP_REASONS[finish_reason]
    if refusal is not None:
        word = "refusal"
    told: Block = {"stop_reason": word, "stop_sequence": None}
    if refusal is not None:
        told["stop_details"] = {"type": "refusal", "category": None, "explanation": refusal}
    return told


def served(service_tier: shared.ServiceTier | None) -> Block:
    """How the request was served, which stands among the counts; of other tiers nothing is said."""
    return {"service_tier": TIERS[service_tier]} if service_tier in TIERS else {}


def usage(told: shared.CompletionUsage | None) -> Block:
    """Usage as Anthropic counts: what was cached lies beside the input."""
    if told is None:
        return {"input_tokens": 0, "output_tokens": 0}
    of_prompt = told.prompt_tokens_details or shared.PromptTokensDetails()
    of_completion = told.completion_tokens_details or shared.CompletionTokensDetails()
    read, written = of_prompt.cached_tokens or 0, of_prompt.cache_write_tokens or 0
    found: Block = {
        "input_tokens": max(0, told.prompt_tokens - read - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": told.completion_tokens,
    }
    if of_completion.reasoning_tokens is not None:
        found["output_tokens_details"] = {"thinking_tokens": of_completion.reasoning_tokens}
    return found


def _content(message: shared.ChatCompletionResponseMessage, id: str) -> list[Block]:
    native = message.native_content
    if native is not None and native.format == FORMAT:
        return native.content
    blocks = _thinking(message)
    if message.content:
        blocks.append({"type": "text", "text": message.content})
    for call in message.tool_calls or ():
        if isinstance(call, shared.ChatCompletionMessageCustomToolCall):
            name, input = call.custom.name, {"input": call.custom.input}
        else:
            name, input = call.function.name, parsed(call.function.arguments)
        blocks.append({"type": "tool_use", "id": call.id, "name": name, "input": input})
    function = message.function_call
    if function is not None:
        block: Block = {"type": "tool_use", "id": f"toolu_{id}", "name": function.name}
        blocks.append({**block, "input": parsed(function.arguments)})
    return blocks


def _thinking(message: shared.ChatCompletionResponseMessage) -> list[Block]:
    blocks: list[Block] = []
    for detail in message.reasoning_details or ():
        if detail.type == "reasoning.encrypted" and detail.format == FORMAT:
            blocks.append({"type": "redacted_thinking", "data": detail.data or ""})
        elif detail.type in ("reasoning.text", "reasoning.summary"):
            blocks.append(thinking(detail.text or detail.summary or "", signature_of(detail)))
    if not blocks and message.reasoning_content:
        blocks.append(thinking(message.reasoning_content, ""))
    return blocks


def thinking(text: str, signature: str) -> Block:
    """A block of reasoning; what nobody signed has an empty signature."""
    return {"type": "thinking", "thinking": text, "signature": signature}


def signature_of(detail: shared.ReasoningDetail) -> str:
    """The signature, which of another provider's reasoning says nothing to Anthropic."""
    return (detail.signature or "") if detail.format == FORMAT else ""


def parsed(arguments: str) -> Any:
    """The arguments as the object that Anthropic's clients expect."""
    if not arguments.strip():
        return {}
    try:
        value = reading.read_untyped(arguments.encode(errors="replace"))
    except reading.UnreadableError:
        return {"_raw": arguments}
    return value if isinstance(value, dict) else {"value": value}


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error; of the provider's own body, nothing is repeated."""
    status = refusing.status_of(error)
    return EncodedError(
        status_code=529 if status == 503 else status,
        headers={"content-type": "application/json"},
        body=reading.write(error_object(error)),
    )


def error_object(error: Error) -> Block:
    """An error as Anthropic spells it."""
    status = refusing.status_of(error)
    kind = "api_error" if status >= 500 else "invalid_request_error"
    told = {"type": ERROR_TYPES.get(status, kind), "message": error.message}
    return {"type": "error", "error": told}
