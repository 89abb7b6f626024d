"""A request for a provider of the OpenAI dialect.

The caller's own JSON is put together again, unknown fields in their places, and then changed
only where the target needs it. Each change is a small function that works on the JSON and
tells its losses; nothing else is left out, so nothing is lost in silence. What changes the
meaning when lost is refused, whatever `on_loss` says.
"""

from collections.abc import Callable
from typing import Final

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.openai_chat import conversation, parameters
from dragoman.dialects.openai_chat.draft import Draft
from dragoman.dialects.openai_chat.quirks import OPENAI_PROFILE, Profile, Quirks
from dragoman.errors import BadRequestError, UnsupportedParameterError
from dragoman.models import shared
from dragoman.wire import reading

RULES: Final[tuple[Callable[[Draft], None], ...]] = (
    parameters.refused,
    parameters.choices,
    parameters.response_format,
    parameters.tool_choice,
    parameters.tools,
    parameters.schemas,
    parameters.effort,
    parameters.service_tier,
    parameters.sampling,
    parameters.token_bound,
    parameters.stop,
    parameters.logprobs,
    parameters.stream_options,
    parameters.dropped,
    conversation.messages,
)
"""What is done to a request, in this order: refusals come first."""


def encode_request(
    request: shared.CreateChatCompletionRequest,
    *,
    model: str,
    profile: Profile = OPENAI_PROFILE,
) -> Encoded:
    """This request for this model.

    Raises `UnsupportedParameterError` for what must not be lost and, where the profile says
    `refuse`, for every loss.
    """
    try:
        return _encoded(request, model, profile)
    except RecursionError:  # read a few frames higher, it was not too deep yet
        raise BadRequestError(
            "body: expected JSON; nested too deeply", status_code=400, code="invalid_value"
        ) from None


def _encoded(request: shared.CreateChatCompletionRequest, model: str, profile: Profile) -> Encoded:
    draft = Draft.of(request, model=model, profile=profile)
    for rule in RULES:
        rule(draft)
    draft.close()
    if draft.losses and profile.on_loss == "refuse":
        first = draft.losses[0]
        raise UnsupportedParameterError(
            f"{first.pointer} would be {first.kind}: {first.reason}", param=draft.path(first)
        )
    if draft.quirks.send_model:
        draft.body["model"] = model
    else:
        draft.body.pop("model", None)
    return Encoded(
        method="POST",
        path=path(draft.quirks, model),
        headers={"content-type": "application/json"},
        body=reading.write(draft.body),
        losses=tuple(draft.losses),
    )


def path(quirks: Quirks, model: str) -> str:
    """Where this model is asked, below the provider's base URL."""
    named = quirks.path
    if "{model}" in named:
        from urllib.parse import quote  # brings much along, and only Azure's older form needs it

        named = named.replace("{model}", quote(model, safe="", errors="replace"))
    return f"{named}?api-version={quirks.api_version}" if quirks.api_version else named
