"""The rows: that each can work, and that together they need every quirk there is."""

import re
from collections.abc import Iterator

import pytest

from dragoman.dialects import DIALECTS
from dragoman.dialects.openai_chat import Profile, Quirks, decode_request, encode_request
from dragoman.providers.provider import Provider, profile_of, quirks_of
from dragoman.providers.table import PROVIDERS, ROWS

NAMES = (
    "openai openai-responses anthropic anthropic-bedrock anthropic-vertex bedrock azure "
    "azure-deployments "
    "cohere "
    "groq deepseek xai together fireworks openrouter perplexity "
    "cerebras moonshot moonshot-cn dashscope dashscope-intl google gemini gemini-vertex "
    "huggingface vllm sglang llamacpp lmstudio tgi ollama ollama-native ollama-cloud "
    "mistral codestral sim"
)
AT_HOME = ("vllm", "sglang", "llamacpp", "lmstudio", "tgi", "ollama", "ollama-native")
THE_OPERATORS = (
    "anthropic-bedrock",
    "anthropic-vertex",
    "azure",
    "azure-deployments",
    "bedrock",
    "gemini-vertex",
)

ALIKE = [row for row in ROWS if row.dialect == "openai-chat"]
"""Those who speak OpenAI's dialect."""

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def records(quirks: Quirks) -> Iterator[Quirks]:
    """The quirks of a provider, and those of its single models."""
    yield quirks
    for _, own in quirks.for_models:
        yield from records(own)


def test_every_provider_of_the_reference_has_one_row() -> None:
    assert [row.name for row in ROWS] == NAMES.split()
    assert len(PROVIDERS) == len(ROWS)


@each_row
def test_a_row_speaks_a_dialect_that_there_is(row: Provider) -> None:
    assert row.dialect in DIALECTS


@each_row
def test_a_row_departs_in_what_its_dialect_has_a_quirk_for(row: Provider) -> None:
    assert isinstance(quirks_of(row), DIALECTS[row.dialect].Quirks)


def test_what_departs_may_be_said_by_name() -> None:
    row = Provider(name="lab", quirks={"send_model": False})

    assert profile_of(row, base_model="gpt-5-mini", on_loss="refuse") == Profile(
        quirks=Quirks(send_model=False), base_model="gpt-5-mini", on_loss="refuse"
    )


@each_row
def test_a_row_says_where_the_provider_is_as_far_as_anyone_can(row: Provider) -> None:
    if row.name in THE_OPERATORS:
        assert row.base_url is None
    elif row.name in AT_HOME:
        assert re.fullmatch(r"http://localhost:\d+(/v1)?", row.base_url or "")
    elif row.name != "sim":
        assert re.fullmatch(r"https://[a-z0-9.-]+(/[a-z0-9.-]+)*", row.base_url or "")


@each_row
def test_a_row_names_the_key_of_those_that_want_one(row: Provider) -> None:
    if row.name in (*AT_HOME, "anthropic-vertex", "gemini-vertex", "sim"):
        assert row.key_variable is None
    else:
        assert re.fullmatch(r"[A-Z][A-Z_]+_(API_KEY|TOKEN|TOKEN_BEDROCK)", row.key_variable or "")


@pytest.mark.parametrize("row", ALIKE, ids=lambda row: row.name)
def test_what_stands_for_single_models_is_final(row: Provider) -> None:
    for pattern, own in row.quirks.for_models:
        assert re.compile(pattern.lower()).pattern == pattern
        assert own.for_models == ()


@pytest.mark.parametrize("field", sorted({*Quirks.__struct_fields__} - {"families"}))
def test_every_quirk_but_the_operators_is_somebodys(field: str) -> None:
    plain = getattr(Quirks(), field)

    owners = [
        row.name
        for row in ALIKE
        if any(getattr(quirks, field) != plain for quirks in records(row.quirks))
    ]

    assert owners


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("azure", "https://harbour.openai.azure.com/openai/v1/chat/completions"),
        (
            "azure-deployments",
            "https://harbour.openai.azure.com/openai/deployments/prod%2Fmini%20%C3%A9/"
            "chat/completions?api-version=2025-01-01-preview",
        ),
    ],
)
def test_a_resource_on_azure_and_the_path_are_a_whole_address(name: str, url: str) -> None:
    request = decode_request(b'{"model":"m","messages":[{"role":"user","content":"x"}]}')
    profile = Profile(quirks=PROVIDERS[name].quirks)

    encoded = encode_request(request, model="prod/mini é", profile=profile)

    assert "https://harbour.openai.azure.com" + encoded.path == url
    assert (b'"model"' in encoded.body) is (name == "azure")
