"""OpenAI's model families: which name belongs where, and what each family takes."""

from typing import Any

import pytest

from dragoman.dialects.openai_chat.families import FAMILIES, family_of
from dragoman.errors import UnsupportedParameterError
from tests.unit.dialects.sending import sent

BELONGS = {
    "classic": [
        "gpt-3.5-turbo-0125",
        "gpt-35-turbo",
        "gpt-4",
        "gpt-4-0613",
        "gpt-4-1106-preview",
        "gpt-4o-mini-2024-07-18",
        "gpt-4.1-nano",
        "chatgpt-4o-latest",
        "gpt-4o-audio-preview-2025-06-03",
        "gpt-audio",
        "openai/gpt-4o",
        "ft:gpt-4o-mini-2024-07-18:harbour::9xYz",
        "omni-moderation",
        "prod-deployment",
    ],
    "search-preview": ["gpt-4o-search-preview", "gpt-4o-mini-search-preview-2025-03-11"],
    "o1-mini": ["o1-mini", "o1-mini-2024-09-12", "o1-preview", "o1-preview-2024-09-12"],
    "o-pro": ["o1-pro-2025-03-19", "o3-pro", "openai/o3-pro"],
    "o1": ["o1", "o1-2024-12-17"],
    "o3-mini": ["o3-mini", "o3-mini-2025-01-31"],
    "o-series": ["o3", "o3-2025-04-16", "o4-mini", "O4-mini", "o5", "o10-mini", "openai/o4-mini"],
    "gpt-5-chat": ["gpt-5-chat-latest"],
    "fixed-effort": [
        "gpt-5-pro",
        "gpt-5-pro-2025-10-06",
        "gpt-5.2-pro",
        "gpt-5.1-chat-latest",
        "gpt-5.3-chat",
    ],
    "gpt-5-codex": ["gpt-5-codex", "gpt-5.1-codex", "gpt-5.1-codex-mini"],
    "codex": ["gpt-5.1-codex-max", "gpt-5.2-codex", "gpt-5.3-codex-spark"],
    "gpt-5": [
        "gpt-5",
        "gpt-5-2025-08-07",
        "gpt-5-mini",
        "gpt-5-nano-2025-08-07",
        "openai/gpt-5-mini",
        "azure/openai/gpt-5",
        "ft:gpt-5-mini-2025-08-07:harbour::9xYz",
        "gpt-5-something-new",
        "gpt-5:free",
    ],
    "gpt-5.1": ["gpt-5.1", "gpt-5.1-2025-11-13"],
    "gpt-5.2": ["gpt-5.2", "gpt-5.3", "gpt-5.4-mini", "gpt-5.4-2026-03-05"],
    "gpt-5.5": [
        "gpt-5.5",
        "gpt-5.6-sol",
        "gpt-5.6-terra",
        "gpt-5.6-luna",
        "gpt-5.10",
        "gpt-6-sol",
        "gpt-6-luna",
        "gpt-6.1-terra",
        "gpt-6-something-new",
        "openai/gpt-6",
    ],
    "gpt-6-astra": ["gpt-6-astra", "gpt-6.1-sol", "gpt-6.2-astra", "gpt-6.2-sol"],
}

SAMPLING: dict[str, Any] = {
    "temperature": 0.2,
    "top_p": 0.5,
    "presence_penalty": 1,
    "frequency_penalty": 1,
}


@pytest.mark.parametrize(
    ("model", "name"), [(model, name) for name, models in BELONGS.items() for model in models]
)
def test_a_name_belongs_to_the_family_that_the_reference_says(model: str, name: str) -> None:
    assert family_of(model).name == name


def test_every_family_is_named_once_and_has_members() -> None:
    assert sorted(BELONGS) == sorted(family.name for family in FAMILIES)


@pytest.mark.parametrize("written", ["system", "developer"])
@pytest.mark.parametrize(
    ("model", "role"),
    [
        ("gpt-4o", "system"),
        ("gpt-4o-search-preview", "system"),
        ("gpt-5-chat-latest", "system"),
        ("o4-mini", "developer"),
        ("gpt-5-mini", "developer"),
        ("gpt-6-astra", "developer"),
    ],
)
def test_instructions_go_out_under_the_role_of_the_family(
    model: str, role: str, written: str
) -> None:
    body, losses = sent(model, messages=[{"role": written, "content": "Be brief."}])

    assert body["messages"][0]["role"] == role
    assert losses == []


def test_what_knows_neither_system_nor_developer_hears_a_user() -> None:
    body, losses = sent("o1-mini", messages=[{"role": "system", "content": "Be brief."}])

    assert body["messages"] == [{"role": "user", "content": "Be brief."}]
    assert losses == ["emulated /messages/0/role"]


def test_both_roles_in_one_conversation_become_one() -> None:
    conversation = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Be kind."},
    ]

    body, _ = sent("o3", messages=conversation)

    assert [message["role"] for message in body["messages"]] == ["developer", "developer"]


@pytest.mark.parametrize("written", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("model", ["o1-mini", "o3", "gpt-5", "gpt-5-pro", "gpt-6-astra"])
def test_models_that_reason_are_bound_by_completion_tokens(model: str, written: str) -> None:
    bound: dict[str, Any] = {written: 50}

    body, losses = sent(model, **bound)

    assert body["max_completion_tokens"] == 50
    assert "max_tokens" not in body
    assert losses == []


@pytest.mark.parametrize("written", ["max_tokens", "max_completion_tokens"])
def test_other_models_keep_the_bound_as_it_was_written(written: str) -> None:
    bound: dict[str, Any] = {written: 50}

    body, losses = sent("gpt-4o", **bound)

    assert body[written] == 50
    assert losses == []


NONE = {"reasoning_effort": "none"}
LOW = {"reasoning_effort": "low"}


@pytest.mark.parametrize(
    ("model", "beside", "accepted"),
    [
        ("gpt-4o", {}, True),
        ("gpt-5-chat-latest", {}, True),
        ("o1-mini", {}, False),
        ("o4-mini", {}, False),
        ("gpt-5", {}, False),
        ("gpt-5", NONE, False),
        ("gpt-5-pro", {}, False),
        ("gpt-5.1-chat-latest", {}, False),
        ("gpt-5.2-codex", {}, False),
        ("gpt-5.1", {}, True),
        ("gpt-5.4", NONE, True),
        ("gpt-5.4", LOW, False),
        ("gpt-5.5", {}, False),
        ("gpt-5.5", NONE, True),
        ("gpt-6-sol", {}, False),
        ("gpt-6-sol", NONE, True),
        ("gpt-6-astra", {}, False),
        ("gpt-6-astra", NONE, False),
    ],
)
def test_sampling_goes_out_only_where_nobody_reasons(
    model: str, beside: dict[str, Any], accepted: bool
) -> None:
    body, losses = sent(model, **SAMPLING, **beside)

    assert {key: body[key] for key in SAMPLING if key in body} == (SAMPLING if accepted else {})
    assert [f"dropped /{key}" in losses for key in SAMPLING] == [not accepted] * len(SAMPLING)


def test_an_effort_that_is_clamped_to_none_lets_sampling_through() -> None:
    body, losses = sent("gpt-5.1", reasoning_effort="minimal", temperature=0.2)

    assert (body["reasoning_effort"], body["temperature"]) == ("none", 0.2)
    assert losses == ["clamped /reasoning_effort"]


def test_sampling_at_its_default_is_left_out_and_nothing_is_lost() -> None:
    body, losses = sent("o3", temperature=1, top_p=1, presence_penalty=0, logprobs=False)

    assert body.keys() == {"model", "messages"}
    assert losses == []


def test_token_biases_are_sampling_too() -> None:
    assert sent("o3", logit_bias={"17": -100}).losses == ["dropped /logit_bias"]
    assert sent("gpt-4o", logit_bias={"17": -100}).losses == []


@pytest.mark.parametrize("model", ["o3", "gpt-5", "gpt-5.5", "gpt-6-astra"])
def test_log_probabilities_of_a_model_that_reasons_are_refused(model: str) -> None:
    with pytest.raises(UnsupportedParameterError, match=r"logprobs: .* has none") as raised:
        sent(model, logprobs=True)

    assert raised.value.param == "logprobs"


def test_a_search_model_refuses_sampling_and_several_choices() -> None:
    body, losses = sent("gpt-4o-search-preview", temperature=0.2, n=1, web_search_options={})

    assert body.keys() == {"model", "messages", "web_search_options"}
    assert losses == ["dropped /temperature"]
    with pytest.raises(UnsupportedParameterError, match="n: expected 1"):
        sent("gpt-4o-search-preview", n=2)


@pytest.mark.parametrize(
    ("model", "levels"),
    [
        ("o3", {"none": "low", "minimal": "low", "high": "high", "xhigh": "high", "max": "high"}),
        ("gpt-5", {"none": "minimal", "minimal": "minimal", "xhigh": "high", "max": "high"}),
        ("gpt-5.1", {"none": "none", "minimal": "none", "xhigh": "high"}),
        ("gpt-5.2", {"none": "none", "xhigh": "xhigh", "max": "xhigh"}),
        ("gpt-5.1-codex", {"none": "low", "minimal": "low", "xhigh": "high"}),
        ("gpt-5.3-codex", {"none": "low", "xhigh": "xhigh"}),
        ("gpt-5.6-sol", {"none": "none", "minimal": "none", "medium": "medium", "max": "xhigh"}),
        ("gpt-6-sol", {"none": "none", "minimal": "none", "max": "xhigh"}),
        ("gpt-6-astra", {"none": "low", "minimal": "low", "high": "high", "max": "xhigh"}),
    ],
)
def test_a_missing_effort_becomes_the_nearest_lower_one(model: str, levels: dict[str, str]) -> None:
    for wanted, level in levels.items():
        body, losses = sent(model, reasoning_effort=wanted)

        assert body["reasoning_effort"] == level
        assert losses == ([] if level == wanted else ["clamped /reasoning_effort"])


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5-chat-latest", "o1-mini", "o3-pro", "gpt-5-pro"])
def test_models_without_a_choice_of_effort_are_asked_for_none(model: str) -> None:
    body, losses = sent(model, reasoning_effort="high")

    assert "reasoning_effort" not in body
    assert losses == ["dropped /reasoning_effort"]


def test_an_effort_that_we_have_not_met_goes_along() -> None:
    assert sent("o3", reasoning_effort="ultra") == (
        {**sent("o3").body, "reasoning_effort": "ultra"},
        [],
    )


@pytest.mark.parametrize(
    ("model", "accepted"),
    [
        ("gpt-4o", True),
        ("o1", True),
        ("o1-mini", True),
        ("o3-mini", True),
        ("gpt-5-chat-latest", True),
        ("o3", False),
        ("o4-mini", False),
        ("gpt-5-mini", False),
        ("gpt-5.1", False),
        ("gpt-6-luna", False),
    ],
)
def test_newer_models_that_reason_take_no_stop(model: str, accepted: bool) -> None:
    body, losses = sent(model, stop=["END"])

    assert ("stop" in body) is accepted
    assert losses == ([] if accepted else ["dropped /stop"])


@pytest.mark.parametrize(
    ("model", "accepted"),
    [
        ("gpt-4o", False),
        ("o4-mini", False),
        ("o3-pro", False),
        ("gpt-5", True),
        ("gpt-6-sol", True),
    ],
)
def test_verbosity_came_with_gpt_5(model: str, accepted: bool) -> None:
    body, losses = sent(model, verbosity="low")

    assert ("verbosity" in body) is accepted
    assert losses == ([] if accepted else ["dropped /verbosity"])


@pytest.mark.parametrize("model", ["o1", "o3-mini"])
def test_early_models_that_reason_call_their_tools_as_they_please(model: str) -> None:
    assert sent(model, parallel_tool_calls=False).losses == ["dropped /parallel_tool_calls"]
    assert sent("o3", parallel_tool_calls=False).losses == []


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto"},
        {"functions": [{"name": "f"}], "function_call": "auto"},
    ],
)
def test_the_first_models_that_reason_have_no_tools(fields: dict[str, Any]) -> None:
    body, losses = sent("o1-mini", **fields)

    assert body.keys() == {"model", "messages"}
    assert sorted(losses) == sorted(f"dropped /{field}" for field in fields)


def test_a_deployment_is_judged_by_the_model_behind_it() -> None:
    body, _ = sent("prod-mini", base_model="o4-mini", max_tokens=9)

    assert body["model"] == "prod-mini"
    assert body["max_completion_tokens"] == 9
