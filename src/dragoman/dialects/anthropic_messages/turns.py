"""A caller's messages in Anthropic's dialect, as the hub has them: one message per result."""

import base64
from typing import Any, Final

from dragoman.dialects.anthropic_messages.blocks import FORMAT, KINDS, PLAIN_ORDER
from dragoman.dialects.anthropic_messages.conversation import ERROR
from dragoman.dialects.given import Given, unknown
from dragoman.models import shared
from dragoman.models.pointers import escaped
from dragoman.wire import reading

ROLES: Final = ("user", "assistant", "system")

TTLS: Final = ("5m", "1h")


class Turns:
    """Takes messages in; each may become several."""

    def __init__(self, extra: shared.Extra) -> None:
        self.messages: list[Any] = []
        self._extra = extra

    def instructions(self, system: Any) -> None:
        """The text that stands before all messages."""
        content = self._instructions(system, "/system")
        self.messages.append(shared.ChatCompletionRequestSystemMessage(content=content))

    def hear(self, message: Any, pointer: str) -> None:
        """Take in a message."""
        given = Given(message, pointer)
        role = given.must("role", str)
        if role not in ROLES:
            raise unknown(f"{pointer}/role", ROLES, role)
        content = given.must("content", (str, list))
        place = f"{pointer}/content"
        if role == "system":
            told = self._instructions(content, place)
            self.messages.append(shared.ChatCompletionRequestSystemMessage(content=told))
        elif role == "assistant":
            self._answer(content, place)
        elif isinstance(content, str):
            self.messages.append(shared.ChatCompletionRequestUserMessage(content=content))
        else:
            self._said(content, place)
        self._leave(given, f"/messages/{len(self.messages) - 1}")

    def _instructions(self, content: Any, pointer: str) -> Any:
        if isinstance(content, str):
            return content
        at = f"/messages/{len(self.messages)}/content"
        found = [self._part(Given(b, f"{pointer}/{n}"), f"{at}/{n}") for n, b in enumerate(content)]
        plain = len(found) == 1 and self._all_plain(found, at)
        return found[0].text if plain else found

    def _said(self, content: list[Any], pointer: str) -> None:
        """What the user says; the results in it come first, each a message of its own."""
        blocks = [Given(block, f"{pointer}/{n}") for n, block in enumerate(content)]
        results = [block for block in blocks if block.rest.get("type") == "tool_result"]
        for block in results:
            self._result(block)
        others = [block for block in blocks if block not in results]
        at = f"/messages/{len(self.messages)}/content"
        parts = [self._part(block, f"{at}/{n}") for n, block in enumerate(others)]
        if parts or not results:
            self.messages.append(shared.ChatCompletionRequestUserMessage(content=parts))

    def _result(self, given: Given) -> None:
        at = f"/messages/{len(self.messages)}"
        given.rest.pop("type")
        id = given.must("tool_use_id", str)
        failed = given.take("is_error", bool)
        control = cache_control(given)
        content: Any = given.take("content", (str, list)) or ""
        if isinstance(content, list):
            place = given.place("content")
            found = [
                self._part(Given(block, f"{place}/{n}"), f"{at}/content/{n}")
                for n, block in enumerate(content)
            ]
            plain = self._all_plain(found, f"{at}/content")
            content = "\n".join(part.text for part in found) if plain else found
        if failed:
            self._extra[f"{at}/is_error"] = True
            content = f"{ERROR}{content}" if isinstance(content, str) else content
        self.messages.append(
            shared.ChatCompletionRequestToolMessage(
                content=content, tool_call_id=id, cache_control=control
            )
        )
        self._leave(given, at)

    def _part(self, given: Given, at: str) -> Any:
        """A part of a message; of a type or with keys that we have no place for, as it came."""
        whole = dict(given.rest)
        kind = given.must("type", str)
        if kind == "text":
            text = given.must("text", str)
            control = cache_control(given)
            self._leave(given, at)
            return shared.ChatCompletionRequestMessageContentPartText(
                text=text, cache_control=control
            )
        if kind == "image" and (url := _image_url(given.rest.get("source"))) is not None:
            given.rest.pop("source")
            control = cache_control(given)
            self._leave(given, at)
            return shared.ChatCompletionRequestMessageContentPartImage(
                image_url=shared.ImageURL(url=url), cache_control=control
            )
        if kind == "document" and (file := _file(given.rest)) is not None:
            return shared.ChatCompletionRequestMessageContentPartFile(
                file=file, cache_control=cache_control(given)
            )
        return shared.OtherPart(raw=shared.Verbatim(whole))

    def _answer(self, content: Any, pointer: str) -> None:
        if isinstance(content, str):
            self.messages.append(shared.ChatCompletionRequestAssistantMessage(content=content))
            return
        at = f"/messages/{len(self.messages)}"
        texts: list[shared.ChatCompletionRequestMessageContentPartText] = []
        calls: list[shared.ToolCall] = []
        details: list[shared.ReasoningDetail] = []
        for position, block in enumerate(content):
            given = Given(block, f"{pointer}/{position}")
            mark = cache_control(given)
            match given.must("type", str):
                case "text":
                    part = shared.ChatCompletionRequestMessageContentPartText(
                        text=given.must("text", str), cache_control=mark
                    )
                    texts.append(part)
                case "tool_use":
                    if mark is not None:
                        place = f"{at}/tool_calls/{len(calls)}/cache_control"
                        self._extra[place] = mark.to_dict()
                    calls.append(_call(given))
                case "thinking" | "redacted_thinking" as kind:
                    details.append(_detail(given, kind, len(details)))
        marked = any(part.cache_control for part in texts)
        text = "".join(part.text for part in texts) if texts or not calls else None
        thoughts = [detail.text for detail in details if detail.text]
        self.messages.append(
            shared.ChatCompletionRequestAssistantMessage(
                content=list(texts) if marked else text,
                native_content=_native(content),
                reasoning_content="\n\n".join(thoughts) or None,
                reasoning_details=details or None,
                tool_calls=calls or None,
            )
        )

    def _all_plain(self, parts: list[Any], at: str) -> bool:
        """Whether these are texts that have nothing beside the text."""
        return all(
            isinstance(part, shared.ChatCompletionRequestMessageContentPartText)
            and part.cache_control is None
            for part in parts
        ) and not any(pointer.startswith(f"{at}/") for pointer in self._extra)

    def _leave(self, given: Given, at: str) -> None:
        for key, left in given.rest.items():
            if left is not None:
                self._extra[f"{at}/{escaped(key)}"] = left


def cache_control(given: Given) -> shared.CacheControl | None:
    """The breakpoint that this has."""
    control = given.take("cache_control", dict)
    if control is None:
        return None
    mark = Given(control, given.place("cache_control"))
    ttl = mark.take("ttl", str)
    if ttl is not None and ttl not in TTLS:
        raise unknown(mark.place("ttl"), TTLS, ttl)
    return shared.CacheControl(type="ephemeral", ttl=ttl)


def _image_url(source: Any) -> str | None:
    match source:
        case {"type": "url", "url": str(url)}:
            return url
        case {"type": "base64", "media_type": str(media_type), "data": str(data)}:
            return f"data:{media_type};base64,{data}"
    return None


def _file(fields: dict[str, Any]) -> shared.File | None:
    """The document as a file; None where a file cannot say all of it."""
    if fields.keys() - {"source", "title", "cache_control"}:
        return None
    title = fields.get("title")
    match fields.get("source"):
        case {"type": "base64", "media_type": str(media_type), "data": str(data)}:
            pass
        case {"type": "text", "data": str(text)}:
            media_type, data = "text/plain", base64.b64encode(text.encode()).decode()
        case {"type": "file", "file_id": str(id)}:
            return shared.File(file_id=id, filename=title)
        case _:
            return None
    return shared.File(file_data=f"data:{media_type};base64,{data}", filename=title)


def _call(given: Given) -> shared.ToolCall:
    input = given.take("input", dict) or {}
    function = shared.ChatCompletionMessageToolCallFunction(
        arguments=reading.write(input).decode(), name=given.must("name", str)
    )
    return shared.ChatCompletionMessageToolCall(function=function, id=given.must("id", str))


def _detail(given: Given, kind: str, index: int) -> shared.ReasoningDetail:
    if kind == "redacted_thinking":
        return shared.ReasoningDetail(
            type="reasoning.encrypted", data=given.must("data", str), format=FORMAT, index=index
        )
    return shared.ReasoningDetail(
        type="reasoning.text",
        text=given.must("thinking", str),
        signature=given.take("signature", str) or None,
        format=FORMAT,
        index=index,
    )


def _native(content: list[Any]) -> shared.NativeContent | None:
    """The blocks as they came, where the fields of the hub cannot say all of them."""
    order = "".join(KINDS.get(block["type"], "x") for block in content)
    if PLAIN_ORDER.fullmatch(order) and not any(block.get("citations") for block in content):
        return None
    return shared.NativeContent(content=content, format=FORMAT)
