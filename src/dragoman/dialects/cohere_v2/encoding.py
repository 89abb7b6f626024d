"""A request for Cohere.

The conversation is written first, then tools and parameters, each by a small function that tells
its losses; what nobody has taken is told at the end. What changes the meaning when lost is
refused, whatever `on_loss` says. Nothing but the request decides, so that the same conversation
always gives the same bytes.
"""

from collections.abc import Callable
from typing import Any, Final

from dragoman.dialects.cohere_v2 import parameters
from dragoman.dialects.cohere_v2.conversation import conversation
from dragoman.dialects.cohere_v2.draft import Draft
from dragoman.dialects.cohere_v2.quirks import COHERE_PROFILE, Profile
from dragoman.dialects.cohere_v2.tools import tool_choice, tools
from dragoman.dialects.dialect import Encoded
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

PATH: Final = "/v2/chat"

RULES: Final[tuple[Callable[[Draft], None], ...]] = (
    parameters.refused,
    conversation,
    tools,
    tool_choice,
    parameters.response_format,
    parameters.sampling,
    parameters.token_bound,
    parameters.stop,
    parameters.thinking,
    parameters.logprobs,
    parameters.own_fields,
    parameters.dropped,
    Draft.leave_unknown,
)
"""What is done, in this order: what may be refused comes first."""


def encode_request(
    request: shared.CreateChatCompletionRequest,
    *,
    model: str,
    profile: Profile = COHERE_PROFILE,
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
        body = reading.write(_body(draft))
    except RecursionError:
        raise BadRequestError(
            "body: expected JSON; nested too deeply", status_code=400, code="invalid_value"
        ) from None
    headers = {"content-type": "application/json"}
    return Encoded(method="POST", path=PATH, headers=headers, body=body, losses=losses)


def _body(draft: Draft) -> dict[str, Any]:
    body: dict[str, Any] = {"model": draft.model, "messages": draft.messages}
    if draft.tools:
        body["tools"] = draft.tools
    # `stream` is said in any case: not all of Cohere's endpoints have the same default.
    return {**body, **draft.body, "stream": bool(draft.request.stream)}
