"""Answers in Converse, whole and streamed: what they say, and what is wrong with them."""

import base64
import json
from typing import Any

import pytest

from dragoman.dialects import bedrock_converse
from dragoman.errors import (
    APIStatusError,
    InternalServerError,
    RateLimitError,
    RemoteProtocolError,
)
from dragoman.streaming.made import Made
from tests.unit.dialects.bedrock.saying import (
    MADE,
    METADATA,
    START,
    added,
    begun,
    called,
    chunks,
    ended,
    event,
    exception,
    folded,
    framed,
    message,
    stopped,
    thought,
    whole,
)

WEB = {"location": {"web": {"url": "https://tides.example", "domain": "tides.example"}}}


def test_a_text_needs_no_start() -> None:
    response = folded(START, added(0, text="No"), added(0, text="on."), ended(), METADATA)

    assert message(response)["content"] == "Noon."
    assert response["choices"][0]["finish_reason"] == "stop"
    assert response["usage"]["total_tokens"] == 8


def test_the_usage_comes_after_the_stop() -> None:
    decoder = bedrock_converse.stream_decoder(made=MADE)

    ends = [(decoder.receive(said), decoder.terminated)[1] for said in (START + ended(), METADATA)]
    decoder.receive(b"\0\0\0")

    assert ends == [False, True]
    assert [chunk.usage is not None for chunk in decoder.finish()] == [False, True]


def test_a_call_without_arguments_has_empty_ones() -> None:
    response = folded(START, called(0), stopped(0), ended("tool_use"), METADATA)

    (call,) = message(response)["tool_calls"]
    assert call["function"]["arguments"] == "{}"
    assert message(response)["content"] is None


def test_empty_arguments_are_told_when_the_call_is_complete() -> None:
    decoder = bedrock_converse.stream_decoder(made=MADE)
    decoder.receive(START + called(0))

    (chunk,) = decoder.receive(stopped(0))

    (call,) = chunk.choices[0].delta.tool_calls or []
    assert call.function is not None
    assert call.function.arguments == "{}"


def test_another_kind_of_piece_begins_another_block() -> None:
    hidden = thought(0, redactedContent="QQ==")

    response = folded(START, hidden, added(0, text="Noon."), hidden, ended(), METADATA)

    details = [one["data"] for one in message(response)["reasoning_details"]]
    assert details == ["QQ==", "QQ=="]
    assert message(response)["content"] == "Noon."
    assert [list(block) for block in message(response)["native_content"]["content"]] == [
        ["reasoningContent"],
        ["text"],
        ["reasoningContent"],
    ]


def test_parallel_calls_are_told_apart_by_their_index() -> None:
    response = folded(
        START,
        called(1, "a", "f"),
        called(2, "b", "g"),
        added(1, toolUse={"input": '{"x"'}),
        added(2, toolUse={"input": '{"y":2}'}),
        added(1, toolUse={"input": ":1}"}),
        stopped(2),
        stopped(1),
        ended("tool_use"),
        METADATA,
    )

    told = [(c["id"], c["function"]["arguments"]) for c in message(response)["tool_calls"]]
    assert told == [("a", '{"x":1}'), ("b", '{"y":2}')]


def test_arguments_of_a_call_that_nobody_began_are_an_error() -> None:
    with pytest.raises(RemoteProtocolError, match="contentBlockIndex") as wrong:
        chunks(START + added(3, toolUse={"input": "{}"}))

    assert wrong.value.param == "contentBlockIndex"


def test_calls_without_the_word_for_it_are_calls() -> None:
    response = whole({"toolUse": {"toolUseId": "t", "name": "f", "input": {"n": 10**20}}})

    assert response["choices"][0]["finish_reason"] == "tool_calls"
    (call,) = message(response)["tool_calls"]
    assert call["function"]["arguments"] == '{"n":100000000000000000000}'


def test_reasoning_is_told_with_its_signature() -> None:
    response = folded(
        START,
        thought(0, text="Hm"),
        thought(0, text="m."),
        thought(0, signature="Sg=="),
        stopped(0),
        added(1, text="Noon."),
        ended(),
        METADATA,
    )

    assert message(response)["reasoning_content"] == "Hmm."
    assert message(response)["reasoning_details"] == [
        {
            "type": "reasoning.text",
            "text": "Hmm.",
            "signature": "Sg==",
            "format": "anthropic-claude-v1",
            "index": 0,
        }
    ]
    assert "native_content" not in message(response)


def test_hidden_reasoning_that_comes_in_pieces_is_one() -> None:
    pieces = [base64.b64encode(part).decode() for part in (b"a", b"bc")]

    told = [thought(0, redactedContent=piece) for piece in pieces]
    response = folded(START, *told, stopped(0), added(1, text="x"), ended(), METADATA)

    (detail,) = message(response)["reasoning_details"]
    assert base64.b64decode(detail["data"]) == b"abc"


def test_reasoning_of_others_can_be_read_by_nobody() -> None:
    made = Made(created=1, id="chatcmpl-1", model="minimax.minimax-m2")
    decoder = bedrock_converse.stream_decoder(made=made)

    found = decoder.receive(START + thought(0, text="Hm."))

    (detail,) = found[-1].choices[0].delta.reasoning_details or []
    assert detail.format == "unknown"


def test_what_a_text_cites_is_annotated_whole_and_streamed_alike() -> None:
    cited = {"citationsContent": {"content": [{"text": "Noon."}], "citations": [WEB]}}

    streamed = folded(
        START,
        added(0, text="So: "),
        added(1, text="Noon."),
        added(1, citation=WEB),
        ended(),
        METADATA,
    )

    assert streamed == whole({"text": "So: "}, cited)
    (annotation,) = message(streamed)["annotations"]
    assert annotation["url_citation"] == {
        "start_index": 4,
        "end_index": 9,
        "title": "",
        "url": "https://tides.example",
    }
    assert message(streamed)["native_content"]["content"] == [{"text": "So: "}, cited]


def test_citations_of_documents_are_kept_in_the_blocks() -> None:
    where = {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}
    cited = {"content": [{"text": "Noon."}], "citations": [{"location": where}]}

    told = message(whole({"citationsContent": cited}))

    assert told["native_content"]["content"] == [{"citationsContent": cited}]
    assert "annotations" not in told


def test_a_tool_of_the_providers_own_is_no_call() -> None:
    server = {"toolUseId": "s", "name": "nova_code_interpreter", "type": "server_tool_use"}
    result = {"toolUseId": "s", "status": "success", "type": "nova_code_interpreter_result"}

    streamed = folded(
        START,
        begun(0, toolUse=server),
        added(0, toolUse={"input": '{"code":"1"}'}),
        stopped(0),
        begun(1, toolResult=result),
        added(1, toolResult=[{"json": {"stdOut": "1"}}]),
        stopped(1),
        added(2, text="1"),
        ended(),
        METADATA,
    )

    blocks: list[dict[str, Any]] = [
        {"toolUse": {**server, "input": {"code": "1"}}},
        {"toolResult": {**result, "content": [{"json": {"stdOut": "1"}}]}},
        {"text": "1"},
    ]
    assert streamed == whole(*blocks)
    assert "tool_calls" not in message(streamed)
    assert streamed["choices"][0]["finish_reason"] == "stop"
    assert message(streamed)["native_content"] == {
        "content": blocks,
        "format": "bedrock-converse-v1",
    }


def test_an_answer_by_tool_is_content() -> None:
    tool = {"toolUseId": "t", "name": "dragoman_json_answer", "input": {"tide": 5}}

    response = whole({"toolUse": tool}, stopReason="tool_use")

    assert message(response)["content"] == '{"tide":5}'
    assert response["choices"][0]["finish_reason"] == "stop"
    assert "tool_calls" not in message(response)


def test_an_answer_may_be_empty() -> None:
    response = whole()

    assert message(response)["content"] == ""
    assert response["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("word", "reason", "native"),
    [
        ("max_tokens", "length", None),
        ("model_context_window_exceeded", "length", "model_context_window_exceeded"),
        ("guardrail_intervened", "content_filter", "guardrail_intervened"),
        ("content_filtered", "content_filter", "content_filtered"),
        ("stop_sequence", "stop", "stop_sequence"),
        ("malformed_tool_use", "stop", "malformed_tool_use"),
        ("a_new_word", "stop", "a_new_word"),
    ],
)
def test_why_it_ended_is_told_in_openais_words(word: str, reason: str, native: str | None) -> None:
    (choice,) = whole({"text": "x"}, stopReason=word)["choices"]

    assert choice["finish_reason"] == reason
    assert choice.get("native_finish_reason") == native


def test_malformed_output_with_nothing_in_it_is_no_answer() -> None:
    with pytest.raises(RemoteProtocolError, match="malformed_model_output"):
        whole(stopReason="malformed_model_output")


def test_what_was_cached_lies_inside_the_prompt() -> None:
    usage = {"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 100}
    usage["cacheWriteInputTokens"] = 7

    assert whole({"text": "x"}, usage=usage)["usage"] == {
        "prompt_tokens": 117,
        "completion_tokens": 5,
        "total_tokens": 122,
        "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 7},
    }


def test_a_router_tells_which_model_it_chose() -> None:
    trace = {"promptRouter": {"invokedModelId": "arn:aws:bedrock:x"}}

    assert whole({"text": "x"}, trace=trace)["model"] == "arn:aws:bedrock:x"


def test_the_tier_is_told() -> None:
    assert whole({"text": "x"}, serviceTier={"type": "flex"})["service_tier"] == "flex"


@pytest.mark.parametrize("said", [b"", START, START + added(0, text="x") + stopped(0)])
def test_a_stream_without_its_stop_is_truncated(said: bytes) -> None:
    decoder = bedrock_converse.stream_decoder(made=MADE)
    decoder.receive(said)

    decoder.finish() if decoder.error else None
    with pytest.raises(RemoteProtocolError) as cut:
        decoder.finish()
    assert cut.value.code == "stream_truncated"


def test_a_close_is_no_end_before_the_metadata() -> None:
    said = START + added(0, text="x") + ended()

    assert chunks(said)[-1].choices[0].finish_reason == "stop"
    decoder = bedrock_converse.stream_decoder(made=MADE)
    decoder.receive(said)
    with pytest.raises(RemoteProtocolError) as cut:
        decoder.finish(ended_by_close=True)
    assert cut.value.code == "stream_truncated"


def test_an_exception_in_a_stream_is_raised_after_what_came_before() -> None:
    decoder = bedrock_converse.stream_decoder(made=MADE)

    found = decoder.receive(
        START + added(0, text="x") + exception("throttlingException", message="Too many tokens")
    )

    assert len(found) == 2
    assert isinstance(decoder.error, RateLimitError)
    assert decoder.error.code == "rate_limit_exceeded"
    with pytest.raises(RateLimitError, match="Too many tokens"):
        decoder.receive(b"")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("internalServerException", 500),
        ("modelStreamErrorException", 502),
        ("validationException", 400),
        ("serviceUnavailableException", 503),
        ("somethingNewException", 502),
    ],
)
def test_each_exception_has_its_status(kind: str, status: int) -> None:
    with pytest.raises(APIStatusError, match="So it is") as raised:
        chunks(exception(kind, originalMessage="So it is", originalStatusCode=424))

    assert raised.value.status_code == status


def test_an_error_may_stand_in_the_headers_alone() -> None:
    headers = {":message-type": "error", ":error-code": "500", ":error-message": "Broken"}

    with pytest.raises(InternalServerError, match="Broken"):
        chunks(framed(headers, b""))


def test_an_event_out_of_place_is_an_error_and_a_new_one_is_passed_over() -> None:
    assert len(chunks(event("initial-response"), START, event("new", x=1), ended())) == 2
    with pytest.raises(RemoteProtocolError, match="messageStop while EXPECTING_START"):
        chunks(ended())


def test_a_payload_that_is_no_json_is_an_error() -> None:
    headers = {":event-type": "messageStart", ":message-type": "event"}

    with pytest.raises(RemoteProtocolError, match="expected JSON"):
        chunks(framed(headers, b"{"))


def refusal(status: int, body: dict[str, Any], exception: str | None = None) -> APIStatusError:
    headers = {} if exception is None else {"x-amzn-errortype": f"{exception}:http://x.example/"}
    return bedrock_converse.decode_error(status, headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "exception", "told"),
    [
        (400, "ValidationException", (400, "invalid_request_error", None)),
        (403, "AccessDeniedException", (403, "permission_error", None)),
        (403, "UnrecognizedClientException", (401, "authentication_error", "invalid_api_key")),
        (403, "InvalidSignatureException", (401, "authentication_error", "invalid_api_key")),
        (403, "ExpiredTokenException", (401, "authentication_error", "invalid_api_key")),
        (404, "ResourceNotFoundException", (404, "not_found_error", None)),
        (408, "ModelTimeoutException", (408, "timeout_error", None)),
        (400, "ConflictException", (400, "conflict_error", None)),
        (400, "ServiceQuotaExceededException", (429, "insufficient_quota", "insufficient_quota")),
        (424, "ModelErrorException", (424, "upstream_error", None)),
        (429, "ThrottlingException", (429, "rate_limit_error", "rate_limit_exceeded")),
        (429, "ModelNotReadyException", (503, "service_unavailable_error", None)),
        (500, "InternalServerException", (500, "server_error", None)),
        (503, "ServiceUnavailableException", (503, "service_unavailable_error", None)),
        (418, "NewException", (418, "invalid_request_error", None)),
    ],
)
def test_a_refusal_comes_in_openais_words(
    status: int, exception: str, told: tuple[int, str, str | None]
) -> None:
    error = refusal(status, {"message": "No"}, exception)
    without_header = refusal(status, {"Message": "No", "__type": f"com.amazon#{exception}"})

    assert (error.status_code, error.type, error.code) == told
    assert (without_header.status_code, without_header.type, without_header.code) == told
    assert error.message == without_header.message == "No"


def test_the_original_status_of_a_models_error_counts() -> None:
    error = refusal(424, {"message": "No", "originalStatusCode": 400}, "ModelErrorException")

    assert error.status_code == 400


def test_tokens_of_a_day_are_not_tried_again() -> None:
    error = refusal(429, {"message": "Too many tokens per day"}, "ThrottlingException")

    assert error.code == "insufficient_quota"
    assert not error.retryable


def test_an_error_where_an_answer_was_expected_is_raised() -> None:
    body = b'{"message":"The provided model identifier is invalid."}'

    with pytest.raises(APIStatusError) as raised:
        bedrock_converse.decode_response(body, made=MADE)
    assert raised.value.code == "model_not_found"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"7"])
def test_an_answer_that_is_none_is_an_error(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        bedrock_converse.decode_response(body, made=MADE)
    assert bedrock_converse.decode_error(500, {}, body).status_code == 500


PAGE = (
    "000000760000005296d5fade0b3a6576656e742d7479706507000c6d6573736167"
    "6553746172740d3a636f6e74656e742d747970650700106170706c69636174696f"
    "6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22726f6c"
    "65223a22617373697374616e74227d6fa8c599",
    "0000009400000057b4ab9aee0b3a6576656e742d74797065070011636f6e74656e"
    "74426c6f636b44656c74610d3a636f6e74656e742d747970650700106170706c69"
    "636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e74"
    "7b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b22"
    "74657874223a224869227d7d1f944657",
    "000000b0000000614f5086b30f3a657863657074696f6e2d747970650700137468"
    "726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700"
    "106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700"
    "09657863657074696f6e7b226d657373616765223a22546f6f206d616e7920746f"
    "6b656e732c20706c656173652077616974206265666f726520747279696e672061"
    "6761696e2e227df70ae57f",
)
"""A start, a text and an exception, byte for byte as Bedrock frames them."""


def test_frames_are_understood_byte_for_byte() -> None:
    decoder = bedrock_converse.stream_decoder(made=MADE)

    opened, said = decoder.receive(b"".join(bytes.fromhex(frame) for frame in PAGE))

    assert opened.choices[0].delta.role == "assistant"
    assert said.choices[0].delta.content == "Hi"
    assert decoder.error is not None
    assert decoder.error.message == "Too many tokens, please wait before trying again."
