"""What an operator says of the gateway: where it listens, and who may ask it."""

import msgspec

from dragoman.settings.secret import Secret


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[gateway]`."""

    host: str = "127.0.0.1"
    """The address to listen on; one that others reach wants a key."""

    port: int = 4000
    """The port to listen on; 0 is any that is free."""

    drain_seconds: float = 30.0
    """How long answers under way may take once the gateway is told to stop."""

    memory_limit: int | None = None
    """The memory that it may occupy, in bytes; None is what its cgroup or the machine has."""

    log: str = "requests"
    """Which requests have a line in the log: `requests` is all, `failures` those that failed."""


class KeySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[keys.NAME]`: a key that callers show."""

    key: Secret
    """The key, or a reference: `env:NAME`, `file:PATH`, `cmd:…`."""
