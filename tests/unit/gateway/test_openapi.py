"""The OpenAPI document: that it has every path, says what OpenAI's schema says, and is served.

What the gateway answers is held against it by campaign 38; here the document is held against the
sources it must agree with.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from msgspec import inspect

from dragoman.gateway import openapi
from dragoman.gateway.routes import FIXED, METHODS, Route, routed
from dragoman.models import shared
from tests import schema
from tests.doors import asked, error_of, made, opened
from tests.plain import Caller
from tests.samples import samples

DOCUMENT: Final[dict[str, Any]] = json.loads(openapi.written())
SCHEMAS: Final[dict[str, Any]] = DOCUMENT["components"]["schemas"]

KEY: Final = "dk-canary"

FIELDS: Final = b"Host: localhost\r\n"

REFUSED: Final = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a body too long": b"POST / HTTP/1.1\r\n" + FIELDS + b"Content-Length: 99999999999\r\n\r\n",
    "a path too long": b"GET /" + b"a" * 32_768,
    "a coding": b"POST / HTTP/1.1\r\n"
    + FIELDS
    + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\n",
    "an expectation": b"GET / HTTP/1.1\r\n" + FIELDS + b"Expect: magic\r\n\r\n",
    "a field too long": b"GET / HTTP/1.1\r\n" + FIELDS + b"X-A: " + b"a" * 32_768,
    "a method": b"TRACE / HTTP/1.1\r\n" + FIELDS + b"\r\n",
    "a version": b"GET / HTTP/2.0\r\n" + FIELDS + b"\r\n",
}

DETAIL: Final = "/messages/[]<user>/content/[]<image_url>/image_url/detail"

BEYOND: Final = {
    (DETAIL, "says original"),
    (DETAIL, "is string"),
    ("/prompt_cache_retention", "is string"),
    ("/reasoning_effort", "is string"),
    ("/service_tier", "is string"),
    ("/verbosity", "is string"),
}
"""What a request may hold where OpenAI's schema has less."""


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    )


def claims(
    said: Mapping[str, Any], definitions: Mapping[str, Any], place: str = ""
) -> Iterator[tuple[str, str]]:
    """What a schema says, place by place: kinds, words, and the keys that are needed."""
    while "$ref" in said:
        said = definitions[said["$ref"].rpartition("/")[2]]
    for member in (*said.get("anyOf", ()), *said.get("oneOf", ())):
        yield from claims(member, definitions, place)
    kinds = said.get("type", ())
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        yield place, f"is {kind}"
    for word in said.get("enum", ()):
        yield place, "is null" if word is None else f"says {word}"
    properties = said.get("properties", {})
    for key in {"type", "role"} & properties.keys() & set(said.get("required", ())):
        words = properties[key].get("enum", ())
        place += f"<{words[0]}>" if len(words) == 1 else ""
    for key in said.get("required", ()):
        yield place, f"needs {key}"
    for key, of in properties.items():
        yield from claims(of, definitions, f"{place}/{key}")
    for word, step in (("items", "[]"), ("additionalProperties", "*")):
        if isinstance(of := said.get(word), dict):
            yield from claims(of, definitions, f"{place}/{step}")


@pytest.mark.parametrize("path", FIXED)
def test_every_path_is_in_the_document_with_its_methods(path: str) -> None:
    item = DOCUMENT["paths"][path]

    assert [method.upper() for method in item] == list(METHODS[FIXED[path]])


def test_every_path_of_the_document_leads_somewhere() -> None:
    for method, path, operation in operations():
        route = routed(method, path.replace("{model}", "sim%2Fecho"))

        assert route == Route(FIXED.get(path, route.endpoint), "sim/echo" * ("{" in path))
        assert [one["name"] for one in operation["parameters"] if one["in"] == "path"] == (
            ["model"] if "{" in path else []
        )


def test_every_reference_leads_somewhere_and_every_component_is_referred_to() -> None:
    text = openapi.written().decode()
    referred = {part.partition('"')[0] for part in text.split('"$ref":"#/components/')[1:]}
    parts = DOCUMENT["components"]

    assert referred == {
        f"{kind}/{name}" for kind in ("schemas", "responses") for name in parts[kind]
    }
    for found in SCHEMAS.values():
        Draft202012Validator.check_schema(found)


@pytest.mark.parametrize(
    ("name", "beyond"),
    [
        ("CreateChatCompletionRequest", BEYOND),
        ("CreateChatCompletionResponse", set()),
        ("CreateChatCompletionStreamResponse", set()),
        ("ErrorResponse", set()),
    ],
)
def test_the_document_says_what_openais_schema_says(
    name: str, beyond: set[tuple[str, str]]
) -> None:
    theirs = set(claims(schema.definitions()[name], schema.definitions()))
    ours = set(claims(SCHEMAS[name], SCHEMAS))
    known = {place for place, _ in theirs}
    # Null is "not set" everywhere, and what is of an unknown kind has to tell it.
    free = ("is null", "needs type")

    assert sorted(theirs - ours) == []
    assert {one for one in ours - theirs if one[0] in known and one[1] not in free} == beyond


@pytest.mark.parametrize(
    "type",
    [
        shared.CreateChatCompletionRequest,
        shared.CreateChatCompletionResponse,
        shared.CreateChatCompletionStreamResponse,
        shared.CreateChatCompletionStreamResponseWithUsage,
        shared.ErrorResponse,
        shared.ListModelsResponse,
    ],
)
def test_whatever_a_type_can_hold_obeys_the_document(type: Any) -> None:
    name = type.__name__.removesuffix("WithUsage")

    for value in samples(inspect.type_info(type)):
        assert list(validator(name).iter_errors(value)) == []


def test_the_request_below_a_deployment_names_no_model() -> None:
    deployed, request = (SCHEMAS[name] for name in (openapi.DEPLOYED, openapi.REQUEST.__name__))

    assert set(request["required"]) - set(deployed["required"]) == {"model"}
    assert set(request["properties"]) - set(deployed["properties"]) == {"model"}
    assert "extra" not in request["properties"]


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_whatever_the_server_refuses_is_in_the_document(request_: bytes) -> None:
    with opened() as door, Caller(door.port) as caller:
        caller.send(request_)
        heard = caller.answer()

    assert list(validator("ErrorResponse").iter_errors(json.loads(heard.body))) == []
    for _, _, operation in operations():
        assert str(heard.status) in operation["responses"]


# Served


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_document_is_served_to_whoever_has_a_key(method: str) -> None:
    told = made({"keys": {"ci": {"key": KEY}}})
    shown = {"authorization": f"Bearer {KEY}"}

    reply = asked(told.gateway, method, "/openapi.json", headers=shown)
    refused = asked(told.gateway, method, "/openapi.json", headers={})

    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert json.loads(reply.body) == openapi.document()
    assert (refused.status, error_of(refused)["code"]) == (401, "missing_api_key")


def test_nobody_waits_for_the_document_who_did_not_ask_for_it() -> None:
    program = (
        "import sys, dragoman.gateway.serving; print('dragoman.gateway.openapi' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (said.stdout, said.stderr) == ("False\n", "")
    assert openapi.written() is openapi.written()
