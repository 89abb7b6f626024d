"""A request for Mistral, whose reader refuses every key that it does not know.

The conversation is written first, then tools and parameters, each by a small function that tells
its losses; what nobody has taken is told at the end. What changes the meaning when lost is
refused, whatever `on_loss` says.
"""

from collections.abc import Callable
from typing import Final

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.mistral import parameters
from dragoman.dialects.mistral.conversation import conversation
from dragoman.dialects.mistral.draft import Draft
from dragoman.dialects.mistral.quirks import MISTRAL_PROFILE, Profile
from dragoman.dialects.mistral.tools import tool_choice, tools
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

RULES: Final[tuple[Callable[[Draft], None], ...]] = (
    parameters.refused,
    conversation,
    tools,
    tool_choice,
    parameters.carried,
    parameters.token_bound,
    parameters.prediction,
    parameters.service_tier,
    parameters.response_format,
    parameters.effort,
    parameters.own_fields,
    parameters.dropped,
    Draft.leave_unknown,
)
"""What is done, in this order; what may be refused comes first."""


def encode_request(
    request: shared.CreateChatCompletionRequest,
    *,
    model: str,
    profile: Profile = MISTRAL_PROFILE,
) -> Encoded:
    """This request for this model.

    Raises `UnsupportedParameterError` for what must not be lost and, where the profile says
    `refuse`, for every loss.
    """
    try:
        draft = Draft(request, model=model, profile=profile)
        for rule in RULES:
            rule(draft)
        losses = draft.settled(profile.on_loss)
        body = {"model": draft.model, "messages": draft.messages, **draft.body}
        if request.stream:
            body["stream"] = True
        written = reading.write(body)
    except RecursionError:
        raise BadRequestError(
            "body: expected JSON; nested too deeply", status_code=400, code="invalid_value"
        ) from None
    headers = {"content-type": "application/json"}
    return Encoded(
        method="POST", path="/chat/completions", headers=headers, body=written, losses=losses
    )
