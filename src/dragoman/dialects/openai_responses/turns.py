"""A caller's items as messages: what a model said, thought and called in one go is one of them."""

from typing import Any, Final

from dragoman.dialects.given import CONTENT, Given, unknown
from dragoman.dialects.openai_responses.carrying import Carried, unpacked
from dragoman.dialects.openai_responses.hearing import ANY, SAID, SHOWN, leave, parts
from dragoman.dialects.openai_responses.items import (
    CALL_KEYS,
    FORMAT,
    KINDS,
    PLAIN_ORDER,
    SERVED,
)
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.models.pointers import path_of

ROLES: Final = ("user", "assistant", "system", "developer")

RESULTS: Final = ("function_call_output", "custom_tool_call_output")

BOOKKEEPING: Final = ("type", "role", "id", "status")
"""What an item has besides what it says; OpenAI wants none of it back."""

MESSAGES: Final[dict[str, tuple[Any, frozenset[str]]]] = {
    "user": (shared.ChatCompletionRequestUserMessage, ANY),
    "system": (shared.ChatCompletionRequestSystemMessage, SAID),
    "developer": (shared.ChatCompletionRequestDeveloperMessage, SAID),
}
"""The messages of those who are not the model, and the parts that they may have."""


def unsupported(pointer: str, reason: str) -> BadRequestError:
    """The error for what cannot be done for a caller."""
    path = path_of(pointer)
    return BadRequestError(
        f"{path}: {reason}", status_code=400, code="unsupported_parameter", param=path
    )


class Turns:
    """Takes items in, one after the other."""

    def __init__(self, extra: shared.Extra) -> None:
        self._extra = extra
        self._messages: list[Any] = []
        self._answer: Answer | None = None

    @property
    def messages(self) -> list[Any]:
        """All that has been heard."""
        self._settle()
        return self._messages

    def hear(self, item: Any, pointer: str) -> None:
        """Take in an item."""
        given = Given(item, pointer)
        kind = given.take("type", str) or "message"
        role = given.must("role", str) if kind == "message" else None
        if role is not None and role not in ROLES:
            raise unknown(f"{pointer}/role", ROLES, role)
        if kind == "item_reference":
            raise unsupported(f"{pointer}/type", "expected the item itself; nothing is kept here")
        if role in MESSAGES:
            self._settle()
            self._say(given, role)
        elif kind in RESULTS:
            self._settle()
            self._result(given)
        else:
            if self._answer is None:
                self._answer = Answer(self._extra, self._next)
            self._answer.hear(given, {**item, "type": kind})

    @property
    def _next(self) -> str:
        """Where the next message will stand."""
        return f"/messages/{len(self._messages)}"

    def _settle(self) -> None:
        """What the model said is one message, now that somebody else speaks."""
        if self._answer is not None:
            self._messages.append(self._answer.message())
            self._answer = None

    def _say(self, given: Given, role: str) -> None:
        message, kinds = MESSAGES[role]
        content = self._content(given, "content", kinds)
        self._leave(given)
        self._messages.append(message(content=content))

    def _result(self, given: Given) -> None:
        id = given.must("call_id", str)
        content = self._content(given, "output", SHOWN)
        self._leave(given)
        self._messages.append(
            shared.ChatCompletionRequestToolMessage(content=content, tool_call_id=id)
        )

    def _content(self, given: Given, key: str, kinds: frozenset[str]) -> Any:
        content = given.must(key, CONTENT)
        if isinstance(content, str):
            return content
        return parts(content, given.place(key), f"{self._next}/content", kinds, self._extra)

    def _leave(self, given: Given) -> None:
        for key in BOOKKEEPING:
            given.rest.pop(key, None)
        leave(given, self._next, self._extra)


class Answer:
    """What the model said, thought and called in one go, on its way to a message."""

    def __init__(self, extra: shared.Extra, at: str) -> None:
        self._extra = extra
        self._at = at
        self._items: list[dict[str, Any]] = []
        self._odd = False
        self._content: list[Any] = []
        self._refusal: list[str] = []
        self._phases: list[Any] = []
        self._details: list[shared.ReasoningDetail] = []
        self._shown: list[str] = []
        """Reasoning for reading."""

        self._calls: list[dict[str, Any]] = []
        self._carried = Carried()

    def hear(self, given: Given, item: dict[str, Any]) -> None:
        """Take in an item, which stays as it came."""
        match item["type"]:
            case "message":
                self._say(given, item)
            case "reasoning":
                if (carried := _carried(given)) is not None:
                    self._unpack(carried, self._texts(given, "summary"))
                    return
                self._think(given)
            case "function_call" | "custom_tool_call" as kind:
                self._call(given, kind)
        self._items.append(item)

    def message(self) -> Any:
        """The message; with all items where our own fields cannot say them."""
        order = "".join(KINDS.get(item["type"], "x") for item in self._items)
        native = self._carried.native_content
        if native is None and (self._odd or not PLAIN_ORDER.fullmatch(order)):
            native = shared.NativeContent(content=self._items, format=FORMAT)
        elif self._phases:
            self._extra[f"{self._at}/phase"] = self._phases[-1]
        return shared.ChatCompletionRequestAssistantMessage(
            content=self._said(),
            extra_content=self._carried.extra_content,
            native_content=native,
            reasoning_content="\n\n".join(text for text in self._shown if text) or None,
            reasoning_details=self._details or None,
            refusal="".join(self._refusal) or None,
            tool_calls=[self._called(call) for call in self._calls] or None,
        )

    def _said(self) -> Any:
        """The text; in parts where there is something else among it."""
        if any(isinstance(part, shared.OtherPart) for part in self._content):
            return [
                shared.ChatCompletionRequestMessageContentPartText(text=part)
                if isinstance(part, str)
                else part
                for part in self._content
            ]
        return "".join(self._content) if self._content else None

    def _called(self, call: dict[str, Any]) -> shared.ToolCall:
        if call["type"] == "custom_tool_call":
            custom = shared.ChatCompletionMessageCustomToolCallCustom(
                input=call["input"], name=call["name"]
            )
            return shared.ChatCompletionMessageCustomToolCall(custom=custom, id=call["call_id"])
        function = shared.ChatCompletionMessageToolCallFunction(
            arguments=call["input"], name=call["name"]
        )
        beside = (self._carried.extra_content_of_calls or {}).get(call["call_id"])
        return shared.ChatCompletionMessageToolCall(
            extra_content=beside, function=function, id=call["call_id"]
        )

    def _say(self, given: Given, item: dict[str, Any]) -> None:
        content = given.must("content", CONTENT)
        if isinstance(content, str):
            item["content"] = [{"type": "output_text", "text": content}]
            self._content.append(content)
        else:
            for position, part in enumerate(content):
                self._part(Given(part, f"{given.place('content')}/{position}"))
        if (phase := given.take("phase", str)) is not None:
            self._phases.append(phase)
        self._leave(given)

    def _part(self, given: Given) -> None:
        whole = dict(given.rest)
        match given.must("type", str):
            case "output_text" | "input_text":
                self._content.append(given.must("text", str))
            case "refusal":
                self._refusal.append(given.must("refusal", str))
            case _:
                self._content.append(shared.OtherPart(raw=shared.Verbatim(whole)))
                return
        self._leave(given)

    def _think(self, given: Given) -> None:
        id = given.take("id", str)
        found: list[tuple[str, str]] = [
            *(("summary", text) for text in self._texts(given, "summary")),
            *(("text", text) for text in self._texts(given, "content")),
        ]
        if (encrypted := given.take("encrypted_content", str)) is not None:
            found.append(("data", encrypted))
        for field, text in found or [("summary", "")]:  # which tells that there was something
            kind = "encrypted" if field == "data" else field
            self._shown.append("" if field == "data" else text)
            place = len(self._details)
            named: dict[str, Any] = {field: text}
            detail = shared.ReasoningDetail(
                type=f"reasoning.{kind}", format=FORMAT, id=id, index=place, **named
            )
            self._details.append(detail)
        self._leave(given)

    def _texts(self, given: Given, key: str) -> list[str]:
        """The texts of the parts under this key."""
        place = given.place(key)
        texts: list[str] = []
        for position, part in enumerate(given.take(key, list) or ()):
            about = Given(part, f"{place}/{position}")
            texts.append(about.must("text", str))
            self._leave(about)
        return texts

    def _call(self, given: Given, kind: str) -> None:
        """A call; of those with more than our fields say, all items are kept."""
        call = {
            "type": kind,
            "call_id": given.must("call_id", str),
            "name": given.must("name", str),
            "input": given.must("input" if kind == "custom_tool_call" else "arguments", str),
        }
        served = call["call_id"].startswith(SERVED)
        more = any(given.rest[key] is not None for key in given.rest if key not in CALL_KEYS)
        self._odd = self._odd or served or more
        if not served:
            self._calls.append(call)

    def _unpack(self, carried: Carried, shown: list[str]) -> None:
        before, beside = self._carried, carried.extra_content_of_calls or {}
        self._details += carried.reasoning_details or ()
        self._shown += shown
        self._carried = Carried(
            extra_content=carried.extra_content or before.extra_content,
            extra_content_of_calls={**(before.extra_content_of_calls or {}), **beside},
            native_content=carried.native_content or before.native_content,
        )

    def _leave(self, given: Given) -> None:
        """Keep what our fields do not say, unless it says nothing."""
        for key in BOOKKEEPING:
            given.rest.pop(key, None)
        said = Given({key: left for key, left in given.rest.items() if left != []}, given.pointer)
        leave(said, self._at, self._extra)


def _carried(given: Given) -> Carried | None:
    encrypted = given.rest.get("encrypted_content")
    if not isinstance(encrypted, str):
        return None
    return unpacked(encrypted, given.place("encrypted_content"))
