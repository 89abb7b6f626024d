"""The page about the gateway says what there is."""

from pathlib import Path

import pytest

from dragoman.gateway.entry import Entry
from dragoman.gateway.replies import about
from dragoman.gateway.routes import FIXED
from dragoman.models import shared

PAGE = (Path(__file__).parents[3] / "docs" / "gateway.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FIXED)
def test_every_path_stands_on_the_page(path: str) -> None:
    assert f" {path}`" in PAGE or f"`{path}`" in PAGE


def test_every_header_stands_on_the_page() -> None:
    loss = shared.Loss(pointer="/seed", kind="dropped", reason="it has none")

    for name in set(about("lab/tiny", 1, (loss,), "req_1")) - {"content-type"}:
        assert f"| `{name}` |" in PAGE or f"; `{name}` says the same |" in PAGE


def test_every_field_of_the_log_stands_on_the_page() -> None:
    told = {"stream", "first_content", "prompt_tokens", "completion_tokens"}

    for name in set(Entry.__struct_fields__) - told:
        assert f"`{name}`" in PAGE
