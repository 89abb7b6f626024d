"""What becomes of a request's messages; one small function per matter.

Losses name places in the caller's request, so messages are visited by their first position
and new ones are only added behind.
"""

from collections.abc import Callable
from typing import Any, Final

from dragoman.dialects.openai_chat.draft import Draft

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""

CARRIERS: Final[tuple[str, ...]] = (
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "thinking_blocks",
    "native_content",
)
"""The fields of an assistant message that hold reasoning."""

REPEATING: Final = frozenset({"type", "text", "format", "index"})
"""The keys of reasoning details that say no more than a plain text."""

IMAGES_FOLLOW: Final = "The images of this result follow in the next user message."
"""What stands in a tool message whose images had to be moved."""


def messages(draft: Draft) -> None:
    """Bring each message into the form that the target takes."""
    of_tools = False
    for position, message in enumerate(draft.body["messages"]):
        pointer = f"/messages/{position}"
        if len(message) == 2 and type(message.get("content")) is str:
            role(draft, message, pointer)  # a role and a text: nothing else to look at
            continue
        for rule in RULES:
            rule(draft, message, pointer)
        of_tools = of_tools or message["role"] == "tool"
    if of_tools and not draft.quirks.tool_images:
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
    """Reasoning goes back in the one place where the target reads it, and nowhere else."""
    if message["role"] != "assistant":
        return
    found = {key: message.pop(key) for key in CARRIERS if key in message}
    text = found.get("reasoning_content") or found.get("reasoning", found.get("reasoning_content"))
    sent = {key for key in ("reasoning_content", "reasoning") if found.get(key) in (text, "")}
    replay = draft.quirks.reasoning_replay
    if replay == "drop":
        sent = set()
    elif replay == "reasoning_details":
        sent |= _replay_details(message, found, text)
    elif replay == "think_tags":
        _replay_tagged(message, text)
    elif text is not None or (draft.quirks.reasoning_required and message.get("tool_calls")):
        message[replay] = text or ""
    if replay != "drop" and _only_repeats(found.get("reasoning_details", []), text):
        sent.add("reasoning_details")
    for key in found:
        if key not in sent:
            draft.lose(f"{pointer}/{key}", "dropped", FOREIGN)
        elif key == "thinking_blocks" or replay == "think_tags":
            draft.lose(f"{pointer}/{key}", "renamed", f"sent as {replay}")


def _replay_details(message: dict[str, Any], found: dict[str, Any], text: str | None) -> set[str]:
    """Send what is signed, with the text beside it; thinking blocks are another form of it."""
    if text:
        message["reasoning"] = text
    carrier = "reasoning_details" if found.get("reasoning_details") else "thinking_blocks"
    if not found.get(carrier):
        return set()
    details = found[carrier]
    if carrier == "thinking_blocks":
        details = [_detail(block) for block in details]
    message["reasoning_details"] = details
    return {carrier}


def _replay_tagged(message: dict[str, Any], text: str | None) -> None:
    """Send the text at the head of the content, where the model itself wrote it."""
    if not text:
        return
    content = message.get("content")
    if isinstance(content, list):
        message["content"] = [{"type": "text", "text": f"<think>{text}</think>"}, *content]
    else:
        message["content"] = f"<think>{text}</think>{content or ''}"


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
    """Whether the details say what the text says, and nothing else."""
    joined = "".join(detail.get("text") or "" for detail in details)
    return joined == (text or "") and all(detail.keys() <= REPEATING for detail in details)


def calls(draft: Draft, message: dict[str, Any], pointer: str) -> None:
    """Tool calls of earlier answers: no empty lists, no empty arguments."""
    if message["role"] != "assistant":
        return
    if not message.get("tool_calls", True):
        del message["tool_calls"]
    for position, call in enumerate(message.get("tool_calls", [])):
        function = call["function"] if call["type"] == "function" else None
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
    if message["content"] is None and not message.get("tool_calls"):
        message["content"] = None if draft.quirks.null_content else ""


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
        if spelling != "cache_control" or f"{pointer}/{key}" in draft.unknown:
            draft.lose(f"{pointer}/{key}", "dropped", "the target knows no such breakpoint")
        elif spelling in holder:
            draft.lose(f"{pointer}/{key}", "dropped", "`cache_control` is set too, and counts")
        else:
            del mark["mode"]
            holder[spelling] = {"type": "ephemeral", **mark}


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


def sounds(draft: Draft, message: dict[str, Any], pointer: str) -> None:
    """Sounds as data URIs, where the target wants them so; nothing is lost by it."""
    content = message.get("content")
    if not draft.quirks.audio_data_uri or not isinstance(content, list):
        return
    for part in content:
        if part is None or part.get("type") != "input_audio":
            continue
        sound = part["input_audio"]
        if not sound["data"].startswith("data:"):
            form = sound["format"]
            sound["data"] = f"data:audio/{form};base64,{sound['data']}"


RULES: Final[tuple[Callable[[Draft, dict[str, Any], str], None], ...]] = (
    role,
    name,
    breakpoints,
    files,
    sounds,
    calls,
    reasoning,
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
