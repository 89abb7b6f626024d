"""What becomes of a request on its way to a provider that speaks Responses."""

from typing import Any

import pytest

from dragoman.dialects import openai_responses
from dragoman.dialects.openai_responses import Profile, Quirks
from dragoman.dialects.openai_responses.families import FAMILIES, family_of
from dragoman.errors import ConfigurationError, Error, UnsupportedParameterError
from tests.unit.dialects.responses.sending import function, part, sent
from tests.unit.dialects.targets import RESPONSES_MODELS

SEARCH = {"type": "web_search", "filters": {"allowed_domains": ["example.com"]}}


def test_every_family_is_tried_with_one_of_its_models() -> None:
    found = {name: family_of(model).name for name, model in RESPONSES_MODELS.items()}

    assert found == {family.name: family.name for family in FAMILIES}


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-7-nova", "gpt-5.5"),
        ("gpt-10", "gpt-5.5"),
        ("gpt-5.4-pro-2026-03-05", "pro"),
        ("o4-mini-deep-research", "o-series"),
        ("ft:gpt-4.1-mini:acme::x", "classic"),
        ("grok-4.3", "classic"),
    ],
)
def test_a_model_that_nobody_here_has_met_belongs_to_a_family_all_the_same(
    model: str, family: str
) -> None:
    assert family_of(model).name == family


def test_nothing_is_stored_unless_the_caller_says_so() -> None:
    assert sent().body["store"] is False
    assert sent(store=False).body["store"] is False
    assert sent(store=True).body["store"] is True


def test_models_that_reason_are_asked_for_their_reasoning_encrypted() -> None:
    assert sent("gpt-5-pro").body["include"] == ["reasoning.encrypted_content"]
    assert "include" not in sent("gpt-4o").body


def test_what_the_caller_wants_included_comes_besides() -> None:
    own = ["file_search_call.results", "reasoning.encrypted_content"]

    assert sent(include=own).body["include"] == [
        "reasoning.encrypted_content",
        "file_search_call.results",
    ]


@pytest.mark.parametrize(
    ("model", "effort", "level"),
    [
        ("gpt-5-pro", "low", "high"),
        ("gpt-5.2-pro", "minimal", "medium"),
        ("o3", "xhigh", "high"),
        ("gpt-5", "none", "minimal"),
        ("gpt-6-sol", "max", "xhigh"),
        ("gpt-6-sol", "minimal", "none"),
    ],
)
def test_a_level_that_the_model_has_not_is_sent_as_the_nearest(
    model: str, effort: str, level: str
) -> None:
    body, losses = sent(model, reasoning_effort=effort)

    assert body["reasoning"]["effort"] == level
    assert losses == ["clamped /reasoning_effort"]


def test_who_asks_for_effort_gets_a_summary_of_it() -> None:
    assert sent(reasoning_effort="low").body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert sent(reasoning_effort="none").body["reasoning"] == {"effort": "none"}
    assert "reasoning" not in sent().body


def test_the_callers_own_reasoning_comes_first() -> None:
    own = {"summary": "detailed"}

    assert sent(reasoning=own, reasoning_effort="low").body["reasoning"] == {
        "effort": "low",
        "summary": "detailed",
    }
    body, losses = sent(reasoning={"effort": "high"}, reasoning_effort="low")
    assert body["reasoning"] == {"effort": "high"}
    assert losses == ["dropped /reasoning_effort"]


def test_sampling_is_for_models_that_do_not_reason_just_now() -> None:
    assert sent("gpt-5.1", temperature=0.2).body["temperature"] == 0.2
    assert sent("gpt-5.1", temperature=0.2, reasoning_effort="low").losses == [
        "dropped /temperature"
    ]
    assert sent("gpt-6-sol", temperature=1, top_p=1).losses == []


def test_log_probabilities_are_asked_for_by_what_is_included() -> None:
    body, losses = sent("gpt-4o", logprobs=True, top_logprobs=3)

    assert body["include"] == ["message.output_text.logprobs"]
    assert body["top_logprobs"] == 3
    assert losses == []


def test_functions_say_whether_they_are_strict_and_what_they_take() -> None:
    body, _ = sent(tools=[function("f"), function("g", strict=True, description="G")])

    assert body["tools"] == [
        {
            "type": "function",
            "name": "f",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        },
        {
            "type": "function",
            "name": "g",
            "description": "G",
            "parameters": {"type": "object", "properties": {}},
            "strict": True,
        },
    ]


def test_a_grammar_is_flat() -> None:
    grammar = {"definition": "a+", "syntax": "regex"}
    custom = {"name": "c", "format": {"type": "grammar", "grammar": grammar}}

    body, _ = sent(tools=[{"type": "custom", "custom": custom}])

    told = {"type": "custom", "name": "c", "format": {"type": "grammar", **grammar}}
    assert body["tools"] == [told]


def test_tools_that_the_provider_runs_go_along_as_they_were_written() -> None:
    body, losses = sent(tools=[SEARCH])

    assert (body["tools"], losses) == ([SEARCH], [])


def test_web_search_options_offer_the_search_of_the_provider() -> None:
    place = {"country": "NO", "city": "Oslo"}
    wanted = {
        "search_context_size": "low",
        "user_location": {"type": "approximate", "approximate": place},
    }

    body, losses = sent(web_search_options=wanted)

    assert body["tools"] == [
        {
            "type": "web_search",
            "search_context_size": "low",
            "user_location": {"type": "approximate", **place},
        }
    ]
    assert losses == ["emulated /web_search_options"]


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("required", "required"),
        (named("f"), {"type": "function", "name": "f"}),
        ({"type": "custom", "custom": {"name": "c"}}, {"type": "custom", "name": "c"}),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [named("f"), {"type": "mcp"}]},
            },
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}, {"type": "mcp"}],
            },
        ),
    ],
)
def test_a_choice_is_flat(choice: Any, told: Any) -> None:
    assert sent(tools=[function("f")], tool_choice=choice).body["tool_choice"] == told


def test_words_that_only_this_dialect_knows_go_along() -> None:
    own: dict[str, Any] = {
        "service_tier": "ultrafast",
        "prompt_cache_retention": "1h",
        "prompt_cache_options": {"mode": "explicit", "comparison_response_id": "resp_1"},
        "text": {"later": 1},
        "truncation": "auto",
    }

    body, losses = sent(**own, verbosity="low")

    assert {key: body[key] for key in own} == {**own, "text": {"later": 1, "verbosity": "low"}}
    assert losses == []


def test_a_text_that_is_no_object_is_told_as_lost() -> None:
    assert sent(text="x").losses == ["dropped /text"]


def test_a_choice_of_a_tool_that_the_provider_runs_goes_along() -> None:
    search = {"type": "file_search", "vector_store_ids": ["vs_1"]}

    body, losses = sent(tools=[search], tool_choice={"type": "file_search"})

    assert (body["tool_choice"], losses) == ({"type": "file_search"}, [])


def test_a_schema_is_flat() -> None:
    schema = {"type": "object", "properties": {}}
    wanted = {"name": "o", "description": "O", "schema": schema, "strict": True}

    body, _ = sent(response_format={"type": "json_schema", "json_schema": wanted}, verbosity="low")

    assert body["text"] == {"format": {"type": "json_schema", **wanted}, "verbosity": "low"}


@pytest.mark.parametrize("field", ["reasoning", "include", "new", "instructions"])
def test_what_cannot_be_sent_as_it_was_set_is_told(field: str) -> None:
    odd: dict[str, Any] = {field: 7}

    assert sent(**odd).losses == [f"dropped /{field}"]


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_bound_below_sixteen_is_sent_as_sixteen(field: str) -> None:
    least: dict[str, Any] = {field: 10}
    more: dict[str, Any] = {field: 17}

    body, losses = sent(**least)

    assert (body["max_output_tokens"], losses) == (16, [f"clamped /{field}"])
    assert sent(**more).body["max_output_tokens"] == 17


@pytest.mark.parametrize("field", ["previous_response_id", "conversation", "background", "prompt"])
def test_what_rests_on_something_kept_is_refused_by_name(field: str) -> None:
    kept: dict[str, Any] = {field: "x"}

    with pytest.raises(UnsupportedParameterError) as refused:
        sent(**kept)

    assert refused.value.param == field


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"logprobs": True}, "logprobs"),
        ({"seed": 1}, "seed"),
    ],
)
def test_what_may_not_be_lost_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(UnsupportedParameterError) as refused:
        sent(on_loss="refuse", **fields)

    assert refused.value.param == param


def test_an_image_has_a_plain_address_and_always_a_detail() -> None:
    url = "https://example.com/a.png"

    told = part(type="image_url", image_url={"url": url})

    assert told == {"type": "input_image", "image_url": url, "detail": "auto"}


def test_a_breakpoint_in_openais_spelling_is_carried() -> None:
    mark = {"mode": "explicit"}

    told = part(type="text", text="x", prompt_cache_breakpoint=mark)

    assert told == {"type": "input_text", "text": "x", "prompt_cache_breakpoint": mark}


def test_a_part_of_the_dialects_own_goes_along() -> None:
    own = {"type": "input_file", "file_url": "https://example.com/a.pdf"}

    assert part(**own) == own


def test_the_base_model_tells_what_a_deployment_takes() -> None:
    assert "include" in sent("my-deployment", base_model="gpt-5-mini").body


def test_a_family_may_be_given_to_ones_own_names() -> None:
    quirks = Quirks(families={"grok-4.3": "gpt-oss"})

    assert "include" in sent("Grok-4.3", quirks=quirks).body
    with pytest.raises(ConfigurationError, match="expected one of o-series"):
        sent("x", quirks=Quirks(families={"x": "y"}))


def test_a_host_without_a_list_of_models_says_so() -> None:
    asked = openai_responses.encode_models_request()

    assert (asked.method, asked.path) == ("GET", "/models")
    with pytest.raises(ConfigurationError, match="lists none"):
        openai_responses.encode_models_request(profile=Profile(quirks=Quirks(models_path=None)))


def test_the_list_of_models_is_read() -> None:
    body = b'{"object":"list","data":[{"id":"gpt-5-pro","created":17,"owned_by":"openai"}]}'

    model = openai_responses.decode_models(body).data[0]

    assert (model.id, model.created, model.owned_by) == ("gpt-5-pro", 17, "openai")
    for none in (b"[]", b"{}", b"<", b'{"data":[{}]}'):
        with pytest.raises(Error):
            openai_responses.decode_models(none)
