"""An answer as items, and the events that tell them; for whole and streamed answers alike.

    NOTHING --a text or thought--> an item, in it a part --one of another kind--> the next

Items are told one after the other, each closed before the next begins. Calls alone stand open
beside each other until the end, since a piece of any may come until then.
"""

from typing import Any, Final, NamedTuple

from dragoman.dialects.openai_responses import tokens
from dragoman.dialects.openai_responses.carrying import Carried, packed
from dragoman.dialects.openai_responses.items import FORMAT, Json
from dragoman.models import shared
from dragoman.streaming.folding import Details


class Kind(NamedTuple):
    """How a part of this kind is told."""

    item: str
    field: str
    place: str
    part: str
    """What the events of the part are called."""

    text: str
    """What the events of its text are called."""

    key: str = "text"


KINDS: Final = {
    "output_text": Kind("message", "content", "content_index", "content_part", "output_text"),
    "refusal": Kind("message", "content", "content_index", "content_part", "refusal", "refusal"),
    "reasoning_text": Kind(
        "reasoning", "content", "content_index", "content_part", "reasoning_text"
    ),
    "summary_text": Kind(
        "reasoning",
        "summary",
        "summary_index",
        "reasoning_summary_part",
        "reasoning_summary_text",
    ),
}
"""By the type of the part."""


class Part:
    """A part that is being told."""

    def __init__(self, kind: str, place: Json, number: int | None = None) -> None:
        self.kind = kind
        self.place = place
        """Item and place in it, as each of its events tells them."""

        self.number = number
        """Of reasoning, the number of the detail."""

        self.told: Json = {"type": kind, KINDS[kind].key: ""}
        if kind == "output_text":
            self.told |= {"annotations": [], "logprobs": []}
        self.pieces: list[str] = []


class Thought:
    """An item of reasoning that is being told."""

    def __init__(self, id: str | None, *, own: bool) -> None:
        self.id = id
        self.own = own
        self.encrypted: str | None = None
        self.number: int | None = None
        """The number of the detail that is encrypted."""

        self.foreign: list[list[shared.ReasoningDetail]] = []
        """Reasoning of somebody else, as it came."""


class Call:
    """A call that is being told."""

    def __init__(self, index: int, item: Json) -> None:
        self.index = index
        self.item = item
        self.field = "input" if item["type"] == "custom_tool_call" else "arguments"
        self.pieces: list[str] = []


class Output:
    """The items of an answer, and the events that have not been taken."""

    def __init__(self, id: str) -> None:
        self.items: list[Json] = []
        self.events: list[Json] = []
        self._id = id.removeprefix("resp_")
        self._open: int | None = None
        self._part: Part | None = None
        self._thought: Thought | None = None
        self._texts: list[tuple[int, Part]] = []
        """Where each part that is a text begins, in characters."""

        self._length = 0
        self._calls: dict[int, Call] = {}

    def text(
        self, text: str, likely: shared.CreateChatCompletionResponseChoicesLogprobs | None = None
    ) -> None:
        """A piece of the text."""
        part = self._in_part("output_text")
        said = tokens.told(likely)
        part.told["logprobs"] += said
        self._length += len(text)
        self._add(part, text, logprobs=said)

    def refusal(self, text: str) -> None:
        """A piece of the refusal."""
        self._add(self._in_part("refusal"), text)

    def think(self, text: str) -> None:
        """A piece of reasoning that is there for reading only."""
        self._in_thought(None, own=False)
        self._add(self._in_part("summary_text"), text)

    def reason(self, details: list[shared.ReasoningDetail]) -> None:
        """Pieces of reasoning; that of others is shown as a summary, and carried as it is."""
        latest: Thought | None = None
        for detail in details:
            own = detail.format == FORMAT and detail.id is not None
            number = None if detail.data is None else detail.index
            thought = self._in_thought(detail.id if own else None, own=own, number=number)
            if own and detail.data is not None:
                thought.encrypted, thought.number = (thought.encrypted or "") + detail.data, number
            elif not own:
                if thought is not latest:
                    thought.foreign.append([])
                thought.foreign[-1].append(detail)
            latest = thought
            if text := detail.summary or detail.text:
                kind = "reasoning_text" if own and detail.summary is None else "summary_text"
                self._add(self._in_part(kind, detail.index), text)

    def call(self, number: int, id: str, name: str, *, custom: bool = False) -> None:
        """Begin the call with this number, where it is new."""
        if number in self._calls:
            return
        self._close_item()
        kind, prefix = ("custom_tool_call", "ctc") if custom else ("function_call", "fc")
        field = "input" if custom else "arguments"
        index = len(self.items)
        item: Json = {"id": self._made(prefix), "type": kind, "status": "in_progress"}
        item |= {"call_id": id, "name": name, field: ""}
        self.items.append(item)
        self._calls[number] = Call(index, item)
        self._tell("output_item.added", output_index=index, item=dict(item))

    def argue(self, number: int, text: str | None) -> None:
        """A piece of what this call is given."""
        call = self._calls[number]
        if text:
            call.pieces.append(text)
            place = {"item_id": call.item["id"], "output_index": call.index}
            self._tell(f"{call.item['type']}_{call.field}.delta", **place, delta=text)

    def id_of(self, number: int) -> str | None:
        """The id of the call with this number; None where there is none."""
        call = self._calls.get(number)
        return None if call is None else call.item["call_id"]

    def cite(self, annotation: shared.ChatCompletionResponseMessageAnnotation) -> None:
        """A citation, counted from the beginning of the text that it begins in."""
        if not self._texts:
            self._in_part("output_text")
        page = annotation.url_citation
        begun = [text for text in self._texts if text[0] <= page.start_index]
        start, part = (begun or self._texts)[-1]
        told = {"type": "url_citation", **page.to_dict()}
        told |= {"start_index": page.start_index - start, "end_index": page.end_index - start}
        cited: list[Json] = part.told["annotations"]
        place = {**part.place, "annotation_index": len(cited)}
        cited.append(told)
        self._tell("output_text.annotation.added", **place, annotation=told)

    def close(self, carried: Carried) -> None:
        """The end of all items; what has no other place is carried in one more."""
        self._close_item()
        for call in self._calls.values():
            text = call.item[call.field] = "".join(call.pieces)
            call.item["status"] = "completed"
            place = {"item_id": call.item["id"], "output_index": call.index}
            named = {"name": call.item["name"]} if call.field == "arguments" else {}
            kind = f"{call.item['type']}_{call.field}.done"
            self._tell(kind, **named, **place, **{call.field: text})
            self._tell("output_item.done", output_index=call.index, item=call.item)
        if carried != Carried():
            thought = self._in_thought(None, own=True)
            thought.encrypted = packed(carried)
            self._close_item()

    def _in_thought(self, id: str | None, *, own: bool, number: int | None = None) -> Thought:
        """The item that this reasoning goes on in: the open one, or the next.

        What is encrypted comes last; `number` is that of a piece of it.
        """
        thought = self._thought
        over = thought and thought.encrypted and (number is None or number != thought.number)
        if thought is None or (thought.own, thought.id) != (own, id) or over:
            self._close_item()
            thought = self._thought = Thought(id, own=own)
            known = any(item["id"] == id for item in self.items)
            named = self._made("rs") if id is None or known else id
            self._begin({"id": named, "type": "reasoning", "summary": []})
        return thought

    def _in_part(self, kind: str, number: int | None = None) -> Part:
        """The part that a piece of this kind goes on in: the open one, or the next."""
        part = self._part
        if part is not None and (part.kind, part.number) == (kind, number):
            return part
        self._close_part()
        about = KINDS[kind]
        if self._open is None or self.items[self._open]["type"] != about.item:
            self._close_item()
            message = {"id": self._made("msg"), "type": "message", "status": "in_progress"}
            self._begin({**message, "role": "assistant", "content": []})
        assert self._open is not None
        item = self.items[self._open]
        parts: list[Json] = item.setdefault(about.field, [])
        place = {"item_id": item["id"], "output_index": self._open, about.place: len(parts)}
        part = self._part = Part(kind, place, number)
        self._tell(f"{about.part}.added", **place, part=_copy(part.told))
        parts.append(part.told)
        if kind == "output_text":
            self._texts.append((self._length, part))
        return part

    def _add(self, part: Part, text: str, **beside: Any) -> None:
        part.pieces.append(text)
        self._tell(f"{KINDS[part.kind].text}.delta", **part.place, delta=text, **beside)

    def _begin(self, item: Json) -> None:
        self._open = len(self.items)
        self.items.append(item)
        self._tell("output_item.added", output_index=self._open, item=_copy(item))

    def _close_part(self) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        about = KINDS[part.kind]
        text = part.told[about.key] = "".join(part.pieces)
        said: Json = {about.key: text}
        if part.kind == "output_text":
            said["logprobs"] = part.told["logprobs"]
        self._tell(f"{about.text}.done", **part.place, **said)
        self._tell(f"{about.part}.done", **part.place, part=_copy(part.told))

    def _close_item(self) -> None:
        self._close_part()
        if self._open is None:
            return
        item, thought = self.items[self._open], self._thought
        if thought is None:
            item["status"] = "completed"
        elif not thought.own:
            details = Details()
            for pieces in thought.foreign:
                details.add(pieces)
            item["encrypted_content"] = packed(Carried(reasoning_details=details.folded() or None))
        elif thought.encrypted:
            item["encrypted_content"] = thought.encrypted
        self._tell("output_item.done", output_index=self._open, item=_copy(item))
        self._open = self._thought = None

    def _made(self, prefix: str) -> str:
        """An id that no other item has, in this answer or another."""
        return f"{prefix}_{self._id}_{len(self.items)}"

    def _tell(self, kind: str, **fields: Any) -> None:
        self.events.append({"type": f"response.{kind}", **fields})


def _copy(item: Json) -> Json:
    """The same as it is now: a citation may still come."""
    return {k: list(v) if isinstance(v, list) else v for k, v in item.items()}
