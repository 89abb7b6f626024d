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
    return [_key(token) for token in pointer.split("/")[1:]]


def put(body: Any, pointer: str, value: Any) -> None:
    """Set what stands at this place; objects that are missing on the way are made."""
    parent, _, last = pointer.rpartition("/")
    if parent:
        for token in tokens_of(parent):
            body = body[int(token)] if isinstance(body, list) else body.setdefault(token, {})
    if isinstance(body, list):
        body[int(last)] = value
    else:
        body[_key(last)] = value


def _key(token: str) -> str:
    """The key that is this token of a pointer."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token
