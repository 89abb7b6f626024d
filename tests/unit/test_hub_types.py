"""Every type of the hub, in its smallest form, is what OpenAI's document says."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from dragoman.models import shared
from dragoman.models.hub import HubType
from tests.samples import smallest
from tests.schema import FILE, Strict

DEFINITIONS = json.loads(FILE.read_text("utf-8"))["$defs"]

REQUEST = "CreateChatCompletionRequest/properties"
CHOICE = "CreateChatCompletionResponse/properties/choices/items"
MESSAGE = "ChatCompletionResponseMessage/properties"
CHUNK = "CreateChatCompletionStreamResponse"
ANNOTATION = f"{MESSAGE}/annotations/items"
CUSTOM_TOOL = "CustomToolChatCompletions/properties/custom"
CUSTOM_FORMAT = f"{CUSTOM_TOOL}/properties/format/oneOf"
LOCATION = f"{REQUEST}/web_search_options/properties/user_location"

PLACES = {
    "AllowedTools": "ChatCompletionAllowedToolsChoice/properties/allowed_tools",
    "AssistantAudio": "ChatCompletionRequestAssistantMessage/properties/audio",
    "ChatCompletionAudioParam": f"{REQUEST}/audio",
    "ChatCompletionMessageCustomToolCallCustom": (
        "ChatCompletionMessageCustomToolCall/properties/custom"
    ),
    "ChatCompletionMessageToolCallChunkFunction": (
        "ChatCompletionMessageToolCallChunk/properties/function"
    ),
    "ChatCompletionMessageToolCallFunction": "ChatCompletionMessageToolCall/properties/function",
    "ChatCompletionResponseMessageAnnotation": ANNOTATION,
    "ChatCompletionResponseMessageAudio": f"{MESSAGE}/audio",
    "ChatCompletionResponseMessageFunctionCall": f"{MESSAGE}/function_call",
    "ChatCompletionStreamOptions": f"{REQUEST}/stream_options",
    "ChatCompletionStreamResponseDeltaFunctionCall": (
        "ChatCompletionStreamResponseDelta/properties/function_call"
    ),
    "ChatCompletionTokenTopLogprob": "ChatCompletionTokenLogprob/properties/top_logprobs/items",
    "ChosenName": "ChatCompletionNamedToolChoice/properties/function",
    "CompletionTokensDetails": "CompletionUsage/properties/completion_tokens_details",
    "CreateChatCompletionResponseChoices": CHOICE,
    "CreateChatCompletionResponseChoicesLogprobs": "Logprobs",
    "CreateChatCompletionStreamResponseChoices": f"{CHUNK}/properties/choices/items",
    "CreateChatCompletionStreamResponseWithUsage": CHUNK,
    "CustomToolProperties": CUSTOM_TOOL,
    "Error": "ErrorResponse/properties/error",
    "File": "ChatCompletionRequestMessageContentPartFile/properties/file",
    "FunctionCall": "ChatCompletionRequestAssistantMessage/properties/function_call",
    "Grammar": f"{CUSTOM_FORMAT}/1/properties/grammar",
    "GrammarFormat": f"{CUSTOM_FORMAT}/1",
    "ImageURL": "ChatCompletionRequestMessageContentPartImage/properties/image_url",
    "InputAudio": "ChatCompletionRequestMessageContentPartAudio/properties/input_audio",
    "JSONSchema": "ResponseFormatJsonSchema/properties/json_schema",
    "ModerationError": "ModerationSide",
    "ModerationParam": f"{REQUEST}/moderation",
    "ModerationPolicy": f"{REQUEST}/moderation/properties/policy",
    "ModerationPolicySide": f"{REQUEST}/moderation/properties/policy/properties/input",
    "ModerationResults": "ModerationSide",
    "PredictionContent": f"{REQUEST}/prediction",
    "PromptCacheOptions": f"{REQUEST}/prompt_cache_options",
    "PromptTokensDetails": "CompletionUsage/properties/prompt_tokens_details",
    "TextFormat": f"{CUSTOM_FORMAT}/0",
    "UrlCitation": f"{ANNOTATION}/properties/url_citation",
    "Voice": f"{REQUEST}/audio/properties/voice",
    "WebSearchLocation": LOCATION,
    "WebSearchLocationApproximate": f"{LOCATION}/properties/approximate",
    "WebSearchOptions": f"{REQUEST}/web_search_options",
}
"""Where the schema has a type that it gives no definition of the same name."""

UNDEFINED = {
    "CacheControl": "Anthropic's and OpenRouter's spelling of a cache breakpoint",
    "ChatCompletionMessageToolCallChunkCustom": "the schema streams no calls of custom tools",
    "ChatCompletionStreamResponseDeltaAudio": "the schema streams no sound",
    "ListModelsResponse": "stands in OpenAI's document, and not in the part that we keep",
    "Loss": "ours, and no part of any body",
    "Meta": "ours, and no part of any body",
    "Model": "stands in OpenAI's document, and not in the part that we keep",
    "NativeContent": "our extension",
    "OtherPart": "stands for what the schema does not know, and is written as that",
    "ReasoningDetail": "OpenRouter's extension",
    "Timings": "ours, and no part of any body",
}
"""Types that the schema does not have, and why."""

HUB_TYPES: dict[str, type[msgspec.Struct]] = {
    name: kind
    for name in shared.__all__
    if isinstance(kind := getattr(shared, name), type) and issubclass(kind, msgspec.Struct)
}

DEFINED = {
    **{name: name for name in HUB_TYPES if name in DEFINITIONS},
    **PLACES,
}


def smallest_of(kind: type[msgspec.Struct]) -> Any:
    """The JSON of an instance of this type that has only what it must have."""
    instance = msgspec.convert(smallest(inspect.type_info(kind)), kind)
    return json.loads(msgspec.json.encode(instance))


def test_every_type_is_defined_by_the_schema_or_listed_with_a_reason() -> None:
    assert DEFINED.keys() | UNDEFINED.keys() == HUB_TYPES.keys()
    assert DEFINED.keys() & UNDEFINED.keys() == set()


@pytest.mark.parametrize("name", sorted(DEFINED))
def test_the_smallest_instance_of_a_type_is_valid(name: str) -> None:
    validator = Strict({"$ref": f"#/$defs/{DEFINED[name]}", "$defs": DEFINITIONS})

    faults = [fault.message for fault in validator.iter_errors(smallest_of(HUB_TYPES[name]))]

    assert faults == []


@pytest.mark.parametrize("name", sorted(HUB_TYPES))
def test_every_type_says_what_it_is_and_cannot_be_changed(name: str) -> None:
    config = HUB_TYPES[name].__struct_config__

    assert issubclass(HUB_TYPES[name], HubType)
    assert (config.frozen, config.omit_defaults) == (True, True)
    assert HUB_TYPES[name].__match_args__ == ()  # what `kw_only` on the class itself comes to


def test_what_must_be_there_though_null_is_written() -> None:
    assert smallest_of(shared.CreateChatCompletionResponseChoices) == {
        "finish_reason": "content_filter",
        "index": 2,
        "logprobs": None,
        "message": {"content": None, "refusal": None, "role": "assistant"},
    }
    assert smallest_of(shared.Error) == {"code": None, "message": "x", "param": None, "type": "x"}


def test_constants_are_written_though_nobody_passes_them() -> None:
    message = shared.ChatCompletionResponseMessage(content=None, refusal=None)

    assert msgspec.to_builtins(message) == {"role": "assistant", "content": None, "refusal": None}
