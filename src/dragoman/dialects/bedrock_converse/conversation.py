"""The messages of a request: instructions apart, and user and assistant in turns.

Everything is decided by what stands before a message, the message itself and the results that
answer it, never by what comes later, so that a longer conversation begins with the same bytes:
caches and bound reasoning depend on it.
"""

from functools import partial
from typing import Any, Final

from dragoman.dialects.bedrock_converse import parts
from dragoman.dialects.bedrock_converse.draft import NOWHERE, Block, Draft
from dragoman.dialects.bedrock_converse.parts import FILLER
from dragoman.dialects.bedrock_converse.replaying import allowed, assistant_blocks
from dragoman.dialects.calls import Ids
from dragoman.models import shared

NO_RESULT: Final = "No result"
"""What answers a call that the caller's conversation does not answer."""

EMPTY: Final = "(empty)"
"""What a result says that says nothing."""

ERROR: Final = "Error: "
"""What begins the text of a result that is an error, for targets that know no such flag."""

Instructions = (
    shared.ChatCompletionRequestSystemMessage | shared.ChatCompletionRequestDeveloperMessage
)
Result = shared.ChatCompletionRequestToolMessage | shared.ChatCompletionRequestFunctionMessage


def conversation(draft: Draft) -> None:
    """Write the system text and the messages."""
    messages = draft.request.messages
    first = _instructions(draft, messages)
    turns = _Turns(draft)
    for position in range(first, len(messages)):
        turns.hear(messages[position], f"/messages/{position}")
    draft.messages = turns.finished()
    if not draft.messages:
        _as_user(draft, first)
    elif draft.messages[-1]["role"] == "assistant":
        last = draft.messages[-1]["content"][-1]
        if "text" in last:
            last["text"] = last["text"].rstrip()


def _instructions(draft: Draft, messages: list[Any]) -> int:
    """Write the instructions that stand before everything else; where they end."""
    for position, message in enumerate(messages):
        if not isinstance(message, Instructions):
            return position
        draft.system += _blocks(draft, message, f"/messages/{position}")
    return len(messages)


def _as_user(draft: Draft, instructions: int) -> None:
    """A conversation of instructions alone: they are sent as what the user says."""
    for position in range(instructions):
        reason = "no other message is there; sent as a user message"
        draft.lose(f"/messages/{position}/role", "emulated", reason)
    content = draft.system or [{"text": FILLER}]
    draft.system = []
    draft.messages = [{"role": "user", "content": content}]


def _blocks(draft: Draft, message: Any, pointer: str) -> list[Block]:
    """The blocks of a message that is no answer, with the cache point that it may have itself.

    A document wants a text beside it.
    """
    if getattr(message, "name", None) is not None:
        draft.lose(f"{pointer}/name", "dropped", NOWHERE)
    blocks = parts.blocks_of(draft, message.content, f"{pointer}/content")
    if any("document" in block for block in blocks) and not any("text" in one for one in blocks):
        blocks.append({"text": FILLER})
    return blocks + _point_behind(draft, blocks, message, pointer)


def _point_behind(draft: Draft, blocks: list[Block], message: Any, pointer: str) -> list[Block]:
    if message.cache_control is None or (blocks and "cachePoint" in blocks[-1]):
        return []
    if not blocks or "reasoningContent" in blocks[-1]:
        draft.lose(f"{pointer}/cache_control", "dropped", "no block of it can be marked")
        return []
    return draft.point(message, pointer)


class _Turns:
    """Puts messages into turns: results of tools first, then what the user says."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._ids = Ids(partial(allowed, draft.family.ids))
        self._messages: list[dict[str, Any]] = []
        self._waiting: list[str] = []
        """Calls of the last answer that have no result yet."""

    def hear(self, message: Any, pointer: str) -> None:
        match message:
            case shared.ChatCompletionRequestAssistantMessage():
                self._answer(message, pointer)
            case (
                shared.ChatCompletionRequestToolMessage()
                | shared.ChatCompletionRequestFunctionMessage()
            ):
                self._result(message, pointer)
            case shared.ChatCompletionRequestUserMessage():
                self._put("user", _blocks(self._draft, message, pointer))
            case _:
                self._late_instructions(message, pointer)

    def finished(self) -> list[dict[str, Any]]:
        """The messages, all calls being answered."""
        self._answer_waiting()
        return self._messages

    def _put(self, role: str, blocks: list[Block]) -> None:
        if not blocks:
            return
        if self._messages and self._messages[-1]["role"] == role:
            self._messages[-1]["content"] += blocks
        else:
            self._messages.append({"role": role, "content": blocks})

    def _answer(self, message: shared.ChatCompletionRequestAssistantMessage, pointer: str) -> None:
        goes_on = bool(self._messages) and self._messages[-1]["role"] == "assistant"
        if not goes_on:
            self._answer_waiting()
        blocks = assistant_blocks(self._draft, message, pointer, self._ids)
        blocks += _point_behind(self._draft, blocks, message, pointer)
        if not blocks:
            return
        if not self._messages:
            self._put("user", [{"text": FILLER}])
        self._put("assistant", blocks)
        self._waiting += [
            block["toolUse"]["toolUseId"]
            for block in blocks
            if "toolUse" in block and block["toolUse"].get("type") != "server_tool_use"
        ]

    def _result(self, message: Result, pointer: str) -> None:
        draft = self._draft
        id = self._ids.answered(message)
        blocks = _tool_result(draft, message, pointer, id)
        if id not in self._waiting:
            reason = "no call before it has this id; sent as what the user says"
            draft.lose(pointer, "emulated", reason)
            self._put("user", [*blocks[0]["toolResult"]["content"], *blocks[1:]])
            return
        self._waiting.remove(id)
        self._put_result(blocks)

    def _put_result(self, blocks: list[Block]) -> None:
        """Behind the results that are there already, before everything else since the call."""
        turn = len(self._messages)
        while self._messages[turn - 1]["role"] != "assistant":
            turn -= 1
        if turn == len(self._messages):
            self._messages.insert(turn, {"role": "user", "content": []})
        content = self._messages[turn]["content"]
        results = [n for n, other in enumerate(content) if "toolResult" in other]
        place = results[-1] + 1 if results else 0
        if results and place < len(content) and "cachePoint" in content[place]:
            place += 1
        content[place:place] = blocks

    def _answer_waiting(self) -> None:
        """Answer the calls that nobody has: a call without a result is refused."""
        for id in self._waiting:
            missing = {"toolUseId": id, "content": [{"text": NO_RESULT}], "status": "error"}
            self._put_result([{"toolResult": missing}])
        self._waiting = []

    def _late_instructions(self, message: Instructions, pointer: str) -> None:
        draft = self._draft
        blocks = _blocks(draft, message, pointer)
        if not blocks:
            return
        reason = "Bedrock takes instructions at the beginning; sent as what the user says"
        draft.lose(f"{pointer}/role", "emulated", reason)
        for block in blocks:
            if "text" in block:
                block["text"] = f"<system>{block['text']}</system>"
        self._put("user", blocks)


def _tool_result(draft: Draft, message: Result, pointer: str, id: str) -> list[Block]:
    """The result, and behind it the cache points of what is in it."""
    inside = parts.blocks_of(draft, message.content, f"{pointer}/content")
    points = [block for block in inside if "cachePoint" in block]
    content = [block for block in inside if "cachePoint" not in block]
    result: Block = {"toolUseId": id, "content": content or [{"text": EMPTY}]}
    if draft.taken(f"{pointer}/is_error") is True:
        result["status"] = "error"
        if isinstance(message.content, str) and content:
            content[0]["text"] = message.content.removeprefix(ERROR) or NO_RESULT
    if isinstance(message, shared.ChatCompletionRequestToolMessage) and not points:
        points = draft.point(message, pointer)
    return [{"toolResult": result}, *points]
