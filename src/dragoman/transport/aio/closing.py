"""What is to be closed when its event loop shuts down, though nobody tells it to."""

from collections.abc import AsyncIterator
from typing import Protocol


class Closable(Protocol):
    def close(self) -> None: ...


async def closed_with_its_loop(what: Closable) -> AsyncIterator[None]:
    """Under way for as long as its loop is: that closes every async generator in the end."""
    try:
        yield
    finally:
        what.close()
