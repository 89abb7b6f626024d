"""The models of the host: how they are asked for, and what is answered."""

from typing import Any, Final

import msgspec

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.openai_responses.failure import failure_in
from dragoman.dialects.openai_responses.quirks import RESPONSES_PROFILE, Profile
from dragoman.errors import ConfigurationError, RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import openai_responses as wire
from dragoman.wire import reading

MODELS: Final = msgspec.json.Decoder(wire.ModelList)


def encode_models_request(*, profile: Profile = RESPONSES_PROFILE) -> Encoded:
    """The request for the list; raises `ConfigurationError` where the host has none."""
    path = profile.quirks.models_path
    if path is None:
        raise ConfigurationError("models: this provider lists none", param="provider")
    return Encoded(method="GET", path=path, headers={}, body=b"")


def decode_models(body: bytes) -> shared.ListModelsResponse:
    """The list that this body is; raises `APIStatusError` where it is an error."""
    try:
        models = reading.read(body, MODELS).data
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        raise RemoteProtocolError(str(error), param=error.path) from None
    if models is None:
        if (failure := failure_in(body)) is not None:
            raise failure
        raise RemoteProtocolError("data: expected a list; got nothing", param="data")
    for position, model in enumerate(models):
        if not model.id:
            path = f"data[{position}].id"
            raise RemoteProtocolError(f"{path}: expected a name; got nothing", param=path)
    data = [
        shared.Model(
            id=model.id or "",
            created=_seconds(model.created),
            owned_by=model.owned_by if isinstance(model.owned_by, str) else "",
        )
        for model in models
    ]
    return shared.ListModelsResponse(data=data).with_meta(shared.Meta(raw=body))


def _seconds(created: Any) -> int:
    """Unix time; 0 for what is no number."""
    if isinstance(created, int | float) and not isinstance(created, bool):
        return int(created)
    return 0
