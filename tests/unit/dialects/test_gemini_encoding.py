"""What Gemini is sent for a request, and what is lost on the way."""

import json
from typing import Any

import pytest

from dragoman.dialects import gemini, openai_chat
from dragoman.dialects.gemini import Quirks
from dragoman.dialects.gemini.families import FAMILIES, family_of
from dragoman.errors import UnsupportedParameterError
from tests.gemini import ASKED, Json, sent
from tests.unit.dialects.targets import GEMINI_MODELS

OLD, NEW, NEWEST = "gemini-2.5-flash", "gemini-3-flash-preview", "gemini-4-neon"
USER = {"role": "user", "content": "Oslo?"}
VERTEX = Quirks(call_ids=False, media_types=True, labels=True, service_tiers=False)


def tool(name: str = "f", **function: Any) -> Json:
    return {"type": "function", "function": {"name": name, **function}}


def test_every_family_is_tried_with_one_of_its_models() -> None:
    assert {name: family_of(model).name for name, model in GEMINI_MODELS.items()} == {
        family.name: family.name for family in FAMILIES
    }


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("models/gemini-2.5-pro-preview-05-06", "2.5-pro"),
        ("gemini-3.1-flash-lite", "3-flash"),
        ("gemini-3.1-pro-preview", "3.7"),
        ("gemini-3.9-flash", "3.7"),
        ("gemini-flash-latest", "4"),
        ("gemini-7-xenon", "4"),
    ],
)
def test_a_model_belongs_to_the_family_of_its_name_and_else_to_the_newest(
    model: str, family: str
) -> None:
    assert family_of(model).name == family


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-9", "/models/gemini-9:generateContent"),
        ("models/gemini-9", "/models/gemini-9:generateContent"),
        ("tunedModels/mine", "/tunedModels/mine:generateContent"),
        ("a b?c", "/models/a%20b%3Fc:generateContent"),
    ],
)
def test_the_path_names_the_model_once(model: str, path: str) -> None:
    request = openai_chat.decode_request(json.dumps({"model": "x", "messages": ASKED}).encode())

    assert gemini.encode_request(request, model=model).path == path


def test_a_stream_is_asked_for_in_the_path_and_as_events() -> None:
    asked = {"model": "x", "messages": ASKED, "stream": True}
    request = openai_chat.decode_request(json.dumps(asked).encode())

    encoded = gemini.encode_request(request, model="g")

    assert encoded.path == "/models/g:streamGenerateContent?alt=sse"
    assert b"stream" not in encoded.body


def test_all_functions_stand_in_one_tool_with_their_schemas_as_they_came() -> None:
    schema = {"$schema": "x", "type": "object", "properties": {}, "additionalProperties": False}

    told = sent(tools=[tool("f", description="d", parameters=schema), tool("g")])

    (only,) = told.body["tools"]
    assert only["functionDeclarations"] == [
        {"name": "f", "description": "d", "parametersJsonSchema": schema},
        {"name": "g"},
    ]


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (tool("f"), {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [tool("f")]}},
            {"mode": "ANY", "allowedFunctionNames": ["f"]},
        ),
    ],
)
def test_a_choice_of_tools_is_a_mode(choice: Any, config: Json) -> None:
    told = sent(tools=[tool("f")], tool_choice=choice)

    assert told.body["toolConfig"] == {"functionCallingConfig": config}
    assert told.losses == []


def test_tools_of_which_one_is_required_are_all_offered() -> None:
    tools = [tool("f"), tool("g")]
    allowed = {"mode": "required", "tools": [tool("g")]}

    told = sent(tools=tools, tool_choice={"type": "allowed_tools", "allowed_tools": allowed})

    assert len(told.body["tools"][0]["functionDeclarations"]) == 2


def test_of_allowed_tools_only_those_are_offered() -> None:
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [tool("g")]}}

    told = sent(tools=[tool("f"), tool("g")], tool_choice=allowed)

    assert told.body["tools"] == [{"functionDeclarations": [{"name": "g"}]}]
    assert told.losses == ["emulated /tool_choice"]


def test_calls_are_held_to_their_schemas_where_a_function_is_strict() -> None:
    told = sent(tools=[tool("f", strict=True), tool("g", strict=False)])

    assert told.body["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}
    assert told.losses == ["emulated /tools/0/function/strict"]


def test_a_custom_tool_is_a_function_of_one_text() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}}
    custom = {"type": "custom", "custom": {"name": "x", "description": "d", "format": grammar}}

    told = sent(tools=[custom], tool_choice={"type": "custom", "custom": {"name": "x"}})

    (declared,) = told.body["tools"][0]["functionDeclarations"]
    assert declared["description"] == "d\n\nThe input follows this grammar (regex):\na+"
    assert list(declared["parametersJsonSchema"]["properties"]) == ["input"]
    assert told.body["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"] == ["x"]
    assert told.losses == ["emulated /tools/0"]


@pytest.mark.parametrize("name", ["2fa", "-x", "naïve", "", "a b"])
def test_a_name_that_gemini_does_not_take_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        sent(tools=[tool(name)])

    assert caught.value.param == "tools[0].function.name"


def test_a_search_is_googles_and_older_models_take_none_beside_functions() -> None:
    options = {"search_context_size": "low"}

    both = sent(NEW, tools=[tool()], web_search_options=options)
    old = sent(OLD, tools=[tool()], web_search_options=options)

    assert both.body["tools"][1] == {"googleSearch": {}}
    assert both.body["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert both.losses == ["renamed /web_search_options"]
    assert len(old.body["tools"]) == 1
    assert old.losses == ["dropped /web_search_options"]


FORMAT = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}


def test_a_schema_is_sent_as_it_is() -> None:
    told = sent(response_format=FORMAT)

    assert told.body["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
    }
    assert told.losses == ["dropped /response_format/json_schema/name"]


def test_older_models_are_told_the_schema_beside_tools() -> None:
    told = sent(OLD, response_format=FORMAT, tools=[tool()])

    assert "generationConfig" not in told.body
    assert told.body["systemInstruction"]["parts"][0]["text"].endswith('{"type":"object"}')
    assert "emulated /response_format" in told.losses


@pytest.mark.parametrize(
    ("model", "effort", "config", "lost"),
    [
        (OLD, "medium", {"includeThoughts": True, "thinkingBudget": 8192}, False),
        (OLD, "none", {"thinkingBudget": 0}, False),
        (OLD, "max", {"includeThoughts": True, "thinkingBudget": 24576}, True),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128}, True),
        (NEW, "minimal", {"includeThoughts": True, "thinkingLevel": "MINIMAL"}, False),
        (NEW, "none", {"thinkingLevel": "MINIMAL"}, True),
        (
            "gemini-3-pro-preview",
            "medium",
            {"includeThoughts": True, "thinkingLevel": "HIGH"},
            True,
        ),
        ("gemini-3.7-flash", "none", {"thinkingLevel": "LOW"}, True),
        (NEWEST, "high", {"includeThoughts": True, "thinkingLevel": "HIGH"}, False),
        ("gemini-2.0-flash", "high", None, True),
    ],
)
def test_how_hard_to_think_is_a_level_or_a_budget(
    model: str, effort: str, config: Json | None, lost: bool
) -> None:
    told = sent(model, reasoning_effort=effort)

    assert told.body.get("generationConfig", {}).get("thinkingConfig") == config
    assert bool(told.losses) is lost


def test_a_configuration_in_geminis_own_words_counts_before_an_effort() -> None:
    own = {"thinkingBudget": -1}

    told = sent(OLD, thinking_config=own, reasoning_effort="low", safety_settings=[{"a": 1}])

    assert told.body["generationConfig"]["thinkingConfig"] == own
    assert told.body["safetySettings"] == [{"a": 1}]
    assert told.losses == ["dropped /reasoning_effort"]


@pytest.mark.parametrize("name", ["continuation_token", "continuationToken"])
def test_an_answer_that_was_cut_can_be_had_go_on(name: str) -> None:
    asked: Json = {name: "tok", "max_completion_tokens": 9}

    told = sent("gemini-4-argon", **asked)

    assert told.body["continuationToken"] == "tok"
    assert told.body["generationConfig"] == {"maxOutputTokens": 9}
    assert told.losses == []


def test_what_is_said_twice_counts_once_and_is_told() -> None:
    told = sent(
        tools=[tool()],
        tool_choice="none",
        function_call="auto",
        safety_settings=[],
        safetySettings=[{"a": 1}],
    )

    assert told.body["toolConfig"] == {"functionCallingConfig": {"mode": "NONE"}}
    assert told.body["safetySettings"] == []
    assert told.losses == ["dropped /function_call", "dropped /safetySettings"]


def test_the_plain_parameters_have_other_names() -> None:
    told = sent(
        temperature=0.5, top_p=0.9, top_k=5, max_tokens=7, stop="x", seed=3, n=2,
        presence_penalty=1, frequency_penalty=-1, logprobs=True, top_logprobs=2,
        service_tier="flex",
    )  # fmt: skip

    assert told.body["generationConfig"] == {
        "candidateCount": 2, "maxOutputTokens": 7, "temperature": 0.5, "topP": 0.9, "topK": 5,
        "presencePenalty": 1, "frequencyPenalty": -1, "stopSequences": ["x"], "seed": 3,
        "responseLogprobs": True, "logprobs": 2,
    }  # fmt: skip
    assert told.body["serviceTier"] == "flex"
    assert told.losses == []


def test_a_penalty_stays_below_two() -> None:
    told = sent(presence_penalty=2)

    assert told.body["generationConfig"]["presencePenalty"] < 2
    assert told.losses == ["clamped /presence_penalty"]


def test_a_seed_is_of_31_bits() -> None:
    told = sent(seed=2**31 + 5)

    assert (told.body["generationConfig"]["seed"], told.losses) == (5, ["clamped /seed"])


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 9},
        {"modalities": ["text", "audio"], "audio": {"voice": "v", "format": "pcm16"}},
        {"tool_choice": "required"},
        {"response_format": {"type": "grammar"}},
    ],
)
def test_what_changes_the_meaning_is_refused(fields: Json) -> None:
    with pytest.raises(UnsupportedParameterError):
        sent(**fields)


def test_the_newest_models_give_one_choice_and_take_no_sampling() -> None:
    told = sent(NEWEST, n=1, temperature=0.2, top_k=4, presence_penalty=1)

    assert "generationConfig" not in told.body
    assert sorted(told.losses) == [
        "dropped /presence_penalty",
        "dropped /temperature",
        "dropped /top_k",
    ]
    with pytest.raises(UnsupportedParameterError, match="a single choice"):
        sent(NEWEST, n=2)


def test_models_made_for_speech_answer_in_samples() -> None:
    audio = {"voice": "Kore", "format": "pcm16"}

    told = sent("gemini-2.5-flash-preview-tts", modalities=["audio"], audio=audio)

    assert told.body["generationConfig"]["responseModalities"] == ["AUDIO"]
    assert "Kore" in json.dumps(told.body["generationConfig"]["speechConfig"])
    with pytest.raises(UnsupportedParameterError, match="expected pcm16"):
        sent(
            "gemini-2.5-flash-preview-tts",
            modalities=["audio"],
            audio={"voice": "Kore", "format": "mp3"},
        )


def test_beside_a_named_cache_there_are_no_instructions_and_tools() -> None:
    system = {"role": "system", "content": "s"}

    told = sent(messages=[system, USER], tools=[tool()], cached_content="cachedContents/1")

    assert told.body.keys() == {"contents", "cachedContent"}
    assert told.losses == ["dropped /tools", "dropped /messages/0"]


def test_vertex_has_labels_for_metadata_and_headers_for_tiers() -> None:
    told = sent(metadata={"team": "red"}, service_tier="flex", quirks=VERTEX)
    loud = sent(metadata={"Team": "Red"}, quirks=VERTEX)

    assert told.body["labels"] == {"team": "red"}
    assert told.losses == ["dropped /service_tier"]
    assert loud.losses == ["dropped /metadata"]


def test_a_loss_is_refused_where_none_may_be() -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        sent(verbosity="low", on_loss="refuse")

    assert caught.value.param == "verbosity"
