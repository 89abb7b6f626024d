"""A request for a model of Bedrock's.

The conversation is written first, then tools and parameters, each by a small function that tells
its losses; what nobody has taken is told at the end. What changes the meaning when lost is
refused, whatever `on_loss` says. Nothing but the request decides, so that the same conversation
always gives the same bytes.
"""

from collections.abc import Callable
from typing import Any, Final

from dragoman.dialects.bedrock_converse import parameters
from dragoman.dialects.bedrock_converse.conversation import conversation
from dragoman.dialects.bedrock_converse.draft import Draft
from dragoman.dialects.bedrock_converse.quirks import BEDROCK_PROFILE, Profile
from dragoman.dialects.bedrock_converse.tools import tool_choice, tools
from dragoman.dialects.dialect import Encoded
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.streaming import eventstream
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
    parameters.metadata,
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
    profile: Profile = BEDROCK_PROFILE,
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
    streamed = bool(request.stream)
    headers = {
        "content-type": "application/json",
        "accept": eventstream.CONTENT_TYPE if streamed else "application/json",
    }
    return Encoded(
        method="POST", path=_path(model, streamed), headers=headers, body=body, losses=losses
    )


def _body(draft: Draft) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": draft.messages}
    if draft.system:
        body["system"] = draft.system
    if draft.inference:
        body["inferenceConfig"] = draft.inference
    if draft.tools:
        chosen = {} if draft.choice is None else {"toolChoice": draft.choice}
        body["toolConfig"] = {"tools": draft.tools, **chosen}
    if draft.additional:
        body["additionalModelRequestFields"] = draft.additional
    return {**body, **draft.body}


def _path(model: str, streamed: bool) -> str:
    """The path, in which the model is one segment."""
    from urllib.parse import quote  # brings much along, and only whoever asks needs it

    named = quote(model, safe="", errors="replace")
    return f"/model/{named}/{'converse-stream' if streamed else 'converse'}"
