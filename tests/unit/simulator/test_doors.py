"""Every door of the simulator: what is answered there, and that faults mean the same at all."""

import json
import sys
from collections.abc import Iterable

import pytest

from dragoman.dialects import DIALECTS
from dragoman.errors import RemoteProtocolError
from dragoman.models import shared
from dragoman.simulator.answering import SteppedAnswer, WholeAnswer, answered, lengthy
from dragoman.simulator.doors import DOORS, found
from dragoman.simulator.faults import Break, Step, Timed
from dragoman.simulator.models import MODELS
from dragoman.streaming.folding import fold
from tests.simulated import MADE
from tests.visits import VISITS, Visit


@pytest.fixture(params=VISITS)
def visit(request: pytest.FixtureRequest) -> Visit:
    return VISITS[request.param]


def asked(visit: Visit, model: str, *, stream: bool = True) -> WholeAnswer | SteppedAnswer:
    target = visit.target(model, stream=stream)
    body = visit.asking(model, "a b c", stream=stream)
    return answered("POST", target, body, made=MADE)


def steps(visit: Visit, model: str) -> list[Step]:
    """The steps of a stream, or of a whole answer that is broken."""
    answer = asked(visit, model)
    assert isinstance(answer, SteppedAnswer)
    return list(answer.steps)


def data(steps: Iterable[Step]) -> list[bytes]:
    return [step.data for step in steps if isinstance(step, Timed)]


def good(visit: Visit, fault: str) -> list[bytes]:
    """The events of a stream that nothing is wrong with, but the name of its model."""
    answer = asked(visit, f"echo?{fault}=999999999")
    assert isinstance(answer, SteppedAnswer)
    *events, _ = answer.steps
    return data(events)


def heard(visit: Visit, model: str) -> shared.CreateChatCompletionResponse:
    """What our own decoder makes of a stream."""
    decoder = DIALECTS[visit.dialect].stream_decoder(made=MADE)
    chunks = [chunk for piece in data(steps(visit, model)) for chunk in decoder.receive(piece)]
    return fold([*chunks, *decoder.finish()])


def test_each_line_of_the_table_is_asked_in_these_tests() -> None:
    asked = [
        found("POST", visit.target("echo", stream=stream)).door
        for visit in VISITS.values()
        for stream in (False, True)
    ]

    assert [door.path for door in DOORS if door.models is None and door not in asked] == []


def test_an_answer_says_what_it_is(visit: Visit) -> None:
    whole, stream = asked(visit, "echo", stream=False), asked(visit, "echo")

    assert (whole.status, stream.status) == (200, 200)
    assert whole.headers["content-type"] == "application/json"
    assert stream.headers["content-type"] == visit.content_type
    assert whole.id_header == stream.id_header == visit.id_header


def test_whole_and_streamed_the_answer_is_the_same(visit: Visit) -> None:
    answer = asked(visit, "echo", stream=False)
    assert isinstance(answer, WholeAnswer)

    whole = DIALECTS[visit.dialect].decode_response(answer.body, made=MADE)
    streamed = heard(visit, "echo")

    assert whole.choices == streamed.choices
    assert whole.choices[0].message.content == "a b c"
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (3, 3)


def test_each_step_of_a_stream_is_one_event(visit: Visit) -> None:
    events = data(steps(visit, "echo"))

    assert len(events) >= 4
    for event in events:
        visit.data(event)


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("cut_at_event", Break.CUT),
        ("reset_at_event", Break.RESET),
        ("stall_at_event", Break.SILENCE),
    ],
)
def test_a_stream_breaks_after_so_many_events(visit: Visit, fault: str, how: Break) -> None:
    whole = good(visit, fault)
    for place in (0, 1, 3, len(whole) - 1, len(whole), len(whole) + 1):
        *sent, last = steps(visit, f"echo?{fault}={place:09}")

        assert len(data(sent)) == min(place, len(whole))
        assert last is how


def test_a_stream_is_cut_after_so_many_bytes(visit: Visit) -> None:
    for size in (0, 1, 20, 333):
        *sent, last = steps(visit, f"echo?cut_at_byte={size}")

        assert len(b"".join(data(sent))) == size
        assert last is Break.CUT


def test_one_event_more_cannot_be_read(visit: Visit) -> None:
    count = len(data(steps(visit, "echo")))
    for place in (0, 2, count, count + 9):
        events = data(steps(visit, f"echo?malformed_at_event={place}"))
        at = min(place, count - visit.terminator)

        assert len(events) == count + 1
        for event in events[:at] + events[at + 1 :]:
            visit.data(event)
        with pytest.raises(json.JSONDecodeError):
            visit.data(events[at])


def test_an_error_inside_the_stream_is_its_last_event(visit: Visit) -> None:
    dialect = DIALECTS[visit.dialect]
    for place in (0, 2, 99):
        events = data(steps(visit, f"fail?status=503&after={place}"))
        decoder = dialect.stream_decoder(made=MADE)
        for event in events[:-1]:
            decoder.receive(event)

        assert len(events) == place + 1 or place == 99
        assert b"failing with 503" in events[-1]
        assert b"failing with 503" not in b"".join(events[:-1])
        assert decoder.error is None


def test_a_stream_without_its_terminator_has_all_the_rest(visit: Visit) -> None:
    whole = steps(visit, "echo?no_terminator")

    assert len(data(whole)) == len(data(steps(visit, "echo"))) - visit.terminator
    if visit.required:
        with pytest.raises(RemoteProtocolError) as caught:
            heard(visit, "echo?no_terminator")
        assert caught.value.code == "stream_truncated"
    else:
        assert heard(visit, "echo?no_terminator").choices[0].finish_reason == "stop"


@pytest.mark.parametrize("status", [400, 401, 404, 408, 429, 500, 503, 529, 599])
def test_an_error_has_its_status_and_asks_to_wait(visit: Visit, status: int) -> None:
    for stream in (False, True):
        answer = asked(visit, f"fail?status={status}&retry_after=2", stream=stream)

        assert isinstance(answer, WholeAnswer)
        assert (answer.status, answer.headers["retry-after"]) == (status, "2")
        error = DIALECTS[visit.dialect].decode_error(status, answer.headers, answer.body)
        assert error.message == f"this is the simulator, failing with {status} as it was asked to"


def test_a_whole_answer_counts_as_one_event(visit: Visit) -> None:
    body = asked(visit, "echo", stream=False)
    assert isinstance(body, WholeAnswer)
    for place, sent in ((0, 0), (1, 1), (9, 1)):
        answer = asked(visit, f"echo?cut_at_event={place}", stream=False)
        assert isinstance(answer, SteppedAnswer)
        *before, last = answer.steps

        assert (len(before), last) == (sent, Break.CUT)


def test_a_malformed_whole_answer_cannot_be_read(visit: Visit) -> None:
    answer = asked(visit, "echo?malformed_at_event=0", stream=False)

    assert isinstance(answer, WholeAnswer)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_a_request_that_is_wrong_is_refused_as_the_provider_would(visit: Visit) -> None:
    answer = answered("POST", visit.target("echo", stream=False), b"{", made=MADE)

    assert isinstance(answer, WholeAnswer)
    error = DIALECTS[visit.dialect].decode_error(answer.status, answer.headers, answer.body)
    assert (answer.status, error.message[:19]) == (400, "body: expected JSON")


def test_deep_nesting_is_answered_and_does_not_crash(visit: Visit) -> None:
    limit = sys.getrecursionlimit()
    target = visit.target("echo", stream=False)
    *_, rest = visit.asking("echo", "hi", stream=False).partition(b"{")
    for depth in (*range(limit - 150, limit, 10), 5 * limit):
        nested = b'{"a":' * depth + b"1" + b"}" * depth
        for key in (b"anything", b"tools", b"system", b"toolConfig", b"generationConfig"):
            body = b'{"' + key + b'":' + nested + b"," + rest

            assert answered("POST", target, body, made=MADE).status in (200, 400)


def test_a_host_refuses_as_it_refuses_everything() -> None:
    for model, body in (("fail?status=429", None), ("gpt-6", None), ("echo", b"{")):
        refused = []
        for name in ("claude on bedrock", "claude on vertex"):
            visit = VISITS[name]
            told = visit.asking(model, "hi", stream=False) if body is None else body
            answer = answered("POST", visit.target(model, stream=False), told, made=MADE)
            assert isinstance(answer, WholeAnswer)
            refused.append(answer)

        assert refused[0].headers["x-amzn-errortype"].endswith("Exception")
        assert json.loads(refused[0].body).keys() == {"message"}
        assert json.loads(refused[1].body)["error"]["code"] == refused[1].status


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/v1/chat/completions", b'{"model":"words?n=1000"}'),
        ("/model/words%3Fn%3D1000/converse", b"{}"),
        ("/v1beta/models/words%3Fn=1000:generateContent", b"{}"),
        ("/v1beta/models/echo:generateContent", b'{"generationConfig":{"candidateCount":99}}'),
        ("/model/echo/converse", b'{"toolConfig":{"inputSchema":1}}'),
    ],
)
def test_what_may_take_long_is_known_before_it_is_done(target: str, body: bytes) -> None:
    assert lengthy(target, body)
    assert not lengthy("/model/words%3Fn%3D100/converse", b"{}")


# The models


@pytest.mark.parametrize(
    ("target", "at", "key", "first"),
    [
        ("/v1/models", "data", "id", "echo"),
        ("/anthropic/v1/models?limit=1000", "data", "id", "echo"),
        ("/v1beta/models?pageSize=1000", "models", "name", "models/echo"),
        ("/gemini/v1/models", "models", "name", "models/echo"),
        (
            "/v1beta1/publishers/google/models",
            "publisherModels",
            "name",
            "publishers/google/models/echo",
        ),
        ("/cohere/v1/models?endpoint=chat", "models", "name", "echo"),
    ],
)
def test_models_are_listed_and_told_as_the_provider_does(
    target: str, at: str, key: str, first: str
) -> None:
    path = target.partition("?")[0]
    whole = answered("GET", target, b"", made=MADE)
    one = answered("GET", f"{path}/echo", b"", made=MADE)
    assert isinstance(whole, WholeAnswer)
    assert isinstance(one, WholeAnswer)
    listed = json.loads(whole.body)[at]

    assert len(listed) == len(MODELS)
    assert listed[0][key] == first
    assert json.loads(one.body) == listed[0]


def test_a_model_that_there_is_not_is_refused_as_the_provider_would() -> None:
    answer = answered("GET", "/v1beta/models/gpt-6", b"", made=MADE)

    assert isinstance(answer, WholeAnswer)
    assert json.loads(answer.body)["error"]["status"] == "NOT_FOUND"


# Which door a target leads to


@pytest.mark.parametrize(
    ("target", "dialect"),
    [
        ("/chat/completions", "openai-chat"),
        ("/groq/v1/chat/completions", "openai-chat"),
        ("/anthropic/v1/messages", "anthropic-messages"),
        ("/anthropic/messages", "anthropic-messages"),
    ],
)
def test_the_name_of_a_provider_may_stand_before_its_path(target: str, dialect: str) -> None:
    door = found("POST", target).door

    assert door is not None
    assert door.dialect == dialect


@pytest.mark.parametrize(
    "target",
    ["/groq/v1/messages", "/anthropic/v1/chat/completions", "/nobody/v1/messages", "/", ""],
)
def test_a_provider_has_no_door_but_its_own(target: str) -> None:
    assert found("POST", target).door is None


def test_what_a_provider_has_not_is_said_in_its_dialect() -> None:
    answer = answered("POST", "/anthropic/v1/responses", b"", made=MADE)

    assert isinstance(answer, WholeAnswer)
    assert answer.status == 404
    assert json.loads(answer.body)["error"]["type"] == "not_found_error"


@pytest.mark.parametrize(
    "target", ["/v1beta/openai/chat/completions", "/openai/deployments/x/chat/completions"]
)
def test_in_process_whatever_stands_before_a_path_is_the_base_url(target: str) -> None:
    assert found("POST", target, anywhere=True).door is not None
    assert found("POST", f"/anthropic{target}", anywhere=True).door is not None
    assert found("POST", target.replace("openai", "anthropic"), anywhere=True).door is None
