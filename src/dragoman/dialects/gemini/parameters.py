"""What becomes of a request's parameters; one small function per matter."""

import re
from typing import Any, Final

from dragoman.dialects.gemini.draft import Draft
from dragoman.dialects.gemini.schemas import as_openapi
from dragoman.wire import reading

MOST_CHOICES: Final = 8

MOST_PENALTY: Final = 1.99
"""Penalties go up to 2, and 2 itself is refused."""

SERVICE_TIERS: Final = {"default": "standard", "flex": "flex", "priority": "priority"}

LABEL: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
VALUE: Final = re.compile(r"[a-z0-9_-]{0,63}")

JSON_ONLY: Final = "Answer with JSON only."
JSON_OF: Final = "Answer with JSON only. It has to follow this JSON Schema:\n"
"""What a model is told that takes no response format beside tools."""

SEED_BITS: Final = 31


def choices(draft: Draft) -> None:
    """Several choices change the meaning; one is what there is anyway."""
    n = draft.take("n")
    if n is None or n == 1:
        return
    if not draft.family.choices:
        raise draft.refuse("/n", f"expected 1, {draft.model} gives a single choice; got {n}")
    if not 1 <= n <= MOST_CHOICES:
        raise draft.refuse("/n", f"expected at most {MOST_CHOICES}; got {n}")
    draft.config["candidateCount"] = n


def sound(draft: Draft) -> None:
    """A spoken answer, which comes as raw samples and from models made for it alone."""
    modalities, audio = draft.take("modalities"), draft.take("audio")
    spoken = modalities is not None and "audio" in modalities
    if not spoken and audio is None:
        return
    if not draft.speaks:
        field = "modalities" if spoken else "audio"
        raise draft.refuse(f"/{field}", f"{draft.model} answers in text only")
    draft.config["responseModalities"] = ["AUDIO"]
    if modalities is not None and "text" in modalities:
        draft.lose("/modalities", "clamped", "the answer is spoken, and comes without its text")
    if audio is None:
        return
    if audio["format"] != "pcm16":
        got = audio["format"]
        raise draft.refuse("/audio/format", f"expected pcm16, Gemini has no other; got {got!r}")
    if not isinstance(audio["voice"], str):
        raise draft.refuse("/audio/voice", "expected the name of a voice; got an id")
    draft.config["speechConfig"] = {
        "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": audio["voice"]}}
    }


def search(draft: Draft) -> None:
    """Google's own search; how it searches is not for the caller to say."""
    options = draft.take("web_search_options")
    if options is None:
        return
    if draft.body.get("tools") and not draft.family.tools_with_format:
        draft.lose(
            "/web_search_options",
            "dropped",
            f"{draft.model} takes either functions or a search, not both",
        )
        return
    if draft.body.get("tools"):
        draft.body.setdefault("toolConfig", {})["includeServerSideToolInvocations"] = True
    draft.body.setdefault("tools", []).append({"googleSearch": {}})
    reason = "sent as `googleSearch`, which searches as it likes"
    draft.lose("/web_search_options", "renamed", reason)


def safety(draft: Draft) -> None:
    """Thresholds, in Gemini's own words."""
    pointer, settings = draft.take_own("safety_settings")
    if pointer:
        draft.body["safetySettings"] = settings


def token_bound(draft: Draft) -> None:
    """One bound; both of OpenAI's mean it, and thinking counts in it, too."""
    old, new = draft.take("max_tokens"), draft.take("max_completion_tokens")
    if old is not None and new is not None and old != new:
        draft.lose("/max_tokens", "dropped", "`max_completion_tokens` is set too, and counts")
    bound = old if new is None else new
    if bound is not None:
        draft.config["maxOutputTokens"] = bound


def sampling(draft: Draft) -> None:
    """Temperature and its like; the newest models pass over some and refuse others."""
    for field, name in (("temperature", "temperature"), ("top_p", "topP")):
        if not draft.family.sampling:
            draft.drop(field, f"{draft.model} takes no notice of it")
        elif (value := draft.take(field)) is not None:
            draft.config[name] = value
    pointer, top_k = draft.take_own("top_k")
    if pointer and not draft.family.sampling:
        draft.lose(pointer, "dropped", f"{draft.model} takes no notice of it")
    elif pointer:
        draft.config["topK"] = top_k
    for field, name in (
        ("presence_penalty", "presencePenalty"),
        ("frequency_penalty", "frequencyPenalty"),
    ):
        if not draft.family.penalties:
            draft.drop(field, f"{draft.model} refuses it")
        elif (value := draft.take(field)) is not None:
            draft.config[name] = min(value, MOST_PENALTY)
            if value > MOST_PENALTY:
                draft.lose(f"/{field}", "clamped", "it has to be below 2")


def stop(draft: Draft) -> None:
    """Texts that end the answer; always a list."""
    stop = draft.take("stop")
    if stop is not None:
        draft.config["stopSequences"] = [stop] if isinstance(stop, str) else stop


def seed(draft: Draft) -> None:
    """A number of 31 bits."""
    seed = draft.take("seed")
    if seed is None:
        return
    draft.config["seed"] = kept = seed % 2**SEED_BITS
    if kept != seed:
        draft.lose("/seed", "clamped", f"sent as its remainder by 2^{SEED_BITS}")


def logprobs(draft: Draft) -> None:
    """Whether log probabilities are wanted, and of how many tokens."""
    wanted, alternatives = draft.take("logprobs"), draft.take("top_logprobs")
    if wanted:
        draft.config["responseLogprobs"] = True
        if alternatives is not None:
            draft.config["logprobs"] = alternatives
    elif alternatives is not None:
        draft.lose("/top_logprobs", "dropped", "it needs `logprobs`")


def response_format(draft: Draft) -> None:
    """JSON, and its schema; models before Gemini 3 take neither beside tools."""
    wanted = draft.take("response_format")
    if wanted is None or wanted["type"] == "text":
        return
    told = wanted.get("json_schema", {})
    for key in ("name", "description"):
        if key in told:
            place = f"/response_format/json_schema/{key}"
            draft.lose(place, "dropped", "Gemini has no place for it")
    schema = told.get("schema")
    if draft.body.get("tools") and not draft.family.tools_with_format:
        text = JSON_ONLY if schema is None else JSON_OF + reading.write(schema).decode()
        draft.body.setdefault("systemInstruction", {"parts": []})["parts"].append({"text": text})
        reason = f"{draft.model} takes no format beside tools; told in the system instruction"
        draft.lose("/response_format", "emulated", reason)
        return
    draft.config["responseMimeType"] = "application/json"
    if schema is None:
        return
    if draft.quirks.json_schema and draft.family.json_schema:
        draft.config["responseJsonSchema"] = schema
    else:
        place = "/response_format/json_schema/schema"
        draft.config["responseSchema"] = as_openapi(draft, schema, place)


def service_tier(draft: Draft) -> None:
    """The tiers of AI Studio."""
    tier = draft.take("service_tier")
    if tier is None:
        return
    if not draft.quirks.service_tiers:
        draft.lose("/service_tier", "dropped", "the provider has headers for it")
    elif tier in SERVICE_TIERS:
        draft.body["serviceTier"] = SERVICE_TIERS[tier]
    else:
        draft.lose("/service_tier", "dropped", f"Gemini has no tier {tier!r}")


def labels(draft: Draft) -> None:
    """Labels for the bill, which Vertex has, of small letters."""
    pointer, own = draft.take_own("labels")
    if pointer:
        if draft.quirks.labels:
            draft.body["labels"] = own
        else:
            draft.lose(pointer, "dropped", "the provider knows none")
    metadata: dict[str, str] = draft.asked.get("metadata") or {}
    fits = all(LABEL.fullmatch(k) and VALUE.fullmatch(v) for k, v in metadata.items())
    if metadata and fits and draft.quirks.labels and not pointer:
        draft.body["labels"] = draft.take("metadata")
    else:
        draft.drop("metadata", "Gemini keeps nothing")


def parallel_calls(draft: Draft) -> None:
    """Several calls at once, which cannot be forbidden."""
    if draft.take("parallel_tool_calls") is False:
        draft.lose("/parallel_tool_calls", "dropped", "Gemini may always call several at once")


def stream_options(draft: Draft) -> None:
    """Usage comes with every stream; the rest of the options is OpenAI's own."""
    draft.take("stream")
    options: dict[str, Any] = draft.take("stream_options") or {}
    if "include_obfuscation" in options:
        place = "/stream_options/include_obfuscation"
        draft.lose(place, "dropped", "Gemini does not pad its streams")


def cached_content(draft: Draft) -> None:
    """A cache holds the instructions and tools itself; beside it they are refused."""
    pointer, name = draft.take_own("cached_content")
    if not pointer:
        return
    if not draft.family.cached_content:
        draft.lose(pointer, "dropped", f"{draft.model} takes no named caches")
        return
    draft.body["cachedContent"] = name
    reason = "the named cache holds its own, and may have none beside it"
    config = draft.body.pop("toolConfig", {}).get("functionCallingConfig", {})
    if config.get("mode") == "ANY":
        raise draft.refuse("/tool_choice", reason)
    if config:
        draft.lose("/tool_choice", "dropped", reason)
    if draft.body.pop("tools", None) is not None:
        draft.lose("/tools", "dropped", reason)
    if draft.body.pop("systemInstruction", None) is not None:
        draft.lose("/messages/0", "dropped", reason)


def continuation(draft: Draft) -> None:
    """Of an answer that was cut at the provider's bound, the token that has it go on."""
    pointer, token = draft.take_own("continuation_token")
    if pointer:
        draft.body["continuationToken"] = token
