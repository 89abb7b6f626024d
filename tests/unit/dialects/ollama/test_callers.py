"""Callers who speak Ollama's dialect: what they ask, and what they are answered."""

import json
from typing import Any

import pytest

from dragoman.dialects import ollama, openai_chat
from dragoman.errors import (
    APIStatusError,
    APITimeoutError,
    BadRequestError,
    Error,
    RemoteProtocolError,
    UnsupportedParameterError,
    status_error,
)
from dragoman.models import shared
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter, Logprobs
from tests import corpus, judge, spoken
from tests.unit.dialects.ollama.saying import MADE

HI: dict[str, Any] = {"role": "user", "content": "Hi"}
ASKED: dict[str, Any] = {"model": "m", "messages": [HI]}
RECORDS = [one for one in corpus.records("ollama") if not one.refused]


def asked(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The hub's request for a caller's who wants no stream, as it is written."""
    body = {**ASKED, "messages": list(messages) or [HI], "stream": False, **fields}
    return ollama.decode_request(json.dumps(body).encode()).to_dict()


def sent_on(*messages: dict[str, Any], **fields: Any) -> Any:
    """What Ollama is sent for a caller's request, and the losses."""
    body = {**ASKED, "messages": list(messages) or [HI], **fields}
    request = ollama.decode_request(json.dumps(body).encode())
    encoded = ollama.encode_request(request, model="m")
    return json.loads(encoded.body), [loss.pointer for loss in encoded.losses]


def answer(content: str = "", **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def call(name: str = "f", arguments: Any = None, **fields: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments or {}}, **fields}


def result(content: str = "ok", **fields: Any) -> dict[str, Any]:
    return {"role": "tool", "content": content, **fields}


# What is asked.


def test_whoever_says_nothing_of_it_gets_a_stream() -> None:
    silent = ollama.decode_request(json.dumps(ASKED).encode()).to_dict()

    assert (silent["stream"], silent["stream_options"]) == (True, {"include_usage": True})
    assert asked().keys() == {"messages", "model"}
    assert asked(stream=True)["stream"] is True


def test_options_have_the_hubs_names_and_others_come_back_to_ollama() -> None:
    options = {
        "num_predict": 7,
        "temperature": 0,
        "top_p": 0.5,
        "seed": 5,
        "presence_penalty": 1,
        "frequency_penalty": 1,
        "stop": ["Z"],
        "top_k": 3,
        "num_ctx": 512,
        "new": None,
    }

    told = asked(options=options)
    body, losses = sent_on(options=options)

    assert (told["max_completion_tokens"], told["temperature"], told["top_p"]) == (7, 0, 0.5)
    assert (told["seed"], told["stop"], told["top_k"]) == (5, ["Z"], 3)
    assert told["options"] == {"num_ctx": 512}
    assert body["options"] == {key: value for key, value in options.items() if key != "new"}
    assert losses == []


@pytest.mark.parametrize(
    ("bound", "told", "kept"), [(0, 0, None), (-1, None, None), (-2, None, {"num_predict": -2})]
)
def test_a_bound_below_nothing_is_a_word_of_ollamas(bound: int, told: Any, kept: Any) -> None:
    request = asked(options={"num_predict": bound})

    assert (request.get("max_completion_tokens"), request.get("options")) == (told, kept)


@pytest.mark.parametrize(
    ("think", "effort"),
    [(True, "medium"), (False, "none"), ("low", "low"), ("max", "max"), (None, None)],
)
def test_thinking_is_a_level_of_effort(think: Any, effort: str | None) -> None:
    assert asked(think=think).get("reasoning_effort") == effort


@pytest.mark.parametrize(
    ("format", "told"),
    [
        ("", None),
        ("json", {"type": "json_object"}),
        (
            {"type": "array"},
            {"type": "json_schema", "json_schema": {"name": "output", "schema": {"type": "array"}}},
        ),
    ],
)
def test_a_format_is_json_or_a_schema(format: Any, told: Any) -> None:
    body, losses = sent_on({"role": "user", "content": "Some JSON"}, format=format)

    assert asked(format=format).get("response_format") == told
    assert (body.get("format", ""), losses) == (format, [])


def test_what_is_ollamas_alone_comes_back_to_ollama() -> None:
    own = {"keep_alive": "1m", "truncate": False, "shift": True}

    body, losses = sent_on(**own)

    assert {key: body[key] for key in own} == own
    assert losses == []


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        ("iVBORw0KGgoAAAA=", "image/png"),
        ("/9j/4AAQ", "image/jpeg"),
        ("UklGRgAA", "image/webp"),
        ("R0lGODlh", "image/gif"),
        ("AAAA", "application/octet-stream"),
    ],
)
def test_images_stand_behind_the_text_and_come_back_as_they_were(
    data: str, media_type: str
) -> None:
    message = {"role": "user", "content": "Look.", "images": [data, data]}

    (told,) = asked(message)["messages"]
    body, losses = sent_on(message)

    image = {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{data}"}}
    assert told["content"] == [{"type": "text", "text": "Look."}, image, image]
    assert asked({**message, "content": ""})["messages"][0]["content"] == [image, image]
    assert (body["messages"], losses) == ([message], [])


def test_calls_and_results_without_ids_find_each_other() -> None:
    messages = (
        HI,
        answer(thinking="Hm.", tool_calls=[call("f", {"x": 1})]),
        answer(tool_calls=[{"function": {**call("g")["function"], "index": 0}}]),
        result("of g", tool_name="g"),
        result("of f"),
        answer("So."),
        answer(tool_calls=[call("f", id="c1")]),
        result("of f, later", tool_name="f", tool_call_id="c1"),
    )

    told = asked(*messages)["messages"]
    body, losses = sent_on(*messages)

    first, second = (told[at]["tool_calls"][0] for at in (1, 2))
    assert first["function"] == {"arguments": '{"x":1}', "name": "f"}
    assert [one.get("tool_call_id") for one in told[3:5]] == [second["id"], first["id"]]
    assert told[7]["tool_call_id"] == told[6]["tool_calls"][0]["id"] == "c1"
    assert (told[1]["reasoning_content"], "tool_name" in told[3]) == ("Hm.", False)
    assert [one.get("tool_name") for one in body["messages"][3:5]] == ["g", "f"]
    assert losses == []


def test_a_call_that_was_never_answered_is_not_answered_by_a_later_result() -> None:
    once = answer(tool_calls=[call("f")])

    told = asked(once, HI, once, result())["messages"]

    assert told[3]["tool_call_id"] == told[2]["tool_calls"][0]["id"]


def test_what_has_no_field_is_kept_in_its_place() -> None:
    tool = {"type": "function", "function": {"name": "f", "later": 1}, "later": 2}

    told = asked(
        {**HI, "later": 3},
        answer("x", images=["AAAA"], tool_calls=[{**call(), "id": "a", "later": 4}]),
        result(tool_call_id="a", tool_name="g"),
        tools=[tool, {"type": "new"}],
        template="x",
        new=None,
    )

    assert told["messages"][0] == {**HI, "later": 3}
    assert told["messages"][1]["images"] == ["AAAA"]
    assert told["messages"][1]["tool_calls"][0]["later"] == 4
    assert told["messages"][2]["tool_name"] == "g"
    assert told["tools"] == [tool, {"type": "new"}]
    assert (told["template"], "new" in told) == ("x", False)


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": []},
        {"tool_choice": {"type": "allowed_tools"}},
        {"tool_choice": "required"},
    ],
)
def test_what_would_mean_something_elsewhere_is_not_lost(fields: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError, match="expected a kind that we know"):
        sent_on(**fields)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"model": 5}, "model: expected str; got int"),
        ({"messages": []}, "messages: expected array of length >= 1"),
        ({"messages": [{"role": "x"}]}, "messages[0].role: expected one of system, user"),
        ({"messages": [{**HI, "content": [HI]}]}, "messages[0].content: expected str; got array"),
        (
            {"messages": [{**HI, "images": ["data:image/png;base64,AAAA"]}]},
            "messages[0].images[0]: expected base64; got a data URI",
        ),
        ({"messages": [{**HI, "images": [5]}]}, "messages[0].images[0]: expected str; got int"),
        (
            {"messages": [answer(tool_calls=[call("f", "{}")])]},
            "messages[0].tool_calls[0].function.arguments: expected object; got str",
        ),
        (
            {"messages": [HI, result()]},
            "messages[1]: expected the result of a call; no call of this conversation waits",
        ),
        (
            {"messages": [answer(tool_calls=[call("f")]), result(tool_name="g")]},
            "messages[1]: expected the result of a call; no call of this conversation waits",
        ),
        ({"think": "hard"}, "think: expected one of low, medium, high, max; got 'hard'"),
        ({"think": 5}, "think: expected bool or str; got int"),
        ({"format": "yaml"}, "format: expected one of json; got 'yaml'"),
        ({"options": {"stop": "Z"}}, "options.stop: expected array; got str"),
        ({"options": {"stop": ["a", 5]}}, "options.stop[1]: expected str; got int"),
        ({"options": {"num_predict": "7"}}, "options.num_predict: expected int; got str"),
        ({"options": []}, "options: expected object; got array"),
    ],
)
def test_what_is_no_request_is_refused_by_its_place(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        ollama.decode_request(json.dumps({**ASKED, **fields}).encode())

    assert refused.value.message.startswith(says)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(BadRequestError, match="expected JSON"):
        ollama.decode_request(b"{")


# What is answered.


@corpus.each(RECORDS)
def test_an_answer_of_ollamas_passed_on_in_lines_says_the_same(record: corpus.Record) -> None:
    ears = judge.EARS["ollama"]
    decoder = ollama.stream_decoder(made=MADE)
    if record.streamed:
        chunks = [*decoder.receive(record.sent), *decoder.finish()]
    else:
        decoder.hear_whole(record.sent)
        chunks = decoder.finish()
    encoder = ollama.stream_encoder(include_usage=False)

    told = b"".join(encoder.encode(chunk) for chunk in chunks) + encoder.end()

    again = ollama.stream_decoder(made=MADE)
    said = ears.said_stream(record.sent) if record.streamed else ears.said(record.sent)
    assert ears.said_stream(told) == said
    assert fold([*again.receive(told), *again.finish()]) == fold(chunks)


@corpus.each(RECORDS)
def test_an_answer_of_ollamas_passed_on_whole_says_the_same(record: corpus.Record) -> None:
    ears = judge.EARS["ollama"]
    response = ollama.decode_response(record.sent, made=MADE)

    told = ollama.encode_response(response)

    said = ears.said_stream(record.sent) if record.streamed else ears.said(record.sent)
    assert ears.said(told) == said
    assert ollama.decode_response(told, made=MADE) == response


def answered(
    *,
    finish_reason: str = "stop",
    native: str | None = None,
    created: int = 1795404600,
    logprobs: Any = None,
    **message: Any,
) -> Any:
    """What a caller is answered for a response with this message."""
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    choice |= {"native_finish_reason": native, "logprobs": logprobs}
    body = json.dumps({"id": "x", "model": "m", "created": created, "choices": [choice]}).encode()
    return json.loads(ollama.encode_response(openai_chat.decode_response(body, made=spoken.MADE)))


@pytest.mark.parametrize(
    ("finish", "native", "word"),
    [
        ("stop", None, "stop"),
        ("stop", "load", "load"),
        ("stop", "end_turn", "stop"),
        ("length", None, "length"),
        ("length", "model_length", "length"),
        ("tool_calls", None, "stop"),
        ("tool_calls", "length", "length"),
        ("function_call", None, "stop"),
        ("content_filter", "length", "content_filter"),
    ],
)
def test_every_finish_reason_has_its_word(finish: str, native: str | None, word: str) -> None:
    told = answered(content="x", finish_reason=finish, native=native)

    assert (told["done"], told["done_reason"]) == (True, word)


def test_what_was_filtered_is_not_told_as_an_end_of_its_own() -> None:
    told = json.dumps(answered(content="x", finish_reason="content_filter")).encode()

    assert ollama.decode_response(told, made=MADE).choices[0].finish_reason == "content_filter"


def test_a_refusal_is_told_as_text_and_a_deprecated_call_as_a_call() -> None:
    refused = answered(content=None, refusal="No.")["message"]
    called = answered(content=None, function_call={"name": "f", "arguments": '{"x": 1}'})["message"]

    assert refused == {"role": "assistant", "content": "No."}
    assert called["tool_calls"] == [{"function": {"index": 0, "name": "f", "arguments": {"x": 1}}}]


def test_arguments_are_an_object_whatever_they_were() -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": text}}
        for text in ("", '{"n": 12345678901234567890}', "[1]", "{oops")
    ]
    custom = {"id": "b", "type": "custom", "custom": {"name": "g", "input": "hi"}}

    told = answered(content=None, tool_calls=[*calls, custom])["message"]["tool_calls"]

    assert [one["function"]["arguments"] for one in told] == [
        {},
        {"n": 12345678901234567890},
        {"_raw": "[1]"},
        {"_raw": "{oops"},
        {"input": "hi"},
    ]
    assert [one["function"]["index"] for one in told] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("created", "told"),
    [(1795404600, "2026-11-23T03:30:00Z"), (10**15, "9999-12-31T23:59:59Z")],
)
def test_the_time_is_an_instant(created: int, told: str) -> None:
    assert answered(content="x", created=created)["created_at"] == told


def test_log_probabilities_stand_beside_the_message() -> None:
    token = {"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}

    told = answered(content="x", logprobs={"content": [token], "refusal": None})

    refused = answered(refusal="x", logprobs={"content": None, "refusal": [token]})
    assert told["logprobs"] == refused["logprobs"] == [token]
    assert "logprobs" not in answered(content="x")


def lines(writer: ChunkWriter) -> list[Any]:
    """What is streamed to a caller."""
    writer.end()
    encoder = ollama.stream_encoder(include_usage=False)
    told = b"".join(encoder.encode(chunk) for chunk in writer.take()) + encoder.end()
    assert told.endswith(b"}\n")
    return [json.loads(line) for line in told.splitlines()]


def test_calls_are_told_whole_each_in_a_line_before_the_last() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.reasoning(0, "Hm.")
    writer.text(0, "So:")
    writer.tool_call(0, 0, "a", "f", '{"x":')
    writer.tool_call(0, 1, "b", "g", "say", custom=True)
    writer.tool_call(0, 0, arguments="1}")
    writer.tool_call(0, 1, arguments=" hi", custom=True)
    writer.finish(0, "tool_calls")

    told = lines(writer)

    said = [line["message"] for line in told]
    assert [line["done"] for line in told] == [False, False, False, False, True]
    assert said[0] == {"role": "assistant", "content": "", "thinking": "Hm."}
    assert said[1] == {"role": "assistant", "content": "So:"}
    assert [call for one in said[2:4] for call in one["tool_calls"]] == [
        {"id": "a", "function": {"index": 0, "name": "f", "arguments": {"x": 1}}},
        {"id": "b", "function": {"index": 1, "name": "g", "arguments": {"input": "say hi"}}},
    ]
    assert told[4]["done_reason"] == "stop"
    assert "eval_count" not in told[4]


def test_the_last_line_has_the_usage_and_log_probabilities_need_no_text() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    token = shared.ChatCompletionTokenLogprob(bytes=None, logprob=-1, token="x", top_logprobs=[])
    writer.text(0, "", Logprobs(content=[token], refusal=None))
    writer.function_call(0, "f", "{}")
    writer.usage(shared.CompletionUsage(completion_tokens=5, prompt_tokens=3, total_tokens=8))

    tokens, called, last = lines(writer)

    assert tokens["logprobs"][0]["token"] == "x"
    assert called["message"]["tool_calls"][0]["function"]["name"] == "f"
    assert (last["prompt_eval_count"], last["eval_count"]) == (3, 5)


def test_only_the_first_choice_is_told() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.text(0, "x")
    writer.text(1, "y")
    writer.finish(1, "length")

    told = lines(writer)

    assert [line["message"]["content"] for line in told] == ["x", ""]
    assert told[1]["done_reason"] == "stop"


def test_a_stream_that_says_nothing_is_one_line() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.choice(0)

    (told,) = lines(writer)

    assert (told["done"], told["model"], told["created_at"]) == (True, "m", "1970-01-01T00:00:01Z")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (status_error("no", status_code=429), 429),
        (status_error("no", status_code=529), 503),
        (APITimeoutError("no", phase="total"), 504),
        (RemoteProtocolError("no"), 502),
    ],
)
def test_an_error_is_a_text_and_in_a_stream_its_last_line(error: Error, status: int) -> None:
    encoded = ollama.encode_error(error)
    decoder = ollama.stream_decoder(made=MADE)
    line = ollama.stream_encoder(include_usage=False).error(error)

    assert (encoded.status_code, encoded.body) == (status, b'{"error":"no"}')
    assert line == b'{"error":"no"}\n'
    with pytest.raises(APIStatusError, match="no"):
        decoder.receive(line)


def test_a_stream_of_openais_is_passed_on() -> None:
    stream = spoken.said({"content": "No"}, {"content": "on."}) + spoken.DONE
    encoder = ollama.stream_encoder(include_usage=False)

    passed = b"".join(encoder.encode(chunk) for chunk in spoken.heard(stream)) + encoder.end()

    heard = judge.EARS["ollama"].said_stream(passed)
    assert (heard.model, heard.choices[0].content) == ("asked", "Noon.")
