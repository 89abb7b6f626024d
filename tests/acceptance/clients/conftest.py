"""One gateway for all clients, and the engines behind it."""

from collections.abc import Iterator

import pytest

from tests.acceptance.clients.engines import Engine, llama_cpp, simulator
from tests.doors import Door, opened


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


@pytest.fixture(scope="session", params=["simulator", "llama.cpp"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "simulator":
        return simulator(request.getfixturevalue("door"))
    return llama_cpp(request.getfixturevalue("with_llama"))
