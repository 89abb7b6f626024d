"""Which call a result answers, for dialects whose callers need not say it by an id."""


class Calls:
    """The calls of a conversation, and those that wait for a result.

    A call without an id gets one made of its place, so that the same conversation always gives
    the same.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._waiting: list[str] = []

    def forget(self) -> None:
        """Another answer begins: calls that were not answered until now will not be."""
        self._waiting.clear()

    def called(self, id: str | None, name: str, place: str) -> str:
        """The id of a call of this tool; `place` tells it from all others."""
        id = id or f"call_{place}"
        self._names[id] = name
        self._waiting.append(id)
        return id

    def answered(self, id: str | None, name: str | None) -> str | None:
        """The id of the call that a result answers; None where none waits for it.

        Without an id it is the first call that waits, of those by the tool's name where it is told.
        """
        for waiting in self._waiting:
            if waiting == id or (id is None and name in (None, self._names[waiting])):
                self._waiting.remove(waiting)
                return waiting
        return id

    def name_of(self, id: str) -> str | None:
        """The tool that was called; None for no call of this conversation."""
        return self._names.get(id)
