"""The messages of a caller of Cohere's dialect, as the hub's: one for one.

The plan of calls, and thinking, are what the hub calls reasoning. What the hub has no field for
is kept by its place, parts of other types as they came.
"""

from typing import Any, Final

from dragoman.dialects.given import Given, mistyped, unknown
from dragoman.models import shared
from dragoman.models.pointers import escaped

ROLES: Final = ("user", "assistant", "system", "tool")

Text = shared.ChatCompletionRequestMessageContentPartText


class Turns:
    """Takes messages in."""

    def __init__(self, extra: shared.Extra) -> None:
        self.messages: list[Any] = []
        self._extra = extra

    def hear(self, message: Any, pointer: str) -> None:
        """Take in a message."""
        given = Given(message, pointer)
        role = given.must("role", str)
        match role:
            case "system":
                content = self._content(given)
                self.messages.append(shared.ChatCompletionRequestSystemMessage(content=content))
            case "user":
                content = self._content(given)
                self.messages.append(shared.ChatCompletionRequestUserMessage(content=content))
            case "tool":
                id, content = given.must("tool_call_id", str), self._content(given)
                self.messages.append(
                    shared.ChatCompletionRequestToolMessage(content=content, tool_call_id=id)
                )
            case "assistant":
                self.messages.append(self._answer(given))
            case _:
                raise unknown(f"{pointer}/role", ROLES, role)
        self._leave(given, pointer)

    def _content(self, given: Given) -> Any:
        content = given.must("content", (str, list))
        if isinstance(content, str):
            return content
        place = given.place("content")
        return [self._part(one, f"{place}/{n}") for n, one in enumerate(content)]

    def _part(self, part: Any, pointer: str) -> Any:
        given = Given(part, pointer)
        whole = dict(given.rest)
        match given.must("type", str):
            case "text":
                text = given.must("text", str)
                self._leave(given, pointer)
                return Text(text=text)
            case "image_url":
                image = Given(given.must("image_url", dict), f"{pointer}/image_url")
                url, detail = image.must("url", str), image.take("detail", str)
                if detail not in (None, "auto", "low", "high"):
                    raise unknown(image.place("detail"), ("auto", "low", "high"), detail)
                self._leave(image, f"{pointer}/image_url")
                self._leave(given, pointer)
                return shared.ChatCompletionRequestMessageContentPartImage(
                    image_url=shared.ImageURL(url=url, detail=detail)
                )
        return shared.OtherPart(raw=shared.Verbatim(whole))

    def _answer(self, given: Given) -> shared.ChatCompletionRequestAssistantMessage:
        content = given.take("content", (str, list))
        texts: list[str] = [content] if isinstance(content, str) else []
        thoughts: list[str] = []
        place = given.place("content")
        for position, item in enumerate(content if isinstance(content, list) else ()):
            part = Given(item, f"{place}/{position}")
            match part.must("type", str):
                case "text":
                    texts.append(part.must("text", str))
                case "thinking":
                    thoughts.append(part.must("thinking", str))
                case kind:
                    raise unknown(part.place("type"), ("text", "thinking"), kind)
            self._leave(part, given.pointer)  # the parts of an answer become one text
        if plan := given.take("tool_plan", str):
            thoughts.append(plan)
        calls = [
            self._call(Given(call, f"{given.place('tool_calls')}/{n}"))
            for n, call in enumerate(given.take("tool_calls", list) or ())
        ]
        text = "".join(texts)
        return shared.ChatCompletionRequestAssistantMessage(
            content=None if calls and not text else text,
            reasoning_content="\n\n".join(filter(None, thoughts)) or None,
            tool_calls=list(calls) or None,
        )

    def _call(self, given: Given) -> shared.ChatCompletionMessageToolCall:
        kind = given.take("type", str)
        if kind not in (None, "function"):
            raise unknown(given.place("type"), ("function",), kind)
        inner = Given(given.must("function", dict), given.place("function"))
        function = shared.ChatCompletionMessageToolCallFunction(
            arguments=inner.take("arguments", str) or "{}", name=inner.must("name", str)
        )
        call = shared.ChatCompletionMessageToolCall(function=function, id=given.must("id", str))
        self._leave(inner, inner.pointer)
        self._leave(given, given.pointer)
        return call

    def _leave(self, given: Given, at: str) -> None:
        for key, left in given.rest.items():
            if left is not None:
                self._extra[f"{at}/{escaped(key)}"] = left


def texts(given: Given, key: str) -> list[str]:
    """A list of texts; none where it is not there."""
    found: list[str] = given.take(key, list) or []
    for position, text in enumerate(found):
        if not isinstance(text, str):
            raise mistyped(f"{given.place(key)}/{position}", "str", text)
    return found
