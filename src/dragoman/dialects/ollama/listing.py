"""The models that a server has: how they are asked for, and what is answered."""

from typing import Final

import msgspec

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.ollama.failure import decode_error
from dragoman.dialects.ollama.quirks import OLLAMA_PROFILE, Profile
from dragoman.dialects.ollama.response import seconds
from dragoman.errors import RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import ollama as wire
from dragoman.wire import reading

MODELS: Final = msgspec.json.Decoder(wire.ModelList)


def encode_models_request(*, profile: Profile = OLLAMA_PROFILE) -> Encoded:
    """The request for the list."""
    return Encoded(method="GET", path="/api/tags", headers={}, body=b"")


def decode_models(body: bytes) -> shared.ListModelsResponse:
    """The list that this body is; raises `APIStatusError` where it is an error."""
    try:
        models = reading.read(body, MODELS).models
        if models is None and b'"error"' in body:
            raise decode_error(200, {}, body)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        raise RemoteProtocolError(str(error), param=error.path) from None
    if models is None:
        raise RemoteProtocolError("models: expected a list; got nothing", param="models")
    data: list[shared.Model] = []
    for position, model in enumerate(models):
        name = model.name or model.model
        if not name:
            path = f"models[{position}].name"
            raise RemoteProtocolError(f"{path}: expected a name; got nothing", param=path)
        created = seconds(model.modified_at) or 0
        data.append(shared.Model(id=name, created=created, owned_by="library"))
    return shared.ListModelsResponse(data=data).with_meta(shared.Meta(raw=body))
