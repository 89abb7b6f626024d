"""The public names, and what asking for them costs."""

import ast
import inspect
import subprocess
import sys

import pytest

import dragoman
from dragoman import dialects, errors
from dragoman.dialects import MODULES


def test_the_public_names_are_these() -> None:
    assert dragoman.__all__ == [
        "APIConnectionError",
        "APIStatusError",
        "APITimeoutError",
        "AsyncClient",
        "AuthenticationError",
        "BadRequestError",
        "Client",
        "ConfigurationError",
        "ConflictError",
        "Error",
        "InternalServerError",
        "NotFoundError",
        "PermissionDeniedError",
        "RateLimitError",
        "RemoteProtocolError",
        "Timeout",
        "UnprocessableEntityError",
        "UnsupportedParameterError",
        "create",
        "fold",
        "stream",
        "translate",
    ]


def test_every_error_is_a_public_name() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.Error)
    }

    assert raised <= set(dragoman.__all__)
    assert all(getattr(dragoman, name) is getattr(errors, name) for name in raised)


@pytest.mark.parametrize("name", dragoman.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(dragoman, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'creat'"):
        dragoman.creat  # noqa: B018 # that is the point


def test_type_checkers_see_the_lazy_names() -> None:
    tree = ast.parse(inspect.getsource(dragoman))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in checked.body if isinstance(node, ast.ImportFrom)]

    seen = {alias.name: node.module for node in imports for alias in node.names}
    assert seen == dragoman.LAZY


def test_type_checkers_see_every_dialect() -> None:
    tree = ast.parse(inspect.getsource(dialects))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported, spoken = checked.body
    assert isinstance(imported, ast.ImportFrom)
    assert isinstance(spoken, ast.AnnAssign)
    assert isinstance(spoken.value, ast.Tuple)

    seen = [f"{imported.module}.{alias.name}" for alias in imported.names]
    assert seen == [f"{imported.module}.{ast.unparse(name)}" for name in spoken.value.elts]
    assert sorted(seen) == sorted(MODULES.values())


def test_a_dialect_is_called_like_its_module() -> None:
    for key, module in MODULES.items():
        assert module == f"dragoman.dialects.{key.replace('-', '_')}"


def fresh(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "code",
    [
        "import dragoman",
        "import dragoman; dragoman.create",
        "import dragoman; dragoman.Client(); dragoman.AsyncClient()",
    ],
)
def test_importing_loads_nothing_that_talks_to_the_network(code: str) -> None:
    loaded = fresh(f"{code}; import sys; print(' '.join(sys.modules))").split()

    assert not {"ssl", "socket", "asyncio", "http.client", "click"} & set(loaded)


def test_a_client_that_is_made_does_without_what_only_some_need() -> None:
    code = "import dragoman; dragoman.Client(); import sys; print(' '.join(sys.modules))"

    loaded = set(fresh(code).split())

    assert "dragoman.client.signature" in loaded
    assert not {"dragoman.models.params", "dragoman.settings.file", "tomllib"} & loaded
    assert loaded & set(MODULES.values()) == {MODULES["openai-chat"]}


def test_importing_starts_no_thread_and_reads_no_environment() -> None:
    code = """
import os, threading
class Watched(dict):
    def __getitem__(self, key): raise SystemExit(f"read {key}")
    get = __getitem__
import msgspec
os.environ = Watched()
import dragoman
dragoman.create
print(threading.active_count())
"""

    assert fresh(code) == "1"
