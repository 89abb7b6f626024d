"""The models that a provider has.

Reference: https://platform.openai.com/docs/api-reference/models/list
"""

from collections.abc import Iterator
from typing import Literal

from dragoman.models.constants import constant
from dragoman.models.hub import HubType
from dragoman.models.meta import WithMeta


class Model(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """A model that a provider has."""

    created: int
    """The Unix timestamp (in seconds) of when the model was created; 0 where it is not told."""

    id: str
    """The provider's own name for the model, to be asked as `provider/id`."""

    object: Literal["model"] = constant("model")
    """The object type, which is always `model`."""

    owned_by: str
    """Who owns the model; empty where it is not told."""


class ListModelsResponse(WithMeta, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """The models that a provider has; iterating gives them one by one."""

    data: list[Model]
    """The models, in the provider's order."""

    object: Literal["list"] = constant("list")
    """The object type, which is always `list`."""

    def __iter__(self) -> Iterator[Model]:
        return iter(self.data)
