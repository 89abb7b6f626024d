"""What Gemini's answers mean, part by part; whole and streamed answers are read alike."""

import base64
import json
from typing import Any

import pytest

from dragoman.dialects import gemini
from dragoman.errors import APIStatusError, RemoteProtocolError
from tests.gemini import MADE, Json, choice, folded, heard, said, stream, whole

CALL = {"functionCall": {"name": "f", "args": {"a": 1}}}


def test_an_answer_without_a_name_or_time_gets_ours() -> None:
    told = whole(said({"text": "Hi"}))

    assert (told["id"], told["created"], told["model"]) == ("chatcmpl-GEN1", 1795404600, "asked")


def test_vertex_tells_when_the_answer_was_made() -> None:
    told = whole({**said({"text": "Hi"}), "createTime": "2026-11-23T03:30:00.123456789Z"})

    assert told["created"] == 1795404600


def test_a_time_that_is_none_is_ours() -> None:
    assert whole({**said({"text": "Hi"}), "createTime": "soon"})["created"] == 1795404600


def test_thoughts_are_reasoning_and_not_part_of_the_answer() -> None:
    message = choice({"text": "Hm. ", "thought": True}, {"text": "Yes."})["message"]

    assert (message["reasoning_content"], message["content"]) == ("Hm. ", "Yes.")


def test_thoughts_in_a_row_are_one_up_to_a_signature() -> None:
    details = choice(
        {"text": "a", "thought": True},
        {"text": "b", "thought": True, "thoughtSignature": "S1"},
        {"text": "c", "thought": True},
    )["message"]["reasoning_details"]

    assert [(d["index"], d["text"], d.get("signature")) for d in details] == [
        (0, "ab", "S1"),
        (1, "c", None),
    ]


def test_the_signature_of_a_call_stays_with_the_call() -> None:
    (call,) = choice({**CALL, "thoughtSignature": "S1"})["message"]["tool_calls"]

    assert call["extra_content"] == {"google": {"thought_signature": "S1"}}


def test_each_call_is_one_of_its_own_though_it_looks_like_the_last() -> None:
    calls = choice(CALL, CALL, {"functionCall": {"name": "f", "id": "x"}})["message"]["tool_calls"]

    assert [call["function"]["arguments"] for call in calls] == ['{"a":1}', '{"a":1}', "{}"]
    assert len({call["id"] for call in calls}) == 3
    assert calls[2]["id"] == "x"


def test_two_calls_under_one_id_can_be_told_apart() -> None:
    again = {"functionCall": {"name": "f", "id": "x", "args": {"n": 2}}}

    calls = choice(again, again)["message"]["tool_calls"]

    assert [call["function"]["arguments"] for call in calls] == ['{"n":2}', '{"n":2}']
    assert len({call["id"] for call in calls}) == 2


def test_numbers_in_arguments_stay_what_they_are() -> None:
    args = {"whole": 1, "real": 1.0, "huge": 10**30}

    (call,) = choice({"functionCall": {"name": "f", "args": args}})["message"]["tool_calls"]

    assert call["function"]["arguments"] == json.dumps(args, separators=(",", ":"))


def test_stop_after_a_call_is_tool_calls_wherever_the_call_was() -> None:
    told = folded(said(CALL, finish=None), said({"text": ""}, finish="STOP"))

    assert told["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    ("word", "reason", "native"),
    [
        ("STOP", "stop", None),
        (1, "stop", None),
        ("MAX_TOKENS", "length", None),
        (2, "length", None),
        ("CONTINUATION", "length", "CONTINUATION"),
        ("SAFETY", "content_filter", "SAFETY"),
        (3, "content_filter", "SAFETY"),
        (4, "content_filter", "RECITATION"),
        ("MODEL_ARMOR", "content_filter", "MODEL_ARMOR"),
        ("OTHER", "stop", "OTHER"),
        (99, "stop", "OTHER"),
        ("UNHEARD_OF", "stop", "UNHEARD_OF"),
    ],
)
def test_why_an_answer_ended(word: Any, reason: str, native: str | None) -> None:
    told = choice({"text": "Hi"}, finish=word)

    assert (told["finish_reason"], told.get("native_finish_reason")) == (reason, native)


def test_the_last_finish_reason_counts() -> None:
    told = folded(said({"text": "a"}, finish="STOP"), {"candidates": [{"finishReason": "SAFETY"}]})

    assert told["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize("parts", [[], [{"text": "Hm.", "thought": True}]])
def test_a_failure_without_an_answer_is_an_error_that_may_be_tried_again(parts: list[Json]) -> None:
    answer = said(*parts, finish="MALFORMED_FUNCTION_CALL", finishMessage="no such function")

    with pytest.raises(APIStatusError) as caught:
        whole(answer)
    with pytest.raises(APIStatusError, match="no such function"):
        heard(answer)

    error = caught.value
    assert (error.status_code, error.type) == (502, "upstream_error")
    assert (error.code, error.message) == ("malformed_function_call", "no such function")
    assert error.retryable


def test_nothing_said_because_of_the_bound_is_an_empty_answer() -> None:
    told = whole({"candidates": [{"finishReason": "MAX_TOKENS"}]})["choices"][0]

    assert (told["message"]["content"], told["finish_reason"]) == ("", "length")


def test_a_blocked_prompt_is_a_refusal() -> None:
    blocked = {"promptFeedback": {"blockReason": 1}}

    for told in (whole(blocked), folded(blocked)):
        (refused,) = told["choices"]
        assert refused["message"]["refusal"] == "Prompt blocked: SAFETY"
        assert refused["message"]["content"] is None
        assert refused["finish_reason"] == "content_filter"


@pytest.mark.parametrize("answer", [{}, {"candidates": []}, {"candidates": [{"content": {}}]}])
def test_an_answer_that_says_nothing_at_all_is_an_error(answer: Json) -> None:
    with pytest.raises(APIStatusError) as caught:
        whole(answer)

    assert (caught.value.status_code, caught.value.code) == (502, "empty_response")


def test_several_candidates_are_several_choices() -> None:
    told = whole(
        {
            "candidates": [
                {"index": 1, "content": {"parts": [{"text": "b"}]}, "finishReason": "STOP"},
                {"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP", "index": 0},
            ]
        }
    )

    assert [c["message"]["content"] for c in told["choices"]] == ["a", "b"]


def test_candidates_under_one_index_are_told_apart() -> None:
    said_twice = said({"text": "a"})["candidates"] + said({"text": "b"})["candidates"]

    told = whole({"candidates": [{**one, "index": 0} for one in said_twice]})

    assert [c["message"]["content"] for c in told["choices"]] == ["a", "b"]


def test_grounding_counts_bytes_over_the_whole_text_and_we_count_characters() -> None:
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}, {"web": {"title": "no"}}],
        "groundingSupports": [
            {"segment": {"endIndex": 4}, "groundingChunkIndices": [0, 1, 7]},
            {"segment": {"startIndex": 5, "endIndex": 99}, "groundingChunkIndices": [0]},
            {"segment": {"startIndex": 5, "endIndex": 99}, "groundingChunkIndices": [0]},
        ],
    }

    told = folded(
        said({"text": "€ "}, finish=None), said({"text": "für"}, groundingMetadata=grounding)
    )

    assert [a["url_citation"] for a in told["choices"][0]["message"]["annotations"]] == [
        {"start_index": 0, "end_index": 2, "url": "https://a", "title": "A"},
        {"start_index": 3, "end_index": 5, "url": "https://a", "title": "A"},
    ]


@pytest.mark.parametrize("key", ["citationSources", "citations"])
def test_recited_works_are_cited_where_they_have_an_address_and_a_place(key: str) -> None:
    works = [{"endIndex": 2, "uri": "https://a"}, {"uri": "https://b"}, {"endIndex": 1}, {}, None]

    told = choice({"text": "Hi"}, citationMetadata={key: works})

    (annotation,) = told["message"]["annotations"]
    assert annotation["url_citation"]["url"] == "https://a"


def test_logprobs_are_paired_with_the_likely_others() -> None:
    result = {
        "chosenCandidates": [{"token": "Hi", "logProbability": -0.5}, {"token": "!"}],
        "topCandidates": [{"candidates": [{"token": "Ho", "logProbability": -1}]}],
    }

    told = choice({"text": "Hi!"}, logprobsResult=result)["logprobs"]

    assert told["content"] == [
        {
            "token": "Hi",
            "logprob": -0.5,
            "bytes": None,
            "top_logprobs": [{"token": "Ho", "logprob": -1.0, "bytes": None}],
        },
        {"token": "!", "logprob": 0.0, "bytes": None, "top_logprobs": []},
    ]


CODE = {"executableCode": {"language": "PYTHON", "code": "1"}}
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
SIGNED = {"text": "a", "thoughtSignature": "S1"}


@pytest.mark.parametrize(
    "parts",
    [
        [CODE, {"text": "a"}],
        [{"text": "a"}, PICTURE],
        [{"unheardOf": {}}],
        [{"text": "a"}, {"text": "b", "thought": True}],
        [CALL, {"text": "a"}],
        [SIGNED, {"text": "b"}],
        [{"thought": True, "thoughtSignature": "S1"}, CALL],
    ],
)
def test_what_our_fields_cannot_tell_goes_along_whole(parts: list[Json]) -> None:
    native = choice(*parts)["message"]["native_content"]

    assert native == {"format": "google-gemini-v1", "content": parts}


@pytest.mark.parametrize(
    "parts",
    [
        [{"text": "a", "thought": True}, {"text": "b"}, CALL, CALL],
        [{"text": "a"}, {"text": "", "thoughtSignature": "S1"}],
        [{"text": "a"}, {}, CALL, {"text": ""}],
        [{"text": "a", "thought": True, "thoughtSignature": "S1"}, SIGNED, CALL],
    ],
)
def test_what_our_fields_can_tell_is_not_told_twice(parts: list[Json]) -> None:
    assert "native_content" not in choice(*parts)["message"]


def test_pieces_of_one_text_are_one_part_again() -> None:
    native = folded(said(CODE, finish=None), said({"text": "a"}, finish=None), said({"text": "b"}))[
        "choices"
    ][0]["message"]["native_content"]

    assert native["content"] == [CODE, {"text": "ab"}]


def test_a_spoken_answer_is_one_base64_text_however_it_was_cut() -> None:
    sound = bytes(range(40))
    pieces = [sound[:1], sound[1:6], sound[6:], b""]

    told = folded(
        *(
            said(
                {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": _base64(piece)}},
                finish="STOP" if piece == b"" else None,
            )
            for piece in pieces
        )
    )["choices"][0]["message"]

    assert base64.b64decode(told["audio"]["data"], validate=True) == sound
    assert told["audio"]["id"]
    assert told["content"] is None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def piece(place: str, **value: Any) -> Json:
    """A piece of the arguments of a call; the call goes on."""
    return {"functionCall": {"partialArgs": [{"jsonPath": place, **value}], "willContinue": True}}


def test_streamed_arguments_are_put_together() -> None:
    (call,) = choice(
        {"functionCall": {"name": "f", "willContinue": True}, "thoughtSignature": "S1"},
        piece("$.days[0].noon", stringValue="wa", willContinue=True),
        piece("$.days[0].noon", stringValue="rm"),
        piece("$.days[1]['at night']", numberValue=3),
        piece("$.sure", boolValue=False),
        piece("$.why", nullValue="NULL_VALUE"),
        {"functionCall": {}},
        {"functionCall": {}},
    )["message"]["tool_calls"]

    assert json.loads(call["function"]["arguments"]) == {
        "days": [{"noon": "warm"}, {"at night": 3}],
        "sure": False,
        "why": None,
    }
    assert call["extra_content"] == {"google": {"thought_signature": "S1"}}


@pytest.mark.parametrize(
    "place", ["", "$", "a", "$.a[1]", "$.a..b", "$.a[0", "$[0]", "$.a[9999999999]", "$.x.y"]
)
def test_a_piece_without_a_place_in_the_arguments_is_the_providers_mistake(place: str) -> None:
    begun = {"functionCall": {"name": "f", "willContinue": True}}

    with pytest.raises(RemoteProtocolError, match="expected a place in the arguments; got none"):
        choice(begun, piece("$.x", stringValue="a"), piece(place, stringValue="b"))


def test_a_call_without_a_name_is_the_providers_mistake() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        choice({"functionCall": {"args": {}, "id": "x"}})

    assert caught.value.param == "candidates[0].content.parts[0].functionCall.name"


def test_a_tier_of_ai_studio_is_told_in_openais_word() -> None:
    usage = {"promptTokenCount": 3, "serviceTier": "standard"}

    assert whole({**said({"text": "Hi"}), "usageMetadata": usage})["service_tier"] == "default"


def test_an_array_is_read_as_it_comes() -> None:
    decoder = gemini.stream_decoder(made=MADE)
    text = json.dumps([said({"text": "Hi"}, finish=None), said({"text": "!"})]).encode()

    first = decoder.receive(text[:-10])
    rest = [*decoder.receive(text[-10:]), *decoder.finish(ended_by_close=True)]

    assert [c.choices[0].delta.content for c in first] == ["", "Hi"]
    assert [c.choices[0].delta.content for c in rest] == ["!", None]


def test_a_whole_array_is_an_answer() -> None:
    told = whole([said({"text": "Hi"}, finish=None), said({"text": "!"})])

    assert told["choices"][0]["message"]["content"] == "Hi!"


def test_events_that_ended_with_the_connection_may_have_been_cut() -> None:
    decoder = gemini.stream_decoder(made=MADE)
    decoder.receive(stream(said({"text": "Hi"})))

    with pytest.raises(RemoteProtocolError) as caught:
        decoder.finish(ended_by_close=True)

    assert caught.value.code == "stream_truncated"


def test_a_candidate_without_its_end_was_cut() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        heard(said({"text": "Hi"}, finish=None))

    assert caught.value.code == "stream_truncated"


def test_the_terminator_of_others_ends_the_stream_and_finishes_nothing() -> None:
    done = b"data: [DONE]\n\n"
    finished, cut = (gemini.stream_decoder(made=MADE) for _ in range(2))

    finished.receive(stream(said({"text": "Hi"})) + done + b"data: {")
    cut.receive(stream(said({"text": "Hi"}, finish=None)) + done)

    assert finished.terminated
    assert finished.finish(ended_by_close=True)[-1].choices[0].finish_reason == "stop"
    with pytest.raises(RemoteProtocolError):
        cut.finish()


def test_an_error_in_the_middle_comes_after_what_was_said() -> None:
    decoder = gemini.stream_decoder(made=MADE)
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}

    chunks = decoder.receive(stream(said({"text": "Hi"}, finish=None), [error]))  # type: ignore[arg-type] # in a list

    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "Hi"]
    assert isinstance(decoder.error, APIStatusError)
    assert (decoder.error.status_code, decoder.error.code) == (503, "unavailable")
