"""`dragoman sim`: the simulator behind a socket, until Ctrl-C."""

import asyncio
import ipaddress
import json
from typing import Final

import click

from dragoman.simulator.server import simulate

EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that are listened on, and what reaches them from here."""

QUESTION: Final = {"model": "sim/hello", "messages": [{"role": "user", "content": "Hi"}]}


def serve(host: str, port: int) -> None:
    """Serve until Ctrl-C, which is how it is meant to end."""
    try:
        asyncio.run(served(host, port))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        raise click.ClickException(f"{host}:{port}: {error.strerror or error}") from None


async def served(host: str, port: int) -> None:
    server = await simulate(host=host, port=port)
    try:
        welcome(host, server.port)
        await asyncio.get_running_loop().create_future()
    finally:
        await server.close(grace_seconds=0)


def welcome(host: str, port: int) -> None:
    if not is_loopback(host):
        click.echo(
            f"Warning: whoever reaches {host} may ask the simulator; it wants no key.", err=True
        )
    near = EVERYWHERE.get(host, host)
    base_url = f"http://{f'[{near}]' if ':' in near else near}:{port}/v1"
    click.echo(f"The simulator listens at {base_url} until Ctrl-C. Try it:")
    click.echo(f"curl {base_url}/chat/completions -d '{json.dumps(QUESTION)}'")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
