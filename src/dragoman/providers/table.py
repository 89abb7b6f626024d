"""Every provider we know; a new one that speaks a known dialect is a row.

What providers do alike stands in the defaults of `Quirks`. Where a provider takes a field
without effect, or answers it with an error, the row drops it or refuses it. Source: the
providers' reference pages and recorded traffic, as of November 2026.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from dragoman.dialects.openai_chat.quirks import OPENAI, UNKNOWN_TO_MOST, Quirks
from dragoman.providers.provider import Provider

TOOLS: Final = frozenset(
    {"tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"}
)
PENALTIES: Final = frozenset({"frequency_penalty", "presence_penalty"})
SAMPLING: Final = PENALTIES | {"temperature", "top_p"}
LOGPROBS: Final = frozenset({"logprobs", "top_logprobs"})

GROQ: Final = Quirks(
    max_tokens="max_completion_tokens",
    reasoning_replay="reasoning",
    service_tiers=frozenset({"auto", "on_demand", "flex", "performance"}),
    refuse=LOGPROBS | {"logit_bias"},
    single_choice=True,
    message_names=False,
)

DEEPSEEK: Final = Quirks(
    reasoning_replay="reasoning_content",
    reasoning_required=True,
    thinking_switch=True,
    dropped_while_thinking=SAMPLING | LOGPROBS,
    refused_tool_choice_while_thinking=frozenset({"required", "named"}),
    json_schema=False,
)

XAI: Final = Quirks(reasoning_replay="reasoning_content")
XAI_REASONING: Final = replace(XAI, drop=UNKNOWN_TO_MOST | PENALTIES | {"stop"})
"""Grok refuses these where it reasons; newer models take `logprobs` without effect."""

PERPLEXITY: Final = Quirks(
    drop=(UNKNOWN_TO_MOST | TOOLS | LOGPROBS | {"seed", "stop"}) - {"web_search_options"},
    single_choice=True,
    think_tags="tagged",
)

CEREBRAS: Final = Quirks(drop=UNKNOWN_TO_MOST | PENALTIES | {"logit_bias"})

MOONSHOT: Final = Quirks(
    reasoning_replay="reasoning_content",
    reasoning_required=True,
    thinking_switch=True,
    refused_tool_choice=frozenset({"required"}),
    strict_tools=False,
)
MOONSHOT_FIXED: Final = replace(MOONSHOT, drop=UNKNOWN_TO_MOST | SAMPLING, single_choice=True)
"""Models whose sampling is not to be changed, and said so with an error."""

DASHSCOPE: Final = Quirks(
    reasoning_replay="reasoning_content",
    refused_tool_choice=frozenset({"required"}),
    cache_control="cache_control",
    files=False,
    audio_data_uri=True,
)

AZURE: Final = replace(
    OPENAI, path="/openai/v1/chat/completions", service_tiers=frozenset(), files=False
)
AZURE_DEPLOYMENTS: Final = replace(
    AZURE,
    path="/openai/deployments/{model}/chat/completions",
    api_version="2025-01-01-preview",  # developer messages came with 2024-12-01-preview
    send_model=False,
    drop=UNKNOWN_TO_MOST - {"prompt_cache_key", "prompt_cache_retention", "safety_identifier"},
    cache_control="drop",
)


def on_azure(quirks: Quirks) -> Quirks:
    """With what holds for some base models: o-series, and Mistral's beside OpenAI's."""
    return replace(
        quirks,
        for_models=(
            (r"(^|/)o\d", replace(quirks, drop=quirks.drop | {"parallel_tool_calls"})),
            (r"mistral|ministral|codestral", replace(quirks, max_tokens="max_tokens")),
        ),
    )


ROWS: Final = (
    Provider(
        name="openai",
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        exact=True,
        quirks=OPENAI,
    ),
    Provider(
        name="openai-responses",
        dialect="openai-responses",
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
    ),
    Provider(
        name="anthropic",
        dialect="anthropic-messages",
        base_url="https://api.anthropic.com",
        key_variable="ANTHROPIC_API_KEY",
        key_header="x-api-key",
    ),
    Provider(
        name="anthropic-bedrock",
        dialect="anthropic-messages",
        key_variable="AWS_BEARER_TOKEN_BEDROCK",
        signing="aws",
        quirks={
            "path": "/model/{model}/invoke",
            "stream_path": "/model/{model}/invoke-with-response-stream",
            "models_path": None,
            "model_in_path": True,
            "stream_in_path": True,
            "older_version": "bedrock-2023-05-31",
            "version_in_body": True,
            "url_sources": False,
        },
    ),
    Provider(
        name="anthropic-vertex",  # its base URL ends with the location
        dialect="anthropic-messages",
        signing="google",
        quirks={
            "path": "/publishers/anthropic/models/{model}:rawPredict",
            "stream_path": "/publishers/anthropic/models/{model}:streamRawPredict",
            "models_path": None,
            "model_in_path": True,
            "older_version": "vertex-2023-10-16",
            "version_in_body": True,
            "url_sources": False,
        },
    ),
    Provider(
        name="bedrock",  # its key is an API key of Bedrock's
        dialect="bedrock-converse",
        key_variable="AWS_BEARER_TOKEN_BEDROCK",
        signing="aws",
    ),
    Provider(
        name="azure",
        key_variable="AZURE_OPENAI_API_KEY",
        key_header="api-key",
        signing="azure",
        quirks=on_azure(AZURE),
    ),
    Provider(
        name="azure-deployments",
        key_variable="AZURE_OPENAI_API_KEY",
        key_header="api-key",
        signing="azure",
        quirks=on_azure(AZURE_DEPLOYMENTS),
    ),
    Provider(
        name="cohere",
        dialect="cohere-v2",
        base_url="https://api.cohere.com",
        key_variable="CO_API_KEY",
    ),
    Provider(
        name="groq",
        base_url="https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        quirks=replace(
            GROQ,
            for_models=(
                (r"gpt-oss", replace(GROQ, efforts=("low", "medium", "high"))),
                (r"qwen", replace(GROQ, efforts=("none", "default"))),
            ),
        ),
    ),
    Provider(
        name="deepseek",
        base_url="https://api.deepseek.com",
        key_variable="DEEPSEEK_API_KEY",
        quirks=replace(
            DEEPSEEK, for_models=((r"deepseek-(reasoner|v[4-9])", replace(DEEPSEEK, thinks=True)),)
        ),
    ),
    Provider(
        name="xai",
        base_url="https://api.x.ai/v1",
        key_variable="XAI_API_KEY",
        quirks=replace(
            XAI,
            for_models=(
                (r"grok-(4\.[2-9]|[5-9]).*non-reasoning", replace(XAI, refuse=LOGPROBS)),
                (r"grok-(4\.[2-9]|[5-9])", replace(XAI_REASONING, refuse=LOGPROBS)),
                (r"non-reasoning", XAI),
                (r"grok-(3-mini|4|code)", XAI_REASONING),
            ),
        ),
    ),
    Provider(
        name="together",
        base_url="https://api.together.xyz/v1",
        key_variable="TOGETHER_API_KEY",
        quirks=Quirks(logprobs_as_number=True),
    ),
    Provider(
        name="fireworks",
        base_url="https://api.fireworks.ai/inference/v1",
        key_variable="FIREWORKS_API_KEY",
        quirks=Quirks(
            drop=UNKNOWN_TO_MOST
            - {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"}
        ),
    ),
    Provider(
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        quirks=Quirks(
            developer_role=True,
            reasoning_replay="reasoning_details",
            cache_control="cache_control",
            tool_images=True,
        ),
    ),
    Provider(
        name="perplexity",
        base_url="https://api.perplexity.ai",
        key_variable="PERPLEXITY_API_KEY",
        quirks=PERPLEXITY,
    ),
    Provider(
        name="cerebras",
        base_url="https://api.cerebras.ai/v1",
        key_variable="CEREBRAS_API_KEY",
        quirks=replace(
            CEREBRAS,
            for_models=(
                (
                    r"gpt-oss",
                    replace(
                        CEREBRAS, reasoning_replay="reasoning", efforts=("low", "medium", "high")
                    ),
                ),
                (r"glm|qwen", replace(CEREBRAS, reasoning_replay="think_tags")),
            ),
        ),
    ),
    *(
        Provider(
            name=name,
            base_url=base_url,
            key_variable="MOONSHOT_API_KEY",
            quirks=replace(MOONSHOT, for_models=((r"kimi-(k2\.[5-9]|k[3-9])", MOONSHOT_FIXED),)),
        )
        for name, base_url in (
            ("moonshot", "https://api.moonshot.ai/v1"),
            ("moonshot-cn", "https://api.moonshot.cn/v1"),
        )
    ),
    *(
        Provider(name=name, base_url=base_url, key_variable="DASHSCOPE_API_KEY", quirks=DASHSCOPE)
        for name, base_url in (
            ("dashscope", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
            ("dashscope-intl", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        )
    ),
    Provider(
        name="google",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        key_variable="GEMINI_API_KEY",
        quirks=Quirks(
            schema_keyword=False,
            extra_content=True,
            extra=False,
            known_extra=frozenset({"extra_body"}),
            hidden_thoughts=True,
        ),
    ),
    Provider(
        name="gemini",
        dialect="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        key_variable="GEMINI_API_KEY",
        key_header="x-goog-api-key",
    ),
    Provider(
        name="gemini-vertex",  # its base URL ends with the publisher
        dialect="gemini",
        signing="google",
        quirks={"call_ids": False, "media_types": True, "labels": True, "service_tiers": False},
    ),
    Provider(
        name="huggingface",
        base_url="https://router.huggingface.co/v1",
        key_variable="HF_TOKEN",
        quirks=Quirks(),
    ),
    Provider(
        name="vllm",
        base_url="http://localhost:8000/v1",
        quirks=Quirks(reasoning_replay="reasoning"),
    ),
    Provider(
        name="sglang",
        base_url="http://localhost:30000/v1",
        quirks=Quirks(reasoning_replay="reasoning_content"),
    ),
    Provider(
        name="llamacpp",
        base_url="http://localhost:8080/v1",
        quirks=Quirks(
            reasoning_replay="reasoning_content", refused_tool_choice=frozenset({"named"})
        ),
    ),
    Provider(name="lmstudio", base_url="http://localhost:1234/v1", quirks=Quirks()),
    Provider(
        name="tgi",
        base_url="http://localhost:3000/v1",
        quirks=Quirks(
            drop=UNKNOWN_TO_MOST | {"parallel_tool_calls", "logit_bias"}, top_p_below_one=True
        ),
    ),
    Provider(
        name="ollama",
        base_url="http://localhost:11434/v1",
        quirks=Quirks(
            reasoning_replay="reasoning",
            drop=(UNKNOWN_TO_MOST | TOOLS | {"logit_bias", "user"}) - {"tools", "tool_choice"},
            single_choice=True,
            refused_tool_choice=frozenset({"none", "required", "named"}),
            null_content=False,
        ),
    ),
    Provider(  # `ollama` is its endpoint in OpenAI's dialect, which cannot set the context's size
        name="ollama-native", dialect="ollama", base_url="http://localhost:11434"
    ),
    Provider(
        name="ollama-cloud",
        dialect="ollama",
        base_url="https://ollama.com",
        key_variable="OLLAMA_API_KEY",
    ),
    Provider(
        name="mistral",
        dialect="mistral",
        base_url="https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
    ),
    Provider(
        name="codestral",
        dialect="mistral",
        base_url="https://codestral.mistral.ai/v1",
        key_variable="CODESTRAL_API_KEY",
    ),
    Provider(name="sim", base_url="sim:", quirks=OPENAI),
)

PROVIDERS: Final[Mapping[str, Provider]] = {row.name: row for row in ROWS}
"""The rows by name."""
