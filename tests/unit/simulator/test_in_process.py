"""The simulator behind the `Transport` protocol: what comes, in which headers, and when."""

import json
import sys
from typing import Any

import pytest

from dragoman import translate
from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    RemoteProtocolError,
)
from dragoman.simulator.in_process import InProcess
from dragoman.simulator.models import MODELS
from dragoman.streaming.folding import fold
from dragoman.transport import Answer, Request, Transport
from dragoman.transport.timeouts import Timeout
from tests.simulated import MADE

CHAT = "sim:/chat/completions"
HI = [{"role": "user", "content": "hi there"}]

TRANSPORT: type[Transport] = InProcess
"""For the type checker: it keeps what a transport promises."""


def each(seconds: Timeout | float) -> Timeout:
    """A bound for each single wait, and none for the whole."""
    if isinstance(seconds, Timeout):
        return seconds
    return Timeout(connect=seconds, first_byte=seconds, between_events=seconds, total=10**9)


class Simulator:
    """A simulator that never waits, and remembers how long it would have."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.transport = InProcess(sleep=self.slept.append, made=lambda: MADE)

    def send(
        self, method: str, url: str, body: bytes = b"", timeout: Timeout | float = 60
    ) -> Answer:
        request = Request(method=method, url=url, headers={}, body=body)
        return self.transport.send(request, timeout=each(timeout))

    def ask(self, model: str, timeout: Timeout | float = 60, **fields: Any) -> Answer:
        body = json.dumps({"model": model, "messages": HI, **fields}).encode()
        return self.send("POST", CHAT, body, timeout)


def error_of(answer: Answer) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(answer.read())["error"]
    return error


def told(answer: Answer) -> dict[str, str]:
    """The headers, without the id that is another each time."""
    headers = dict(answer.headers)
    assert headers.pop("x-request-id").startswith("req_sim_")
    return headers


def test_a_whole_answer_is_one_body_of_json() -> None:
    answer = Simulator().ask("echo")

    assert (answer.status, told(answer)) == (200, {"content-type": "application/json"})
    assert json.loads(answer.read()) == {
        "id": MADE.id,
        "object": "chat.completion",
        "created": MADE.created,
        "model": "echo",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "hi there", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 2, "completion_tokens": 2, "total_tokens": 4},
        "system_fingerprint": "sim-words",
    }


def test_a_stream_is_events_that_end_with_done() -> None:
    answer = Simulator().ask("echo", stream=True)
    pieces = list(answer)

    assert answer.status == 200
    assert told(answer) == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
    }
    assert all(piece.startswith(b"data: ") and piece.endswith(b"\n\n") for piece in pieces)
    assert pieces[-1] == b"data: [DONE]\n\n"
    assert fold(translate.stream(pieces, "openai-chat")).choices[0].message.content == "hi there"


@pytest.mark.parametrize("include_usage", [True, False])
def test_a_stream_tells_usage_to_those_who_asked(include_usage: bool) -> None:
    options = {"include_usage": include_usage}
    body = Simulator().ask("echo", stream=True, stream_options=options).read()

    assert (b'"total_tokens":4' in body) is include_usage
    assert (b'"usage"' in body) is include_usage


def test_a_whole_answer_comes_when_all_of_it_would_have_been_said() -> None:
    simulator = Simulator()
    simulator.ask("words?n=3&first=500ms&rate=4")

    assert simulator.slept == [1.0]


def test_each_piece_of_a_stream_comes_after_its_pause() -> None:
    simulator = Simulator()
    pieces = iter(simulator.ask("words?n=3&first=500ms&rate=4", stream=True))
    before = []
    for _ in pieces:
        before.append(list(simulator.slept))

    # role, three words, finish reason, [DONE]
    assert [len(slept) for slept in before] == [1, 1, 2, 3, 3, 3]
    assert simulator.slept == [0.5, 0.25, 0.25]


def test_the_head_of_a_stream_comes_at_once() -> None:
    simulator = Simulator()
    simulator.ask("words?first=9s", stream=True)

    assert simulator.slept == []


def test_a_whole_answer_that_takes_longer_than_the_timeout_is_one() -> None:
    simulator = Simulator()
    with pytest.raises(APITimeoutError) as caught:
        simulator.ask("words?n=30&rate=1", timeout=20)

    assert (caught.value.phase, caught.value.attempt_class) == ("first_byte", "ambiguous")
    assert simulator.slept == [20]


def test_a_pause_of_a_stream_that_is_longer_than_the_timeout_is_one() -> None:
    simulator = Simulator()
    answer = simulator.ask("words?n=30&rate=0.01", stream=True, timeout=20)
    with pytest.raises(APITimeoutError) as caught:
        answer.read()

    assert (caught.value.phase, caught.value.attempt_class) == ("between_events", "started")
    assert simulator.slept == [20]


def test_a_long_stream_with_short_pauses_is_no_timeout() -> None:
    body = Simulator().ask("words?n=30&rate=1", stream=True, timeout=20).read()

    assert body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("timeout", "phase", "slept"),
    [
        (Timeout(between_events=20), "between_events", [20]),
        (Timeout(total=20), "total", [20]),
        (Timeout(total=150), "total", [100, 50]),
    ],
)
def test_the_deadline_that_passed_has_its_name(
    timeout: Timeout, phase: str, slept: list[float]
) -> None:
    simulator = Simulator()
    answer = simulator.ask("words?n=30&first=100s&rate=0.01", stream=True, timeout=timeout)
    with pytest.raises(APITimeoutError) as caught:
        answer.read()

    assert (caught.value.phase, simulator.slept) == (phase, slept)


def test_no_time_left_means_not_sent() -> None:
    with pytest.raises(APITimeoutError) as caught:
        Simulator().ask("echo", timeout=0)

    assert caught.value.attempt_class == "not_sent"


@pytest.mark.parametrize("stream", [True, False])
def test_a_refusal_is_an_answer_with_its_status(stream: bool) -> None:
    answer = Simulator().ask("echo", n=0, stream=stream)

    assert answer.status == 400
    assert told(answer) == {"content-type": "application/json"}
    assert error_of(answer) == {
        "message": "n: expected 1 to 128; got 0",
        "type": "invalid_request_error",
        "param": "n",
        "code": "integer_below_min_value",
    }


def test_an_unknown_model_is_answered_with_404() -> None:
    answer = Simulator().ask("gpt-6")

    assert answer.status == 404
    assert error_of(answer)["code"] == "model_not_found"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"model": "echo"}', b"\xff"])
def test_a_body_that_is_no_request_is_answered_with_400(body: bytes) -> None:
    assert Simulator().send("POST", CHAT, body).status == 400


def test_deep_nesting_is_answered_and_does_not_crash() -> None:
    limit = sys.getrecursionlimit()
    for depth in (*range(limit - 200, limit), 5 * limit):
        parameters = b'{"a":' * depth + b"1" + b"}" * depth
        body = (
            b'{"model":"words?n=1","messages":[{"role":"user","content":"hi"}],'
            b'"tool_choice":"none","functions":[{"name":"f","parameters":' + parameters + b"}]}"
        )

        assert Simulator().send("POST", CHAT, body).status in (200, 400)


@pytest.mark.parametrize(
    "url",
    [
        "sim:/chat/completions",
        "sim:chat/completions",
        "sim:/v1/chat/completions?a=b",
        "https://simulator.invalid/v1/chat/completions",
    ],
)
def test_only_the_end_of_the_path_matters(url: str) -> None:
    body = json.dumps({"model": "echo", "messages": HI}).encode()

    assert Simulator().send("POST", url, body).status == 200


@pytest.mark.parametrize("url", ["sim:", "sim:/", "sim:/embeddings", "sim:/mychat/completions/1"])
def test_another_path_is_answered_with_404(url: str) -> None:
    answer = Simulator().send("POST", url, b"{}")

    assert answer.status == 404
    assert "/chat/completions" in error_of(answer)["message"]


@pytest.mark.parametrize(
    ("method", "url"), [("GET", CHAT), ("DELETE", CHAT), ("POST", "sim:/models")]
)
def test_another_method_is_answered_with_405(method: str, url: str) -> None:
    answer = Simulator().send(method, url)

    assert answer.status == 405
    assert method in error_of(answer)["message"]


def test_a_url_that_is_none_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError):
        Simulator().send("POST", "sim://[/chat/completions")


def test_the_models_can_be_listed() -> None:
    answer = Simulator().send("GET", "sim:/v1/models")
    listed = json.loads(answer.read())

    assert answer.status == 200
    assert listed["object"] == "list"
    assert {model["id"]: model["description"] for model in listed["data"]} == MODELS


def test_closing_ends_the_stream() -> None:
    answer = Simulator().ask("hello", stream=True)
    next(iter(answer))
    answer.close()
    answer.close()

    assert list(answer) == []


def test_a_stream_that_was_interrupted_goes_on_where_it_was() -> None:
    answer = Simulator().ask("hello", stream=True)
    first = next(iter(answer))

    assert first + answer.read() == Simulator().ask("hello", stream=True).read()


def test_a_body_over_the_limit_is_refused() -> None:
    answer = Simulator().ask("hello", stream=True)
    with pytest.raises(RemoteProtocolError, match="at most 100 bytes"):
        answer.read(100)

    assert list(answer) == []


def test_ids_and_times_are_made_for_each_answer() -> None:
    body = json.dumps({"model": "echo", "messages": HI}).encode()
    request = Request(method="POST", url=CHAT, headers={}, body=body)
    first, second = (json.loads(InProcess().send(request, timeout=Timeout()).read()) for _ in "ab")

    assert first["id"].startswith("chatcmpl-sim-")
    assert first["id"] != second["id"]
    assert first["created"] > MADE.created - 10**9


def test_a_model_can_be_told() -> None:
    told = json.loads(Simulator().send("GET", "sim:/v1/models/words%3Fn%3D3").read())

    assert (told["id"], told["object"], told["description"]) == (
        "words?n=3",
        "model",
        MODELS["words"],
    )


# What goes wrong on demand


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", ["cut_at_byte=40", "cut_at_event=0", "reset_at_event=0"])
def test_a_broken_connection_is_one_whatever_was_asked(fault: str, stream: bool) -> None:
    answer = Simulator().ask(f"echo?{fault}", stream=stream)
    with pytest.raises(APIConnectionError) as caught:
        answer.read()

    assert (caught.value.code, caught.value.attempt_class) == ("stream_truncated", "started")
    assert answer.status == 200


@pytest.mark.parametrize("stream", [True, False])
def test_silence_lasts_as_long_as_the_caller_is_patient(stream: bool) -> None:
    simulator = Simulator()
    answer = simulator.ask("echo?stall_at_event=0", stream=stream, timeout=20)
    with pytest.raises(APITimeoutError) as caught:
        answer.read()

    assert (caught.value.phase, caught.value.attempt_class) == ("between_events", "started")
    assert simulator.slept == [20]


@pytest.mark.parametrize("model", ["fail?status=529&retry_after=3", "fail?status=529&first=2s"])
def test_an_error_is_an_answer_with_the_status_that_was_asked_for(model: str) -> None:
    assert Simulator().ask(model).status == 529
    assert Simulator().ask(model, stream=True).status == 529
