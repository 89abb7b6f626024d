"""What is heard of Gemini's answers, and what it is sent, as plain objects."""

import json
from typing import Any, NamedTuple

import msgspec

import dragoman
from dragoman.dialects import gemini, openai_chat
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.gemini import Profile, Quirks
from dragoman.streaming.made import Made

MADE = Made(created=1795404600, id="chatcmpl-GEN1", model="asked")

Json = dict[str, Any]


def said(*parts: Json, finish: Any = "STOP", **rest: Any) -> Json:
    """An answer, or a chunk, of one candidate with these parts."""
    candidate: Json = {"content": {"role": "model", "parts": list(parts)}, **rest}
    return {"candidates": [{**candidate, "finishReason": finish} if finish else candidate]}


def stream(*chunks: Json) -> bytes:
    """These chunks as events."""
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks)


def heard(*chunks: Json) -> list[Json]:
    """What is heard of a stream."""
    decoder = gemini.stream_decoder(made=MADE)
    came = [*decoder.receive(stream(*chunks)), *decoder.finish()]
    if decoder.error is not None:
        raise decoder.error
    return [json.loads(msgspec.json.encode(chunk)) for chunk in came]


def whole(answer: Any) -> Json:
    """The response that an answer is."""
    response = gemini.decode_response(json.dumps(answer).encode(), made=MADE)
    told: Json = json.loads(msgspec.json.encode(response))
    return told


def folded(*chunks: Json) -> Json:
    """The response that a stream is."""
    decoder = gemini.stream_decoder(made=MADE)
    came = [*decoder.receive(stream(*chunks)), *decoder.finish()]
    told: Json = json.loads(msgspec.json.encode(dragoman.fold(came)))
    return told


def choice(*parts: Json, **rest: Any) -> Json:
    """The choice that an answer with these parts is."""
    told: Json = whole(said(*parts, **rest))["choices"][0]
    return told


class Sent(NamedTuple):
    """The body as it goes out, and each loss as `kind pointer`."""

    body: Json
    losses: list[str]


ASKED = [{"role": "user", "content": "When is high water in Brest?"}]


def sent(
    model: str = "gemini-3.7-flash",
    *,
    quirks: Quirks | None = None,
    on_loss: OnLoss = "report",
    **fields: Any,
) -> Sent:
    """What is sent for a request with these fields."""
    asked = {"model": model, "messages": ASKED, **fields}
    request = openai_chat.decode_request(json.dumps(asked).encode())
    profile = Profile(quirks=quirks or Quirks(), on_loss=on_loss)
    encoded = gemini.encode_request(request, model=model, profile=profile)
    losses = [f"{loss.kind} {loss.pointer}" for loss in encoded.losses]
    return Sent(json.loads(encoded.body), losses)
