"""What `openai` for Python throws, and how often it asks, when the gateway says no.

Where the error is OpenAI's, it is heard twice, from OpenAI itself and through the gateway; both
have to be the same, but for the id of the request, which is ours.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple

import openai
import pytest
from openai import OpenAI

from dragoman.gateway.admission import Admission
from tests.acceptance.clients.engines import HI
from tests.doors import Door, opened
from tests.upstream import END, STREAM, Act, Script, Upstream, chunk, events, whole

JSON: Final = {"Content-Type": "application/json"}


class Thrown(NamedTuple):
    kind: type[openai.APIError]
    status: int | None
    code: str | None
    param: str | None


def thrown(error: openai.APIError) -> Thrown:
    return Thrown(type(error), getattr(error, "status_code", None), error.code, error.param)


def client_of(base_url: str, **options: Any) -> OpenAI:
    return OpenAI(base_url=base_url, api_key="any", **{"max_retries": 0, **options})


def create(client: OpenAI, **fields: Any) -> Any:
    return client.chat.completions.create(**{"messages": HI, **fields})


def raised_by(ask: Callable[[OpenAI], Any], client: OpenAI) -> Any:
    with client, pytest.raises(openai.APIError) as raised:
        ask(client)
    return raised.value


# Ours


def asking(**fields: Any) -> Callable[[OpenAI], Any]:
    return lambda client: create(client, **{"model": "sim/echo", **fields})


def posting(path: str, content: bytes, headers: dict[str, str]) -> Callable[[OpenAI], Any]:
    return lambda client: client.post(
        path, content=content, options={"headers": headers}, cast_to=object
    )


def failing(status: int) -> Callable[[OpenAI], Any]:
    return asking(model=f"sim/fail?status={status}")


OURS: Final[dict[str, tuple[Callable[[OpenAI], Any], Thrown]]] = {
    "a body that is no JSON": (
        posting("/chat/completions", b'{"model"', JSON),
        Thrown(openai.BadRequestError, 400, "invalid_json", None),
    ),
    "a body that says it is no JSON": (
        posting("/chat/completions", b"{}", {"Content-Type": "text/plain"}),
        Thrown(openai.APIStatusError, 415, "unsupported_media_type", None),
    ),
    "no messages": (
        posting("/chat/completions", b'{"model": "sim/echo"}', JSON),
        Thrown(openai.BadRequestError, 400, "missing_required_parameter", "messages"),
    ),
    "an empty list of messages": (
        asking(messages=[]),
        Thrown(openai.BadRequestError, 400, "empty_array", "messages"),
    ),
    "a wrong type": (
        asking(temperature="warm"),
        Thrown(openai.BadRequestError, 400, "invalid_type", "temperature"),
    ),
    "a wrong type deep inside": (
        asking(messages=[{"role": "user", "content": 5}]),
        Thrown(openai.BadRequestError, 400, "invalid_type", "messages[0].content"),
    ),
    "a value that is not allowed": (
        asking(tool_choice="any"),
        Thrown(openai.BadRequestError, 400, "invalid_value", "tool_choice"),
    ),
    "a number below its least": (
        asking(n=0),
        Thrown(openai.BadRequestError, 400, "integer_below_min_value", "n"),
    ),
    "a wrong header of ours": (
        asking(extra_headers={"x-dragoman-on-loss": "ignore"}),
        Thrown(openai.BadRequestError, 400, "invalid_value", "x-dragoman-on-loss"),
    ),
    "a page of the web": (
        asking(extra_headers={"origin": "https://elsewhere.example"}),
        Thrown(openai.PermissionDeniedError, 403, "forbidden_origin", None),
    ),
    "an unknown model": (
        asking(model="sim/ecko"),
        Thrown(openai.NotFoundError, 404, "model_not_found", "model"),
    ),
    "an unknown provider": (
        asking(model="nobody/m"),
        Thrown(openai.NotFoundError, 404, "model_not_found", "model"),
    ),
    "an unknown model that is asked about": (
        lambda client: client.models.retrieve("sim/ecko"),
        Thrown(openai.NotFoundError, 404, "model_not_found", "model"),
    ),
    "an unknown path": (
        posting("/embeddings", b"{}", JSON),
        Thrown(openai.NotFoundError, 404, "unknown_path", None),
    ),
    "another method": (
        lambda client: client.get("/chat/completions", cast_to=object),
        Thrown(openai.APIStatusError, 405, "method_not_allowed", None),
    ),
    "a head that is too long": (
        asking(extra_headers={"x-long": "a" * 40_000}),
        Thrown(openai.APIStatusError, 431, None, None),
    ),
    "a provider without a key": (
        asking(model="openai/gpt-5-mini"),
        Thrown(openai.InternalServerError, 500, "configuration_error", None),
    ),
    "a provider that fails": (
        failing(500),
        Thrown(openai.InternalServerError, 500, None, None),
    ),
    "a provider that is busy": (
        failing(429),
        Thrown(openai.RateLimitError, 429, "rate_limit_exceeded", None),
    ),
    "a provider that is overloaded, in Anthropic's way": (
        failing(529),
        Thrown(openai.InternalServerError, 503, "overloaded", None),
    ),
    "a provider that breaks off": (
        asking(model="sim/echo?cut_at_event=0"),
        Thrown(openai.InternalServerError, 502, "stream_truncated", None),
    ),
    "a provider that says nonsense": (
        asking(model="sim/echo?malformed_at_event=0"),
        Thrown(openai.InternalServerError, 502, "bad_gateway", None),
    ),
}


@pytest.mark.parametrize("case", OURS)
def test_an_error_of_ours_is_thrown_as_openais_would_be(door: Door, case: str) -> None:
    ask, expected = OURS[case]

    error = raised_by(ask, client_of(door.url))

    assert thrown(error) == expected
    assert error.request_id == door.entries[-1].id
    assert error.response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("sim/words?n=9&cut_at_event=4", "stream_truncated"),
        ("sim/words?n=9&malformed_at_event=4", "bad_gateway"),
        ("sim/fail?status=429&after=3", "rate_limit_exceeded"),
    ],
)
def test_a_stream_that_fails_on_its_way_is_thrown_on_its_way(
    door: Door, model: str, code: str
) -> None:
    said: list[str] = []

    def ask(client: OpenAI) -> None:
        said.extend(
            chunk.choices[0].delta.content for chunk in create(client, model=model, stream=True)
        )

    error = raised_by(ask, client_of(door.url))

    assert thrown(error) == Thrown(openai.APIError, None, code, None)
    assert "".join(said)


# OpenAI's own


RECORDED: Final[list[tuple[int, str | None, str | None, str]]] = [
    (400, "invalid_value", "messages[3]", "Invalid 'messages[3]'. Content blocks are expected …"),
    (400, "unsupported_parameter", "max_tokens", "Unsupported parameter: 'max_tokens' is not …"),
    (400, None, "web_search_options", "Web search options not supported with this model."),
    (400, "context_length_exceeded", "messages", "This model's maximum context length is 8192 …"),
    (401, "invalid_api_key", None, "Incorrect API key provided: sk-."),
    (403, "unsupported_country_region_territory", None, "Country, region, or territory not …"),
    (404, "model_not_found", None, "The model `m` does not exist or you do not have access."),
    (409, None, None, "The resource is locked."),
    (422, None, None, "It cannot be carried out."),
    (429, "rate_limit_exceeded", None, "Rate limit reached for gpt-5-mini."),
    (429, "insufficient_quota", None, "You exceeded your current quota."),
    (500, None, None, "The server had an error while processing your request."),
    (503, None, None, "The engine is currently overloaded."),
]


def refusals(status: int, code: str | None, param: str | None, message: str) -> list[Any]:
    """As many as are asked for."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return [[whole({"error": error}, status=status, x_request_id="req_theirs")]] * 3


def in_front_of(upstream: Upstream) -> AbstractContextManager[Door]:
    up = {"dialect": "openai-chat", "base_url": f"{upstream.url}/v1"}
    return opened({"providers": {"up": up}})


@pytest.mark.parametrize("refused", RECORDED, ids=lambda row: f"{row[0]} {row[1]}")
def test_an_error_of_openais_is_the_same_through_the_gateway(
    refused: tuple[int, str | None, str | None, str],
) -> None:
    with Upstream(*refusals(*refused)) as itself:
        theirs = raised_by(asking(model="m"), client_of(f"{itself.url}/v1"))

    with Upstream(*refusals(*refused)) as upstream, in_front_of(upstream) as door:
        ours = raised_by(asking(model="up/m"), client_of(door.url))

    assert thrown(ours) == thrown(theirs)
    assert ours.body["message"] == theirs.body["message"]
    assert ours.request_id == door.entries[0].id


def test_an_error_in_the_middle_of_openais_stream_is_the_same_through_the_gateway() -> None:
    error = {"message": "The server had an error.", "type": "server_error", "param": None}
    told = json.dumps({"error": {**error, "code": "server_error"}}).encode()
    failing_stream: Script = [STREAM, *events(2), chunk(b"data: %b\n\n" % told), *END[1:]]

    def ask(model: str) -> Callable[[OpenAI], Any]:
        return lambda client: list(create(client, model=model, stream=True))

    with Upstream(failing_stream) as itself:
        theirs = raised_by(ask("m"), client_of(f"{itself.url}/v1"))
    with Upstream(failing_stream) as upstream, in_front_of(upstream) as door:
        ours = raised_by(ask("up/m"), client_of(door.url))

    assert thrown(ours) == thrown(theirs)
    assert (ours.message, ours.body["type"]) == (theirs.message, theirs.body["type"])


# How often


@pytest.mark.parametrize(
    ("status", "code", "attempts"),
    [
        (400, None, 1),
        (401, None, 1),
        (409, None, 1),
        (429, "insufficient_quota", 1),
        (429, None, 3),
        (500, None, 2),
        (503, None, 3),
    ],
)
def test_the_gateways_attempts_are_not_multiplied_by_the_clients(
    status: int, code: str | None, attempts: int
) -> None:
    with Upstream(*refusals(status, code, None, "no")) as upstream, in_front_of(upstream) as door:
        raised_by(asking(model="up/m"), client_of(door.url, max_retries=2))

    assert len(upstream.requests) == attempts
    assert [entry.attempts for entry in door.entries] == [attempts]


def test_a_gateway_that_is_overloaded_is_asked_again_when_it_said_so() -> None:
    with Upstream() as upstream:
        up = {"dialect": "openai-chat", "base_url": f"{upstream.url}/v1"}
        full = Admission(pending_limit=0)
        with opened({"providers": {"up": up}}, admission=full) as door:
            error = raised_by(asking(model="up/m"), client_of(door.url, max_retries=1))

    assert thrown(error) == Thrown(openai.InternalServerError, 503, "overloaded", None)
    assert error.response.headers["retry-after"] in ("1", "2", "3")
    assert len(door.entries) == 2
    assert upstream.requests == []


def test_a_provider_that_cannot_be_reached_is_no_reason_for_the_client_to_go_on() -> None:
    with Upstream() as upstream:
        gone = upstream.url

    up = {"dialect": "openai-chat", "base_url": gone}
    with opened({"providers": {"up": up}}) as door:
        error = raised_by(asking(model="up/m"), client_of(door.url, max_retries=2))

    assert thrown(error)[:2] == (openai.InternalServerError, 502)
    assert [entry.attempts for entry in door.entries] == [3]


def test_a_stream_that_broke_is_not_asked_for_again() -> None:
    broken: Script = [STREAM, *events(2), Act.RESET]

    with Upstream(broken, [STREAM, *events(2), *END]) as upstream, in_front_of(upstream) as door:
        error = raised_by(
            lambda client: list(create(client, model="up/m", stream=True)),
            client_of(door.url, max_retries=2),
        )

    assert error.code == "stream_truncated"
    assert len(upstream.requests) == 1


def test_a_client_that_loses_its_patience_is_not_asked_for_upstream_any_more() -> None:
    with Upstream([Act.STALL]) as upstream, in_front_of(upstream) as door:
        error = raised_by(asking(model="up/m"), client_of(door.url, timeout=0.3))

        assert type(error) is openai.APITimeoutError
        assert upstream.until(lambda account: account.closed == 1)
        assert [one.by for one in upstream.sockets] == ["caller"]
