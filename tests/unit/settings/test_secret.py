"""A secret is shown to nobody but who asks by name."""

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from dragoman.errors import ConfigurationError
from dragoman.settings import secret as secrets
from dragoman.settings.file import read
from dragoman.settings.providers import configured
from dragoman.settings.secret import Secret, resolved

CANARY = "sk-canary-0123456789"


def told(reference: str, **environ: str) -> str:
    return resolved(Secret(reference), environ=environ, key="k").reveal()


def running(code: str) -> str:
    """The reference to what this Python code prints."""
    return f"cmd:'{sys.executable}' -c '{code}'"


def refusal(reference: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        told(reference)
    assert raised.value.param == "k"
    return raised.value.message


def test_a_secret_tells_its_value_to_who_asks() -> None:
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>20}",
        lambda secret: f"{secret:>40}",
        lambda secret: "%s" % secret,  # noqa: UP031 # that is what is tested
        lambda secret: "{}".format(secret),  # noqa: UP032 # the same
        lambda secret: str([secret, {secret: secret}]),
        lambda secret: str(msgspec.defstruct("S", ["key"])(secret)),
    ],
)
def test_a_secret_has_no_text(show: Callable[[Secret], str]) -> None:
    shown = show(Secret(CANARY))

    assert "<secret>" in shown
    assert CANARY not in shown


@pytest.mark.parametrize(
    "store",
    [
        pickle.dumps,
        lambda secret: pickle.dumps(secret, protocol=0),
        copy.copy,
        copy.deepcopy,
        json.dumps,
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
    ],
)
@pytest.mark.parametrize("within", [lambda secret: secret, lambda secret: {"key": secret}])
def test_a_secret_is_not_stored(
    store: Callable[[object], object], within: Callable[[Secret], object]
) -> None:
    held = within(Secret(CANARY))
    if store is copy.copy and isinstance(held, dict):
        held = held["key"]  # a shallow copy of what holds it copies no secret

    with pytest.raises(TypeError):
        store(held)


def test_settings_do_not_show_the_keys_they_hold(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(f'[providers.lab]\nbase_url = "http://lab"\napi_key = "{CANARY}"\n')

    settings = read(file)
    known = configured(settings, environ={"OPENAI_API_KEY": CANARY})

    assert CANARY not in repr(settings) + repr(known)
    with pytest.raises(TypeError):
        msgspec.json.encode(settings)


@pytest.mark.parametrize("value", [f'["{CANARY}"]', f'{{ "a" = "{CANARY}" }}', f'"{CANARY}'])
def test_a_mistake_does_not_show_the_key_it_is_about(tmp_path: Path, value: str) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(f"[providers.lab]\napi_key = {value}\n")

    with pytest.raises(ConfigurationError) as raised:
        read(file)

    assert CANARY not in str(raised.value)


def test_a_key_is_what_the_environment_a_file_or_a_command_says(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-3\n")

    assert told("env:MINE", MINE="sk-2") == "sk-2"
    assert told(f"file:{tmp_path / 'key'}") == "sk-3"
    assert told(running('print(" sk-4 ")')) == "sk-4"
    assert told("sk-5:env") == "sk-5:env"


def test_a_command_meets_no_shell() -> None:
    assert told(running("import sys; print(sys.argv[1:])") + " '$HOME' '*' ';' a") == str(
        ["$HOME", "*", ";", "a"]
    )


def test_a_command_finds_the_environment() -> None:
    assert told(running('import os; print(os.environ["MINE"])'), MINE="sk-2") == "sk-2"


def test_a_command_takes_nothing_of_what_its_caller_has_to_read() -> None:
    reference = running("import sys; print(repr(sys.stdin.read()))")
    code = f"""
import sys
from dragoman.settings.secret import Secret, resolved
print(resolved(Secret({reference!r}), environ={{}}, key="k").reveal(), sys.stdin.read())
"""

    done = subprocess.run(
        [sys.executable, "-c", code], input="mine", capture_output=True, text=True
    )

    assert done.stdout == "'' mine\n"


@pytest.mark.parametrize(
    ("code", "got"),
    [
        (f'print("{CANARY}"); raise SystemExit(3)', "exit code 3"),
        (f'import sys; sys.stdout.buffer.write(b"{CANARY}\\xff")', "UnicodeDecodeError"),
        ("pass", "nothing"),
    ],
)
def test_a_command_that_fails_is_named_without_its_arguments_or_output(code: str, got: str) -> None:
    message = refusal(running(code))

    assert message.startswith("k: expected the command")
    assert message.endswith(f"; got {got}")
    assert CANARY not in message


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("cmd:", "k: expected a command after cmd:"),
        (f"cmd:op '{CANARY}", "k: expected a command after cmd:"),
        (f"cmd:/no/such {CANARY}", "k: expected the command /no/such to print a secret; got File"),
        ("env:UNSET", "k: expected the environment variable UNSET to be set; got nothing"),
        ("file:/no/such", "k: expected a readable file at /no/such; got FileNotFoundError"),
    ],
)
def test_a_reference_to_nothing_is_told_by_its_setting(reference: str, says: str) -> None:
    message = refusal(reference)

    assert message.startswith(says)
    assert CANARY not in message


def test_an_empty_file_holds_no_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")

    assert refusal(f"file:{tmp_path / 'key'}").endswith("; got nothing")


def test_a_command_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_SECONDS", 0.2)

    assert "; got nothing within 0.2 s" in refusal(running("import time; time.sleep(60)"))


def test_a_command_runs_when_secrets_are_resolved_and_not_before(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    command = running(f'print(open("{mark}", "w").write("x"))')
    settings = read({"providers": {"lab": {"base_url": "http://lab", "api_key": command}}})
    before = mark.exists()

    lab = configured(settings, environ={})["lab"]

    assert not before
    assert lab.api_key == Secret("1")
