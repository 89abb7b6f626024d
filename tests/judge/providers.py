"""A provider's own text: a whole body or a stream, as it is meant.

What was used is counted in `tests.judge.counts`, refusals are read in `tests.judge.refusals`.

Authority: the provider pages, README.md sections 3 to 5, openai-compatible.md sections 3 and 4,
azure-openai.md section 4, and above them the recorded traffic.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.judge.counts import usage_said, usages_in
from tests.judge.words import (
    UNSAID,
    Choice,
    Heard,
    JsonText,
    NoAnswer,
    ToolCall,
    arguments_of,
    is_json,
    tokens_of,
    urls_of,
    value_of,
)


def said(body: bytes) -> Heard:
    """What a whole answer says."""
    answer = value_of(body)
    if not isinstance(answer, dict) or answer.get("error") or not answer.get("choices"):
        raise NoAnswer("neither an error nor choices" if answer else "nothing at all")

    voices: dict[int, Voice] = {}
    for position, choice in enumerate(answer["choices"]):
        voice = voices.setdefault(index_of(choice, position), Voice())
        message = dict(choice.get("message") or {})
        # In a whole message each entry is a call of its own, whatever its index says.
        for call in message.pop("tool_calls", None) or []:
            voice.calls.append(Call())
            voice.calls[-1].hear(call)
        voice.hear(choice, message)
    return heard_from([answer], voices)


def said_stream(raw: bytes) -> Heard:
    """What a stream says whose HTTP message ended, complete, with the last byte of `raw`."""
    chunks: list[dict[str, Any]] = []
    voices: dict[int, Voice] = {}
    done = False
    for name, data in events(raw):
        done = data.strip().startswith("[DONE]")
        if done:
            break
        for chunk in glued_values(data, finished(voices)):
            if name == "error" or is_failure(chunk):
                raise NoAnswer("an error in the stream", finished(voices))
            chunks.append(chunk)
            for position, choice in enumerate(chunk.get("choices") or []):
                voice = voices.setdefault(index_of(choice, position), Voice())
                voice.hear(choice, choice.get("delta") or {})
    if not done and (not voices or len(finished(voices)) < len(voices)):
        raise NoAnswer("the stream ends before its end", finished(voices))
    return heard_from(chunks, voices)


def heard_from(bodies: list[dict[str, Any]], voices: "dict[int, Voice]") -> Heard:
    """`bodies` are the chunks of a stream, or the one body of a whole answer."""

    def first(key: str) -> Any:
        return next((body[key] for body in bodies if body.get(key)), UNSAID)

    usages = [usage for body in bodies for usage in usages_in(body)]
    return Heard(
        id=first("id"),
        model=first("model"),
        created=first("created"),
        choices=[voices[index].choice(index) for index in sorted(voices)],
        usage=usage_said(usages[-1]) if usages else None,
    )


def finished(voices: "dict[int, Voice]") -> frozenset[int]:
    return frozenset(index for index, voice in voices.items() if voice.finish)


def index_of(choice: dict[str, Any], position: int) -> int:
    index = choice.get("index")
    return position if index is None else int(index)


def is_failure(chunk: dict[str, Any]) -> bool:
    """Whether a chunk is an error: as an object, flat, or inside Groq's extension."""
    if chunk.get("error") or (chunk.get("x_groq") or {}).get("error"):
        return True
    flat = chunk.get("object") == "error" or isinstance(chunk.get("message"), str)
    return flat and not chunk.get("choices")


def events(raw: bytes) -> Iterator[tuple[str, str]]:
    """Name and data of each server-sent event that has data.

    The last one counts without its blank line, if its data is whole.
    """
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
    *lines, rest = re.split("\r\n|\r|\n", text)
    name, data = "", list[str]()
    for line in lines:
        if line:
            name, data = field_heard(line, name, data)
            continue
        if any(data):
            yield name, "\n".join(data)
        name, data = "", []
    name, data = field_heard(rest, name, data)
    last = "\n".join(data)
    if last.strip().startswith("[DONE]") or is_json(last):
        yield name, last


def field_heard(line: str, name: str, data: list[str]) -> tuple[str, list[str]]:
    field, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if field == "event":
        return value, data
    if field == "data":
        return name, [*data, value]
    if field == "error":  # llama.cpp of old wrote its errors as a field of their own
        return "error", [*data, value]
    return name, data


def glued_values(data: str, done: frozenset[int]) -> Iterator[dict[str, Any]]:
    """The JSON objects in the data of one event; some proxies glue several together."""
    rest = data.strip()
    while rest:
        try:
            value, end = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            raise NoAnswer("data that is no JSON", done) from None
        value = value[0] if isinstance(value, list) and value else value
        if not isinstance(value, dict):
            raise NoAnswer("data that is no object", done)
        yield value
        rest = rest[end:].strip()


FINISH_REASONS = {
    "stop": "stop", "eos": "stop", "eos_token": "stop", "end_turn": "stop",
    "stop_sequence": "stop", "end": "stop", "complete": "stop", "done": "stop",
    "length": "length", "max_tokens": "length", "model_length": "length",
    "max_length": "length",
    "tool_calls": "tool_calls", "tool_use": "tool_calls", "tool_call": "tool_calls",
    "function_call": "function_call",
    "content_filter": "content_filter", "safety": "content_filter",
    "blocked": "content_filter", "sensitive": "content_filter",
    "recitation": "content_filter",
    "error": "failed", "abort": "failed", "insufficient_system_resource": "failed",
}  # fmt: skip


class Voice:
    """Everything one choice has said so far: a message, or a delta after the other."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.json: JsonText | None = None
        self.refusal: list[str] = []
        self.reasoning: list[str] = []
        self.details: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.by_index: dict[int, Call] = {}
        self.function = Call()
        self.audio: list[dict[str, Any]] = []
        self.url_citations: list[str] = []
        self.logprobs: list[tuple[str, float]] = []
        self.finish: str | None = None

    def hear(self, choice: dict[str, Any], message: dict[str, Any]) -> None:
        if isinstance(message.get("content"), dict):  # Cloudflare, when asked for JSON
            self.json = JsonText(message["content"])
        self.text.append(text_of(message.get("content")))
        self.refusal.append(text_of(message.get("refusal")))
        self.reasoning.append(
            text_of(message.get("reasoning_content")) or text_of(message.get("reasoning"))
        )
        self.details += message.get("reasoning_details") or []
        for part in message.get("tool_calls") or []:
            self.call_of(part).hear(part)
        if message.get("function_call"):
            self.function.hear({"function": message["function_call"]})
        self.audio.append(message.get("audio") or {})
        self.url_citations += urls_of(message)
        self.logprobs += tokens_of(choice)
        # The vision preview of GPT-4 ended with `finish_details` in place of a finish_reason.
        finish_details = choice.get("finish_details") or {}
        # The last word counts: OpenRouter repeats it, Azure's filter may come late.
        self.finish = choice.get("finish_reason") or finish_details.get("type") or self.finish

    def call_of(self, part: dict[str, Any]) -> "Call":
        """The call that a fragment in a stream belongs to: by index, by id, else the last."""
        index, given, name = part.get("index"), part.get("id"), name_of(part)
        call: Call | None = None
        if index is not None:
            call = self.by_index.get(int(index)) or self.numbered(int(index))
            if call and given and name and given != call.id:
                call = None  # two calls under one index
        elif given:
            call = next((known for known in self.calls if known.id == given), None)
        elif not name and self.calls:
            call = self.calls[-1]
        if call is None:
            call = Call()
            self.calls.append(call)
        if index is not None:
            self.by_index[int(index)] = call
        return call

    def numbered(self, index: int) -> "Call | None":
        """A call that came without an index is known by its place."""
        if index < len(self.calls) and self.calls[index] not in self.by_index.values():
            return self.calls[index]
        return None

    def choice(self, index: int) -> Choice:
        text, refusal = "".join(self.text), "".join(self.refusal)
        tool_calls = tool_calls_of(self.calls)
        function_call = self.function.as_function()
        audio = audio_of(self.audio)
        beside = bool(tool_calls or refusal or function_call or audio)
        content: str | JsonText | None = self.json or (None if beside and not text else text)
        return Choice(
            index=index,
            content=content,
            refusal=refusal or None,
            reasoning="".join(self.reasoning) or None,
            reasoning_details=reasoning_details_of(self.details),
            tool_calls=tool_calls,
            function_call=function_call,
            audio=audio,
            url_citations=self.url_citations,
            logprobs=self.logprobs,
            finish_reason=finish_reason_of(
                self.finish, called=bool(tool_calls), spoke=bool(content or beside)
            ),
        )


def finish_reason_of(native: str | None, *, called: bool, spoke: bool) -> str:
    """Nothing said at a proper end is a stop, and so is a word we do not know."""
    reason = FINISH_REASONS.get(native or "stop", "stop")
    if reason == "failed" and not spoke:
        raise NoAnswer(f"finish_reason {native} and no content")
    if reason == "failed":
        return "length"
    if reason in ("stop", "function_call") and called:
        return "tool_calls"
    return reason


class Call:
    """A tool call (or the function call of old), put together from its fragments."""

    def __init__(self) -> None:
        self.type = "function"
        self.id: str | None = None
        self.name = ""
        self.pieces: list[str] = []

    def hear(self, part: dict[str, Any]) -> None:
        # Whoever names a call without an id gets one from us, and that one stays.
        if not self.id and not self.name:
            self.id = part.get("id") or None
        self.name = self.name or name_of(part)
        custom, function = part.get("custom") or {}, part.get("function") or {}
        if custom.get("name") or custom.get("input"):  # Snowflake sends both, one of them empty
            self.type = "custom"
            self.pieces.append(custom.get("input") or "")
        arguments = function.get("arguments") or ""
        self.pieces.append(arguments if isinstance(arguments, str) else json.dumps(arguments))

    def as_function(self) -> tuple[str, str] | None:
        written = "".join(self.pieces)
        return (self.name, arguments_of(written)) if self.name or written else None


def name_of(part: dict[str, Any]) -> str:
    name = (part.get("function") or {}).get("name") or (part.get("custom") or {}).get("name")
    return name or ""


def tool_calls_of(calls: list[Call]) -> list[ToolCall]:
    taken = set[str]()
    tool_calls = []
    for call in calls:
        # An id that was given to another call already had to be replaced.
        known_by = call.id if call.id and call.id not in taken else UNSAID
        taken.add(call.id or "")
        written = "".join(call.pieces)
        arguments = written if call.type == "custom" else arguments_of(written)
        tool_calls.append(ToolCall(call.type, call.name, known_by, arguments))
    return tool_calls


def text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part if isinstance(part, str) else part.get("text") or "" for part in parts)


def audio_of(parts: list[dict[str, Any]]) -> tuple[str, str] | None:
    """Snowflake sends an audio object of empty strings, which is none."""
    if not any(part.get(key) for part in parts for key in ("id", "data", "transcript")):
        return None
    data, transcript = ("".join(part.get(key) or "" for part in parts) for key in AUDIO)
    return data, transcript


AUDIO = ("data", "transcript")


def reasoning_details_of(entries: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    """Fragments of the same index *and type* are one: xAI has both of its types at index 0."""
    whole: dict[tuple[Any, Any], tuple[str, str, str | None]] = {}
    for position, entry in enumerate(entries):
        index = entry.get("index")
        key = (f"at {position}" if index is None else index, entry.get("type"))
        _, before, signature = whole.get(key, ("", "", None))
        written = entry.get("text") or entry.get("summary") or entry.get("data") or ""
        signed = entry.get("signature") or signature
        whole[key] = (entry.get("type") or "", before + written, signed)
    return list(whole.values())
