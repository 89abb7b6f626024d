"""The error object, as OpenAI spells it.

Reference: https://platform.openai.com/docs/guides/error-codes
"""

from dragoman.models.hub import HubType


class Error(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong."""

    code: str | None
    """A word for programs; null where there is none."""

    message: str
    """A sentence for people."""

    param: str | None
    """The field of the request that is wrong; null where there is none."""

    type: str
    """The class of the error."""


class ErrorResponse(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """The body of an answer that was no, and the event that ends a failed stream."""

    error: Error
    """What went wrong."""
