"""Every recorded request to Gemini, read as a request of ours and written again.

What comes out means what was recorded, or the difference is told as a loss. Some things may be
said in several ways; `meant` brings them to one, in the plainest code.
"""

import json
from collections.abc import Iterator
from typing import Any

from dragoman.dialects import gemini
from dragoman.dialects.gemini import Profile, Quirks
from tests import corpus

Json = dict[str, Any]

RECORDS = [
    record
    for record in corpus.records("gemini")
    if isinstance(record.request.get("body"), dict) and record.status == 200
]

DEFAULTS = (
    ("candidateCount", 1),
    ("responseModalities", ["TEXT"]),
    ("responseMimeType", "text/plain"),
)
"""What is done anyway."""

UNNAMED = {"args", "response", "parametersJsonSchema", "responseJsonSchema"}
"""What holds keys of the caller's own."""

ROUGHLY = {"thinkingConfig"}
"""What an effort says less exactly: a number of tokens."""


def camel(value: Any) -> Any:
    """One spelling of the keys."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    told = {}
    for key, inner in value.items():
        first, *others = key.split("_")
        name = first + "".join(other.capitalize() for other in others)
        told[name] = inner if name in UNNAMED else camel(inner)
    return told


def schema(value: Any) -> Any:
    """One way to write a schema: types in small letters, null a type among others."""
    if isinstance(value, list):
        return [schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    told = {camel_key(key): schema(inner) for key, inner in value.items() if key != "nullable"}
    if isinstance(told.get("type"), str):
        told["type"] = told["type"].lower()
        if value.get("nullable"):
            told["type"] = [told["type"], "null"]
    return told


def camel_key(key: str) -> str:
    return str(next(iter(camel({key: None}))))


def parts_of(body: Json) -> Iterator[tuple[str, Json]]:
    """All parts with their role; results of tools before what the user says beside them."""
    contents = body.get("contents", [])
    for content in contents if isinstance(contents, list) else [contents]:
        role = "model" if content.get("role") == "model" else "user"
        told = [part for part in content["parts"] if part.get("text") != "" or len(part) > 1]
        for part in sorted(told, key=lambda part: "functionResponse" not in part):
            yield role, part


def joined(told: Iterator[tuple[str, Json]]) -> list[tuple[str, Json]]:
    """The same with neighbouring texts of an answer as one."""
    found: list[tuple[str, Json]] = []
    for role, part in told:
        part = told_part(part)
        before = found[-1] if found else ("", {})
        if role == "model" and before[0] == role and part.keys() == before[1].keys() == {"text"}:
            part = {"text": before[1]["text"] + part["text"]}
            found.pop()
        found.append((role, part))
    return found


def meant(body: Json) -> Json:
    """The request in the one way in which it is compared."""
    body = camel(body)
    tools = body.get("tools", [])
    tools = tools if isinstance(tools, list) else [tools]
    functions = [f for tool in tools for f in tool.get("functionDeclarations", [])]
    config = dict(body.get("generationConfig", {}))
    wanted = config.pop("responseJsonSchema", None) or config.pop("responseSchema", None)
    config = {
        key: value
        for key, value in config.items()
        if key not in ROUGHLY and (key, value) not in DEFAULTS
    }
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    return {
        "parts": joined(parts_of(body)),
        "instructions": [p["text"] for p in body.get("systemInstruction", {}).get("parts", [])],
        "functions": [
            (
                f["name"],
                f.get("description"),
                schema(f.get("parametersJsonSchema") or f.get("parameters")),
            )
            for f in functions
        ],
        "others": [key for tool in tools for key in tool if key != "functionDeclarations"],
        "mode": (calling.get("mode", "").upper(), calling.get("allowedFunctionNames")),
        "schema": schema(wanted),
        "config": config,
        "rest": {key: body.get(key) for key in ("safetySettings", "cachedContent")},
    }


def told_part(part: Json) -> Json:
    """A part; an id of a call may be ours, and what is left open is filled in."""
    part = {key: value for key, value in part.items() if key != "role"}
    for key in ("functionCall", "functionResponse"):
        if key in part:
            part[key] = {k: v for k, v in part[key].items() if k != "id"}
    if "functionCall" in part:
        part["functionCall"].setdefault("args", {})
    if part.get("inlineData", {}).get("mimeType") == "audio/mpeg":
        part["inlineData"]["mimeType"] = "audio/mp3"
    return part


@corpus.each(RECORDS)
def test_a_recorded_request_read_and_written_again_asks_the_same(record: corpus.Record) -> None:
    body = record.request["body"]
    model = record.request["path"].partition("/models/")[2].partition(":")[0]
    request = gemini.decode_request(json.dumps(body).encode(), model=model)

    encoded = gemini.encode_request(request, model=model, profile=Profile(quirks=Quirks()))

    lost = {loss.pointer for loss in encoded.losses if loss.kind != "clamped"}
    expected, came = meant(body), meant(json.loads(encoded.body))
    different = {key for key in expected if expected[key] != came[key]}
    assert all(any(told_by(pointer, key) for pointer in lost) for key in different), {
        key: (expected[key], came[key]) for key in different
    }


def told_by(pointer: str, key: str) -> bool:
    """Whether a loss at this place may be the reason for such a difference."""
    places = {"schema": "/response_format", "parts": "/messages", "functions": "/tools"}
    return pointer.startswith(places.get(key, "/nothing"))
