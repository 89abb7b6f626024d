"""The files that AWS's programs share: `~/.aws/config` and `~/.aws/credentials`.

Their texts arrive as arguments. Read as botocore reads them: in the first a profile stands under
`[profile NAME]` or `[default]`, in the second under its name; nested settings are passed over.

Reference: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
"""

from collections.abc import Mapping
from typing import Final

from dragoman.errors import ConfigurationError

CONFIG_FILE: Final = ("AWS_CONFIG_FILE", "~/.aws/config")
SHARED_FILE: Final = ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
"""The variable that says where a file is, and where it is else; `~` is the user's home."""

PROFILE_VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""In botocore's order."""

Sections = dict[str, dict[str, str]]


class Profile:
    """What both files say of one profile; its repr has its name alone."""

    __slots__ = ("config", "name", "shared")

    def __init__(self, name: str, config: Mapping[str, str], shared: Mapping[str, str]) -> None:
        self.name = name
        self.config = config
        self.shared = shared

    def __repr__(self) -> str:
        return f"the profile {self.name}"

    def get(self, key: str) -> str | None:
        """The setting; of two, that of the credentials file."""
        return self.shared.get(key, self.config.get(key))


def profile_of(
    name: str | None, *, config: str | None, shared: str | None, key: str = "AWS_PROFILE"
) -> Profile:
    """The profile of this name, or what there is of `default` where the name is None.

    `config` and `shared` are the texts of the files, None where there are none; `key` is where the
    name stands. Raises `ConfigurationError` for a text that cannot be read and for a name that is
    in neither.
    """
    configured = _profiles(_sections(config, "the AWS config file"))
    credentials = _sections(shared, "the AWS credentials file")
    wanted = name or "default"
    if name and name not in configured and name not in credentials:
        raise ConfigurationError(
            f"{key}: expected a profile of the AWS files; got {name!r}", param=key
        )
    return Profile(wanted, configured.get(wanted, {}), credentials.get(wanted, {}))


def name_of(environ: Mapping[str, str]) -> str | None:
    """The profile that the environment names; None where it names none."""
    return next((environ[name] for name in PROFILE_VARIABLES if environ.get(name)), None)


def _sections(text: str | None, what: str) -> Sections:
    if not text:
        return {}
    import configparser  # only those who have such files need it

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        # What it says quotes the line, which may be a secret.
        got = type(error).__name__
        raise ConfigurationError(f"{what}: expected sections of settings; got {got}") from None
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _profiles(sections: Sections) -> Sections:
    import shlex

    found: Sections = {}
    for title, values in sections.items():
        try:
            words = shlex.split(title) if title.startswith("profile") else []
        except ValueError:
            continue
        if len(words) == 2:
            found[words[1]] = values
        elif title == "default":
            found[title] = values
    return found
