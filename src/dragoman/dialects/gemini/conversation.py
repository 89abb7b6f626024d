"""What becomes of a request's messages: contents of two roles, and the system instruction.

Neighbours of one role become one content. Results of tools stand in one content, in the order of
the calls that they answer and as many as those, since Gemini refuses any other number.
"""

from typing import Any, Final

from dragoman.dialects.gemini import media
from dragoman.dialects.gemini.draft import Draft
from dragoman.dialects.gemini.turns import Call, model_parts
from dragoman.wire import reading

NO_RESULT: Final = {"error": "No result"}
"""What stands for the result of a call that nobody answered."""

FIRST: Final = ("system", "developer")


def contents(draft: Draft) -> None:
    """Write the messages."""
    messages = draft.asked.pop("messages")
    first = next((n for n, m in enumerate(messages) if m["role"] not in FIRST), len(messages))
    instructions = [
        part
        for position, message in enumerate(messages[:first])
        for part in _parts(draft, message, f"/messages/{position}")
    ]
    conversation = _Conversation(draft)
    for position, message in enumerate(messages[first:], first):
        conversation.hear(message, f"/messages/{position}")
    told = conversation.told()
    if not told and instructions:
        told = [{"role": "user", "parts": instructions}]
        reason = "there is nothing else to answer; sent as the words of the user"
        draft.lose("/messages/0/role", "emulated", reason)
    elif instructions:
        draft.body["systemInstruction"] = {"parts": instructions}
    if told and told[-1]["role"] == "model" and not draft.family.prefill:
        raise draft.refuse(
            f"/messages/{len(messages) - 1}",
            f"expected words of the user or results of tools last, {draft.model} does not go on "
            "with words of its own; got those of the assistant",
        )
    draft.body["contents"] = told


class _Conversation:
    """The contents so far, and the calls that wait for their results."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._contents: list[dict[str, Any]] = []
        self._calls: list[Call] = []
        self._results: dict[int, dict[str, Any]] = {}
        self._behind: list[dict[str, Any]] = []

    def hear(self, message: dict[str, Any], pointer: str) -> None:
        """Add a message."""
        match message["role"]:
            case "tool" | "function":
                self._hear_result(message, pointer)
            case "assistant":
                if self._results:
                    self._close_results()
                parts, calls = model_parts(self._draft, message, pointer)
                self._calls += calls  # of two answers in a row, the calls are answered together
                self._add("model", parts)
            case role:
                self._close_results()
                parts = _parts(self._draft, message, pointer)
                if role in FIRST:
                    parts = [{"text": f"<system>{part['text']}</system>"} for part in parts]
                    reason = "instructions stand at the beginning only; sent as words of the user"
                    self._draft.lose(f"{pointer}/role", "emulated", reason)
                self._add("user", parts)

    def told(self) -> list[dict[str, Any]]:
        """All contents; calls that came last may still be answered."""
        if self._results:
            self._close_results()
        return self._contents

    def _add(self, role: str, parts: list[dict[str, Any]]) -> None:
        if not parts:
            return
        if self._contents and self._contents[-1]["role"] == role:
            self._contents[-1]["parts"] += parts
        else:
            self._contents.append({"role": role, "parts": parts})

    def _hear_result(self, message: dict[str, Any], pointer: str) -> None:
        key = "tool_call_id" if message["role"] == "tool" else "name"
        place = next(
            (
                place
                for place, call in enumerate(self._calls)
                if place not in self._results
                and message[key] == (call.id if key == "tool_call_id" else call.name)
            ),
            None,
        )
        if place is None:
            raise self._draft.refuse(
                f"{pointer}/{key}",
                "expected that of a call just before it which has no result yet; got another",
            )
        call = self._calls[place]
        result: dict[str, Any] = {"name": call.name, "response": {}}
        if call.sent_id is not None:
            result = {"id": call.sent_id, **result}
        images = self._response(message, pointer, result)
        if images and self._draft.family.response_parts:
            result["parts"] = images
        elif images:
            self._behind += images
            reason = f"{self._draft.model} takes no images in results; they stand behind them"
            self._draft.lose(f"{pointer}/content", "emulated", reason)
        self._results[place] = {"functionResponse": result}

    def _response(
        self, message: dict[str, Any], pointer: str, result: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Write what the tool answered; the images in it are returned."""
        parts = _parts(self._draft, message, pointer)
        texts = [part["text"] for part in parts if "text" in part]
        text = "".join(texts)
        if self._draft.extra.pop(f"{pointer}/is_error", False) is True:
            result["response"] = {"error": text}
        elif (told := _object(text)) is not None:
            result["response"] = told
        elif texts or len(parts) == 0:
            result["response"] = {"output": text}
        return [part for part in parts if "text" not in part]

    def _close_results(self) -> None:
        """Write the results of the calls that came last."""
        parts = []
        for place, call in enumerate(self._calls):
            nothing: dict[str, Any] = {"name": call.name, "response": NO_RESULT}
            if call.sent_id is not None:
                nothing = {"id": call.sent_id, **nothing}
            parts.append(self._results.get(place, {"functionResponse": nothing}))
        self._add("user", [*parts, *self._behind])
        self._calls, self._results, self._behind = [], {}, []


def _parts(draft: Draft, message: dict[str, Any], pointer: str) -> list[dict[str, Any]]:
    """The parts of a message's content; its name has no place."""
    media.breakpoints(draft, message, pointer)
    if "name" in message and message["role"] != "function":
        draft.lose(f"{pointer}/name", "dropped", "Gemini has no place for it")
    content = message["content"] or ""
    if isinstance(content, str):
        return [{"text": content}] if content else []
    parts = (
        media.part(draft, part, f"{pointer}/content/{position}")
        for position, part in enumerate(content)
    )
    return [part for part in parts if part is not None]


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object that this text is; None for every other."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = reading.read_untyped(text.encode(errors="surrogatepass"))
    except reading.UnreadableError:
        return None
    return value if isinstance(value, dict) else None
