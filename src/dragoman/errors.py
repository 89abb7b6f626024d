"""Everything this library raises on purpose, sorted by who can act on it.

    Error
    ├── ConfigurationError           the operator: these settings cannot work
    ├── UnsupportedParameterError    the caller: the target's dialect cannot say this
    ├── APIConnectionError           time: no answer arrived, or it was cut
    │   └── APITimeoutError          time: `phase` names the deadline that passed
    ├── RemoteProtocolError          the provider: it broke its own dialect
    └── APIStatusError               it answered, and the answer was no
        ├── BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403
        ├── NotFoundError 404, ConflictError 409, UnprocessableEntityError 422
        └── RateLimitError 429, InternalServerError 5xx

Code reads attributes, people read messages. A message says what was expected, what came and
where; it never holds a key, a prompt or an answer. The leaves carry the names that users of
`openai` already catch.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

AttemptClass = Literal["not_sent", "refused", "failed", "ambiguous", "started", "content", "client"]
"""What became of an attempt, as far as its failure tells; decides whether another may be made."""

QUOTA_CODES: Final = frozenset({"insufficient_quota", "credit_balance_exhausted"})
"""A 429 with one of these is a spent quota, which waiting does not refill."""

REFUSED_STATUSES: Final = frozenset({429, 503, 529})
"""The provider turned the attempt away before working on it."""


class Error(Exception):
    """Whatever is raised on purpose; `message` is for people, the other attributes for code.

    `code`, `type` and `param` are those of OpenAI's error object; None where there is none.
    """

    attempt_class: AttemptClass = "client"
    default_type: str = "invalid_request_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        type: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.type = type or self.default_type
        self.param = param
        self.attempts = 0
        """How many attempts were made before this was raised; 0 where nothing was sent."""

    @property
    def retryable(self) -> bool:
        """Whether the same attempt, made again, may be answered."""
        return self.attempt_class not in ("client", "content") and self.code not in QUOTA_CODES


class ConfigurationError(Error):
    """These settings cannot work; `param` names the key."""


class UnsupportedParameterError(Error):
    """The target cannot say what the caller set; `param` names the field. Nothing was sent."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message, code="unsupported_parameter", param=param)


class APIConnectionError(Error):
    """No answer arrived, or it was cut on its way (`code` is then `stream_truncated`)."""

    default_type = "upstream_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        attempt_class: AttemptClass = "ambiguous",
    ) -> None:
        super().__init__(message, code=code)
        self.attempt_class = attempt_class


class APITimeoutError(APIConnectionError):
    """A deadline passed; `phase` says which, under the names of `Timeout` (`total` is one)."""

    default_type = "timeout_error"

    def __init__(
        self, message: str, *, phase: str, attempt_class: AttemptClass = "ambiguous"
    ) -> None:
        super().__init__(message, code="timeout", attempt_class=attempt_class)
        self.phase = phase


class RemoteProtocolError(Error):
    """The provider broke its own dialect.

    `code` is `bad_gateway` where the answer cannot be read and `stream_truncated` where it
    ends before its end. `param` is the place inside the provider's JSON.
    """

    default_type = "upstream_error"
    attempt_class = "started"

    def __init__(
        self, message: str, *, code: str = "bad_gateway", param: str | None = None
    ) -> None:
        super().__init__(message, code=code, param=param)


class Head(NamedTuple):
    """The head of an answer that was no."""

    status_code: int
    """The HTTP status."""

    headers: Mapping[str, str]
    """The headers; empty where the error came inside a body."""


class APIStatusError(Error):
    """The answer was no.

    `response` is its head. `body` is the decoded body as it came (a text where it was no JSON,
    None where there was none) and stays out of the message. `retry_after` is in seconds.
    `should_retry` is what the provider said of trying again; None where it said nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        code: str | None = None,
        type: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        should_retry: bool | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code=code, type=type or type_of(status_code, code), param=param)
        self.status_code = status_code
        self.response = Head(status_code, {} if headers is None else headers)
        self.request_id = request_id
        self.retry_after = retry_after
        self.should_retry = should_retry
        self.body = body
        self.attempt_class = attempt_class_of(status_code)


class BadRequestError(APIStatusError):
    """400: the request is wrong as it stands."""


class AuthenticationError(APIStatusError):
    """401: the key is missing or wrong."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: no such model or path."""


class ConflictError(APIStatusError):
    """409: the request conflicts with another."""


class UnprocessableEntityError(APIStatusError):
    """422: well formed, yet not to be carried out."""


class RateLimitError(APIStatusError):
    """429: too many requests, or a spent quota (then `retryable` is false)."""


class InternalServerError(APIStatusError):
    """5xx: the provider failed."""


STATUS_ERRORS: Final[dict[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}

STATUS_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    422: "invalid_request_error",
    424: "upstream_error",
    429: "rate_limit_error",
    499: "client_closed",
    500: "server_error",
    502: "upstream_error",
    503: "service_unavailable_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""OpenAI's error `type` by HTTP status."""


def type_of(status_code: int, code: str | None = None) -> str:
    """The `type` of an error object with this status; a spent quota has its own."""
    if status_code == 429 and code in QUOTA_CODES:
        return "insufficient_quota"
    if status_code < 400:
        return "upstream_error"  # a redirect, which is not followed
    fallback = "server_error" if status_code >= 500 else "invalid_request_error"
    return STATUS_TYPES.get(status_code, fallback)


def attempt_class_of(status_code: int) -> AttemptClass:
    """The class of a complete answer that was no."""
    if status_code in REFUSED_STATUSES:
        return "refused"
    return "failed" if status_code == 408 or status_code >= 500 else "client"


def status_error(message: str, *, status_code: int, **details: Any) -> APIStatusError:
    """The leaf of the tree for this status; `details` are those of `APIStatusError`."""
    leaf = STATUS_ERRORS.get(status_code)
    if leaf is None:
        leaf = InternalServerError if status_code >= 500 else APIStatusError
    return leaf(message, status_code=status_code, **details)
