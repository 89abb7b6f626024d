"""The OpenAPI document of the gateway: what may be asked of it, and how it answers.

Nothing is written twice: paths and methods are those of `routes`, bodies are the types of the hub
as msgspec describes them. What that leaves out is put in: a constant is always written, and a
request may have keys, words and kinds that we do not know. What only a provider refuses (a
temperature of 5) is not in it, since it holds whatever providers there are.

Reference: https://spec.openapis.org/oas/v3.1.1.html
"""

import functools
from typing import Any, Final, TypeAlias

import msgspec

from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat.unknown import EXTENDED_SETS, OTHER_TAG
from dragoman.gateway.routes import CHAT, DEPLOYMENTS, FIXED, METHODS, MODEL, Endpoint
from dragoman.models import shared
from dragoman.wire import reading

Schema: TypeAlias = dict[str, Any]

COMPONENT: Final = "#/components/schemas/{name}"

REQUEST: Final = shared.CreateChatCompletionRequest

DEPLOYED: Final = "CreateChatCompletionRequestDeployed"
"""The request below a path that names the model: what the body says of it is passed over."""

CHUNK: Final = shared.CreateChatCompletionStreamResponse

RESULTS: Final[dict[Endpoint, type]] = {
    "complete": shared.CreateChatCompletionResponse,
    "models": shared.ListModelsResponse,
    "model": shared.Model,
}
"""The body of an answer, where it is a type of ours."""

SUMMARIES: Final[dict[Endpoint, str]] = {
    "complete": "One chat completion, whole or as a stream of events.",
    "models": "The names of the settings, and the simulator's models.",
    "model": "Whether this model could be asked.",
    "openapi": "This document.",
    "live": "Whether the gateway runs.",
    "ready": "Whether it takes requests; 503 once it is told to stop.",
}

HEALTH: Final[tuple[Endpoint, ...]] = ("live", "ready")
"""They want no key, and refuse nobody."""

BY_SERVER: Final = (400, 408, 413, 414, 415, 417, 431, 500, 501, 505)
"""How whatever is asked may be refused: what cannot be read, or is too much."""

BY_GUARD: Final = (401, 403)

REFUSALS: Final[dict[Endpoint, tuple[int | str, ...]]] = {
    "complete": (404, 429, 502, 503, 504, "4XX", "5XX"),
    "model": (404,),
}
"""How an endpoint refuses besides; a provider's own status is told as it is."""

SECURITY: Final[list[Schema]] = [{"bearer": []}, {"api-key": []}]

SCHEMES: Final[Schema] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "api-key": {"type": "apiKey", "in": "header", "name": "api-key"},
}
"""One of them. A gateway without keys wants none, and answers to its own machine alone."""


def header(description: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"description": description, "required": required, "schema": schema}


IDENTIFIED: Final[Schema] = {
    "x-dragoman-request-id": header("As in the log.", {"type": "string"}, required=True),
    "x-request-id": header("The same.", {"type": "string"}, required=True),
}

ANSWERED: Final[Schema] = {
    **IDENTIFIED,
    "x-dragoman-target": header("provider/model that answered.", {"type": "string"}, required=True),
    "x-dragoman-attempts": header("Attempts made.", {"type": "integer"}, required=True),
    "x-dragoman-losses": header("What the request lost, as pointers.", {"type": "string"}),
}

REFUSED: Final[Schema] = {
    **IDENTIFIED,
    "x-should-retry": header("Whether to try again.", {"enum": ["true", "false"]}, required=True),
    "retry-after": header("Seconds to wait.", {"type": "integer"}),
    "x-dragoman-attempts": header("Attempts made.", {"type": "integer"}),
}

ALLOWED: Final[Schema] = {
    **REFUSED,
    "allow": header("The methods there are.", {"type": "string"}, required=True),
}


@functools.cache
def written() -> bytes:
    """The document as JSON."""
    return reading.write(document())


def document() -> Schema:
    """The document."""
    paths: dict[str, Endpoint] = {
        **FIXED,
        f"{DEPLOYMENTS}{{model}}{CHAT}": "complete",
        **dict.fromkeys((f"{before}{{model}}" for before in MODEL), "model"),
    }
    return {
        "openapi": "3.1.1",
        "info": {"title": "Dragoman", "version": "1"},
        "paths": {
            path: {method.lower(): operation(path, found) for method in METHODS[found]}
            for path, found in paths.items()
        },
        "components": {
            "schemas": schemas(),
            "responses": {
                "Refused": answer("An error.", REFUSED, json_of(ref(shared.ErrorResponse))),
                "MethodNotAllowed": answer(
                    "Another method.", ALLOWED, json_of(ref(shared.ErrorResponse))
                ),
            },
            "securitySchemes": SCHEMES,
        },
    }


def operation(path: str, endpoint: Endpoint) -> Schema:
    """What may be asked here, and how it is answered."""
    found: Schema = {"summary": SUMMARIES[endpoint], "parameters": []}
    deployed = "{model}" in path
    if deployed:
        named = {"type": "string", "minLength": 1}
        found["parameters"].append(
            {"name": "model", "in": "path", "required": True, "schema": named}
        )
    if endpoint == "complete":
        found["parameters"].append(
            {"name": "x-dragoman-on-loss", "in": "header", "schema": msgspec.json.schema(OnLoss)}
        )
        body = COMPONENT.format(name=DEPLOYED) if deployed else ref(REQUEST)["$ref"]
        found["requestBody"] = {"required": True, "content": json_of({"$ref": body})}
    if endpoint not in HEALTH:
        found["security"] = SECURITY
    found["responses"] = responses(endpoint)
    return found


def responses(endpoint: Endpoint) -> Schema:
    """The answers of an endpoint by status."""
    content = json_of(ref(RESULTS[endpoint])) if endpoint in RESULTS else json_of({})
    if endpoint == "complete":
        content["text/event-stream"] = {"schema": event()}
    headers = ANSWERED if endpoint == "complete" else IDENTIFIED
    found: Schema = {"200": answer("The answer.", headers, content)}
    guarded = () if endpoint in HEALTH else BY_GUARD
    for status in (*BY_SERVER, *guarded, *REFUSALS.get(endpoint, ())):
        found[str(status)] = {"$ref": "#/components/responses/Refused"}
    found["405"] = {"$ref": "#/components/responses/MethodNotAllowed"}
    if endpoint in HEALTH:
        found["200"] = answer("It does.", IDENTIFIED, json_of(health("ok")))
    if endpoint == "ready":
        found["503"] = answer("It does not any more.", IDENTIFIED, json_of(health("stopping")))
    return found


def answer(description: str, headers: Schema, content: Schema) -> Schema:
    return {"description": description, "headers": headers, "content": content}


def json_of(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def health(status: str) -> Schema:
    return {
        "type": "object",
        "properties": {"status": {"const": status}},
        "required": ["status"],
    }


def event() -> Schema:
    """An event of a stream: a chunk, the error that ends it, or the word that it is complete."""
    told = {"anyOf": [ref(CHUNK), ref(shared.ErrorResponse)]}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": told}
    return {
        "type": "object",
        "properties": {"data": {"anyOf": [{"const": "[DONE]"}, data]}},
        "required": ["data"],
    }


def ref(type: type) -> Schema:
    return {"$ref": COMPONENT.format(name=type.__name__)}


def schemas() -> Schema:
    """The types by name; what a request and an answer share is as a request may have it."""
    answers = [*RESULTS.values(), CHUNK, shared.ErrorResponse]
    _, answered = msgspec.json.schema_components(answers, ref_template=COMPONENT)
    _, asked = msgspec.json.schema_components([REQUEST], ref_template=COMPONENT)
    del asked[shared.OtherPart.__name__]
    found = {name: plain(schema) for name, schema in {**answered, **asked}.items()}
    for name in asked:
        properties = found[name]["properties"]
        found[name]["properties"] = {key: opened(key, of) for key, of in properties.items()}
    request = found[REQUEST.__name__]
    del request["properties"]["extra"]  # No key of JSON: it holds what we do not know.
    found[DEPLOYED] = {
        **request,
        "title": DEPLOYED,
        "properties": {key: of for key, of in request["properties"].items() if key != "model"},
        "required": [key for key in request["required"] if key != "model"],
    }
    return found


def plain(schema: Schema) -> Schema:
    """A type as JSON has it: a field without a default is there, and other keys may be."""
    properties: Schema = schema["properties"]
    return {
        "title": schema["title"],
        "description": schema["description"],
        "type": "object",
        "properties": {
            key: {word: value for word, value in of.items() if word != "default"}
            for key, of in properties.items()
        },
        "required": [key for key, of in properties.items() if "default" not in of],
    }


def opened(key: str, schema: Schema) -> Schema:
    """A field of a request, with the words and kinds besides ours that are carried or told lost."""
    found = _opened(schema, of_field=True)
    words = any("enum" in member for member in found.get("anyOf", ()))
    if key in EXTENDED_SETS and words:
        found["anyOf"].append({"type": "string"})
    return found


def _opened(schema: Schema, *, of_field: bool) -> Schema:
    match schema:
        case {"discriminator": {"propertyName": tag, "mapping": mapping}, "anyOf": members}:
            if not of_field and OTHER_TAG not in mapping:
                return schema  # A list of messages: there are no roles besides.
            other = COMPONENT.format(name=shared.OtherPart.__name__)
            known = [word for word in mapping if word != OTHER_TAG]
            return {
                "anyOf": [
                    *(member for member in members if member["$ref"] != other),
                    {
                        "type": "object",
                        "properties": {tag: {"type": "string", "not": {"enum": known}}},
                        "required": [tag],
                    },
                ]
            }
        case {"anyOf": members}:
            return {"anyOf": [_opened(member, of_field=of_field) for member in members]}
        case {"items": items}:
            return {**schema, "items": _opened(items, of_field=False)}
    return schema
