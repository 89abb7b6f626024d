"""What a model takes: data, the newest of its kind for newer ones, and for the operator to say."""

import ast
import inspect
import json
from typing import Any

import pytest

from dragoman.dialects import DIALECTS, claude
from dragoman.dialects.bedrock_converse import families as bedrock_families
from dragoman.dialects.cohere_v2 import families as cohere_families
from dragoman.dialects.gemini import families as gemini_families
from dragoman.dialects.openai_chat import decode_request
from dragoman.dialects.openai_chat import families as openai_families
from dragoman.dialects.openai_responses import families as responses_families
from dragoman.errors import ConfigurationError
from dragoman.providers.provider import profile_of
from dragoman.providers.table import PROVIDERS
from dragoman.settings import file
from dragoman.settings.provider import row_of

FAMILIES: dict[str, type[Any]] = {
    "anthropic-messages": claude.Family,
    "bedrock-converse": bedrock_families.Family,
    "cohere-v2": cohere_families.Family,
    "gemini": gemini_families.Family,
    "openai-chat": openai_families.Family,
    "openai-responses": responses_families.Family,
}
"""What families of models differ in; Mistral's and Ollama's take the same, but for their quirks."""

NEWER = [
    ("anthropic", "claude-sonnet-9", "claude-opus-5-5"),
    ("anthropic-vertex", "claude-opus-7@20290101", "claude-opus-5-5"),
    ("azure", "gpt-8", "gpt-5.5"),
    ("bedrock", "eu.anthropic.claude-opus-9", "anthropic.claude-opus-5-5"),
    ("bedrock", "us.amazon.nova-4-lite-v1:0", "us.amazon.nova-2-lite-v1:0"),
    ("bedrock", "amazon.nova-pro-v2:0", "us.amazon.nova-2-lite-v1:0"),
    ("gemini", "gemini-7-ultra", "gemini-4-argon"),
    ("openai", "gpt-10", "gpt-5.5"),
    ("openai", "gpt-7-codex", "gpt-5.2-codex"),
    ("openai", "gpt-7-pro", "gpt-5.4-pro"),
    ("openai", "o7", "o4-mini"),
    ("openai-responses", "gpt-10.1-sol", "gpt-5.5"),
    ("openai-responses", "gpt-7-pro", "gpt-5.4-pro"),
    ("openai-responses", "o7-mini", "o4-mini"),
]
"""A provider, a model that nobody has met, and one of the newest family of its kind."""

OLD = [("azure", "gpt-35-turbo", "gpt-4o"), ("openai", "gpt-4.1-2025-04-14", "gpt-4o")]

CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "anthropic-messages": ({"families": {"m": {"max_tokens": 77}}}, '"max_tokens":77'),
    "bedrock-converse": ({"families": {"m": "nova-2"}}, "maxReasoningEffort"),
    "cohere-v2": ({"families": {"m": {"reasoning": True}}}, "token_budget"),
    "gemini": ({"families": {"m": {"family": "2.5", "budgets": {"low": 77}}}}, "77"),
    "mistral": ({"answer_after_tool": True}, '"content":"OK"'),
    "ollama": ({"num_ctx": 77}, '"num_ctx":77'),
    "openai-chat": (
        {"openai_models": True, "families": {"m": {"family": "gpt-5", "efforts": ["medium"]}}},
        '"reasoning_effort":"medium"',
    ),
    "openai-responses": ({"families": {"m": {"reasoning": True, "efforts": ["low"]}}}, "encrypted"),
}
"""By dialect: what an operator says of the model `m`, and what is then sent that else is not."""

CALL = {"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}
MESSAGES = [
    {"role": "user", "content": "What is it?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c", "content": "four"},
    {"role": "user", "content": "So?"},
]
ASKED: dict[str, Any] = {"model": "x", "messages": MESSAGES, "reasoning_effort": "low"}


def sent(settings: dict[str, Any], provider: str, model: str, **asked: Any) -> str:
    """The body of a request to a provider of these settings."""
    known = file.read({"providers": {provider: settings}} if settings else {})
    written = known.providers.get(provider)
    row = row_of(provider, written) if written else PROVIDERS[provider]
    request = decode_request(json.dumps({**ASKED, **asked}).encode())
    encoded = DIALECTS[row.dialect].encode_request(request, model=model, profile=profile_of(row))
    return f"{encoded.path} {encoded.body.decode()}"


def documented(kind: type[Any]) -> set[str]:
    """The fields of a type that have a docstring below them."""
    (body,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id
        for field, below in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


@pytest.mark.parametrize(
    "kind",
    [*FAMILIES.values(), *(DIALECTS[name].Quirks for name in DIALECTS)],
    ids=lambda kind: kind.__module__.removeprefix("dragoman.dialects."),
)
def test_every_field_of_a_profile_says_what_it_means(kind: type[Any]) -> None:
    assert documented(kind) == set(kind.__struct_fields__)


@pytest.mark.parametrize(("provider", "model", "newest"), [*NEWER, *OLD])
@pytest.mark.parametrize("effort", ["none", "low", "xhigh", None])
def test_a_newer_model_is_asked_as_the_newest_of_its_kind(
    provider: str, model: str, newest: str, effort: str | None
) -> None:
    base_url = {"base_url": "http://x"}
    rest = {"temperature": 0.5, "max_tokens": 9, "reasoning_effort": effort}

    newer = sent(base_url, provider, model, **rest)
    known = sent(base_url, provider, newest, **rest)

    assert newer.replace(model, "").replace(model.replace(":", "%3A"), "").replace(
        model.replace("@", "%40"), ""
    ) == known.replace(newest, "").replace(newest.replace(":", "%3A"), "")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_operator_can_say_what_a_model_takes(dialect: str) -> None:
    quirks, expected = CHANGES[dialect]
    lab = {"base_url": "http://x", "dialect": dialect}

    assert expected not in sent(lab, "lab", "m")
    assert expected in sent({**lab, "quirks": quirks}, "lab", "m")


@pytest.mark.parametrize("dialect", FAMILIES)
@pytest.mark.parametrize(
    ("own", "why"),
    [
        ("boat", "expected one of .*; got 'boat'"),
        ({"family": "boat"}, "expected one of .*; got 'boat'"),
        ({"sails": 3}, "expected one of .*; got 'sails'"),
        ({"name": "x"}, "expected one of .*; got 'name'"),
    ],
)
def test_a_mistake_of_the_operators_is_told(dialect: str, own: Any, why: str) -> None:
    quirks: dict[str, Any] = {"families": {"m": own}}
    if dialect == "openai-chat":
        quirks["openai_models"] = True

    with pytest.raises(ConfigurationError, match=why) as wrong:
        sent({"base_url": "http://x", "dialect": dialect, "quirks": quirks}, "lab", "m")

    assert wrong.value.param == "quirks.families"


def test_a_value_of_the_wrong_type_is_told_with_its_field() -> None:
    quirks = {"families": {"m": {"max_tokens": "many"}}}

    with pytest.raises(ConfigurationError, match=r"families: max_tokens: expected .*int"):
        sent(
            {"base_url": "http://x", "quirks": quirks, "dialect": "anthropic-messages"}, "lab", "m"
        )


def test_a_field_inside_another_is_changed_alone() -> None:
    quirks = {"families": {"m": {"family": "claude-4-5", "claude": {"max_tokens": 77}}}}
    lab = {"base_url": "http://x", "dialect": "bedrock-converse", "quirks": quirks}

    body = sent(lab, "lab", "m", max_completion_tokens=99, reasoning_effort=None)

    assert '"maxTokens":77' in body
