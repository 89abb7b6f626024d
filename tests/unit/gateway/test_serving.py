"""Listening, exchanging the settings, and stopping in order."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import ConfigurationError
from dragoman.gateway.configuration import configure
from dragoman.gateway.entry import Entry
from dragoman.gateway.serving import Service
from tests.background import PATIENCE_SECONDS, Background
from tests.doors import ASKED, CHAT, JSON, as_json

STALLED = {**ASKED, "model": "sim/words?n=9&stall_at_event=4", "stream": True}


class Running:
    """A service under way; it has come to its end when `ended` is done."""

    def __init__(self, service: Service, background: Background) -> None:
        self.service = service
        self.port = service.port
        self._loop = background.loop
        self.entries: list[Entry] = []
        self._connections: list[HTTPConnection] = []
        self.ended: Future[None] = asyncio.run_coroutine_threadsafe(service.run(), self._loop)

    def tell(self, what: Callable[[], None]) -> None:
        """As a signal would."""
        self._loop.call_soon_threadsafe(what)

    def begin(self, method: str, path: str, fields: Any = None) -> HTTPConnection:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        self._connections.append(connection)
        connection.request(method, path, None if fields is None else as_json(fields), JSON)
        return connection

    def ask(self, method: str, path: str, fields: Any = None) -> tuple[HTTPResponse, bytes]:
        connection = self.begin(method, path, fields)
        response = connection.getresponse()
        return response, response.read()

    def status(self, path: str) -> int:
        return self.ask("GET", path)[0].status

    def hang_up(self) -> None:
        """All that was begun."""
        for connection in self._connections:
            connection.close()


@contextmanager
def running(written: Any = None, *, accepting_seconds: float = 0.0) -> Iterator[Running]:
    path = str(written) if isinstance(written, Path) else None
    entries: list[Entry] = []
    with Background() as background:
        service = Service(
            path,
            configure(written or {}, environ={}),
            tell=entries.append,
            accepting_seconds=accepting_seconds,
        )
        background.run(service.listen(port=0))
        run = Running(service, background)
        run.entries = entries
        try:
            yield run
        finally:
            for _ in range(2):
                run.tell(service.stop)
            run.ended.result(PATIENCE_SECONDS)
            run.hang_up()


def until(claim: Callable[[], bool]) -> bool:
    """Whether it comes to that."""
    due = time.monotonic() + PATIENCE_SECONDS
    while not claim():
        if time.monotonic() > due:
            return False
        time.sleep(0.01)
    return True


def refused(run: Running) -> bool:
    try:
        run.status("/health/live")
    except OSError:
        return True
    return False


# Stopping


def test_whoever_balances_load_is_told_first_and_is_still_answered() -> None:
    with running(accepting_seconds=60) as run:
        assert run.status("/health/ready") == 200
        run.tell(run.service.stop)
        until(lambda: not run.service.gateway.ready)

        ready, _ = run.ask("GET", "/health/ready")
        answer, _ = run.ask("POST", CHAT, ASKED)

    assert (ready.status, ready.getheader("connection")) == (503, "close")
    assert (answer.status, answer.getheader("connection")) == (200, "close")


def test_after_that_nobody_new_is_heard_and_answers_under_way_go_on() -> None:
    with running() as run:
        slow = run.begin("POST", CHAT, {**ASKED, "model": "sim/words?n=9&rate=20", "stream": True})
        response = slow.getresponse()
        run.tell(run.service.stop)
        assert until(lambda: refused(run))
        told = response.read()
        run.ended.result(PATIENCE_SECONDS)

    assert told.endswith(b"data: [DONE]\n\n")


def test_what_is_left_at_the_end_is_told_so_and_has_no_done() -> None:
    with running({"gateway": {"drain_seconds": 0}}) as run:
        stream = run.begin("POST", CHAT, STALLED).getresponse()
        run.tell(run.service.stop)
        told = stream.read()
        run.ended.result(PATIENCE_SECONDS)

    error = json.loads(told.rstrip().rpartition(b"data: ")[2])["error"]
    assert (error["code"], error["type"]) == ("server_shutting_down", "service_unavailable_error")
    assert b"[DONE]" not in told
    assert run.entries[-1].code == "server_shutting_down"


def test_a_request_whose_answer_has_not_begun_is_told_to_ask_again() -> None:
    with running({"gateway": {"drain_seconds": 0}}) as run:
        waiting = run.begin("POST", CHAT, {**ASKED, "model": "sim/echo?first=60s"})
        assert until(lambda: run.service.gateway.admission.pending == 1)
        run.tell(run.service.stop)
        response = waiting.getresponse()
        error = json.loads(response.read())["error"]
        run.ended.result(PATIENCE_SECONDS)

    assert (response.status, error["code"]) == (503, "server_shutting_down")
    assert response.getheader("x-should-retry") == "true"
    assert response.getheader("retry-after") == "1"
    assert run.service.gateway.admission.pending == 0


def test_a_second_time_comes_to_the_end_at_once() -> None:
    with running(accepting_seconds=3600) as run:
        stream = run.begin("POST", CHAT, STALLED).getresponse()
        run.tell(run.service.stop)
        until(lambda: not run.service.gateway.ready)
        run.tell(run.service.stop)
        told = stream.read()
        run.ended.result(PATIENCE_SECONDS)

    assert b"server_shutting_down" in told
    assert refused(run)


def test_a_caller_who_goes_frees_what_it_held() -> None:
    with running() as run:
        run.begin("POST", CHAT, STALLED).getresponse().read(10)
        gateway = run.service.gateway
        assert gateway.admission.streams == 1
        run.hang_up()

        assert until(lambda: gateway.admission.streams == 0)
    assert run.entries[0].code == "client_closed"


# Listening


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_a_key_it_listens_to_this_machine_alone(host: str) -> None:
    service = Service(None, configure({}, environ={}), tell=lambda entry: None)

    with pytest.raises(ConfigurationError, match="a key in"):
        asyncio.run(service.listen(host, 0))


# The settings, read again


def named(folder: Path, name: str, *, more: str = "", target: str = "sim/echo") -> Path:
    """A settings file in which this name leads to the target."""
    file = folder / "dragoman.toml"
    file.write_text(f'{more}\n[models.{name}]\ntargets = ["{target}"]\n')
    return file


def test_a_changed_file_is_taken_over(tmp_path: Path) -> None:
    with running(named(tmp_path, "before")) as run:
        assert run.status("/v1/models/before") == 200
        named(tmp_path, "afterwards")

        assert until(lambda: run.status("/v1/models/afterwards") == 200)
        assert run.status("/v1/models/before") == 404


def test_it_is_read_again_when_that_is_asked_for(tmp_path: Path) -> None:
    with running(named(tmp_path, "fast")) as run:
        first = run.service.gateway.configuration
        run.tell(run.service.reload)

        assert until(lambda: run.service.gateway.configuration is not first)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[models.fast]\ntargets = 5\n", ":2: models.fast.targets: expected"),
        ("[models.fast\n", ":1: expected TOML"),
        ("[keys.ci]\nkey = 'env:NO_SUCH_VARIABLE'\n", ":2: keys.ci.key: expected the environment"),
    ],
)
def test_a_mistake_changes_nothing_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, says: str
) -> None:
    file = named(tmp_path, "fast")
    with running(file) as run:
        file.write_text(text)
        run.tell(run.service.reload)
        assert until(lambda: "settings are not changed" in caplog.text)

        assert f"{file}{says}" in caplog.text
        assert run.status("/v1/models/fast") == 200


def test_a_file_that_is_gone_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = named(tmp_path, "fast")
    with running(file) as run:
        file.unlink()
        assert until(lambda: "settings are not changed" in caplog.text)

        assert run.status("/v1/models/fast") == 200


def test_a_gateway_with_keys_does_not_come_to_have_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(named(tmp_path, "fast", more="[keys.ci]\nkey = 'dk-1'")) as run:
        named(tmp_path, "fast")
        run.tell(run.service.reload)
        assert until(lambda: "keys: expected at least one" in caplog.text)

        assert run.status("/v1/models/fast") == 401


def test_another_address_waits_for_the_next_start_and_is_told_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(named(tmp_path, "fast")) as run:
        named(tmp_path, "afterwards", more="[gateway]\nport = 1")
        assert until(lambda: run.status("/v1/models/afterwards") == 200)

    assert "gateway.host and gateway.port are those of the start" in caplog.text


def test_a_request_keeps_the_settings_that_it_came_under(tmp_path: Path) -> None:
    with running(named(tmp_path, "fast", target="sim/echo?first=700ms")) as run:
        asked = {**ASKED, "model": "fast"}
        waiting = run.begin("POST", CHAT, asked)
        assert until(lambda: run.service.gateway.admission.pending == 1)
        named(tmp_path, "fast", target="sim/hello")
        run.tell(run.service.reload)
        assert until(lambda: run.ask("POST", CHAT, asked)[1].find(b"Hello!") > 0)
        old = waiting.getresponse()

        assert old.getheader("x-dragoman-target") == "sim/echo?first=700ms"
        assert b"Say this" in old.read()
