"""A request for a provider that speaks Responses.

The conversation is written first, then tools and parameters, each by a small function that tells
its losses; what nobody has taken is told at the end. What changes the meaning when lost is
refused, whatever `on_loss` says. Nothing but the request decides, so that the same conversation
always gives the same bytes.
"""

from collections.abc import Callable
from typing import Final

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.openai_responses import parameters
from dragoman.dialects.openai_responses.conversation import conversation
from dragoman.dialects.openai_responses.draft import Draft
from dragoman.dialects.openai_responses.quirks import RESPONSES_PROFILE, Profile
from dragoman.dialects.openai_responses.tools import tool_choice, tools
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

RULES: Final[tuple[Callable[[Draft], None], ...]] = (
    parameters.refused,
    conversation,
    tools,
    tool_choice,
    parameters.text,
    parameters.token_bound,
    parameters.reasoning,
    parameters.sampling,
    parameters.same,
    parameters.stream,
    parameters.dropped,
    parameters.include,
    Draft.leave_unknown,
)
"""What is done, in this order: what may be refused comes first, and reasoning before what it
rules out."""


def encode_request(
    request: shared.CreateChatCompletionRequest,
    *,
    model: str,
    profile: Profile = RESPONSES_PROFILE,
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
        tools = {"tools": draft.tools} if draft.tools else {}
        told = {"model": model, "input": draft.input, **tools, **draft.body}
        body = reading.write(told)
    except RecursionError:
        raise BadRequestError(
            "body: expected JSON; nested too deeply", status_code=400, code="invalid_value"
        ) from None
    return Encoded(
        method="POST",
        path=draft.quirks.path,
        headers={"content-type": "application/json"},
        body=body,
        losses=losses,
    )
