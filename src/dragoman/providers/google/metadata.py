"""The metadata server: the token of a virtual machine, of Cloud Run, of a pod of GKE.

Asked by its address and not by its name, which is not to be looked up where there is no such
server, and could be answered by somebody else.

Reference: https://cloud.google.com/compute/docs/metadata/overview
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from dragoman.providers.google.granting import SCOPE, parts_of, token_in
from dragoman.providers.tokens import Token
from dragoman.providers.wishes import Absent, Conversation, Fetch, answered, refusal, transient

HOST_VARIABLE: Final = "GCE_METADATA_HOST"
HOST: Final = "169.254.169.254"

PATH: Final = "/computeMetadata/v1/instance/service-accounts/default/token"

SECONDS: Final = 3.0
"""google-auth's figure; elsewhere nobody answers, and this is waited in vain."""


def of_metadata_server(
    environ: Mapping[str, str], *, now: Callable[[], float]
) -> Conversation[Token | Absent]:
    """Its token; `Absent` where there is no such server, or it has no account.

    Raises `ConfigurationError` for an address that cannot be meant, and `APIConnectionError` where
    it is there and fails.
    """
    source = "Google's metadata server"
    if environ.get("NO_GCE_CHECK") == "true":
        return Absent(f"{source} is not asked, since NO_GCE_CHECK says so")
    host = environ.get(HOST_VARIABLE) or HOST
    url = f"http://{host}{PATH}?{urlencode({'scopes': SCOPE})}"
    parts_of(url, key=HOST_VARIABLE)
    fetch = Fetch(
        method="GET",
        url=url,
        headers={"metadata-flavor": "Google"},
        timeout_seconds=SECONDS,
        direct=True,
    )
    answer = yield from answered(fetch, attempts=1, now=now)
    if answer is None:
        return Absent(f"{source} gave no answer")
    if transient(answer):
        raise refusal(answer, source=source)
    if answer.status != 200:
        return Absent(f"{source} gave status {answer.status}")
    return token_in(answer, source=source, now=now())
