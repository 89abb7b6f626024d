"""One gateway for all clients, and the engines behind it."""

from collections.abc import Iterator

import pytest

from dragoman.simulator.server import handle, refused, simulate
from tests.acceptance.clients.engines import Engine, llama_cpp, simulator
from tests.background import Background
from tests.doors import Door, opened
from tests.served import serving


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    """A gateway that has nothing but the simulator."""
    with opened() as door:
        yield door


@pytest.fixture(scope="session")
def with_llama(llama: str) -> Iterator[Door]:
    """A gateway with llama.cpp as the provider `lab`."""
    lab = {"dialect": "openai-chat", "base_url": llama}
    with opened({"providers": {"lab": lab}}) as door:
        yield door


@pytest.fixture(scope="session")
def relaying() -> Iterator[Door]:
    """A gateway with a simulator of its own as the provider `exact`, whose bytes are kept."""
    with Background() as background:
        server = background.run(simulate(host="127.0.0.1", port=0))
        exact = {"base_url": f"http://127.0.0.1:{server.port}/v1", "exact": True}
        with opened({"providers": {"exact": exact}}) as door:
            yield door
        background.run(server.close(grace_seconds=0))


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    """The simulator behind a socket, for clients of other dialects; without a path."""
    with serving(handle, refusal=refused) as (server, _):
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="session", params=["simulator", "relayed", "llama.cpp"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "simulator":
        return simulator(request.getfixturevalue("door"))
    if request.param == "relayed":
        return simulator(request.getfixturevalue("relaying"), "exact/echo")
    return llama_cpp(request.getfixturevalue("with_llama"))
