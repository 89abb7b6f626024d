"""The models that Anthropic has: how they are asked for, and what is answered."""

import datetime
from typing import Any, Final

import msgspec

from dragoman.dialects.anthropic_messages.failure import failure_in
from dragoman.dialects.anthropic_messages.quirks import ANTHROPIC_PROFILE, Profile
from dragoman.dialects.dialect import Encoded
from dragoman.errors import ConfigurationError, RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import anthropic_messages as wire
from dragoman.wire import reading

MODELS: Final = msgspec.json.Decoder(wire.ModelList)


def encode_models_request(*, profile: Profile = ANTHROPIC_PROFILE) -> Encoded:
    """The request for the list; raises `ConfigurationError` where the host has none."""
    quirks = profile.quirks
    if quirks.models_path is None:
        raise ConfigurationError("models: this provider lists none", param="provider")
    headers = {"anthropic-version": quirks.version or quirks.older_version}
    return Encoded(method="GET", path=quirks.models_path, headers=headers, body=b"")


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
        shared.Model(id=model.id or "", created=seconds(model.created_at), owned_by="anthropic")
        for model in models
    ]
    return shared.ListModelsResponse(data=data).with_meta(shared.Meta(raw=body))


def seconds(created_at: Any) -> int:
    """Unix time of an instant of RFC 3339; 0 for what is none."""
    try:
        instant = datetime.datetime.fromisoformat(created_at)
    except (TypeError, ValueError):
        return 0
    if instant.tzinfo is None:
        return 0
    return max(0, int(instant.timestamp()))
