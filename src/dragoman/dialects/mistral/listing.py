"""The models that Mistral has: how they are asked for, and what is answered."""

from typing import Final

import msgspec

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.mistral.failure import failure_in
from dragoman.dialects.mistral.quirks import MISTRAL_PROFILE, Profile
from dragoman.errors import RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import mistral as wire
from dragoman.wire import reading

MODELS: Final = msgspec.json.Decoder(wire.ModelList)


def encode_models_request(*, profile: Profile = MISTRAL_PROFILE) -> Encoded:
    """The request for the list."""
    return Encoded(method="GET", path="/models", headers={}, body=b"")


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
    data: list[shared.Model] = []
    for position, model in enumerate(models):
        if not model.id:
            path = f"data[{position}].id"
            raise RemoteProtocolError(f"{path}: expected a name; got nothing", param=path)
        created = model.created if isinstance(model.created, int) else 0
        owner = model.owned_by if isinstance(model.owned_by, str) else "mistralai"
        data.append(shared.Model(id=model.id, created=max(0, int(created)), owned_by=owner))
    return shared.ListModelsResponse(data=data).with_meta(shared.Meta(raw=body))
