"""`serve`: listening, exchanging the settings while requests are under way, and stopping.

SIGTERM stops in order: not ready; 5 s more of accepting; answers under way get their time; then
each that is left ends with an error. A second one comes to the end at once. SIGINT does the same
without accepting any more, since somebody waits at a terminal.

SIGHUP, or a change of the file, has the settings read again; what cannot work changes nothing.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from dragoman.errors import ConfigurationError
from dragoman.gateway.configuration import Configuration, configure
from dragoman.gateway.entry import Entry
from dragoman.gateway.service import Gateway
from dragoman.transport.serving import Server, listen

ACCEPTING_SECONDS: Final = 5.0
"""After the gateway is not ready any more, for whoever has not noticed yet."""

LAST_WORDS_SECONDS: Final = 1.0
"""For the error events to leave in."""

GLANCE_SECONDS: Final = 1.0
"""Between two looks at the settings file."""

log: Final = logging.getLogger("dragoman.gateway")


class Service:
    """A gateway that listens, until it is told to stop."""

    def __init__(
        self,
        path: str | None,
        configuration: Configuration,
        *,
        tell: Callable[[Entry], None],
        accepting_seconds: float = ACCEPTING_SECONDS,
    ) -> None:
        self.gateway = Gateway(configuration, tell=tell)
        self._path = path
        self._accepting_seconds = accepting_seconds
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._reload = asyncio.Event()
        self._server: Server | None = None
        self._seen = stamp(path)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None
        return self._server.port

    async def listen(self, host: str | None = None, port: int | None = None) -> None:
        """Listen here, or where the settings say.

        Raises `ConfigurationError` for an address that others reach, without a key.
        """
        gateway, wanted = self.gateway, self.gateway.configuration
        gateway.admission.strain.watch(lambda: gateway.configuration.settings.gateway.memory_limit)
        self._server = await listen(
            gateway.answer,
            host=wanted.host(host),
            port=wanted.settings.gateway.port if port is None else port,
            refusal=gateway.refused,
        )

    def obey_signals(self) -> None:
        """From here on, signals say when to stop and when to read the settings again."""
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            loop.add_signal_handler(signal.SIGTERM, self.stop)
            loop.add_signal_handler(signal.SIGINT, self._interrupted)
            loop.add_signal_handler(signal.SIGHUP, self.reload)

    async def run(self) -> None:
        """Serve until somebody says to stop, and come to an orderly end."""
        watching = asyncio.get_running_loop().create_task(self._watch())
        try:
            await self._stop.wait()
        finally:
            watching.cancel()
            await self._drain()

    def stop(self) -> None:
        """Begin to stop; a second time, come to the end at once."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    def _interrupted(self) -> None:
        self._accepting_seconds = 0.0
        self.stop()

    def reload(self) -> None:
        """Have the settings read again, soon."""
        self._reload.set()

    async def _read_again(self, path: str) -> None:
        """Exchange the settings; what cannot work changes nothing, and is told."""
        self._seen = stamp(path)
        try:
            # In a thread: a command that prints a secret may take seconds.
            fresh = await asyncio.to_thread(configure, path)
            if not fresh.keys and self.gateway.configuration.keys:
                raise ConfigurationError(
                    "keys: expected at least one, as there was at the start; got none",
                    param="keys",
                )
        except ConfigurationError as error:
            log.error("settings are not changed: %s", error.message)
            return
        old, self.gateway.configuration = self.gateway.configuration, fresh
        old.close()
        log.info("settings are read again from %s", path)
        was, now = old.settings.gateway, fresh.settings.gateway
        if (was.host, was.port) != (now.host, now.port):
            log.warning("gateway.host and gateway.port are those of the start until the next one")

    async def _watch(self) -> None:
        while self._path is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(GLANCE_SECONDS):
                    await self._reload.wait()
            if self._reload.is_set() or stamp(self._path) != self._seen:
                self._reload.clear()
                await self._read_again(self._path)

    async def _drain(self) -> None:
        server, gateway = self._server, self.gateway
        assert server is not None
        gateway.ready = False
        server.retire()
        await self._patiently(asyncio.sleep(self._accepting_seconds))
        server.stop_listening()
        seconds = gateway.configuration.settings.gateway.drain_seconds
        await self._patiently(server.emptied(), seconds)
        gateway.stop()
        await server.close(grace_seconds=LAST_WORDS_SECONDS)
        gateway.configuration.close()

    async def _patiently(self, waiting: Awaitable[None], seconds: float | None = None) -> None:
        """Wait for this, for so long, or until somebody is in a hurry."""
        tasks = [asyncio.ensure_future(waiting), asyncio.ensure_future(self._hurry.wait())]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def stamp(path: str | None) -> tuple[int, int] | None:
    """What changes when the file does; None where there is none."""
    if path is None:
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
