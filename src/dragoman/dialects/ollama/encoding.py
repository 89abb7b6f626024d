"""A request for Ollama's own endpoint.

The conversation is written first, then tools and parameters, each by a small function that tells
its losses; what nobody has taken is told at the end. What changes the meaning when lost is
refused, whatever `on_loss` says.
"""

from collections.abc import Callable
from typing import Any, Final

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.ollama import parameters
from dragoman.dialects.ollama.conversation import conversation
from dragoman.dialects.ollama.draft import Draft
from dragoman.dialects.ollama.quirks import OLLAMA_PROFILE, Profile
from dragoman.dialects.ollama.tools import tools
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

RULES: Final[tuple[Callable[[Draft], None], ...]] = (
    parameters.refused,
    conversation,
    tools,
    parameters.response_format,
    parameters.token_bound,
    parameters.sampling,
    parameters.own_options,
    parameters.thinking,
    parameters.logprobs,
    parameters.own_fields,
    parameters.dropped,
    Draft.leave_unknown,
)
"""What is done, in this order; what may be refused comes first."""


def encode_request(
    request: shared.CreateChatCompletionRequest,
    *,
    model: str,
    profile: Profile = OLLAMA_PROFILE,
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
    return Encoded(method="POST", path="/api/chat", headers=headers, body=body, losses=losses)


def _body(draft: Draft) -> dict[str, Any]:
    told = [{"role": "system", "content": text} for text in draft.told]
    body: dict[str, Any] = {"model": draft.model, "messages": [*told, *draft.messages]}
    body.update(draft.body)
    if draft.options:
        body["options"] = draft.options
    # Ollama streams unless it is told not to.
    body["stream"] = bool(draft.request.stream)
    return body
