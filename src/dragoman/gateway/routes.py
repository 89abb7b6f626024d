"""Which endpoint a path leads to, and by which method."""

from typing import Final, Literal, NamedTuple
from urllib.parse import unquote

from dragoman.errors import status_error

Endpoint = Literal["complete", "models", "model", "openapi", "live", "ready"]


class Route(NamedTuple):
    """Where a request leads."""

    endpoint: Endpoint

    name: str = ""
    """The model that the path names; empty where it names none."""


class MethodError(Exception):
    """The path is known, the method is not the one; `allowed` is."""

    def __init__(self, allowed: str) -> None:
        super().__init__(allowed)
        self.allowed = allowed


CHAT: Final = "/chat/completions"
DEPLOYMENTS: Final = "/openai/deployments/"

METHODS: Final[dict[Endpoint, tuple[str, ...]]] = {
    "complete": ("POST",),
    "models": ("GET", "HEAD"),
    "model": ("GET", "HEAD"),
    "openapi": ("GET", "HEAD"),
    "live": ("GET", "HEAD"),
    "ready": ("GET", "HEAD"),
}

FIXED: Final[dict[str, Endpoint]] = {
    CHAT: "complete",
    f"/v1{CHAT}": "complete",
    f"/openai/v1{CHAT}": "complete",
    "/models": "models",
    "/openai/models": "models",
    "/v1/models": "models",
    "/openai/v1/models": "models",
    "/openapi.json": "openapi",
    "/health/live": "live",
    "/health/ready": "ready",
}

POSTED: Final = {
    path: Route(endpoint) for path, endpoint in FIXED.items() if "POST" in METHODS[endpoint]
}
"""What nearly everybody asks for."""

MODEL: Final = ("/v1/models/", "/models/", "/openai/v1/models/", "/openai/models/")
"""What stands before the name of a model, which may have slashes, as between deployments' two."""


def routed(method: str, path: str) -> Route:
    """The route of this path, percent-encoded as it came.

    Raises `NotFoundError` for a path that leads nowhere, and `MethodError`.
    """
    route = POSTED.get(path) if method == "POST" else None
    if route is not None:
        return route
    route = _route(path)
    if route is None:
        raise status_error(
            f"path: expected one of {', '.join(sorted(FIXED))}; there is none such",
            status_code=404,
            code="unknown_path",
        )
    allowed = METHODS[route.endpoint]
    if method not in allowed:
        raise MethodError(", ".join(allowed))
    return route


def _route(path: str) -> Route | None:
    fixed = FIXED.get(path)
    if fixed is not None:
        return Route(fixed)
    if path.startswith(DEPLOYMENTS) and path.endswith(CHAT):
        name = path[len(DEPLOYMENTS) : -len(CHAT)]
        return Route("complete", unquote(name)) if name else None
    for prefix in MODEL:
        if path.startswith(prefix) and len(path) > len(prefix):
            return Route("model", unquote(path[len(prefix) :]))
    return None
