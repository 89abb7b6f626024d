"""The extra `test` names every distribution it installs, with its version."""

import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def wanted(requirements: Iterable[str], extra: str = "") -> Iterator[Requirement]:
    """Those that this interpreter and platform would install."""
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def project() -> tuple[list[Requirement], dict[str, Requirement]]:
    """What the library itself needs, and the extra `test` by name."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = wanted(table["optional-dependencies"]["test"])
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


def test_every_distribution_that_the_tests_install_is_pinned() -> None:
    dependencies, pins = project()

    assert needed([*dependencies, *pins.values()]).keys() == pins.keys()


def test_a_pin_is_one_exact_version_that_suits_whoever_asks_for_it() -> None:
    dependencies, pins = project()

    for name, asked in needed([*dependencies, *pins.values()]).items():
        (pin,) = pins[name].specifier
        assert pin.operator == "=="
        assert all(requirement.specifier.contains(pin.version) for requirement in asked)
