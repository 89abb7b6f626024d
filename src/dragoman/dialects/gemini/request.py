"""A request of a caller who speaks Gemini's dialect, as one of the hub.

Both spellings of keys are read. What only Gemini knows goes along for a target that is Gemini
again: settings in `extra`, its own tools and parts whole; any other target tells them as lost.
"""

from typing import Any, Final

import msgspec

from dragoman.dialects.gemini.heard import Heard
from dragoman.dialects.gemini.spelling import camel, plain_schema
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

PLAIN: Final = {
    "maxOutputTokens": "max_completion_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "stopSequences": "stop",
    "candidateCount": "n",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "responseLogprobs": "logprobs",
    "logprobs": "top_logprobs",
}
"""The fields of `generationConfig` that only have another name."""

OWN: Final = {
    "cachedContent": "cached_content",
    "continuationToken": "continuation_token",
    "labels": "labels",
    "safetySettings": "safety_settings",
}
"""Top-level fields that only Gemini knows, and what we call them."""

SERVICE_TIERS: Final = {"standard": "default", "flex": "flex", "priority": "priority"}

MODES: Final = {"AUTO": "auto", "VALIDATED": "auto", "NONE": "none", "ANY": "required"}

BUDGETS: Final = ((0, "none"), (1024, "low"), (8192, "medium"))
"""The most tokens to think with, by effort; more is `high`."""


def decode_request(
    body: bytes, *, model: str | None = None, streamed: bool = False
) -> shared.CreateChatCompletionRequest:
    """The request that this body is; raises `BadRequestError` naming the place.

    The path of a request names the model and says whether the answer is streamed. Where neither
    `model` nor the body names it, it is empty.
    """
    try:
        value = reading.read_untyped(body)
    except reading.UnreadableError as error:
        raise _bad(f"body: expected JSON; {error}", "", "invalid_json") from None
    if not isinstance(value, dict):
        raise _bad("body: expected an object; got another value", "", "invalid_type")
    try:
        told = _Told(camel(value), model, streamed)
        request = msgspec.convert(told.request, shared.CreateChatCompletionRequest)
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error)
        raise _bad(str(wrong), wrong.path, "invalid_value") from None
    except reading.MistypedError as wrong:
        raise _bad(str(wrong), wrong.path, "invalid_value") from None
    except RecursionError:  # a schema is read by deeper calls than JSON is
        raise _bad("body: expected JSON; nested too deeply", "", "invalid_value") from None
    return msgspec.structs.replace(request, extra=told.extra or None)


def _bad(message: str, param: str, code: str) -> BadRequestError:
    return BadRequestError(message, status_code=400, code=code, param=param or None)


class _Told:
    """A request of the hub as JSON, being told from one of Gemini's."""

    def __init__(self, body: dict[str, Any], model: str | None, streamed: bool) -> None:
        self.extra = shared.Extra()
        named = body.pop("model", None)
        named = named.removeprefix("models/") if isinstance(named, str) else ""
        self.request: dict[str, Any] = {"model": model or named}
        if streamed:
            self.request["stream"] = True
        heard = Heard(self.extra)
        heard.instructions(body.pop("systemInstruction", None))
        contents = body.pop("contents", [])
        heard.contents(contents if isinstance(contents, list) else [contents])
        self.request["messages"] = heard.messages
        self._tools(_objects(body.pop("tools", []), "tools"))
        self._tool_config(_object(body.pop("toolConfig", {}), "toolConfig"))
        self._config(_object(body.pop("generationConfig", {}), "generationConfig"))
        tier = body.pop("serviceTier", None)
        if tier is not None:
            self.request["service_tier"] = SERVICE_TIERS.get(str(tier).lower(), "auto")
        for key, value in body.items():
            if key == "store" and isinstance(value, bool):
                self.request["store"] = value
            else:
                self.extra[f"/{OWN.get(key, key)}"] = value

    def _tools(self, tools: list[dict[str, Any]]) -> None:
        told: list[dict[str, Any]] = []
        for position, tool in enumerate(tools):
            place = f"tools[{position}].functionDeclarations"
            declared = _objects(tool.pop("functionDeclarations", []), place)
            told += [_function(function) for function in declared]
            if tool:  # a tool of Gemini's own
                told.append({"type": "dragoman.other", "raw": shared.Verbatim(tool)})
        if told:
            self.request["tools"] = told

    def _tool_config(self, config: dict[str, Any]) -> None:
        calling = _object(
            config.pop("functionCallingConfig", None) or {}, "toolConfig.functionCallingConfig"
        )
        for key, value in config.items():
            self.extra[f"/toolConfig/{key}"] = value
        mode = calling.get("mode")
        if mode is None:
            return
        if mode == "VALIDATED":  # hardly anyone else holds calls to their schemas by a mode
            self.extra["/toolConfig/functionCallingConfig/mode"] = mode
        choice: Any = MODES.get(str(mode).upper(), "auto")
        place = "toolConfig.functionCallingConfig.allowedFunctionNames"
        names = _texts(calling.get("allowedFunctionNames"), place)
        if choice == "required" and len(names) == 1:
            choice = {"type": "function", "function": {"name": names[0]}}
        elif choice == "required" and names:
            tools = [{"type": "function", "function": {"name": name}} for name in names]
            allowed = {"mode": "required", "tools": tools}
            choice = {"type": "allowed_tools", "allowed_tools": allowed}
        self.request["tool_choice"] = choice

    def _config(self, config: dict[str, Any]) -> None:
        for key, name in PLAIN.items():
            if config.get(key) is not None:
                self.request[name] = config.pop(key)
        self._format(config)
        self._thinking(config.pop("thinkingConfig", None))
        self._sound(config)
        if "topK" in config:
            self.extra["/top_k"] = config.pop("topK")
        for key, value in config.items():
            self.extra[f"/generationConfig/{key}"] = value

    def _format(self, config: dict[str, Any]) -> None:
        mime_type = config.pop("responseMimeType", None)
        plain = config.pop("responseSchema", None)
        schema = config.pop("responseJsonSchema", None)
        if schema is None and plain is not None:
            schema = plain_schema(plain)
        if schema is not None:
            told = {"name": "response", "schema": schema, "strict": False}
            self.request["response_format"] = {"type": "json_schema", "json_schema": told}
        elif mime_type == "application/json":
            self.request["response_format"] = {"type": "json_object"}
        elif mime_type not in (None, "text/plain"):
            self.extra["/generationConfig/responseMimeType"] = mime_type

    def _thinking(self, config: Any) -> None:
        if not isinstance(config, dict):
            return
        level, budget = config.get("thinkingLevel"), config.get("thinkingBudget")
        if isinstance(level, str):
            self.request["reasoning_effort"] = level.lower()
        elif isinstance(budget, int) and budget >= 0:
            effort = next((word for most, word in BUDGETS if budget <= most), "high")
            self.request["reasoning_effort"] = effort

    def _sound(self, config: dict[str, Any]) -> None:
        place = "generationConfig.responseModalities"
        modalities = _texts(config.pop("responseModalities", None), place)
        speech = config.pop("speechConfig", None)
        known = {"TEXT": "text", "AUDIO": "audio"}
        told = [known[word] for word in map(str.upper, modalities) if word in known]
        if "audio" in told:
            self.request["modalities"] = told
            voice = speech
            for key in ("voiceConfig", "prebuiltVoiceConfig", "voiceName"):
                voice = voice.get(key) if isinstance(voice, dict) else None
            if isinstance(voice, str):
                self.request["audio"] = {"format": "pcm16", "voice": voice}


def _function(function: dict[str, Any]) -> dict[str, Any]:
    """A function of a request, its parameters as JSON Schema."""
    parameters = function.get("parametersJsonSchema")
    if parameters is None and function.get("parameters") is not None:
        parameters = plain_schema(function["parameters"])
    told: dict[str, Any] = {
        key: function[key] for key in ("name", "description") if key in function
    }
    if parameters is not None:
        told["parameters"] = parameters
    return {"type": "function", "function": told}


def _texts(value: Any, path: str) -> list[str]:
    """A list of texts, which may be missing."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise reading.MistypedError("expected a list of texts; got another value", path, "type")
    return value


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise reading.MistypedError("expected an object; got another value", path, "type")
    return value


def _objects(value: Any, path: str) -> list[dict[str, Any]]:
    """A list of objects; one alone may stand for it."""
    items = value if isinstance(value, list) else [value]
    return [dict(_object(item, f"{path}[{place}]")) for place, item in enumerate(items)]
