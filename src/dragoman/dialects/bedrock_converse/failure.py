"""Errors: read from Bedrock, in OpenAI's words.

An answer names its exception in the header `x-amzn-errortype`, sometimes in `__type` of the body;
a stream names it in a header of the message. Some exceptions mean another status than they have.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from dragoman.dialects import refusing
from dragoman.errors import APIStatusError, status_error
from dragoman.models.headers import Headers, request_id_in
from dragoman.streaming import eventstream
from dragoman.wire import reading


class Meaning(NamedTuple):
    """What an exception means."""

    status_code: int
    code: str | None = None
    type: str | None = None
    """OpenAI's type, where it is another than that of the status."""


EXCEPTIONS: Final = {
    "accessdenied": Meaning(403),
    "conflict": Meaning(400, type="conflict_error"),
    "expiredtoken": Meaning(401, "invalid_api_key"),
    "internalserver": Meaning(500),
    "invalidsignature": Meaning(401, "invalid_api_key"),
    "modelerror": Meaning(424),
    "modelnotready": Meaning(503),
    "modelstreamerror": Meaning(502, "bad_gateway"),
    "modeltimeout": Meaning(408),
    "resourcenotfound": Meaning(404),
    "servicequotaexceeded": Meaning(429, "insufficient_quota"),
    "serviceunavailable": Meaning(503),
    "throttling": Meaning(429, "rate_limit_exceeded"),
    "unrecognizedclient": Meaning(401, "invalid_api_key"),
    "validation": Meaning(400),
}
"""By name, in lower case and without `Exception` at its end."""

STATUS_CODES: Final = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
"""OpenAI's code for a status whose exception we do not know."""

NO_MODEL: Final = "the provided model identifier is invalid"
SPENT: Final = "too many tokens per day"


def decode_error(status_code: int, headers: Mapping[str, str], body: bytes) -> APIStatusError:
    """The error that this answer tells; never raises."""
    try:
        value: Any = reading.read_untyped(body)
    except reading.UnreadableError:
        value = body.decode(errors="replace").strip() or None
    said = headers.get("x-amzn-errortype") or _exception_in(value)
    return _error(status_code, headers, value, said)


def failure_in(text: bytes) -> APIStatusError | None:
    """The error that stands where an answer was expected, under a status of 200; None for none."""
    try:
        value = reading.read_untyped(text)
    except reading.UnreadableError:
        return None
    if not isinstance(value, dict) or "output" in value:
        return None
    if not _message(value) and not _exception_in(value):
        return None
    return _error(None, {}, value, _exception_in(value))


def failure_of(message: eventstream.Message) -> APIStatusError | None:
    """The error that this message of a stream is; None for an event."""
    headers = message.headers
    if headers.get(":message-type", "event") == "event" and ":exception-type" not in headers:
        return None
    try:
        value: Any = reading.read_untyped(message.payload)
    except reading.UnreadableError:
        value = None
    said = headers.get(":exception-type") or headers.get(":error-code")
    if not _message(value) and isinstance(told := headers.get(":error-message"), str):
        value = {"message": told}
    return _error(None, {}, value, str(said or ""))


def _error(
    status_code: int | None, headers: Mapping[str, str], value: Any, exception: str
) -> APIStatusError:
    name = exception.split(":", 1)[0].rpartition("#")[2].lower().removesuffix("exception")
    meaning = EXCEPTIONS.get(name)
    if meaning is None:
        status = 502 if status_code is None or status_code < 300 else status_code
        meaning = Meaning(status, STATUS_CODES.get(status))
    message = _message(value) or (value[: refusing.SHOWN_CHARACTERS] if _is_text(value) else "")
    original = value.get("originalStatusCode") if isinstance(value, dict) else None
    if name == "modelerror" and isinstance(original, int) and 400 <= original < 500:
        meaning = Meaning(original, STATUS_CODES.get(original))
    meaning = _by_message(meaning, message.lower())
    if not message:
        told = exception or str(meaning.status_code)
        message = f"the provider answered {told} without a message"
    if meaning.status_code < 400:
        message += "; a redirect is not followed: base_url has to name the address itself"
    return status_error(
        message,
        status_code=meaning.status_code,
        code=meaning.code,
        type=meaning.type,
        request_id=request_id_in(headers),
        retry_after=refusing.retry_after(headers),
        should_retry=refusing.should_retry(headers),
        body=value,
        headers=Headers(headers),
    )


def _by_message(meaning: Meaning, message: str) -> Meaning:
    """What the words say beyond the exception, or where there is none."""
    if meaning.status_code in (400, 502):
        if refusing.overflows(message):
            return Meaning(400, "context_length_exceeded")
        if NO_MODEL in message:
            return Meaning(404, "model_not_found")
    if meaning.status_code == 429 and SPENT in message:
        return Meaning(429, "insufficient_quota")
    return meaning


def _message(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    error = value.get("error")
    inside = error.get("message") if isinstance(error, dict) else error
    places = (value.get("message"), value.get("Message"), value.get("originalMessage"), inside)
    return next((place for place in places if isinstance(place, str) and place), "")


def _exception_in(value: Any) -> str:
    said = value.get("__type") if isinstance(value, dict) else None
    return said if isinstance(said, str) else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
