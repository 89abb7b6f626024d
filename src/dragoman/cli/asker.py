"""Who is asked: the providers that this process knows, or a gateway elsewhere (`--via URL`)."""

import os
from typing import Final

from dragoman.client.sync import Client

GATEWAY: Final = "gateway"
"""What a gateway is called here: the provider of all its models."""

KEY_VARIABLE: Final = "DRAGOMAN_API_KEY"


def asker(via: str | None) -> Client:
    """The client that asks; a gateway is shown the key in `DRAGOMAN_API_KEY`, if there is one."""
    if via is None:
        return Client()
    gateway = {"base_url": via}
    if os.environ.get(KEY_VARIABLE):
        gateway["api_key"] = f"env:{KEY_VARIABLE}"
    return Client(providers={GATEWAY: gateway})


def called(model: str, via: str | None) -> str:
    """The model as that client knows it."""
    return model if via is None else f"{GATEWAY}/{model}"
