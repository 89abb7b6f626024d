"""What acceptance tests run against: real engines, started once for all of them."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL, ending in `/v1`, of llama.cpp with a tiny random model."""
    from tests.llama import serving, write_model  # skips where llama.cpp is not to be had

    model = tmp_path_factory.mktemp("llama") / "tiny.gguf"
    write_model(model)
    with serving(model) as base_url:
        yield base_url
