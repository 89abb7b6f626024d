"""The messages of a caller of Ollama's dialect, as the hub's: one for one.

Images stand behind the text of their message. Calls need no id, and results need not say which
call they answer (`dragoman.dialects.pairing`). What the hub has no field for is kept by its place.
"""

from typing import Any, Final

from dragoman.dialects.given import Given, mistyped, unknown
from dragoman.dialects.pairing import Calls
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.models.pointers import path_of
from dragoman.wire import reading

ROLES: Final = ("system", "user", "assistant", "tool")

IMAGES: Final = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "UklGR": "image/webp",
    "R0lGOD": "image/gif",
    "Qk": "image/bmp",
}
"""The media type of an image, by how its base64 begins: nothing else tells it."""

UNKNOWN: Final = "application/octet-stream"

Assistant = shared.ChatCompletionRequestAssistantMessage


class Turns:
    """Takes messages in."""

    def __init__(self, extra: shared.Extra) -> None:
        self.messages: list[Any] = []
        self._extra = extra
        self._calls = Calls()

    def hear(self, message: Any, pointer: str) -> None:
        """Take in a message."""
        given = Given(message, pointer)
        role = given.must("role", str)
        match role:
            case "system":
                text = given.take("content", str) or ""
                self.messages.append(shared.ChatCompletionRequestSystemMessage(content=text))
            case "user":
                content = _content(given)
                self.messages.append(shared.ChatCompletionRequestUserMessage(content=content))
            case "assistant":
                self.messages.append(self._answer(given))
            case "tool":
                self.messages.append(self._result(given))
            case _:
                raise unknown(f"{pointer}/role", ROLES, role)
        self._leave(given)

    def _result(self, given: Given) -> shared.ChatCompletionRequestToolMessage:
        given_id, name = given.take("tool_call_id", str), given.take("tool_name", str)
        id = self._calls.answered(given_id or None, name or None)
        if id is None:
            path = path_of(given.pointer)
            raise BadRequestError(
                f"{path}: expected the result of a call; no call of this conversation waits for it",
                status_code=400,
                code="invalid_value",
                param=path,
            )
        if name and name != self._calls.name_of(id):
            self._extra[given.place("tool_name")] = name
        return shared.ChatCompletionRequestToolMessage(content=_content(given), tool_call_id=id)

    def _answer(self, given: Given) -> Assistant:
        if not isinstance(self.messages[-1] if self.messages else None, Assistant):
            self._calls.forget()
        calls = [
            self._call(Given(call, f"{given.place('tool_calls')}/{number}"), number)
            for number, call in enumerate(given.take("tool_calls", list) or ())
        ]
        return Assistant(
            content=given.take("content", str) or (None if calls else ""),
            reasoning_content=given.take("thinking", str) or None,
            tool_calls=list(calls) or None,
        )

    def _call(self, given: Given, number: int) -> shared.ChatCompletionMessageToolCall:
        kind, id = given.take("type", str), given.take("id", str)
        if kind not in (None, "function"):
            raise unknown(given.place("type"), ("function",), kind)
        inner = Given(given.must("function", dict), given.place("function"))
        inner.rest.pop("index", None)  # its place says the same
        arguments = reading.write(inner.take("arguments", dict) or {}).decode()
        name = inner.must("name", str)
        call = shared.ChatCompletionMessageToolCall(
            function=shared.ChatCompletionMessageToolCallFunction(arguments=arguments, name=name),
            id=self._calls.called(id, name, f"{len(self.messages)}_{number}"),
        )
        self._leave(inner)
        self._leave(given)
        return call

    def _leave(self, given: Given) -> None:
        for key, left in given.rest.items():
            if left is not None:
                self._extra[given.place(key)] = left


def _content(given: Given) -> Any:
    """The text of a message, or its parts where there are images."""
    text = given.take("content", str) or ""
    images = given.take("images", list)
    if not images:
        return text
    said = [shared.ChatCompletionRequestMessageContentPartText(text=text)] if text else []
    place = given.place("images")
    return [*said, *(_image(data, f"{place}/{n}") for n, data in enumerate(images))]


def _image(data: Any, pointer: str) -> Any:
    if not isinstance(data, str):
        raise mistyped(pointer, "str", data)
    if data.startswith("data:"):
        path = path_of(pointer)
        raise BadRequestError(
            f"{path}: expected base64; got a data URI",
            status_code=400,
            code="invalid_value",
            param=path,
        )
    media_type = next((kind for start, kind in IMAGES.items() if data.startswith(start)), UNKNOWN)
    image = shared.ImageURL(url=f"data:{media_type};base64,{data}")
    return shared.ChatCompletionRequestMessageContentPartImage(image_url=image)
