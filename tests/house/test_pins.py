"""The extras that tests are run with name every distribution they install, with its version."""

import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

EXTRAS = {"test": "ruff", "clients": "instructor"}
"""Each, and what nothing else installs."""


@pytest.fixture(params=EXTRAS)
def extra(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    try:
        metadata.version(EXTRAS[name])
    except metadata.PackageNotFoundError:
        pytest.skip(f"the extra `{name}` is not installed here")
    return name


def wanted(requirements: Iterable[str], extra: str = "") -> Iterator[Requirement]:
    """Those that this interpreter and platform would install."""
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def project(extra: str) -> tuple[list[Requirement], dict[str, Requirement]]:
    """What the library itself needs, and this extra by name."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = wanted(table["optional-dependencies"][extra])
    return list(wanted(table["dependencies"])), {canonicalize_name(p.name): p for p in pins}


def needed(roots: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    """Every distribution that follows from `roots` as installed here, and what asks for it."""
    found: dict[str, list[Requirement]] = {}
    waiting = list(roots)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            found[name].append(requirement)
            continue
        found[name] = [requirement]
        for extra in ("", *requirement.extras):
            waiting += wanted(metadata.requires(name) or (), extra)
    return found


def test_every_distribution_that_the_tests_install_is_pinned(extra: str) -> None:
    dependencies, pins = project(extra)

    assert needed([*dependencies, *pins.values()]).keys() == pins.keys()


def test_a_pin_is_one_exact_version_that_suits_whoever_asks_for_it(extra: str) -> None:
    dependencies, pins = project(extra)

    for name, asked in needed([*dependencies, *pins.values()]).items():
        (pin,) = pins[name].specifier
        assert pin.operator == "=="
        assert all(requirement.specifier.contains(pin.version) for requirement in asked)
