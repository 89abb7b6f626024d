"""The page of what each provider can be asked for, cell by cell."""

import re

import pytest

from dragoman.providers.provider import Provider, quirks_of
from dragoman.providers.table import PROVIDERS, ROWS
from tests.unit.providers.models import OWN_MODELS, models_of
from tools.capabilities import FEATURES, PAGE, cell


def cells() -> dict[tuple[str, str], str]:
    """What the page says, by provider and feature."""
    said: dict[tuple[str, str], str] = {}
    columns: list[list[str]] = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        first, *rest = [part.strip() for part in line.strip("|").split(" | ")]
        if line.startswith("|  |"):
            columns = [re.findall(r"`([^`]+)`", names) for names in rest]
        elif line.startswith("|") and first != "---":
            for names, word in zip(columns, rest, strict=True):
                said.update({(name, first): word for name in names})
    return said


SAID = cells()


@pytest.mark.parametrize(
    ("provider", "feature"), SAID, ids=[f"{provider}-{feature}" for provider, feature in SAID]
)
def test_a_provider_does_what_its_cell_says(provider: str, feature: str) -> None:
    assert cell(PROVIDERS[provider], FEATURES[feature]) == SAID[provider, feature]


def test_every_provider_has_a_cell_for_every_feature() -> None:
    assert SAID.keys() == {(row.name, feature) for row in ROWS for feature in FEATURES}


def test_what_differs_from_model_to_model_is_partial() -> None:
    assert cell(PROVIDERS["cohere"], ["seed", "n"]) == "partial"
    assert cell(PROVIDERS["cohere"], ["n"]) == "unsupported"


@pytest.mark.parametrize("row", [PROVIDERS[name] for name in OWN_MODELS], ids=lambda row: row.name)
def test_each_kind_of_a_providers_models_is_asked(row: Provider) -> None:
    kinds = [pattern for pattern, _ in quirks_of(row).for_models]

    first = [
        next((kind for kind in kinds if re.search(kind, model)), None) for model in models_of(row)
    ]

    assert {*first, None} == {*kinds, None}


def test_whoever_treats_some_models_otherwise_is_asked_for_them() -> None:
    alike = [row for row in ROWS if row.dialect == "openai-chat"]

    assert {row.name for row in alike if quirks_of(row).for_models} == OWN_MODELS.keys()
