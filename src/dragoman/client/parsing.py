"""Answers of a type that the caller names: the schema that is asked for, and the value that comes.

A type is a msgspec Struct, a dataclass, a TypedDict, or a class with pydantic's
`model_json_schema` and `model_validate_json`; pydantic itself is never imported.
"""

from typing import Any

import msgspec

from dragoman.client.signature import Format
from dragoman.errors import ConfigurationError, RemoteProtocolError
from dragoman.models import shared
from dragoman.models.beside import Beside
from dragoman.wire import reading


class ParsedMessage(
    shared.ChatCompletionResponseMessage,
    Beside,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    dict=True,
):
    """A message whose content is also there as a value of the type that was asked for."""

    @property
    def parsed(self) -> Any:
        """The value; None where the model refused, or called a tool, and said nothing."""
        return self.__dict__.get("parsed")


def format_of(kind: Any) -> Format:
    """The `response_format` that asks for this type; strict, so that the model keeps to it."""
    try:
        if hasattr(kind, "model_json_schema"):
            schema = kind.model_json_schema()
        else:
            schema = msgspec.json.schema(kind)
    except TypeError as error:
        raise ConfigurationError(
            f"response_format: expected a type that has a JSON Schema; {error}",
            param="response_format",
        ) from None
    name = getattr(kind, "__name__", "answer")
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "schema": closed(at_root(schema)), "strict": True},
    }


def at_root(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with an object at its root, where it only pointed to one."""
    target = schema.get("$ref", "")
    definitions = schema.get("$defs", {})
    name = target.removeprefix("#/$defs/")
    if name not in definitions:
        return schema
    return {**definitions[name], "$defs": definitions}


def closed(schema: Any) -> Any:
    """The schema as strict answers want it: objects closed, each property required, no defaults."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: closed(value) for key, value in schema.items() if key != "default"}
    if isinstance(told.get("properties"), dict):
        told["required"] = list(told["properties"])
        told["additionalProperties"] = False
    return told


def parsed(
    response: shared.CreateChatCompletionResponse, kind: Any
) -> shared.CreateChatCompletionResponse:
    """The same response, with `parsed` on each message.

    Raises `RemoteProtocolError` for a text that is no value of the type; its code is `length` where
    the answer was cut at its token bound.
    """
    choices = [_parsed(choice, kind) for choice in response.choices]
    return response.__replace__(choices=choices)


def _parsed(
    choice: shared.CreateChatCompletionResponseChoices, kind: Any
) -> shared.CreateChatCompletionResponseChoices:
    message = ParsedMessage(**msgspec.structs.asdict(choice.message))
    if message.content:
        message = message.with_beside(parsed=_value(message.content, kind, choice))
    return msgspec.structs.replace(choice, message=message)


def _value(text: str, kind: Any, choice: shared.CreateChatCompletionResponseChoices) -> Any:
    path = f"choices[{choice.index}].message.content"
    try:
        if hasattr(kind, "model_validate_json"):
            return kind.model_validate_json(text)
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error).within(path)
        raise RemoteProtocolError(str(wrong), param=wrong.path) from None
    except ValueError:
        cut = choice.finish_reason == "length"
        why = "it was cut at its token bound" if cut else "the text is none"
        raise RemoteProtocolError(
            f"{path}: expected {getattr(kind, '__name__', 'the type')} in JSON; {why}",
            code="length" if cut else "bad_gateway",
            param=path,
        ) from None
