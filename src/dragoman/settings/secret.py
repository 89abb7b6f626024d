"""A value that must not be seen, and the references that stand for one in settings."""

from collections.abc import Mapping
from typing import Final, NoReturn

from dragoman.errors import ConfigurationError

HIDDEN: Final = "<secret>"

COMMAND_SECONDS: Final = 10
"""How long a command may take to print a secret: time for a password manager to ask somebody."""


class Secret:
    """Holds a value and shows it to nobody but who asks by name.

    It has no repr, str, format, pickle or JSON: a secret that is logged or stored by mistake
    says `<secret>`, or fails.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled or copied to anywhere")


def resolved(reference: Secret, *, environ: Mapping[str, str], key: str) -> Secret:
    """The secret that a setting stands for: `env:NAME`, `file:PATH`, `cmd:…`, or the value itself.

    Raises `ConfigurationError` naming the setting `key` and the variable, the file or the program;
    no value, and no more of a command.
    """
    kind, colon, rest = reference.reveal().partition(":")
    if not colon or kind not in ("env", "file", "cmd"):
        return reference
    if kind == "env":
        value = environ.get(rest)
        source = f"the environment variable {rest} to be set"
    elif kind == "file":
        value = _in_file(rest, key)
        source = f"a secret in the file {rest}"
    else:
        value = _printed(rest, environ, key)
        source = "the command to print a secret"
    if not value:
        raise ConfigurationError(f"{key}: expected {source}; got nothing", param=key)
    return Secret(value)


def whereabouts(reference: Secret) -> str:
    """Where the secret of a setting is, for people: nothing of it, and no more of a command."""
    kind, colon, rest = reference.reveal().partition(":")
    match kind if colon else "":
        case "env":
            return rest
        case "file":
            return f"file {rest}"
        case "cmd":
            return "a command"
    return "in the settings"


def _in_file(path: str, key: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{key}: expected a readable file at {path}; got {type(error).__name__}", param=key
        ) from None


def _printed(command: str, environ: Mapping[str, str], key: str) -> str:
    """What a command prints; there is no shell, and nothing for it to read."""
    import shlex  # only those who name a command need these
    import subprocess

    try:
        program, *arguments = shlex.split(command)
    except ValueError:
        raise ConfigurationError(
            f"{key}: expected a command after cmd:, quoted as for a shell; got none", param=key
        ) from None
    try:
        ended = subprocess.run(
            [program, *arguments],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=True,
        )
        return ended.stdout.decode().strip()
    except subprocess.TimeoutExpired:
        got = f"nothing within {COMMAND_SECONDS} s"
    except subprocess.CalledProcessError as error:
        got = f"exit code {error.returncode}"
    except (OSError, ValueError) as error:
        got = type(error).__name__
    # Outside the handlers: what they caught knows the arguments and the output.
    raise ConfigurationError(
        f"{key}: expected the command {program} to print a secret; got {got}", param=key
    )
