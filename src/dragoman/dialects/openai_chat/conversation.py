"""What becomes of a request's messages; one small function per matter.

Losses name places in the caller's request, so messages are visited by their first position
and new ones are only added behind.
"""

from collections.abc import Callable
from typing import Any, Final

from dragoman.dialects.openai_chat.draft import Draft

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""

IMAGES_FOLLOW: Final = "The images of this result follow in the next user message."
"""What stands in a tool message whose images had to be moved."""


def messages(draft: Draft) -> None:
    """Bring each message into the form that the target takes."""
    for position, message in enumerate(draft.body["messages"]):
        pointer = f"/messages/{position}"
        for rule in RULES:
            rule(draft, message, pointer)
    if not draft.quirks.tool_images:
        _move_tool_images(draft)


def role(draft: Draft, message: dict[str, Any], pointer: str) -> None:
    """System and developer mean the same; each target knows one of them, or neither."""
    if message["role"] not in ("system", "developer"):
        return
    if draft.family is not None:
        wanted: str = draft.family.system_role
    else:
        wanted = message["role"] if draft.quirks.developer_role else "system"
    if wanted == "user":
        reason = f"{draft.model} knows neither system nor developer; sent as a user message"
        draft.lose(f"{pointer}/role", "emulated", reason)
    message["role"] = wanted


def name(draft: Draft, message: dict[str, Any], pointer: str) -> None:
    """Names of participants, except that of a function, which is required."""
    if "name" in message and not draft.quirks.message_names and message["role"] != "function":
        del message["name"]
        draft.lose(f"{pointer}/name", "dropped", "the provider does not know it")


def reasoning(draft: Draft, message: dict[str, Any], pointer: str) -> None:
    """Reasoning goes back under the one key that the target reads, and nowhere else."""
    if message["role"] != "assistant":
        return
    replay = draft.quirks.reasoning_replay
    text = message.get("reasoning_content") or message.get("reasoning")
    details = message.get("reasoning_details")
    blocks = message.pop("thinking_blocks", None)
    if blocks is not None and replay != "drop" and not details:
        details = [_detail(block) for block in blocks]
        text = text or "".join(d["text"] for d in details if "text" in d) or None
        draft.lose(f"{pointer}/thinking_blocks", "renamed", f"sent as {replay}")
    elif blocks is not None:
        draft.lose(f"{pointer}/thinking_blocks", "dropped", FOREIGN)
    found = {
        key: message.pop(key)
        for key in ("reasoning_content", "reasoning", "reasoning_details")
        if key in message
    }
    if replay == "drop":
        for key in found:
            draft.lose(f"{pointer}/{key}", "dropped", FOREIGN)
    elif replay == "reasoning_details":
        if details:
            message["reasoning_details"] = details
        if text:
            message["reasoning"] = text
    else:
        if text or (draft.quirks.reasoning_required and message.get("tool_calls")):
            message[replay] = text or ""
        if found.get("reasoning_details") and not _only_repeats(found["reasoning_details"], text):
            draft.lose(f"{pointer}/reasoning_details", "dropped", FOREIGN)
    if "native_content" in message:
        del message["native_content"]
        draft.lose(f"{pointer}/native_content", "dropped", FOREIGN)


def _detail(block: dict[str, Any]) -> dict[str, Any]:
    """A thinking block of LiteLLM's clients, which is one of Anthropic's."""
    if block.get("type") == "redacted_thinking":
        detail = {"type": "reasoning.encrypted", "data": block.get("data")}
    else:
        detail = {
            "type": "reasoning.text",
            "text": block.get("thinking"),
            "signature": block.get("signature"),
        }
    kept = {key: value for key, value in detail.items() if value is not None}
    return {**kept, "format": "anthropic-claude-v1"}


def _only_repeats(details: list[dict[str, Any]], text: str | None) -> bool:
    """Whether the details say what the text says, and prove nothing."""
    joined = "".join(detail.get("text") or "" for detail in details)
    return joined == (text or "") and not any(
        detail.get(key) for detail in details for key in ("signature", "data", "summary")
    )


def calls(draft: Draft, message: dict[str, Any], pointer: str) -> None:
    """Tool calls of earlier answers: no empty lists, no empty arguments."""
    if message["role"] != "assistant":
        return
    if not message.get("tool_calls", True):
        del message["tool_calls"]
    for position, call in enumerate(message.get("tool_calls", [])):
        function = call.get("function")
        if function is not None and not function["arguments"].strip():
            function["arguments"] = "{}"
        if "extra_content" in call and not draft.quirks.extra_content:
            del call["extra_content"]
            place = f"{pointer}/tool_calls/{position}/extra_content"
            draft.lose(place, "dropped", FOREIGN)
    if "extra_content" in message and not draft.quirks.extra_content:
        del message["extra_content"]
        draft.lose(f"{pointer}/extra_content", "dropped", FOREIGN)
    message.setdefault("content", None)


def breakpoints(draft: Draft, message: dict[str, Any], pointer: str) -> None:
    """Cache breakpoints, in the spelling that the target knows."""
    content = message.get("content")
    _respell(draft, message, pointer)
    for position, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict) and f"{pointer}/content/{position}" not in draft.unknown:
            _respell(draft, part, f"{pointer}/content/{position}")


def _respell(draft: Draft, holder: dict[str, Any], pointer: str) -> None:
    spelling = draft.quirks.cache_control
    for key in ("cache_control", "prompt_cache_breakpoint"):
        if key not in holder or key == spelling:
            continue
        mark = holder.pop(key)
        if spelling == "cache_control":
            ttl = {"ttl": mark["ttl"]} if "ttl" in mark else {}
            holder.setdefault("cache_control", {"type": "ephemeral", **ttl})
        else:
            draft.lose(f"{pointer}/{key}", "dropped", "the target knows no such breakpoint")


def files(draft: Draft, message: dict[str, Any], pointer: str) -> None:
    """Documents are content: where they cannot be sent, nothing is."""
    content = message.get("content")
    if draft.quirks.files or not isinstance(content, list):
        return
    for position, part in enumerate(content):
        if isinstance(part, dict) and part.get("type") == "file":
            raise draft.refuse(
                f"{pointer}/content/{position}/type",
                "expected one of text, image_url, input_audio, the provider takes no files; "
                "got 'file'",
            )


RULES: Final[tuple[Callable[[Draft, dict[str, Any], str], None], ...]] = (
    role,
    name,
    reasoning,
    calls,
    breakpoints,
    files,
)
"""What is done to each message, in this order."""


def _move_tool_images(draft: Draft) -> None:
    """Images of tool results follow in a user message behind the group of tool messages."""
    moved: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for position, message in enumerate(draft.body["messages"]):
        if message["role"] != "tool" and moved:
            told.append({"role": "user", "content": moved})
            moved = []
        content = message.get("content")
        if message["role"] == "tool" and isinstance(content, list):
            images = [p for p in content if isinstance(p, dict) and p.get("type") == "image_url"]
            if images:
                rest = [part for part in content if part not in images]
                message["content"] = [*rest, {"type": "text", "text": IMAGES_FOLLOW}]
                moved += images
                reason = "the target takes no images in tool messages; sent in a user message"
                draft.lose(f"/messages/{position}/content", "emulated", reason)
        told.append(message)
    if moved:
        told.append({"role": "user", "content": moved})
    draft.body["messages"] = told
