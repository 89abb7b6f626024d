"""The models that a provider has: how they are asked for, and what is answered."""

from typing import Final

import msgspec

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.gemini.failure import failure_in, reads_as_failure
from dragoman.dialects.gemini.quirks import AI_STUDIO, Profile
from dragoman.errors import RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import gemini as wire
from dragoman.wire import reading

MODELS: Final = msgspec.json.Decoder(wire.ModelList)

PAGE: Final = 1000
"""Models on a page, at most; there are some hundred."""


def encode_models_request(*, profile: Profile = AI_STUDIO) -> Encoded:
    """The request for the list."""
    return Encoded(method="GET", path=f"/models?pageSize={PAGE}", headers={}, body=b"")


def decode_models(body: bytes) -> shared.ListModelsResponse:
    """The list that this body is; raises `APIStatusError` where it is an error."""
    try:
        told = reading.read(body, MODELS)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        if reads_as_failure(body):
            raise failure_in(body) from None
        raise RemoteProtocolError(str(error), param=error.path) from None
    if told.error:
        raise failure_in(body)
    models = told.models if told.models is not None else told.publisher_models
    if models is None:
        raise RemoteProtocolError("models: expected a list; got nothing", param="models")
    data = [model_of(model, f"models[{position}]") for position, model in enumerate(models)]
    return shared.ListModelsResponse(data=data).with_meta(shared.Meta(raw=body))


def model_of(model: wire.Model, path: str) -> shared.Model:
    """One model, under the name that it is asked by; neither time nor owner is told."""
    if not model.name:
        raise RemoteProtocolError(f"{path}.name: expected a name; got none", param=f"{path}.name")
    name = model.name.rpartition("/models/")[2].removeprefix("models/")
    return shared.Model(id=name, created=0, owned_by="")
