"""The models that a provider has: how they are asked for, and what is answered.

Providers agree on little but `id`: some leave out the rest, some answer with a bare list.
"""

from typing import Any, Final

import msgspec

from dragoman.dialects.dialect import Encoded
from dragoman.dialects.openai_chat.failure import failure_in, reads_as_failure
from dragoman.dialects.openai_chat.quirks import OPENAI_PROFILE, Profile
from dragoman.errors import RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import openai_chat as wire
from dragoman.wire import reading

MODELS: Final = msgspec.json.Decoder(wire.ModelList | list[wire.Model])


def encode_models_request(*, profile: Profile = OPENAI_PROFILE) -> Encoded:
    """The request for the list; it stands beside the path of chat completions."""
    quirks = profile.quirks
    root = quirks.path.removesuffix("/chat/completions").removesuffix("/deployments/{model}")
    query = f"?api-version={quirks.api_version}" if quirks.api_version else ""
    return Encoded(method="GET", path=f"{root}/models{query}", headers={}, body=b"")


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
    models = told.data if isinstance(told, wire.ModelList) else told
    if models is None:
        if reads_as_failure(body):
            raise failure_in(body)
        raise RemoteProtocolError("data: expected a list; got nothing", param="data")
    place = "data" if isinstance(told, wire.ModelList) else ""
    data = [model_of(model, f"{place}[{position}]") for position, model in enumerate(models)]
    return shared.ListModelsResponse(data=data).with_meta(shared.Meta(raw=body))


def model_of(model: wire.Model, path: str) -> shared.Model:
    """One model, with what is not told at its neutral value."""
    if not model.id:
        raise RemoteProtocolError(f"{path}.id: expected a name; got nothing", param=f"{path}.id")
    return shared.Model(
        id=model.id,
        created=seconds(model.created),
        owned_by=model.owned_by if isinstance(model.owned_by, str) else "",
    )


def seconds(created: Any) -> int:
    """Unix time; 0 for what is no number, such as the date that some write."""
    if isinstance(created, int | float) and not isinstance(created, bool):
        return int(created)
    return 0
