"""Ending what waits in another task, by an error of ours, and not by whatever it waits for."""

import asyncio
from types import TracebackType

from dragoman.errors import Error


class Stop:
    """A place that may be ended from outside: what is awaited inside `with` is then cancelled.

    Where it was, the error comes out. Whoever is cancelled by anybody else stays cancelled.
    """

    def __init__(self) -> None:
        self._error: Error | None = None
        self._inside: asyncio.Task[object] | None = None

    def now(self, error: Error) -> None:
        """Raise this inside, at once or as soon as anybody enters."""
        if self._error is None:
            self._error = error
            if self._inside is not None:
                self._inside.cancel()

    def __enter__(self) -> None:
        if self._error is not None:
            raise self._error
        self._inside = asyncio.current_task()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        task, self._inside = self._inside, None
        if self._error is None or task is None or task.uncancel():
            return
        if isinstance(error, asyncio.CancelledError):
            raise self._error from None
