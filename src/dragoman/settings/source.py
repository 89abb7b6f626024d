"""Where settings were written, for whoever has to mend them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from dragoman.errors import ConfigurationError


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A settings file, or none; holds places and no values."""

    path: str | None = None
    """The file; None for settings that were given as a dict."""

    lines: dict[str, int] = {}
    """The line of each key."""

    def line(self, key: str) -> int | None:
        """The line of this key, or of the innermost table that should have it; None: unknown."""
        around = [one for one in self.lines if key == one or key.startswith((f"{one}.", f"{one}["))]
        return self.lines[max(around, key=len)] if around else None

    @contextmanager
    def named(self) -> Iterator[None]:
        """Whatever `ConfigurationError` is raised inside says file and line as well."""
        try:
            yield
        except ConfigurationError as error:
            if self.path is None or error.param is None:
                raise
            line = self.line(error.param)
            where = self.path if line is None else f"{self.path}:{line}"
            raise ConfigurationError(f"{where}: {error.message}", param=error.param) from None


def parsed(path: str) -> tuple[dict[str, Any], Source]:
    """What the TOML file at this path holds, and where."""
    import tomllib  # only those who have a file need it

    from dragoman.settings.lines import lines_of

    try:
        with open(path, "rb") as file:
            content = file.read()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"settings: expected a readable file at {path}; got {type(error).__name__}",
            param="settings",
        ) from None
    try:
        text = content.decode()
        return tomllib.loads(text), Source(path=path, lines=lines_of(text))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _no_toml(path, line, "a text in UTF-8; got other bytes") from None
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"at line (\d+)", str(error))
        line = int(told[1]) if told else content.count(b"\n") + 1
        raise _no_toml(path, line, f"TOML; {error}") from None
    except ValueError:
        raise _no_toml(path, None, "TOML; got a number out of range") from None
    except RecursionError:
        raise _no_toml(path, None, "TOML; got values nested too deeply") from None


def _no_toml(path: str, line: int | None, expected: str) -> ConfigurationError:
    where = path if line is None else f"{path}:{line}"
    return ConfigurationError(f"{where}: expected {expected}", param="settings")
