"""Whether JSON is what OpenAI's document promises, by `jsonschema`, which shares nothing with us.

`data/chat-completions.schema.json` was written from the official OpenAPI document; each of its
definitions can be asked for by name.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from jsonschema.validators import extend

FILE = Path(__file__).parent / "data" / "chat-completions.schema.json"


def is_integer(_: object, value: object) -> bool:
    """JSON Schema lets 1.0 pass as an integer; most readers of our JSON do not."""
    return isinstance(value, int) and not isinstance(value, bool)


Strict = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer),
)


@cache
def definitions() -> dict[str, Any]:
    """All of them, by name."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))["$defs"]
    return found


@cache
def validator(name: str) -> Validator:
    """The validator of one definition, such as `CreateChatCompletionResponse`."""
    found = definitions()
    Strict.check_schema({"$defs": found})
    return Strict({"$ref": f"#/$defs/{name}", "$defs": {name: found[name], **found}})


def faults(name: str, value: Any) -> list[str]:
    """What is wrong with a value, each with its place; empty where it is valid."""
    return [f"{fault.json_path}: {fault.message}" for fault in validator(name).iter_errors(value)]
