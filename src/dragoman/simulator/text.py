"""What the simulator says in text: which words, where they end, and in which pieces they come.

A token is a word with the white space before it. Nothing here is random: what must vary is
drawn from a hash of the request.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from dragoman.models import shared
from dragoman.simulator.models import WORDS_LIMIT, Simulated
from dragoman.simulator.refusals import refused
from dragoman.simulator.schema import smallest
from dragoman.wire import reading

HELLO: Final = (
    "Hello! You have reached the simulator of Dragoman. There is no model here: I am a small "
    "program that answers as one would, so that yours can be tried without a key, a network or "
    "a bill. Whatever you ask, I shall always say this. When you want another voice, ask for "
    "echo, which repeats you, or for words, which says as many as you please."
)

WORD_LIST: Final = """
    about above acorn after again air almost along amber apple arch autumn away bark basket beach
    bell birch bird blue boat bread breeze bridge bright brook candle cedar chalk cherry cloud
    clover coast copper coral corner cotton cup dawn deep dew door dove dusk early earth east ember
    even fair fern field fire flint flower fog forest fox garden gate gentle glass gold grain grass
    green harbour hazel heather hill honey horse house island ivory ivy kettle lake lamp lantern
    lark leaf light linen little lily long maple marble meadow mill mint mist moon morning moss
    mountain near nest night north oak ocean often olive orchard otter owl path pearl pebble pine
    plain plum pond quiet rain reed river road robin rose sail
    sand seed shore silver snow
"""
WORDS: Final = WORD_LIST.split()
"""128 words, so that as many choices differ from each other."""

WORD: Final = re.compile(r"\s*\S+(?:\s+\Z)?|\s+")
PIECES_LIMIT: Final = WORDS_LIMIT
"""Of all choices together: each is said in a chunk of its own, and all of them are kept."""

SLICE: Final = re.compile(r".{1,8}", re.DOTALL)


def texts(request: shared.CreateChatCompletionRequest, model: Simulated) -> Iterable[str]:
    """What each choice would say if nothing ended it."""
    n = request.n or 1
    told = json_text(request.response_format)
    if told is not None:
        return [told] * n
    match model.name:
        case "words":
            return several(variety(request, model.n), n)
        case "echo":
            return [last_user_text(request)] * n
    return [HELLO] * n


def json_text(wanted: shared.ResponseFormat | None) -> str | None:
    """The answer where JSON is wanted; None where it is not."""
    match wanted:
        case shared.ResponseFormatJsonSchema(json_schema=shared.JSONSchema(schema=schema)):
            if schema is None:
                return "{}"
            return compact(smallest(schema, path="response_format.json_schema.schema"))
        case shared.ResponseFormatJsonObject():
            return "{}"
    return None


def compact(value: Any) -> str:
    """JSON text without white space that could be left out."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def last_user_text(request: shared.CreateChatCompletionRequest) -> str:
    """The text of the last user message; empty where there is none."""
    for message in reversed(request.messages):
        if isinstance(message, shared.ChatCompletionRequestUserMessage):
            # What another program built may hold lone surrogates, which have no bytes.
            return str(reading.without_surrogates(text_of(message.content)))
    return ""


def text_of(content: str | list[Any] | None) -> str:
    """The text of a message's content; parts of other kinds say nothing."""
    if isinstance(content, list):
        return "".join(
            part.text
            for part in content
            if isinstance(part, shared.ChatCompletionRequestMessageContentPartText)
        )
    return content or ""


def several(drawn: bytes, n: int) -> Iterator[str]:
    """A text of `len(drawn)` words for each choice, no two equal word by word."""
    for index in range(n):
        yield " ".join(WORDS[(byte + index) % len(WORDS)] for byte in drawn)


def variety(request: shared.CreateChatCompletionRequest, size: int) -> bytes:
    """Bytes that depend on the request alone; streamed or not, it is the same request."""
    try:
        asked = msgspec.to_builtins(request, enc_hook=lambda kept: kept.value)
        asked.pop("stream", None)
        asked.pop("stream_options", None)
        canonical = json.dumps(asked, sort_keys=True)
    except RecursionError:
        raise refused("body", "JSON of moderate depth", "more") from None
    return hashlib.shake_256(canonical.encode()).digest(size)


def cut(pattern: re.Pattern[str], text: str, *, most: int) -> list[str]:
    """The pieces of a text; raises where there are more than these."""
    found = [piece[0] for piece in islice(pattern.finditer(text), most + 1)]
    if len(found) > most:
        wanted = f"an answer of at most {PIECES_LIMIT} words, or slices of a call, in all choices"
        raise refused("n", wanted, "more")
    return found


def ended(text: str, *, stops: list[str], most: int | None) -> tuple[str, shared.FinishReason]:
    """The text up to the first stop text, of at most `most` words, and why it ended there."""
    reason: shared.FinishReason = "stop"
    if most is not None:
        # No text has more words than characters, and islice takes no number beyond 64 bits.
        within = "".join(word[0] for word in islice(WORD.finditer(text), min(most, len(text))))
        if within != text:
            text, reason = within, "length"
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(places)], "stop") if places else (text, reason)
