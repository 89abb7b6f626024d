"""`curl`, pointed at the gateway: what somebody pastes into a terminal."""

import json
import shutil
import subprocess
from typing import Any, Final

import pytest

from tests.acceptance.clients.engines import HI, Engine
from tests.doors import Door
from tests.schema import faults

CURL: Final = shutil.which("curl")

if CURL is None:
    pytest.skip("curl is not on this machine", allow_module_level=True)


def curl(*arguments: str) -> tuple[str, str]:
    """The head and the body."""
    done = subprocess.run(
        [str(CURL), "--silent", "--show-error", "--noproxy", "*", "--include", *arguments],
        capture_output=True,
        timeout=60,
    )
    assert done.stderr == b""
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return head.decode().replace("\r\n", "\n").lower(), body.decode()


def asking(door: Door, **fields: Any) -> list[str]:
    body = json.dumps({"messages": HI, **fields})
    return [
        f"{door.url}/chat/completions",
        *("-H", "Content-Type: application/json", "-d", body),
    ]


def test_a_whole_answer(engine: Engine) -> None:
    head, body = curl(*asking(engine.door, model=engine.model, **engine.chat))

    assert head.startswith("http/1.1 200 ")
    assert f"\nx-dragoman-target: {engine.model}" in head
    assert faults("CreateChatCompletionResponse", json.loads(body)) == []


def test_a_stream(engine: Engine) -> None:
    asked = asking(engine.door, model=engine.model, stream=True, **engine.chat)

    head, body = curl("--no-buffer", *asked)

    *events, done, nothing = body.split("\n\n")
    assert "\ncontent-type: text/event-stream" in head
    assert (done, nothing) == ("data: [DONE]", "")
    for event in events:
        chunk = json.loads(event.removeprefix("data: "))
        assert faults("CreateChatCompletionStreamResponse", chunk) == []


def test_an_error(door: Door) -> None:
    head, body = curl(*asking(door, model="sim/ecko"))

    assert head.startswith("http/1.1 404 ")
    assert faults("ErrorResponse", json.loads(body)) == []
    assert "did you mean echo?" in json.loads(body)["error"]["message"]


def test_the_error_of_whoever_forgets_the_content_type(door: Door) -> None:
    head, body = curl(f"{door.url}/chat/completions", "-d", "{}")

    assert head.startswith("http/1.1 415 ")
    assert json.loads(body)["error"]["message"].startswith("content-type: expected application")


def test_the_error_of_whoever_says_too_much(door: Door) -> None:
    head, body = curl(*asking(door, model="sim/echo"), "-H", "Content-Length: 99999999999")

    assert head.startswith("http/1.1 413 ")
    assert faults("ErrorResponse", json.loads(body)) == []
    assert f"\nx-request-id: {door.entries[-1].id}" in head


@pytest.mark.parametrize("path", ["/models", "/models/sim/echo"])
def test_the_head_of_models_is_that_of_asking_for_them(door: Door, path: str) -> None:
    head, body = curl("--head", f"{door.url}{path}")
    whole, told = curl(f"{door.url}{path}")

    assert body == ""
    assert told
    assert standing(head) == standing(whole)


def standing(head: str) -> list[str]:
    """The lines that are the same for every request."""
    return [line for line in head.split("\n") if not line.startswith(("date:", "x-"))]


def test_a_body_that_is_sent_only_once_it_is_wanted(door: Door) -> None:
    asked = asking(door, model="sim/echo", messages=[{"role": "user", "content": "a" * 2_000_000}])
    *others, body = asked

    done = subprocess.run(
        [str(CURL), "--silent", "--noproxy", "*", *others, "@-", "-H", "Expect: 100-continue"],
        input=body,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )

    answer = json.loads(done.stdout)
    assert answer["choices"][0]["message"]["content"] == "a" * 2_000_000
