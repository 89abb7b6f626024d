"""Answers of a type that the caller names."""

import asyncio
import dataclasses
import json
from typing import Any, TypedDict

import msgspec
import pytest

from dragoman import AsyncClient, Client
from dragoman.client.parsing import format_of
from dragoman.errors import ConfigurationError, RemoteProtocolError
from tests.scripted import ScriptedServer
from tests.unit.client.test_create import SAID, answer


class Place(msgspec.Struct):
    city: str
    people: int = 0


@dataclasses.dataclass
class PlaceData:
    city: str
    people: int


class PlaceDict(TypedDict):
    city: str
    people: int


class Foreign:
    """What pydantic's classes look like from outside."""

    def __init__(self, text: str) -> None:
        self.city = json.loads(text)["city"]

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        return {"type": "object", "properties": {"city": {"type": "string", "default": "Oslo"}}}

    @classmethod
    def model_validate_json(cls, text: str) -> "Foreign":
        return cls(text)


def told(content: Any, finish_reason: str = "stop", **message: Any) -> list[bytes]:
    said = {"role": "assistant", "content": content, **message}
    return answer({"choices": [{"message": said, "finish_reason": finish_reason}]})


def parse(server: ScriptedServer, kind: Any) -> Any:
    with Client(base_url=server.url, api_key="k", max_retries=0) as client:
        return client.chat.completions.parse(
            model="openai/gpt-4o", messages=[SAID], response_format=kind
        )


OSLO = '{"city": "Oslo", "people": 700000}'


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Place, Place(city="Oslo", people=700000)),
        (PlaceData, PlaceData(city="Oslo", people=700000)),
        (PlaceDict, {"city": "Oslo", "people": 700000}),
    ],
)
def test_the_content_is_there_as_a_value(kind: Any, value: Any) -> None:
    with ScriptedServer(told(OSLO)) as server:
        message = parse(server, kind).choices[0].message

    assert message.parsed == value
    assert message.content == OSLO


def test_a_class_of_another_library_reads_its_own() -> None:
    with ScriptedServer(told(OSLO)) as server:
        assert parse(server, Foreign).choices[0].message.parsed.city == "Oslo"


def test_the_schema_that_is_asked_for_is_strict() -> None:
    with ScriptedServer(told(OSLO)) as server:
        parse(server, Place)

    sent = json.loads(server.heard[0].partition(b"\r\n\r\n")[2])["response_format"]["json_schema"]
    schema = sent["schema"]
    assert (sent["name"], sent["strict"], schema["type"]) == ("Place", True, "object")
    assert schema["required"] == ["city", "people"]
    assert schema["additionalProperties"] is False
    assert b"default" not in msgspec.json.encode(format_of(Foreign))


def test_a_refusal_has_no_value() -> None:
    with ScriptedServer(told(None, refusal="No.")) as server:
        message = parse(server, Place).choices[0].message

    assert (message.parsed, message.refusal) == (None, "No.")


@pytest.mark.parametrize(
    ("content", "finish_reason", "code", "says"),
    [
        ('{"city": 5}', "stop", "bad_gateway", r"content\.city: expected str; got int"),
        ('{"city": "Os', "length", "length", "cut at its token bound"),
        ("Oslo", "stop", "bad_gateway", "expected Place in JSON"),
    ],
)
def test_a_text_that_is_no_such_value_is_an_error(
    content: str, finish_reason: str, code: str, says: str
) -> None:
    with ScriptedServer(told(content, finish_reason)) as server:
        with pytest.raises(RemoteProtocolError, match=says) as raised:
            parse(server, Place)

    assert raised.value.code == code


def test_a_type_without_a_schema_is_refused() -> None:
    with ScriptedServer() as server, pytest.raises(ConfigurationError, match="response_format"):
        parse(server, object)


def test_the_asynchronous_client_parses_too() -> None:
    async def ask(url: str) -> Any:
        async with AsyncClient(base_url=url, api_key="k") as client:
            return await client.chat.completions.parse(
                model="openai/gpt-4o", messages=[SAID], response_format=Place
            )

    with ScriptedServer(told(OSLO)) as server:
        response = asyncio.run(ask(server.url))

    assert response.choices[0].message.parsed == Place(city="Oslo", people=700000)
