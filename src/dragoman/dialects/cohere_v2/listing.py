"""The models that Cohere has for chat: how they are asked for, and what is answered.

Reference: https://docs.cohere.com/reference/list-models
"""

from typing import Final

import msgspec

from dragoman.dialects.cohere_v2.failure import failure_in
from dragoman.dialects.cohere_v2.quirks import COHERE_PROFILE, Profile
from dragoman.dialects.dialect import Encoded
from dragoman.errors import ConfigurationError, RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import cohere_v2 as wire
from dragoman.wire import reading

MODELS: Final = msgspec.json.Decoder(wire.ModelList)


def encode_models_request(*, profile: Profile = COHERE_PROFILE) -> Encoded:
    """The request for the list; raises `ConfigurationError` where the host has none."""
    path = profile.quirks.models_path
    if path is None:
        raise ConfigurationError("models: this provider lists none", param="provider")
    return Encoded(method="GET", path=path, headers={}, body=b"")


def decode_models(body: bytes) -> shared.ListModelsResponse:
    """The list that this body is; raises `APIStatusError` where it is an error."""
    try:
        models = reading.read(body, MODELS).models
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        raise RemoteProtocolError(str(error), param=error.path) from None
    if models is None:
        if (failure := failure_in(body)) is not None:
            raise failure
        raise RemoteProtocolError("models: expected a list; got nothing", param="models")
    for position, model in enumerate(models):
        if not model.name:
            path = f"models[{position}].name"
            raise RemoteProtocolError(f"{path}: expected a name; got nothing", param=path)
    # Cohere does not say when a model came.
    data = [shared.Model(id=m.name or "", created=0, owned_by="cohere") for m in models]
    return shared.ListModelsResponse(data=data).with_meta(shared.Meta(raw=body))
