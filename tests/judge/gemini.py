"""What Gemini said: a whole body, a stream, a refusal, each read with `json` alone.

Authority: the provider pages, gemini-generate-content.md sections 3 to 5, README.md sections 3
and 5, and above them the recorded traffic.
"""

import json
from datetime import datetime
from typing import Any

from tests.judge.providers import events, glued_values
from tests.judge.refusals import ERROR_TYPES, TOO_LONG, SaidError
from tests.judge.words import UNSAID, Choice, Heard, NoAnswer, ToolCall, Unsaid, Usage, value_of

Json = dict[str, Any]


def said(body: bytes) -> Heard:
    """What a whole answer says; a stream without `alt=sse` is one array."""
    value = value_of(body)
    answers = value if isinstance(value, list) else [value]
    if not answers or not all(isinstance(answer, dict) for answer in answers):
        raise NoAnswer("nothing that is an answer")
    return heard_from(answers, whole=True)


def said_stream(raw: bytes) -> Heard:
    """What a stream says whose HTTP message ended, complete, with the last byte of `raw`."""
    if raw.lstrip()[:1] == b"[":
        chunks = value_of(raw)
        if not isinstance(chunks, list):
            raise NoAnswer("the array ends before its end")
        return heard_from(chunks, whole=False)
    told: list[Json] = []
    for _, data in events(raw):
        if data.strip().startswith("[DONE]"):
            break
        told += glued_values(data, frozenset())
    return heard_from(told, whole=False)


def heard_from(answers: list[Json], *, whole: bool) -> Heard:
    voices: dict[int, Voice] = {}
    usage: Json = {}
    for answer in answers:
        if answer.get("error"):
            raise NoAnswer("an error")
        for place, candidate in enumerate(answer.get("candidates") or []):
            voices.setdefault(candidate.get("index", place), Voice()).hear(candidate)
        reason = (answer.get("promptFeedback") or {}).get("blockReason")
        if reason:
            voices.setdefault(0, Voice()).blocked = reason
        usage |= {k: v for k, v in (answer.get("usageMetadata") or {}).items() if v is not None}
    if not voices:
        raise NoAnswer("no candidate, and no reason for it")
    if not whole and any(voice.finish is None and not voice.blocked for voice in voices.values()):
        raise NoAnswer("the stream ends before its end")
    first = answers[0]
    return Heard(
        id=first.get("responseId") or UNSAID,
        model=first.get("modelVersion") or UNSAID,
        created=moment(first.get("createTime")),
        choices=[voices[index].choice(index) for index in sorted(voices)],
        usage=usage_said(usage),
    )


def moment(told: str | None) -> int | Unsaid:
    return int(datetime.fromisoformat(told).timestamp()) if told else UNSAID


FILTERED = {
    "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "ESCALATION",
}  # fmt: skip
NUMBERS = {1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION"}


class Voice:
    """Everything one candidate has said so far."""

    def __init__(self) -> None:
        self.parts: list[Json] = []
        self.finish: str | int | None = None
        self.blocked: str | None = None
        self.metadata: list[Json] = []
        self.logprobs: list[tuple[str, float]] = []

    def hear(self, candidate: Json) -> None:
        self.parts += (candidate.get("content") or {}).get("parts") or []
        self.finish = candidate.get("finishReason") or self.finish  # the last one counts
        self.metadata.append(candidate)
        for token in (candidate.get("logprobsResult") or {}).get("chosenCandidates") or []:
            self.logprobs.append((token["token"], token.get("logProbability", 0.0)))

    def choice(self, index: int) -> Choice:
        spoken = [p for p in self.parts if "text" in p and not p.get("thought")]
        thoughts = [p for p in self.parts if "text" in p and p.get("thought")]
        text = "".join(part["text"] for part in spoken)
        calls = calls_in(self.parts)
        kinds = {"functionCall", "executableCode", "codeExecutionResult", "inlineData", "toolCall"}
        acted = any(part.keys() & kinds for part in self.parts)
        refusal = f"Prompt blocked: {self.blocked}" if self.blocked else None
        return Choice(
            index=index,
            content=text or (None if calls or refusal else ""),
            refusal=refusal,
            reasoning="".join(part["text"] for part in thoughts) or None,
            reasoning_details=details_in(self.parts),
            tool_calls=calls,
            function_call=None,
            audio=None,  # in no record
            url_citations=urls_in(self.metadata),
            logprobs=self.logprobs,
            finish_reason=self.finish_reason(spoke=bool(text or acted), called=bool(calls)),
        )

    def finish_reason(self, *, spoke: bool, called: bool) -> str:
        if self.blocked:
            return "content_filter"
        native = NUMBERS.get(self.finish, "OTHER") if isinstance(self.finish, int) else self.finish
        if native in FILTERED:
            return "content_filter"
        if native in ("MAX_TOKENS", "CONTINUATION"):
            return "length"
        if not spoke and native != "STOP":
            raise NoAnswer(f"{native} and nothing said")
        return "tool_calls" if called else "stop"


def calls_in(parts: list[Json]) -> list[ToolCall]:
    """The calls; of one whose arguments are streamed, the pieces put into their places."""
    whole: list[Json] = []
    for call in (part["functionCall"] for part in parts if "functionCall" in part):
        if call.get("name"):
            whole.append({"args": {}} | call)
        for piece in call.get("partialArgs", []):
            place(whole[-1]["args"], piece)
    return [
        ToolCall(
            "function",
            call["name"],
            call.get("id") or UNSAID,
            json.dumps(call["args"], sort_keys=True, ensure_ascii=False),
        )
        for call in whole
    ]


def place(args: Json, piece: Json) -> None:
    """`$.a.b[0].c`: each object and list on the way is made where there is none."""
    keys = piece["jsonPath"].removeprefix("$.").replace("[", ".").replace("]", "").split(".")
    at: Any = args
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        step: Any = int(key) if isinstance(at, list) else key
        if isinstance(at, list) and step == len(at):
            at.append(None)
        known = at[step] if isinstance(at, list) else at.get(step)
        if following is None:
            value = piece.get("stringValue", piece.get("numberValue", piece.get("boolValue")))
            at[step] = known + (value or "") if isinstance(known, str) else value
        elif known is None:
            at[step] = [] if following.isdigit() else {}
        at = at[step]


def details_in(parts: list[Json]) -> list[tuple[str, str, str | None]]:
    """Thoughts in a row, and whatever is signed that is no call."""
    details: list[tuple[str, str, str | None]] = []
    going_on = False
    for part in parts:
        signature, thought = part.get("thoughtSignature"), bool(part.get("thought"))
        if "text" in part and not part["text"] and not signature:
            going_on = going_on and thought
            continue
        if thought and going_on:
            _, before, _ = details.pop()
            details.append(("reasoning.text", before + part.get("text", ""), signature))
        elif thought or (signature and not part.keys() - {"text", "thoughtSignature"}):
            text = part.get("text", "") if thought else ""
            details.append(("reasoning.text", text, signature))
        going_on = thought and not signature
    return details


def urls_in(candidates: list[Json]) -> list[str]:
    """What has an address and an end in the text, each once."""
    found: list[tuple[Any, ...]] = []
    for candidate in candidates:
        grounding = candidate.get("groundingMetadata") or {}
        for support in grounding.get("groundingSupports", []):
            segment = support["segment"]
            for number in support.get("groundingChunkIndices", []):
                for chunk in grounding.get("groundingChunks", [])[number : number + 1]:
                    (source,) = chunk.values()
                    span = segment.get("startIndex", 0), segment["endIndex"]
                    found.append((*span, source.get("uri"), source.get("title", "")))
        cited = candidate.get("citationMetadata") or {}
        for source in cited.get("citationSources", []) + cited.get("citations", []):
            if "endIndex" in source:
                span = source.get("startIndex", 0), source["endIndex"]
                found.append((*span, source.get("uri"), source.get("title", "")))
    return [citation[2] for citation in dict.fromkeys(found) if citation[2]]


COUNTED = (
    "promptTokenCount", "toolUsePromptTokenCount", "candidatesTokenCount", "thoughtsTokenCount",
    "totalTokenCount",
)  # fmt: skip


def usage_said(usage: Json) -> Usage | None:
    if not usage.keys() & set(COUNTED):
        return None
    asked, tools, answer, thoughts, total = (usage.get(name, 0) for name in COUNTED)
    prompt = asked + tools
    inside = thoughts > 0 and total == prompt + answer
    completion = answer + (0 if inside else thoughts)
    return Usage(
        prompt=prompt,
        completion=completion,
        total=prompt + completion,
        cached=usage.get("cachedContentTokenCount"),
        cache_write=None,
        reasoning=usage.get("thoughtsTokenCount"),
    )


def said_error(status: int | None, body: bytes) -> SaidError:
    """What a body with this status refuses, and why."""
    value = value_of(body)
    error = (value[0] if isinstance(value, list) else value)["error"]
    message, word = error["message"], error.get("status", "")
    if status in (200, None):
        status = error["code"]
    code = word.lower()
    text = json.dumps(error)
    if "API_KEY_INVALID" in text:
        status, code = 401, "invalid_api_key"
    elif any(words in message.lower() for words in TOO_LONG):
        code = "context_length_exceeded"
    elif status == 429:
        code = "insufficient_quota" if "PerDay" in text else "rate_limit_exceeded"
    elif status == 404 and "models/" in message:
        code = "model_not_found"
    kind = "insufficient_quota" if code == "insufficient_quota" else ERROR_TYPES.get(status or 0)
    return SaidError(message, status, kind, code, None)
