"""How much of what was written to a socket its peer has yet to take.

A close lets it arrive, a reset throws it away: whoever means the reset to come last waits here
first. Linux and macOS tell; elsewhere only time can be given.

Reference: tcp(7) for `SIOCOUTQ`, which is `TIOCOUTQ` on Linux; `SO_NWRITE` in macOS's sys/socket.h
"""

import asyncio
import socket
import sys
from typing import Final

SO_NWRITE: Final = 0x1024

GLANCE_SECONDS: Final = 0.001
"""Between one look and the next: on the loopback, the first look already sees nothing left."""

GIVEN_SECONDS: Final = 0.05
"""What bytes get to leave in where the system does not tell."""


async def left(wire: socket.socket, *, stall_seconds: float) -> None:
    """Return when all has been taken, or when nothing was for so long."""
    loop = asyncio.get_running_loop()
    waiting, due = untaken(wire), loop.time() + stall_seconds
    if waiting is None:
        await asyncio.sleep(GIVEN_SECONDS)
    while waiting and loop.time() < due:
        await asyncio.sleep(GLANCE_SECONDS)
        before, waiting = waiting, untaken(wire)
        if waiting and waiting < before:
            due = loop.time() + stall_seconds


def untaken(wire: socket.socket) -> int | None:
    """Bytes written that the peer's system has not acknowledged; None where nobody tells."""
    waiting: int | None = None
    if sys.platform == "linux":
        import fcntl
        import termios

        count = fcntl.ioctl(wire.fileno(), termios.TIOCOUTQ, bytes(4))
        waiting = int.from_bytes(count, sys.byteorder)
    elif sys.platform == "darwin":
        waiting = wire.getsockopt(socket.SOL_SOCKET, SO_NWRITE)
    return waiting
