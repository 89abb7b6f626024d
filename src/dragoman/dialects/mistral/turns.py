"""The messages of a caller of Mistral's dialect, as the hub's: one for one.

Thinking that comes before everything else is what the hub calls reasoning; where it holds more
than text, goes on, or stands elsewhere, it is a part of its own. What the hub has no field for is
kept by its place, parts of other types as they came.
"""

import re
from typing import Any, Final

from dragoman.dialects.given import CHOICE, CONTENT, Given, unknown
from dragoman.dialects.mistral.parts import DOCUMENTS
from dragoman.dialects.pairing import Calls
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.models.pointers import escaped, path_of
from dragoman.wire import reading

ROLES: Final = ("system", "user", "assistant", "tool")

DETAILS: Final = ("auto", "low", "high")

FORMAT: Final = "mistral"
"""Who can read what this dialect signed."""

SOUNDS: Final[dict[Any, re.Pattern[str]]] = {
    "wav": re.compile("UklGR"),
    "mp3": re.compile("SUQz|//[I-Po-v]"),
}
"""How the base64 of a sound begins, by its format: Mistral's own client does not tell it."""

_DATA: Final = re.compile(r"data:(?P<type>[^;,]*)")

Text = shared.ChatCompletionRequestMessageContentPartText
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
                content = self._content(given, role)
                self.messages.append(shared.ChatCompletionRequestSystemMessage(content=content))
            case "user":
                content = self._content(given, role)
                self.messages.append(shared.ChatCompletionRequestUserMessage(content=content))
            case "assistant":
                self.messages.append(self._answer(given))
            case "tool":
                self.messages.append(self._result(given))
            case _:
                raise unknown(f"{pointer}/role", ROLES, role)
        self._leave(given)

    def _content(self, given: Given, role: str) -> Any:
        content = given.take("content", CONTENT) or ""
        if isinstance(content, str):
            return content
        place = given.place("content")
        return [
            self._part(Given(one, f"{place}/{n}"), f"{place}/{n}", role)
            for n, one in enumerate(content)
        ]

    def _part(self, given: Given, at: str, role: str) -> Any:
        """A part of a message; as it came, where the hub has no such part in this role."""
        whole = dict(given.rest)
        part: Any = None
        match given.must("type", str), role:
            case "text", _:
                part = Text(text=given.must("text", str))
            case "image_url", "user" | "tool":
                part = self._image(given, at)
            case "input_audio", "user":
                part = _sound(given)
            case "document_url", "user":
                part = _document(given)
            case "file", "user":
                file = shared.File(file_id=given.must("file_id", str))
                part = shared.ChatCompletionRequestMessageContentPartFile(file=file)
        if part is None:
            return shared.OtherPart(raw=shared.Verbatim(whole))
        self._leave(given, at)
        return part

    def _image(self, given: Given, at: str) -> Any:
        told = given.must("image_url", CHOICE)
        if isinstance(told, str):
            image = shared.ImageURL(url=told)
        else:
            inside = Given(told, given.place("image_url"))
            url, detail = inside.must("url", str), inside.take("detail", str)
            if detail is not None and detail not in DETAILS:
                raise unknown(inside.place("detail"), DETAILS, detail)
            self._leave(inside, f"{at}/image_url")
            image = shared.ImageURL(url=url, detail=detail)
        return shared.ChatCompletionRequestMessageContentPartImage(image_url=image)

    def _result(self, given: Given) -> shared.ChatCompletionRequestToolMessage:
        given_id, name = given.take("tool_call_id", str), given.take("name", str)
        id = self._calls.answered(given_id or None, name or None)
        if id is None:
            path = path_of(given.place("tool_call_id"))
            raise BadRequestError(
                f"{path}: expected the id of a call, as none waits for this result; got nothing",
                status_code=400,
                code="missing_required_parameter",
                param=path,
            )
        if name and name != self._calls.name_of(id):
            self._extra[given.place("name")] = name
        content = self._content(given, "tool")
        return shared.ChatCompletionRequestToolMessage(content=content, tool_call_id=id)

    def _answer(self, given: Given) -> Assistant:
        content = given.take("content", CONTENT)
        thoughts: list[Given] = []
        if isinstance(content, list):
            place = given.place("content")
            parts: list[Any] = []
            for number, one in enumerate(content):
                part = Given(one, f"{place}/{number}")
                if not parts and _is_plain(part):
                    thoughts.append(part)
                else:
                    parts.append(self._part(part, f"{place}/{len(parts)}", "assistant"))
            content = parts or None
        if not isinstance(self.messages[-1] if self.messages else None, Assistant):
            self._calls.forget()
        calls = [
            self._call(Given(call, f"{given.place('tool_calls')}/{number}"), number)
            for number, call in enumerate(given.take("tool_calls", list) or ())
        ]
        if given.rest.get("prefix") is False:
            del given.rest["prefix"]  # which is what it is anyway
        said, details = _reasoning(thoughts)
        return Assistant(
            content=content,
            reasoning_content=said,
            reasoning_details=details,
            tool_calls=list(calls) or None,
        )

    def _call(self, given: Given, number: int) -> shared.ChatCompletionMessageToolCall:
        kind, id = given.take("type", str), given.take("id", str)
        if kind not in (None, "function"):
            raise unknown(given.place("type"), ("function",), kind)
        given.rest.pop("index", None)  # its place says the same
        inner = Given(given.must("function", dict), given.place("function"))
        arguments = inner.take("arguments", CHOICE)
        if isinstance(arguments, dict):
            arguments = reading.write(arguments).decode()
        name = inner.must("name", str)
        place = f"{len(self.messages)}_{number}"
        call = shared.ChatCompletionMessageToolCall(
            function=shared.ChatCompletionMessageToolCallFunction(
                arguments=arguments or "{}", name=name
            ),
            id=self._calls.called(None if id == "null" else id, name, place),
        )
        self._leave(inner)
        self._leave(given)
        return call

    def _leave(self, given: Given, at: str | None = None) -> None:
        for key, left in given.rest.items():
            if left is not None:
                self._extra[f"{at or given.pointer}/{escaped(key)}"] = left


def _is_plain(given: Given) -> bool:
    """Whether this is a thought that came to its end, in text alone."""
    told = given.rest
    inner, signature = told.get("thinking"), told.get("signature")
    return (
        told.get("type") == "thinking"
        and not told.keys() - {"type", "thinking", "closed", "signature"}
        and told.get("closed") in (None, True)
        and (signature is None or isinstance(signature, str))
        and isinstance(inner, list)
        and all(_is_text(one) for one in inner)
    )


def _is_text(value: Any) -> bool:
    match value:
        case {"type": "text", "text": str()}:
            return len(value) == 2
    return False


def _reasoning(
    thoughts: list[Given],
) -> tuple[str | None, list[shared.ReasoningDetail] | None]:
    """What was thought, for reading; and as it must go back, where any of it is signed."""
    texts = ["".join(one["text"] for one in given.rest["thinking"]) for given in thoughts]
    details = [
        shared.ReasoningDetail(
            type="reasoning.text",
            text=text,
            signature=given.rest.get("signature"),
            format=FORMAT,
            index=index,
        )
        for index, (given, text) in enumerate(zip(thoughts, texts, strict=True))
    ]
    signed = any(detail.signature for detail in details)
    return "".join(texts) or None, details if signed else None


def _sound(given: Given) -> Any:
    """A sound in base64, with its format or known by how it begins; None for any other."""
    told = given.take("input_audio", CHOICE)
    match told:
        case {"data": str(data), "format": "wav" | "mp3" as kind} if len(told) == 2:
            pass
        case str(data) if found := next((k for k, v in SOUNDS.items() if v.match(data)), None):
            kind = found
        case _:
            return None
    audio = shared.InputAudio(data=data, format=kind)
    return shared.ChatCompletionRequestMessageContentPartAudio(input_audio=audio)


def _document(given: Given) -> Any:
    """A document in base64, of a type that comes back as one; None for any other."""
    url = given.must("document_url", str)
    found = _DATA.match(url)
    if found is None or found["type"].lower() not in DOCUMENTS:
        return None
    file = shared.File(file_data=url, filename=given.take("document_name", str))
    return shared.ChatCompletionRequestMessageContentPartFile(file=file)
