"""A caller's messages in Converse, as the hub has them: one message per result."""

from typing import Any, Final

from dragoman.dialects.bedrock_converse.blocks import CLAUDE, FORMAT, LETTERS, PLAIN_ORDER
from dragoman.dialects.bedrock_converse.conversation import ERROR
from dragoman.dialects.bedrock_converse.parts import DOCUMENTS
from dragoman.dialects.given import Given, mistyped, unknown
from dragoman.models import shared
from dragoman.models.pointers import escaped
from dragoman.wire import reading

ROLES: Final = ("user", "assistant")

TTLS: Final = ("5m", "1h")

MEDIA_TYPES: Final = {kind: media_type for media_type, kind in DOCUMENTS.items()}
"""The media type of each of Bedrock's types of document."""

Text = shared.ChatCompletionRequestMessageContentPartText


class Turns:
    """Takes messages in; each may become several."""

    def __init__(self, extra: shared.Extra) -> None:
        self.messages: list[Any] = []
        self._extra = extra

    def instructions(self, system: list[Any]) -> None:
        """The text that stands before all messages."""
        at = f"/messages/{len(self.messages)}/content"
        found = self._parts(pairs(system, "/system"), at)
        self.messages.append(shared.ChatCompletionRequestSystemMessage(content=found))

    def hear(self, message: Any, pointer: str) -> None:
        """Take in a message."""
        given = Given(message, pointer)
        role = given.must("role", str)
        if role not in ROLES:
            raise unknown(f"{pointer}/role", ROLES, role)
        blocks = pairs(given.must("content", list), f"{pointer}/content")
        if role == "assistant":
            self._answer(blocks)
        else:
            self._said(blocks)
        self._leave(given, f"/messages/{len(self.messages) - 1}")

    def _said(self, blocks: list[tuple[Given, Any]]) -> None:
        """What the user says; the results in it come first, each a message of its own."""
        others = []
        results = 0
        for block, mark in blocks:
            if "toolResult" in block.rest:
                results += 1
                self._result(Given(block.rest["toolResult"], block.place("toolResult")), mark)
            else:
                others.append((block, mark))
        parts = self._parts(others, f"/messages/{len(self.messages)}/content", files=True)
        if parts or not results:
            self.messages.append(shared.ChatCompletionRequestUserMessage(content=parts))

    def _result(self, given: Given, mark: shared.CacheControl | None) -> None:
        at = f"/messages/{len(self.messages)}"
        id = given.must("toolUseId", str)
        status = given.take("status", str)
        inside = pairs(given.must("content", list), given.place("content"))
        content: Any = self._parts(inside, f"{at}/content")
        if len(content) == 1 and isinstance(content[0], Text) and content[0].cache_control is None:
            content = content[0].text
        if status == "error":
            self._extra[f"{at}/is_error"] = True
            content = f"{ERROR}{content}" if isinstance(content, str) else content
        self.messages.append(
            shared.ChatCompletionRequestToolMessage(
                content=content, tool_call_id=id, cache_control=mark
            )
        )
        self._leave(given, at)

    def _parts(self, blocks: list[tuple[Given, Any]], at: str, *, files: bool = False) -> list[Any]:
        parts: list[Any] = []
        for number, (block, mark) in enumerate(blocks):
            file = _file(block.rest.get("document"), mark) if files else None
            parts.append(file or _part(block, mark))
            if isinstance(parts[-1], Text):
                block.rest.pop("json", None)
                block.rest.pop("type", None)
                self._leave(block, f"{at}/{number}")
            if mark is not None and isinstance(parts[-1], shared.OtherPart):
                self._extra[f"{at}/{number}/cache_control"] = mark.to_dict()
        return parts

    def _answer(self, blocks: list[tuple[Given, Any]]) -> None:
        at = f"/messages/{len(self.messages)}"
        texts: list[Text] = []
        calls: list[shared.ToolCall] = []
        details: list[shared.ReasoningDetail] = []
        order = ""
        for given, mark in blocks:
            kind = _kind(given)
            order += LETTERS.get(kind, "x")
            if kind == "text":
                texts.append(Text(text=given.must("text", str), cache_control=mark))
            elif kind == "call":
                if mark is not None:
                    place = f"{at}/tool_calls/{len(calls)}/cache_control"
                    self._extra[place] = mark.to_dict()
                calls.append(_call(Given(given.rest["toolUse"], given.place("toolUse"))))
            elif kind == "reasoning":
                where = given.place("reasoningContent")
                details.append(_detail(Given(given.rest["reasoningContent"], where), len(details)))
            elif "citationsContent" in given.rest:
                texts += _cited(given.rest["citationsContent"], given.place("citationsContent"))
        native = None
        if not PLAIN_ORDER.fullmatch(order):
            whole = [dict(given.rest) for given, _ in blocks]
            native = shared.NativeContent(content=whole, format=FORMAT)
        marked = any(text.cache_control for text in texts)
        said = "".join(text.text for text in texts) if texts or not calls else None
        thoughts = [detail.text for detail in details if detail.text]
        self.messages.append(
            shared.ChatCompletionRequestAssistantMessage(
                content=list(texts) if marked else said,
                native_content=native,
                reasoning_content="\n\n".join(thoughts) or None,
                reasoning_details=details or None,
                tool_calls=calls or None,
            )
        )

    def _leave(self, given: Given, at: str) -> None:
        for key, left in given.rest.items():
            if left is not None:
                self._extra[f"{at}/{escaped(key)}"] = left


def pairs(blocks: list[Any], pointer: str) -> list[tuple[Given, shared.CacheControl | None]]:
    """Each block, with the breakpoint that the cache point behind it is.

    A cache point that nothing stands before is a block like any other.
    """
    found: list[tuple[Given, shared.CacheControl | None]] = []
    for position, block in enumerate(blocks):
        given = Given(block, f"{pointer}/{position}")
        if "cachePoint" in given.rest and found and found[-1][1] is None:
            point = Given(given.rest["cachePoint"], given.place("cachePoint"))
            found[-1] = (found[-1][0], _breakpoint(point))
        else:
            found.append((given, None))
    return found


def _breakpoint(point: Given) -> shared.CacheControl:
    ttl = point.take("ttl", str)
    if ttl is not None and ttl not in TTLS:
        raise unknown(point.place("ttl"), TTLS, ttl)
    return shared.CacheControl(type="ephemeral", ttl=ttl)


def _kind(given: Given) -> str:
    match given.rest:
        case {"toolUse": {"type": "server_tool_use"}}:
            return "other"
        case {"toolUse": _}:
            return "call"
        case {"reasoningContent": _}:
            return "reasoning"
        case {"text": _}:
            return "text"
    return "other"


def _part(given: Given, mark: shared.CacheControl | None) -> Any:
    """A part of a message; of a kind that we have no place for, as it came."""
    match given.rest:
        case {"text": _}:
            return Text(text=given.must("text", str), cache_control=mark)
        case {"json": value}:
            return Text(text=reading.write(value).decode(), cache_control=mark)
        case {"image": {"format": str(kind), "source": {"bytes": str(data)}}}:
            url = f"data:image/{kind};base64,{data}"
            return shared.ChatCompletionRequestMessageContentPartImage(
                image_url=shared.ImageURL(url=url), cache_control=mark
            )
    for kind, value in given.rest.items():
        return shared.OtherPart(raw=shared.Verbatim({"type": kind, kind: value}))
    raise mistyped(given.pointer, "object", None)


def _file(
    document: Any, mark: shared.CacheControl | None
) -> shared.ChatCompletionRequestMessageContentPartFile | None:
    """The document as a file; None where a file cannot say all of it."""
    match document:
        case {"format": str(kind), "name": str(name), "source": {"bytes": str(data)}}:
            if kind not in MEDIA_TYPES or len(document) > 3:
                return None
            file = shared.File(
                filename=f"{name}.{kind}", file_data=f"data:{MEDIA_TYPES[kind]};base64,{data}"
            )
            return shared.ChatCompletionRequestMessageContentPartFile(file=file, cache_control=mark)
    return None


def _cited(value: Any, pointer: str) -> list[Text]:
    inside = Given(value, pointer).take("content", list) or []
    found = [Given(one, f"{pointer}/content/{n}") for n, one in enumerate(inside)]
    return [Text(text=one.take("text", str) or "") for one in found]


def _call(given: Given) -> shared.ToolCall:
    input = given.take("input", dict) or {}
    function = shared.ChatCompletionMessageToolCallFunction(
        arguments=reading.write(input).decode(), name=given.must("name", str)
    )
    return shared.ChatCompletionMessageToolCall(function=function, id=given.must("toolUseId", str))


def _detail(given: Given, index: int) -> shared.ReasoningDetail:
    hidden = given.take("redactedContent", str)
    if hidden is not None:
        return shared.ReasoningDetail(
            type="reasoning.encrypted", data=hidden, format=CLAUDE, index=index
        )
    read = Given(given.must("reasoningText", dict), given.place("reasoningText"))
    signature = read.take("signature", str) or None
    return shared.ReasoningDetail(
        type="reasoning.text",
        text=read.must("text", str),
        signature=signature,
        format="unknown" if signature is None else CLAUDE,
        index=index,
    )
