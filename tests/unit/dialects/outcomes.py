"""What becomes of a field of a request, found out by asking the code.

The field is encoded alone, and what became of it is read off the body and the losses. Where a
dialect has another shape than the hub, a field is carried if the body is another without it.
"""

import copy
import json
from typing import Any
from urllib.parse import quote

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import Encoded
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import BadRequestError, UnsupportedParameterError
from dragoman.models import shared
from dragoman.models.pointers import path_of
from tests.request_fields import Field
from tests.samples import FREE
from tests.unit.dialects.targets import IMPLIED

MEAN_THE_SAME = ({"system", "developer"},)

SPELT_OTHERWISE = {"prompt_cache_breakpoint": "cache_control"}
"""Keys with another spelling that means the same."""


def outcome(field: Field, dialect: str, model: str, profile: Any) -> str:
    """What becomes of this field, told by the nearest of its losses, if there is one."""
    asked = {**field.request, "model": model}
    if dialect != "openai-chat":
        field = in_company(field)
        asked = plausible({**field.request, "model": model})
        asked = by_data(asked) if dialect in BY_DATA else asked
    try:
        encoded = encode(asked, dialect, model, profile)
    except UnsupportedParameterError as error:
        return "refused" if names(error.param, field.pointer) else f"refused for {error.param}"
    losses = [loss for loss in encoded.losses if about(loss, field.pointer)]
    kind = max(losses, key=lambda loss: len(loss.pointer)).kind if losses else None
    if kind is not None and kind != "dropped":
        return kind
    if dialect == "openai-chat" or field.name == "model":
        in_path = field.name == "model" and quote(model, safe="") in encoded.path
        shown = in_path or sent(field, asked, json.loads(encoded.body))
    else:
        other = otherwise(asked, field.pointer)
        shown = f"{encoded.path} {encoded.body!r}" != sent_or_refusal(
            other, dialect, model, profile
        )
    if kind is not None:
        in_part = all(loss.pointer.startswith(f"{field.pointer}/") for loss in losses)
        return f"{kind}, yet sent" if shown and not in_part else kind
    if not shown and field.name in IMPLIED[dialect]:
        return "implied"
    return "carried" if shown else "lost in silence"


def in_company(field: Field) -> Field:
    """The same field in a conversation that makes sense, for dialects that look at it."""
    request = copy.deepcopy(field.request)
    pointer = field.pointer
    first = request["messages"][0]
    if "function_call" in request:
        request["functions"] = [{"name": "x"}]
    if first["role"] in ("developer", "system"):
        request["messages"].append({"role": "user", "content": "x"})
    if first["role"] == "assistant":
        first.setdefault("content", "x")
    if first["role"] in ("tool", "function"):
        function = {"name": "x", "arguments": "{}"}
        calls = [{"id": "x", "type": "function", "function": function}]
        called = {"tool_calls": calls} if first["role"] == "tool" else {"function_call": function}
        request["messages"].insert(0, {"role": "assistant", **called})
        pointer = pointer.replace("/messages/0", "/messages/1", 1)
    return Field(field.name, pointer, request)


def encode(asked: Any, dialect: str, model: str, profile: Any) -> Encoded:
    request = decode_request(json.dumps(asked).encode())
    return DIALECTS[dialect].encode_request(request, model=model, profile=profile)


def sent_or_refusal(asked: Any, dialect: str, model: str, profile: Any) -> str:
    try:
        encoded = encode(asked, dialect, model, profile)
        return f"{encoded.path} {encoded.body!r}"
    except UnsupportedParameterError as error:
        return error.message


def plausible(value: Any) -> Any:
    """The same with values that mean something, where any dialect but the hub's looks at them."""
    if isinstance(value, list):
        return [plausible(item) for item in value]
    if not isinstance(value, dict):
        return value
    known: dict[str, Any] = {
        key: MEANT[key] if key in MEANT and inner in ("x", FREE) else plausible(inner)
        for key, inner in value.items()
    }
    if known.get("type") == "file":
        file: dict[str, Any] = known["file"]
        data = {key: inner for key, inner in file.items() if key != "file_id"}
        known["file"] = data or {"file_id": MEANT["file_id"]}
    return known


MEANT: dict[str, Any] = {
    "arguments": '{"a": 1}',
    "file_id": "https://example.com/x.pdf",
    "file_data": "data:text/plain;base64,eA==",
    "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
    "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
    "ttl": "5m",
    "url": "https://example.com/x.png",
}
"""By key, wherever it stands."""


BY_DATA = ("bedrock-converse",)
"""Dialects whose providers take images and files by their data alone."""


def by_data(value: Any) -> Any:
    """The same request, with data in place of addresses and ids."""
    if isinstance(value, list):
        return [by_data(item) for item in value]
    if not isinstance(value, dict):
        return "data:image/png;base64,iVBORw0KGgo=" if value == MEANT["url"] else value
    if value == {"file_id": MEANT["file_id"]}:
        return {"file_data": MEANT["file_data"]}
    return {key: by_data(inner) for key, inner in value.items()}


def otherwise(asked: Any, pointer: str) -> Any:
    """The request without this field or, where it has to be there, the nearest there is.

    That is with another value of it or, of what tells a kind, without what it lies in.
    """
    *way, key = [token.replace("~1", "/") for token in pointer.split("/")[1:]]
    nearest = [without(asked, [*way, key])]
    if key not in ("type", "role"):
        changed = copy.deepcopy(asked)
        holder = changed
        for token in way:
            holder = holder[at(holder, token)]
        holder[at(holder, key)] = altered(holder[at(holder, key)])
        nearest.append(changed)
    nearest += [without(asked, way[:depth]) for depth in range(len(way), 0, -1)]
    plain = {"model": asked["model"], "messages": [{"role": "user", "content": "something else"}]}
    return next(one for one in (*nearest, plain) if decodes(one))


def without(asked: Any, way: list[str]) -> Any:
    rest = copy.deepcopy(asked)
    holder = rest
    for token in way[:-1]:
        holder = holder[at(holder, token)]
    del holder[at(holder, way[-1])]
    return rest


def altered(value: Any) -> Any:
    match value:
        case str():
            return f"{value}2"
        case dict():
            return {key: inner if key == "type" else altered(inner) for key, inner in value.items()}
        case list():
            return [altered(item) for item in value]
    return value


def decodes(asked: Any) -> bool:
    try:
        decode_request(json.dumps(asked).encode())
    except BadRequestError:
        return False
    return True


def names(param: str | None, pointer: str) -> bool:
    """Whether a refusal for `param` is one of this place, or of a part of the kind told there."""
    place = path_of(pointer)
    of_kind = place.removesuffix(".type")
    return place.startswith(param or "?") or (
        of_kind != place and (param or "").startswith(f"{of_kind}.")
    )


def about(loss: shared.Loss, pointer: str) -> bool:
    """Whether a loss is of this place, of something in it, or of what it lies in."""
    return f"{pointer}/".startswith(f"{loss.pointer}/") or loss.pointer.startswith(f"{pointer}/")


def sent(field: Field, asked: Any, body: Any) -> bool:
    """Whether the value stands in the body: in its place, or beside it under a new key."""
    *way, key = [token.replace("~1", "/") for token in field.pointer.split("/")[1:]]
    holder, told = asked, body
    for token in way:
        try:
            holder, told = holder[at(holder, token)], told[at(told, token)]
        except (KeyError, IndexError, TypeError):
            return False
    value = holder[at(holder, key)]
    if isinstance(told, list):
        return value in told
    if SPELT_OTHERWISE.get(key) in told:
        return True
    new = [told[other] for other in told if other not in holder]
    return same(told.get(key), value) or value in new


def at(holder: Any, token: str) -> Any:
    return int(token) if isinstance(holder, list) else token


def same(told: Any, value: Any) -> bool:
    return told == value or any(told in words and value in words for words in MEAN_THE_SAME)
