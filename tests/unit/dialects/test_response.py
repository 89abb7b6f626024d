"""Oddities of streams and answers, each with what a caller then hears.

The worked examples of the provider pages are recordings; here stands what they leave out.
"""

import json
from typing import Any

import msgspec
import pytest

from dragoman.dialects.openai_chat import decode_response
from dragoman.dialects.openai_chat.response import StreamDecoder
from dragoman.errors import APIStatusError, InternalServerError, RateLimitError, RemoteProtocolError
from dragoman.models import shared
from tests.spoken import DONE, MADE, call, event, folded, heard, message, said

# Content and its neighbours.


def test_several_keys_in_one_delta_become_one_kind_per_chunk() -> None:
    delta = {
        "content": "c",
        "reasoning_content": "r",
        **call(index=0, id="a", name="f", arguments="{}"),
    }
    kinds = [
        sorted(key for key in json.loads(msgspec.json.encode(chunk.choices[0].delta)))
        for chunk in heard(said(delta))
    ]

    assert kinds == [["content", "role"], ["reasoning_content"], ["content"], ["tool_calls"], []]


def test_reasoning_has_one_name_whatever_the_provider_calls_it() -> None:
    for key in ("reasoning", "reasoning_content"):
        assert message(said({key: "Go."}, {"content": "x"}))["reasoning_content"] == "Go."


def test_equal_reasoning_under_both_names_is_kept_once() -> None:
    stream = said({"reasoning": "Go.", "reasoning_content": "Go."})

    assert message(stream)["reasoning_content"] == "Go."


def test_reasoning_details_of_one_index_and_type_are_one_entry() -> None:
    pieces: list[dict[str, Any]] = [
        {"type": "reasoning.text", "index": 0, "text": "Th"},
        {"type": "reasoning.text", "index": 0, "text": "ink", "signature": "s"},
        {"type": "reasoning.encrypted", "index": 0, "data": "x"},
    ]

    details = message(said(*({"reasoning_details": [piece]} for piece in pieces)))
    assert details["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "text": "Think", "signature": "s"},
        {"type": "reasoning.encrypted", "index": 0, "data": "x"},
    ]


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ({"refusal": "No."}, None),
        ({"audio": {"id": "a", "data": "AA", "transcript": "t", "expires_at": 5}}, None),
        ({"function_call": {"name": "f", "arguments": "{}"}}, None),
        (call(index=0, id="a", name="f"), None),
        ({"content": ""}, ""),
        ({"content": None}, ""),
        ({"reasoning_content": "Hm."}, ""),
    ],
)
def test_content_is_null_only_beside_something_else(
    beside: dict[str, Any], expected: str | None
) -> None:
    assert message(said(beside))["content"] == expected


def test_objects_of_empty_values_are_absent() -> None:
    empty = {
        "content": "x",
        "refusal": "",
        "audio": {"data": "", "expires_at": 0, "id": "", "transcript": ""},
        "function_call": {"arguments": "", "name": ""},
        "tool_calls": None,
    }

    assert message(said(empty)) == {"role": "assistant", "content": "x", "refusal": None}


def test_audio_is_put_together_from_its_pieces() -> None:
    stream = said(
        {"audio": {"id": "a", "transcript": "H"}},
        {"audio": {"transcript": "i", "data": "AA"}},
        {"audio": {"data": "BB", "expires_at": 9}},
        finish=None,
    )

    assert message(stream, DONE)["audio"] == {
        "id": "a",
        "data": "AABB",
        "transcript": "Hi",
        "expires_at": 9,
    }


def test_citations_without_a_place_in_the_text_are_left_to_raw() -> None:
    annotations = [
        {"type": "url_citation", "url_citation": {"url": "u", "start_index": 0, "end_index": 1}},
        {"type": "url_citation", "url_citation": {"url": "v"}},
        {"type": "file", "file": {"hash": "h"}},
    ]

    (kept,) = message(said({"content": "x", "annotations": annotations}))["annotations"]
    assert kept["url_citation"] == {"url": "u", "title": "", "start_index": 0, "end_index": 1}


# Endings.


@pytest.mark.parametrize(
    ("word", "reason", "native"),
    [
        ("stop", "stop", None),
        ("eos", "stop", "eos"),
        ("end_turn", "stop", "end_turn"),
        ("max_tokens", "length", "max_tokens"),
        ("safety", "content_filter", "safety"),
        ("never_heard_of", "stop", "never_heard_of"),
    ],
)
def test_a_finish_reason_is_one_of_five_and_keeps_its_own_word(
    word: str, reason: str, native: str | None
) -> None:
    choice = folded(said({"content": "x"}, finish=word))["choices"][0]

    assert choice["finish_reason"] == reason
    assert choice.get("native_finish_reason") == native


def test_stop_beside_tool_calls_is_tool_calls() -> None:
    choice = folded(said(call(index=0, id="a", name="f"), finish="stop"))["choices"][0]

    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("tool_calls", "stop")


def test_a_repeated_finish_reason_is_told_once_and_content_in_between_is_kept() -> None:
    stream = said({"content": "a"}) + said({"content": "b"})
    chunks = heard(stream, DONE)

    reasons = [c.finish_reason for chunk in chunks for c in chunk.choices]
    assert reasons == [None, None, None, "stop"]
    assert message(stream, DONE)["content"] == "ab"


def test_a_filter_that_comes_late_has_the_last_word() -> None:
    stream = said({"content": "a"}, finish="length") + said(finish="content_filter")

    assert folded(stream)["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize("word", ["error", "abort", "insufficient_system_resource"])
def test_a_failed_answer_without_content_is_an_error(word: str) -> None:
    with pytest.raises(InternalServerError, match=word):
        heard(said({"role": "assistant"}, finish=word))


def test_a_failed_answer_with_content_is_cut_short() -> None:
    choice = folded(said({"content": "a"}, finish="insufficient_system_resource"))["choices"][0]

    assert choice["finish_reason"] == "length"
    assert choice["native_finish_reason"] == "insufficient_system_resource"


def test_the_terminator_without_a_finish_reason_is_the_end() -> None:
    assert folded(said({"content": "a"}, finish=None), DONE)["choices"][0]["finish_reason"] == (
        "stop"
    )


def test_a_message_without_terminator_or_finish_reason_is_cut() -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        folded(said({"content": "a"}, finish=None))

    assert raised.value.code == "stream_truncated"


def test_one_choice_without_its_finish_reason_is_a_cut_for_all() -> None:
    stream = said({"content": "a"}) + said({"content": "b"}, finish=None, index=1)

    with pytest.raises(RemoteProtocolError):
        folded(stream)


def test_nothing_is_read_after_the_terminator() -> None:
    late = said({"content": "late"})

    assert message(said({"content": "a"}), DONE, late)["content"] == "a"


@pytest.mark.parametrize("stream", [b"", DONE, b": ping\n\n", event({"choices": []})])
def test_a_stream_without_any_choice_is_an_error(stream: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        heard(stream)


# What stands above the choices.


def test_azures_first_chunk_names_nothing() -> None:
    first = event({"choices": [], "created": 0, "id": "", "model": "", "object": ""})
    stream = said({"content": "a"}, id="c-1", created=5, model="m")

    value = folded(first, stream)
    assert (value["id"], value["created"], value["model"]) == ("c-1", 5, "m")


def test_an_id_that_changes_stays_what_it_was_first() -> None:
    stream = said({"content": "a"}, finish=None, id="one") + said({"content": "b"}, id="two")

    assert {chunk.id for chunk in heard(stream)} == {"one"}


def test_what_the_provider_left_out_is_made() -> None:
    value = folded(said({"content": "a"}))

    assert (value["id"], value["created"], value["model"]) == (MADE.id, MADE.created, MADE.model)


def test_a_tier_of_the_providers_own_is_left_out() -> None:
    assert "service_tier" not in folded(said({"content": "a"}, service_tier="on_demand"))


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


@pytest.mark.parametrize(
    "told",
    [
        {"choices": [], "usage": USAGE},
        {"choices": None, "usage": USAGE},
        {"usage": USAGE},
        {"choices": [], "x_groq": {"id": "r", "usage": USAGE}},
        {"choices": [{"index": 0, "delta": {}, "usage": USAGE}]},
        {
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}],
            "usage": USAGE,
        },
    ],
)
def test_usage_is_found_wherever_it_stands(told: dict[str, Any]) -> None:
    assert folded(said({"content": "a"}), event(told), DONE)["usage"] == USAGE


def test_usage_in_every_chunk_is_not_summed() -> None:
    growing = said({"content": "a"}, {"content": "b"}, usage=USAGE)

    assert folded(growing)["usage"] == USAGE


def test_usage_comes_last_in_a_chunk_of_its_own() -> None:
    *before, last = heard(said({"content": "a"}, usage=USAGE))

    assert last.choices == []
    assert last.usage is not None
    assert all(chunk.usage is None for chunk in before)


# Failures.


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"error": {"message": "boom", "type": "server_error"}}, 500),
        ({"error": {"message": "boom", "code": 429}}, 429),
        ({"error": "boom"}, 502),
        ({"object": "error", "message": "boom", "code": 503}, 503),
        ({"id": "x", "x_groq": {"error": "boom"}}, 502),
        ({"choices": [{"index": 0, "delta": {}, "error": {"message": "boom", "code": 502}}]}, 502),
        ([{"error": {"message": "boom", "code": 400, "status": "INVALID"}}], 400),
    ],
)
def test_an_error_in_a_stream_comes_after_what_was_said(told: Any, status: int) -> None:
    decoder = StreamDecoder(made=MADE)
    chunks = decoder.receive(said({"content": "a"}, finish=None) + event(told) + DONE)

    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "a"]
    assert isinstance(decoder.error, APIStatusError)
    assert decoder.error.status_code == status
    with pytest.raises(APIStatusError, match="boom"):
        decoder.receive(said({"content": "b"}))
    with pytest.raises(APIStatusError, match="boom"):
        decoder.finish()


@pytest.mark.parametrize(
    "told", [b'event: error\ndata: {"message": "boom"}\n\n', b'error: {"message": "boom"}\n\n']
)
def test_an_error_may_be_an_event_or_a_field_of_its_own(told: bytes) -> None:
    with pytest.raises(APIStatusError, match="boom"):
        heard(told)


def test_a_type_says_the_status_that_an_error_inside_a_200_should_have_had() -> None:
    with pytest.raises(RateLimitError):
        heard(event({"error": {"message": "boom", "type": "rate_limit_error"}}))


def test_values_glued_together_are_read_one_after_another() -> None:
    both = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in "ab"]
    glued = b"data: " + b"".join(json.dumps(one).encode() for one in both) + b"\n\n"

    assert message(glued, said())["content"] == "ab"


def test_nonsense_is_an_error_and_not_passed_over() -> None:
    with pytest.raises(RemoteProtocolError, match="JSON") as raised:
        heard(b"data: {nonsense\n\n", said({"content": "a"}))

    assert raised.value.code == "bad_gateway"


def test_half_an_event_at_the_end_is_a_cut() -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        heard(said({"content": "a"}), b'data: {"choices":[{"ind')

    assert raised.value.code == "stream_truncated"


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"delta": {"content": 5}}, "content: expected str or null; got int"),
        ({"delta": {"tool_calls": {}}}, "tool_calls: expected array or null; got object"),
        ({"finish_reason": 5}, "finish_reason: expected str or null; got int"),
        ({"index": "0"}, "index: expected int or float or null; got str"),
        ({"delta": {"reasoning": []}}, "reasoning: expected str or null; got array"),
    ],
)
def test_a_wrong_type_is_told_with_its_place(choice: dict[str, Any], says: str) -> None:
    with pytest.raises(RemoteProtocolError, match=says) as raised:
        heard(event({"choices": [choice]}))

    assert raised.value.param is not None
    assert raised.value.param.startswith("choices[0]")


# Whole answers.


def whole(body: Any) -> shared.CreateChatCompletionResponse:
    return decode_response(json.dumps(body).encode(), made=MADE)


def test_choices_are_sorted_and_counted_by_position_where_they_have_no_index() -> None:
    body = {"choices": [{"message": {"content": text}} for text in "ab"]}

    assert [(c.index, c.message.content) for c in whole(body).choices] == [(0, "a"), (1, "b")]


def test_choices_that_share_an_index_stay_two() -> None:
    body = {"choices": [{"index": 0, "message": {"content": text}} for text in "ab"]}

    assert [(c.index, c.message.content) for c in whole(body).choices] == [(0, "a"), (1, "b")]


def test_white_space_and_a_byte_order_mark_before_a_body_are_read_past() -> None:
    body = b'\xef\xbb\xbf\n\n\n {"choices":[{"message":{"content":"a"}}]}'

    assert decode_response(body, made=MADE).choices[0].message.content == "a"


def test_content_that_came_parsed_is_json_text() -> None:
    body = {"choices": [{"message": {"content": {"city": "Oslo"}}}]}

    assert whole(body).choices[0].message.content == '{"city":"Oslo"}'


def test_counts_that_came_as_floats_are_whole_numbers() -> None:
    usage = {"prompt_tokens": 3.0, "completion_tokens": 2.0, "total_tokens": 5.0}
    body = {
        "choices": [{"index": 0.0, "message": {"content": "a"}}],
        "created": 1.0,
        "usage": usage,
    }

    encoded = json.loads(msgspec.json.encode(whole(body)))
    assert encoded["usage"] == USAGE
    assert isinstance(encoded["created"], int)
    assert isinstance(encoded["choices"][0]["index"], int)


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": None}, {"choices": [{}]}])
def test_an_answer_without_a_message_is_no_answer(body: Any) -> None:
    with pytest.raises(RemoteProtocolError, match="choices"):
        whole(body)


def test_the_bytes_that_came_stand_beside_the_response() -> None:
    body = b'{"choices":[{"message":{"content":"a"}}],"provider":"x"}'

    assert decode_response(body, made=MADE).raw == body
