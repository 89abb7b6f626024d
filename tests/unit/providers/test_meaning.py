"""Fields that change the meaning when lost are carried or refused, whoever is asked."""

from typing import Any

import pytest

from dragoman.dialects.openai_chat import Quirks
from dragoman.dialects.openai_chat.families import FAMILIES, family_of
from dragoman.errors import UnsupportedParameterError
from dragoman.providers.table import PROVIDERS, ROWS
from tests.unit.dialects.sending import sent

ALIKE = [row for row in ROWS if row.dialect == "openai-chat"]
"""Those who speak OpenAI's dialect."""

each_provider = pytest.mark.parametrize("provider", [row.name for row in ALIKE])

OF_FAMILIES = (
    "gpt-4o gpt-4o-search-preview o1-mini o1 o3-pro o3-mini o4-mini gpt-5-chat-latest gpt-5-pro "
    "gpt-5-codex gpt-5.2-codex gpt-5-mini gpt-5.1 gpt-5.2 gpt-5.6-sol gpt-6-astra"
)
OF_MODELS = (
    "openai/gpt-oss-120b qwen/qwen3-32b deepseek-chat deepseek-reasoner deepseek-v4-pro grok-3 "
    "grok-4-fast grok-4-fast-non-reasoning grok-4.20 grok-4.20-non-reasoning zai-glm-4.7 "
    "kimi-k2 kimi-k2.6 mistral-large llama-3.3-70b"
)
MODELS = [*OF_FAMILIES.split(), *OF_MODELS.split()]

TOOLS = [
    {"type": "function", "function": {"name": "f"}},
    {"type": "function", "function": {"name": "g"}},
]
NAMED = {"type": "function", "function": {"name": "f"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}

MEANT: dict[str, dict[str, Any]] = {
    "n": {"n": 2},
    "required": {"tool_choice": "required", "tools": TOOLS},
    "named": {"tool_choice": NAMED, "tools": TOOLS},
    "allowed": {"tool_choice": ALLOWED, "tools": TOOLS},
    "function": {"function_call": {"name": "f"}, "functions": [{"name": "f"}]},
    "schema": {
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {}}}
    },
    "audio": {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "mp3"}},
    "logprobs": {"logprobs": True},
}


def carried(meant: dict[str, Any], body: dict[str, Any]) -> bool:
    """Whether the provider hears of each of these fields what the caller said.

    Together's `logprobs: 1` equals `true`, in Python too.
    """
    if body == {**body, **meant}:
        return True
    cut = {"tool_choice": "required", "tools": TOOLS[:1]}
    return meant.get("tool_choice") == ALLOWED and body == {**body, **cut}


def fate(provider: str, model: str, meant: dict[str, Any]) -> str:
    """What becomes of these fields at that provider's."""
    try:
        body, _ = sent(model, quirks=PROVIDERS[provider].quirks, **meant)
    except UnsupportedParameterError as error:
        named = (error.param or "").split(".")[0]
        return "refused" if named in meant else f"refused, {named} being named"
    return "carried" if carried(meant, body) else "lost"


@each_provider
def test_what_changes_the_meaning_is_carried_or_refused(provider: str) -> None:
    fates = {
        (model, kind): fate(provider, model, meant)
        for model in MODELS
        for kind, meant in MEANT.items()
    }

    assert {key: f for key, f in fates.items() if f not in ("carried", "refused")} == {}


@pytest.mark.parametrize("meant", MEANT.values(), ids=MEANT.keys())
def test_no_row_can_drop_what_changes_the_meaning(meant: dict[str, Any]) -> None:
    careless = Quirks(drop=frozenset(meant))

    with pytest.raises(UnsupportedParameterError):
        sent("m", quirks=careless, **meant)


def test_the_models_asked_above_are_of_every_family_and_meet_every_exception() -> None:
    exceptions = [(row.quirks, own) for row in ALIKE for _, own in row.quirks.for_models]

    assert {family_of(model) for model in OF_FAMILIES.split()} == set(FAMILIES)
    assert all(own in [quirks.of(model) for model in MODELS] for quirks, own in exceptions)


@pytest.mark.parametrize(
    ("kind", "refusing"),
    [
        ("n", "groq perplexity ollama"),
        ("required", "deepseek perplexity moonshot moonshot-cn dashscope dashscope-intl ollama"),
        ("named", "deepseek perplexity llamacpp ollama"),
        ("function", "deepseek perplexity llamacpp ollama"),
        ("schema", "deepseek"),
        ("audio", ""),
        ("logprobs", "groq deepseek perplexity"),
    ],
)
def test_those_refuse_who_are_known_to_refuse(kind: str, refusing: str) -> None:
    model = "deepseek-reasoner"

    found = [row.name for row in ALIKE if fate(row.name, model, MEANT[kind]) == "refused"]

    assert found == refusing.split()


@each_provider
def test_one_choice_of_text_without_probabilities_is_refused_by_nobody(provider: str) -> None:
    plain: dict[str, Any] = {"n": 1, "logprobs": False, "modalities": ["text"]}
    quirks = PROVIDERS[provider].quirks

    for model in MODELS:
        assert sent(model, quirks=quirks, **plain).body["modalities"] == ["text"]
