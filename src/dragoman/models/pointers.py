"""Places in JSON: as pointers (RFC 6901), and as people write them."""

from typing import Any


def escaped(key: str) -> str:
    """A key as a token of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def path_of(pointer: str) -> str:
    """A JSON pointer as people write it: `messages[2].content[0].type`."""
    tokens = tokens_of(pointer)
    return "".join(f"[{t}]" if t.isdigit() else f".{t}" for t in tokens).removeprefix(".")


def tokens_of(pointer: str) -> list[str]:
    """The keys and positions that lead to a place, from outside in."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def put(body: Any, pointer: str, value: Any) -> None:
    """Set what stands at this place; objects that are missing on the way are made."""
    *parents, last = tokens_of(pointer)
    for token in parents:
        body = body[int(token)] if isinstance(body, list) else body.setdefault(token, {})
    if isinstance(body, list):
        body[int(last)] = value
    else:
        body[last] = value
