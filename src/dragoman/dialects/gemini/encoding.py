"""A request for Gemini.

What is a field of the body is written by a small function for each matter, the conversation by
`conversation`. Whatever none of them takes is told as lost, so that nothing is lost in silence;
what changes the meaning when lost is refused, whatever `on_loss` says. A translator is a function
of its arguments: the same beginning of a conversation is always the same beginning of a body.
"""

from collections.abc import Callable
from typing import Final

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.gemini import conversation, parameters, thinking, tools
from dragoman.dialects.gemini.draft import Draft
from dragoman.dialects.gemini.quirks import AI_STUDIO, Profile
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

RULES: Final[tuple[Callable[[Draft], None], ...]] = (
    parameters.choices,
    parameters.sound,
    conversation.contents,
    tools.tools,
    tools.tool_choice,
    parameters.parallel_calls,
    parameters.search,
    parameters.safety,
    parameters.token_bound,
    parameters.sampling,
    parameters.stop,
    parameters.seed,
    parameters.logprobs,
    parameters.response_format,
    thinking.thinking,
    parameters.service_tier,
    parameters.labels,
    parameters.stream_options,
    parameters.cached_content,
    parameters.continuation,
    Draft.drop_rest,
)
"""What is done to a request, in this order."""


def encode_request(
    request: shared.CreateChatCompletionRequest,
    *,
    model: str,
    profile: Profile = AI_STUDIO,
) -> Encoded:
    """This request for this model.

    Raises `UnsupportedParameterError` for what must not be lost and, where the profile says
    `refuse`, for every loss.
    """
    try:
        draft = Draft(request, model, profile)
        for rule in RULES:
            rule(draft)
        body = reading.write(draft.written())
    except RecursionError:  # read a few frames higher, it was not too deep yet
        raise BadRequestError(
            "body: expected JSON; nested too deeply", status_code=400, code="invalid_value"
        ) from None
    return Encoded(
        method="POST",
        path=path(model, streamed=bool(request.stream)),
        headers={"content-type": "application/json"},
        body=body,
        losses=draft.settled(profile.on_loss),
    )


def path(model: str, *, streamed: bool) -> str:
    """Where this model is asked, below the provider's base URL; its name may have its own path."""
    from urllib.parse import quote  # brings much along

    place = model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"
    method = "streamGenerateContent?alt=sse" if streamed else "generateContent"
    return f"/{quote(place, safe='/', errors='replace')}:{method}"
