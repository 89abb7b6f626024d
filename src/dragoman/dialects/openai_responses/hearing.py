"""The parts of a caller's items, as the hub has them."""

from typing import Any, Final, TypeVar

import msgspec

from dragoman.dialects.given import Given, unknown
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.models.pointers import escaped, path_of
from dragoman.wire import reading

T = TypeVar("T")

DETAILS: Final = ("auto", "low", "high", "original")

FILE_KEYS: Final = frozenset({"file_data", "file_id", "filename"})
"""What a file of the hub's can say."""

SAID: Final = frozenset({"input_text"})
SHOWN: Final = frozenset({"input_text", "input_image"})
ANY: Final = frozenset({"input_text", "input_image", "input_file", "input_audio"})
"""The types of parts that the hub has in instructions, in results and in what a user says."""


def parts(
    content: list[Any], pointer: str, at: str, kinds: frozenset[str], extra: shared.Extra
) -> list[Any]:
    """The parts of this content, which will stand at the place `at` of the hub's request."""
    return [
        _part(Given(part, f"{pointer}/{n}"), f"{at}/{n}", kinds, extra)
        for n, part in enumerate(content)
    ]


def _part(given: Given, at: str, kinds: frozenset[str], extra: shared.Extra) -> Any:
    """A part; of a type or a kind that the hub has no place for, as it came."""
    whole = dict(given.rest)
    kind = given.must("type", str)
    part: Any = None
    if kind in kinds:
        match kind:
            case "input_text":
                part = shared.ChatCompletionRequestMessageContentPartText(
                    text=given.must("text", str), prompt_cache_breakpoint=_breakpoint(given)
                )
            case "input_image":
                part = _image(given)
            case "input_file":
                part = _file(given)
            case "input_audio":
                part = shared.ChatCompletionRequestMessageContentPartAudio(
                    input_audio=typed(given, "input_audio", shared.InputAudio),
                    prompt_cache_breakpoint=_breakpoint(given),
                )
    if part is None:
        return shared.OtherPart(raw=shared.Verbatim(whole))
    leave(given, at, extra)
    return part


def _breakpoint(given: Given) -> shared.PromptCacheBreakpointParam | None:
    return optional(given, "prompt_cache_breakpoint", shared.PromptCacheBreakpointParam)


def _image(given: Given) -> Any:
    """An image by address or data URI; one that was uploaded has no place in the hub."""
    if not isinstance(given.rest.get("image_url"), str) or given.rest.get("file_id") is not None:
        return None
    detail: Any = given.take("detail", str)
    if detail is not None and detail not in DETAILS:
        raise unknown(given.place("detail"), DETAILS, detail)
    return shared.ChatCompletionRequestMessageContentPartImage(
        image_url=shared.ImageURL(url=given.must("image_url", str), detail=detail),
        prompt_cache_breakpoint=_breakpoint(given),
    )


def _file(given: Given) -> Any:
    """A file by value or id; one by its address has no place in the hub."""
    if given.rest.get("file_url") is not None:
        return None
    file = shared.File(**{key: given.take(key, str) for key in FILE_KEYS})
    return shared.ChatCompletionRequestMessageContentPartFile(
        file=file, prompt_cache_breakpoint=_breakpoint(given)
    )


def optional(given: Given, key: str, kind: type[T]) -> T | None:
    """This field as a type of the hub's; None where it is not there, or null."""
    return None if given.rest.get(key) is None else typed(given, key, kind)


def typed(given: Given, key: str, kind: type[T]) -> T:
    """This object as a type of the hub's; raises `BadRequestError` naming the place in it."""
    value = given.must(key, dict)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error).within(path_of(given.place(key)))
        raise BadRequestError(
            str(wrong), status_code=400, code="invalid_value", param=wrong.path
        ) from None


def leave(given: Given, at: str, extra: shared.Extra) -> None:
    """Keep what nobody took by its place in the hub's request."""
    for key, left in given.rest.items():
        if left is not None:
            extra[f"{at}/{escaped(key)}"] = left
