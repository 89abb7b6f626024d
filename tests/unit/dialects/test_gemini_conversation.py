"""What becomes of a conversation on its way to Gemini: contents, signatures, media."""

import itertools
import json
from typing import Any

import pytest

from dragoman.dialects.gemini import Quirks
from dragoman.errors import UnsupportedParameterError
from tests.gemini import Json, sent

OLD, NEW, NEWEST = "gemini-2.5-flash", "gemini-3-flash-preview", "gemini-4-neon"
USER = {"role": "user", "content": "Oslo?"}
SIGNED = {"extra_content": {"google": {"thought_signature": "S1"}}}
VERTEX = Quirks(call_ids=False, media_types=True, labels=True, service_tiers=False)


def call(id: str, name: str = "f", arguments: str = "{}", *, signed: bool = False) -> Json:
    told = {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {**told, **SIGNED} if signed else told


def assistant(*calls: Json, content: Any = None, **rest: Any) -> Json:
    return {"role": "assistant", "content": content, "tool_calls": list(calls), **rest}


def result(id: str, content: Any) -> Json:
    return {"role": "tool", "tool_call_id": id, "content": content}


def contents(*messages: Json, model: str = NEW, quirks: Quirks | None = None) -> list[Json]:
    told: list[Json] = sent(model, messages=list(messages), quirks=quirks).body["contents"]
    return told


def parts(*told: Json, model: str = NEW) -> Any:
    """The parts that the parts of one message of the user are sent as."""
    (content,) = contents({"role": "user", "content": list(told)}, model=model)
    return content["parts"]


def test_instructions_at_the_beginning_stand_apart_and_later_ones_are_the_users() -> None:
    system = {"role": "system", "content": "Be brief."}
    developer = {"role": "developer", "content": [{"type": "text", "text": "No lists."}]}

    told = sent(messages=[system, developer, USER, system])

    assert told.body["systemInstruction"] == {
        "parts": [{"text": "Be brief."}, {"text": "No lists."}]
    }
    assert told.body["contents"] == [
        {"role": "user", "parts": [{"text": "Oslo?"}, {"text": "<system>Be brief.</system>"}]}
    ]
    assert told.losses == ["emulated /messages/3/role"]


def test_a_request_of_instructions_alone_asks_them() -> None:
    told = sent(messages=[{"role": "system", "content": "Say hi."}])

    assert told.body["contents"] == [{"role": "user", "parts": [{"text": "Say hi."}]}]
    assert "systemInstruction" not in told.body
    assert told.losses == ["emulated /messages/0/role"]


def test_neighbours_of_one_role_are_one_content_and_nothing_is_left_out_as_an_empty_one() -> None:
    assert contents(USER, USER, {"role": "assistant", "content": ""}, USER) == [
        {"role": "user", "parts": [{"text": "Oslo?"}] * 3}
    ]


def test_results_stand_in_the_order_of_the_calls_and_none_is_missing() -> None:
    told = contents(
        USER,
        assistant(call("a", "f"), call("b", "g"), call("c", "h")),
        result("c", '{"temp": 4}'),
        result("a", "fine"),
        USER,
    )

    assert [part.get("functionResponse") for part in told[2]["parts"]] == [
        {"id": "a", "name": "f", "response": {"output": "fine"}},
        {"id": "b", "name": "g", "response": {"error": "No result"}},
        {"id": "c", "name": "h", "response": {"temp": 4}},
        None,
    ]
    assert told[2]["parts"][3] == {"text": "Oslo?"}


def test_calls_that_nobody_answered_have_no_result() -> None:
    told = contents(USER, assistant(call("a")), USER)

    assert told[2]["parts"] == [
        {"functionResponse": {"id": "a", "name": "f", "response": {"error": "No result"}}},
        {"text": "Oslo?"},
    ]
    assert len(contents(USER, assistant(call("a")))) == 2


def test_the_calls_of_two_answers_in_a_row_are_answered_together() -> None:
    told = contents(
        USER, assistant(call("a")), assistant(call("b")), result("a", "1"), result("b", "2")
    )

    assert [content["role"] for content in told] == ["user", "model", "user"]
    assert [part["functionResponse"]["id"] for part in told[2]["parts"]] == ["a", "b"]


def test_the_same_function_called_twice_keeps_its_results_apart() -> None:
    told = contents(USER, assistant(call("a"), call("b")), result("b", "2"), result("a", "1"))

    outputs = [part["functionResponse"]["response"]["output"] for part in told[-1]["parts"]]
    assert outputs == ["1", "2"]


def test_a_result_that_failed_is_told_as_an_error() -> None:
    told = contents(USER, assistant(call("a")), {**result("a", "no such city"), "is_error": True})

    assert told[-1]["parts"][0]["functionResponse"]["response"] == {"error": "no such city"}


def test_a_result_without_its_call_is_refused() -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        contents(USER, assistant(call("a")), result("z", "1"))

    assert caught.value.param == "messages[2].tool_call_id"


@pytest.mark.parametrize(
    ("model", "sends"), [(OLD, False), (NEW, True), (NEWEST, True), ("gemini-3.7-flash", True)]
)
def test_vertex_sees_the_ids_of_calls_from_gemini_3_on(model: str, sends: bool) -> None:
    told = contents(USER, assistant(call("a")), result("a", "1"), model=model, quirks=VERTEX)

    assert ("id" in told[1]["parts"][0]["functionCall"]) is sends
    assert ("id" in told[2]["parts"][0]["functionResponse"]) is sends


@pytest.mark.parametrize(("arguments", "args"), [("", {}), (" ", {}), ('{"a":1.0}', {"a": 1.0})])
def test_arguments_go_as_an_object(arguments: str, args: Json) -> None:
    told = contents(USER, assistant(call("a", arguments=arguments)), USER)

    assert told[1]["parts"][0]["functionCall"]["args"] == args


@pytest.mark.parametrize("arguments", ["{", "[1]", "null"])
def test_arguments_that_are_no_object_go_as_their_text(arguments: str) -> None:
    told = sent(messages=[USER, assistant(call("a", arguments=arguments)), USER])

    assert told.body["contents"][1]["parts"][0]["functionCall"]["args"] == {"_raw": arguments}
    assert told.losses == ["emulated /messages/1/tool_calls/0/function/arguments"]


def test_the_deprecated_functions_are_calls_and_results_too() -> None:
    told = contents(
        USER,
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "1"},
        model=OLD,
    )

    assert told[1]["parts"] == [{"functionCall": {"name": "f", "args": {}}}]
    assert told[2]["parts"] == [{"functionResponse": {"name": "f", "response": {"output": "1"}}}]


@pytest.mark.parametrize(("model", "inside"), [(NEW, True), (OLD, False)])
def test_images_of_a_result_stand_in_it_or_behind_it(model: str, inside: bool) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    messages = [USER, assistant(call("a")), result("a", [picture])]

    told = sent(model, messages=messages)

    first, *behind = told.body["contents"][2]["parts"]
    image = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    assert first["functionResponse"].get("parts", behind) == [image]
    assert (behind == []) is inside
    assert told.losses == ([] if inside else ["emulated /messages/2/content"])


# Signatures.


def test_signatures_go_back_with_their_calls_and_the_first_of_a_step_never_lacks_one() -> None:
    told = contents(
        USER,
        assistant(call("a", signed=True), call("b")),
        result("a", "1"),
        result("b", "2"),
        assistant(call("c"), call("d")),
        result("c", "3"),
        result("d", "4"),
    )

    signatures = [
        part.get("thoughtSignature")
        for content in told
        for part in content["parts"]
        if "functionCall" in part
    ]
    assert signatures == ["S1", None, "skip_thought_signature_validator", None]


def test_older_models_need_no_signature() -> None:
    assert "thoughtSignature" not in contents(USER, assistant(call("a")), model=OLD)[1]["parts"][0]


def detail(**fields: Any) -> Json:
    return {"type": "reasoning.text", "format": "google-gemini-v1", **fields}


def test_signed_thoughts_go_back_and_others_are_told_as_lost() -> None:
    message = {
        "role": "assistant",
        "content": "Cold.",
        "reasoning_content": "Hm.Ah.",
        "reasoning_details": [
            detail(text="Hm.", signature="S1", index=0),
            detail(text="Ah.", index=1),
            detail(text="", signature="S2", index=2),
            {"type": "reasoning.text", "text": "x", "format": "anthropic-claude-v1"},
        ],
    }

    told = sent(messages=[USER, message, USER])

    assert told.body["contents"][1]["parts"] == [
        {"text": "Hm.", "thought": True, "thoughtSignature": "S1"},
        {"text": "Cold.", "thoughtSignature": "S2"},
    ]
    assert told.losses == [
        "dropped /messages/1/reasoning_details/1",
        "dropped /messages/1/reasoning_details/3",
        "dropped /messages/1/reasoning_content",
    ]


CODE = {"executableCode": {"language": "PYTHON", "code": "1"}}


def native(*parts: Json, content: str, **rest: Any) -> Json:
    carried = {"format": "google-gemini-v1", "content": list(parts)}
    return {"role": "assistant", "content": content, "native_content": carried, **rest}


def test_an_answer_of_geminis_own_goes_back_as_it_came() -> None:
    called = {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "S1"}
    message = native(
        CODE,
        {"text": "1"},
        called,
        content="1",
        tool_calls=[call("made", arguments='{"a":1}', signed=True)],
    )

    told = sent(messages=[USER, message, result("made", "2")])

    assert told.body["contents"][1]["parts"] == [
        CODE,
        {"text": "1"},
        {
            "functionCall": {"id": "made", "name": "f", "args": {"a": 1}},
            "thoughtSignature": "S1",
        },
    ]
    assert told.losses == []


def test_an_answer_that_was_changed_since_counts_as_it_is() -> None:
    told = sent(messages=[USER, native(CODE, {"text": "1"}, content="2"), USER])

    assert told.body["contents"][1]["parts"] == [{"text": "2"}]
    assert told.losses == ["dropped /messages/1/native_content"]


def test_a_call_that_was_changed_since_counts_as_it_is() -> None:
    called = {"functionCall": {"name": "f", "args": {"a": 1}}}
    message = native(CODE, called, content="", tool_calls=[call("x", arguments='{"a":2}')])

    told = sent(messages=[USER, message, USER])

    (part,) = told.body["contents"][1]["parts"]
    assert part["functionCall"]["args"] == {"a": 2}
    assert told.losses == ["dropped /messages/1/native_content"]


def test_a_conversation_that_goes_on_is_sent_with_the_same_beginning() -> None:
    messages = [
        {"role": "system", "content": "s"},
        USER,
        assistant(call("a", signed=True)),
        result("a", "1"),
        {"role": "assistant", "content": "Cold."},
        USER,
    ]
    sendings = [json.dumps(contents(*messages[:n])) for n in range(2, len(messages) + 1)]

    for shorter, longer in itertools.pairwise(sendings):
        assert longer.startswith(shorter.removesuffix("]"))


def test_the_newest_models_do_not_go_on_with_words_of_their_own() -> None:
    messages = [USER, {"role": "assistant", "content": "Well,"}]

    assert sent(NEW, messages=messages).losses == []
    with pytest.raises(UnsupportedParameterError, match="expected words of the user"):
        sent(NEWEST, messages=messages)


# Media.


def image(url: str, **rest: Any) -> Json:
    return {"type": "image_url", "image_url": {"url": url, **rest}}


def test_media_by_value_and_by_address() -> None:
    told = parts(
        image("data:image/png;base64,aGk="),
        image("https://x.example/a.JPG?b=c"),
        image("https://x.example/a"),
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk="}},
        {"type": "file", "file": {"file_id": "gs://bucket/a.mp4"}},
    )

    assert told == [
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
        {"fileData": {"fileUri": "https://x.example/a.JPG?b=c", "mimeType": "image/jpeg"}},
        {"fileData": {"fileUri": "https://x.example/a"}},
        {"inlineData": {"mimeType": "audio/mp3", "data": "aGk="}},
        {"inlineData": {"mimeType": "application/pdf", "data": "aGk="}},
        {"fileData": {"fileUri": "gs://bucket/a.mp4", "mimeType": "video/mp4"}},
    ]


@pytest.mark.parametrize(
    "part",
    [
        image("data:image/png,hi"),
        image("x"),
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "file": {"file_data": "aGk="}},
        {"type": "file", "file": {}},
    ],
)
def test_media_that_cannot_be_found_are_refused(part: Json) -> None:
    with pytest.raises(UnsupportedParameterError, match="expected"):
        parts(part)


def test_vertex_wants_to_know_what_kind_of_file_it_is() -> None:
    message = {"role": "user", "content": [image("https://x.example/a")]}

    with pytest.raises(UnsupportedParameterError) as caught:
        contents(message, quirks=VERTEX)

    assert caught.value.param == "messages[0].content[0].image_url.url"


def test_how_closely_to_look_is_told_from_gemini_3_on() -> None:
    picture = image("data:image/png;base64,aGk=", detail="high")
    messages = [{"role": "user", "content": [picture]}]

    (part,) = parts(picture)

    assert part["mediaResolution"] == {"level": "MEDIA_RESOLUTION_HIGH"}
    assert sent(OLD, messages=messages).losses == ["dropped /messages/0/content/0/image_url/detail"]
