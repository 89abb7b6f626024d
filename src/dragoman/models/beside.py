"""Values with something beside their fields: not encoded, compared or printed, yet kept.

`copy.copy`, `copy.deepcopy`, `copy.replace` and pickle keep it. `msgspec.structs.replace` knows
only fields and forgets it.
"""

from typing import Any, Self

import msgspec

from dragoman.models.hub import HubType


class Beside(HubType, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """A value with something beside its fields; what that is, properties say."""

    def with_beside(self, **values: Any) -> Self:
        """The same value with these beside its fields, and those that are there already."""
        return self.__replace__().put_beside(values)

    def __copy__(self) -> Self:
        return self.__replace__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        from copy import deepcopy  # loaded already where somebody copies

        fields = msgspec.structs.asdict(self)
        return type(self)(**deepcopy(fields, memo)).put_beside(deepcopy(self.__dict__, memo))

    def __replace__(self, **changes: Any) -> Self:
        return msgspec.structs.replace(self, **changes).put_beside(self.__dict__)

    def __reduce__(self) -> Any:
        return _restored, (type(self), msgspec.structs.asdict(self), self.__dict__)

    def put_beside(self, values: dict[str, Any]) -> Self:
        """This value itself, with these beside it; for whoever made it and alone has it."""
        self.__dict__.update(values)
        return self


def _restored(kind: type[Beside], fields: dict[str, Any], beside: dict[str, Any]) -> Any:
    return kind(**fields).put_beside(beside)
