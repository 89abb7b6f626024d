"""Clients of Node, pointed at the gateway: `openai`, and the Vercel AI SDK.

Each is a script in `node/`, run once for each engine with all its questions, and once with all that
goes wrong.
"""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from tests.acceptance.clients.engines import HI, TOOL, Engine, simulator
from tests.doors import Door

FOLDER: Final = Path(__file__).parent / "node"
NODE: Final = shutil.which("node")

if NODE is None or not (FOLDER / "node_modules").is_dir():
    pytest.skip("Node and its packages are not on this machine", allow_module_level=True)


@cache
def told(script: str, engine: Engine, failures: tuple[str, ...] = ()) -> Any:
    """What this script has to say; `failures` are fields of requests, as JSON."""
    asked = {
        "baseURL": engine.door.url,
        "model": engine.model,
        "messages": HI,
        "tools": [TOOL],
        "chat": engine.chat,
        "calling": engine.calling,
        "shaping": engine.shaping,
        "failures": [json.loads(failure) for failure in failures] or None,
    }
    done = subprocess.run(
        [str(NODE), str(FOLDER / f"{script}.mjs"), json.dumps(asked)],
        capture_output=True,
        encoding="utf-8",
        timeout=100,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def same_text(text: str | None, engine: Engine) -> bool:
    return text is not None and (text == engine.says or engine.says is None)


# openai


def test_openai_hears_a_whole_answer_and_its_head(engine: Engine) -> None:
    whole = told("openai", engine)["whole"]

    assert same_text(whole["data"]["choices"][0]["message"]["content"], engine)
    assert whole["target"] == engine.model
    assert whole["request_id"] in {entry.id for entry in engine.door.entries}


def test_openai_hears_a_stream(engine: Engine) -> None:
    chunks = told("openai", engine)["stream"]

    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert same_text(text, engine)
    assert all(chunk.get("usage") is None for chunk in chunks)  # relayed, null may be there


def test_openai_hears_the_usage_of_a_stream(engine: Engine) -> None:
    *chunks, last = told("openai", engine)["streamWithUsage"]

    assert all(chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] > 0


def test_openai_hears_a_call_and_tells_its_result(engine: Engine) -> None:
    call = told("openai", engine)["call"]

    for answer in (call["whole"], call["streamed"]):
        (made,) = answer["choices"][0]["message"]["tool_calls"]
        assert made["function"]["name"] == "check"
        assert set(json.loads(made["function"]["arguments"])) == {"ok"}
    assert call["after"]["choices"][0]["message"]["content"] is not None


def test_openai_parses_an_object(engine: Engine) -> None:
    assert type(told("openai", engine)["shape"]["ok"]) is bool


def test_openai_lists_and_finds_models(engine: Engine) -> None:
    models = told("openai", engine)["models"]

    assert models["found"] == models["listed"]
    assert "sim/echo" in models["listed"]


FAILURES: Final[list[tuple[dict[str, Any], str, int | None, str | None, str | None]]] = [
    ({"temperature": "warm"}, "BadRequestError", 400, "invalid_type", "temperature"),
    ({"messages": []}, "BadRequestError", 400, "empty_array", "messages"),
    ({"model": "sim/ecko"}, "NotFoundError", 404, "model_not_found", "model"),
    ({"model": "sim/fail?status=401"}, "AuthenticationError", 401, "invalid_api_key", None),
    ({"model": "sim/fail?status=403"}, "PermissionDeniedError", 403, None, None),
    ({"model": "sim/fail?status=409"}, "ConflictError", 409, None, None),
    ({"model": "sim/fail?status=413"}, "APIError", 413, None, None),
    ({"model": "sim/fail?status=422"}, "UnprocessableEntityError", 422, None, None),
    ({"model": "sim/fail?status=429"}, "RateLimitError", 429, "rate_limit_exceeded", None),
    ({"model": "sim/fail?status=500"}, "InternalServerError", 500, None, None),
    ({"model": "sim/fail?status=529"}, "InternalServerError", 503, "overloaded", None),
    (
        {"model": "sim/echo?malformed_at_event=0"},
        "InternalServerError",
        502,
        "bad_gateway",
        None,
    ),
    (
        {"model": "sim/words?n=9&cut_at_event=4", "stream": True},
        "APIError",
        None,
        "stream_truncated",
        None,
    ),
]
"""Fields of a request, and what is thrown: class, status, code, param."""


def test_openai_throws_what_it_throws_on_openais_errors_and_asks_once(door: Door) -> None:
    failures = tuple(json.dumps(row[0]) for row in FAILURES)
    before = len(door.entries)

    errors = told("openai", simulator(door), failures)["errors"]

    thrown = [(e["kind"], e.get("status"), e["code"], e["param"]) for e in errors]
    assert thrown == [row[1:] for row in FAILURES]
    assert [e["requestID"] for e in errors] == [entry.id for entry in door.entries[before:]]


# The Vercel AI SDK


def test_vercels_sdk_hears_a_whole_answer(engine: Engine) -> None:
    whole = told("vercel", engine)["whole"]

    assert same_text(whole["text"], engine)
    assert whole["finishReason"] in ("stop", "length")
    assert whole["usage"]["totalTokens"] == sum(
        whole["usage"][kind] for kind in ("inputTokens", "outputTokens")
    )
    assert whole["id"] in {entry.id for entry in engine.door.entries}


def test_vercels_sdk_hears_a_stream(engine: Engine) -> None:
    stream = told("vercel", engine)["stream"]

    assert same_text("".join(stream["pieces"]), engine)
    assert stream["finishReason"] in ("stop", "length")
    assert stream["usage"]["outputTokens"] > 0


def test_vercels_sdk_hears_a_call(engine: Engine) -> None:
    call = told("vercel", engine)["call"]

    for (made,) in (call["whole"], call["streamed"]):
        assert (made["toolName"], set(made["input"])) == ("check", {"ok"})
    assert call["finishReason"] == "tool-calls"


def test_vercels_sdk_parses_an_object(engine: Engine) -> None:
    assert type(told("vercel", engine)["shape"]["ok"]) is bool


def test_vercels_sdk_throws_the_error_that_was_told(door: Door) -> None:
    rows = [row for row in FAILURES if "model" in row[0]]
    failures = tuple(json.dumps(row[0]) for row in rows)

    *errors, in_a_stream = told("vercel", simulator(door), failures)["errors"]

    thrown = [(e["kind"], e["status"], e["code"], e["param"]) for e in errors]
    assert thrown == [("APICallError", *row[2:]) for row in rows[:-1]]
    assert {e["requestID"] for e in errors} <= {entry.id for entry in door.entries}
    assert "closed before the end" in in_a_stream["message"]
