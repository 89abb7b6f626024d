"""A request for a provider of the OpenAI dialect.

The caller's own JSON is put together again, unknown fields in their places, and then changed
only where the target needs it. Each change is a small function that works on the JSON and
tells its losses; nothing else is left out, so nothing is lost in silence. What changes the
meaning when lost is refused, whatever `on_loss` says.
"""

import functools
from collections.abc import Callable
from typing import Final, TypeAlias

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.openai_chat import conversation, parameters
from dragoman.dialects.openai_chat.draft import Draft
from dragoman.dialects.openai_chat.families import SAMPLING_FIELDS
from dragoman.dialects.openai_chat.quirks import OPENAI_PROFILE, Profile, Quirks
from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

Rule: TypeAlias = Callable[[Draft], None]

RULES: Final[tuple[tuple[Rule, frozenset[str] | None], ...]] = (
    (parameters.refused, None),
    (parameters.choices, frozenset({"n"})),
    (parameters.response_format, frozenset({"response_format"})),
    (parameters.tool_choice, frozenset({"tool_choice", "function_call"})),
    (parameters.tools, frozenset({"tools"})),
    (parameters.schemas, frozenset({"tools", "functions", "response_format"})),
    (parameters.effort, frozenset({"reasoning_effort"})),
    (parameters.service_tier, frozenset({"service_tier"})),
    (parameters.sampling, frozenset(SAMPLING_FIELDS)),
    (parameters.token_bound, frozenset({"max_tokens", "max_completion_tokens"})),
    (parameters.stop, frozenset({"stop"})),
    (parameters.logprobs, frozenset({"logprobs"})),
    (parameters.stream_options, frozenset({"stream_options"})),
    (parameters.dropped, None),
    (conversation.messages, None),
)
"""What is done to a request, in this order: refusals come first.

Beside each rule the fields without which it does nothing; None: it looks at all of them.
"""


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
    for rule in rules_for(frozenset(draft.body)):
        rule(draft)
    draft.close()
    losses = draft.settled(profile.on_loss)
    if draft.quirks.send_model:
        draft.body["model"] = model
    else:
        draft.body.pop("model", None)
    return Encoded(
        method="POST",
        path=path(draft.quirks, model),
        headers={"content-type": "application/json"},
        body=reading.write(draft.body),
        losses=losses,
    )


@functools.lru_cache(maxsize=256)  # sets of fields are few, and callers may make up others
def rules_for(fields: frozenset[str]) -> tuple[Rule, ...]:
    """The rules that may have something to do where these top-level fields are set."""
    return tuple(rule for rule, needed in RULES if needed is None or needed & fields)


def path(quirks: Quirks, model: str) -> str:
    """Where this model is asked, below the provider's base URL."""
    named = quirks.path
    if "{model}" in named:
        from urllib.parse import quote  # brings much along, and only Azure's older form needs it

        named = named.replace("{model}", quote(model, safe="", errors="replace"))
    return f"{named}?api-version={quirks.api_version}" if quirks.api_version else named
