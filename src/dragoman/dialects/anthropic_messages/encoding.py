"""A request for Claude, wherever it is hosted.

The conversation is written first, then tools and parameters, each by a small function that tells
its losses; what nobody has taken is told at the end. What changes the meaning when lost is
refused, whatever `on_loss` says. Nothing but the request decides, so that the same conversation
always gives the same bytes.
"""

from collections.abc import Callable
from typing import Any, Final

from dragoman.dialects.anthropic_messages import parameters
from dragoman.dialects.anthropic_messages.conversation import conversation
from dragoman.dialects.anthropic_messages.draft import Draft
from dragoman.dialects.anthropic_messages.quirks import ANTHROPIC_PROFILE, Profile
from dragoman.dialects.anthropic_messages.tools import tool_choice, tools
from dragoman.dialects.dialect import Encoded
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

RULES: Final[tuple[Callable[[Draft], None], ...]] = (
    parameters.refused,
    conversation,
    tools,
    parameters.token_bound,
    parameters.thinking,
    tool_choice,
    parameters.response_format,
    parameters.sampling,
    parameters.stop,
    parameters.user,
    parameters.service_tier,
    parameters.own_fields,
    parameters.dropped,
    parameters.caching,
    Draft.leave_unknown,
)
"""What is done, in this order: what may be refused comes first, and thinking before what it rules
out."""


def encode_request(
    request: shared.CreateChatCompletionRequest,
    *,
    model: str,
    profile: Profile = ANTHROPIC_PROFILE,
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
    return Encoded(
        method="POST", path=_path(draft), headers=_headers(draft), body=body, losses=losses
    )


def _body(draft: Draft) -> dict[str, Any]:
    quirks = draft.quirks
    body: dict[str, Any] = {}
    if quirks.version_in_body:
        body["anthropic_version"] = draft.version
        if draft.betas:
            body["anthropic_beta"] = draft.betas
    if not quirks.model_in_path:
        body["model"] = draft.model
    if draft.system:
        body["system"] = draft.system
    body["messages"] = draft.messages
    if draft.tools:
        body["tools"] = draft.tools
    body.update(draft.body)
    if draft.request.stream and not quirks.stream_in_path:
        body["stream"] = True
    return body


def _headers(draft: Draft) -> dict[str, str]:
    headers = {"content-type": "application/json"}
    if not draft.quirks.version_in_body:
        headers["anthropic-version"] = draft.version
        if draft.betas:
            headers["anthropic-beta"] = ",".join(draft.betas)
    return headers


def _path(draft: Draft) -> str:
    quirks = draft.quirks
    path = quirks.stream_path if draft.request.stream and quirks.stream_path else quirks.path
    if "{model}" in path:
        from urllib.parse import quote  # brings much along, and Anthropic itself does not need it

        path = path.replace("{model}", quote(draft.model, safe="@", errors="replace"))
    return path
