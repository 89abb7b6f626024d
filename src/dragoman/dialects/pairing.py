"""Which call a result answers, for dialects whose callers need not say it by an id."""


class Calls:
    """The calls of a conversation, and those that wait for a result.

    A call without an id gets one made of its place, so that the same conversation always gives
    the same.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        """What each call is of, by its id."""

        self._waiting: dict[str, str] = {}
        """Those of them that were not answered."""

    def forget(self) -> None:
        """Another answer begins: calls that were not answered until now will not be."""
        self._waiting.clear()

    def called(self, id: str | None, name: str, place: str) -> str:
        """The id of a call of this tool; `place` tells it from all others."""
        id = id or f"call_{place}"
        self._names[id] = self._waiting[id] = name
        return id

    def answered(self, id: str | None, name: str | None) -> str | None:
        """The id of the call that a result answers; None where none waits for it.

        Without an id it is the first call that waits, of those by the tool's name where it is told.
        """
        if id is None:
            found = (one for one, called in self._waiting.items() if name in (None, called))
            id = next(found, None)
        if id is not None:
            self._waiting.pop(id, None)
        return id

    def name_of(self, id: str) -> str | None:
        """The tool that was called; None for no call of this conversation."""
        return self._names.get(id)
