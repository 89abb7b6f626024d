"""Requests in, replies out: what the gateway says to good and to bad input."""

import asyncio
import json
from typing import Any

import pytest

from dragoman.errors import status_error
from dragoman.gateway.configuration import configure
from dragoman.gateway.entry import Entry
from dragoman.gateway.service import Gateway
from dragoman.transport.handling import Served
from tests.doors import ASKED, CHAT, HOST, JSON, Gathering, Told, as_json, asked, error_of, made
from tests.upstream import Upstream, whole

KEYED = {"keys": {"ci": {"key": "dk-canary"}}}


@pytest.fixture
def told() -> Told:
    return made()


def said(body: bytes) -> Any:
    return json.loads(body)["choices"][0]["message"]["content"]


# Answers


@pytest.mark.parametrize(
    "path", [CHAT, "/chat/completions", "/openai/v1/chat/completions", f"{CHAT}?api-version=1"]
)
def test_a_completion_is_answered(told: Told, path: str) -> None:
    reply = asked(told.gateway, "POST", path, ASKED)

    assert reply.status == 200
    assert said(reply.body) == "Say this"
    assert reply.headers["x-dragoman-target"] == "sim/echo"
    assert reply.headers["x-dragoman-attempts"] == "1"
    assert reply.headers["x-dragoman-request-id"] == reply.headers["x-request-id"] == told[0].id


@pytest.mark.parametrize("name", ["sim%2Fecho", "sim/echo"])
def test_the_model_in_azures_path_is_the_one_that_is_asked(told: Told, name: str) -> None:
    path = f"/openai/deployments/{name}/chat/completions?api-version=2025-01-01"

    reply = asked(told.gateway, "POST", path, {**ASKED, "model": "another/one"})

    assert said(reply.body) == "Say this"


def test_azures_body_needs_no_model(told: Told) -> None:
    path = "/openai/deployments/sim%2Fecho/chat/completions"

    assert asked(told.gateway, "POST", path, {"messages": ASKED["messages"]}).status == 200


def test_a_name_of_the_operator_leads_to_its_target() -> None:
    told = made({"models": {"fast": {"targets": ["sim/echo"]}}})

    reply = asked(told.gateway, "POST", CHAT, {**ASKED, "model": "fast"})

    assert reply.headers["x-dragoman-target"] == "sim/echo"


def test_the_list_has_the_operators_names_and_the_simulators() -> None:
    told = made({"models": {"fast": {"targets": ["sim/echo"]}}})

    names = [one["id"] for one in json.loads(asked(told.gateway, "GET", "/v1/models").body)["data"]]

    assert names == ["fast", "sim/echo", "sim/hello", "sim/words", "sim/fail"]


@pytest.mark.parametrize("name", ["sim/echo", "sim%2Fecho", "groq/openai/gpt-oss-20b", "fast"])
def test_a_model_that_can_be_asked_is_found(name: str) -> None:
    told = made({"models": {"fast": {"targets": ["sim/echo"]}}})

    reply = asked(told.gateway, "GET", f"/v1/models/{name}")

    assert json.loads(reply.body)["id"] == name.replace("%2F", "/")


@pytest.mark.parametrize("name", ["fsat", "simm/echo", "sim/ecko"])
def test_a_model_that_there_is_not_is_not_found_but_near_names_are(name: str) -> None:
    told = made({"models": {"fast": {"targets": ["sim/echo"]}}})

    listed = asked(told.gateway, "GET", f"/v1/models/{name}")
    completed = asked(told.gateway, "POST", CHAT, {**ASKED, "model": name})

    for reply in (listed, completed):
        assert reply.status == 404
        assert error_of(reply)["code"] == "model_not_found"
        assert error_of(reply)["param"] == "model"
        assert "did you mean" in error_of(reply)["message"]


def test_health_is_told_to_anybody_and_readiness_until_the_end() -> None:
    told = made(KEYED)

    assert (
        asked(told.gateway, "GET", "/health/live", headers={"host": "evil.example"}).status == 200
    )
    assert asked(told.gateway, "GET", "/health/ready").status == 200
    told.gateway.ready = False
    assert asked(told.gateway, "GET", "/health/live").status == 200
    assert asked(told.gateway, "GET", "/health/ready").status == 503


def test_a_stream_is_told_once_it_is_over(told: Told) -> None:
    reply = asked(told.gateway, "POST", CHAT, {**ASKED, "stream": True})

    (entry,) = told
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.body.endswith(b"data: [DONE]\n\n")
    assert (entry.status, entry.stream, entry.code, entry.target) == (200, True, None, "sim/echo")
    assert told.gateway.admission.streams == told.gateway.admission.pending == 0


def test_a_stream_that_fails_before_its_content_is_an_error_as_any_other(told: Told) -> None:
    reply = asked(told.gateway, "POST", CHAT, {**ASKED, "model": "sim/fail", "stream": True})

    assert reply.status == 500
    assert error_of(reply)["type"] == "server_error"
    assert reply.headers["x-should-retry"] == "false"
    assert reply.headers["x-dragoman-attempts"] == str(told[0].attempts) != "0"


def test_an_entry_says_what_was_asked_and_what_it_took(told: Told) -> None:
    asked(told.gateway, "POST", CHAT, ASKED)

    (entry,) = told
    assert (entry.method, entry.path, entry.status) == ("POST", CHAT, 200)
    assert (entry.prompt_tokens, entry.completion_tokens) == (2, 2)


# Who may ask


def test_with_keys_one_of_them_has_to_be_shown() -> None:
    told = made(KEYED)

    without = asked(told.gateway, "POST", CHAT, ASKED)
    listing = asked(told.gateway, "GET", "/v1/models")
    with_it = asked(told.gateway, "POST", CHAT, ASKED, {**JSON, "api-key": "dk-canary"})

    assert without.status == listing.status == 401
    assert error_of(without)["type"] == "authentication_error"
    assert with_it.status == 200
    assert told[-1].key == "ci"


def test_with_keys_another_machine_and_another_name_may_ask() -> None:
    headers = {**JSON, "authorization": "Bearer dk-canary", "host": "llm.example"}

    assert asked(made(KEYED).gateway, "POST", CHAT, ASKED, headers, peer="10.0.0.7").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_without_keys_a_page_from_elsewhere_spends_nothing(
    told: Told, headers: dict[str, str]
) -> None:
    reply = asked(told.gateway, "POST", CHAT, ASKED, {**JSON, **headers})

    assert reply.status == 403
    assert error_of(reply)["type"] == "permission_error"
    assert asked(told.gateway, "GET", "/v1/models", headers=headers).status == 403


# Bad input, which reaches no provider


LAB_ASKED = {**ASKED, "model": "lab/tiny"}

BAD: list[tuple[str, str, Any, dict[str, str], int, str | None]] = [
    ("POST", "/v1/nothing", LAB_ASKED, {}, 404, None),
    ("GET", CHAT, None, {}, 405, None),
    ("POST", CHAT, b"", {}, 400, None),
    ("POST", CHAT, b"{", {}, 400, None),
    ("POST", CHAT, b"\xff", {}, 400, None),
    ("POST", CHAT, b"[]", {}, 400, None),
    ("POST", CHAT, b"null", {}, 400, None),
    ("POST", CHAT, b'{"model":"lab/tiny","messages":NaN}', {}, 400, None),
    ("POST", CHAT, b"[" * 100_000, {}, 400, None),
    ("POST", CHAT, {"messages": ASKED["messages"]}, {}, 400, "model"),
    ("POST", CHAT, {"model": "lab/tiny"}, {}, 400, "messages"),
    ("POST", CHAT, {**LAB_ASKED, "model": 5}, {}, 400, "model"),
    ("POST", CHAT, {**LAB_ASKED, "model": None}, {}, 400, "model"),
    ("POST", CHAT, {**LAB_ASKED, "messages": "Hi"}, {}, 400, "messages"),
    ("POST", CHAT, {**LAB_ASKED, "temperature": "hot"}, {}, 400, "temperature"),
    ("POST", CHAT, {**LAB_ASKED, "model": ""}, {}, 404, "model"),
    ("POST", CHAT, {**LAB_ASKED, "model": "lab/"}, {}, 404, "model"),
    ("POST", CHAT, LAB_ASKED, {"content-type": "text/plain"}, 415, None),
    ("POST", CHAT, LAB_ASKED, {"x-dragoman-on-loss": "ask"}, 400, "x-dragoman-on-loss"),
    (
        "POST",
        CHAT,
        {**LAB_ASKED, "verbosity": "low"},
        {"x-dragoman-on-loss": "refuse"},
        400,
        "verbosity",
    ),
    ("POST", "/openai/deployments/lab%2Ftiny/chat/completions", b"{", {}, 400, None),
    ("POST", "/openai/deployments/lab%2Ftiny/chat/completions", b"[]", {}, 400, None),
    ("POST", "/openai/deployments/lab%2Ftiny/chat/completions", b"{}", {}, 400, "messages"),
]


@pytest.mark.parametrize(("method", "path", "fields", "headers", "status", "param"), BAD)
def test_bad_input_is_told_where_it_is_wrong_and_reaches_no_provider(
    method: str,
    path: str,
    fields: Any,
    headers: dict[str, str],
    status: int,
    param: str | None,
) -> None:
    with Upstream() as upstream:
        told = made({"providers": {"lab": {"base_url": f"{upstream.url}/v1"}}})
        reply = asked(told.gateway, method, path, fields, {**JSON, **headers})

        assert not upstream.sockets

    error = error_of(reply)
    assert reply.status == status == told[0].status
    assert error["param"] == param
    assert reply.headers["x-should-retry"] == "false"
    assert told[0].code == error["code"]
    assert told.gateway.admission.pending == 0


def test_a_wrong_method_is_told_in_a_header_which_are_right(told: Told) -> None:
    assert asked(told.gateway, "GET", CHAT).headers["allow"] == "POST"
    assert asked(told.gateway, "POST", "/v1/models", {}).headers["allow"] == "GET, HEAD"


def test_a_provider_without_a_key_is_the_operators_business() -> None:
    told = made()

    reply = asked(told.gateway, "POST", CHAT, {**ASKED, "model": "openai/gpt-5-mini"})

    error = error_of(reply)
    assert reply.status == 500
    assert (error["type"], error["code"]) == ("server_error", "configuration_error")
    assert "OPENAI_API_KEY" in error["message"]
    assert reply.headers["x-should-retry"] == "false"


def test_what_would_be_lost_is_reported_unless_it_is_refused() -> None:
    body = {
        "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]
    }
    fields = {**LAB_ASKED, "verbosity": "low"}
    with Upstream([whole(body)]) as upstream:
        told = made({"providers": {"lab": {"base_url": f"{upstream.url}/v1"}}})
        reply = asked(told.gateway, "POST", CHAT, fields)

    assert reply.status == 200
    assert reply.headers["x-dragoman-losses"] == "/verbosity"


def test_a_mistake_of_our_own_is_a_500_and_told_as_one(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.gateway.configuration = None  # type: ignore[assignment]  # what should never be

    reply = asked(told.gateway, "POST", CHAT, ASKED)

    assert reply.status == told[0].status == 500
    assert error_of(reply)["type"] == "server_error"
    assert told[0].id in caplog.text


def test_a_mistake_in_understanding_a_request_keeps_no_place(
    told: Told, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dragoman.gateway.completing.called", mistaken)

    reply = asked(told.gateway, "POST", CHAT, ASKED)

    assert (reply.status, len(told)) == (500, 1)
    assert told[0].id in caplog.text
    assert told.gateway.admission.pending == 0


def test_whoever_leaves_behind_the_last_of_an_answer_was_answered(told: Told) -> None:
    async def scene() -> None:
        caller = Gathering()
        request = Served(
            method="POST",
            target=CHAT,
            headers={**HOST, **JSON},
            body=as_json(ASKED),
            peer="127.0.0.1",
        )
        answering = told.gateway.answer(request, caller)
        await caller.reply
        answering.gone()

    asyncio.run(scene())

    assert [entry.status for entry in told] == [200]


def test_a_request_keeps_the_configuration_that_it_came_under() -> None:
    first, second = ("sim/echo", "sim/hello")
    told = made({"models": {"fast": {"targets": [first]}}})
    fields = {**ASKED, "model": "fast"}

    one = asked(told.gateway, "POST", CHAT, fields)
    told.gateway.configuration = configure({"models": {"fast": {"targets": [second]}}}, environ={})
    another = asked(told.gateway, "POST", CHAT, fields)

    assert one.headers["x-dragoman-target"] == first
    assert another.headers["x-dragoman-target"] == second


def test_what_the_server_refuses_itself_is_told_under_an_id(told: Told) -> None:
    error = status_error("the head is over 32768 bytes", status_code=431)

    reply = told.gateway.refused(error)

    assert [(entry.status, entry.method, entry.path) for entry in told] == [(431, "-", "-")]
    assert reply.headers["x-request-id"] == told[0].id


@pytest.mark.parametrize("stream", [False, True])
def test_no_answer_fails_because_nobody_reads_the_log(
    stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def tell(entry: Entry) -> None:
        raise BrokenPipeError

    gateway = Gateway(configure({}, environ={}), tell=tell)

    reply = asked(gateway, "POST", CHAT, {**ASKED, "stream": stream})
    refused = gateway.refused(status_error("no", status_code=431))

    assert (reply.status, refused.status) == (200, 431)
    assert reply.body.endswith(b"[DONE]\n\n") == stream
    assert "BrokenPipeError" in caplog.text


def test_a_log_of_failures_is_told_no_request_that_went_well() -> None:
    told = made({"gateway": {"log": "failures"}})

    asked(told.gateway, "POST", CHAT, ASKED)
    asked(told.gateway, "GET", "/health/live")
    asked(told.gateway, "POST", CHAT, {**ASKED, "model": "sim/fail?status=429"})
    asked(told.gateway, "GET", "/nowhere")

    assert [entry.status for entry in told] == [429, 404]
